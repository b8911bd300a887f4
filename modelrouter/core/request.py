"""The machine of one request: it is told facts and answers with the next command.

Theory. The route is walked in order. A failed call lets the next deployment be asked as its cause
permits (`causes.PERMITS`); refusals by a hold cost nothing. When no untried deployment is left, in
this order:

1. a hold that was only inferred is waived, since nothing else stands (never one that is legal,
   definitive, or stated by the provider): the one that ends first, any further one within the retry budget;
2. a deployment whose cause permits it is asked once more, within the retry budget;
3. a stated wait that fits the deadline is waited out;
4. the request is given up, with the last fault.

At most two calls of one deployment, `attempts` in all, none after the deadline. Several calls are in
flight only when one was moved away from and races on, or when a process allows a hedge: one call of the
next deployment, beside a first that has been silent for longer than usual. The machine knows no clock:
each fact carries the time at which it is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

from modelrouter.core.causes import PERMITS, Again, Next

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelrouter.core.faults import Fault
    from modelrouter.core.inventory import Deployment, Process

GRAIN_S = 0.005
"""Timers may fire this much early; so close to it, the deadline has come."""
FAIR = 0.9
"""A call that was given this share of the patience its process has, and stayed silent, has itself to blame."""
CALLS_OF_ONE = 2
"""At most so many calls of one deployment for one request."""


@dataclass(frozen=True, slots=True)
class Call:
    """Call this deployment, the `index`-th of the route."""

    index: int
    deployment: Deployment
    until: float
    """When a silent call is given up; monotonic seconds."""
    fair: bool = True
    """Silence until then is the deployment's fault; else only the caller's time ran out."""
    waive: bool = False
    """Inferred holds do not stop it."""
    retry: bool = False
    """It comes out of the retry budget."""
    hedge: bool = False
    """It is made beside another that may still answer; out of the hedge budget."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing until then, or until a call in flight reports."""

    until: float


@dataclass(frozen=True, slots=True)
class Deliver:
    """Give the caller this call's answer, and drop every other."""

    index: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Nothing more can be done; `deadline` tells that time ran out rather than options."""

    fault: Fault | None
    deadline: bool = False


Command = Call | Wait | Deliver | GiveUp


@dataclass(frozen=True, slots=True)
class Begun:
    """The request arrived."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A hold, or want of capacity, kept the call from being made."""

    index: int
    until: float | None
    waivable: bool


@dataclass(frozen=True, slots=True)
class Unable:
    """The request cannot be put into the deployment's wire; nothing was sent."""

    index: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class OverBudget:
    """The budget of retries, or of hedges, is spent."""

    index: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The call failed before content reached the caller."""

    index: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class Showed:
    """The call showed its first content, or its whole answer."""

    index: int


@dataclass(frozen=True, slots=True)
class Moved:
    """The call's domain was held while it waited; it races on."""

    index: int


@dataclass(frozen=True, slots=True)
class Woke:
    """The time of a `Wait` has come."""


@dataclass(frozen=True, slots=True)
class Freed:
    """A deployment that carried all it could may have room for this request now."""

    index: int


Fact = Begun | Refused | Unable | OverBudget | Failed | Showed | Moved | Woke | Freed


@dataclass(slots=True)
class _Option:
    """What one deployment of the route still offers."""

    deployment: Deployment
    calls: int = 0
    closed: bool = False
    """No further call, whatever comes."""
    again: Again = Again.NO
    free_at: float | None = None
    """When a stated wait ends."""
    refused: bool = False
    """A hold stands in its way."""
    waivable: bool = False
    waived: bool = False
    """It was called in spite of a hold: once is enough."""


@dataclass(slots=True)
class Request:
    """One request on its way along its route."""

    process: Process
    route: Sequence[Deployment]
    deadline: float
    """Monotonic seconds, to the first content."""
    silence_s: float | None = None
    """How long one call may stay silent, where the process says so: it binds the last one too."""
    patience_s: Sequence[float] = ()
    """By place in the route: how long a call may stay silent while others stand; never more than half of what
    is left. Empty: half of what is left."""
    hedge_s: float | None = None
    """After so long a silence of the first call the next deployment is asked beside it; None: never."""
    options: list[_Option] = field(init=False)
    in_flight: set[int] = field(init=False, default_factory=set)
    moved: set[int] = field(init=False, default_factory=set)
    """Calls that were moved away from; they race on, and nobody counts on them."""
    calls: int = field(init=False, default=0)
    last_fault: Fault | None = field(init=False, default=None)
    least_context: int = field(init=False, default=0)
    stopped: bool = field(init=False, default=False)
    hedge_at: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.options = [_Option(deployment) for deployment in self.route]

    def told(self, fact: Fact, now: float) -> Command:
        """Take one fact, answer the next command."""
        match fact:
            case Showed(index):
                return Deliver(index)
            case Failed(index, fault):
                self._failed(index, fault, now)
            case Refused(index, until, waivable):
                self._refused(index, until if until is None or until > now else None, waivable=waivable)
            case OverBudget(index):
                self._undo(index).again = Again.NO
            case Moved(index):
                self.moved.add(index)
                self.hedge_at = None  # another is asked in its stead, and has been silent for no time
            case Unable(index, fault):
                self._undo(index).closed = True
                self.last_fault = fault
            case Freed(index):
                self.options[index].free_at = now
            case Begun() | Woke():
                pass
            case _:
                assert_never(fact)
        return self._onward(now)

    def reopen(self, index: int, deadline: float) -> None:
        """The answer that was delivered broke off: what `Failed` tells of it next goes on from here, until then."""
        self.in_flight, self.moved = {index}, set()
        self.deadline = deadline
        self.hedge_s = None

    def _failed(self, index: int, fault: Fault, now: float) -> None:
        self.in_flight.discard(index)
        self.hedge_at = None
        self.last_fault = fault
        permits = PERMITS[fault.cause]
        option = self.options[index]
        option.again = Again.NO if option.waived else permits.again
        option.free_at = now + fault.retry_after_s if fault.retry_after_s is not None else None
        allowed = permits.next is not Next.IF_PROCESS_SAYS or self.process.on_refusal == "next"
        self.stopped = self.stopped or permits.next is Next.NO or not allowed
        if permits.next is Next.IF_LARGER:
            self.least_context = max(self.least_context, option.deployment.model.context + 1)

    def _refused(self, index: int, until: float | None, *, waivable: bool) -> None:
        option = self._undo(index)
        option.free_at = until
        option.waivable = waivable
        option.again = Again.LAST_RESORT
        option.refused = True
        option.closed = until is None and not waivable

    def _undo(self, index: int) -> _Option:
        """Take back a call that was not made."""
        self.in_flight.discard(index)
        self.calls -= 1
        option = self.options[index]
        option.calls -= 1
        return option

    def _onward(self, now: float) -> Command:
        if now >= self.deadline - GRAIN_S:
            return GiveUp(self.last_fault, deadline=True)
        if self.in_flight - self.moved and not self.stopped:
            return self._hedged(now) or Wait(min(self.deadline, self.hedge_at or self.deadline))
        exhausted = self.stopped or self.calls >= self.process.attempts
        command = None if exhausted else self._untried(now) or self._waived(now) or self._repeated(now)
        if command is None and self.in_flight and not self.stopped:
            return (None if exhausted else self._waited(now)) or Wait(self.deadline)
        return command or GiveUp(self.last_fault)

    def _hedged(self, now: float) -> Command | None:
        if self.hedge_at is None or now < self.hedge_at - GRAIN_S:
            return None
        self.hedge_at = None
        return self._untried(now, hedge=True) if self.calls < self.process.attempts else None

    def _untried(self, now: float, *, hedge: bool = False) -> Command | None:
        for index, option in enumerate(self.options):
            free = not option.refused or (option.free_at is not None and option.free_at <= now)
            if not option.calls and free and self._fits(option):
                return self._call(index, now, hedge=hedge)
        return None

    def _waived(self, now: float) -> Command | None:
        if self.in_flight:
            return None
        held = [
            (option.free_at or 0.0, index)
            for index, option in enumerate(self.options)
            if option.waivable and not option.calls and self._fits(option)
        ]
        if not held:
            return None
        index = min(held)[1]
        again = any(option.waived for option in self.options)
        self.options[index].waivable = False
        self.options[index].waived = True
        return self._call(index, now, waive=True, retry=again)

    def _repeated(self, now: float) -> Command | None:
        if self.in_flight:
            return None
        for index, option in enumerate(self.options):
            if option.again is Again.BUDGETED and option.calls < CALLS_OF_ONE and self._fits(option):
                return self._call(index, now, waive=True, retry=True)
        return self._waited(now)

    def _waited(self, now: float) -> Command | None:
        frees = [
            (option.free_at, index)
            for index, option in enumerate(self.options)
            if option.again is Again.LAST_RESORT and option.free_at is not None
            if option.free_at < self.deadline and option.calls < CALLS_OF_ONE and self._fits(option)
        ]
        if not frees:
            return None
        free_at, index = min(frees)
        if free_at > now:
            return Wait(free_at)
        return self._call(index, now)

    def _fits(self, option: _Option) -> bool:
        return not option.closed and option.deployment.model.context >= self.least_context

    def _call(self, index: int, now: float, *, waive: bool = False, retry: bool = False, hedge: bool = False) -> Call:
        option = self.options[index]
        option.calls += 1
        option.again = Again.NO
        self.calls += 1
        self.in_flight.add(index)
        if self.hedge_s is not None and self.calls == 1:
            self.hedge_at = now + self.hedge_s
        until = self._silence_until(index, now)
        fair = until - now >= FAIR * self._enough(index)
        return Call(
            index,
            option.deployment,
            until,
            fair=fair,
            waive=waive,
            retry=retry,
            hedge=hedge,
        )

    def _enough(self, index: int) -> float:
        """The patience that a call of this deployment is due."""
        if self.silence_s is not None:
            return self.silence_s
        half = self.process.objectives.deadline_s / 2
        return min(self.patience_s[index], half) if self.patience_s else half

    def _silence_until(self, index: int, now: float) -> float:
        if self.silence_s is not None:
            return min(self.deadline, now + self.silence_s)
        if self.calls >= self.process.attempts or not any(map(self._stands, self.options)):
            return self.deadline
        half = (self.deadline - now) / 2
        return now + (min(self.patience_s[index], half) if self.patience_s else half)

    def _stands(self, option: _Option) -> bool:
        """Whether it could still be asked instead."""
        return not option.calls and (not option.refused or option.waivable) and self._fits(option)
