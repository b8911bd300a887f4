"""What happens over seconds, minutes and hours, in virtual time."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import NamedTuple

import pytest
from support.inventories import deployment, inventory, process

from modelrouter import Context, Router
from modelrouter.core.inventory import Objectives
from modelrouter.errors import DeadlineError, RequestFailedError, StreamCutError
from modelrouter.testing import ScriptedProvider, VirtualTime, broken, silent, status, stream, text

A, B = deployment("a"), deployment("b")
KEY_REVOKED = (
    '{"error": {"message": "Incorrect API key provided", "type": "invalid_request_error", "code": "invalid_api_key"}}'
)
DISABLED = '{"error": {"type": "invalid_request_error", "message": "This organization has been disabled."}}'
GEOFENCED = '{"error": {"code": "unsupported_country_region_territory", "message": "Country not supported"}}'
THROTTLED = '{"error": {"message": "Rate limit reached", "type": "requests", "code": "rate_limit_exceeded"}}'


class Stage(NamedTuple):
    """What a promise plays with."""

    router: Router
    scripted: ScriptedProvider
    time: VirtualTime


def play(scripts, promise, *, deadline_s=60.0, luck=0.999):
    """Run a promise with a router over scripts, on a clock that hurries."""
    time = VirtualTime(luck=luck)
    scripted = ScriptedProvider(scripts)
    described = inventory(process("p", A, B, objectives=Objectives(deadline_s=deadline_s)))

    async def whole():
        router = Router(described, observers=[], clients=scripted.clients(), clock=time, hold_file=None)
        async with router:
            return await promise(Stage(router, scripted, time))

    return time.run(whole())


async def served(router, **options):
    """Who serves one request."""
    return (await router.achat("p", "x", **options)).decision.served_by


def test_a_silent_primary_costs_ten_seconds_cold_and_nothing_then():
    """A stream whose first token never comes is answered elsewhere within 12 s, and at once afterwards."""

    async def promise(at):
        took = []
        for _ in range(4):
            begun = at.time.now()
            await (await at.router.achat("p", "x", stream=True)).aclose()
            took.append(at.time.now() - begun)
        return took

    took = play({"a": [silent()], "b": [stream("ok")]}, promise)

    assert took[0] <= 12
    assert [0, 0, 0] == [round(seconds, 3) for seconds in took[1:]]


def test_nobody_waits_for_a_trial_of_a_silent_deployment():
    """While a primary stays silent, its trials run beside answers from elsewhere; when it is back, it is used again."""

    async def promise(at):
        took = []
        for _ in range(60):
            begun = at.time.now()
            await (await at.router.achat("p", "x", stream=True)).aclose()
            took.append(at.time.now() - begun)
            await asyncio.sleep(2)
        tried = at.scripted.count("a")
        at.scripted.play("a", [stream("ok")])
        await asyncio.sleep(70)
        await (await at.router.achat("p", "x", stream=True)).aclose()
        await asyncio.sleep(10)
        async with await at.router.achat("p", "x", stream=True) as answer:
            return took, tried, answer.decision.served_by

    took, tried, last = play({"a": [silent()], "b": [stream("ok")]}, promise)

    assert [0] * 59 == [round(seconds, 3) for seconds in took[1:]]
    assert 3 <= tried <= 20
    assert "a" == last


def test_retry_after_is_kept_to_the_second():
    """After `retry-after: 7` the deployment is not called for 7 s, then it is."""

    async def promise(at):
        seen = []
        for _ in range(10):
            seen.append(await served(at.router))
            await asyncio.sleep(1)
        return seen

    seen = play({"a": [status(429, THROTTLED, {"retry-after": "7"}), text("a")], "b": [text("b")]}, promise)

    assert ["b"] * 7 + ["a"] * 3 == seen


def test_a_revoked_key_is_probed_each_minute_and_tried_once():
    """A revoked key costs one call; a free probe each minute finds it back, and one call proves it."""

    async def promise(at):
        at.scripted.listed = False
        for _ in range(300):
            await served(at.router)
            await asyncio.sleep(1)
        wasted, probes = at.scripted.count("a"), len(at.scripted.listings)
        at.scripted.listed = True
        await asyncio.sleep(80)
        return wasted, probes, [await served(at.router) for _ in range(2)]

    wasted, probes, after = play({"a": [status(401, KEY_REVOKED), text("a")], "b": [text("b")]}, promise)

    assert 1 == wasted
    assert 3 <= probes <= 5
    assert ["a", "a"] == after


def test_a_suspended_account_returns_in_steps():
    """A suspended account is probed for free after 5 minutes, then tried once, then ramped."""

    async def promise(at):
        at.scripted.listed = False
        first = [await served(at.router) for _ in range(20)]
        await asyncio.sleep(295)
        none_yet = len(at.scripted.listings)
        at.scripted.listed = True
        await asyncio.sleep(10)
        trial = await served(at.router)
        ramp = [await served(at.router) for _ in range(20)]
        await asyncio.sleep(4)
        return first, none_yet, trial, ramp, await served(at.router)

    first, none_yet, trial, ramp, last = play({"a": [status(400, DISABLED), text("a")], "b": [text("b")]}, promise)

    assert ["b"] * 20 == first
    assert 0 == none_yet
    assert ["a", "b", "a"] == [trial, ramp[0], last]


def test_a_geofence_is_tried_after_a_quarter_of_an_hour_and_not_before():
    """A geofenced provider is left alone for 15 minutes, whatever else happens."""

    async def promise(at):
        for _ in range(15):
            await served(at.router)
            await asyncio.sleep(59.9)
        before = at.scripted.count("a")
        await asyncio.sleep(2)
        return before, await served(at.router)

    assert (1, "a") == play({"a": [status(403, GEOFENCED), text("a")], "b": [text("b")]}, promise)


def test_an_outage_of_a_minute_costs_few_calls_and_ends_soon():
    """In an outage of 60 s a dead primary is tried ever more rarely, and is back within a minute after it."""

    async def promise(at):
        back = None
        for second in range(180):
            if second == 60:
                at.scripted.play("a", [text("a")])
            who = await served(at.router)
            if back is None and second > 60 and who == "a":
                back = second
            await asyncio.sleep(1)
        return at.scripted.failed("a"), back

    failed, back = play({"a": [broken()], "b": [text("b")]}, promise)

    assert failed <= 9
    assert back is not None
    assert back <= 120


def test_a_stalled_stream_is_cut_after_fifteen_seconds():
    """A stream that stops between tokens does not hang: it ends with an error after the idle limit."""

    async def promise(at):
        begun = at.time.now()
        answer = await at.router.achat("p", "x", stream=True)
        with pytest.raises(StreamCutError, match="no event for 15 s"):
            [event async for event in answer.events()]
        return at.time.now() - begun

    assert 15 == pytest.approx(play({"a": [stream("ab", silent=True)], "b": [text("b")]}, promise), abs=1.1)


def test_a_slow_consumer_is_not_a_stalled_provider():
    """Time that the caller takes between two events counts against nobody."""

    async def promise(at):
        pieces = []
        async for event in (await at.router.achat("p", "x", stream=True)).events():
            pieces.append(event)
            await asyncio.sleep(60)
        return len(pieces)

    assert 5 == play({"a": [stream("abc")], "b": [text("b")]}, promise)


def test_a_caller_in_haste_holds_nobody():
    """Deadlines of callers that are shorter than what their process grants are nobody's fault."""

    async def promise(at):
        for _ in range(4):
            with pytest.raises(DeadlineError):
                await at.router.achat("p", "x", context=Context(deadline_s=0.2))
        return at.router.holds()

    assert () == play({"a": [silent()], "b": [silent()]}, promise)


def test_a_stream_that_always_cuts_is_held():
    """First content is no success: a deployment whose streams always break off is left alone."""

    async def promise(at):
        for _ in range(8):
            with suppress(StreamCutError):
                [event async for event in (await at.router.achat("p", "x", stream=True)).events()]
        return at.scripted.count("a"), [str(hold.domain) for hold in at.router.holds()]

    cut = stream("ab", breaks="ClientPayloadError: cut")

    assert (3, ["endpoint:http://a.test"]) == play({"a": [cut], "b": [stream("ok")]}, promise)


def test_a_ramp_ends_however_often_it_is_waived():
    """The last deployment on its way back serves everybody, and is back for good after its ramp."""

    async def promise(at):
        for _ in range(2):
            with pytest.raises(RequestFailedError):
                await at.router.achat("a", "x")
        answers = []
        for _ in range(60):
            answers.append((await at.router.achat("a", "x")).text)
            await asyncio.sleep(0.1)
        return set(answers), at.router.holds()

    assert ({"a"}, ()) == play({"a": [*[broken()] * 4, text("a")], "b": [text("b")]}, promise)


def test_what_an_order_hid_is_probed_again_when_it_ends():
    """A legal hold beneath an order of some seconds bars calls at once after it, and comes back by its probe."""

    async def promise(at):
        await served(at.router)
        at.router.hold("family:a-family", "by hand", for_s=5.0)
        await asyncio.sleep(5.0)
        calls = at.scripted.count("a")
        at.scripted.play("a", [text("ok")])
        after = await served(at.router)
        await asyncio.sleep(1500)
        last = [await served(at.router) for _ in range(3)]
        await asyncio.sleep(10)
        return calls, after, [*last, await served(at.router)]

    order = '{"error": {"message": "Access to this model is suspended by an export control directive."}}'
    calls, after, last = play({"a": [status(403, order)], "b": [text("ok")]}, promise)

    assert (1, "b") == (calls, after)
    assert "a" == last[-1]
