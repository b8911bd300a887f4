"""What takes down a process: single points of failure, pairs, and minimal cut sets of every order.

A cut set is a set of factors whose failure together kills every route of a process; it is minimal if no part of
it does; its order is the number of its factors. The minimal ones of order 1 are the single points of failure. All
answers are exact, and the same for the same structure: sorted, whatever order it was given in.

Factors that kill the same routes of a process are interchangeable for it; that is what keeps this fast (see
`covers`). For many routes, where covers are too many to be listed, counts come from a fault tree of the classes (see
`solution`).
"""

from __future__ import annotations

from functools import reduce
from itertools import product
from math import prod
from operator import or_
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.continuity.covers import Covers, classes, covers, decisive
from modelrouter.continuity.diagrams import TooLargeError
from modelrouter.continuity.faulttree import FaultTree, Gate
from modelrouter.continuity.solution import solve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.continuity.structure import Masks, Structure

Sizes = tuple[int, tuple[tuple[int, int], ...]]
"""How many routes there are, and of each class what it kills and how many factors it has."""
FEW = 6
"""Up to so many routes covers are listed: 6,424 of them at most, but 129,425 for seven."""
NODES = 100_000
"""Of each diagram, where counts are made with diagrams: seconds."""


class Single(NamedTuple):
    """A single point of failure."""

    factor: str
    processes: tuple[str, ...]
    """Those that it takes down alone, in the order of the structure."""
    weight: float
    """Their weights, summed."""


class Pair(NamedTuple):
    """Two factors that together do more than each of them."""

    factors: tuple[str, ...]
    processes: tuple[str, ...]
    """Those that both together take down and neither does alone, in the order of the structure."""
    weight: float


class Family(NamedTuple):
    """Minimal cut sets of one process that are alike: any one factor out of each group."""

    groups: tuple[tuple[str, ...], ...]
    """Factors that kill the same routes; sorted."""

    @property
    def order(self) -> int:
        """How many factors each of its cut sets has."""
        return len(self.groups)

    @property
    def number(self) -> int:
        """How many cut sets it stands for."""
        return prod(len(group) for group in self.groups)


def single_points(structure: Structure) -> tuple[Single, ...]:
    """Every factor that takes down a process alone: heaviest first, then by name.

    A process that has no routes is down anyway and counts nowhere. O(routes of all processes).
    """
    hit: dict[int, list[int]] = {}
    for routes, places in _alike(structure).items():
        if not routes:
            continue
        common = routes[0]
        for route in routes:
            common &= route
        for bit in _bits(common):
            hit.setdefault(bit, []).extend(places)
    found = [Single(structure.names(bit)[0], who, weight) for bit, who, weight in _gathered(structure, hit)]
    return tuple(sorted(found, key=_heaviest))


def pairs(structure: Structure) -> tuple[Pair, ...]:
    """Every two factors that take down a process which neither takes down alone: heaviest first, then by name.

    These are the minimal cut sets of order 2 of all processes, gathered by pair. O(what is found).
    """
    hit: dict[int, list[int]] = {}
    for routes, places in _alike(structure).items():
        for pair in _doubles(routes):
            hit.setdefault(pair, []).extend(places)
    found = [Pair(structure.names(both), who, weight) for both, who, weight in _gathered(structure, hit)]
    return tuple(sorted(found, key=_heaviest))


def minimal(structure: Structure, process: str, order: int = 3) -> tuple[tuple[str, ...], ...]:
    """The minimal cut sets of a process of at most this order, smallest first, then by name.

    A process without routes has one, the empty set; one with a route that nothing kills has none.
    Raises UnknownNameError. O(what is found) for few routes, exponential in `order` for many.
    """
    found = (sorted(each) for family in families(structure, process, order) for each in product(*family.groups))
    return tuple(sorted(map(tuple, found), key=lambda each: (len(each), each)))


def families(structure: Structure, process: str, order: int | None = None) -> Iterator[Family]:
    """All minimal cut sets of a process as products of groups, each cut set in exactly one; of any order if None.

    In a fixed order, made one by one: with more than six routes there may be very many. Raises UnknownNameError.
    """
    routes = decisive(structure.routes(process))
    kinds = classes(routes)
    for cover in covers((1 << len(routes)) - 1, tuple(kinds), order):
        yield Family(tuple(sorted(structure.names(kinds[kind]) for kind in cover)))


def counts(structure: Structure) -> Mapping[str, tuple[int, ...] | None]:
    """How many minimal cut sets of each order every process has, exactly; place `n` of a tuple is order `n`.

    `(1,)` is a process without routes: the empty set takes it down. `()` is one that nothing takes down.
    None is one with so many routes (twenty and more that have little in common) that counting would take minutes.
    """
    solved = Covers()
    known: dict[Sizes, tuple[int, ...] | None] = {}
    found: dict[int, tuple[int, ...] | None] = {}
    for routes, places in _alike(structure).items():
        decide = decisive(routes)
        sizes = (len(decide), tuple((kind, each.bit_count()) for kind, each in classes(decide).items()))
        if sizes not in known:
            known[sizes] = _listed(sizes, solved) if len(decide) <= FEW else _summed(sizes)
        found.update(dict.fromkeys(places, known[sizes]))
    return {name: found[place] for place, name in enumerate(structure.processes)}


def depths(structure: Structure) -> Mapping[str, int | None]:
    """How many factors must fail at least to take each process down: the order of its smallest cut sets.

    0 for a process without routes; None where nothing takes it down. Known for every process, however many routes
    it has; exponential in the depth alone.
    """
    known: dict[tuple[int, tuple[int, ...]], int | None] = {}
    found: dict[int, int | None] = {}
    for routes, places in _alike(structure).items():
        decide = decisive(routes)
        kinds = (len(decide), tuple(classes(decide)))
        if kinds not in known:
            known[kinds] = _depth(*kinds)
        found.update(dict.fromkeys(places, known[kinds]))
    return {name: found[place] for place, name in enumerate(structure.processes)}


def _depth(routes: int, kinds: tuple[int, ...]) -> int | None:
    goal = (1 << routes) - 1
    if reduce(or_, kinds, 0) != goal:
        return None
    return next(order for order in range(routes + 1) if next(covers(goal, kinds, order), None) is not None)


def _listed(sizes: Sizes, solved: Covers) -> tuple[int, ...]:
    """Count by going through the covers."""
    routes, kinds = sizes
    size = dict(kinds)
    by_order = [0] * (routes + 1)
    for cover in solved.of((1 << routes) - 1, tuple(size)):
        number = 1
        for kind in cover:
            number *= size[kind]
        by_order[len(cover)] += number
    while by_order and not by_order[-1]:
        by_order.pop()
    return tuple(by_order)


def _summed(sizes: Sizes) -> tuple[int, ...] | None:
    """Count by diagrams, for covers that are too many to go through."""
    routes, kinds = sizes
    gates = {
        f"route {place}": Gate("or", tuple(str(kind) for kind, _ in kinds if kind >> place & 1))
        for place in range(routes)
    }
    tree = FaultTree.of("down", {**gates, "down": Gate("and", tuple(gates))})
    try:
        return solve(tree, NODES).counts({str(kind): size for kind, size in kinds})
    except TooLargeError:
        return None


def _doubles(routes: Masks) -> Iterator[int]:
    """The minimal cut sets of order 2 of these routes, as two bits each."""
    decide = decisive(routes)
    goal = (1 << len(decide)) - 1
    kinds = [(kind, factors) for kind, factors in classes(decide).items() if kind != goal]
    for place, (kind, factors) in enumerate(kinds):
        for other, partners in kinds[place + 1 :]:
            if kind | other == goal:
                ends = _bits(partners)
                for bit in _bits(factors):
                    for end in ends:
                        yield bit | end


def _alike(structure: Structure) -> dict[Masks, list[int]]:
    """The places of processes by their routes: what is true of one is true of all that have the same."""
    found: dict[Masks, list[int]] = {}
    for place, routes in enumerate(structure.processes.values()):
        found.setdefault(routes, []).append(place)
    return found


def _gathered(structure: Structure, hit: dict[int, list[int]]) -> Iterator[tuple[int, tuple[str, ...], float]]:
    """Whom each set of factors takes down, by name in the order of the structure, and what they weigh."""
    names = list(structure.processes)
    weights = [structure.weights[name] for name in names]
    for factors, places in hit.items():
        places.sort()
        yield factors, tuple(names[place] for place in places), sum(weights[place] for place in places)


def _heaviest(found: Single | Pair) -> tuple[float, str | tuple[str, ...]]:
    return -found.weight, found[0]


def _bits(mask: int) -> list[int]:
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest)
        mask ^= lowest
    return found
