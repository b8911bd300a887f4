"""Which scenarios an inventory calls for, and the demand they are played with."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.inventories import deployment, inventory, process, provider

from modelrouter.continuity.factors import Graph
from modelrouter.core.inventory import Demand, Limits, Model, Needs
from modelrouter.drills.catalogue import catalogue
from modelrouter.drills.demand import demand
from modelrouter.drills.miniature import LEAST_REQUESTS, miniature
from modelrouter.drills.static import foresee
from modelrouter.drills.twins.asked import marker
from modelrouter.inventory.loader import load


@pytest.fixture(scope="module")
def shipped():
    """The inventory at the top of the repository."""
    return load("providers.yaml")


def test_every_loss_of_the_shipped_inventory(shipped):
    """Each provider throttled, each outsider suspended and geofenced, each family withdrawn, the local server gone."""
    scenarios = catalogue(shipped, miniature(shipped))
    outsiders = {name for name, each in shipped.providers.items() if not each.local}

    by_kind = {kind: {each.subject for each in scenarios if each.kind == kind} for kind in (s.kind for s in scenarios)}
    assert by_kind == {
        "steady": {""},
        "throttled": set(shipped.providers),
        "suspended": outsiders,
        "geofenced": outsiders,
        "gone": set(shipped.providers) - outsiders,
        "withdrawn": {model.family for model in shipped.models.values()},
    }
    assert len({each.id for each in scenarios}) == len(scenarios)


def test_targets_are_everything_inside_the_domain(shipped):
    """A withdrawn family is withdrawn on every channel; a throttled provider throttles each of its models by itself."""
    scenarios = {each.id: each for each in catalogue(shipped, miniature(shipped))}

    assert scenarios["withdrawn-claude"].targets == {"claude-direct", "claude-bedrock-eu"}
    assert [fault.scope for fault in scenarios["withdrawn-claude"].faults] == ["family:claude"]
    assert {fault.scope for fault in scenarios["throttled-aws"].faults} == {
        "account-model:aws/prod/claude-opus-4-8",
        "account-model:aws/prod/nova-pro",
    }
    assert scenarios["suspended-aws"].faults[0].scope == "account:aws/prod"


def test_the_one_weakness_is_predicted(shipped):
    """What the inventory alone says: one standard process, and no critical one, can be left without a route."""
    scenarios = catalogue(shipped, miniature(shipped))
    stranded = {name for each in scenarios for name, expected in each.expectations.items() if not expected.remaining}

    assert stranded == {"medical-reports"}
    assert shipped.processes["medical-reports"].criticality == "standard"


def test_two_accounts_are_suspended_as_two():
    """A provider with two accounts loses both, each as a fault of its own, within one scenario."""
    one, other = deployment("one", of=provider("p")), deployment("other", of=provider("p"))
    other = replace(other, account=replace(other.account, name="second"))
    both = inventory(process("x", one, other))

    suspended = next(each for each in catalogue(both, miniature(both)) if each.id == "suspended-p")
    assert {fault.scope for fault in suspended.faults} == {"account:p/main", "account:p/second"}


@given(st.lists(st.floats(0.1, 50_000), min_size=1, max_size=40), st.integers(1, 10_000))
def test_the_demand_is_small_and_in_proportion(rates, limit):
    """Any inventory fits: nobody sends less than the least, the loud stay in proportion, no limit is broken by us."""
    carrier = deployment("d", limits=Limits(rpm=limit))
    everyone = [process(f"p{n}", carrier, demand=Demand(rpm=rpm)) for n, rpm in enumerate(rates)]
    one = inventory(*everyone)
    small = miniature(one)
    planned = demand(one, small)

    counts = Counter(request.process for request in planned)
    assert counts == small.requests
    assert min(counts.values()) >= LEAST_REQUESTS
    assert len(planned) / small.duration_s <= 25
    assert all(0 <= request.at_s <= small.duration_s for request in planned)
    for each in everyone:
        fair = each.demand.rpm * small.scale * small.duration_s / 60
        assert counts[each.id] in (LEAST_REQUESTS, round(fair))
    assert small.deployments["d"].limits.rpm >= limit


@given(st.lists(st.floats(0.1, 50_000), min_size=1, max_size=10), st.integers(1, 10_000))
def test_an_account_has_room_for_what_the_rehearsal_adds(rates, limit):
    """What little processes send beyond their demand is added to their account once, however many deployments it has."""
    owner = provider("d")
    account = replace(owner.accounts["main"], limits=Limits(rpm=limit))
    both = [replace(deployment(name, of=owner), account=account) for name in ("one", "two")]

    def room(*deployments):
        small = miniature(
            inventory(*(process(f"p{n}", *deployments, demand=Demand(rpm=rpm)) for n, rpm in enumerate(rates)))
        )
        least = LEAST_REQUESTS * 60 / small.duration_s / small.scale
        return small.deployments["one"].account.limits.rpm, sum(max(0.0, least - rpm) for rpm in rates)

    assert room(*both) == room(both[0])
    enough, added = room(*both)
    assert enough >= limit + int(added)


def test_requests_ask_for_what_the_process_needs(shipped):
    """Tools, schemas and pictures where they are needed, streamed and whole in turn, each with a marker of its own."""
    planned = demand(shipped, miniature(shipped))
    by_process = {request.process: request for request in planned}

    assert {marker(dict(request.parameters)) for request in planned} == {request.marker for request in planned}
    assert len({request.marker for request in planned}) == len(planned)
    assert "tools" in by_process["claims-triage"].parameters
    assert "response_format" in by_process["payment-screening"].parameters
    assert "image_url" in str(by_process["broker-documents"].parameters["messages"])
    streamed = Counter((request.process, request.parameters["stream"]) for request in planned)
    assert all(streamed[name, True] and streamed[name, False] for name in shipped.processes)


def test_a_family_of_nobody_is_no_scenario():
    """Models and providers that nothing is deployed of cannot be lost."""
    needs = Needs()
    one = inventory(process("x", deployment("d"), needs=needs))
    idle = Model(id="idle", developer="x", family="idle", context=1)
    one = replace(one, models={**one.models, "idle": idle}, providers={**one.providers, "p": provider("p")})

    assert not [each for each in catalogue(one, miniature(one)) if each.subject in ("idle", "p")]


@pytest.mark.parametrize("path", ["providers.yaml", "tests/drills/world.yaml"])
def test_the_graph_says_the_same_of_every_loss(path):
    """What a scenario takes in the words of the factor graph leaves the same processes without a deployment."""
    whole = load(path)
    graph = Graph.of(whole)
    scenarios = catalogue(whole, miniature(whole))

    for scenario in scenarios[1:]:
        stranded = {name for name, expected in scenario.expectations.items() if not expected.remaining}
        assert foresee(graph, scenario).down == stranded, scenario.id
        assert scenario.pure
        assert {member for factor in scenario.factors for member in graph.members(factor)} == scenario.targets
