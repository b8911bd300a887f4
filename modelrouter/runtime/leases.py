"""What passes between the state and those who ask it: leave for a call, its refusal, a changed hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from modelrouter.core.causes import PERMITS, Ending
from modelrouter.core.holds import Hold, Phase
from modelrouter.core.load import NOTHING, Place, Want

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelrouter.core.causes import Cause
    from modelrouter.core.domains import Domain
    from modelrouter.core.faults import Fault
    from modelrouter.core.holds import Hold
    from modelrouter.core.inventory import Deployment
    from modelrouter.core.load import Load

__all__ = [
    "CLAIM_S",
    "FULL",
    "PLAIN",
    "Change",
    "Lease",
    "Record",
    "Refusal",
    "Terms",
    "Waiting",
    "learn",
    "refusal_of",
]

CLAIM_S = 0.05
"""So long it may take until other processes have left a trial to this one: who has no other way waits."""
FULL = "capacity"
"""What a refusal says of a deployment that carries all it can."""


class Waiting(Protocol):
    """A call that has shown its caller nothing yet."""

    def moved(self, domain: str, cause: Cause) -> None:
        """Its domain was held for this cause; called outside the lock, from any thread."""
        ...


class Terms(NamedTuple):
    """How leave for a call is asked for."""

    waive: bool = False
    """Holds that were only inferred are disregarded."""
    retry: bool = False
    """It comes out of the budget of retries."""
    hedge: bool = False
    """It comes out of the budget of hedges."""
    streamed: bool = False
    want: Want = NOTHING
    place: Place | None = None
    """That of a caller who has waited."""


PLAIN = Terms()


class Lease(NamedTuple):
    """Leave to make one call."""

    deployment: Deployment
    generation: int
    trials: tuple[Domain, ...]
    """The held domains that this call tries."""
    at: float
    """When leave was given: names this trial among others of a domain."""
    load: Load
    streamed: bool
    racing: bool = False
    """It tries a domain that was silent: nobody should have to wait for what it finds."""
    shown: bool = False
    """A stream whose first content has been seen."""


class Refusal(NamedTuple):
    """Why a call may not be made now."""

    domain: Domain | None
    """None: the budget of retries or of hedges is spent."""
    until: float | None
    waivable: bool
    cause: str = ""
    """That of the hold, or `FULL`."""


@dataclass(slots=True)
class Record:
    """What a state knows of one held, or lately held, domain."""

    hold: Hold | None
    generation: int


class Change(NamedTuple):
    """One domain's hold changed."""

    domain: Domain
    before: Hold | None
    after: Hold | None
    waiting: tuple[Waiting, ...] = ()
    """The calls to be moved away from it."""
    by: Literal["router", "operator", "elsewhere"] = "router"
    """Who changed it: what this router found, an order given here, or another process of the inventory."""


def learn(lease: Lease, fault: Fault | None, now: float, *, outlasted: bool, pause_s: float | None) -> None:
    """What its deployment's load learns from the end of a call; the state's lock is held around it."""
    load, took = lease.load, now - lease.at
    if outlasted:
        (load.idle if lease.shown else load.first_token if lease.streamed else load.whole).outlasted(pause_s or took)
    elif pause_s is not None:
        load.idle.took(pause_s)
    if fault is None and not lease.shown:
        load.answered(took, now)
    if fault is None:
        load.refusals.served(now, load.in_flight)
    elif PERMITS[fault.cause].crowded:
        load.refusals.refused(lease.at, now, load.in_flight)
    load.leave(took if fault is None else None)


def refusal_of(held: Sequence[Hold], now: float) -> Refusal:
    """What several holds together say to one call: the last of them to end speaks."""
    last = max(held, key=lambda hold: (not hold.waivable, hold.due is None, hold.due or 0.0))
    cause = str(last.cause or "by an operator")
    return Refusal(last.domain, _free_at(last, now), waivable=all(hold.waivable for hold in held), cause=cause)


def _free_at(hold: Hold, now: float) -> float | None:
    """When it ends or may be tried; None where nobody knows, as while others try."""
    ends = hold.ending is not Ending.RELEASE and hold.phase is Phase.OPEN
    return hold.due if ends and hold.due is not None and hold.due > now else None
