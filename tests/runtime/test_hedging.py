"""Hedges, in virtual time: a slow first deployment is outrun where its process allows it, and at little cost."""

from __future__ import annotations

import asyncio

import pytest
from support.inventories import deployment, inventory, process

from modelrouter import Router
from modelrouter.core.inventory import USUAL, Objectives
from modelrouter.testing import ScriptedProvider, ScriptedReply, VirtualTime, stream, text

A, B = deployment("a"), deployment("b")
TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}


class Slow(ScriptedProvider):
    """Answers after so many seconds, by deployment, and knows how many calls still listen."""

    def __init__(self, **takes_s):
        super().__init__({name: [text(name)] for name in takes_s})
        self.takes_s = takes_s
        self.left = []
        self.replies = []

    async def send(self, deployment, body, _options=None):
        """Answer in time; remembers who let go before."""
        self.calls.append((deployment.id, body))
        try:
            await asyncio.sleep(self.takes_s[deployment.id])
        except asyncio.CancelledError:
            self.left.append(deployment.id)
            raise
        reply = ScriptedReply(stream([deployment.id]) if b'"stream":true' in body else text(deployment.id))
        self.replies.append((deployment.id, reply))
        return reply


def play(promise, provider, **facts):
    """Run a promise with a router that knows a and b."""
    time = VirtualTime()
    described = inventory(process("p", A, B, objectives=Objectives(deadline_s=60.0), **facts))

    async def whole():
        async with Router(described, observers=[], clients=provider.clients(), clock=time, hold_file=None) as router:
            return await promise(router, time)

    return time.run(whole())


async def asked(router, *, streamed=True, **options):
    """The decision of one request, whose answer was read to its end."""
    answer = await router.achat("p", "x", stream=streamed, **options)
    while await answer.block():
        pass
    return answer.decision


def test_what_was_outrun_is_known_to_be_slow():
    """A deployment that hedges outrun counts as slow for as long as it was silent: what is usual follows it."""
    provider = Slow(a=0.5, b=0.1)

    async def promise(router, _):
        for _ in range(50):
            await asked(router)
        provider.takes_s["a"] = 9.0
        before = router._state.posts.of(A).usual_s(streamed=True)
        for _ in range(200):
            await asked(router)
            await asyncio.sleep(10.0)
        return before, router._state.posts.of(A).usual_s(streamed=True)

    before, after = play(promise, provider, hedge_s=USUAL)

    assert 0.5 <= before <= 0.6
    assert after > 1.5 * before


@pytest.mark.parametrize("streamed", [True, False])
def test_nothing_is_hedged_by_default(streamed):
    """Without a word in the inventory the first deployment has its time, and nobody else is asked."""
    provider = Slow(a=8.0, b=0.1)

    decision = play(lambda router, _: asked(router, streamed=streamed), provider)

    assert ("a", 1) == (decision.served_by, decision.calls)
    assert 0 == provider.count("b")


@pytest.mark.parametrize("streamed", [True, False])
def test_a_slow_first_one_is_outrun(streamed):
    """The next deployment is asked after the silence that was allowed, answers first, and the trail says so."""
    provider = Slow(a=8.0, b=0.5)

    async def promise(router, time):
        decision = await asked(router, streamed=streamed)
        return decision, time.now(), router.holds()

    decision, took, holds = play(promise, provider, hedge_s=2.0)
    outrun = [attempt for attempt in decision.trail if attempt.outrun]

    assert ("b", 2) == (decision.served_by, decision.calls)
    assert 2.5 == pytest.approx(took, abs=0.05)
    assert ["a"] == [attempt.deployment for attempt in outrun]
    assert 2.5 == pytest.approx(outrun[0].took_s, abs=0.05)
    assert "a: silent for 2.50 s when another answered" in str(decision)
    assert "a=outrun" in decision.headers()["x-modelrouter-trail"]
    assert () == holds


def test_the_losers_connection_is_let_go():
    """The call that was outrun is cancelled, so that its provider need not go on."""
    provider = Slow(a=8.0, b=0.5)

    async def promise(router, _):
        await asked(router)
        await asyncio.sleep(0)
        return provider.left.copy()

    assert ["a"] == play(promise, provider, hedge_s=2.0)


def test_the_first_one_may_still_win():
    """A first deployment that answers after all is taken, and the hedge is let go."""
    provider = Slow(a=2.5, b=5.0)

    async def promise(router, _):
        decision = await asked(router)
        await asyncio.sleep(0)
        return decision, provider.left.copy()

    decision, left = play(promise, provider, hedge_s=2.0)

    assert "a" == decision.served_by
    assert ["b"] == [attempt.deployment for attempt in decision.trail if attempt.outrun]
    assert ["b"] == left


def test_both_at_the_same_moment_are_one_answer():
    """Where both answer at once the caller gets one, and the connection of the other is closed."""
    provider = Slow(a=2.5, b=0.5)

    async def promise(router, _):
        decision = await asked(router)
        await asyncio.sleep(1.0)
        return decision

    decision = play(promise, provider, hedge_s=2.0)
    others = [reply for name, reply in provider.replies if name != decision.served_by]

    assert 2 == decision.calls
    assert all(reply.closed for reply in others)


def test_requests_with_tools_are_not_hedged():
    """What may act twice is asked once."""
    provider = Slow(a=8.0, b=0.1)

    decision = play(lambda router, _: asked(router, tools=[TOOL]), provider, hedge_s=2.0)

    assert ("a", 1) == (decision.served_by, decision.calls)


def test_at_most_two_in_a_hundred_calls_are_hedges():
    """Where every first call is slow, no more than 2 % of the calls of any ten seconds are hedges."""
    provider = Slow(a=3.0, b=0.1)

    async def promise(router, _):
        tasks = []
        for _ in range(2000):
            tasks.append(asyncio.create_task(asked(router)))
            await asyncio.sleep(0.02)
        return await asyncio.gather(*tasks)

    decisions = play(promise, provider, hedge_s=1.0)

    assert all(decision.served_by for decision in decisions)
    assert 20 <= provider.count("b") <= 0.02 * provider.count("a")


def test_usual_is_learned_first():
    """Where the inventory leaves it to what is usual, nothing is hedged until enough calls have shown it."""
    provider = Slow(a=0.5, b=0.1)

    async def promise(router, time):
        provider.takes_s["a"] = 3.0
        early = await asked(router)
        provider.takes_s["a"] = 0.5
        for _ in range(99):
            await asked(router)
        provider.takes_s["a"] = 9.0
        await asyncio.sleep(10.0)
        begun = time.now()
        return early, await asked(router), time.now() - begun

    early, late, took = play(promise, provider, hedge_s=USUAL)

    assert 1 == early.calls
    assert ("b", 2) == (late.served_by, late.calls)
    assert 0.6 <= took <= 0.75
