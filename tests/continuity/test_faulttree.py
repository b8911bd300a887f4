"""Fault trees: solved exactly, refused clearly."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import pytest
from continuity.brute import by_order, cut_sets, likelihood, routes, tree
from continuity.open_psa import read

from modelrouter.continuity.cutsets import families
from modelrouter.continuity.diagrams import TooLargeError
from modelrouter.continuity.faulttree import FaultTree, Gate, Kind, TreeError
from modelrouter.continuity.solution import solve
from modelrouter.continuity.structure import Structure
from modelrouter.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelrouter.continuity.structure import Masks

TREES = Path(__file__).parent / "trees"


class Known(NamedTuple):
    """A small tree whose answers were worked out by hand."""

    name: str
    counts: tuple[int, ...]
    minimal: tuple[tuple[str, ...], ...]
    """Up to order 3."""
    likely: float
    """Where each event has the chance 1/10."""


POOLS = Known(
    "pools",
    (0, 1, 5),
    (
        ("grid-x",),
        ("grid-y", "host-a"),
        ("grid-y", "host-b"),
        ("host-a", "host-b"),
        ("host-a", "host-c"),
        ("host-b", "host-c"),
    ),
    0.1 + 0.9 * (0.01 * 0.81 + 2 * 0.09 * 0.19 + 0.01 * 0.19),
)
BRIDGE = Known(
    "bridge",
    (0, 0, 2, 2),
    (("in-1", "in-2"), ("out-1", "out-2"), ("cross", "in-1", "out-2"), ("cross", "in-2", "out-1")),
    2 * 0.1**2 + 2 * 0.1**3 - 5 * 0.1**4 + 2 * 0.1**5,
)
REPEATED = Known("repeated", (0, 1, 1), (("a",), ("b", "c")), 0.1 + 0.9 * 0.01)
HOUSES = Known("houses", (0, 1, 1), (("a",), ("b", "c")), 0.1 + 0.9 * 0.01)
LADDER = Known(
    "ladder",
    (0, 0, 1, 0, 54),
    (("login", "tokens"),),
    0.01 + 0.99 * (1 - 0.9**3) ** 3 * (1 - 0.9**2),
)


@pytest.mark.parametrize("known", [POOLS, BRIDGE, REPEATED, HOUSES, LADDER], ids=lambda known: known.name)
def test_small_trees_have_the_answers_worked_out_by_hand(known: Known) -> None:
    """Counts of every order, the cut sets themselves, and the probability."""
    solution = solve(read(TREES / f"{known.name}.xml"))

    assert solution.counts() == known.counts
    assert solution.minimal() == known.minimal
    assert solution.probability(dict.fromkeys(solution.events, 0.1)) == pytest.approx(known.likely, abs=1e-15)


@pytest.mark.parametrize("start", range(10))
def test_cut_sets_equal_trying_everything(start: int) -> None:
    """On random trees with shared and repeated parts: the cut sets of all orders, and their counts."""
    for seed in range(start, 2000, 10):
        given = tree(random.Random(seed))
        truth = cut_sets(given.events(), given.happens)
        solution = solve(given)

        assert truth == solution.minimal(14), seed
        assert by_order(truth) == solution.counts(), seed


def test_the_trees_at_random_are_not_trivial() -> None:
    """Many depend on seven events and more, share parts, and have cut sets of several orders."""
    trees = [tree(random.Random(seed)) for seed in range(2000)]
    solved = [solve(each) for each in trees]

    assert sum(len(each.events) >= 7 for each in solved) > 500
    assert max(len(each.events) for each in solved) >= 13
    assert sum(sum(each.counts()) >= 5 for each in solved) > 300
    assert sum(sum(number > 0 for number in each.counts()) >= 2 for each in solved) > 300
    assert sum(any(gate.kind == "atleast" for gate in each.gates.values()) for each in trees) > 500


def test_probability_equals_summing_over_every_state() -> None:
    """Whatever is shared: no approximation for rare events, no double counting."""
    for seed in range(150):
        chance = random.Random(seed)
        given = tree(chance)
        events = given.events()
        chances = {name: chance.choice((0.0, 0.001, 0.3, 0.9, 1.0)) for name in events}

        truth = likelihood(events, given.happens, chances)
        assert truth == pytest.approx(solve(given).probability(chances), abs=1e-12), seed


def fewer_stand(structure: Structure, ways: Masks, least: int) -> Callable[[frozenset[str]], bool]:
    """Whether fewer routes than needed stand when some factors have failed."""
    return lambda failed: sum(way & structure.mask(failed) == 0 for way in ways) < least


def test_a_process_may_need_more_than_one_of_its_routes() -> None:
    """On random structures, for every number of routes that it may need: as trying everything says."""
    for seed in range(150):
        structure = Structure.of(routes(random.Random(seed), most=4))
        for name, ways in structure.processes.items():
            for least in range(1, len(ways) + 2):
                solution = solve(FaultTree.of_process(structure, name, least))
                truth = cut_sets(structure.factors, fewer_stand(structure, ways, least))
                assert truth == solution.minimal(11), (seed, name, least)
    with pytest.raises(ValueError, match="'p0' cannot need 0 of its routes"):
        FaultTree.of_process(structure, "p0", 0)


def test_an_event_that_stands_for_several_counts_as_often() -> None:
    """Three alike on one side and two on the other make six pairs."""
    solution = solve(FaultTree.of("top", {"top": Gate("and", ("a", "b"))}))

    assert solution.counts({"a": 3, "b": 2}) == (0, 0, 6)


def test_a_tree_may_be_deeper_than_the_stack() -> None:
    """Three thousand gates on top of one another, `and` and `or` in turn."""
    depth = 3000
    gates = {"g0": Gate("or", ("e0",))}
    expected = [0, 1]
    for number in range(1, depth):
        odd = number % 2
        gates[f"g{number}"] = Gate("and" if odd else "or", (f"g{number - 1}", f"e{number}"))
        expected = [0, *expected] if odd else [0, expected[1] + 1, *expected[2:]]
    solution = solve(FaultTree.of(f"g{depth - 1}", gates))

    assert solution.counts() == tuple(expected)
    assert sum(solution.counts()) == depth / 2


def test_more_cut_sets_than_could_be_listed_are_counted() -> None:
    """Forty parts with three causes each: three to the fortieth, exactly."""
    gates = {f"part {number}": Gate("or", tuple(f"{number}{cause}" for cause in "abc")) for number in range(40)}
    solution = solve(FaultTree.of("top", {**gates, "top": Gate("and", tuple(gates))}))

    assert solution.counts() == (*[0] * 40, 3**40)
    assert solution.minimal(39) == ()


def test_of_nothing_all_happen_and_none_does() -> None:
    """An `and` of no inputs needs nothing; an `or` of none never happens."""
    assert solve(FaultTree.of("g", {"g": Gate("and", ())})).counts() == (1,)
    assert solve(FaultTree.of("g", {"g": Gate("and", ())})).probability({}) == 1
    assert solve(FaultTree.of("g", {"g": Gate("or", ())})).counts() == ()
    assert solve(FaultTree.of("g", {"g": Gate("or", ())})).probability({}) == 0


@pytest.mark.parametrize(
    ("gates", "said"),
    [
        ({"top": Gate(cast("Kind", "not"), ("a",))}, "'top' is 'not': only and, or, atleast can be solved"),
        ({"top": Gate("or", ("x",)), "x": Gate(cast("Kind", "xor"), ("a", "b"))}, "'x' is 'xor'"),
        ({"top": Gate("atleast", ("a", "b"), 3)}, "'top' wants at least 3 of its 2 inputs"),
        ({"top": Gate("atleast", ("a", "b"))}, "'top' wants at least 0 of its 2 inputs"),
        ({"top": Gate("or", ("a", "x")), "x": Gate("and", ("y",)), "y": Gate("or", ("x",))}, "x → y → x"),
    ],
    ids=["not", "xor", "too many", "none", "circle"],
)
def test_what_is_no_fault_tree_is_refused(gates: Mapping[str, Gate], said: str) -> None:
    """The message names the gate and what is wrong with it."""
    with pytest.raises(TreeError, match=said):
        FaultTree.of("top", gates)


def test_unknown_tops_and_events_without_a_chance_are_named() -> None:
    """A missing chance is not zero."""
    with pytest.raises(UnknownNameError, match="no gate 'tpo'; did you mean 'top'"):
        FaultTree.of("tpo", {"top": Gate("or", ("a",))})
    solution = solve(FaultTree.of("top", {"top": Gate("or", ("a", "b"))}))
    with pytest.raises(UnknownNameError, match="no chance for the event 'b'"):
        solution.probability({"a": 0.5})
    with pytest.raises(ValueError, match=r"1\.5 is no chance, as given for 'b'"):
        solution.probability({"a": 0.5, "b": 1.5})


def test_what_needs_more_nodes_than_allowed_is_an_error() -> None:
    """And solves where more are allowed."""
    given = read(TREES / "bridge.xml")

    with pytest.raises(TooLargeError, match="the tree of 'cut', in each order that was tried: more than 10 nodes"):
        solve(given, most=10)
    assert sum(solve(given, most=100).counts()) == 4


def test_what_takes_too_many_steps_is_an_error_as_well() -> None:
    """Nodes alone bound no time: here the diagrams are small, and the way to them is long."""
    chance = random.Random(1)
    structure = Structure.of({"p": [{f"f{chance.randrange(40):02}" for _ in range(8)} for _ in range(14)]})
    given = FaultTree.of_process(structure, "p")

    with pytest.raises(TooLargeError, match="more than 80,000 steps"):
        solve(given, most=10_000)
    listed = sum(family.number for family in families(structure, "p"))
    assert sum(solve(given, most=20_000).counts()) == listed > 50_000
