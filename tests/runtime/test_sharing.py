"""Holds shared between routers and processes through the hold file."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time

import pytest
from support.inventories import deployment, inventory, process, provider

from modelrouter import Router
from modelrouter.core.domains import Domain, Kind
from modelrouter.core.holds import by_operator
from modelrouter.errors import RequestFailedError, UnknownNameError
from modelrouter.runtime.clock import SystemClock
from modelrouter.runtime.holdfile import HoldFile
from modelrouter.testing import ManualClock, ScriptedProvider, status, text

A, B = deployment("a"), deployment("b")
DESCRIBED = inventory(process("p", A, B))
DISABLED = '{"error": {"type": "invalid_request_error", "message": "This organization has been disabled."}}'


def router_at(path, scripts=None) -> Router:
    """A router whose holds are in this file."""
    scripted = ScriptedProvider(scripts or {"a": [text("a")], "b": [text("b")]})
    return Router(DESCRIBED, observers=[], clients=scripted.clients(), hold_file=path)


def test_what_one_router_learns_the_other_knows(tmp_path):
    """A hold that one router opens keeps another one from paying for the same lesson."""
    path = tmp_path / "holds.json"
    with router_at(path, {"a": [status(400, DISABLED)], "b": [text("b")]}) as one:
        one.chat("p", "x")
    with router_at(path) as two:
        answer = two.chat("p", "x")

    assert "b" == answer.text
    assert "account:a-provider/main" == answer.decision.trail[0].held


def test_an_operators_hold_reaches_a_running_router_and_its_release_too(tmp_path):
    """Holding and releasing in one router changes what another does within a second."""
    path = tmp_path / "holds.json"
    with router_at(path) as running, router_at(path) as desk:
        before = running.chat("p", "x").text
        desk.hold("provider:a-provider", "suspected leak")
        desk.close()
        time.sleep(1.05)
        during = running.chat("p", "x").text
        released = desk.release("provider:a-provider")
        desk.close()
        time.sleep(1.05)
        after = running.chat("p", "x").text

    assert ["a", "b", "a"] == [before, during, after]
    assert released


def test_a_timed_hold_ends_by_itself(tmp_path):
    """An operator's hold with an end needs no release."""
    with router_at(tmp_path / "holds.json") as router:
        router.hold("family:a-family", "maintenance", for_s=0.1)
        held = router.chat("p", "x").text
        time.sleep(0.15)

        assert ["b", "a"] == [held, router.chat("p", "x").text]
        assert not router.release("family:a-family")


def test_unknown_domains_are_refused_with_near_misses(tmp_path):
    """A domain that the inventory does not know cannot be held by mistake."""
    with router_at(tmp_path / "holds.json") as router:
        with pytest.raises(UnknownNameError, match="provider:a-provider"):
            router.hold("provider:a-providr", "typo")
        with pytest.raises(UnknownNameError):
            router.release("nonsense")


def test_a_broken_file_is_set_aside(tmp_path):
    """A hold file that nobody can read is kept for people to look at, and stops nothing."""
    path = tmp_path / "holds.json"
    path.write_text('{"version": 1, "domains": {"account:x": {}}}')
    with router_at(path) as router:
        assert "a" == router.chat("p", "x").text

    assert (tmp_path / "holds.broken").exists()


def test_holds_survive_the_file(tmp_path):
    """What is written is what is read, on any machine's monotonic clock."""
    domain = Domain(Kind.FAMILY, "claude")
    here, there = ManualClock(now=50.0), ManualClock(now=50.0)
    hold = by_operator(domain, "drill", here.now(), until=80.0)
    HoldFile(tmp_path / "h.json", here).write({domain: hold})

    assert hold == HoldFile(tmp_path / "h.json", there).read()[domain].hold


WRITER = """
import sys
from pathlib import Path
from modelrouter.core.domains import Domain, Kind
from modelrouter.core.holds import by_operator
from modelrouter.runtime.clock import SystemClock
from modelrouter.runtime.holdfile import HoldFile
clock = SystemClock()
file = HoldFile(Path(sys.argv[1]), clock)
for number in range(25):
    domain = Domain(Kind.FAMILY, f"{sys.argv[2]}-{number}")
    file.write({domain: by_operator(domain, "x", clock.now(), None)})
"""


def test_many_writers_lose_nothing(tmp_path):
    """Processes that write at the same time keep each other's records."""
    path = tmp_path / "holds.json"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(number)]) for number in range(4)]

    assert [0] * 4 == [writer.wait(timeout=60) for writer in writers]
    assert 100 == len(HoldFile(path, SystemClock()).read())


def test_a_router_in_use_is_told_by_another_process(tmp_path):
    """A second process holds a domain; a router that is serving stops calling it."""
    path = tmp_path / "holds.json"

    async def promise():
        async with router_at(path) as router:
            before = (await router.achat("p", "x")).text
            script = WRITER.replace("range(25)", "range(1)").replace('f"{sys.argv[2]}-{number}"', '"a-family"')
            done = await asyncio.create_subprocess_exec(sys.executable, "-c", script, str(path), "-")
            await done.wait()
            await asyncio.sleep(1.05)
            return before, (await router.achat("p", "x")).text

    assert ("a", "b") == asyncio.run(promise())


def test_a_key_that_one_process_lacks_is_nobody_elses_hold(tmp_path):
    """A process without a key keeps that to itself: others of the same inventory have it."""
    path = tmp_path / "holds.json"
    keyless = deployment("keyless", of=provider("acme", key=f"file:{tmp_path}/missing", local=True))
    with Router(inventory(process("p", keyless)), observers=[], hold_file=path) as router:
        with pytest.raises(RequestFailedError):
            router.chat("p", "x")
        held = router.holds()

    assert ["runtime.no_key"] == [hold.rule for hold in held]
    assert not path.exists()


def test_a_hold_file_that_cannot_be_used_stops_no_request(tmp_path):
    """Requests are served whatever becomes of the file; an operator's order that cannot reach others raises."""
    (tmp_path / "file").write_text("")
    with router_at(tmp_path / "file" / "holds.json", {"a": [status(400, DISABLED)], "b": [text("b")]}) as router:
        assert "b" == router.chat("p", "x").text
        assert 1 == len(router.holds())
        with pytest.raises(OSError, match="File exists"):
            router.hold("family:a-family", "order")


def test_a_hold_of_a_domain_that_is_gone_can_be_released(tmp_path):
    """A hold outlives the deployment it was meant for, and can still be ended by name."""
    path = tmp_path / "holds.json"
    with router_at(path) as before:
        before.hold("deployment:a", "retired")
    scripted = ScriptedProvider({"b": [text("b")]})
    with Router(inventory(process("p", B)), observers=[], clients=scripted.clients(), hold_file=path) as after:
        assert after.release("deployment:a")
        assert () == after.holds()
