"""Who is told what happened: after the fact, outside every lock, without a way to change the outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from modelrouter.runtime.log import crashed, logger

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from modelrouter.core.candidates import Candidates
    from modelrouter.core.checks import Checked
    from modelrouter.core.context import Context
    from modelrouter.core.decision import Decision
    from modelrouter.core.faults import Fault
    from modelrouter.core.holds import Hold
    from modelrouter.core.inventory import Inventory
    from modelrouter.errors import InventoryError
    from modelrouter.router import Reloaded
    from modelrouter.runtime.leases import Change
    from modelrouter.wire.reading import Usage

__all__ = [
    "CheckObserver",
    "Closing",
    "LogObserver",
    "Observer",
    "Observers",
    "Opening",
    "OrderObserver",
    "Ordered",
    "ReloadObserver",
    "RequestObserver",
]

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


class Opening(NamedTuple):
    """A request that has a route, before the first call."""

    id: str
    """That of its decision."""
    wire: str
    """The caller's."""
    asked: str
    """The name the caller used."""
    streamed: bool
    context: Context
    route: Candidates
    wall: float
    """Seconds since 1970."""
    door: str
    """What it came in by: `gateway`, `library` or `drill`."""
    inventory: Inventory
    """That it is served by, whatever is reloaded meanwhile."""
    body: bytes = b""
    """What the caller sent."""


class Closing(NamedTuple):
    """The end of a request: a whole answer, a failure, the end of a stream, or that its caller went away."""

    decision: Decision
    """With every call of it, those after a stream's first content among them."""
    fault: Fault | None
    """Why it failed, or its stream broke off."""
    usage: Usage | None
    """Of what the caller got; None where no provider told."""
    complete: bool
    """The caller got a whole answer."""
    wall: float
    """Seconds since 1970."""
    first_content_s: float | None
    """From the opening on; None where there was none."""
    body: bytes | None = None
    """A whole answer as the caller gets it; None for streams and failures."""


@runtime_checkable
class RequestObserver(Protocol):
    """An observer that wants to know of every request when it begins and when it is over, in pairs.

    Between the two, `Observer.decided` tells of the first content of a stream. Requests that never had a route (a name
    that nobody knows, a key that is not for the process) are none.
    """

    def opened(self, opening: Opening) -> None:
        """A request begins; no provider has been called."""
        ...

    def closed(self, closing: Closing) -> None:
        """It is over: whole answers and failures at once, streams at their end or when they are left."""
        ...


@runtime_checkable
class CheckObserver(Protocol):
    """An observer that wants to know of checks and probes as well."""

    def probed(self, checked: Checked) -> None:
        """A provider was asked something that is no request; from any thread."""
        ...


class Ordered(NamedTuple):
    """What a person ordered of this router."""

    action: str
    """`hold` or `release`."""
    hold: Hold
    """The hold that was placed, or ended."""


@runtime_checkable
class OrderObserver(Protocol):
    """An observer that wants to know of orders of this process: those of others come as changed holds alone."""

    def ordered(self, ordered: Ordered) -> None:
        """A person held or released a domain here."""
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
        self._set(observers)

    def join(self, observer: Observer) -> None:
        """Tell one more, from now on."""
        self._set((*self.all, observer))

    def _set(self, observers: Sequence[Observer]) -> None:
        self.all = tuple(observers)
        self.of_requests = tuple(each for each in self.all if isinstance(each, RequestObserver))
        """Asked once: a request that nobody watches costs nothing more."""
        self._of_reloads = tuple(each for each in self.all if isinstance(each, ReloadObserver))
        self._of_checks = tuple(each for each in self.all if isinstance(each, CheckObserver))
        self._of_orders = tuple(each for each in self.all if isinstance(each, OrderObserver))

    def tell(self, what: str, *values: Any) -> None:
        """Tell every one."""
        self._tell(self.all, what, *values)

    def opened(self, opening: Opening) -> None:
        """Tell those who want to know of requests."""
        self._tell(self.of_requests, "opened", opening)

    def closed(self, closing: Closing) -> None:
        """Tell those who want to know of requests."""
        self._tell(self.of_requests, "closed", closing)

    def probed(self, checked: Checked) -> None:
        """Tell those who want to know of checks."""
        self._tell(self._of_checks, "probed", checked)

    def ordered(self, action: str, hold: Hold) -> None:
        """Tell those who want to know of orders."""
        self._tell(self._of_orders, "ordered", Ordered(action, hold))

    def tell_reload(self, what: str, value: object) -> None:
        """Tell those who want to know of reloads."""
        self._tell(self._of_reloads, what, value)

    def _tell(self, observers: Iterable[object], what: str, *values: Any) -> None:
        for observer in observers:
            try:
                getattr(observer, what)(*values)
            except Exception as error:  # noqa: BLE001 - a foreign observer may not decide over a request
                crashed("observer failed", error, observer=type(observer).__qualname__)
