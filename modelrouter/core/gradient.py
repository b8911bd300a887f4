"""How many calls at a time a deployment bears, learned from the time to first content.

Netflix's Gradient2 (tolerance 1.5, smoothing 0.2, a long window of 600 samples), with one difference:
there is no limit until something shows that there is one, and none any more once calls stay well below
it in good health. A refusal for overload takes a tenth off, at most once for the calls that were under
way together, as a congested network does.
"""

from __future__ import annotations

from math import sqrt

TOLERANCE = 1.5
SMOOTHING = 0.2
LONG = 600
ENOUGH = 50
LEAST = 4.0
CROWD = 20
"""Fewer calls at a time are no crowd: their slowness has other reasons."""
BACK_OFF = 0.9


class Gradient:
    """The learned limit of one deployment; None while there is none."""

    __slots__ = ("_long", "_lowered_at", "_samples", "_short", "limit")

    def __init__(self) -> None:
        self.limit: float | None = None
        self._long = 0.0
        self._short = 0.0
        self._samples = 0
        self._lowered_at = float("-inf")

    def showed(self, seconds: float, in_flight: int) -> None:
        """A call showed its first content after so long, among so many."""
        self._samples += 1
        weight = 1 / min(self._samples, LONG)
        self._long += (seconds - self._long) * weight
        self._short += (seconds - self._short) * (SMOOTHING if self._samples > 1 else 1.0)
        if self._long > 2 * self._short:
            self._long *= 0.95  # what was slow for long is so no more: forget it faster
        if self._samples < ENOUGH:
            return
        pressure = max(0.5, min(1.0, TOLERANCE * self._long / self._short)) if self._short > 0 else 1.0
        if self.limit is None:
            if pressure < 1.0 and in_flight >= CROWD:
                self.limit = float(in_flight)
            return
        if in_flight >= self.limit / 2 or pressure < 1.0:
            target = self.limit * pressure + sqrt(self.limit)
            self.limit = max(LEAST, self.limit + (target - self.limit) * SMOOTHING)
        else:
            self.limit += SMOOTHING * sqrt(self.limit)
            if self.limit > 4 * max(in_flight, CROWD):
                self.limit = None

    def overloaded(self, began: float, now: float, in_flight: int) -> None:
        """A call that began then was refused for overload."""
        if began < self._lowered_at:
            return
        self._lowered_at = now
        self.limit = max(LEAST, BACK_OFF * min(self.limit or float("inf"), max(1, in_flight)))
