"""Room and patience, in virtual time: who waits for a place is served, and silence is judged by what was seen."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from crowds.provider import Crowded, Place
from support.inventories import deployment, inventory, process

from modelrouter import Router
from modelrouter.core.inventory import Limits, Objectives
from modelrouter.errors import NoRouteError, RequestFailedError, StreamCutError
from modelrouter.testing import ScriptedProvider, VirtualTime, silent, stream, text

A, B = deployment("a"), deployment("b")


def play(promise, provider, *routes, deadline_s=60.0, luck=0.5):
    """Run a promise with a router for process `p` over these deployments."""
    time = VirtualTime(luck=luck)
    described = inventory(process("p", *routes, objectives=Objectives(deadline_s=deadline_s)))

    async def whole():
        router = Router(described, observers=[], clients=provider.clients(), clock=time, hold_file=None)
        async with router:
            return await promise(router, time)

    return time.run(whole())


async def asked(router, *, streamed=True):
    """The decision of one request, whose answer was read to its end."""
    answer = await router.achat("p", "x", stream=streamed)
    while await answer.block():
        pass
    return answer.decision


@pytest.mark.parametrize("streamed", [True, False])
def test_a_request_waits_for_room_and_is_served(streamed):
    """Where the only deployment carries all it can, a request waits for a place, and its provider never sees a crowd."""
    provider = Crowded(a=Place(takes_s=2.0, at_once=2))

    async def promise(router, time):
        decisions = await asyncio.gather(*(asked(router, streamed=streamed) for _ in range(6)))
        return decisions, time.now()

    decisions, took = play(promise, provider, deployment("a", limits=Limits(concurrency=2)))
    place = provider.places["a"]

    assert {"a"} == {decision.served_by for decision in decisions}
    assert (2, 0, 6) == (place.most, place.refused, place.calls)
    assert 6.0 == pytest.approx(took, abs=0.5)
    assert any("a: not called, it carries all it can" in str(attempt) for each in decisions for attempt in each.trail)


def test_who_finds_no_room_goes_on_without_waiting():
    """Where the next deployment has room, nobody waits for the first."""
    provider = Crowded(a=Place(takes_s=2.0, at_once=1), b=Place(takes_s=2.0))

    async def promise(router, time):
        decisions = await asyncio.gather(*(asked(router) for _ in range(5)))
        return decisions, time.now()

    decisions, took = play(promise, provider, deployment("a", limits=Limits(concurrency=1)), B)

    assert ["a", "b", "b", "b", "b"] == sorted(decision.served_by for decision in decisions)
    assert 2.0 == pytest.approx(took, abs=0.1)


def test_a_full_house_says_so_and_when_to_come_back():
    """Where there will be no room in time, the caller gets a 429 with a wait after which there is room."""
    provider = Crowded(a=Place(takes_s=0.1))
    only = deployment("a", limits=Limits(rpm=6))

    async def promise(router, time):
        for _ in range(6):
            await asked(router)
        with pytest.raises(NoRouteError) as raised:
            await asked(router)
        failed_at = time.now()
        wait = int(raised.value.headers["retry-after"])
        await asyncio.sleep(wait)
        return raised.value, failed_at, wait, await asked(router)

    error, failed_at, wait, later = play(promise, provider, only, deadline_s=8.0)

    assert 429 == error.status
    assert "runtime.full" == error.fault.rule
    assert failed_at < 8.0
    assert 1 <= wait <= 11
    assert "a=full" in error.headers["x-modelrouter-trail"]
    assert "a: not called, it carries all it can" in str(error.decision)
    assert ("a", 1) == (later.served_by, later.calls)


def test_who_gives_up_waiting_keeps_nobody_behind_him():
    """A caller who leaves while he waits for room leaves his place as well."""
    provider = Crowded(a=Place(takes_s=1.0, at_once=1))

    async def promise(router, _):
        first, gone, after = (asyncio.create_task(asked(router)) for _ in range(3))
        await asyncio.sleep(0.5)
        gone.cancel()
        with suppress(asyncio.CancelledError):
            await gone
        return await first, await after

    decisions = play(promise, provider, deployment("a", limits=Limits(concurrency=1)))

    assert ["a", "a"] == [decision.served_by for decision in decisions]
    assert 2 == provider.places["a"].calls


@pytest.mark.parametrize(("before", "least", "most"), [(0, 9.9, 10.2), (100, 1.9, 2.2)])
def test_the_first_token_is_waited_for_as_long_as_it_usually_takes(before, least, most):
    """A deployment that was quick a hundred times is left after 2 s of silence; one that nobody knows after 10 s."""
    provider = ScriptedProvider({"a": [stream(["ok"])], "b": [stream(["ok"])]})

    async def promise(router, time):
        for _ in range(before):
            await asked(router)
        provider.play("a", [silent()])
        begun = time.now()
        return await asked(router), time.now() - begun

    decision, took = play(promise, provider, A, B)

    assert "b" == decision.served_by
    assert least <= took <= most
    assert ["timeout"] == [str(attempt.fault.cause) for attempt in decision.trail if attempt.fault]


@pytest.mark.parametrize(("before", "least", "most"), [(0, 14.9, 15.2), (100, 4.9, 5.2)])
def test_a_stream_may_pause_as_long_as_streams_usually_do(before, least, most):
    """A stream of a deployment that never paused is cut after 5 s of silence; of one that nobody knows after 15 s."""
    provider = ScriptedProvider({"a": [stream(["ok"])]})

    async def promise(router, time):
        for _ in range(before):
            await asked(router)
        provider.play("a", [stream(["ok"], silent=True)])
        begun = time.now()
        answer = await router.achat("p", "x", stream=True)
        with pytest.raises(StreamCutError, match="no event for"):
            [event async for event in answer.events()]
        return time.now() - begun

    assert least <= play(promise, provider, A) <= most


def test_a_whole_answer_is_waited_for_as_long_as_they_usually_take():
    """A deployment whose whole answers came at once a hundred times is left after 10 s, not at half the deadline."""
    provider = ScriptedProvider({"a": [text("ok")], "b": [text("ok")]})

    async def promise(router, time):
        for _ in range(100):
            await asked(router, streamed=False)
        provider.play("a", [silent()])
        begun = time.now()
        return await asked(router, streamed=False), time.now() - begun

    decision, took = play(promise, provider, A, B)

    assert "b" == decision.served_by
    assert 10.0 == pytest.approx(took, abs=0.2)


@pytest.mark.parametrize("streamed", [True, False])
def test_a_lone_deployment_is_given_all_the_time_there_is(streamed):
    """Where nobody else could answer, a slow deployment is not left before the deadline, however quick it was."""
    provider = Crowded(a=Place(takes_s=0.1))

    async def promise(router, time):
        for _ in range(100):
            await asked(router, streamed=streamed)
        provider.places["a"].takes_s = 50.0
        begun = time.now()
        decision = await asked(router, streamed=streamed)
        took = time.now() - begun
        provider.places["a"].takes_s = 70.0
        with pytest.raises(RequestFailedError) as raised:
            await asked(router, streamed=streamed)
        return decision, took, raised.value

    decision, took, error = play(promise, provider, A)

    assert ("a", 1) == (decision.served_by, decision.calls)
    assert 50.0 == pytest.approx(took, abs=0.2)
    assert 504 == error.status
