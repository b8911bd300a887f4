"""Decision diagrams of monotone functions, and of families of minimal sets.

A `Bdd` holds functions of variables 0, 1, 2, … as shared nodes, one node for each function (R. E. Bryant, "Graph-based
algorithms for Boolean function manipulation", 1986). A `Zbdd` holds families of sets of these variables the same
way (S. Minato, 1993). `minimal` leads from one to the other: A. Rauzy, "New algorithms for fault tree analysis",
1993, for the minimal solutions of a monotone function.

A node is a number; 0 and 1 are the constants; the children of a node have smaller numbers, and larger variables.
Nothing recurses, so that a thousand variables need no deeper stack than ten.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

NONE = 0
ALL = 1
LAST = 1 << 60
"""The variable of the constants: after every other."""
STEPS = 8
"""So many steps may be taken for each node that is allowed: a bound on time, as that one is on memory."""


class TooLargeError(Exception):
    """More nodes, or more steps between them, would be needed than were allowed."""


class _Nodes:
    """Nodes, each a variable with the node without it (low) and the one with it (high), each once."""

    __slots__ = ("_known", "_most", "high", "low", "variable")

    def __init__(self, most: int) -> None:
        self.variable = [LAST, LAST]
        self.low = [NONE, ALL]
        self.high = [NONE, ALL]
        self._known: dict[tuple[int, int, int], int] = {}
        self._most = most

    def node(self, variable: int, low: int, high: int) -> int:
        """The node of these three. Raises TooLargeError."""
        key = (variable, low, high)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = len(self.variable)
            if found > self._most:
                raise TooLargeError(f"more than {self._most:,} nodes would be needed")
            self.variable.append(variable)
            self.low.append(low)
            self.high.append(high)
        return found

    def below(self, root: int) -> list[int]:
        """The nodes that make up this one, constants aside, children first."""
        seen = {NONE, ALL}
        todo = [root]
        while todo:
            node = todo.pop()
            if node not in seen:
                seen.add(node)
                todo += (self.low[node], self.high[node])
        return sorted(seen - {NONE, ALL})


class Bdd(_Nodes):
    """Monotone functions: built from variables by `both`, `either` and `at_least`; at most `most` nodes."""

    __slots__ = ("_combined",)

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self._combined: tuple[dict[tuple[int, int], int], ...] = ({}, {})

    def single(self, variable: int) -> int:
        """The function that is this variable."""
        return self.node(variable, NONE, ALL)

    def combined(self, absorbing: int, functions: Iterable[int]) -> int:
        """All of these functions (`absorbing` is NONE: their conjunction), or any of them (ALL: disjunction).

        Those with the last variables first: the growing result is then walked least.
        """
        result = ALL - absorbing
        for each in sorted(set(functions), key=lambda node: (-self.variable[node], node)):
            result = self._pair(absorbing, result, each)
        return result

    def at_least(self, least: int, functions: Sequence[int]) -> int:
        """At least so many of these functions; one that is given twice counts twice. O(least x functions) steps."""
        if least in (1, len(functions)):
            return self.combined(ALL if least == 1 else NONE, functions)
        rows = [ALL] + [NONE] * least
        for each in sorted(functions, key=lambda node: (-self.variable[node], node)):
            for number in range(least, 0, -1):
                more = self._pair(NONE, each, rows[number - 1])
                rows[number] = self._pair(ALL, more, rows[number])
        return rows[least]

    def _pair(self, absorbing: int, first: int, second: int) -> int:
        neutral = ALL - absorbing
        known = self._combined[absorbing]
        variable, low, high = self.variable, self.low, self.high

        def settled(one: int, other: int) -> int | None:
            if other in (one, neutral):
                return one
            if one == neutral:
                return other
            if absorbing in (one, other):
                return absorbing
            return known.get((one, other) if one < other else (other, one))

        at_once = settled(first, second)
        if at_once is not None:
            return at_once
        result = NONE
        todo = [(first, second) if first < second else (second, first)]
        while todo:
            one, other = key = todo[-1]
            left, right = variable[one], variable[other]
            top = min(left, right)
            low_one, high_one = (low[one], high[one]) if left == top else (one, one)
            low_other, high_other = (low[other], high[other]) if right == top else (other, other)
            lower = settled(low_one, low_other)
            if lower is None:
                todo.append((low_one, low_other) if low_one < low_other else (low_other, low_one))
                continue
            higher = settled(high_one, high_other)
            if higher is None:
                todo.append((high_one, high_other) if high_one < high_other else (high_other, high_one))
                continue
            known[key] = result = lower if lower == higher else self.node(top, lower, higher)
            todo.pop()
        return result


class Zbdd(_Nodes):
    """Families of sets: NONE has no set, ALL has the empty set alone; at most `most` nodes."""

    __slots__ = ("_spared",)

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self._spared: dict[tuple[int, int], int] = {}

    def family(self, variable: int, low: int, high: int) -> int:
        """The sets of `low`, and those of `high` with this variable added."""
        return low if high == NONE else self.node(variable, low, high)

    def without(self, family: int, others: int) -> int:
        """The sets of a family that contain none of the others; both are families of minimal sets."""
        at_once = self._settled(family, others)
        if at_once is not None:
            return at_once
        result = NONE
        variable, low, high = self.variable, self.low, self.high
        todo = [(family, others)]
        while todo:
            key = one, other = todo[-1]
            top = variable[one]
            while variable[other] < top:
                other = low[other]
            again = high[other] if variable[other] == top else NONE
            rest = low[other] if variable[other] == top else other
            lower = self._settled(low[one], rest)
            if lower is None:
                todo.append((low[one], rest))
                continue
            higher = self._settled(high[one], rest)
            if higher is None:
                todo.append((high[one], rest))
                continue
            highest = self._settled(higher, again)
            if highest is None:
                todo.append((higher, again))
                continue
            self._spared[key] = result = self.family(top, lower, highest)
            if len(self._spared) > STEPS * self._most:
                raise TooLargeError(f"more than {STEPS * self._most:,} steps would be needed")
            todo.pop()
        return result

    def _settled(self, family: int, others: int) -> int | None:
        if NONE in (family, others):
            return family
        if others in (ALL, family):
            return NONE
        if family == ALL:
            return ALL
        return self._spared.get((family, others))


def minimal(bdd: Bdd, function: int, most: int) -> tuple[Zbdd, int]:
    """The minimal sets of variables that make a monotone function true, as a family. Raises TooLargeError."""
    sets = Zbdd(most)
    found = {NONE: NONE, ALL: ALL}
    for node in bdd.below(function):
        low = found[bdd.low[node]]
        high = sets.without(found[bdd.high[node]], low)
        found[node] = sets.family(bdd.variable[node], low, high)
    return sets, found[function]


def by_order(sets: Zbdd, family: int, sizes: Sequence[int]) -> tuple[int, ...]:
    """How many sets of each order a family has, without listing one; place `n` is order `n`, none after the last.

    A variable `v` stands for any one of `sizes[v]` things, and counts as often. O(nodes x highest order).
    """
    found: dict[int, tuple[int, ...]] = {NONE: (), ALL: (1,)}
    for node in sets.below(family):
        size = sizes[sets.variable[node]]
        with_it = (0, *(size * number for number in found[sets.high[node]]))
        found[node] = tuple(one + other for one, other in zip_longest(found[sets.low[node]], with_it, fillvalue=0))
    return found[family]


def members(sets: Zbdd, family: int, order: int) -> Iterator[tuple[int, ...]]:
    """The sets of a family of at most this order, each ascending. O(what is found x variables)."""
    least = {NONE: LAST, ALL: 0}
    for node in sets.below(family):
        least[node] = min(least[sets.low[node]], 1 + least[sets.high[node]])
    todo: list[tuple[int, tuple[int, ...]]] = [(family, ())]
    while todo:
        node, chosen = todo.pop()
        if len(chosen) + least[node] > order:
            continue
        if node == ALL:
            yield chosen
            continue
        todo.append((sets.low[node], chosen))
        todo.append((sets.high[node], (*chosen, sets.variable[node])))


def probability(bdd: Bdd, function: int, chances: Sequence[float]) -> float:
    """How likely a function is true, its variables being independent with these chances; exact but for rounding."""
    found = {NONE: 0.0, ALL: 1.0}
    for node in bdd.below(function):
        chance = chances[bdd.variable[node]]
        found[node] = chance * found[bdd.high[node]] + (1 - chance) * found[bdd.low[node]]
    return found[function]
