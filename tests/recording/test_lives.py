from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from ledger.writing import rows

from modelrouter.core.rules import Policy, Rule
from modelrouter.errors import InventoryError, LedgerError, MissingSecretError, UnrecordedError
from modelrouter.router import Router
from modelrouter.testing import stream
from recording.desk import ORIGIN, kept_in, left, on_loop, recording, scripted, shard_count, small

HEADER = "x-modelrouter-entry"
EUROPE = Policy(id="eu", rules=(Rule(fact="headquarters", denied=frozenset({"CN"})),))


@on_loop
async def test_the_inventory_in_force_comes_first_and_each_reload_after_it(tmp_path: Path) -> None:
    """What is judged by stands in the ledger: with facts when it is loaded, with facts and edits when it changes."""
    router = recording(tmp_path)
    first = await router.achat("p", "hi")
    router.reload(replace(small(), policies=(EUROPE,)))
    second = await router.achat("p", "hi")
    with pytest.raises(InventoryError):
        router.reload(tmp_path / "nowhere.yaml")
    await router.aclose()
    loaded, reloaded, refused = left(tmp_path, "inventory")
    named = {row.values["id"]: row.values["inventory"] for row in left(tmp_path, "request")}

    assert [row.values["event"] for row in (loaded, reloaded, refused)] == ["loaded", "reloaded", "refused"]
    assert loaded.values["facts"]["policies"] == []
    assert [policy["id"] for policy in reloaded.values["facts"]["policies"]] == ["eu"]
    assert [row.values["edits"] for row in left(tmp_path, "policy")] == [reloaded.values["edits"]]
    assert "facts" not in refused.values
    assert "nowhere.yaml" in refused.values["edits"][0]
    assert named[first.decision.id] == loaded.values["fingerprint"]
    assert named[second.decision.id] == reloaded.values["fingerprint"] == refused.values["fingerprint"]


@on_loop
async def test_a_request_under_way_ends_in_the_ledger_it_began_in(tmp_path: Path) -> None:
    """A reload that names another ledger ends the old one after its last request, with an end of its own."""
    first, second = (replace(kept_in(tmp_path), folder=folder) for folder in ("ledger", "other"))
    before = replace(small(), path=str(tmp_path / "x.yaml"), ledger=first)
    provider = scripted(a=[stream(["one", "two"])])
    router = Router(before, clients=provider.clients(), observers=[], hold_file=None)
    answer = await router.achat("p", "hi", stream=True)
    router.reload(replace(before, ledger=second))
    other = await router.achat("p", "hi", stream=True)
    while await answer.block():
        pass
    while await other.block():
        pass
    await router.aclose()
    old, new = left(tmp_path), rows(tmp_path / "other" / "0.db")

    assert [row.kind for row in old] == ["begin", "inventory", "request", "decision", "inventory", "stream", "end"]
    assert [row.kind for row in new] == ["begin", "inventory", "request", "decision", "stream", "end"]
    assert old[3].values["id"] == old[5].values["id"] == answer.decision.id


@on_loop
async def test_a_reload_may_begin_and_end_recording(tmp_path: Path) -> None:
    """Without a ledger nothing is recorded; from the reload on that names one everything is, until one that names none."""
    plain = replace(small(), path=str(tmp_path / "x.yaml"))
    recorded = replace(plain, ledger=replace(kept_in(tmp_path), folder="ledger"))
    router = Router(plain, clients=scripted().clients(), observers=[], hold_file=None)
    headers = []
    for each in (None, recorded, plain):
        if each is not None:
            router.reload(each)
        headers.append(HEADER in (await router.achat("p", "hi")).headers)
    condition = router.ledger
    await router.aclose()

    assert (headers, condition) == ([False, True, False], None)
    assert len(left(tmp_path, "request")) == 1
    assert left(tmp_path)[-1].kind == "end"


@on_loop
async def test_orders_are_recorded_by_whom_they_were_given_and_reach_others_as_holds(tmp_path: Path) -> None:
    """Who ordered has an `operator` entry and a hold by the operator; another process of the inventory one by elsewhere."""
    holds = tmp_path / "holds.json"
    routers = [
        Router(small(), clients=scripted().clients(), observers=[], hold_file=holds, ledger=kept_in(tmp_path))
        for _ in range(2)
    ]
    for router in routers:
        await router.start()
    domain = "provider:a-provider"
    routers[0].hold(domain, "a test", 60)
    await asyncio.sleep(1.1)  # others look once a second
    routers[1].holds()
    routers[0].release(domain)
    for router in routers:
        await router.aclose()
    ordered, ended = left(tmp_path, "operator")
    own = left(tmp_path, "hold")
    others = [row for row in rows(tmp_path / "ledger" / "1.db") if row.kind == "hold"]

    assert (ordered.values["action"], ordered.values["domain"], ordered.values["reason"]) == ("hold", domain, "a test")
    assert ordered.values["until"] == pytest.approx(own[0].values["after"]["until"], abs=0.001)
    assert ended.values["action"] == "release"
    assert [row.values["by"] for row in own] == ["operator", "operator"]
    assert [(row.values["by"], row.values["after"]["evidence"]) for row in others] == [("elsewhere", "a test")]


def test_a_check_is_recorded_when_it_finds_something_new(tmp_path: Path) -> None:
    """The same result twice is one entry; another result is another."""
    provider = scripted()
    with recording(tmp_path, provider) as router:
        router.chat("p", "hi")
        for listed in (True, True, False):
            provider.listed = listed
            router.check()
    found = [row.values for row in left(tmp_path, "probe") if row.values["deployment"] == "a"]

    assert [(each["layer"], each["outcome"]) for each in found if each["layer"] == "listing"] == [
        ("listing", "passed"),
        ("listing", "failed"),
    ]


@on_loop
async def test_what_a_killed_process_left_open_is_closed_by_the_next(tmp_path: Path) -> None:
    """However long before the last checkpoint it began: a stream is cut, a request without a decision is interrupted."""
    provider = scripted(a=[stream(["one"], silent=True)], b=[stream(["one"], silent=True)])
    router = recording(tmp_path / "first", provider, checkpoint_entries=5)
    streamed = await router.achat("p", "hi", stream=True)
    await streamed.block()
    for _ in range(20):
        asking = await router.achat("p", "hi", stream=True)
        await asking.aclose()
    await asyncio.sleep(0.2)  # what nobody waits for may become durable some milliseconds later
    shutil.copytree(tmp_path / "first", tmp_path / "second")  # as it would stand after a kill
    await streamed.aclose()
    await router.aclose()
    after = recording(tmp_path / "second")
    await after.start()
    await after.aclose()
    ends = [row.values for row in left(tmp_path / "second", "stream")]

    assert (ends[-1]["id"], ends[-1]["outcome"], ends[-1]["cause"]) == (streamed.decision.id, "cut", "interrupted")
    assert len(ends) == 21
    assert [row.values["before"] for row in left(tmp_path / "second", "begin")] == ["nothing", "interruption"]


@pytest.mark.parametrize("unavailable", ["serve", "refuse"])
@on_loop
async def test_a_ledger_that_cannot_be_opened(tmp_path: Path, unavailable: str) -> None:
    """Answers go out without the header and somebody can see why; or no provider is called at all."""
    (tmp_path / "ledger").write_text("a file where the folder should be")
    provider = scripted()
    router = recording(tmp_path, provider, unavailable=unavailable)
    if unavailable == "serve":
        await router.start()
        answer = await router.achat("p", "hi")
        assert (HEADER in answer.headers, len(provider.calls)) == (False, 1)
    else:
        with pytest.raises(LedgerError):
            await router.start()
        with pytest.raises(UnrecordedError) as caught:
            await router.achat("p", "hi")
        assert (caught.value.status, provider.calls) == (503, [])
        assert b"cannot be recorded" in caught.value.body

    assert router.ledger is not None
    assert "ledger" in str(router.ledger.trouble)
    await router.aclose()


@on_loop
async def test_a_key_that_is_not_there_is_said_at_the_start(tmp_path: Path) -> None:
    """Nobody finds out at the first request."""
    router = recording(tmp_path, key="env:NO_SUCH_LEDGER_KEY")
    with pytest.raises(MissingSecretError, match="NO_SUCH_LEDGER_KEY"):
        await router.start()
    await router.aclose()


FORKED = """
import os, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from recording.desk import recording
router = recording(Path({folder!r}))
print(router.chat("p", "hi").headers["x-modelrouter-entry"], flush=True)
child = os.fork()
if child == 0:
    print(router.chat("p", "hi").headers["x-modelrouter-entry"], flush=True)
    router.close()
    os._exit(0)
os.waitpid(child, 0)
print(router.chat("p", "hi").headers["x-modelrouter-entry"], flush=True)
"""


def test_a_forked_child_writes_a_shard_of_its_own_and_an_end_is_written_without_close(tmp_path: Path) -> None:
    """Neither touches the other's; and a process that ends without closing its router leaves an end all the same."""
    script = FORKED.format(tests=str(Path(__file__).parents[1]), folder=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr

    assert [each.partition("#")[0] for each in done.stdout.split()] == [f"{ORIGIN}/0", f"{ORIGIN}/1", f"{ORIGIN}/0"]
    assert [row.kind for row in left(tmp_path)][-1] == "end"
    assert [row.kind for row in rows(tmp_path / "ledger" / "1.db")][-1] == "end"
    assert shard_count(tmp_path) == 2


def test_who_keeps_no_ledger_does_not_load_it() -> None:
    """Neither database nor cryptography is imported with the router."""
    script = "import sys; from modelrouter import Router; print(sorted({'cryptography', 'sqlite3'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout == "[]\n"
