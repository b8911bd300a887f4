"""What fails with what, and nothing else: the processes, their routes, and the factors that kill each route.

A factor is anything that fails as one (`provider:anthropic`, `region:aws/eu-central-1`, `contract:msa`). A
route is one way to serve a process; it is killed by any one of its factors. A process is down if and only if
every route of it is killed; so one without routes is always down, and one with a route that nothing kills never.

Sets of factors are bits of integers: the factor `factors[i]` is the bit `1 << i`.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

Masks = tuple[int, ...]
"""The routes of one process, in their order: each the factors that kill it, as bits."""


class Lost(NamedTuple):
    """What the loss of some factors does; processes are in the order of the structure."""

    down: tuple[str, ...]
    """No route is left."""
    degraded: tuple[str, ...]
    """At least one route is lost and at least one is left."""
    weight: float
    """The weights of the processes that are down, summed."""


@dataclass(frozen=True, slots=True)
class Structure:
    """Processes, each with the routes that may serve it, each with the factors that kill it; see `of`."""

    factors: tuple[str, ...]
    """Sorted by name; a factor's place is its bit."""
    bits: Mapping[str, int]
    """Factor → its bit."""
    processes: Mapping[str, Masks]
    """Process → its routes, both in the order in which they were given."""
    weights: Mapping[str, float]
    """Process → how much its loss counts."""

    @classmethod
    def of(
        cls,
        routes: Mapping[str, Sequence[Collection[str]]],
        weights: Mapping[str, float] | None = None,
        others: Iterable[str] = (),
    ) -> Structure:
        """Build it from the factors of each route of each process; a weight that is not given is 1.

        `others` are factors that exist though no route depends on them: known, and their loss harmless.

        Equal routes share one value, so that many processes on few deployments take little memory.
        Raises UnknownNameError for the weight of a process that has no entry among the routes.
        """
        given = weights or {}
        for name in given:
            if name not in routes:
                raise UnknownNameError("process", name, get_close_matches(name, routes, 2))
        sets = {frozenset(route) for ways in routes.values() for route in ways}
        factors = tuple(sorted(frozenset(others).union(*sets)))
        bits = {name: 1 << place for place, name in enumerate(factors)}
        masks = {each: sum(bits[name] for name in each) for each in sets}
        shared: dict[Masks, Masks] = {}
        processes = {}
        for name, ways in routes.items():
            made = tuple(masks[frozenset(route)] for route in ways)
            processes[name] = shared.setdefault(made, made)
        return cls(factors, bits, processes, {name: float(given.get(name, 1)) for name in routes})

    def mask(self, factors: Iterable[str]) -> int:
        """The bits of these factors. Raises UnknownNameError, with near misses, for an unknown one."""
        found = 0
        for name in factors:
            bit = self.bits.get(name)
            if bit is None:
                raise UnknownNameError("factor", name, get_close_matches(name, self.factors, 2))
            found |= bit
        return found

    def names(self, mask: int) -> tuple[str, ...]:
        """The factors of some bits, sorted by name."""
        found = []
        while mask:
            lowest = mask & -mask
            found.append(self.factors[lowest.bit_length() - 1])
            mask ^= lowest
        return tuple(found)

    def routes(self, process: str) -> Masks:
        """The routes of a process. Raises UnknownNameError with near misses."""
        found = self.processes.get(process)
        if found is None:
            raise UnknownNameError("process", process, get_close_matches(process, self.processes, 2))
        return found

    def lost(self, factors: Collection[str]) -> Lost:
        """What is down and what is degraded while all of these factors fail together.

        One pass over the routes: 10,000 processes take milliseconds. Raises UnknownNameError for an unknown one.
        """
        failed = self.mask(factors)
        down = []
        degraded = []
        for name, ways in self.processes.items():
            alive = [way & failed == 0 for way in ways]
            if not any(alive):
                down.append(name)
            elif not all(alive):
                degraded.append(name)
        return Lost(tuple(down), tuple(degraded), sum(self.weights[name] for name in down))
