"""How many calls at a time a deployment bears, learned from what it refuses and from how slow it becomes.

There is no limit until something shows that there is one, and none any more once calls stay well below
it in good health.
"""

from __future__ import annotations

from math import sqrt

BACK_OFF = 0.9
LEAST = 4.0
FORGET_S = 60.0
"""A limit that nothing has confirmed for so long, and that nobody needs, is forgotten."""

TOLERANCE = 1.5
SMOOTHING = 0.2
RECENT = 20
LONG = 600
ENOUGH = 50
CROWD = 20.0
"""Fewer calls at a time are no crowd: their slowness has other reasons."""


class Refusals:
    """What answers like "overloaded" teach: a tenth less at once, one more for each round that goes well.

    Calls that were under way together are refused together, and count once, as in a congested network
    (additive increase, multiplicative decrease).
    """

    __slots__ = ("_lowered_at", "limit")

    def __init__(self) -> None:
        self.limit: float | None = None
        self._lowered_at = float("-inf")

    def refused(self, began: float, now: float, in_flight: int) -> None:
        """A call that began then was refused, among so many."""
        if began < self._lowered_at:
            return
        self._lowered_at = now
        self.limit = max(LEAST, BACK_OFF * min(self.limit or float("inf"), max(1, in_flight)))

    def served(self, now: float, in_flight: int) -> None:
        """A call was answered, among so many."""
        if self.limit is None:
            return
        self.limit += 1 / self.limit
        if in_flight < self.limit / 2 and now - self._lowered_at > FORGET_S:
            self.limit = None


class Slowness:
    """What the time to first content teaches: Netflix's Gradient2, tolerance 1.5, a long window of 600 samples.

    Unlike there, the limit begins where calls become slow in a crowd, and never falls below a crowd: long
    prompts are slow as well.
    """

    __slots__ = ("_long", "_samples", "_short", "limit")

    def __init__(self) -> None:
        self.limit: float | None = None
        self._long = 0.0
        self._short = 0.0
        self._samples = 0

    def showed(self, seconds: float, in_flight: int) -> None:
        """A call showed its first content after so long, among so many."""
        self._samples += 1
        self._long += (seconds - self._long) / min(self._samples, LONG)
        self._short += (seconds - self._short) / min(self._samples, RECENT)
        if self._long > 2 * self._short:
            self._long *= 0.95  # what was slow for long is so no more: forget it faster
        if self._samples < ENOUGH:
            return
        pressure = max(0.5, min(1.0, TOLERANCE * self._long / self._short)) if self._short > 0 else 1.0
        if self.limit is None:
            if pressure < 1.0 and in_flight > CROWD:
                self.limit = float(in_flight)
            return
        target = self.limit * pressure + sqrt(self.limit)
        self.limit = max(CROWD, self.limit + (target - self.limit) * SMOOTHING)
        if pressure == 1.0 and self.limit > 4 * max(in_flight, CROWD):
            self.limit = None
