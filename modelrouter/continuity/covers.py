"""Which factors are interchangeable, and which sets of them take down a process.

A factor matters to a process only through the routes that it kills. So factors that kill the same routes form
one class, and a minimal cut set is a minimal cover: a smallest choice of classes that together kill every route,
with any one factor out of each. With five routes there are at most 31 classes and 462 covers, whatever the number
of factors; many processes have the same pattern of classes, which a `Covers` therefore solves once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelrouter.continuity.structure import Masks

Cover = tuple[int, ...]
"""Classes, each as the routes it kills in bits, ascending."""


def decisive(routes: Masks) -> Masks:
    """The routes that decide: without repetition, and without those that are killed whenever another one is.

    What takes down these takes down all, so minimal cut sets are the same; sorted.
    """
    kept: list[int] = []
    for route in sorted(set(routes), key=int.bit_count):
        if all(other & ~route for other in kept):
            kept.append(route)
    return tuple(sorted(kept))


def classes(routes: Masks) -> dict[int, int]:
    """The factors by what they kill: a set of these routes, as bits → the factors that kill exactly it, as bits.

    Only sets that some factor kills; ascending. O(routes x classes) operations on integers.
    """
    found: dict[int, int] = {}
    seen = 0
    for place, route in enumerate(routes):
        bit = 1 << place
        split: dict[int, int] = {}
        for killed, factors in found.items():
            if both := factors & route:
                split[killed | bit] = both
            if rest := factors & ~route:
                split[killed] = rest
        if new := route & ~seen:
            split[bit] = new
        seen |= route
        found = split
    return dict(sorted(found.items()))


def covers(goal: int, kinds: tuple[int, ...], most: int | None = None) -> Iterator[Cover]:
    """The minimal choices of kinds whose union is the goal, of at most `most` kinds; each once, in a fixed order.

    Branches on the lowest route not yet killed, and leaves a branch as soon as a chosen kind kills no
    route alone. Exponential in the number of routes at worst: the sixth has 6,424 covers, the seventh 129,425.
    """
    todo: list[tuple[Cover, int, tuple[int, ...]]] = [((), 0, kinds)]
    while todo:
        chosen, killed, allowed = todo.pop()
        if killed == goal:
            yield tuple(sorted(chosen))
            continue
        if most is not None and not _enough(goal & ~killed, allowed, most - len(chosen)):
            continue
        lowest = ~killed & (killed + 1)
        left = allowed
        for kind in [each for each in allowed if each & lowest]:
            left = tuple(each for each in left if each != kind)
            longer = (*chosen, kind)
            if _needed(longer):
                todo.append((longer, killed | kind, left))


def _enough(left: int, allowed: tuple[int, ...], number: int) -> bool:
    """Whether so many kinds might kill what is left; never false where some do."""
    widest = max(((left & kind).bit_count() for kind in allowed), default=0)
    return number * widest >= left.bit_count()


def _needed(chosen: Cover) -> bool:
    """Whether each kind kills a route that no other kills."""
    once = twice = 0
    for kind in chosen:
        twice |= once & kind
        once |= kind
    alone = once & ~twice
    return all(kind & alone for kind in chosen)


class Covers:
    """All minimal covers of patterns of classes, each pattern solved once in the life of this value."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[int, tuple[int, ...]], tuple[Cover, ...]] = {}

    def of(self, goal: int, kinds: tuple[int, ...]) -> tuple[Cover, ...]:
        """The covers of every order."""
        found = self._known.get((goal, kinds))
        if found is None:
            found = self._known[goal, kinds] = tuple(covers(goal, kinds))
        return found
