"""A drill on real requests: a gateway in a process of its own, real callers, real sockets, and a drill that may die.

Real seconds pass here: these tests run alone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import httpx
import pytest
from support.gateway import two_upstreams
from support.upstream import Upstream, eventually

from modelrouter.audit.reader import audit
from modelrouter.drills.canary import frame, play
from modelrouter.drills.plan import Abort, Approval, Bounds, Lease, Plan, Radius, Steady, Targets
from modelrouter.drills.selection import at_scope
from modelrouter.drills.verdict import Verdict, judge
from modelrouter.errors import UsageError
from modelrouter.inventory.loader import load
from modelrouter.ledger.plain import plain
from modelrouter.ledger.reading import opened, shards
from modelrouter.runtime.holdfile import default_path
from modelrouter.runtime.orderfile import OrderFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from modelrouter.drills.canary import Played

pytestmark = pytest.mark.alone

ASK = {"model": "claims", "messages": [{"role": "user", "content": "x"}]}
SUSPENDED = "suspend@provider:first"
HEADER = "x-modelrouter-drill"


def remote(folder: Path, first: str, second: str) -> Path:
    """An inventory whose first provider is somebody else's, so that it can suspend; and a ledger."""
    file = two_upstreams(folder, first, second)
    text = file.read_text().replace("company: First Inc, local: true", "company: First Inc")
    file.write_text(f"{text}\nledger: {{folder: ledger, origin: tests.example/gateway, durability: relaxed}}\n")
    return file


class Scene(NamedTuple):
    """A gateway that serves two upstreams, and where its holds are."""

    url: str
    first: Upstream
    second: Upstream
    inventory: Path
    holds: Path


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """`modelrouter serve` in a process of its own, the same for all: no drill leaves anything behind."""
    tmp_path = tmp_path_factory.mktemp("canary")
    with pytest.MonkeyPatch.context() as patch, Upstream("first") as first, Upstream("second") as second:
        patch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        patch.setenv("FIRST_KEY", "sk-first-0000")
        inventory = remote(tmp_path, first.url, second.url)
        arguments = [sys.executable, "-m", "modelrouter", "serve", "--inventory", str(inventory), "--port", "0"]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as gateway:
            try:
                assert gateway.stdout is not None
                url = next(word for line in gateway.stdout for word in line.split() if word.startswith("http://"))
                yield Scene(url, first, second, inventory, default_path(load(inventory)))
            finally:
                gateway.send_signal(signal.SIGINT)
                gateway.communicate(timeout=20)


class Load:
    """Callers that ask for as long as the block lasts; who answered each, and whether a drill had a hand in it."""

    def __init__(self, url: str, model: str = "claims", callers: int = 4) -> None:
        self.seen: Counter[tuple[int, str, bool]] = Counter()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(url, model)) for _ in range(callers)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, url: str, model: str) -> None:
        with httpx.Client(timeout=20) as client:
            while not self._over.wait(0.01):
                answer = client.post(f"{url}/v1/chat/completions", json={**ASK, "model": model})
                said = answer.json()["choices"][0]["message"]["content"] if answer.is_success else ""
                self.seen[answer.status_code, said, HEADER in answer.headers] += 1


def plan(**changed: Any) -> Plan:
    """A canary of a fifth of one process, a second of steady state."""
    usual: dict[str, Any] = {
        "id": "q4", "owner": "bcm", "level": "canary", "approvals": (Approval("ada"),), "scenarios": (SUSPENDED,),
        "targets": Targets(("claims",)), "radius": Radius(share=0.2), "steady": Steady(1.0, Bounds(), Bounds()),
        "lease": Lease(1.0), "abort": Abort(error_rate=0.2, for_s=1.0), "seed": 7,
    }  # fmt: skip
    return Plan(**{**usual, **changed})


def played(scene: Scene, drill: Plan, *, fault_s: float = 2.0, fault: str = SUSPENDED) -> Played:
    """Play it against the scene's gateway."""
    inventory = load(scene.inventory)
    scenario = at_scope(inventory, frame(drill, inventory, fault_s), fault)
    return play(inventory, drill, scenario, scene.holds, fault_s=fault_s)


def left_behind(scene: Scene) -> bool:
    """Whether anything of a drill is still there."""
    return any(scene.holds.parent.glob("*.drill*"))


class Done(NamedTuple):
    """One drill under load, and everything that was seen of it from outside."""

    played: Played
    concerned: Load
    other: Load
    pages: list[str]
    """The gateway's metrics, again and again."""


@pytest.fixture(scope="module")
def done(scene: Scene) -> Done:
    """A canary of a fifth, from its beginning to its end."""
    pages: list[str] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.1):
            pages.append(httpx.get(f"{scene.url}/metrics").text)

    looking = threading.Thread(target=look)
    looking.start()
    with Load(scene.url) as concerned, Load(scene.url, "archive", callers=2) as other:
        found = played(scene, plan())
    over.set()
    looking.join()
    return Done(found, concerned, other, pages)


def test_only_the_chosen_share_is_touched(scene: Scene, done: Done) -> None:
    """A fifth of the requests of one process fails over and says so; all others, and other processes, notice nothing."""
    seen = done.concerned.seen
    canary = sum(number for (_, _, drilled), number in seen.items() if drilled)

    assert done.played.ended is None
    assert done.played.departures == ()
    assert 0.1 < canary / seen.total() < 0.3
    assert {(status, said) for (status, said, drilled) in seen if not drilled} == {(200, "first")}
    assert {(status, said) for (status, said, drilled) in seen if drilled} == {(200, "first"), (200, "second")}
    assert set(done.other.seen) == {(200, "first", False)}
    assert not left_behind(scene)


def test_the_verdict_is_read_from_what_the_gateway_saw(done: Done) -> None:
    """The canary survived, found the cause itself, and was as well off as the requests beside it."""
    (recording,) = done.played.rehearsal.recordings
    verdicts = {each.process: each.verdict for each in judge(done.played.rehearsal.inventory, recording)}
    groups = done.played.groups

    assert (verdicts["claims"], verdicts["letters"]) == (Verdict.SURVIVED, Verdict.NOT_TESTED)
    assert {str(entry.effect) for entry in recording.calls if entry.injected} == {"suspended"}
    assert groups["canary"].error_rate == groups["control"].error_rate == 0
    assert groups["control"].sent > 0


def test_holds_of_the_canary_are_its_own(done: Done) -> None:
    """Whoever looks at the gateway's holds meanwhile sees none: the provider was never suspended."""
    assert done.pages
    assert not [page for page in done.pages if "modelrouter_holds{" in page]


def test_the_ledger_knows_the_canary_s_requests_and_what_struck_them(scene: Scene, done: Done) -> None:
    """The drill begins and ends in the gateway's ledger; its requests are recorded as its own, and nobody holds for them."""
    entries = list(recorded(scene))
    drills = [values for kind, values in entries if kind == "drill"]
    began = next(values for values in drills if values["event"] == "begun")
    ended = next(values for values in drills if values["event"] == "ended" and values["drill"] == began["drill"])
    asked = Counter(values["door"] for kind, values in entries if kind == "request")
    canary = sum(number for (_, _, drilled), number in done.concerned.seen.items() if drilled)

    assert (["claims"], 0.2) == (began["processes"], began["share"])
    assert [("gpt", "reply", 401)] == [(each["deployment"], each["kind"], each["status"]) for each in began["strikes"]]
    assert ended["why"] == "taken away"
    assert ended["requests"]["canary"] == canary
    assert ended["struck"]["gpt"] >= 1
    assert asked["drill"] >= canary > 0
    assert asked["gateway"] > canary
    assert [] == [values for kind, values in entries if kind == "hold"]


def test_the_canary_s_hops_are_judged_with_all_others(scene: Scene, done: Done) -> None:
    """By the inventory that the gateway serves, whose fingerprint they carry; and nothing of them is missing."""
    auditor = audit(read(scene))

    assert done.played.ended is None
    assert auditor.hops > done.concerned.seen.total()
    assert (0, 0, []) == (auditor.breaches, auditor.unjudged.total(), auditor.orphans)


def recorded(scene: Scene) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the gateway's ledger holds by now."""
    yield from ((entry["kind"], entry["values"]) for entry in read(scene))


def read(scene: Scene) -> Iterator[dict[str, Any]]:
    """The same as the auditor's reader takes it."""
    time.sleep(0.5)  # relaxed: what was told lately is still on its way
    (path,) = shards(scene.inventory.parent / "ledger")
    with opened(path) as reader:
        for entry in map(plain, reader.rows()):
            yield {"number": entry.number, "kind": entry.kind, "time": entry.time, "values": entry.values}


def _drilled_lately(load_on: Load) -> bool:
    load_on.seen.clear()
    time.sleep(0.5)
    return any(drilled for (_, _, drilled) in load_on.seen)


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from drills.test_canary import plan
from modelrouter.audit.reader import audit
from modelrouter.drills.canary import frame, play
from modelrouter.drills.selection import at_scope
from modelrouter.inventory.loader import load
inventory = load(sys.argv[2])
play(inventory, plan(), at_scope(inventory, frame(plan(), inventory, 60.0), "suspend@provider:first"), Path(sys.argv[3]), fault_s=60.0)
"""


def test_a_drill_that_is_killed_leaves_nothing_behind(scene: Scene) -> None:
    """After `kill -9` the lease runs out: the gateway takes the order away, and its last line with it."""
    tests = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120 - as an argument
    with (
        Load(scene.url) as load_on,
        subprocess.Popen([sys.executable, "-c", KILLED, tests, str(scene.inventory), str(scene.holds)]) as drill,
    ):
        try:
            assert eventually(lambda: (200, "second", True) in load_on.seen, within_s=20)
        finally:
            drill.kill()
            drill.wait()
        assert left_behind(scene)
        assert eventually(lambda: not left_behind(scene), within_s=10)
        assert eventually(lambda: not _drilled_lately(load_on), within_s=10)
        assert set(load_on.seen) == {(200, "first", False)}


def test_without_a_gateway_nothing_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One clear error, within seconds, and no file is left."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    inventory = load(remote(tmp_path, "http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1"))
    scenario = at_scope(inventory, frame(plan(), inventory, 3.0), SUSPENDED)

    with pytest.raises(UsageError, match="is `modelrouter serve` running"):
        play(inventory, plan(), scenario, default_path(inventory), fault_s=3.0)
    assert not [each for each in (tmp_path / "state").rglob("*") if "drill" in each.name]


def test_two_drills_are_never_under_way_at_once(scene: Scene) -> None:
    """The second is refused and leaves the first alone."""
    with Load(scene.url), _drilling(scene) as first:
        assert eventually(lambda: OrderFile(scene.holds).order() is not None)
        with pytest.raises(UsageError, match="another drill is under way"):
            played(scene, plan(id="second"))
        first.join()

    assert not left_behind(scene)


@contextmanager
def _drilling(scene: Scene) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=played, args=(scene, plan()))
    thread.start()
    try:
        yield thread
    finally:
        thread.join()


@pytest.mark.parametrize("fault", ["quota-cut@provider:first", "brownout@provider:first"])
def test_what_no_whole_reply_can_say_is_refused(scene: Scene, fault: str) -> None:
    """Less capacity and partial slowness are rehearsed on twins; here they are refused before anything is touched."""
    with pytest.raises(UsageError):
        played(scene, plan(), fault=fault)
    assert not left_behind(scene)


def test_a_real_failure_ends_the_drill_at_once(scene: Scene) -> None:
    """The other provider breaks while the fault stands: the drill gives way, and everybody gets the first again."""
    breaking = threading.Timer(2.0, lambda: setattr(scene.second, "mode", "status"))
    breaking.start()
    with Load(scene.url) as load_on:
        began = time.monotonic()
        done = played(scene, plan(), fault_s=60.0)
        took_s = time.monotonic() - began
        assert not left_behind(scene)
        load_on.seen.clear()
        assert eventually(lambda: load_on.seen.total() > 50)
        assert eventually(lambda: not _drilled_lately(load_on))

    assert done.ended is not None
    assert "failed" in done.ended or "held" in done.ended
    assert took_s < 30
    assert set(load_on.seen) == {(200, "first", False)}
