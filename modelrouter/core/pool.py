"""What the deployments of one account carry together.

A call is let in where both its deployment (`load`) and its account allow it. Who waits stands in the queue of his
deployment; those queues together are the account's: the gravest criticality first, then who came first, whichever
deployment he waits for. Two rules keep a deployment that is full from holding up the others:

- before somebody whose own deployment has room, nobody behind him is let in;
- for the first who waits for a deployment that has none, those behind him leave enough of the account's calls and tokens.

Not safe for threads: `runtime.state` holds its lock around it. Times are monotonic seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.core.load import SERVICE_S, SOONEST_S, UNLIMITED, Bucket, Place, shares

if TYPE_CHECKING:
    from collections.abc import Collection

    from modelrouter.core.inventory import Limits
    from modelrouter.core.load import Call, Load, Want

__all__ = ["Pool"]


class Pool:
    """One account's limits, and how much of them its deployments use."""

    __slots__ = ("_calls", "_limits", "_most", "_service_s", "_tokens", "in_flight", "queued")

    def __init__(self, limits: Limits, ranks: Collection[int]) -> None:
        self._limits: Limits | None = None
        self._most: tuple[float, ...] = ()
        self.limit(limits, ranks)
        self._service_s = SERVICE_S
        self.in_flight = 0
        self.queued: dict[Load, None] = {}
        """The deployments that somebody waits for."""

    def limit(self, limits: Limits, ranks: Collection[int]) -> bool:
        """Go over to other limits, or other users, and answer whether they differ; who is under way stays so."""
        before = self._limits, self._most
        if limits != self._limits:
            self._calls = Bucket(limits.rpm) if limits.rpm else None
            self._tokens = Bucket(limits.tpm) if limits.tpm else None
        self._limits = limits
        self._most = shares(limits, ranks)
        return before != (limits, self._most)

    def adopt(self, load: Load) -> None:
        """A deployment of the account: what is under way there counts from now on."""
        load.pool = self
        self.in_flight += load.in_flight
        if load.front is not None:
            self.queued[load] = None

    def wait(self, want: Want, now: float, place: Place | None) -> float:
        """0 where the account lets a call in now, else the seconds until it is likely to."""
        most = self._most[want.rank]
        if self._calls is None and self._tokens is None and most == UNLIMITED:
            return 0.0
        ahead, calls, tokens = self._before(place or Place(want.rank + 1, 0), now) if self.queued else (0, 0, 0)
        wait = SOONEST_S if ahead else 0.0
        if self._calls is not None:
            wait = max(wait, self._calls.wait_leaving(calls, ahead, 1.0, now))
        if self._tokens is not None:
            wait = max(wait, self._tokens.wait_leaving(tokens, ahead, want.tokens, now))
        if self.in_flight + 1 > most or (ahead and most < UNLIMITED):
            wait = max(wait, (ahead + 1) * self._service_s / max(1.0, most))
        return wait

    def _before(self, place: Place, now: float) -> tuple[int, int, int]:
        """Ahead of a place: how many could go now, and the calls and tokens to be left for those who cannot yet."""
        ahead = calls = tokens = 0
        for load in self.queued:
            ready, first = load.ready(place, now)
            ahead += ready
            if first is not None and not ready:
                calls += 1
                tokens += first.tokens
        return ahead, calls, tokens

    def take(self, want: Want) -> None:
        """A call is let in."""
        if self._calls is not None:
            self._calls.take(1.0)
        if self._tokens is not None:
            self._tokens.take(want.tokens)
        self.in_flight += 1

    def leave(self, took: float | None) -> None:
        """A call that was let in is over; `took` where it was answered."""
        self.in_flight -= 1
        if took is not None:
            self._service_s += (took - self._service_s) * 0.1

    def first(self, load: Load, now: float) -> Call | None:
        """Calls whoever is to ask next, where room came to be at one of its deployments.

        Where nobody's deployment has room, the first of all: he learns anew how long it is likely to take.
        """
        if not self.queued or self._unlimited:
            return load.head
        last = Place(len(self._most), 0)
        able = [each for each in self.queued if each.ready(last, now)[0]]
        return min(able or self.queued, key=lambda each: each.front or last).head

    @property
    def _unlimited(self) -> bool:
        return self._calls is None and self._tokens is None and self._most[0] == UNLIMITED
