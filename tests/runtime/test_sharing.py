"""Holds shared between routers and processes through the hold file."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time

import pytest
from support.inventories import deployment, inventory, process, provider

from modelrouter import Router
from modelrouter.core.causes import Cause, Scope
from modelrouter.core.domains import Domain, Kind
from modelrouter.core.faults import Fault
from modelrouter.core.holds import Phase, by_operator
from modelrouter.errors import RequestFailedError, UnknownNameError
from modelrouter.runtime.board import Board
from modelrouter.runtime.clock import SystemClock
from modelrouter.runtime.holdfile import HoldFile
from modelrouter.runtime.state import State
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
    path.write_text('{"version": 1, "domai')
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


def test_a_broken_file_that_cannot_be_set_aside_stops_nothing(tmp_path):
    """Where even setting a broken hold file aside fails, requests are served."""
    path = tmp_path / "holds.json"
    path.write_text("{")
    (tmp_path / "holds.broken" / "full").mkdir(parents=True)
    with router_at(path) as router:
        assert "a" == router.chat("p", "x").text


@pytest.mark.parametrize(
    ("domain", "record"),
    [
        ("planet:earth", {"changed": 4e9, "hold": None}),
        ("family:x", {"changed": 1, "hold": {"cause": "eclipse"}}),
        ("family:y", 7),
    ],
)
def test_records_of_a_later_version_are_left_alone(tmp_path, domain, record):
    """A record that this version does not understand hides no other, and outlives our writing."""
    path = tmp_path / "holds.json"
    with router_at(path) as one:
        one.hold("family:a-family", "maintenance")
        content = json.loads(path.read_text())
        content["domains"][domain] = record
        path.write_text(json.dumps(content))
    with router_at(path) as two:
        assert "b" == two.chat("p", "x").text
        two.release("family:a-family")

    assert record == json.loads(path.read_text())["domains"][domain]
    assert not (tmp_path / "holds.broken").exists()


def test_a_user_without_a_home_has_holds_all_the_same():
    """Where the system knows no home for a user, a router starts and finds a place for its holds."""
    script = """
import os, sys
sys.path[:0] = sys.argv[1:]
from runtime.test_sharing import DESCRIBED
from modelrouter.runtime.holdfile import default_path
if os.getuid() == 0:
    os.setuid(54321)
print(default_path(DESCRIBED).is_absolute())
"""
    bare = {name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_STATE_HOME")}
    done = subprocess.run(
        [sys.executable, "-c", script, *filter(None, sys.path)], env=bare, timeout=30, check=False, capture_output=True
    )

    assert (0, b"True\n") == (done.returncode, done.stdout)


class Wandering(ManualClock):
    """A clock whose wall never tells the same time twice, and can be set back."""

    behind = 0.0
    moved = 0.0

    def wall(self) -> float:
        """Seconds since 1970."""
        self.moved += 1e-4
        return super().wall() + self.moved - self.behind


def at_clock(path, clock, scripts=None) -> Router:
    """A router whose holds are in this file, by this clock."""
    scripted = ScriptedProvider(scripts or {"a": [text("a")], "b": [text("b")]})
    return Router(DESCRIBED, observers=[], clients=scripted.clients(), clock=clock, hold_file=path)


def test_a_clock_set_back_hides_no_order(tmp_path):
    """An operator's hold reaches a running router although the machine's clock was set back before."""
    path, here, desk = tmp_path / "holds.json", Wandering(), Wandering()
    with at_clock(path, here) as running:
        running.hold("provider:a-provider", "first")
        running.release("provider:a-provider")
        here.behind = desk.behind = 3600.0
        with at_clock(path, desk) as other:
            other.hold("provider:a-provider", "leak")
        here.advance(2)

        assert ["leak"] == [hold.reason for hold in running.holds()]


def test_an_own_hold_never_comes_back_as_somebody_elses(tmp_path):
    """What a router wrote itself does not undo what has become of the hold since."""
    path, clock = tmp_path / "holds.json", Wandering()
    state = State(DESCRIBED, clock)
    board = Board(state, HoldFile(path, clock), clock)
    fault = Fault(cause=Cause.TIMEOUT, scope=Scope.DEPLOYMENT)
    for _ in range(2):
        changes = state.apply(state.acquire(A), fault)
    board.tell(changes)
    board.close()
    clock.advance(30)
    state.acquire(A)  # claims the trial
    board.close()
    state.acquire(A)
    HoldFile(path, clock).write({Domain(Kind.FAMILY, "other"): None})

    assert [] == board.look()
    assert [Phase.TRIAL] == [hold.phase for hold in state.holds()]


def test_writing_loses_nothing_that_another_wrote_just_before(tmp_path):
    """A record that a write of ours found in the file is taken over like any other."""
    path, clock = tmp_path / "holds.json", Wandering()
    with at_clock(path, clock) as router:
        router.holds()
        theirs = by_operator(Domain(Kind.FAMILY, "a-family"), "theirs", clock.now(), None)
        HoldFile(path, clock).write({theirs.domain: theirs})
        router.hold("family:b-family", "ours")
        clock.advance(2)

        assert {"theirs", "ours"} == {hold.reason for hold in router.holds()}


def test_evidence_that_is_half_a_character_is_written(tmp_path):
    """A provider's message with a lone surrogate still makes a hold that others see."""
    path = tmp_path / "holds.json"
    file = HoldFile(path, ManualClock())
    hold = by_operator(Domain(Kind.FAMILY, "x"), "half \ud800", 0.0, None)
    file.write({hold.domain: hold})

    assert "half ?" == file.read()[hold.domain].hold.reason


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
def test_a_forked_router_tells_others_too(tmp_path):
    """A child process of a router that has written holds writes its own."""
    script = """
import os, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)
path = sys.argv[1]
sys.path[:0] = sys.argv[2:]
from runtime.test_sharing import DISABLED, router_at, status, text
router = router_at(path, {"a": [status(400, DISABLED)], "b": [text("b"), status(400, DISABLED)]})
router.chat("p", "x")
child = os.fork()
if child == 0:
    try:
        router.chat("p", "x")
    except Exception:
        router.close()
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
router.close()
"""
    path = tmp_path / "holds.json"
    done = subprocess.run(
        [sys.executable, "-c", script, str(path), *filter(None, sys.path)], timeout=30, check=False, capture_output=True
    )

    assert (0, b"") == (done.returncode, done.stderr)
    held = {str(domain) for domain, record in HoldFile(path, SystemClock()).read().items() if record.hold}
    assert {"account:a-provider/main", "account:b-provider/main"} == held
