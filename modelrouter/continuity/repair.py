"""What to add so that nothing takes down a process alone: the smallest set of additions to routes.

An addition puts one candidate deployment into the route of one process. A process loses a single point of failure by an
addition that the point does not kill; so the additions to one process must together miss each of its points at least once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.continuity.setcover import Help, Remedy, best, purchase, remedy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modelrouter.continuity.structure import Structure

STEPS = 20_000
"""Of the search for one process, and of that for new deployments, before a greedy choice is made instead."""


class Candidate(NamedTuple):
    """A deployment that may serve a process, and does not yet."""

    deployment: str
    factors: frozenset[str]
    """All that would kill it as a route of this process: what the process itself stands on belongs to them."""
    cost: float = 0.0
    """Of adding it to one process, in any unit; not negative."""
    new: bool = False
    """It is not in the inventory: somebody would have to get it first."""


class Addition(NamedTuple):
    """One candidate for one route."""

    process: str
    deployment: str
    removes: tuple[str, ...]
    """The single points of failure that it removes, sorted; other additions may remove them as well."""


class Remaining(NamedTuple):
    """A process that no candidate frees of all its single points of failure."""

    process: str
    factors: tuple[str, ...]
    """Those that stay whatever is added, sorted; empty for a process without any route and without candidates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What to add; see `repair`."""

    additions: tuple[Addition, ...]
    """In the order of the structure, then by name."""
    new: tuple[str, ...]
    """The deployments to get first, sorted."""
    cost: float
    remaining: tuple[Remaining, ...]
    exact: bool
    """There is nothing better in any respect; else some choice was greedy."""
    least: int
    """No repair has fewer additions: as many as this one has where `exact`."""
    least_new: int
    """No repair with as few additions for each process needs fewer new deployments."""


def repair(
    structure: Structure, candidates: Mapping[str, Sequence[Candidate]], least: float = 0.0, steps: int = STEPS
) -> Repair:
    """The best additions that remove every single point of failure which some candidate can remove.

    For all processes that weigh at least `least`. What is minimised, in this order: the number of additions, the
    number of different new deployments, the cost of all additions, and then their names, of new deployments
    first. A process without routes is given as many as it needs to have no single point of failure either.
    Removes what can be removed also where something remains. Raises UnknownNameError for candidates of an
    unknown process, and ValueError for a negative cost.

    Exact by branch and bound, within `steps` for each process and again for the new deployments. Processes with
    the same points that share one sequence of candidates are solved once.
    """
    for name, offered in candidates.items():
        structure.routes(name)
        if wrong := next((each for each in offered if each.cost < 0), None):
            raise ValueError(f"the cost of {wrong.deployment!r} for {name!r} is {wrong.cost}: it cannot be negative")
    bits = _Bits(structure)
    known: dict[tuple[int, int], _Case] = {}
    cases: dict[str, _Case] = {}
    for name, routes in structure.processes.items():
        if structure.weights[name] < least:
            continue
        points = reduce(and_, routes, -1)
        if points:
            offered = candidates.get(name, ())
            key = (points, id(offered))
            if key not in known:
                known[key] = _case(bits, points, offered, steps)
            cases[name] = known[key]
    return _chosen(bits, cases, steps)


class _Bits:
    """Factors as bits: those of the structure, and those that only candidates have."""

    def __init__(self, structure: Structure) -> None:
        self.names = list(structure.factors)
        self._bits = dict(structure.bits)
        self._masks: dict[frozenset[str], int] = {}

    def of(self, factors: frozenset[str]) -> int:
        mask = self._masks.get(factors)
        if mask is None:
            for name in factors:
                if name not in self._bits:
                    self._bits[name] = 1 << len(self.names)
                    self.names.append(name)
            mask = self._masks[factors] = sum(self._bits[name] for name in factors)
        return mask

    def spelled(self, mask: int) -> tuple[str, ...]:
        return tuple(sorted(name for place, name in enumerate(self.names) if mask >> place & 1))


class _Case(NamedTuple):
    """What can be done for processes that have the same points and the same candidates."""

    remedy: Remedy
    gains: Mapping[str, int]
    remaining: int
    hopeless: bool
    """No route, and no candidate."""


def _case(bits: _Bits, points: int, offered: Sequence[Candidate], steps: int) -> _Case:
    masks = [bits.of(each.factors) for each in offered]
    routeless = points < 0
    served = 0
    if routeless:  # every factor would be a point of its first route, and to have none is one more
        points = reduce(or_, masks, 0)
        served = 1 << (points.bit_length() + 1)
    remaining = reduce(and_, masks, points)
    target = (points & ~remaining) | (served if masks else 0)
    gains = [(points & ~mask) | served for mask in masks]
    helps = [
        Help(gain, each.new, each.cost, each.deployment) for gain, each in zip(gains, offered, strict=True) if gain
    ]
    found = {help_.name: help_.gain & ~served for help_ in helps}
    return _Case(remedy(target, helps, steps), found, remaining, routeless and not masks)


def _chosen(bits: _Bits, cases: Mapping[str, _Case], steps: int) -> Repair:
    bought = purchase(Counter(case.remedy for case in cases.values()), steps)
    taken = {name: best(case.remedy, bought.names) for name, case in cases.items()}
    additions = tuple(
        Addition(name, deployment, bits.spelled(cases[name].gains[deployment]))
        for name, option in taken.items()
        for deployment in option.names
    )
    return Repair(
        additions=additions,
        new=tuple(sorted({name for option in taken.values() for name in option.new})),
        cost=sum(option.cost for option in taken.values()),
        remaining=_remaining(bits, cases),
        exact=bought.exact and all(case.remedy.exact for case in cases.values()),
        least=sum(case.remedy.least for case in cases.values()),
        least_new=bought.least,
    )


def _remaining(bits: _Bits, cases: Mapping[str, _Case]) -> tuple[Remaining, ...]:
    return tuple(
        Remaining(name, bits.spelled(case.remaining)) for name, case in cases.items() if case.remaining or case.hopeless
    )
