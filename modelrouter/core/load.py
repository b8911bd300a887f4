"""What one deployment carries, what it may carry, and who waits for it.

Declared limits (`limits:` of the inventory) bind every call: calls and tokens a minute as buckets that
fill all the time, calls at a time as a count of which the lower criticalities may not take the last
share. What was learned (`gradient`) binds as well. Who must wait has a place in a queue: the gravest criticality first, then who came first; nobody is let
in before those ahead of him.

Not safe for threads: `runtime.state` holds its lock around it. Times are monotonic seconds.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.gradient import Refusals, Slowness
from modelrouter.core.latency import FIRST_TOKEN, IDLE, WHOLE, Latency

if TYPE_CHECKING:
    from collections.abc import Collection

    from modelrouter.core.inventory import Criticality, Inventory, Limits

RANKS: dict[Criticality, int] = {"critical": 0, "important": 1, "standard": 2, "deferrable": 3}
"""The order in which processes are served where not all can be."""
SHARES = (1.0, 0.95, 0.9, 0.8)
"""By rank: the share of the calls at a time that it may fill while graver processes use the deployment too."""
MINUTE = 60.0
LEAST_BURST = 10.0
BURST_S = 10.0
"""So much of its rate may come at once: vendors cut a minute's limit into short windows."""
SERVICE_S = 1.0
"""How long a call takes, until one has been seen."""
SOONEST_S = 0.01
"""Nobody comes back earlier than this."""


class Want(NamedTuple):
    """What a request takes of whoever serves it."""

    rank: int = 0
    tokens: int = 0


NOTHING = Want()
DROP = 1e-6
"""So little lacks only because fractions are rounded; of a fast bucket, what fills in a microsecond."""
UNLIMITED = float("inf")


class Place(NamedTuple):
    """A place in the queue: ordered by rank, then by arrival."""

    rank: int
    number: int


Call = Callable[[], None]
"""Tells somebody who waits to ask again."""


class Bucket:
    """A rate a minute that fills all the time."""

    __slots__ = ("_at", "_level", "_rate", "_room")

    def __init__(self, per_minute: float) -> None:
        self._rate = per_minute / MINUTE
        self._room = min(per_minute, max(LEAST_BURST, self._rate * BURST_S))
        self._level = self._room
        self._at = float("-inf")

    def wait(self, amount: float, now: float) -> float:
        """Seconds until so much can be taken; 0 where it can be taken now. What is too large needs a full bucket."""
        if now > self._at:
            self._level = min(self._room, self._level + (now - self._at) * self._rate)
            self._at = now
        lacking = min(amount, self._room) - self._level
        return lacking / self._rate if lacking > DROP * max(1.0, self._rate) else 0.0

    def wait_behind(self, ahead: int, amount: float, now: float) -> float:
        """As `wait`, after so many others who want as much."""
        return self.wait(amount, now) + ahead * amount / self._rate

    def take(self, amount: float) -> None:
        """Take it; the level may fall below zero, and then fills from there."""
        self._level -= amount


class Load:
    """One deployment's load, limits, queue and latencies."""

    __slots__ = (
        "_calls",
        "_calls_of",
        "_limits",
        "_most",
        "_number",
        "_queue",
        "_service_s",
        "_tokens",
        "first_token",
        "idle",
        "in_flight",
        "refusals",
        "showed_at",
        "slowness",
        "whole",
    )

    def __init__(self, limits: Limits, ranks: Collection[int]) -> None:
        self._limits: Limits | None = None
        self.limit(limits, ranks)
        self._queue: list[Place] = []
        self._calls_of: dict[Place, Call] = {}
        self._number = 0
        self._service_s = SERVICE_S
        self.in_flight = 0
        self.showed_at = float("-inf")
        """When a call last had something to show."""
        self.first_token = Latency(FIRST_TOKEN)
        self.whole = Latency(WHOLE)
        self.idle = Latency(IDLE)

    def limit(self, limits: Limits, ranks: Collection[int]) -> None:
        """Go over to other limits, or other users; who is under way or waits stays so.

        What it was seen to bear belongs to the limits of that time; how long its calls take does not.
        """
        if limits != self._limits:
            self._calls = Bucket(limits.rpm) if limits.rpm else None
            self._tokens = Bucket(limits.tpm) if limits.tpm else None
            self.refusals = Refusals()
            self.slowness = Slowness()
        self._limits = limits
        self._most = tuple(_most(limits.concurrency, rank, ranks) for rank in range(len(SHARES)))

    def enter(self, want: Want, call: Call) -> Place:
        """Take a place in the queue, to be called when it is the first; it must be left again."""
        self._number += 1
        place = Place(want.rank, self._number)
        insort(self._queue, place)
        self._calls_of[place] = call
        return place

    @property
    def head(self) -> Call | None:
        """Calls whoever is first in the queue."""
        return self._calls_of[self._queue[0]] if self._queue else None

    def quit(self, place: Place) -> None:
        """Leave the queue; leaving twice is once."""
        at = bisect_left(self._queue, place)
        if at < len(self._queue) and self._queue[at] == place:
            del self._queue[at], self._calls_of[place]

    def admit(self, want: Want, now: float, place: Place | None = None) -> float:
        """Let a call in and answer 0, or the seconds until it is likely to be let in; who is let in must `leave`.

        `place` is that of the caller who waited.
        """
        wait = self._wait(want, now, place)
        if wait:
            return max(SOONEST_S, wait)
        if self._calls is not None:
            self._calls.take(1.0)
        if self._tokens is not None:
            self._tokens.take(want.tokens)
        if place is not None:
            self.quit(place)
        self.in_flight += 1
        return 0.0

    def _wait(self, want: Want, now: float, place: Place | None) -> float:
        most = self._most[want.rank]
        for learned in (self.refusals.limit, self.slowness.limit):
            if learned is not None and learned < most:
                most = learned
        if self._calls is None and self._tokens is None and most == UNLIMITED:
            return 0.0
        ahead = bisect_left(self._queue, place or Place(want.rank + 1, 0))
        waits = [0.0]
        if self._calls is not None:
            waits.append(self._calls.wait_behind(ahead, 1.0, now))
        if self._tokens is not None:
            waits.append(self._tokens.wait_behind(ahead, want.tokens, now))
        if self.in_flight + 1 > most or (ahead and most < UNLIMITED):
            waits.append((ahead + 1) * self._service_s / max(1.0, most))
        return max(waits) or (SOONEST_S if ahead else 0.0)

    def leave(self, took: float | None) -> None:
        """A call that was let in is over; `took` where it was answered."""
        self.in_flight -= 1
        if took is not None:
            self._service_s += (took - self._service_s) * 0.1

    def answered(self, took: float, now: float) -> None:
        """A whole answer came."""
        self.showed_at = now
        self.whole.took(took)

    def showed(self, took: float, now: float) -> None:
        """A stream showed its first content."""
        self.showed_at = now
        self.first_token.took(took)
        self.slowness.showed(took, self.in_flight)


def _most(limit: int | None, rank: int, ranks: Collection[int]) -> float:
    """How many calls at a time a rank may fill: all where nobody graver uses the deployment, and always one."""
    if limit is None:
        return UNLIMITED
    share = SHARES[rank] if any(graver < rank for graver in ranks) else 1.0
    return max(1, int(limit * share))


def ranks_of(inventory: Inventory) -> dict[str, frozenset[int]]:
    """The criticalities of the processes that share each deployment, by its id."""
    ranks: dict[str, set[int]] = {name: set() for name in inventory.deployments}
    for process in inventory.processes.values():
        for deployment in process.routes:
            ranks[deployment.id].add(RANKS[process.criticality])
    return {name: frozenset(each) for name, each in ranks.items()}
