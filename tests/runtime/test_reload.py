"""Another inventory put in the place of one that is in use: at once, as a whole, and nothing lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from support.inventories import deployment, inventory, process, provider

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.context import NOBODY
from modelrouter.core.faults import Fault
from modelrouter.core.inventory import Limits, Objectives
from modelrouter.core.load import NOTHING
from modelrouter.errors import InventoryError, RequestFailedError, UnknownNameError
from modelrouter.inventory.loader import parse
from modelrouter.providers.resolved import Resolved
from modelrouter.router import Router
from modelrouter.runtime.holdfile import default_path
from modelrouter.runtime.leases import Lease, Refusal, Terms
from modelrouter.testing import ManualClock, Recorder, ScriptedProvider, status, stream, text

KEY_WRONG = (
    '{"error": {"message": "Incorrect API key provided", "type": "invalid_request_error", "code": "invalid_api_key"}}'
)


def routed(scripts, first, **more) -> tuple[Router, ScriptedProvider, Recorder, ManualClock]:
    """A router over scripted providers, with what it tells."""
    played, recorder, clock = ScriptedProvider(scripts), Recorder(), ManualClock()
    router = Router(first, clients=played.clients(), clock=clock, observers=[recorder], hold_file=None, **more)
    return router, played, recorder, clock


def one(name="a", **facts):
    """An inventory whose process `claims` goes to one deployment."""
    return inventory(process("claims", deployment(name, **facts)))


def test_the_next_request_goes_where_the_new_inventory_says():
    """A new deployment serves the next request, a process that is gone is unknown, and both are told."""
    router, _, recorder, _ = routed({"a": [text("old")], "b": [text("new")]}, one("a"))
    with router:
        assert router.chat("claims", "hi").decision.served_by == "a"

        reloaded = router.reload(inventory(process("letters", deployment("b"))))

        assert router.chat("letters", "hi").decision.served_by == "b"
        with pytest.raises(UnknownNameError):
            router.chat("claims", "hi")
    assert {edit.path for edit in reloaded.edits} >= {"deployments.a", "deployments.b", "processes.claims"}
    assert recorder.reloads == [reloaded]
    assert router.inventory is reloaded.after


def test_a_wrong_file_changes_nothing(tmp_path):
    """The error is raised and told; the old inventory serves on."""
    wrong = tmp_path / "providers.yaml"
    wrong.write_text("inventory: x\nprocesses: {claims: {routes: [nothing]}}\n")
    router, _, recorder, _ = routed({"a": [text("old")]}, one("a"))
    with router:
        with pytest.raises(InventoryError) as caught:
            router.reload(wrong)

        assert router.chat("claims", "hi").decision.served_by == "a"
    assert recorder.reloads == [caught.value]
    assert caught.value.problems[0].line > 0


def test_who_renames_the_inventory_keeps_what_is_held():
    """The hold file is that of the place: renamed and read again, or by another process, it is the same."""
    clients = ScriptedProvider({"a": [text("ok")]}).clients()
    renamed = replace(one(), name="renamed")
    with Router(one(), observers=[], clients=clients) as running, structlog.testing.capture_logs() as lines:
        running.hold("deployment:a", "by hand")
        running.reload(renamed)
        with Router(renamed, observers=[], clients=clients) as another:
            seen = another.holds()

    assert ["by hand"] == [hold.reason for hold in seen]
    assert [] == lines


def test_an_inventory_from_another_place_leaves_the_hold_file_and_says_so():
    """Commands for the new one would look elsewhere, which nobody should have to find out; a file of one's choice is that."""
    moved = replace(one(), path="elsewhere.yaml")
    clients = ScriptedProvider({}).clients()
    with structlog.testing.capture_logs() as lines:
        with Router(one(), observers=[], clients=clients) as router:
            router.reload(moved)
        with routed({}, one())[0] as chosen:
            chosen.reload(moved)

    (warned,) = lines
    assert "hold file kept" in warned["event"]
    assert [str(default_path(each)) for each in (one(), moved)] == [warned["path"], warned["usual"]]


def test_holds_of_domains_that_stay_stand_and_others_end():
    """A hold stands where its domain stays; that of a domain that is gone ends and is told; an operator's never ends."""
    a, b, c = deployment("a"), deployment("b"), deployment("c")
    router, _, recorder, _ = routed({"a": [status(401, KEY_WRONG)], "b": [text("ok")]}, inventory(process("p", a, b)))
    with router:
        router.chat("p", "hi")
        router.hold("provider:a-provider", "by hand")
        router.hold("provider:b-provider", "by hand")
        before = {str(hold.domain) for hold in router.holds()}

        kept = router.reload(inventory(process("p", replace(a, prices=None, limits=Limits(rpm=5)), b)))
        middle = {str(hold.domain) for hold in router.holds()}
        gone = router.reload(inventory(process("p", b, c)))

    assert before == middle == {"key:a-provider/main", "provider:a-provider", "provider:b-provider"}
    assert kept.ended == ()
    assert [str(hold.domain) for hold in gone.ended] == ["key:a-provider/main"]
    assert {str(hold.domain) for hold in router.holds()} == {"provider:a-provider", "provider:b-provider"}
    last = recorder.changes[-1]
    assert (str(last.domain), last.after) == ("key:a-provider/main", None)


@pytest.mark.parametrize(("key", "ends"), [("env:NEW", True), ("env:OLD", False)])
def test_a_key_that_changed_ends_what_its_old_one_caused(key, ends):
    """Held for a wrong key, a deployment is called again once the inventory names another key, and not before."""
    old = one("a", of=provider("p", key="env:OLD"))
    router, played, _, _ = routed({"a": [status(401, KEY_WRONG), text("ok")]}, old)
    with router:
        with pytest.raises(RequestFailedError):
            router.chat("claims", "hi")

        router.reload(one("a", of=provider("p", key=key)))

        if ends:
            assert router.chat("claims", "hi").status == 200
        else:
            with pytest.raises(RequestFailedError):
                router.chat("claims", "hi")
    assert played.count("a") == 1 + ends


def test_a_call_of_the_old_key_does_not_hold_the_new_one():
    """What a call that began before the reload learns of its key is history."""
    state_of = routed({}, one("a", of=provider("p", key="env:OLD")))[0]
    old = state_of.inventory.deployments["a"]
    lease = state_of._state.acquire(old)
    state_of.reload(one("a", of=provider("p", key="env:NEW")))

    changes = state_of._state.apply(lease, _fault())

    assert changes == []
    assert state_of.holds() == ()
    fresh = state_of._state.acquire(state_of.inventory.deployments["a"])
    assert [str(change.domain) for change in state_of._state.apply(fresh, _fault())] == ["key:p/main"]


def _fault():
    return Fault(cause=Cause.AUTH, scope=Scope.KEY, rule="test", evidence="wrong", stated=True)


@pytest.mark.parametrize("end", ["apply", "abandon", "show", "fault"])
@pytest.mark.parametrize("shape", ["removed", "moved", "same"])
def test_a_call_under_way_reports_whatever_became_of_its_deployment(end, shape):
    """Every report of a call that began before is taken in peace, and leaves no call counted."""
    router = routed({}, one("a"))[0]
    state, old = router._state, router.inventory.deployments["a"]
    lease = state.acquire(old)
    waiting = type("W", (), {"moved": lambda *_: None})()
    state.wait(old, waiting)
    place = state.enter(old, NOTHING, lambda: None)
    after = {"removed": one("b"), "moved": one("a", url="http://elsewhere.test/v1"), "same": one("a")}[shape]

    router.reload(after)

    state.quit(old, place)
    state.unwait(old, waiting)
    assert state.posts.of(old).patience_s(streamed=True) > 0
    assert state.posts.of(old).load.idle.limit_s > 0
    if end == "show":
        lease, _ = state.show(lease)
    if end == "abandon":
        state.abandon(lease)
    else:
        state.apply(lease, _fault() if end == "fault" else None)
    assert [post.deployment.id for post in state.posts.everybody() if post.busy] == []
    if shape == "removed":
        assert state.holds() == ()


def test_a_request_that_goes_on_with_a_deployment_that_is_gone_holds_nothing():
    """It may call what it began with; a failure there opens no hold of what the inventory does not have any more."""
    router = routed({}, one("a"))[0]
    state, old = router._state, router.inventory.deployments["a"]
    router.reload(one("b"))

    lease = state.acquire(old)

    assert isinstance(lease, Lease)
    assert state.apply(lease, _fault()) == []
    assert router.holds() == ()


def test_what_was_learned_and_who_waits_survive_where_the_deployment_stays():
    """Calls under way count against the new limits, waiting places keep their order, learned times stay."""
    limited = Limits(concurrency=1)
    router = routed({}, one("a", limits=limited))[0]
    state, old = router._state, router.inventory.deployments["a"]
    lease = state.acquire(old)
    called = []
    place = state.enter(old, NOTHING, lambda: called.append("again"))

    router.reload(one("a", limits=Limits(concurrency=2)))

    new = router.inventory.deployments["a"]
    assert called == ["again"]
    assert isinstance(state.acquire(new, Terms(place=place)), Lease)
    assert isinstance(state.acquire(new), Refusal)
    assert {post.load for post in state.posts.everybody()} == {lease.load}
    assert lease.load.in_flight == 2
    state.quit(old, place)
    state.apply(lease, None)
    assert state.posts.of(new).patience_s(streamed=False) == state.posts.of(old).patience_s(streamed=False)


def test_a_deployment_at_another_place_begins_anew():
    """What was learned of one address says nothing of another."""
    router = routed({}, one("a"))[0]
    state, old = router._state, router.inventory.deployments["a"]

    router.reload(one("a", url="http://elsewhere.test/v1"))

    assert state.posts.of(router.inventory.deployments["a"]).load is not state.posts.of(old).load


def test_a_stream_goes_on_over_reloads():
    """A stream whose deployment was removed comes to its proper end, whole."""

    async def scene():
        router, *_ = routed({"a": [stream(["one ", "two ", "three"])]}, one("a"))
        async with router:
            answer = await router.achat("claims", "hi", stream=True)
            blocks = []
            async with answer:
                async for block in answer:
                    blocks.append(block)
                    router.reload(one("b"))
            return b"".join(blocks), [post.deployment.id for post in router._state.posts.everybody() if post.busy]

    content, busy = asyncio.run(scene())
    assert b"three" in content
    assert b"[DONE]" in content
    assert busy == []


def test_what_calling_a_deployment_needs_is_found_for_each_that_has_its_name():
    """Old and new of one name never get what is the other's, in whichever order they ask; equal ones share it."""
    old, new = (deployment("a", url=f"http://{place}.test/v1") for place in ("old", "new"))
    found = []

    def find(asked):
        found.append(asked.url)
        return asked.url

    async def scene():
        resolved = Resolved(find)
        return [await resolved.of(each) for each in (old, new, replace(new), old, new)]

    assert asyncio.run(scene()) == [old.url, new.url, new.url, old.url, new.url]
    assert found == [old.url, new.url, old.url, new.url]


def version(number: int):
    """Inventory number n: its process goes to deployments of its own; the second is reached when the first fails."""
    first, second = (deployment(f"{place}-{number % 2}", region=f"r{number}") for place in ("bad", "good"))
    return inventory(process("claims", first, second, objectives=Objectives(deadline_s=20.0)))


def test_two_hundred_requests_under_twenty_reloads():
    """None fails, and every one stays with the deployments of the inventory in which it began."""

    async def scene():
        gate = status(503, '{"error": {"message": "unavailable"}}')
        scripts = {f"bad-{n}": [gate] * 400 for n in (0, 1)} | {f"good-{n}": [text("ok")] * 400 for n in (0, 1)}
        played = ScriptedProvider(scripts)
        router = Router(version(0), clients=played.clients(), observers=(), hold_file=None)
        decisions = []

        async def ask(number):
            await asyncio.sleep(number * 0.002)
            answer = await router.achat("claims", "hi")
            decisions.append(answer.decision)

        async def reload():
            for number in range(1, 21):
                await asyncio.to_thread(router.reload, version(number))
                await asyncio.sleep(0.02)

        async with router:
            await asyncio.gather(reload(), *map(ask, range(200)))
        return decisions

    decisions = asyncio.run(scene())
    assert len(decisions) == 200
    assert {decision.outcome for decision in decisions} == {"served"}
    for decision in decisions:
        versions = {attempt.deployment.rpartition("-")[2] for attempt in decision.trail}
        assert len(versions | {decision.served_by.rpartition("-")[2]}) == 1


NAMES = st.sampled_from(["a", "b", "c", "d"])


@st.composite
def inventories(draw):
    """Small inventories that have names in common, and facts that differ."""
    kinds = st.fixed_dictionaries(
        {
            "region": st.sampled_from(["eu", "us"]),
            "context": st.sampled_from([1_000, 100_000]),
            "capabilities": st.sampled_from([frozenset(), frozenset({"tools"})]),
            "limits": st.sampled_from([Limits(), Limits(rpm=60), Limits(concurrency=2)]),
        }
    )
    made = {name: deployment(name, **draw(kinds)) for name in draw(st.sets(NAMES, min_size=1))}
    routes = st.lists(st.sampled_from(sorted(made)), min_size=1, unique=True)
    named = draw(st.sets(st.sampled_from(["p", "q"]), min_size=1))
    return inventory(*(process(name, *(made[each] for each in draw(routes))) for name in sorted(named)))


@settings(max_examples=60, deadline=None)
@given(st.lists(inventories(), min_size=2, max_size=4), st.sampled_from(["p", "q"]), st.booleans())
def test_a_reload_decides_as_a_router_that_never_knew_another(several, name, tools):
    """Whatever the inventories, after the last of them the decisions are those of a router made with it."""
    scripts = {each: [status(503, "{}"), *[text(each)] * 9] for each in ("a", "b", "c", "d")}
    more = {"tools": [{"type": "function", "function": {"name": "f"}}]} if tools else {}

    def outcome(router):
        with router:
            try:
                decision = router.chat(name, "hi", **more).decision
            except UnknownNameError:
                return "unknown"
            except RequestFailedError as error:
                decision = error.decision
            tried = [(attempt.deployment, attempt.status) for attempt in decision.trail]
            excluded = [(each.deployment.id, each.rule) for each in decision.excluded]
            return tried, excluded, decision.outcome, [*router.inventory.processes, *router.inventory.deployments]

    reloaded = routed(scripts, several[0])[0]
    for each in several[1:]:
        reloaded.explain(next(iter(reloaded.inventory.processes)), NOBODY)
        reloaded.reload(each)
    assert outcome(reloaded) == outcome(routed(scripts, several[-1])[0])
    assert reloaded._state.posts.domains == routed({}, several[-1])[0]._state.posts.domains


def test_signatures_are_read_anew():
    """An operator's own rule holds from the reload on."""
    text_of = (
        "inventory: x\nproviders: {p: {company: P, headquarters: US, local: true}}\n"
        "models: {m: {developer: p, family: f, context: 8k}}\n"
        'deployments: {d: {provider: p, model: m, url: "http://localhost:1/v1"}}\n'
        "processes: {claims: {owner: o, routes: [d]}}\n"
    )
    rule = "signatures: [{id: own, cause: suspended, scope: account, text: moon is full}]\n"
    full = status(403, '{"error": {"message": "the moon is full"}}')
    router, *_ = routed({"d": [full, full]}, parse(text_of))
    with router:
        with pytest.raises(RequestFailedError) as before:
            router.chat("claims", "hi")
        for hold in router.holds():
            router.release(str(hold.domain))
        reloaded = router.reload(parse(text_of + rule))
        with pytest.raises(RequestFailedError) as after:
            router.chat("claims", "hi")

    assert [edit.path for edit in reloaded.edits] == ["signatures.own"]
    assert str(before.value.fault.cause) != "suspended"
    assert str(after.value.fault.cause) == "suspended"
