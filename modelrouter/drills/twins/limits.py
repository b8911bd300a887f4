"""What a deployment can carry, and its account with all others, enforced: calls a minute as a bucket, and calls at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelrouter.core.inventory import Account, Limits

BURST_S = 2.0
"""The bucket holds so many seconds of its rate: vendors cut a minute's limit into short windows."""
LEAST_BURST = 2.0
SECONDS = 60.0
UNNAMED = 60
"""The limit that headers speak of where the inventory names none."""


class Gate:
    """One deployment's limits, or one account's; `now` is seconds of the twin's clock.

    A call must pass that of its `account` as well.
    """

    def __init__(self, limits: Limits, scale: float, burst_s: float = BURST_S, account: Gate | None = None) -> None:
        self._rate = None if limits.rpm is None else limits.rpm * scale / SECONDS
        self._room = max(LEAST_BURST, (self._rate or 0.0) * burst_s)
        self._filled = self._room
        self._at = 0.0
        self._most = limits.concurrency
        self.inside = 0
        self._account = account
        stated = [max(1, round(limits.rpm * scale))] if limits.rpm is not None else []
        self.stated: list[int] = [*stated, *(account.stated if account is not None else ())]

    @property
    def rpm(self) -> int:
        """The calls a minute that headers speak of: the fewest that are stated."""
        return min(self.stated, default=UNNAMED)

    def wait(self, now: float, left: float = 1.0) -> float | None:
        """Let a call in and answer None, or the seconds until there is room; calls let in must `leave`.

        `left` is the share of the limits that holds now.
        """
        wait = self._lacks(now, left)
        if wait is None and self._account is not None:
            wait = self._account.wait(now)
        if wait is None:
            self._enter()
        return wait

    def _lacks(self, now: float, left: float) -> float | None:
        if self._most is not None and self.inside >= max(1.0, self._most * left):
            return 1.0
        if self._rate is not None:
            rate, room = self._rate * left, max(LEAST_BURST, self._room * left)
            self._filled = min(room, self._filled + (now - self._at) * rate)
            self._at = now
            if self._filled < 1:
                return (1 - self._filled) / rate
        return None

    def _enter(self) -> None:
        if self._rate is not None:
            self._filled -= 1
        self.inside += 1

    def leave(self) -> None:
        """A call that was let in is over."""
        self.inside -= 1
        if self._account is not None:
            self._account.leave()


class Accounts:
    """The gates of accounts, one for each: every twin that stands for a deployment of an account counts at the same.

    `scale` multiplies the declared calls a minute: a rehearsal that sends a tenth of the demand scales by a tenth.
    `burst_s` is for how many seconds of its rate anything takes calls at once; a rehearsal shorter than that sees no limit.
    """

    def __init__(self, scale: float = 1.0, burst_s: float = BURST_S) -> None:
        self.scale = scale
        self.burst_s = burst_s
        self._gates: dict[tuple[str, str], Gate] = {}

    def of(self, account: Account | None) -> Gate | None:
        """The gate of an account; None for none."""
        if account is None:
            return None
        name = account.provider, account.name
        return self._gates.setdefault(name, Gate(account.limits, self.scale, self.burst_s))
