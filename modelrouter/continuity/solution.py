"""What makes a fault tree's top happen: minimal cut sets counted and listed, and its exact probability.

A cut set is a set of events that makes the top happen; it is minimal if no part of it does. The way there is a binary
decision diagram of the top, and from it the diagram of its minimal solutions (A. Rauzy, "New algorithms for fault trees
analysis", Reliability Engineering and System Safety 40, 1993; Y. Dutuit and A. Rauzy, "Exact and truncated computations of
prime implicants", 1997). Counts and probabilities are read off the diagrams: no cut set is listed, nothing approximated.

How large a diagram gets depends on the order of its variables, and may be exponential. So three orders are
tried, first with few nodes, then with more; what needs more than is allowed is an error, not a hang.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from modelrouter.continuity import diagrams
from modelrouter.continuity.diagrams import ALL, NONE, Bdd, TooLargeError, Zbdd
from modelrouter.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.continuity.faulttree import FaultTree

MOST = 500_000
"""Nodes of each of the two diagrams, some 150 MB of both, unless told otherwise."""
FIRST = 20_000
GROWTH = 5


@dataclass(frozen=True, slots=True)
class Solution:
    """A solved tree; see `solve`."""

    events: tuple[str, ...]
    """The basic events that the top depends on, in the order of the diagrams' variables."""
    bdd: Bdd
    top: int
    sets: Zbdd
    family: int

    def counts(self, sizes: Mapping[str, int] | None = None) -> tuple[int, ...]:
        """How many minimal cut sets of each order there are, exactly; place `n` of the tuple is order `n`.

        `()` where nothing makes the top happen, `(1,)` where nothing need happen for it. Where an event stands for
        any one of several alike, `sizes` says of how many.
        """
        given = sizes or {}
        return diagrams.by_order(self.sets, self.family, [given.get(name, 1) for name in self.events])

    def minimal(self, order: int = 3) -> tuple[tuple[str, ...], ...]:
        """The minimal cut sets of at most this order, smallest first, then by name."""
        found = (tuple(sorted(self.events[each] for each in one)) for one in self._members(order))
        return tuple(sorted(found, key=lambda each: (len(each), each)))

    def probability(self, chances: Mapping[str, float]) -> float:
        """How likely the top is when events happen independently, each with its chance; exact but for rounding.

        Raises UnknownNameError for an event without one, and ValueError for one outside of 0 to 1.
        """
        for name in self.events:
            if name not in chances:
                raise UnknownNameError("chance for the event", name, get_close_matches(name, chances, 2))
            if not 0 <= chances[name] <= 1:
                raise ValueError(f"{chances[name]} is no chance, as given for {name!r}")
        return diagrams.probability(self.bdd, self.top, [chances[name] for name in self.events])

    def _members(self, order: int) -> Iterator[tuple[int, ...]]:
        return diagrams.members(self.sets, self.family, order)


def solve(tree: FaultTree, most: int = MOST) -> Solution:
    """Solve a tree, with at most so many nodes in each diagram. Raises TooLargeError where they do not suffice.

    Three orders of events: depth first, where least hangs on it first, and shared events before all; as given; and where most
    hangs on it first. The same tree is solved the same way every time. Trees may be as deep and have as many events as you like.
    """
    weights = tree.weights()
    shared = Counter(each for gate in tree.gates.values() for each in gate.inputs)
    keys = (lambda name: weights.get(name, -shared[name]), None, lambda name: -weights.get(name, 1))
    orders = list(dict.fromkeys(map(tree.events, keys)))
    nodes = min(FIRST, most)
    while True:
        for events in orders:
            try:
                return _solved(tree, events, nodes)
            except TooLargeError as error:
                if nodes == most and events is orders[-1]:
                    raise TooLargeError(f"the tree of {tree.top!r}, in each order that was tried: {error}") from None
        nodes = min(GROWTH * nodes, most)


def _solved(tree: FaultTree, events: tuple[str, ...], most: int) -> Solution:
    bdd = Bdd(most)
    functions = {name: bdd.single(place) for place, name in enumerate(events)}
    for name, gate in tree.gates.items():
        inputs = [functions[each] for each in gate.inputs]
        if gate.kind == "atleast":
            functions[name] = bdd.at_least(gate.least, inputs)
        else:
            functions[name] = bdd.combined(NONE if gate.kind == "and" else ALL, inputs)
    top = functions[tree.top]
    return Solution(events, bdd, top, *diagrams.minimal(bdd, top, most))
