"""Limits of an account, in virtual time: its deployments share them, and every answer says whose room there was none of."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from crowds.provider import Crowded, Place
from support.inventories import deployment, inventory, process, provider

from modelrouter import Router
from modelrouter.core.inventory import Limits, Objectives
from modelrouter.core.load import NOTHING
from modelrouter.errors import NoRouteError, RequestFailedError
from modelrouter.runtime.leases import Lease, Refusal
from modelrouter.runtime.state import State
from modelrouter.testing import ManualClock, VirtualTime


def of_account(limits, *names, **facts):
    """Deployments of one account that carries so much."""
    owner = provider("azure")
    made = [deployment(name, of=owner, **facts) for name in names]
    return [replace(each, account=replace(each.account, name="eu", limits=limits)) for each in made]


def play(promise, crowd, *processes):
    """Run a promise with a router over these processes."""
    time = VirtualTime()

    async def whole():
        router = Router(inventory(*processes), observers=[], clients=crowd.clients(), clock=time, hold_file=None)
        async with router:
            return await promise(router)

    return time.run(whole())


async def asked(router, name, after_s=0.0):
    """The decision of one request, served or not."""
    await asyncio.sleep(after_s)
    try:
        answer = await router.achat(name, "x", stream=True)
        while await answer.block():
            pass
    except RequestFailedError as error:
        return error.decision
    return answer.decision


def test_deployments_of_one_account_are_never_called_beyond_it():
    """Eight at once over two deployments that state no limit of their own: three at a time, all served, the reason told."""
    crowd = Crowded(one=Place(takes_s=1.0), two=Place(takes_s=1.0))
    one, two = of_account(Limits(concurrency=3), "one", "two")
    both = [process("p", one), process("q", two)]
    most = []

    async def promise(router):
        async def look():
            while True:
                most.append(sum(place.inside for place in crowd.places.values()))
                await asyncio.sleep(0.05)

        looking = asyncio.create_task(look())
        decisions = await asyncio.gather(*(asked(router, name) for name in "pqpqpqpq"))
        looking.cancel()
        return decisions

    decisions = play(promise, crowd, *both)

    assert ["one", "two"] * 4 == [decision.served_by for decision in decisions]
    assert 3 == max(most)
    held = [attempt for decision in decisions for attempt in decision.trail if attempt.held]
    assert {"account:azure/eu"} == {attempt.held for attempt in held}
    assert "account:azure/eu carries all it can" in str(held[0])


def test_the_fallback_in_the_same_account_is_no_way_out_and_another_account_is():
    """What the account does not carry, no deployment of it does; the route goes on to another account."""
    one, two = of_account(Limits(concurrency=1), "one", "two")
    crowd = Crowded(one=Place(takes_s=1.0), two=Place(takes_s=1.0), other=Place(takes_s=1.0))

    async def promise(router):
        return await asyncio.gather(asked(router, "p"), asked(router, "p"))

    first, second = play(promise, crowd, process("p", one, two, deployment("other")))

    assert ("one", "other") == (first.served_by, second.served_by)
    assert ["account:azure/eu"] * 2 == [attempt.held for attempt in second.trail if attempt.held]
    assert "one=full(account:azure/eu); two=full(account:azure/eu)" in second.headers()["x-modelrouter-trail"]
    assert 0 == crowd.places["two"].calls


def test_nothing_critical_is_shed_while_something_deferrable_is_served_by_the_account():
    """A flood of deferrable work at one deployment, a critical process at another of the account: the critical is served."""
    routine, grave = of_account(Limits(concurrency=4), "routine", "grave")
    crowd = Crowded(routine=Place(takes_s=2.0), grave=Place(takes_s=2.0))
    soon = Objectives(deadline_s=10.0)
    processes = [
        process("archive", routine, criticality="deferrable", objectives=soon),
        process("claims", grave, criticality="critical", objectives=soon),
    ]

    async def promise(router):
        flood = [asyncio.create_task(asked(router, "archive", number * 0.05)) for number in range(60)]
        claims = [asyncio.create_task(asked(router, "claims", 1.0 + number * 0.5)) for number in range(12)]
        return await asyncio.gather(*flood), await asyncio.gather(*claims)

    archived, claimed = play(promise, crowd, *processes)

    assert {"grave"} == {decision.served_by for decision in claimed}
    assert None in {decision.served_by for decision in archived}
    assert (0, 3) == (crowd.places["grave"].refused, crowd.places["routine"].most)


def test_an_account_that_is_full_says_so_and_when_to_come_back():
    """429 in the name of the account, with a wait that is true."""
    (only,) = of_account(Limits(rpm=6), "only")
    crowd = Crowded(only=Place(takes_s=0.1))

    async def promise(router):
        for _ in range(6):
            await asked(router, "p")
        with pytest.raises(NoRouteError) as raised:
            await router.achat("p", "x")
        await asyncio.sleep(int(raised.value.headers["retry-after"]))
        return raised.value, await asked(router, "p")

    error, later = play(promise, crowd, process("p", only, objectives=Objectives(deadline_s=8.0)))

    assert (429, "account") == (error.status, str(error.fault.scope))
    assert "only=full(account:azure/eu)" in error.headers["x-modelrouter-trail"]
    assert "the account of every permitted deployment" in error.fault.evidence
    assert "only" == later.served_by


def test_who_waits_for_a_deployment_that_comes_to_be_held_keeps_nobody_of_its_account_waiting():
    """A hold takes the first in the queue away from his place; the next, at another deployment, is served at once."""
    one, two = of_account(Limits(concurrency=1), "one", "two")
    crowd = Crowded(one=Place(takes_s=2.0), two=Place(takes_s=2.0))

    async def promise(router):
        tasks = [asyncio.create_task(asked(router, name, after)) for name, after in (("q", 0), ("p", 0.2), ("q", 0.4))]
        await asyncio.sleep(1.0)
        router.hold("deployment:one", "by hand", for_s=10.0)
        return await asyncio.gather(*tasks)

    critical = process("p", one, criticality="critical", objectives=Objectives(deadline_s=60.0))
    first, gone, last = play(promise, crowd, critical, process("q", two))

    assert ("two", "two", "one") == (first.served_by, last.served_by, gone.served_by)
    assert last.took_s < 4.0
    assert gone.took_s > 10.0


def test_limits_of_an_account_come_change_and_go_with_a_reload():
    """Calls under way count from the moment on at which limits are stated, and are let go of whatever they are by then."""
    names = "one", "two"
    free, tight, wide = (
        inventory(process("p", *of_account(limits, *names)))
        for limits in (Limits(), Limits(concurrency=2), Limits(concurrency=3))
    )
    state = State(free, ManualClock())
    leases = [state.acquire(free.deployments[name]) for name in names * 2]
    state.reload(tight)

    refused = state.acquire(tight.deployments["two"])
    assert isinstance(refused, Refusal)
    assert "account:azure/eu" == str(refused.domain)
    assert isinstance(state.acquire(free.deployments["one"]), Refusal), "one who began before is of the same account"
    called = []
    state.enter(tight.deployments["one"], NOTHING, lambda: called.append(1))
    for lease in leases[:2]:
        state.apply(lease, None)
    state.reload(wide)
    assert called
    for lease in leases[2:]:
        state.abandon(lease)
    state.reload(free)
    again = [state.acquire(free.deployments[name]) for name in names * 50]
    assert all(isinstance(lease, Lease) for lease in again)
    for lease in again:
        state.apply(lease, None)
    pools = {post.load.pool for post in state.posts.everybody()}
    assert [0] == [pool.in_flight for pool in pools]
