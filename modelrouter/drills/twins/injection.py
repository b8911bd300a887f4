"""What is told to happen, to which calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

from modelrouter.drills.twins.effects import HIDES_MODEL, SEEN_BY_LISTING, Effect

ROUNDING = 1e-9
"""Ten shares of a tenth make one, whatever binary fractions say."""
EVERY_HASH = 2**32


class Called(NamedTuple):
    """What an injection can tell calls apart by. A listing has no model, and is nobody's."""

    key: str | None
    model: str | None = None
    deployment: str | None = None
    marker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """An effect on the calls it matches: all of them unless keys, models, deployments or processes are named."""

    effect: Effect
    keys: frozenset[str] | None = None
    """Account keys as sent (`keys.dummy_key`)."""
    models: frozenset[str] | None = None
    """Model names as sent (`keys.sent_model`)."""
    share: float = 1.0
    """Of the calls it matches, so many are hit, evenly spread: 0.25 hits each fourth."""
    deployments: frozenset[str] | None = None
    """Ids, by the address that was called; a call or listing at no deployment's address is none of theirs."""
    processes: frozenset[str] | None = None
    """What stands before the `#` in a call's marker; a call without a marker is nobody's."""
    sticky: bool = False
    """The share is one of callers, told apart by their markers: each is hit always or never."""
    retry_after_s: float | None = None
    """The wait that is stated, in the vendor's way; None leaves what its row says. Some vendors state none."""
    states_wait: bool = True
    """False: no header says how long to stay away, whatever the vendor does otherwise."""
    carries: float = 1.0
    """Of a deployment's limits, how much is left under `CARRIES_LESS`."""
    after_events: int = 3
    """Content events before a stall, a cut after content, an error or a broken event inside a stream."""
    delay_s: float = 30.0
    """How late a slow first token is."""

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"share must be above 0 and at most 1, not {self.share!r}")
        if not 0 < self.carries <= 1:
            raise ValueError(f"what is carried must be above 0 and at most 1, not {self.carries!r}")

    def matches(self, call: Called) -> bool:
        """Does it concern such a call?"""
        process = None if call.marker is None else call.marker.partition("#")[0]
        return (
            (self.keys is None or call.key in self.keys)
            and (self.models is None or call.model in self.models)
            and (self.deployments is None or call.deployment in self.deployments)
            and (self.processes is None or process in self.processes)
        )

    def sticks(self, marker: str | None) -> bool:
        """Is this caller one of those that are always hit?"""
        return crc32((marker or "").encode()) < self.share * EVERY_HASH


class Standing:
    """The injections that stand; the newest that matches a call takes it."""

    def __init__(self) -> None:
        self._debts: list[tuple[Injection, float]] = []
        self._listed: dict[Injection, float] = {}

    def add(self, injection: Injection) -> None:
        """From now on; before those that stand already."""
        self._debts.insert(0, (injection, 0.0))

    def clear(self) -> None:
        """None stands any more."""
        self._debts.clear()
        self._listed.clear()

    def take(self, call: Called) -> Injection | None:
        """The injection that hits this call, if any; counts towards its share."""
        for place, (injection, debt) in enumerate(self._debts):
            if injection.effect is Effect.CARRIES_LESS or not injection.matches(call):
                continue
            if injection.sticky:
                if injection.sticks(call.marker):
                    return injection
                continue
            owed = debt + injection.share
            hit = owed >= 1 - ROUNDING
            self._debts[place] = (injection, owed - 1 if hit else owed)
            if hit:
                return injection
        return None

    def carries(self, call: Called) -> float:
        """How much is left of what a deployment can carry."""
        less = (each for each, _ in self._debts if each.effect is Effect.CARRIES_LESS and each.matches(call))
        return min((each.carries for each in less), default=1.0)

    def listing(self, call: Called) -> Injection | None:
        """The injection that hits a free listing, if any; listings have a share of their own."""
        for injection, _ in self._debts:
            if injection.effect not in SEEN_BY_LISTING or not injection.matches(call):
                continue
            owed = self._listed.get(injection, 0.0) + injection.share
            hit = owed >= 1 - ROUNDING
            self._listed[injection] = owed - 1 if hit else owed
            if hit:
                return injection
        return None

    def hidden(self, call: Called) -> bool:
        """Is that model missing from listings?"""
        return any(injection.effect in HIDES_MODEL and injection.matches(call) for injection, _ in self._debts)
