"""Four processes, one hold file: what one does the others know, and one tries for all."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest
from support.inventories import deployment, inventory, process

from modelrouter import Router
from modelrouter.core.causes import Cause, Scope
from modelrouter.core.domains import Domain, Kind
from modelrouter.core.faults import Fault
from modelrouter.core.holds import Phase, by_operator, opened, trial_passed
from modelrouter.runtime.clock import SystemClock
from modelrouter.runtime.holdfile import HoldFile
from modelrouter.testing import ManualClock, ScriptedProvider, text

pytestmark = pytest.mark.alone

FOUR = 4
WORKER = Path(__file__).with_name("worker.py")
A = Domain(Kind.DEPLOYMENT, "a")


@pytest.fixture(name="workers")
def _workers(tmp_path):
    """Starts processes that send requests without a pause over `a`, then `b`; they end with the test."""
    started = []

    def start(**facts):
        command = [sys.executable, str(WORKER), json.dumps({"folder": str(tmp_path), **facts})]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        assert started[-1].stdout.readline() == "ready\n"
        return started[-1]

    yield start
    for worker in started:
        worker.kill()
        worker.wait()
        worker.stdout.close()


def lines(path):
    """What the workers have noted: one JSON value a line."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_of_four_processes_one_tries(workers, tmp_path):
    """A deployment that may be tried is tried by one call at a time, whichever process makes it."""
    (tmp_path / "mode").write_text("broken")
    for _ in range(FOUR):
        workers(seconds=60.0)
    time.sleep(2.0)
    (tmp_path / "calls").write_text("")
    ends = time.monotonic() + 30.0
    while len(lines(tmp_path / "calls")) < 2 and time.monotonic() < ends:
        time.sleep(0.1)

    calls = sorted((call["begun"], call["ended"]) for call in lines(tmp_path / "calls"))
    assert len(calls) >= 2, "nobody tried"
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(calls))


def test_an_order_reaches_all_within_a_second(workers, tmp_path):
    """What a fifth process orders held is called by none of the four after a second, and again after its release."""
    (tmp_path / "mode").write_text("well")
    for _ in range(FOUR):
        workers(seconds=60.0)
    routes = inventory(process("p", deployment("a"), deployment("b")))
    provider = ScriptedProvider({"a": [text("ok")], "b": [text("ok")]})

    with Router(routes, observers=[], clients=provider.clients(), hold_file=tmp_path / "holds.json") as router:
        router.hold("deployment:a", "by hand")
        time.sleep(1.2)
        (tmp_path / "calls").write_text("")
        time.sleep(1.0)
        held = lines(tmp_path / "calls")
        router.release("deployment:a")
    time.sleep(1.2)
    (tmp_path / "calls").write_text("")
    time.sleep(0.5)

    assert [] == held
    assert FOUR == len({call["pid"] for call in lines(tmp_path / "calls")})


def test_killed_writers_leave_the_file_whole(workers, tmp_path):
    """However often writers are killed at work, the file can be read and an operator's hold stands."""
    file = HoldFile(tmp_path / "holds.json", SystemClock())
    ordered = Domain(Kind.PROVIDER, "ordered")
    file.write({ordered: by_operator(ordered, "by hand", time.monotonic(), None)})
    kept = []

    for _ in range(3):
        writing = [workers(writes=True) for _ in range(FOUR)]
        for turn, worker in enumerate(writing):
            time.sleep(0.007 * turn)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            orjson.loads(file.path.read_bytes())
            kept.append(file.read()[ordered].hold is not None)

    assert all(kept)


@pytest.fixture(name="two")
def _two(tmp_path):
    """Two hold files of two processes, which are one."""
    return [HoldFile(tmp_path / "holds.json", SystemClock()) for _ in range(2)]


def fault(cause, **facts):
    """A fault of this cause."""
    return Fault(cause=cause, scope=Scope.DEPLOYMENT, **facts)


def test_an_unseen_order_is_not_undone(two):
    """Who has not seen an operator's hold writes nothing over it, whatever it heard."""
    now = time.monotonic()
    ours, theirs = two
    theirs.write({A: by_operator(A, "by hand", now, None)})

    named = ours.write({A: opened(None, A, fault(Cause.THROTTLED), now, 0.5)}, {})

    assert ours.read()[A].hold.by_operator
    assert {} == named


def test_the_end_of_an_old_order_does_not_undo_a_new_one(tmp_path):
    """A router that notices late that an order has ended takes nothing away that another has ordered since."""
    clock = ManualClock()
    scripted = ScriptedProvider({"a": [text("a")]})
    described = inventory(process("p", deployment("a")))
    one, two = (
        Router(described, observers=[], clients=scripted.clients(), clock=clock, hold_file=tmp_path / "holds.json")
        for _ in range(2)
    )
    with one, two:
        one.hold("deployment:a", "first", for_s=5.0)
        clock.advance(6.0)
        assert not one.release("deployment:a")  # it has ended, which one has told to nobody yet
        two.hold("deployment:a", "second")
        for router in (one, two, one, two):
            clock.advance(2.0)
            router.holds()
            router.close()

        assert ["second"] == [hold.reason for hold in one.holds()]
        assert ["second"] == [hold.reason for hold in two.holds()]


def test_unseen_holds_are_merged(two):
    """Of two holds that did not know of each other the latest end and the gravest cause stand."""
    now = time.monotonic()
    ours, theirs = two
    theirs.write({A: opened(None, A, fault(Cause.SUSPENDED, retry_after_s=5000.0), now, 0.5)}, {})

    named = ours.write({A: opened(None, A, fault(Cause.THROTTLED, retry_after_s=5.0), now, 0.5)}, {})

    stands = ours.read()[A].hold
    assert Cause.SUSPENDED == stands.cause
    assert stands.until > now + 4000
    assert {} == named


def test_an_unseen_hold_outlives_the_end_of_an_older_one(two):
    """A trial that passed says nothing of a hold that opened meanwhile."""
    now = time.monotonic()
    ours, theirs = two
    before = opened(None, A, fault(Cause.OUTAGE), now, 0.5)
    known = ours.write({A: before}, {})
    theirs.read()
    theirs.write({A: opened(None, A, fault(Cause.QUOTA_EXHAUSTED), now, 0.5)}, known)

    ours.write({A: trial_passed(before, now)}, known)

    assert (Cause.QUOTA_EXHAUSTED, Phase.OPEN) == (ours.read()[A].hold.cause, ours.read()[A].hold.phase)


def test_a_claim_is_one_processs_until_it_tells(two):
    """A trial is granted to who asks first, again if he asks again, and to the other once the outcome is written."""
    ours, theirs = two

    assert {A} == ours.claim([A])
    assert {A} == ours.claim([A])
    assert set() == theirs.claim([A])
    ours.write({A: None}, {})
    assert {A} == theirs.claim([A])
