"""Capacity: what lands on whom, worked out by hand; and what is true of every inventory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.inventories import deployment, inventory, process, provider

from modelrouter.continuity.capacity import (
    ORDINARY,
    Assumed,
    Capacity,
    Loss,
    Outlook,
    Word,
    bill,
    headroom,
    of_events,
    single,
)
from modelrouter.continuity.events import lose, suspend, throttle
from modelrouter.continuity.factors import Graph
from modelrouter.core.inventory import (
    Account,
    Demand,
    Deployment,
    Inventory,
    Limits,
    Objectives,
    Prices,
    Process,
    Provider,
)
from modelrouter.core.load import RANKS

if TYPE_CHECKING:
    from random import Random


def shared(name: str, limits: Limits, **facts: Any) -> Provider:
    """A provider whose one account has limits of its own."""
    bare = provider(name, **facts)
    return replace(bare, accounts={"main": Account(provider=name, name="main", limits=limits)})


def asks(name: str, *route: Deployment, rpm: float, tokens: int = 1000, minimum: float = 0.5, **facts: Any) -> Process:
    """A process that asks so often; half of its tokens are sent, half are answered."""
    demand = Demand(rpm=rpm, tokens_in=tokens // 2, tokens_out=tokens - tokens // 2, peak=facts.pop("peak", 1.0))
    return process(name, *route, demand=demand, objectives=Objectives(minimum=minimum), **facts)


def outlook(held: Inventory, *lost: str, assumed: Assumed | None = None) -> Outlook:
    """What the loss of some factors together does."""
    graph = Graph.of(held)
    loss = of_events(graph, [lose(graph, name) for name in lost]) if lost else ORDINARY
    return Capacity(graph, assumed).under(loss)


def flows(found: Outlook) -> dict[str, dict[str, float]]:
    """Requests a minute, rounded as a person would."""
    return {name: {by: round(rpm, 3) for by, rpm in each.by.items()} for name, each in found.served.items()}


A = deployment("a", limits=Limits(rpm=100))
B = deployment("b", limits=Limits(rpm=60))


def test_a_request_goes_on_where_the_first_choice_is_full() -> None:
    """130 a minute at a limit of 100: the other 30 go to the second; when the first is lost, 60 of 130 are served."""
    held = inventory(asks("p", A, B, rpm=130))
    ordinary, lost = outlook(held), outlook(held, "deployment:a")

    assert flows(ordinary) == {"p": {"a": 100, "b": 30}}
    assert ordinary.served["p"].word is Word.WHOLE
    assert flows(lost) == {"p": {"b": 60}}
    assert round(lost.served["p"].share, 4) == round(60 / 130, 4)
    assert lost.served["p"].word is Word.SHORT
    assert [pool.name for pool in lost.served["p"].bound] == ["b rpm"]


def test_graver_processes_are_served_first() -> None:
    """60 a minute are left for 50 critical, 40 important and 40 deferrable: 50, 10 and none."""
    held = inventory(
        asks("late", A, B, rpm=40, criticality="deferrable", minimum=0.0),
        asks("first", A, B, rpm=50, criticality="critical", minimum=1.0),
        asks("next", A, B, rpm=40, criticality="important", minimum=0.5),
    )
    lost = outlook(held, "deployment:a")

    assert flows(lost) == {"first": {"b": 50}, "next": {"b": 10}, "late": {}}
    assert {name: each.word for name, each in lost.served.items()} == {
        "first": Word.WHOLE,
        "next": Word.SHORT,
        "late": Word.KEPT,
    }


def test_processes_of_one_criticality_share_by_what_they_ask() -> None:
    """90 and 30 a minute meet a limit of 60: 45 and 15, in whichever order they are written."""
    small, large = asks("small", B, rpm=30), asks("large", B, rpm=90)

    assert flows(outlook(inventory(small, large))) == {"small": {"b": 15}, "large": {"b": 45}}
    assert flows(outlook(inventory(large, small))) == {"small": {"b": 15}, "large": {"b": 45}}


def test_what_overflows_comes_beside_what_is_there() -> None:
    """X fills a (100) when four fifths of everything is asked, and b (60) then carries the rest of x beside y.

    At four fifths, y has 40 of b. Of the last fifth x asks 25 and y 10: b has room for 20, so four sevenths of it.
    """
    found = outlook(inventory(asks("x", A, B, rpm=125), asks("y", B, rpm=50)))

    assert flows(found) == {"x": {"a": 100, "b": round(25 * 4 / 7, 3)}, "y": {"b": round(40 + 10 * 4 / 7, 3)}}


def test_tokens_bind_as_requests_do() -> None:
    """20,000 tokens a minute carry 10 requests of 2,000; the limit that binds is named."""
    narrow = deployment("narrow", limits=Limits(rpm=100, tpm=20_000))
    found = outlook(inventory(asks("p", narrow, rpm=40, tokens=2000)))

    assert flows(found) == {"p": {"narrow": 10}}
    assert [(each.pool.name, round(each.used), each.limit) for each in found.carried] == [
        ("narrow rpm", 10, 100),
        ("narrow tpm", 20_000, 20_000),
    ]
    assert [pool.path for pool in found.served["p"].bound] == [("deployments", "narrow", "limits", "tpm")]


def test_an_account_is_shared_by_its_deployments() -> None:
    """Two deployments of 100 each under an account of 120 carry 120 together."""
    both = shared("both", Limits(rpm=120))
    one, two = (deployment(name, of=both, limits=Limits(rpm=100)) for name in ("one", "two"))
    found = outlook(inventory(asks("p", one, two, rpm=150)))

    assert flows(found) == {"p": {"one": 100, "two": 20}}
    assert [pool.name for pool in found.served["p"].bound] == ["one rpm", "both/main rpm"]
    assert found.served["p"].bound[1].path == ("providers", "both", "accounts", "main", "limits", "rpm")


def test_calls_at_a_time_count_once_somebody_says_how_long_a_call_takes() -> None:
    """10 at a time of 12 s each are 50 a minute; the deferrable may fill 8 of them, since a graver process is there."""
    ten = deployment("ten", limits=Limits(concurrency=10))
    lazy = asks("lazy", ten, rpm=100, criticality="deferrable")
    grave = asks("grave", ten, rpm=20, criticality="critical")
    twelve = Assumed(call_s=12.0)

    assert flows(outlook(inventory(lazy), assumed=twelve)) == {"lazy": {"ten": 50}}
    assert flows(outlook(inventory(lazy, grave), assumed=twelve)) == {"grave": {"ten": 20}, "lazy": {"ten": 20}}
    assert Capacity(Graph.of(inventory(lazy))).pools.left_out == ("ten concurrency",)
    assert outlook(inventory(lazy)).served["lazy"].word is Word.UNKNOWN


def test_a_surge_takes_part_of_what_is_remote_and_not_of_our_own() -> None:
    """Others flee too: of a remote 60 a third is left at a surge of 3, of our own 60 everything."""
    home = deployment("home", of=provider("home", local=True), limits=Limits(rpm=60))
    remote, own = inventory(asks("p", A, B, rpm=60)), inventory(asks("p", A, home, rpm=60))
    surge = Assumed(surge=3.0)

    assert flows(outlook(remote, "provider:a-provider", assumed=surge)) == {"p": {"b": 20}}
    assert flows(outlook(own, "provider:a-provider", assumed=surge)) == {"p": {"home": 60}}


def test_nobody_flees_from_what_only_we_lose() -> None:
    """An account, a key, a contract or a deployment of ours brings no surge; neither does a suspension."""
    held = inventory(asks("p", A, B, rpm=60))
    graph = Graph.of(held)
    capacity = Capacity(graph, Assumed(surge=3.0))

    assert flows(outlook(held, "account:a-provider/main", assumed=Assumed(surge=3.0))) == {"p": {"b": 60}}
    assert flows(capacity.under(of_events(graph, [suspend(graph, "provider:a-provider")]))) == {"p": {"b": 60}}
    assert flows(capacity.under()) == {"p": {"a": 60}}


def test_what_is_throttled_carries_its_share() -> None:
    """At 25 % of 100, 25 a minute stay with the first; of an account as much is left as of its deployments."""
    pool = shared("pool", Limits(rpm=200))
    narrow = deployment("narrow", of=pool, limits=Limits(rpm=100))
    graph = Graph.of(inventory(asks("p", narrow, B, rpm=60)))
    found = Capacity(graph).under(of_events(graph, [throttle(graph, "deployment:narrow=25%")]))

    assert flows(found) == {"p": {"narrow": 25, "b": 35}}
    assert [(each.pool.name, each.limit) for each in found.carried][:2] == [("narrow rpm", 25), ("pool/main rpm", 50)]


def test_unknown_limits_stay_unknown() -> None:
    """What nobody has stated is taken to carry all, and what lives on it alone is UNKNOWN, not kept."""
    silent = deployment("silent")
    found = outlook(inventory(asks("p", A, silent, rpm=300, minimum=0.5)))

    assert flows(found) == {"p": {"a": 100, "silent": 200}}
    assert found.served["p"].word is Word.UNKNOWN
    assert found.served["p"].unknown == pytest.approx(200)
    assert not found.served["p"].keeps
    assert outlook(inventory(asks("p", A, silent, rpm=300, minimum=0.3))).served["p"].word is Word.WHOLE


def test_unknown_prices_stay_unknown() -> None:
    """100 requests of 1,000 tokens at 2 and 4 dollars a million are 18 dollars an hour; the other 20 are not priced."""
    priced = replace(A, prices=Prices(input=2.0, output=4.0))
    found = outlook(inventory(asks("p", priced, B, rpm=120)))

    assert found.cost == pytest.approx(18.0)
    assert found.unpriced == {"b": pytest.approx(20.0)}


def test_stopped_is_not_short() -> None:
    """Where nobody permitted is left the word is STOPPED: no limit would help."""
    found = outlook(inventory(asks("p", A, rpm=10)), "deployment:a")

    assert found.served["p"].word is Word.STOPPED
    assert found.served["p"].share == 0.0


def test_peaks_come_at_the_same_time_when_asked_for() -> None:
    """--peak takes each process at its own height; --load multiplies everything."""
    held = inventory(asks("p", A, rpm=30, peak=3.0))

    assert outlook(held).served["p"].wanted == 30
    assert outlook(held, assumed=Assumed(at_peak=True)).served["p"].wanted == 90
    assert outlook(held, assumed=Assumed(load=2.0, at_peak=True)).served["p"].wanted == 180


def test_what_to_buy_is_the_least_that_keeps_every_minimum() -> None:
    """Half of 200 at what carries 60: 40 more; with a minimum of all, 140 more."""
    half, whole = (inventory(asks("p", A, B, rpm=200, minimum=share)) for share in (0.5, 1.0))
    for held, to in ((half, 100.0), (whole, 200.0)):
        graph = Graph.of(held)
        found = bill(Capacity(graph), [of_events(graph, [lose(graph, "deployment:a")])])

        assert [(each.pool.name, each.limit, each.to) for each in found.purchases] == [("b rpm", 60, to)]
        assert found.hopeless == ()


def test_what_to_buy_counts_whoever_comes_first() -> None:
    """A lower process gets its 20 only after the 100 graver ones, so the limit must carry 120 of their 1,000 tokens."""
    narrow = deployment("narrow", limits=Limits(tpm=100_000))
    held = inventory(
        asks("grave", A, narrow, rpm=100, criticality="critical", minimum=0.1), asks("low", narrow, rpm=40, minimum=0.5)
    )
    graph = Graph.of(held)
    found = bill(Capacity(graph), [of_events(graph, [lose(graph, "deployment:a")])])

    assert [(each.pool.name, each.to) for each in found.purchases] == [("narrow tpm", 120_000)]


def test_what_to_buy_under_a_surge_is_what_must_be_stated() -> None:
    """Twice as much has to be bought where half of it is taken by others."""
    held = inventory(asks("p", A, B, rpm=100, minimum=1.0))
    graph = Graph.of(held)
    found = bill(Capacity(graph, Assumed(surge=2.0)), [of_events(graph, [lose(graph, "provider:a-provider")])])

    assert [(each.pool.name, each.to) for each in found.purchases] == [("b rpm", 200)]


def test_what_to_buy_is_where_the_fewest_tokens_are_needed() -> None:
    """The second choice would need 90,000 tokens more for those who come first; the third, where nobody is, 20,000."""
    crowded, free = (deployment(name, limits=Limits(tpm=1000)) for name in ("crowded", "free"))
    held = inventory(
        asks("grave", A, crowded, rpm=70, criticality="critical", minimum=0.0),
        asks("low", A, crowded, free, rpm=22, minimum=1.0),
    )
    graph = Graph.of(held)
    found = bill(Capacity(graph), [of_events(graph, [lose(graph, "deployment:a")])])

    assert [(each.pool.name, each.to) for each in found.purchases] == [("free tpm", 22_000)]


def test_what_no_purchase_helps_is_named() -> None:
    """A process with nobody left, and one that lives on what nobody has stated."""
    silent = deployment("silent")
    graph = Graph.of(inventory(asks("gone", A, rpm=10), asks("dark", A, silent, rpm=10)))
    found = bill(Capacity(graph), [of_events(graph, [lose(graph, "deployment:a")])])

    assert found.purchases == ()
    assert {(served.process.id, served.word) for _, served in found.hopeless} == {
        ("gone", Word.STOPPED),
        ("dark", Word.UNKNOWN),
    }


def test_headroom_is_how_far_demand_may_grow() -> None:
    """100 and 60 carry half of 80 up to 4 times that; when the first is lost, up to one and a half times."""
    graph = Graph.of(inventory(asks("p", A, B, rpm=80, minimum=0.5)))
    capacity = Capacity(graph)

    assert headroom(capacity, [ORDINARY]) == pytest.approx(4.0, rel=1e-3)
    assert headroom(capacity, [of_events(graph, [lose(graph, "deployment:a")])]) == pytest.approx(1.5, rel=1e-3)
    assert headroom(Capacity(Graph.of(inventory(asks("p", deployment("silent"), rpm=1)))), [ORDINARY]) == 64.0


def test_single_losses_are_each_told_once() -> None:
    """What takes away the same is one loss with several names; what takes nothing that serves is none."""
    graph = Graph.of(inventory(asks("p", A, B, rpm=1)))
    losses = single(graph)

    assert {loss.names[0]: set(loss.gone) for loss in losses} == {
        "provider:a-provider": {"a"},
        "account:a-provider/main": {"a"},
        "provider:b-provider": {"b"},
        "account:b-provider/main": {"b"},
        "jurisdiction:US": {"a", "b"},
    }
    takes = [(loss.gone, loss.shared) for loss in losses]
    assert len(takes) == len(set(takes))
    assert all(loss.gone for loss in losses)
    named = [name for loss in losses for name in loss.names]
    assert len(named) == len(set(named))


def test_a_process_may_depend_on_something_itself() -> None:
    """Its own gateway takes the whole process, and nobody else."""
    held = inventory(asks("p", A, rpm=10, upstreams=("gateway",)), asks("q", A, rpm=10))
    graph = Graph.of(held)
    (loss,) = [each for each in single(graph) if each.name == "upstream:gateway"]
    found = Capacity(graph).under(loss)

    assert {name: each.word for name, each in found.served.items()} == {"p": Word.STOPPED, "q": Word.WHOLE}


# What is true of every inventory.

NAMES = ("d0", "d1", "d2", "d3")


@st.composite
def worlds(draw: st.DrawFn, *, accounts: bool = False, least: int = 1, size: tuple[int, int] = (1, 3000)) -> Inventory:
    """Up to five processes over four deployments of two providers; limits of `least` at least, requests of a `size`."""
    of = {"rpm": st.none() | st.integers(least, 300), "tpm": st.none() | st.integers(100 * least, 300_000)}
    account, limits = st.builds(Limits, **of), st.builds(Limits, **of)
    providers = [shared(f"p{each}", draw(account) if accounts else Limits()) for each in range(2)]
    supply = {name: deployment(name, of=providers[place % 2], limits=draw(limits)) for place, name in enumerate(NAMES)}
    processes = [
        asks(
            f"x{place}",
            *(supply[name] for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))),
            rpm=draw(st.integers(0, 200)),
            tokens=draw(st.integers(*size)),
            criticality=draw(st.sampled_from(list(RANKS))),
        )
        for place in range(draw(st.integers(1, 5)))
    ]
    return inventory(*processes)


def grown(held: Inventory, name: str, times: float) -> Inventory:
    """The same with one deployment's limits raised."""

    def raised(one: Deployment) -> Deployment:
        if one.id != name:
            return one
        limits = one.limits
        return replace(
            one,
            limits=Limits(
                rpm=limits.rpm and int(limits.rpm * times) + 1, tpm=limits.tpm and int(limits.tpm * times) + 1
            ),
        )

    return inventory(*(replace(each, routes=tuple(map(raised, each.routes))) for each in held.processes.values()))


@settings(max_examples=300, deadline=None)
@given(worlds(), st.sampled_from(NAMES), st.floats(1.0, 20.0))
def test_more_limits_never_serve_less(held: Inventory, name: str, times: float) -> None:
    """Raising the limits of a deployment leaves no process with less than it had."""
    before, after = outlook(held), outlook(grown(held, name, times))

    for each, served in before.served.items():
        assert after.served[each].rpm >= served.rpm - 1e-6 * max(1.0, served.rpm)


def test_within_an_account_more_for_one_may_be_less_for_another() -> None:
    """The exception to that: a larger part of an account that is itself limited is taken from the other parts."""
    held = shared("held", Limits(rpm=100))
    one, two = (deployment(name, of=held, limits=Limits(rpm=rpm)) for name, rpm in (("one", 20), ("two", 100)))
    narrow, wide = (
        outlook(inventory(asks("p", first, rpm=100), asks("q", two, rpm=100)))
        for first in (one, replace(one, limits=Limits(rpm=80)))
    )

    assert flows(narrow) == {"p": {"one": 20}, "q": {"two": 80}}
    assert flows(wide) == {"p": {"one": 50}, "q": {"two": 50}}


@settings(max_examples=300, deadline=None)
@given(worlds(accounts=True))
def test_nothing_grave_is_shed_while_something_lower_is_served(held: Inventory) -> None:
    """Where a process is not served whole, no lower one is served by anything that it may use."""
    found = outlook(held)
    for each in found.served.values():
        if each.rpm >= each.wanted * (1 - 1e-6):
            continue
        for other in found.served.values():
            lower = RANKS[other.process.criticality] > RANKS[each.process.criticality]
            taken = sum(other.by.get(option, 0.0) for option in each.options) if lower else 0.0

            assert taken <= 1e-6 * max(1.0, other.wanted)


@settings(max_examples=300, deadline=None)
@given(worlds(accounts=True))
def test_nothing_is_served_beyond_a_limit_or_a_demand(held: Inventory) -> None:
    """What lands on a limit is what its drinkers were served, and never more than it is worth."""
    found = outlook(held)
    for carried in found.carried:
        kind, _, owner = carried.pool.owner.partition(":")
        mine = {
            name
            for name, each in held.deployments.items()
            if owner == (name if kind == "deployment" else f"{each.provider.id}/main")
        }
        sizes = {each.process.id: each.process.demand for each in found.served.values()}
        landed = sum(
            rpm * (1 if carried.pool.word == "rpm" else sizes[name].tokens_in + sizes[name].tokens_out)
            for name, each in found.served.items()
            for by, rpm in each.by.items()
            if by in mine
        )

        assert carried.used == pytest.approx(landed, abs=1e-4)
        assert carried.used <= carried.limit * (1 + 1e-6)
    for each in found.served.values():
        assert each.rpm <= each.wanted * (1 + 1e-9)
        assert each.wanted == 0 or bool(each.bound) == (each.rpm < each.wanted * (1 - 1e-9))


@settings(max_examples=200, deadline=None)
@given(worlds(accounts=True), st.randoms(use_true_random=False))
def test_the_order_of_the_file_changes_nothing(held: Inventory, chance: Random) -> None:
    """Processes are served by criticality and demand, wherever they stand."""
    shuffled = list(held.processes.values())
    chance.shuffle(shuffled)
    before, after = outlook(held), outlook(inventory(*shuffled))

    for name, each in before.served.items():
        assert after.served[name].rpm == pytest.approx(each.rpm, rel=1e-6, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(worlds(accounts=True, least=50, size=(200, 1000)))
def test_pouring_agrees_with_serving_drop_by_drop(held: Inventory) -> None:
    """The exact answer is that of handing out a thousandth of each demand after another, gravest first."""
    steps = 1000
    found = outlook(held)
    pools = Capacity(Graph.of(held)).pools
    room = [pool.limit for pool in pools.all]
    served = dict.fromkeys(held.processes, 0.0)
    for rank in range(4):
        alike = [each for each in held.processes.values() if RANKS[each.criticality] == rank]
        for _ in range(steps):
            for each in alike:
                drop = each.demand.rpm / steps
                size = each.demand.tokens_in + each.demand.tokens_out
                for option in each.routes:
                    takes = [
                        (index, drop if pools.all[index].word == "rpm" else drop * size)
                        for index in pools.of[option.id]
                    ]
                    if all(room[index] >= amount - 1e-9 for index, amount in takes):
                        for index, amount in takes:
                            room[index] -= amount
                        served[each.id] += drop
                        break
    total = sum(each.demand.rpm for each in held.processes.values())

    for name, rpm in served.items():
        assert found.served[name].rpm == pytest.approx(rpm, abs=0.02 * total + 2)


def test_a_loss_takes_from_whom_it_says() -> None:
    """Deployments that are gone for one process alone stay for the others."""
    graph = Graph.of(inventory(asks("p", A, rpm=10), asks("q", A, rpm=10)))
    found = Capacity(graph).under(Loss(names=("x",), said="x", shared=False, gone_for={"p": frozenset({"a"})}))

    assert flows(found) == {"p": {}, "q": {"a": 10}}


@settings(max_examples=40, deadline=None)
@given(worlds(accounts=True, least=20, size=(200, 1000)))
def test_what_is_bought_keeps_every_minimum(held: Inventory) -> None:
    """With the limits of the bill nobody falls short under any single loss, but for those whom no limit helps."""
    graph = Graph.of(held)
    capacity = Capacity(graph)
    losses = single(graph)
    found = bill(capacity, losses)
    bought = {each.pool: each.to for each in found.purchases}
    limits = [bought.get(pool, pool.limit) for pool in capacity.pools.all]
    hopeless = {(loss.names, served.process.id) for loss, served in found.hopeless}

    for loss in losses:
        for each in capacity.under(loss, limits).falls_short:
            assert (loss.names, each.process.id) in hopeless
