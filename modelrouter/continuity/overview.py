"""An inventory's weak spots before anything happens: what takes a process down alone, what only together, how deep.

Factors that kill the same deployments and the same processes are alike: whatever is said of one holds for each. They are
told together, because `key:aws/prod`, `account:aws/prod` and `contract:aws-enterprise` are three names of one weak spot.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.continuity import cutsets
from modelrouter.continuity.cutsets import counts, families, single_points
from modelrouter.continuity.factors import KINDS, WEIGHTS, Factor

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from modelrouter.continuity.cutsets import Family
    from modelrouter.continuity.factors import Graph
    from modelrouter.continuity.structure import Structure
    from modelrouter.core.inventory import Criticality

__all__ = ["Couple", "Overview", "Point", "by_criticality", "couples", "depths", "minimal", "overview", "points"]

SOUGHT = 3
"""The largest order of minimal cut sets that are listed, or looked for where they are too many to count."""


class Point(NamedTuple):
    """A single point of failure, under all its names."""

    factors: tuple[str, ...]
    """They take down the same processes; the widest kind first."""
    processes: tuple[str, ...]
    weight: float
    """The weights of these processes, summed."""


class Couple(NamedTuple):
    """Two things that together take down processes which neither takes down alone."""

    first: tuple[str, ...]
    """Any one of these: they are alike."""
    second: tuple[str, ...]
    processes: tuple[str, ...]
    weight: float

    @property
    def number(self) -> int:
        """How many pairs of factors it stands for."""
        return len(self.first) * len(self.second)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What an inventory rests on."""

    points: tuple[Point, ...]
    """Heaviest first."""
    couples: tuple[Couple, ...]
    """Heaviest first."""
    counts: Mapping[str, tuple[int, ...] | None]
    """By process: how many minimal cut sets of each order it has, exactly; place `n` is order `n`. None: too many routes."""
    depths: Mapping[str, int | None]
    """By process; see `depths`."""


def overview(graph: Graph, *, pairs: bool = True) -> Overview:
    """Find every weak spot; `pairs` may be left out, which take longest: seconds for ten thousand processes."""
    counted = counts(graph.structure)
    return Overview(
        points=points(graph),
        couples=couples(graph) if pairs else (),
        counts=counted,
        depths=depths(graph.structure, counted),
    )


def depths(structure: Structure, counted: Mapping[str, tuple[int, ...] | None]) -> dict[str, int | None]:
    """By process, how many things must fail at least to take it down; `counted` is what `counts` says.

    0: nobody may serve it even now; None: nothing known takes it down. Where sets were too many to be counted, no more
    than `SOUGHT` is looked for: one more means so many, or more still.
    """
    return {
        name: _sought(structure, name)
        if numbers is None
        else next((order for order, number in enumerate(numbers) if number), None)
        for name, numbers in counted.items()
    }


def _sought(structure: Structure, process: str) -> int:
    orders = range(1, SOUGHT + 1)
    return next((order for order in orders if any(families(structure, process, order))), SOUGHT + 1)


def minimal(graph: Graph, process: str) -> tuple[Family, ...]:
    """The minimal cut sets of a process of up to `SOUGHT` factors, gathered where factors are alike; smallest first.

    Raises UnknownNameError.
    """
    found = families(graph.structure, process, SOUGHT)
    return tuple(sorted(found, key=lambda each: (each.order, [widths(group[0]) for group in each.groups])))


def by_criticality(graph: Graph, names: Collection[str]) -> dict[Criticality, tuple[int, int]]:
    """Of each criticality, the most critical first: how many of these processes it has, and how many in all."""
    whole = Counter(each.process.criticality for each in graph.processes.values())
    among = Counter(graph.processes[name].process.criticality for name in names)
    return {level: (among[level], whole[level]) for level in WEIGHTS if whole[level]}


def points(graph: Graph) -> tuple[Point, ...]:
    """The single points of failure, gathered by what they take down; heaviest first."""
    together: dict[tuple[str, ...], list[str]] = {}
    weights: dict[tuple[str, ...], float] = {}
    for single in single_points(graph.structure):
        together.setdefault(single.processes, []).append(single.factor)
        weights[single.processes] = single.weight
    return tuple(Point(_widest(names), processes, weights[processes]) for processes, names in together.items())


def couples(graph: Graph) -> tuple[Couple, ...]:
    """The pairs that are worse than their members, gathered by what is alike; heaviest first."""
    alike = _alike(graph)
    breadth = {names: widths(names[0]) for names in alike.values()}
    found: dict[tuple[tuple[str, ...], tuple[str, ...]], Couple] = {}
    for pair in cutsets.pairs(graph.structure):
        first, second = alike[pair.factors[0]], alike[pair.factors[1]]
        if breadth[second] < breadth[first]:
            first, second = second, first
        found.setdefault((first, second), Couple(first, second, pair.processes, pair.weight))
    return tuple(found.values())


def _alike(graph: Graph) -> dict[str, tuple[str, ...]]:
    """Factor → all that kill the same permitted deployments and the same processes, itself among them."""
    used = {name for each in graph.processes.values() for name in each.permitted}
    kills: dict[str, set[str]] = {}
    for deployment in used:
        for factor in graph.paths[deployment]:
            kills.setdefault(factor, set()).add(f"deployment {deployment}")
    for name, each in graph.processes.items():
        for factor in each.own:
            kills.setdefault(factor, set()).add(f"process {name}")
    together: dict[frozenset[str], list[str]] = {}
    for factor, killed in kills.items():
        together.setdefault(frozenset(killed), []).append(factor)
    return {name: group for names in together.values() for group in [_widest(names)] for name in names}


def _widest(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=widths))


SPOKEN = ("jurisdiction", "upstream", "provider", "company", "family")
"""What people speak of first; then the other kinds, from the widest."""


def widths(name: str) -> tuple[int, str]:
    """To sort the names of factors by: what people speak of first."""
    kind = Factor.named(name).kind
    place = SPOKEN.index(kind) if kind in SPOKEN else len(SPOKEN) + len(KINDS) - KINDS.index(kind)
    return place, name
