"""Scheduled checks: when they ask, what they may hold, and what a canary may cost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import orjson
import pytest
from support.inventories import deployment, inventory, process, provider

from modelrouter.core.checks import Checked, Layer
from modelrouter.core.contracts import Contract
from modelrouter.core.inventory import Canary, Health, Objectives, Prices
from modelrouter.core.moment import day_at, midnight
from modelrouter.router import Router
from modelrouter.runtime.checkfile import CheckFile, beside
from modelrouter.testing import ScriptedProvider, ScriptedReply, VirtualTime, status, text

GOOD = status(200, '{"data": []}')
BAD = status(503, '{"error": {"message": "Service unavailable"}}')
LISTING = Health(every_s=60.0, checks=("listing",))
DOLLAR = Prices(input=0.0, output=1_000_000.0)
"""A dollar a token, so that budgets are easy to follow."""


class Listed(ScriptedProvider):
    """A provider whose listing and usage are scripts of their own."""

    def __init__(self, listing=GOOD, usage=None, a=None) -> None:
        super().__init__({"a": [a or text("a")], "b": [text("b")]})
        self.says = listing
        self.left = usage

    async def listing(self, deployment):
        """As it says now."""
        self.listings.append(deployment.id)
        return ScriptedReply(self.says)

    async def reach(self, deployment):  # noqa: ARG002 - the protocol names it
        """Its layers always hold, and are not of interest here."""
        return ()

    async def usage(self, deployment):  # noqa: ARG002 - the protocol names it
        """What is left."""
        return None if self.left is None else ScriptedReply(status(200, orjson.dumps(self.left).decode()))


def play(provider, promise, health, *, vendor="openai", prices=None, contract=None):
    """Run a promise with a router whose first deployment is checked."""
    time = VirtualTime()
    a = replace(deployment("a", of=provider_of(vendor)), health=health, prices=prices)
    contracts = {}
    if contract is not None:
        a, contracts = replace(a, provider=replace(a.provider, contract=contract.id)), {contract.id: contract}
    described = inventory(process("p", a, deployment("b"), objectives=Objectives(deadline_s=30.0)), contracts=contracts)

    async def whole():
        make = {"observers": [], "clients": provider.clients(), "clock": time, "hold_file": None}
        async with Router(described, **make) as router:
            return await promise(router)

    return time.run(whole())


def provider_of(vendor):
    """The provider of the deployment that is checked."""
    return provider("a-provider", vendor=vendor)


def causes(router):
    """What is held, and why."""
    return {str(hold.domain): str(hold.cause) for hold in router.holds()}


def test_a_deployment_is_asked_at_its_interval_though_nobody_calls():
    """In an hour of silence, once a minute, give or take a fifth; the other deployment, which asks for none, never."""
    scripted = Listed()

    async def promise(router):
        await asyncio.sleep(3600)
        return router.health()

    (checked,) = play(scripted, promise, LISTING)

    assert 50 <= len(scripted.listings) <= 75
    assert {"a"} == set(scripted.listings)
    assert (True, "listing") == (checked.ok, str(checked.layer))
    assert 48 <= checked.next_at - checked.at <= 72


def test_what_passed_and_then_fails_is_held_before_anybody_calls():
    """Three failures in a row, as an outage wants, and the next request goes elsewhere without an attempt."""
    scripted = Listed()

    async def promise(router):
        await asyncio.sleep(100)
        scripted.says = BAD
        await asyncio.sleep(60)
        early = causes(router)
        await asyncio.sleep(180)
        return early, causes(router), (await router.achat("p", "x")).decision

    early, later, decision = play(scripted, promise, LISTING)

    assert ({}, 1) == (early, len(later))
    assert ("b", 1) == (decision.served_by, decision.calls)


def test_a_listing_that_never_passed_holds_nothing():
    """A key that may not list, or a host without a listing, is no evidence against its answers."""

    async def promise(router):
        await asyncio.sleep(1000)
        return causes(router), router.health()[0].ok

    assert ({}, False) == play(Listed(status(403, '{"error": {"message": "no"}}')), promise, LISTING)


def test_a_real_call_knows_better_than_a_listing():
    """Where models answer while the listing fails, nothing is held."""
    scripted = Listed()

    async def promise(router):
        await asyncio.sleep(100)
        scripted.says = BAD
        for _ in range(100):
            await asyncio.sleep(10)
            assert "a" == (await router.achat("p", "x")).decision.served_by
        return causes(router)

    assert {} == play(scripted, promise, LISTING)


def test_an_empty_balance_is_held_beforehand_and_a_new_one_is_no_release():
    """The vendor says that nothing is left: nobody's request has to find out. Money alone ends no hold."""
    scripted = Listed(usage={"is_available": False, "balance_infos": []})

    async def promise(router):
        await asyncio.sleep(100)
        held = causes(router)
        served = (await router.achat("p", "x")).decision
        scripted.left = {"is_available": True, "balance_infos": []}
        await asyncio.sleep(100)
        return held, served, causes(router)

    health = Health(every_s=60.0, checks=("usage",))
    held, served, after = play(scripted, promise, health, vendor="deepseek")

    assert {"account:a-provider/main": "quota_exhausted"} == held == after
    assert ("b", 1) == (served.served_by, served.calls)


def test_a_canary_costs_no_more_than_its_budget_a_day():
    """Three dollars a day at a dollar each are three canaries a day."""
    scripted = Listed()
    health = Health(every_s=600.0, checks=("canary",), canary=Canary(tokens=1, budget=3.0))

    async def promise(router):
        await asyncio.sleep(80_000)
        return router.health()

    (checked,) = play(scripted, promise, health, prices=DOLLAR)

    assert 3 <= scripted.count("a") <= 6  # two days of UTC at most
    assert (None, "not sent: the budget of the day is spent") == (checked.ok, checked.why)
    assert all(b"Say hi" in body and 1 == orjson.loads(body)["max_completion_tokens"] for _, body in scripted.calls)


def test_a_canary_finds_an_outage_and_is_the_trial_that_ends_it():
    """Nobody calls: canaries open the hold, and a canary brings the deployment back."""
    scripted = Listed(a=BAD)
    health = Health(every_s=30.0, checks=("canary",), canary=Canary(budget=1000.0))

    async def promise(router):
        await asyncio.sleep(200)
        held = causes(router)
        scripted.play("a", [text("a")])
        await asyncio.sleep(200)
        return held, causes(router), scripted.count("b")

    held, after, others = play(scripted, promise, health, prices=DOLLAR)

    assert ({"deployment:a": "outage"}, {}, 0) == (held, after, others)


@pytest.mark.parametrize(
    ("contract", "why"),
    [
        (Contract(id="paper", ends=date(1969, 12, 31)), "it ended on 1969-12-31"),
        (Contract(id="paper", begins=date(2999, 1, 1)), "it begins on 2999-01-01"),
    ],
)
def test_no_canary_goes_where_no_contract_carries_it(contract, why):
    """Where a contract is over, or has not begun, nothing is called; what is free is asked as before."""
    scripted = Listed()
    health = Health(every_s=60.0, checks=("listing", "canary"), canary=Canary(budget=1000.0))

    async def promise(router):
        await asyncio.sleep(1000)
        return {each.layer: each.why for each in router.health()}

    found = play(scripted, promise, health, prices=DOLLAR, contract=contract)

    assert scripted.calls == []
    assert len(scripted.listings) > 5
    assert found[Layer.CANARY] == f"not sent: contract:paper: {why}"


def test_canaries_end_with_the_day_on_which_the_contract_does():
    """They are sent to its last midnight, and not after."""
    scripted = Listed()
    health = Health(every_s=600.0, checks=("canary",), canary=Canary(budget=1_000_000.0))

    begun = VirtualTime().wall()
    today = day_at(begun)

    async def promise(_router):
        await asyncio.sleep(midnight(today + timedelta(days=1)) - begun)
        before = scripted.count("a")
        await asyncio.sleep(6000)
        return before

    before = play(scripted, promise, health, prices=DOLLAR, contract=Contract(id="paper", ends=today))

    assert 0 < before == scripted.count("a")


def test_everything_free_is_asked_on_demand_and_holds_nothing():
    """`check` asks every deployment once, whatever the inventory schedules, and draws no conclusions."""
    scripted = Listed(BAD)

    async def promise(router):
        found = [await router.acheck() for _ in range(5)][-1]
        return found, causes(router)

    found, held = play(scripted, promise, None)

    assert {("a", False), ("b", False)} == {(each.deployment, each.ok) for each in found}
    assert ["listing answered 503"] * 2 == [each.why for each in found]
    assert ({}, 0) == (held, len(scripted.calls))


def checked(name, at, **facts):
    """A check of a deployment's listing."""
    return Checked(deployment=name, layer=Layer.LISTING, ok=True, took_s=0.1, why="", at=at, **facts)


def test_processes_of_one_inventory_share_one_budget(tmp_path):
    """What one process spends the others cannot; the next day (UTC) begins anew, and each deployment has its own."""
    files = [CheckFile(beside(tmp_path / "holds.json")) for _ in range(2)]
    today = [files[number % 2].spend("a", 1.0, 3.0, 86400.0 * 7 + number) for number in range(5)]

    assert [True, True, True, False, False] == today
    assert files[0].spend("b", 1.0, 3.0, 86400.0 * 7)
    assert files[1].spend("a", 1.0, 3.0, 86400.0 * 8)


def test_the_latest_check_of_each_deployment_is_read_by_others(tmp_path):
    """A slower process does not put an older check in the place of a newer one; what is broken tells nothing."""
    file = CheckFile(tmp_path / "x.checks.json")
    file.write([checked("a", 50.0), checked("b", 40.0, next_at=100.0)], 60.0)
    file.write([checked("a", 30.0)], 60.0)

    assert {checked("a", 50.0), checked("b", 40.0, next_at=100.0)} == set(CheckFile(file.path).read())
    file.path.write_text("{")
    assert () == file.read()
