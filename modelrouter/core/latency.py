"""How long a deployment takes, learned from its calls, and the limits that follow.

Durations are kept as counts in buckets that grow by a fifth, so that a quantile is right to 20 %;
what is old fades: at `REMEMBERED` samples all counts are halved.
"""

from __future__ import annotations

from math import exp, log
from typing import NamedTuple

LEAST_S = 0.001
GROWTH = log(1.2)
BUCKETS = 80
"""From a millisecond to half an hour."""
REMEMBERED = 1000
EVERY = 50
"""Quantiles are computed after so many samples, and anew after as many again."""
PATIENCE = 2.0
"""A limit is so many times the duration that 99 of 100 calls stay below."""


class Bounds(NamedTuple):
    """What a learned limit never leaves; `most` is the limit while too little is known. Seconds."""

    least: float
    most: float


FIRST_TOKEN = Bounds(2.0, 10.0)
"""The first content of a stream; healthy providers show it far sooner."""
IDLE = Bounds(5.0, 15.0)
"""Between two blocks of a stream that has begun; the longest gap that providers show in good health is below 10 s."""
WHOLE = Bounds(10.0, float("inf"))
"""A whole answer says nothing until it is done."""


class Latency:
    """The durations of one kind at one deployment."""

    __slots__ = ("_bounds", "_counts", "_since", "_total", "limit_s", "p95_s")

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._counts = [0.0] * BUCKETS
        self._total = 0.0
        self._since = 0
        self.limit_s = bounds.most
        """How long a call may take before it is given up."""
        self.p95_s: float | None = None
        """19 of 20 calls take no longer; None while too little is known."""

    def took(self, seconds: float) -> None:
        """Learn from one call."""
        place = int(log(seconds / LEAST_S) / GROWTH) if seconds > LEAST_S else 0
        self._counts[place if place < BUCKETS else -1] += 1
        self._since += 1
        if self._since >= EVERY:
            self._conclude()

    def outlasted(self, seconds: float) -> None:
        """A call was given up after so long: it would have taken longer, and the limit must be able to follow."""
        self.took(seconds * PATIENCE)

    def silent(self, seconds: float) -> None:
        """A call that had said nothing yet was needed no more: where it was slower than usual, that much is known."""
        if self.p95_s is not None and seconds >= self.p95_s:
            self.took(seconds)

    def _conclude(self) -> None:
        self._total += self._since
        self._since = 0
        if self._total >= REMEMBERED:
            self._counts = [count / 2 for count in self._counts]  # in whole numbers the tail would be lost
            self._total /= 2
        self.p95_s = self._quantile(0.95)
        self.limit_s = min(self._bounds.most, max(self._bounds.least, PATIENCE * self._quantile(0.99)))

    def _quantile(self, share: float) -> float:
        """The upper edge of the bucket in which it lies."""
        left = share * self._total
        for place, count in enumerate(self._counts):
            left -= count
            if left <= 0:
                return LEAST_S * exp(GROWTH * (place + 1))
        return LEAST_S * exp(GROWTH * BUCKETS)
