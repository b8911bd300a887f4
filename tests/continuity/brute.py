"""What is true by definition: minimal cut sets found by trying every set of factors."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from modelrouter.continuity.faulttree import FaultTree, Gate, Kind

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

KINDS: tuple[Kind, ...] = ("and", "or", "atleast")
Cuts = tuple[tuple[str, ...], ...]


def cut_sets(factors: Sequence[str], fails: Callable[[frozenset[str]], bool]) -> Cuts:
    """Every smallest set of factors with which it fails, smallest first, then by name."""
    found: list[frozenset[str]] = []
    for order in range(len(factors) + 1):
        for each in combinations(sorted(factors), order):
            these = frozenset(each)
            if not any(known <= these for known in found) and fails(these):
                found.append(these)
    return tuple(sorted((tuple(sorted(each)) for each in found), key=lambda each: (len(each), each)))


def by_order(cuts: Cuts) -> tuple[int, ...]:
    """How many there are of each order."""
    highest = max((len(each) for each in cuts), default=-1)
    return tuple(sum(len(each) == order for each in cuts) for order in range(highest + 1))


def likelihood(factors: Sequence[str], fails: Callable[[frozenset[str]], bool], chances: dict[str, float]) -> float:
    """The chance that it fails, summed over every state of the factors."""
    total = 0.0
    for state in range(1 << len(factors)):
        failed = frozenset(name for place, name in enumerate(factors) if state >> place & 1)
        if fails(failed):
            chance = 1.0
            for name in factors:
                chance *= chances[name] if name in failed else 1 - chances[name]
            total += chance
    return total


def routes(chance: random.Random, most: int = 7) -> dict[str, list[set[str]]]:
    """Up to three processes with up to `most` routes of up to eleven factors, alike or not, some of them empty."""
    factors = [f"f{number:02}" for number in range(chance.randint(1, 11))]
    share = chance.choice((0.1, 0.25, 0.5))
    return {
        f"p{number}": [
            {name for name in factors if chance.random() < share} or {chance.choice(factors)} - {"f00"}
            for _ in range(chance.randint(0, most))
        ]
        for number in range(chance.randint(1, 3))
    }


def tree(chance: random.Random) -> FaultTree:
    """Up to twelve gates over up to fourteen events, inputs shared and repeated as it happens."""
    events = [f"e{number:02}" for number in range(chance.randint(1, 14))]
    gates: dict[str, Gate] = {}
    for number in range(chance.randint(1, 12)):
        newest = list(gates)[-4:]
        wanted = range(chance.randint(1, 5))
        inputs = [chance.choice(newest if newest and chance.random() < 0.4 else events) for _ in wanted]
        gates[f"g{number:02}"] = gate(chance, inputs)
    used = {each for made in gates.values() for each in made.inputs}
    return FaultTree.of("top", {**gates, "top": gate(chance, [name for name in gates if name not in used])})


def gate(chance: random.Random, inputs: Sequence[str]) -> Gate:
    """Over these inputs, of any kind."""
    kind = chance.choice(KINDS)
    return Gate(kind, tuple(inputs), chance.randint(1, len(inputs)) if kind == "atleast" else 0)
