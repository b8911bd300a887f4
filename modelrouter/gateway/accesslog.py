"""The gateway's access log: one line for each model call once it is over, without anything of what was said in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.runtime.log import logger

if TYPE_CHECKING:
    from modelrouter.core.decision import Decision
    from modelrouter.core.faults import Fault
    from modelrouter.runtime.leases import Change
    from modelrouter.runtime.observers import Closing, Opening

__all__ = ["AccessLog"]


class AccessLog:
    """An observer that writes a line for every request: who asked, who answered, how long it took, what it used."""

    def __init__(self) -> None:
        self._begun: dict[str, Opening] = {}

    def opened(self, opening: Opening) -> None:
        """Remember who asked."""
        self._begun[opening.id] = opening._replace(body=b"")

    def closed(self, closing: Closing) -> None:
        """Write its line."""
        opening = self._begun.pop(closing.decision.id, None)
        if opening is not None:
            logger().info("request", **_facts(opening, closing))

    def decided(self, decision: Decision) -> None:
        """Nothing: its end is told."""

    def changed(self, change: Change) -> None:
        """Nothing: holds are no requests."""

    def ended(self, decision: Decision, fault: Fault | None) -> None:
        """Nothing: its end is told."""


def _facts(opening: Opening, closing: Closing) -> dict[str, Any]:
    decision, usage = closing.decision, closing.usage
    facts: dict[str, Any] = {
        "id": decision.id,
        "process": decision.process,
        "wire": opening.wire,
        "streamed": opening.streamed,
        "outcome": decision.outcome,
        "deployment": decision.served_by,
        "calls": decision.calls,
        "seconds": round(max(0.0, closing.wall - opening.wall), 4),
    }
    if opening.context.principal is not None:
        facts["caller"] = opening.context.principal
    if closing.first_content_s is not None:
        facts["first_content_seconds"] = round(closing.first_content_s, 4)
    if closing.fault is not None:
        facts["cause"] = str(closing.fault.cause)
    if usage is not None:
        facts |= {"tokens_in": usage.input + usage.cached, "tokens_out": usage.output + usage.reasoning}
    return facts
