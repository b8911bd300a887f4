"""A scenario as data: what fails, when, for whom, and what should come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from modelrouter.drills.twins.effects import MEANS, SERVES, Effect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.causes import Cause

__all__ = ["DOOR_CLOSED", "Blow", "Expectation", "Loss", "Moment", "Scenario", "Signal"]

DOOR_CLOSED: Final = "door_closed"
"""The server is gone: connections are refused. It happens to a twin as a whole, not to a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blow:
    """One thing that is made to fail: an effect, the fault domain it hits, and its time."""

    effect: Effect | Literal["door_closed"]
    scope: str
    """The fault domain, in words: `account:openai/main`, `family:claude`."""
    deployments: frozenset[str]
    """Everything that stands inside that domain."""
    from_s: float
    """Seconds since the scenario began."""
    until_s: float | None = None
    """None: for as long as the scenario lasts."""
    processes: frozenset[str] | None = None
    """The processes whose calls it meets, where it is about who calls; None: everybody's."""
    share: float = 1.0
    """Of these calls."""
    sticky: bool = False
    """The share is one of callers, of whom each meets it always or never; else one of calls."""
    retry_after_s: float | None = None
    """The wait that is stated; None leaves what the vendor's row says."""
    states_wait: bool = True
    """False: no header says how long to stay away."""
    delay_s: float = 30.0
    """How late a slow first token is."""
    carries: float = 1.0
    """The share of the declared limits that is left, where the effect is that less can be carried."""
    how: Literal["refused", "dns", "tls"] = "refused"
    """What a closed door looks like from outside; on twins, which have neither a name nor a certificate, always refused."""

    held_with: frozenset[str] = frozenset()
    """Deployments that it does not hit and that a router will hold all the same: what replies say means more than this."""

    @property
    def cause(self) -> Cause | None:
        """What a router should find; None where callers notice nothing."""
        return MEANS[Effect.RESET if self.effect == DOOR_CLOSED else Effect(self.effect)]

    @property
    def moves(self) -> bool:
        """Whether somebody else is asked: of a request that is said to be wrong, nobody is."""
        return self.effect != Effect.BAD_REQUEST

    @property
    def total(self) -> bool:
        """Whether nothing that it hits can be served while it stands."""
        return self.share >= 1 and self.effect not in SERVES

    def stands(self, at_s: float) -> bool:
        """Whether it hits calls at that time."""
        return self.from_s <= at_s and (self.until_s is None or at_s < self.until_s)

    def hits(self, deployment: str | None, process: str | None) -> bool:
        """Whether calls of that process to that deployment are among those it meets."""
        return deployment in self.deployments and (self.processes is None or process in self.processes)


class Expectation(NamedTuple):
    """What the inventory alone says of one process, before anything is sent."""

    permitted: tuple[str, ...]
    """The deployments that may serve it, in order."""
    remaining: tuple[str, ...]
    """Those that the scenario leaves standing."""

    @property
    def touched(self) -> bool:
        """Whether its first choice is taken away."""
        return self.permitted[:1] != self.remaining[:1]


class Signal(NamedTuple):
    """Something that the world said of it, which no router may rely on: for the report."""

    at_s: float
    """Seconds since the scenario began."""
    text: str


class Loss(NamedTuple):
    """What is taken away for a time, in the words of the factor graph; said without a look at what calls meet."""

    said: str
    """For people: `vendor:openai is gone: connections are refused`."""
    factors: frozenset[str]
    deployments: frozenset[str]
    processes: frozenset[str] | None
    """Whose calls it concerns; None: everybody's."""
    left: float
    """The share that is left; 0 where nothing is."""
    from_s: float
    until_s: float | None

    def stands(self, at_s: float) -> bool:
        """Whether it is so at that time."""
        return self.from_s <= at_s and (self.until_s is None or at_s < self.until_s)


class Moment(NamedTuple):
    """A stretch of a scenario in which the same things are lost. Seconds since it began."""

    from_s: float
    until_s: float
    faults: tuple[Blow, ...]
    losses: tuple[Loss, ...]

    @property
    def clear(self) -> bool:
        """Whether it can be said beforehand who is served.

        Each thing that fails does so wholly, nothing else is taken for failing with it, and requests may go elsewhere.
        """
        return all(fault.total and fault.moves and not fault.held_with for fault in self.faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One rehearsal: steady state first, then what fails, until the end."""

    id: str
    title: str
    kind: str
    """What its neighbours have in common: `throttled`, `suspended`, `withdrawn`, `incident`, …"""
    subject: str
    """The provider or family that is lost; empty for the steady state."""
    duration_s: float
    faults: tuple[Blow, ...] = ()
    expectations: Mapping[str, Expectation] = field(default_factory=dict)
    """By process."""
    losses: tuple[Loss, ...] = ()
    """What is taken away, as the factor graph has it; more than what is played, where something is a fact alone."""
    notes: tuple[str, ...] = ()
    """What was assumed, and what of it cannot be played: for the report."""
    signals: tuple[Signal, ...] = ()
    precedent: str | None = None
    """The incident it repeats: its id."""
    announced_s: float | None = None
    """So long before, it was said that this would come; None: it was not."""
    compress: float = 1.0
    """Seconds of what happened in one second of the rehearsal."""
    pure: bool = False
    """It is a matter of availability alone: in the end whatever fails does so wholly and for every caller."""

    @property
    def targets(self) -> frozenset[str]:
        """Every deployment that is hit."""
        return frozenset().union(*(fault.deployments for fault in self.faults))

    @property
    def factors(self) -> frozenset[str]:
        """What is lost at some time, in the words of the factor graph: `provider:openai`, `family:claude`."""
        return frozenset().union(*(loss.factors for loss in self.losses))

    def moments(self) -> tuple[Moment, ...]:
        """The scenario cut at every time at which something begins or ends to fail; steady stretches left out."""
        times = {self.duration_s}
        spans = [(fault.from_s, fault.until_s) for fault in self.faults]
        spans += [(loss.from_s, loss.until_s) for loss in self.losses]
        for start, end in spans:
            times |= {start, self.duration_s if end is None else min(end, self.duration_s)}
        found = []
        for start, end in pairwise(sorted(times)):
            faults = tuple(fault for fault in self.faults if fault.stands(start))
            losses = tuple(loss for loss in self.losses if loss.stands(start))
            if faults or losses:
                found.append(Moment(start, end, faults, losses))
        return tuple(found)
