"""The retry budget: how many second tries of a deployment the router allows itself.

At most 10 % of the requests of the last 10 s (Google SRE's client-side budget), and never fewer than
one a second, so that a quiet service may retry at all. Moving on to another deployment is no retry:
it is admitted by the fallback's own capacity.
"""

from __future__ import annotations

RATIO = 0.1
FLOOR_PER_S = 1.0
WINDOW_S = 10


class RetryBudget:
    """Counts requests and retries by second; the caller says what time it is."""

    __slots__ = ("_requests", "_retries", "_second")

    def __init__(self) -> None:
        self._requests = [0] * WINDOW_S
        self._retries = [0] * WINDOW_S
        self._second = 0

    def request(self, now: float) -> None:
        """Count one request."""
        second = int(now)
        if second != self._second:
            self._advance(second)
        self._requests[second % WINDOW_S] += 1

    def retry(self, now: float) -> bool:
        """Take one retry out of the budget; False where it is spent."""
        self._advance(int(now))
        if sum(self._retries) >= max(FLOOR_PER_S * WINDOW_S, RATIO * sum(self._requests)):
            return False
        self._retries[self._second % WINDOW_S] += 1
        return True

    def _advance(self, second: int) -> None:
        for passed in range(max(self._second + 1, second - WINDOW_S + 1), second + 1):
            self._requests[passed % WINDOW_S] = 0
            self._retries[passed % WINDOW_S] = 0
        self._second = max(self._second, second)
