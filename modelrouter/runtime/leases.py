"""What passes between the state and those who ask it: leave for a call, its refusal, a changed hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from modelrouter.core.load import NOTHING, Place, Want

if TYPE_CHECKING:
    from modelrouter.core.causes import Cause
    from modelrouter.core.domains import Domain
    from modelrouter.core.holds import Hold
    from modelrouter.core.inventory import Deployment
    from modelrouter.core.load import Load

__all__ = ["FULL", "PLAIN", "Change", "Lease", "Refusal", "Terms", "Waiting"]

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


class Change(NamedTuple):
    """One domain's hold changed."""

    domain: Domain
    before: Hold | None
    after: Hold | None
    waiting: tuple[Waiting, ...] = ()
    """The calls to be moved away from it."""
