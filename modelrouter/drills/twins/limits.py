"""What a deployment can carry, enforced: calls a minute as a bucket of tokens, and calls at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelrouter.core.inventory import Limits

BURST_S = 2.0
"""The bucket holds so many seconds of its rate: vendors cut a minute's limit into short windows."""
LEAST_BURST = 2.0
SECONDS = 60.0
UNNAMED = 60
"""The limit that headers speak of where the inventory names none."""


class Gate:
    """One deployment's limits; `now` is seconds of the twin's clock."""

    def __init__(self, limits: Limits, scale: float, burst_s: float = BURST_S) -> None:
        self._rate = None if limits.rpm is None else limits.rpm * scale / SECONDS
        self._room = max(LEAST_BURST, (self._rate or 0.0) * burst_s)
        self._filled = self._room
        self._at = 0.0
        self._most = limits.concurrency
        self.inside = 0
        self.rpm = UNNAMED if limits.rpm is None else max(1, round(limits.rpm * scale))

    def wait(self, now: float, left: float = 1.0) -> float | None:
        """Let a call in and answer None, or the seconds until there is room; calls let in must `leave`.

        `left` is the share of the limits that holds now.
        """
        if self._most is not None and self.inside >= max(1.0, self._most * left):
            return 1.0
        if self._rate is not None:
            rate, room = self._rate * left, max(LEAST_BURST, self._room * left)
            self._filled = min(room, self._filled + (now - self._at) * rate)
            self._at = now
            if self._filled < 1:
                return (1 - self._filled) / rate
            self._filled -= 1
        self.inside += 1
        return None

    def leave(self) -> None:
        """A call that was let in is over."""
        self.inside -= 1
