"""Where demand lands: poured along the routes until it is served, or everything it may use is full.

As the router admits: the gravest criticality first; within one, everybody at the same pace, as if demand grew from
nothing to its whole: each request goes to the first deployment of its route that has room, and to the next one when
any limit of that, or of its account, is reached. So nothing of a criticality is turned away while a lower one is
served by what it could have used.

Where the router differs: a request that finds its first choice full goes on at once, even where what fills it is less
grave, and is served further along its route; it comes before the less grave only where everything it may use is full.
So it may be served by another deployment than is said here, and leave the less grave more of the first.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.load import SHARES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from modelrouter.continuity.capacity.pools import Pool, Pools, Want

__all__ = ["Asker", "Poured", "pour"]

ALMOST = 1e-9
"""Of a limit: so little room is none."""


class Asker(NamedTuple):
    """A process, and who may serve it now, in order."""

    want: Want
    options: tuple[str, ...]


class Poured(NamedTuple):
    """Where demand landed."""

    flows: Mapping[str, Mapping[str, float]]
    """Process → deployment → requests a minute."""
    used: tuple[float, ...]
    """Of each pool, in its own unit."""
    full: Mapping[str, tuple[int, ...]]
    """Process → the pools that kept something of it out, in the order of its route; empty where all is served."""


class _Stream:
    """Askers alike: the same deployments in the same order, requests of the same size."""

    __slots__ = ("asked", "at", "flows", "met", "options", "since", "want")

    def __init__(self, asker: Asker) -> None:
        self.want = asker.want
        self.options = asker.options
        self.asked = 0.0
        self.at = 0
        self.flows: dict[str, float] = {}
        """Deployment → the share of the demand that it serves."""
        self.met: dict[int, None] = {}
        self.since = 0.0
        """How far demand had risen when it came to where it is."""

    @property
    def here(self) -> str:
        """The deployment that serves it at present."""
        return self.options[self.at]

    def drank(self, risen: float) -> None:
        """Note what was served here; a route names a deployment once."""
        if risen > self.since:
            self.flows[self.here] = risen - self.since


def pour(askers: Sequence[Asker], pools: Pools, limits: Sequence[float], call_s: float | None) -> Poured:
    """Pour all demand. `limits` are the sizes of the pools now; askers come with the gravest first."""
    used = [0.0] * len(pools.all)
    flows: dict[str, Mapping[str, float]] = {}
    full: dict[str, tuple[int, ...]] = {}
    for rank, alike in groupby(askers, key=lambda each: each.want.rank):
        streams: dict[tuple[tuple[str, ...], int], _Stream] = {}
        members = []
        for asker in alike:
            stream = streams.setdefault((asker.options, asker.want.tokens), _Stream(asker))
            stream.asked += asker.want.rpm
            members.append((asker.want, stream))
        room = [_room(pools.all[index], limits[index], rank) - taken for index, taken in enumerate(used)]
        before = list(room)
        _Level(pools, limits, room, call_s).rise(tuple(streams.values()))
        used = [taken + had - has for taken, had, has in zip(used, before, room, strict=True)]
        for want, stream in members:
            flows[want.process.id] = {name: share * want.rpm for name, share in stream.flows.items()}
            full[want.process.id] = tuple(stream.met) if stream.at >= len(stream.options) else ()
    return Poured(flows, tuple(used), full)


def _room(pool: Pool, limit: float, rank: int) -> float:
    """What a criticality may fill of a pool, as `core.load` says: of calls at a time not the last share."""
    if pool.word != "concurrency" or not any(graver < rank for graver in pool.ranks):
        return limit
    return max(1.0, float(int(limit * SHARES[rank])))


class _Level:
    """The demand of one criticality, rising from nothing to its whole."""

    def __init__(self, pools: Pools, limits: Sequence[float], room: list[float], call_s: float | None) -> None:
        self._pools = pools
        self._room = room
        self._call_s = call_s
        self._least = [ALMOST * max(1.0, limit) for limit in limits]
        self._shut = {index for index, has in enumerate(room) if has <= self._least[index]}
        self._rates: dict[int, float] = {}
        """Pool → how much of it the whole demand of its present drinkers takes."""
        self._drinkers: dict[int, dict[_Stream, float]] = {}
        """Pool → who draws on it now, and how much with all of its demand; in order of coming."""
        self._risen = 0.0
        """The share of the demand that has been asked for."""

    def rise(self, streams: Iterable[_Stream]) -> None:
        """Fill until everything is served or nothing that asks has room."""
        active = {stream: None for stream in streams if self._led(stream)}
        while active and self._risen < 1.0 - ALMOST:
            step = min([1.0 - self._risen, *(self._room[index] / rate for index, rate in self._rates.items())])
            self._risen += step
            for index, rate in self._rates.items():
                self._room[index] -= rate * step
            full = [index for index in self._rates if self._room[index] <= self._least[index]]
            self._shut.update(full)
            moved = {stream: None for index in full for stream in self._drinkers[index]}
            for stream in moved if self._risen < 1.0 - ALMOST else ():
                self._leave(stream)
                if not self._led(stream):
                    del active[stream]
        for stream in active:
            stream.drank(self._risen)

    def _leave(self, stream: _Stream) -> None:
        stream.drank(self._risen)
        for index in self._pools.of[stream.here]:
            drinkers = self._drinkers.get(index, {})
            if stream not in drinkers:
                continue
            self._rates[index] -= drinkers.pop(stream)
            if not drinkers:  # what rounding left of a rate would be served for ever
                del self._rates[index], self._drinkers[index]

    def _led(self, stream: _Stream) -> bool:
        """Lead a stream to the first deployment of its route that has room, from where it is."""
        stream.since = self._risen
        while stream.at < len(stream.options):
            indexes = self._pools.of[stream.here]
            shut = [index for index in indexes if index in self._shut]
            if not shut:
                self._drink(stream, indexes)
                return True
            stream.met.update(dict.fromkeys(shut))
            stream.at += 1
        return False

    def _drink(self, stream: _Stream, indexes: Iterable[int]) -> None:
        for index in indexes:
            amount = stream.asked * stream.want.takes(self._pools.all[index], self._call_s)
            if amount > 0.0:
                self._rates[index] = self._rates.get(index, 0.0) + amount
                self._drinkers.setdefault(index, {})[stream] = amount
