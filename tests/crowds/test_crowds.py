"""What the router promises under load: it moves whole crowds, and never drowns whoever is left."""

from __future__ import annotations

import asyncio
import math

import pytest
from support.inventories import deployment, inventory, process

from crowds.load import play
from crowds.provider import Crowded, Place
from modelrouter.core.holds import Phase
from modelrouter.core.inventory import Limits, Objectives
from modelrouter.testing import Recorder, VirtualTime

CROWD = 1000


class Watch(Recorder):
    """Remembers when the first hold opened."""

    time = VirtualTime()
    verdict_at = math.inf

    def changed(self, change):
        super().changed(change)
        if self.verdict_at == math.inf:
            self.verdict_at = self.time.now()


def two(limits: Limits, **facts):
    """One process over two deployments, the second with known limits."""
    objectives = Objectives(deadline_s=60.0)
    return inventory(process("p", deployment("a"), deployment("b", limits=limits), objectives=objectives, **facts))


@pytest.mark.parametrize("limits", [Limits(rpm=120_000), Limits(concurrency=400), Limits(rpm=120_000, concurrency=500)])
@pytest.mark.parametrize("mode", ["silent", "closed"])
def test_a_thousand_waiting_streams_are_answered_elsewhere_within_a_second_of_the_verdict(mode, limits):
    """Whatever a deployment does to those that wait on it, its fallback answers them, within what it can carry."""
    provider = Crowded(a=Place(mode="silent"), b=Place(at_once=limits.concurrency))
    watch = Watch()

    async def story(callers):
        watch.time = callers.time
        for _ in range(CROWD):
            callers.ask("p")
            await asyncio.sleep(0.004)
        if mode == "closed":
            provider.places["a"].mode = "closed"
            for _ in range(3):
                callers.ask("p")

    outcomes = play(two(limits), provider, story, watch)

    assert {"b"} == {outcome.served_by for outcome in outcomes}
    assert max(outcome.done_at for outcome in outcomes) - watch.verdict_at <= 1.0
    assert 0 == provider.places["b"].refused


def test_a_throttle_touches_no_call_under_way():
    """A 429 keeps new calls away and moves none of those that are being served."""
    provider = Crowded(a=Place(takes_s=5.0), b=Place())

    async def story(callers):
        for _ in range(CROWD):
            callers.ask("p")
            await asyncio.sleep(0.001)
        provider.places["a"].throttle_next = True
        callers.ask("p")

    outcomes = play(two(Limits()), provider, story)

    assert [CROWD, 1] == [sum(outcome.served_by == name for outcome in outcomes) for name in "ab"]
    assert CROWD + 2 == sum(outcome.attempts for outcome in outcomes)


def test_total_failure_is_not_multiplied():
    """Where everything fails, ten thousand requests cost hardly more calls than requests."""
    described = inventory(process("p", deployment("a"), deployment("b"), deployment("c")))
    provider = Crowded(a=Place(mode="broken"), b=Place(mode="broken"), c=Place(mode="broken"))

    outcomes = play(described, provider, lambda callers: callers.steadily("p", 100, 100))

    calls = sum(place.calls for place in provider.places.values())
    assert 10_000 == len(outcomes)
    assert calls <= 1.10 * len(outcomes)
    assert max(outcome.attempts for outcome in outcomes) <= 3


@pytest.mark.parametrize("queues", [True, False])
@pytest.mark.parametrize("fallback", [True, False])
def test_overload_leaves_no_scar(queues, fallback):
    """After a minute of three times the load, what is served is what it was before, within twenty seconds."""
    routes = [deployment("a"), *([deployment("b", limits=Limits(concurrency=4))] if fallback else [])]
    described = inventory(process("p", *routes, objectives=Objectives(deadline_s=30.0)))
    provider = Crowded(a=Place(takes_s=0.5, at_once=24, queues=queues), b=Place(takes_s=0.5, at_once=4))
    normal = 40.0

    async def story(callers):
        await callers.steadily("p", normal, 30)
        await callers.steadily("p", 3 * normal, 60)
        await callers.steadily("p", normal, 60)

    outcomes = play(described, provider, story)

    after = [outcome for outcome in outcomes if outcome.asked_at >= 110.0]
    served = sum(outcome.served_by is not None for outcome in after)
    assert served >= 0.95 * len(after)
    assert 0 == provider.places["b"].refused


def test_a_weak_return_is_not_overrun():
    """A deployment that comes back with a tenth of its capacity is tried by one call, and falls no second time."""
    described = inventory(process("p", deployment("a"), deployment("b")))
    provider = Crowded(a=Place(takes_s=0.5, at_once=100), b=Place(takes_s=0.5))
    weak = provider.places["a"]
    recorder = Recorder()

    async def story(callers):
        await callers.steadily("p", 100, 10)
        weak.mode = "closed"
        await callers.steadily("p", 100, 20)
        weak.mode, weak.at_once, weak.most = "well", 10, 0
        recorder.changes.clear()
        while not any(change.after and change.after.phase is Phase.RAMP for change in recorder.changes):
            callers.ask("p")
            await asyncio.sleep(0.01)
        weak.tried = weak.most
        await callers.steadily("p", 100, 60)

    outcomes = play(described, provider, story, recorder)

    falls = [change for change in recorder.changes if change.after and change.after.phase is Phase.OPEN]
    late = [outcome for outcome in outcomes if outcome.asked_at > 60.0]
    assert all(outcome.served_by for outcome in outcomes)
    assert 1 == weak.tried
    assert [] == [change.domain for change in falls if change.before and change.before.phase is not Phase.OPEN]
    assert sum(outcome.served_by == "a" for outcome in late) >= 0.7 * 10 / 0.5 * (late[-1].asked_at - late[0].asked_at)


def test_the_deferrable_wait_for_the_critical():
    """Where not all can be served, nothing critical is turned away while something deferrable is served."""
    only = deployment("a", limits=Limits(rpm=1200, concurrency=20))
    described = inventory(
        process("now", only, criticality="critical", objectives=Objectives(deadline_s=5.0)),
        process("later", only, criticality="deferrable", objectives=Objectives(deadline_s=5.0)),
    )
    provider = Crowded(a=Place(takes_s=0.5, at_once=20))

    async def story(callers):
        await asyncio.gather(callers.steadily("later", 40, 60), callers.steadily("now", 15, 60))

    outcomes = play(described, provider, story)

    critical = [outcome for outcome in outcomes if outcome.process == "now"]
    served = [outcome for outcome in outcomes if outcome.process == "later" and outcome.served_by]
    assert all(outcome.served_by for outcome in critical)
    assert 0 == provider.places["a"].refused
    assert 200 <= len(served)
