"""What to add so that nothing takes down a process alone: as good as the best of all possible choices."""

from __future__ import annotations

import random
from itertools import chain, combinations, product
from typing import TYPE_CHECKING, NamedTuple

import pytest

from modelrouter.continuity.cutsets import single_points
from modelrouter.continuity.repair import Addition, Candidate, Remaining, Repair, repair
from modelrouter.continuity.structure import Structure
from modelrouter.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DIRECT = {"provider:anthropic", "company:anthropic", "family:claude", "jurisdiction:US", "upstream:cloudflare"}
BEDROCK = {"provider:aws", "company:amazon", "family:claude", "jurisdiction:US", "upstream:aws"}
OPENAI = frozenset({"provider:openai", "company:openai", "family:gpt", "jurisdiction:US", "upstream:cloudflare"})
LOCAL = frozenset({"provider:onprem", "company:self", "family:qwen", "jurisdiction:DE"})
MISTRAL = frozenset({"provider:mistral", "company:mistral", "family:mistral", "jurisdiction:FR"})


def test_the_fewest_additions_that_miss_every_point() -> None:
    """Claude on two clouds still shares a family and a jurisdiction: one local model mends both, another cloud does not."""
    structure = Structure.of({"claims": [DIRECT, BEDROCK]})
    found = repair(structure, {"claims": [Candidate("gpt", OPENAI), Candidate("qwen", LOCAL)]})

    assert found.additions == (Addition("claims", "qwen", ("family:claude", "jurisdiction:US")),)
    assert (found.exact, found.least, found.remaining, found.new, found.cost) == (True, 1, (), (), 0)


def test_fewer_new_deployments_come_before_cost_and_cost_before_names() -> None:
    """Among repairs of equally many additions: nothing bought where nothing need be, then the cheaper, then the first."""
    structure = Structure.of({"claims": [DIRECT]})
    offers = [
        Candidate("bought", LOCAL, cost=0, new=True),
        Candidate("dear", LOCAL, cost=9),
        Candidate("fair-b", LOCAL, cost=5),
        Candidate("fair-a", MISTRAL, cost=5),
    ]

    assert [each.deployment for each in repair(structure, {"claims": offers}).additions] == ["fair-a"]
    assert [each.deployment for each in repair(structure, {"claims": offers[:2]}).additions] == ["dear"]
    assert repair(structure, {"claims": offers[:1]}).new == ("bought",)


def test_one_new_deployment_for_all_rather_than_one_for_each() -> None:
    """What serves three processes is bought once, though each has something cheaper of its own."""
    structure = Structure.of({name: [DIRECT | {f"region:{name}"}] for name in "abc"})
    offers = {
        name: [Candidate(f"own-{name}", LOCAL, cost=1, new=True), Candidate("shared", MISTRAL, cost=3, new=True)]
        for name in "abc"
    }
    found = repair(structure, offers)

    assert [each.deployment for each in found.additions] == ["shared"] * 3
    assert (found.new, found.cost, found.least_new, found.exact) == (("shared",), 9, 1, True)


def test_the_cost_of_a_new_deployment_counts_for_every_process_that_takes_it() -> None:
    """Two processes are alike: what is cheap for both is cheaper than what is cheap for the third."""
    structure = Structure.of({name: [DIRECT] for name in "abc"})
    alike = [Candidate("x", LOCAL, cost=1, new=True), Candidate("y", MISTRAL, cost=3, new=True)]
    other = [Candidate("x", LOCAL, cost=4, new=True), Candidate("y", MISTRAL, cost=1, new=True)]
    found = repair(structure, {"a": alike, "b": alike, "c": other})

    assert (found.new, found.cost) == (("x",), 6)


def test_what_no_addition_removes_is_named() -> None:
    """All candidates are American: the provider stops being a single point, the jurisdiction stays one."""
    structure = Structure.of({"claims": [DIRECT], "letters": [DIRECT], "search": [DIRECT]})
    found = repair(structure, {"claims": [Candidate("bedrock", frozenset(BEDROCK))], "letters": []})

    assert found.additions == (
        Addition("claims", "bedrock", ("company:anthropic", "provider:anthropic", "upstream:cloudflare")),
    )
    assert found.remaining == (
        Remaining("claims", ("family:claude", "jurisdiction:US")),
        Remaining("letters", tuple(sorted(DIRECT))),
        Remaining("search", tuple(sorted(DIRECT))),
    )


def test_a_process_without_routes_gets_as_many_as_it_needs() -> None:
    """Two that share nothing; with one candidate that one, whose factors remain; with none it is named."""
    structure = Structure.of({"two": [], "one": [], "none": []})
    found = repair(
        structure,
        {
            "two": [Candidate("claude", frozenset(DIRECT)), Candidate("gpt", OPENAI), Candidate("qwen", LOCAL)],
            "one": [Candidate("qwen", LOCAL)],
        },
    )

    assert [(each.process, each.deployment) for each in found.additions] == [
        ("two", "claude"),
        ("two", "qwen"),
        ("one", "qwen"),
    ]
    assert found.remaining == (Remaining("one", tuple(sorted(LOCAL))), Remaining("none", ()))


def test_only_processes_that_weigh_enough_are_repaired() -> None:
    """Below the bound nothing is proposed and nothing is said to remain."""
    structure = Structure.of({"claims": [DIRECT], "games": [DIRECT]}, {"claims": 8, "games": 1})
    offers = {name: [Candidate("qwen", LOCAL)] for name in ("claims", "games")}

    assert [each.process for each in repair(structure, offers, least=8).additions] == ["claims"]
    assert len(repair(structure, offers).additions) == 2


def test_what_cannot_be_meant_is_refused() -> None:
    """Candidates of a process that is not there, and a cost below nothing."""
    structure = Structure.of({"claims": [DIRECT]})

    with pytest.raises(UnknownNameError, match="no process 'clams'; did you mean 'claims'"):
        repair(structure, {"clams": []})
    with pytest.raises(ValueError, match="the cost of 'qwen' for 'claims' is -1"):
        repair(structure, {"claims": [Candidate("qwen", LOCAL, cost=-1)]})


def test_without_steps_the_choice_is_greedy_and_says_so() -> None:
    """The greedy cover takes three where two would do: not exact, and no fewer than one was proven."""
    structure = Structure.of({"claims": [[f"p{number}" for number in range(6)]]})
    offers = [
        Candidate("wide", frozenset({"p2", "p5"})),
        Candidate("left", frozenset({"p3", "p4", "p5"})),
        Candidate("right", frozenset({"p0", "p1", "p2"})),
    ]
    good, hasty = repair(structure, {"claims": offers}), repair(structure, {"claims": offers}, steps=0)

    assert ([each.deployment for each in good.additions], good.exact, good.least) == (["left", "right"], True, 2)
    assert ([each.deployment for each in hasty.additions], hasty.exact, hasty.least) == (
        ["left", "right", "wide"],
        False,
        1,
    )
    assert single_points(repaired(structure, {"claims": offers}, hasty)) == ()


class Company(NamedTuple):
    routes: dict[str, list[frozenset[str]]]
    candidates: dict[str, list[Candidate]]

    def structure(self) -> Structure:
        return Structure.of(self.routes)


def company(chance: random.Random) -> Company:
    """Up to three processes with few routes and up to five candidates each, new ones shared among them."""
    factors = [f"f{number}" for number in range(chance.randint(2, 8))]

    def some(share: float) -> frozenset[str]:
        return frozenset(name for name in factors if chance.random() < share)

    supply = {f"d{number}": (some(0.4), chance.random() < 0.5) for number in range(6)}
    routes, candidates = {}, {}
    for number in range(chance.randint(1, 3)):
        routes[f"p{number}"] = [some(0.7) for _ in range(chance.choice((0, 1, 1, 2)))]
        offered = chance.sample(sorted(supply), chance.randint(0, 5))
        candidates[f"p{number}"] = [
            Candidate(name, supply[name][0], float(chance.randint(0, 2)), supply[name][1]) for name in offered
        ]
    return Company(routes, candidates)


def repaired(structure: Structure, offers: Mapping[str, Sequence[Candidate]], found: Repair) -> Structure:
    """The structure with the additions in it."""
    factors = {(name, each.deployment): each.factors for name, offered in offers.items() for each in offered}
    routes = {name: [structure.names(mask) for mask in masks] for name, masks in structure.processes.items()}
    for each in found.additions:
        routes[each.process].append(tuple(factors[each.process, each.deployment]))
    return Structure.of(routes)


def points(routes: Sequence[frozenset[str]]) -> frozenset[str] | None:
    """What takes down all of these; None where there are none."""
    return frozenset.intersection(*routes) if routes else None


def ways(routes: list[frozenset[str]], offered: list[Candidate]) -> Iterator[tuple[Candidate, ...]]:
    """All choices that leave no more points than all candidates together."""
    goal = points([*routes, *(each.factors for each in offered)])
    for chosen in chain.from_iterable(combinations(offered, size) for size in range(len(offered) + 1)):
        if points([*routes, *(each.factors for each in chosen)]) == goal:
            yield chosen


def burden(choice: Sequence[Sequence[Candidate]]) -> tuple[object, ...]:
    """What is minimised, first things first."""
    new = sorted({each.deployment for chosen in choice for each in chosen if each.new})
    names = [sorted(each.deployment for each in chosen) for chosen in choice]
    cost = sum(each.cost for chosen in choice for each in chosen)
    return sum(map(len, choice)), len(new), cost, new, names


@pytest.mark.parametrize("start", range(5))
def test_no_choice_of_all_is_better(start: int) -> None:
    """On random companies: as few additions, as few new deployments and as little cost as the best of every choice, and it by name."""
    for seed in range(start, 3000, 5):
        given = company(random.Random(seed))
        structure = given.structure()
        found = repair(structure, given.candidates)
        every = [list(ways(given.routes[name], given.candidates[name])) for name in given.routes]
        truth = min(burden(choice) for choice in product(*every))

        names = [[each.deployment for each in found.additions if each.process == name] for name in given.routes]
        assert (len(found.additions), len(found.new), found.cost, list(found.new), names) == truth, seed
        assert (found.exact, found.least, found.least_new) == (True, len(found.additions), len(found.new)), seed


def test_what_remains_is_what_all_candidates_leave() -> None:
    """On random companies the repaired structure has exactly the single points that were said to remain."""
    for seed in range(500):
        given = company(random.Random(seed))
        structure = given.structure()
        for steps in (0, 20_000):
            found = repair(structure, given.candidates, steps=steps)
            left = {
                (each.factor, name)
                for each in single_points(repaired(structure, given.candidates, found))
                for name in each.processes
            }
            assert left == {(factor, each.process) for each in found.remaining for factor in each.factors}, seed
            assert found.least <= len(found.additions), seed
