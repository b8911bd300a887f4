"""A scenario as data: what fails, when, for whom, and what should come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from modelrouter.drills.twins.effects import MEANS, Effect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.causes import Cause

__all__ = ["DOOR_CLOSED", "Blow", "Expectation", "Scenario"]

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

    @property
    def cause(self) -> Cause | None:
        """What a router should find; None where callers notice nothing."""
        return MEANS[Effect.RESET if self.effect == DOOR_CLOSED else Effect(self.effect)]

    def stands(self, at_s: float) -> bool:
        """Whether it hits calls at that time."""
        return self.from_s <= at_s and (self.until_s is None or at_s < self.until_s)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One rehearsal: steady state first, then what fails, until the end."""

    id: str
    title: str
    kind: str
    """What its neighbours have in common: `throttled`, `suspended`, `withdrawn`, …"""
    subject: str
    """The provider or family that is lost; empty for the steady state."""
    duration_s: float
    faults: tuple[Blow, ...] = ()
    expectations: Mapping[str, Expectation] = field(default_factory=dict)
    """By process."""

    @property
    def targets(self) -> frozenset[str]:
        """Every deployment that is hit."""
        return frozenset().union(*(fault.deployments for fault in self.faults))
