"""The fewest additions that leave no single point of failure; and whether they do."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.inventories import deployment, inventory, process, provider

from modelrouter.continuity.factors import Graph
from modelrouter.continuity.overview import overview
from modelrouter.continuity.remedy import applied, remedy, weak
from modelrouter.core.inventory import Data, Demand, Inventory, Needs, Objectives, Upstream
from modelrouter.core.rules import Policy, Rule
from modelrouter.inventory.loader import load
from modelrouter.inventory.regions import contents

A, B, C = (provider(name, headquarters=country) for name, country in zip("abc", ("US", "US", "FR"), strict=True))


@pytest.fixture(scope="module")
def shipped() -> Graph:
    """The inventory at the top of the repository."""
    return Graph.of(load("providers.yaml"))


def with_spare(*processes, spare=(), **facts) -> Inventory:
    """An inventory with deployments that no route names."""
    whole = inventory(*processes, process("spare", *spare), regions=contents({}), **facts)
    return replace(whole, processes={each.id: each for each in processes})


def test_what_the_inventory_has_is_used_first(shipped: Graph) -> None:
    """Two processes of the shipped inventory stand on one jurisdiction; our own servers are at hand."""
    found = remedy(shipped)

    assert found.added["broker-documents"] == ("mistral-local",)
    assert found.added["campaign-texts"] in {("qwen-local",), ("mistral-local",)}
    assert found.routes["broker-documents"] == ("claude-direct", "gpt-direct", "gemini-direct", "mistral-local")


def test_the_weak_spot_of_the_shipped_inventory_needs_somebody_new(shipped: Graph) -> None:
    """Nothing permitted is at hand, so the facts of what would do are said; with it nothing fails alone any more."""
    found = remedy(shipped)

    (new,) = found.newcomers
    assert new.serves == ("medical-reports",)
    assert new.deployment.model.capabilities >= {"documents", "thinking"}
    assert new.deployment.model.context >= 150_000
    assert new.deployment.provider.headquarters not in {"US", "CN"}
    assert {"provider:aws", "family:claude", "jurisdiction:US"} <= set(new.avoids)
    assert found.size == 3
    mended = overview(Graph.of(applied(shipped.inventory, found)))
    assert mended.points == ()
    assert set(mended.depths.values()) == {2}


def test_nothing_is_proposed_where_nothing_is_weak(shipped: Graph) -> None:
    """A mended inventory needs no second remedy."""
    again = remedy(remedy(shipped).after)

    assert (again.size, again.newcomers, dict(again.helpless)) == (0, (), {})


def test_two_are_added_where_no_one_will_do() -> None:
    """Each of the spare ones shares something with the route; together they share nothing with it."""
    route = deployment("route", of=A)
    same_country = deployment("other-us", of=B)
    same_model = deployment("french", of=C, model=route.model)

    found = remedy(Graph.of(with_spare(process("claims", route), spare=(same_country, same_model))))

    assert set(found.added["claims"]) == {"other-us", "french"}
    assert not found.newcomers


def test_a_process_that_nobody_may_serve_gets_two_that_are_independent() -> None:
    """One would be a single point of failure itself."""
    graph = Graph.of(
        with_spare(process("claims", deployment("us", of=A, processing=("US",)), data=Data(processing=("EU",))))
    )

    found = remedy(graph)

    assert [each.serves for each in found.newcomers] == [("claims",), ("claims",)]
    assert overview(found.after).points == ()
    assert overview(found.after).depths == {"claims": 2}


def test_one_newcomer_serves_all_that_need_one() -> None:
    """It can do what each needs, keeps what it gets no longer than any allows, and carries what must survive."""
    first = process(
        "first",
        deployment("one", of=A),
        needs=Needs(capabilities=frozenset({"tools"}), context=50_000, output=4000),
        demand=Demand(rpm=100, peak=2.0),
        objectives=Objectives(minimum=0.5),
    )
    second = process("second", deployment("two", of=B), data=Data(retention_s=0.0), demand=Demand(rpm=10))

    found = remedy(Graph.of(with_spare(replace(first), second, policies=(
        Policy(id="lean", when={}, rules=(Rule(fact="family", denied=frozenset({"one-family", "two-family"})),)),
    ))))  # fmt: skip

    new = found.newcomers[0]
    assert set(new.serves) == {"first", "second"}
    assert new.deployment.model.context == 100_000  # the second states no need: what its route holds
    assert new.deployment.model.output == 4000
    assert new.deployment.retention_s == 0.0
    assert new.deployment.limits.rpm == 110


def test_those_that_no_one_can_serve_together_get_their_own() -> None:
    """Two laws that no one headquarters meets: two newcomers, and a third process joins the first that suits it."""
    laws = tuple(
        Policy(
            id=f"law-of-{name}",
            when={"process": frozenset({name})},
            rules=(Rule(fact="headquarters", allowed=frozenset({"FR", country})),),
        )
        for name, country in (("german", "DE"), ("dutch", "NL"))
    )
    processes = [process(name, deployment(f"at-{name}", of=C)) for name in ("german", "dutch", "free")]

    found = remedy(Graph.of(with_spare(*processes, policies=laws)))

    assert [(each.serves, each.deployment.provider.headquarters) for each in found.newcomers] == [
        (("german", "free"), "DE"),
        (("dutch",), "NL"),
    ]
    assert overview(found.after).points == ()


def test_a_newcomer_is_what_policy_allows() -> None:
    """Each fact that a rule asks for is chosen so that it holds."""
    rules = (
        Rule(fact="headquarters", allowed=frozenset({"EU"}), denied=frozenset({"AT", "BE"})),
        Rule(fact="origin", allowed=frozenset({"FR"})),
        Rule(fact="weights", allowed=frozenset({"open"})),
        Rule(fact="region", allowed=frozenset({"paris"})),
        Rule(fact="egress", allowed=frozenset({"DACH"})),
    )
    served = deployment("fr", of=C, region="paris", egress="DE")
    served = replace(served, model=replace(served.model, origin="FR", weights="open"))
    graph = Graph.of(with_spare(process("claims", served), policies=(Policy(id="law", when={}, rules=rules),)))
    assert graph.processes["claims"].permitted == ("fr",)

    (new,) = remedy(graph).newcomers

    made = new.deployment
    assert made.provider.headquarters not in {"FR", "AT", "BE"}
    assert (made.model.origin, made.model.weights, made.region) == ("FR", "open", "paris")
    assert made.egress in {"DE", "AT", "CH"}


def test_where_policy_leaves_no_choice_it_is_said() -> None:
    """A policy that allows one headquarters alone makes independence of it impossible."""
    law = Policy(id="home-only", when={}, rules=(Rule(fact="headquarters", allowed=frozenset({"FR"})),))

    found = remedy(Graph.of(with_spare(process("claims", deployment("fr", of=C)), policies=(law,))))

    assert dict(found.helpless) == {"claims": "home-only and independence leave no headquarters to choose"}
    assert found.size == 0


def test_what_a_process_depends_on_itself_is_said_and_left() -> None:
    """No deployment mends a gateway."""
    gateway = {"gateway": Upstream(id="gateway", company="self")}
    both = process("claims", deployment("one", of=A), deployment("two", of=C), upstreams=("gateway",))

    found = remedy(Graph.of(with_spare(both, upstreams=gateway)))

    assert found.size == 0
    assert dict(found.own) == {"claims": ("upstream:gateway",)}


@settings(deadline=None)
@given(
    route=st.lists(st.integers(0, 11), max_size=3, unique=True),
    spare=st.lists(st.integers(0, 11), max_size=5, unique=True),
)
def test_no_fewer_would_do(route: list[int], spare: list[int]) -> None:
    """Of deployments at hand, by trying out every set of them: the fewest are found whenever any do."""
    made = [
        replace(deployment(f"d{place}", of=(A, B, C)[place % 3]), model=deployment(f"m{place // 3}").model)
        for place in range(12)
    ]
    spare = [place for place in spare if place not in route]
    graph = Graph.of(
        with_spare(process("claims", *(made[place] for place in route)), spare=[made[place] for place in spare])
    )
    found = remedy(graph)

    def mends(places: tuple[int, ...]) -> bool:
        sets = [frozenset(graph.paths[f"d{place}"]) for place in (*route, *places)]
        return bool(sets) and not frozenset.intersection(*sets)

    sizes = [size for size in range(len(spare) + 1) if any(mends(some) for some in combinations(spare, size))]
    assert weak(found.after, "claims") == frozenset()
    if sizes:
        assert (found.size, found.newcomers) == (sizes[0], ())
    else:
        known = 1 if route else 2  # nobody may serve: two are needed, of which one may be at hand
        assert (found.size, len(found.newcomers)) == (known, known if route or not spare else 1)
