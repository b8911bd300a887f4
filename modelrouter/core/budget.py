"""Budgets of extra calls: how many second tries and hedges the router allows itself.

Retries: at most 10 % of the requests of the last 10 s (Google SRE's client-side budget), and never fewer
than one a second, so that a quiet service may retry at all. Hedges: at most 2 % (Dean and Barroso, The
Tail at Scale), and never fewer than one in the window. Moving on to another deployment is neither: it is
admitted by the fallback's own capacity.
"""

from __future__ import annotations

RETRY_RATIO = 0.1
RETRY_FLOOR = 10
"""In the window: one a second."""
HEDGE_RATIO = 0.02
HEDGE_FLOOR = 1
WINDOW_S = 10


class Budget:
    """Counts requests, retries and hedges by second; the caller says what time it is."""

    __slots__ = ("_hedges", "_requests", "_retries", "_second")

    def __init__(self) -> None:
        self._requests = [0] * WINDOW_S
        self._retries = [0] * WINDOW_S
        self._hedges = [0] * WINDOW_S
        self._second = 0

    def request(self, now: float) -> None:
        """Count one request."""
        second = int(now)
        if second != self._second:
            self._advance(second)
        self._requests[second % WINDOW_S] += 1

    def retry(self, now: float, *, held: bool = False) -> bool:
        """Take one retry out of the budget; False where it is spent. One of a deployment that is held costs two."""
        return self._take(self._retries, now, RETRY_RATIO, RETRY_FLOOR, 2 if held else 1)

    def hedge(self, now: float) -> bool:
        """Take one hedge out of the budget; False where it is spent."""
        return self._take(self._hedges, now, HEDGE_RATIO, HEDGE_FLOOR, 1)

    def _take(self, taken: list[int], now: float, ratio: float, floor: float, cost: int) -> bool:
        self._advance(int(now))
        if sum(taken) + cost > max(floor, ratio * sum(self._requests)):
            return False
        taken[self._second % WINDOW_S] += cost
        return True

    def _advance(self, second: int) -> None:
        for passed in range(max(self._second + 1, second - WINDOW_S + 1), second + 1):
            for counts in (self._requests, self._retries, self._hedges):
                counts[passed % WINDOW_S] = 0
        self._second = max(self._second, second)
