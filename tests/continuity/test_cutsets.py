"""What takes down a process: every answer equals what trying all sets of factors gives."""

from __future__ import annotations

import random
from itertools import product
from typing import TYPE_CHECKING

import pytest
from continuity.brute import Cuts, by_order, cut_sets, routes

from modelrouter.continuity.covers import classes, covers, decisive
from modelrouter.continuity.cutsets import Family, Pair, Single, counts, depths, families, minimal, pairs, single_points
from modelrouter.continuity.faulttree import FaultTree
from modelrouter.continuity.solution import solve
from modelrouter.continuity.structure import Structure
from modelrouter.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable

BANK = Structure.of(
    {
        "claims": [{"anthropic", "claude", "aws"}, {"openai", "gpt", "azure"}],
        "letters": [{"anthropic", "claude", "aws"}, {"bedrock", "claude", "aws"}],
        "search": [{"openai", "gpt", "azure"}],
        "never": [],
        "always": [{"openai"}, set()],
    },
    {"claims": 4, "letters": 2},
)

SEEDS = range(1500)


def test_single_points_come_heaviest_first_then_by_name() -> None:
    """What alone takes down which processes; one without routes, and one that cannot be lost, are nobody's loss."""
    assert single_points(BANK) == (
        Single("aws", ("letters",), 2),
        Single("claude", ("letters",), 2),
        Single("azure", ("search",), 1),
        Single("gpt", ("search",), 1),
        Single("openai", ("search",), 1),
    )


def test_pairs_do_what_neither_does_alone() -> None:
    """The nine pairs across two independent routes, and the two providers of one model on one cloud."""
    one_of_each = [Pair(("anthropic", "bedrock"), ("letters",), 2)]
    across = product(("anthropic", "aws", "claude"), ("openai", "gpt", "azure"))
    expected = [Pair((min(pair), max(pair)), ("claims",), 4) for pair in across]

    assert pairs(BANK) == (*sorted(expected, key=lambda each: each.factors), *one_of_each)


def test_interchangeable_factors_are_one_family() -> None:
    """Nine cut sets of two routes are said as one: any of these with any of those."""
    (family,) = families(BANK, "claims")

    assert family == Family((("anthropic", "aws", "claude"), ("azure", "gpt", "openai")))
    assert (family.order, family.number) == (2, 9)


def test_counts_say_what_nothing_and_what_everything_takes_down() -> None:
    """Without routes the empty set is the one cut set; with a route that nothing kills there is none."""
    assert counts(BANK) == {"claims": (0, 0, 9), "letters": (0, 2, 1), "search": (0, 3), "never": (1,), "always": ()}
    assert minimal(BANK, "never") == ((),)
    assert minimal(BANK, "always") == ()


def test_an_unknown_process_is_an_error() -> None:
    """Not a process without cut sets."""
    with pytest.raises(UnknownNameError, match="no process 'claim'"):
        minimal(BANK, "claim")


def everything(structure: Structure) -> dict[str, Cuts]:
    """The minimal cut sets of each process, by asking what every set of factors takes down."""

    def takes(name: str) -> Callable[[frozenset[str]], bool]:
        return lambda failed: name in structure.lost(failed).down

    return {name: cut_sets(structure.factors, takes(name)) for name in structure.processes}


@pytest.mark.parametrize("seeds", [SEEDS[start::10] for start in range(10)], ids=lambda seeds: f"from {seeds[0]}")
def test_every_answer_equals_trying_everything(seeds: range) -> None:
    """On random structures: cut sets of all orders, counts, families, single points and pairs."""
    for seed in seeds:
        structure = Structure.of(routes(random.Random(seed)))
        truth = everything(structure)

        assert truth == {name: minimal(structure, name, 11) for name in truth}, seed
        assert {name: by_order(cuts) for name, cuts in truth.items()} == counts(structure), seed
        spelled = {
            name: [tuple(sorted(each)) for family in families(structure, name) for each in product(*family.groups)]
            for name in truth
        }
        assert {name: sorted(cuts) for name, cuts in truth.items()} == {n: sorted(s) for n, s in spelled.items()}, seed
        assert {name: len(cuts[0]) if cuts else None for name, cuts in truth.items()} == depths(structure), seed
        singles = {(each.factor, name) for each in single_points(structure) for name in each.processes}
        assert {(cut[0], name) for name, cuts in truth.items() for cut in cuts if len(cut) == 1} == singles, seed
        doubles = {(each.factors, name) for each in pairs(structure) for name in each.processes}
        assert {(cut, name) for name, cuts in truth.items() for cut in cuts if len(cut) == 2} == doubles, seed


def test_a_lower_order_is_the_beginning_of_a_higher() -> None:
    """The cut sets up to two factors are those of all orders that have at most two."""
    for seed in range(200):
        structure = Structure.of(routes(random.Random(seed)))
        for name in structure.processes:
            assert minimal(structure, name, 2) == tuple(each for each in minimal(structure, name, 11) if len(each) < 3)


def test_the_fault_tree_of_a_process_says_the_same() -> None:
    """Covers of classes and decision diagrams are two ways to one answer, for few routes and for many."""
    for seed in range(300):
        structure = Structure.of(routes(random.Random(seed), most=11))
        for name, numbers in counts(structure).items():
            solution = solve(FaultTree.of_process(structure, name))
            assert numbers == solution.counts(), seed
            assert minimal(structure, name) == solution.minimal(), seed


def test_the_order_in_which_things_are_given_changes_nothing() -> None:
    """The same company written down in another order has the same answers, weights included."""
    chance = random.Random(5)
    given = {f"p{number}": routes(chance, 4)["p0"] for number in range(30)}
    turned = {name: list(reversed(ways)) for name, ways in reversed(given.items())}
    one, other = Structure.of(given, {"p3": 3}), Structure.of(turned, {"p3": 3})

    assert {each.factor: each.weight for each in single_points(one)} == {
        each.factor: each.weight for each in single_points(other)
    }
    assert [(each.factors, each.weight) for each in pairs(one)] == [
        (each.factors, each.weight) for each in pairs(other)
    ]
    assert all(minimal(one, name) == minimal(other, name) for name in given)
    assert counts(one) == counts(other)


def test_processes_are_listed_in_the_order_of_the_structure() -> None:
    """Also where processes with equal routes have others between them."""
    structure = Structure.of({"c": [["x"]], "a": [["x", "y"]], "b": [["x"]]})

    assert single_points(structure)[0] == Single("x", ("c", "a", "b"), 3)


@pytest.mark.parametrize(("routes", "number"), [(1, 1), (2, 2), (3, 8), (4, 49), (5, 462), (6, 6424)])
def test_minimal_covers_are_as_many_as_is_known(routes: int, number: int) -> None:
    """The minimal covers of a set by all its parts: https://oeis.org/A046165."""
    found = list(covers((1 << routes) - 1, tuple(range(1, 1 << routes))))

    assert len(set(found)) == len(found) == number


def test_classes_part_the_factors_by_what_they_kill() -> None:
    """Each factor is in one class, that of exactly the routes which it kills."""
    assert classes((0b0111, 0b0110, 0b1100)) == {0b001: 0b0001, 0b011: 0b0010, 0b100: 0b1000, 0b111: 0b0100}


def test_a_route_that_falls_with_another_decides_nothing() -> None:
    """Whatever kills the first kills the second as well: dropped, like a repetition."""
    assert decisive((0b011, 0b111, 0b011, 0b100)) == (0b011, 0b100)
    assert decisive((0b011, 0)) == (0,)


def test_too_many_routes_are_not_counted_rather_than_wrongly() -> None:
    """Thirty routes with hardly anything in common: the others are counted, this one has None."""
    chance = random.Random(1)
    wild = [{f"f{chance.randrange(70):02}" for _ in range(10)} for _ in range(30)]
    structure = Structure.of({"wild": wild, "tame": [["x"]]})

    assert counts(structure) == {"wild": None, "tame": (0, 1)}
    assert depths(structure) == {"wild": 6, "tame": 1}
    assert len(minimal(structure, "wild", 6)[0]) == 6
