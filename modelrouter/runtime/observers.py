"""Who is told what happened: after the fact, outside every lock, without a way to change the outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from modelrouter.runtime.log import logger

if TYPE_CHECKING:
    from modelrouter.core.decision import Decision
    from modelrouter.core.faults import Fault
    from modelrouter.runtime.leases import Change

__all__ = ["LogObserver", "Observer"]


class Observer(Protocol):
    """Takes frozen values. It must not block; what it raises is logged and goes no further."""

    def decided(self, decision: Decision) -> None:
        """A request was served or given up."""
        ...

    def changed(self, change: Change) -> None:
        """A hold opened, changed or ended."""
        ...

    def ended(self, decision: Decision, fault: Fault | None) -> None:
        """A stream that had begun is over; with a fault where it broke off."""
        ...


class LogObserver:
    """Writes what matters to the log: holds always, requests only where they did not go straight through."""

    def decided(self, decision: Decision) -> None:
        """Log a request that failed or needed more than one call."""
        if decision.outcome == "failed":
            logger().warning("request failed", id=decision.id, process=decision.process, decision=str(decision))
        elif decision.calls > 1:
            logger().info("failed over", id=decision.id, process=decision.process, decision=str(decision))

    def changed(self, change: Change) -> None:
        """Log a hold."""
        if change.after is None:
            logger().info("hold ended", domain=str(change.domain))
        elif change.before is None or change.before.phase is not change.after.phase:
            hold = change.after
            cause = hold.cause or "operator"
            logger().warning("hold", domain=str(change.domain), phase=str(hold.phase), cause=str(cause), rule=hold.rule)

    def ended(self, decision: Decision, fault: Fault | None) -> None:
        """Log a stream that broke off."""
        if fault is not None:
            logger().warning("stream cut", id=decision.id, deployment=decision.served_by, cause=str(fault.cause))
