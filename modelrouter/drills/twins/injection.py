"""What is told to happen, to which calls."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

from modelrouter.drills.twins.effects import HIDES_MODEL, SEEN_BY_LISTING, Effect

ROUNDING = 1e-9
"""Ten shares of a tenth make one, whatever binary fractions say."""
EVERY_HASH = 2**32


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """An effect on the calls it matches: all of them unless keys or models are named."""

    effect: Effect
    keys: frozenset[str] | None = None
    """Account keys as sent (`keys.dummy_key`)."""
    models: frozenset[str] | None = None
    """Model names as sent (`keys.sent_model`)."""
    share: float = 1.0
    """Of the calls it matches, so many are hit, evenly spread: 0.25 hits each fourth."""
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

    def matches(self, key: str | None, model: str | None, marker: str | None = None) -> bool:
        """Does it concern a call with that key for that model? A listing has no model, and is nobody's."""
        called = self.processes is None or (marker is not None and marker.partition("#")[0] in self.processes)
        return called and (self.keys is None or key in self.keys) and (self.models is None or model in self.models)

    def sticks(self, marker: str | None) -> bool:
        """Is this caller one of those that are always hit?"""
        return crc32((marker or "").encode()) < self.share * EVERY_HASH


class Standing:
    """The injections that stand; the newest that matches a call takes it."""

    def __init__(self) -> None:
        self._debts: list[tuple[Injection, float]] = []

    def add(self, injection: Injection) -> None:
        """From now on; before those that stand already."""
        self._debts.insert(0, (injection, 0.0))

    def clear(self) -> None:
        """None stands any more."""
        self._debts.clear()

    def take(self, key: str | None, model: str | None, marker: str | None = None) -> Injection | None:
        """The injection that hits this call, if any; counts towards its share."""
        for place, (injection, debt) in enumerate(self._debts):
            if injection.effect is Effect.CARRIES_LESS or not injection.matches(key, model, marker):
                continue
            if injection.sticky:
                if injection.sticks(marker):
                    return injection
                continue
            owed = debt + injection.share
            hit = owed >= 1 - ROUNDING
            self._debts[place] = (injection, owed - 1 if hit else owed)
            if hit:
                return injection
        return None

    def carries(self, key: str | None, model: str | None) -> float:
        """How much is left of what a deployment can carry."""
        less = (each for each, _ in self._debts if each.effect is Effect.CARRIES_LESS and each.matches(key, model))
        return min((each.carries for each in less), default=1.0)

    def listing(self, key: str | None) -> Injection | None:
        """The injection that hits a free listing; shares are not counted."""
        matching = (injection for injection, _ in self._debts if injection.matches(key, None))
        return next((injection for injection in matching if injection.effect in SEEN_BY_LISTING), None)

    def hidden(self, key: str | None, model: str) -> bool:
        """Is that model missing from listings?"""
        return any(injection.effect in HIDES_MODEL and injection.matches(key, model) for injection, _ in self._debts)
