"""Who is told what happened: after the fact, outside every lock, without a way to change the outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from modelrouter.runtime.log import logger

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from modelrouter.core.decision import Decision
    from modelrouter.core.faults import Fault
    from modelrouter.errors import InventoryError
    from modelrouter.router import Reloaded
    from modelrouter.runtime.leases import Change

__all__ = ["LogObserver", "Observer", "Observers", "ReloadObserver"]

MOST_EDITS = 20
"""So many differences of a reload are logged in words."""


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


@runtime_checkable
class ReloadObserver(Protocol):
    """An observer that wants to know of reloads as well."""

    def reloaded(self, reloaded: Reloaded) -> None:
        """Another inventory is in force."""
        ...

    def reload_failed(self, error: InventoryError) -> None:
        """A new one could not be used, and the old one stays in force."""
        ...


class LogObserver:
    """Writes what matters to the log: holds always, requests only where they did not go straight through."""

    def decided(self, decision: Decision) -> None:
        """Log a request that failed or needed more than one call."""
        if decision.outcome == "failed":
            logger().warning("request failed", id=decision.id, process=decision.process, decision=str(decision))
        elif len(decision.trail) > 1 and decision.calls > 1:
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
        """Log a stream that broke off, and one that went on elsewhere."""
        if fault is None and any(attempt.cut for attempt in decision.trail):
            logger().warning("stream went on elsewhere", id=decision.id, decision=str(decision))
        elif fault is not None:
            logger().warning("stream cut", id=decision.id, deployment=decision.served_by, cause=str(fault.cause))

    def reloaded(self, reloaded: Reloaded) -> None:
        """Log that another inventory is in force."""
        edits = [str(edit) for edit in reloaded.edits[:MOST_EDITS]]
        logger().info("inventory reloaded", inventory=reloaded.after.name, changes=len(reloaded.edits), edits=edits)

    def reload_failed(self, error: InventoryError) -> None:
        """Log that one was refused."""
        first, *more = error.problems
        logger().error("inventory not reloaded: the old one stays", problem=str(first), more=len(more))


class Observers:
    """All observers of one router. What one of them raises is logged, and decides over nothing."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self.all = tuple(observers)

    def tell(self, what: str, *values: Any) -> None:
        """Tell every one."""
        self._tell(self.all, what, *values)

    def tell_reload(self, what: str, value: object) -> None:
        """Tell those who want to know of reloads."""
        self._tell([each for each in self.all if isinstance(each, ReloadObserver)], what, value)

    def _tell(self, observers: Iterable[object], what: str, *values: Any) -> None:
        for observer in observers:
            try:
                getattr(observer, what)(*values)
            except Exception:  # noqa: BLE001 - a foreign observer may not decide over a request
                logger().exception("observer failed", observer=repr(observer))
