"""What was injected beside what the router took it for. Read from its own word, so it counts in no verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.domains import domains_of
from modelrouter.drills.trace import hit

if TYPE_CHECKING:
    from modelrouter.core.causes import Cause
    from modelrouter.core.inventory import Inventory
    from modelrouter.drills.recording import Recording
    from modelrouter.drills.scenario import Blow

__all__ = ["Detection", "detections", "false_holds"]

LATE_S = 0.05
"""A hold that is told so much before the fault is noted as begun still belongs to it."""


class Detection(NamedTuple):
    """One cause at one scope of one scenario."""

    scenario: str
    scope: str
    injected: str
    found: str | None
    """The cause of the first hold that it opened; None where it opened none."""
    whole: bool
    """Whether in the end it met every call: what fails in part may be outlived without a hold."""
    after_s: float | None
    """From the injection to the first hold of the right cause; None where there was none."""


def detections(inventory: Inventory, recording: Recording) -> tuple[Detection, ...]:
    """Each fault that a call met and that a router could tell."""
    since = recording.fault_at
    if since is None:
        return ()
    grouped: dict[tuple[str, Cause], list[Blow]] = {}
    for fault in recording.scenario.faults:
        if fault.cause is not None:
            grouped.setdefault((fault.scope, fault.cause), []).append(fault)
    return tuple(
        _detection(inventory, recording, faults, max(since, faults[0].from_s))
        for faults in grouped.values()
        if any(
            hit(recording, call) and call.deployment in each.deployments for call in recording.calls for each in faults
        )
    )


def _detection(inventory: Inventory, recording: Recording, faults: list[Blow], began: float) -> Detection:
    """Of one fault with all its stretches: holds that stay open over the next one belong to the first."""
    inside = {
        str(domain)
        for fault in faults
        for name in fault.deployments
        if name in inventory.deployments
        for domain in domains_of(inventory.deployments[name])
    }
    opened = [
        mark for mark in recording.marks if mark.phase == "open" and mark.domain in inside and mark.at >= began - LATE_S
    ]
    injected = str(faults[0].cause)
    right = next((mark.at - began for mark in opened if mark.cause == injected), None)
    first = opened[0].cause if opened else None
    after_s = None if right is None else max(0.0, right)
    whole = any(fault.total for fault in faults)
    return Detection(recording.scenario.id, faults[0].scope, injected, first, whole, after_s)


def false_holds(recording: Recording) -> int:
    """Holds that opened before anything failed; in the steady state all."""
    until = recording.fault_at
    return sum(1 for mark in recording.marks if mark.phase == "open" and (until is None or mark.at < until - LATE_S))
