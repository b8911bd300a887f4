"""Nothing that goes wrong with a ledger holds up a request for ever, or reaches a caller raw."""

from __future__ import annotations

import asyncio
import gc
import math
import os
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from ledger.writing import Desk, probe, rows
from support.gateway import serving, two_upstreams
from support.upstream import Upstream

from modelrouter.errors import LedgerError, UnrecordedError
from modelrouter.router import Router
from modelrouter.testing import ScriptedProvider, stream, text
from recording.desk import kept_in, left, on_loop, recording, scripted, small

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from modelrouter.core.evidence import Ledger

HEADER = "x-modelrouter-entry"
NOBODYS = "led\0ger"
TOO_LARGE = 1 << 62
"""A stack that no machine has room for."""


class Clock:
    """The machine's own, which somebody may bend."""

    now = staticmethod(time.monotonic)

    def __init__(self, bent: Callable[[], float | None] = lambda: None) -> None:
        self.bent = bent

    def wall(self) -> float:
        """Seconds since 1970, unless it is bent."""
        bent = self.bent()
        return time.time() if bent is None else bent

    def chance(self) -> float:
        """No luck."""
        return 0.5


class Bending(ScriptedProvider):
    """After its first call the clock tells that thread no time, once: when it is asked for the `nth` time."""

    thread = 0
    nth = 1

    async def send(self, *given: Any, **named: Any) -> Any:
        """Play the next script."""
        self.thread = 0 if self.calls else threading.get_ident()
        return await super().send(*given, **named)

    def wall(self) -> float | None:
        """For `Clock`."""
        if threading.get_ident() != self.thread:
            return None
        self.nth -= 1
        return None if self.nth else math.nan


def timed(clock: Clock, provider: ScriptedProvider, ledger: Ledger) -> Router:
    """A router by this clock."""
    return Router(small(), clients=provider.clients(), observers=[], hold_file=None, ledger=ledger, clock=clock)


@pytest.mark.parametrize("unavailable", ["serve", "refuse"])
@pytest.mark.parametrize("streamed", [False, True])
@on_loop
async def test_a_decision_of_which_no_entry_can_be_made_is_not_waited_for(
    tmp_path: Path, unavailable: str, *, streamed: bool
) -> None:
    """The answer goes out without the header or not at all; a gap stands in the ledger, and what is lost is counted."""
    provider = Bending({"a": [stream(["one"]) if streamed else text("hello")]})
    provider.nth = 2 if streamed else 1  # a stream's first event has a time as well
    router = timed(Clock(provider.wall), provider, kept_in(tmp_path, unavailable=unavailable))
    await router.start()
    if unavailable == "serve":
        answer = await router.achat("p", "hi", stream=streamed)
        await answer.aclose()
        assert HEADER not in answer.headers
    else:
        with pytest.raises(UnrecordedError):
            await router.achat("p", "hi", stream=streamed)
    assert router.ledger is not None
    lost = router.ledger.lost
    after = await router.achat("p", "hi", stream=streamed)
    await after.aclose()
    await router.aclose()

    assert HEADER in after.headers
    gaps = [row.values for row in left(tmp_path, "gap")]
    assert (lost, [gap["why"] for gap in gaps]) == (1, ["no entry can be made of it: ValueError"])


def test_a_writer_that_could_not_be_started_is_started_by_the_next_entry(tmp_path: Path) -> None:
    """No thread to be had: whoever waits is told at once, with an alarm; later everything is written."""
    desk = Desk(tmp_path / "0.db")
    before = threading.stack_size(TOO_LARGE)
    try:
        assert desk.write(probe(1)) is None
        assert desk.write(probe(2)) is None
        with pytest.raises(LedgerError, match="no thread"):
            desk.journal.ask(lambda store: store.head.size).result(0)
    finally:
        threading.stack_size(before)
    desk.journal.append([probe(3)])
    desk.until(2)
    assert desk.write(probe(4)) == 4
    desk.journal.close()

    assert [alarm is None for alarm in desk.alarms] == [False, True]
    assert [row.values.get("n") for row in rows(tmp_path / "0.db")[1:-1]] == [1, 2, 3, 4]


def test_what_waits_for_a_writer_is_written_at_the_end_at_the_latest(tmp_path: Path) -> None:
    """A journal that never had a thread asks for one again when it is closed."""
    desk = Desk(tmp_path / "0.db")
    before = threading.stack_size(TOO_LARGE)
    try:
        assert desk.write(probe(1)) is None
    finally:
        threading.stack_size(before)
    desk.journal.close()

    assert [row.kind for row in rows(tmp_path / "0.db")] == ["begin", "probe", "end"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@on_loop
async def test_an_answer_waits_some_seconds_at_most_for_a_writer_that_has_gone(tmp_path: Path) -> None:
    """Whatever ended the thread: the answer goes out without the header, and health tells of it."""
    clock = Clock()

    def bent() -> float | None:
        if threading.current_thread().name == "modelrouter-ledger":
            raise SystemExit
        return None

    router = timed(clock, scripted(), kept_in(tmp_path, checkpoint_entries=1))
    assert HEADER in (await router.achat("p", "hi")).headers
    clock.bent = bent
    answer = await router.achat("p", "hi")

    assert HEADER not in answer.headers
    assert router.ledger is not None
    assert "does not answer" in str(router.ledger.trouble)
    await router.aclose()


@pytest.mark.parametrize(("unavailable", "status"), [("serve", 200), ("refuse", 503)])
def test_callers_of_a_gateway_never_see_what_hinders_its_ledger(tmp_path: Path, unavailable: str, status: int) -> None:
    """Whatever it is that nobody foresaw: 503 in the caller's dialect, or an answer; health shows that it is in trouble."""
    with Upstream() as up:
        file = two_upstreams(tmp_path, up.url, up.url)
        router = Router(file, observers=[], hold_file=None)
        with serving(router) as url, httpx.Client(base_url=url) as client:
            how = replace(kept_in(tmp_path, unavailable=unavailable), folder=NOBODYS)
            router.reload(replace(router.inventory, ledger=how))
            asked = {"model": "letters", "messages": [{"role": "user", "content": "x"}]}
            answers = [client.post("/v1/chat/completions", json=asked) for _ in range(2)]
            ready = client.get("/health/ready").json()["ledger"]

    assert [each.status_code for each in answers] == [status] * 2
    assert ("cannot be recorded" in answers[0].json().get("error", {}).get("message", "")) == (status == 503)
    assert ready == "in trouble"


@on_loop
async def test_a_start_tells_what_nobody_foresaw(tmp_path: Path) -> None:
    """By its type, as trouble of the ledger."""
    router = recording(tmp_path, unavailable="refuse")
    router.reload(small())
    await router.aclose()
    how = replace(kept_in(tmp_path, unavailable="refuse"), folder=NOBODYS)
    router = Router(small(), clients=scripted().clients(), observers=[], hold_file=None, ledger=how)
    with pytest.raises(LedgerError, match="ValueError"):
        await router.start()
    await router.aclose()


@on_loop
async def test_a_folder_that_does_not_answer_holds_up_no_event_loop(tmp_path: Path) -> None:
    """The loop goes on while the ledger is opened; requests wait some seconds at most, and the next ones not at all."""
    (tmp_path / "ledger").mkdir()
    key = tmp_path / "ledger" / "key.pem"
    os.mkfifo(key)  # who opens it to read waits for a writer
    router = recording(tmp_path)
    asking = asyncio.create_task(router.achat("p", "hi"))
    for _ in range(20):
        await asyncio.sleep(0.01)
    waiting = not asking.done()
    first = await asking
    second = await router.achat("p", "hi")

    assert waiting
    assert HEADER not in first.headers
    assert HEADER not in second.headers
    assert router.ledger is not None
    assert "does not answer" in str(router.ledger.trouble)
    file = os.open(key, os.O_RDWR | os.O_NONBLOCK)
    await asyncio.sleep(0.1)
    os.close(file)
    await router.aclose()


@on_loop
async def test_the_first_request_of_a_healthy_ledger_is_acknowledged(tmp_path: Path) -> None:
    """Whoever asks while it is opened waits for it: many at once, each with a number of its own."""
    router = recording(tmp_path)
    answers = await asyncio.gather(*(router.achat("p", "hi") for _ in range(20)))
    await router.aclose()

    assert len({answer.headers[HEADER] for answer in answers}) == 20


def test_no_request_stands_before_the_inventory_it_was_served_by(tmp_path: Path) -> None:
    """While one thread begins a ledger, the requests of others wait for it."""
    begun, go_on = threading.Event(), threading.Event()
    loops = [threading.get_ident()]

    def bent() -> float | None:
        name = threading.current_thread().name
        if threading.get_ident() not in loops and name != "modelrouter-ledger" and not begun.is_set():
            begun.set()
            go_on.wait(0.5)
        return None

    router = timed(Clock(bent), scripted(), kept_in(tmp_path))

    def ask() -> None:
        loops.append(threading.get_ident())
        asyncio.run(one())

    async def one() -> None:
        assert HEADER in (await router.achat("p", "hi")).headers
        go_on.set()

    asking = threading.Thread(target=ask)
    starting = threading.Thread(target=lambda: asyncio.run(router.start()))
    starting.start()
    assert begun.wait(30)
    asking.start()
    asking.join(30)
    starting.join(30)
    asyncio.run(router.aclose())

    assert [row.kind for row in left(tmp_path)][:3] == ["begin", "inventory", "request"]


@on_loop
async def test_ledgers_that_reloads_left_behind_are_let_go(tmp_path: Path) -> None:
    """Of a router that goes over to another ledger again and again, only the one at work keeps threads and memory."""
    ledgers = [replace(kept_in(tmp_path), folder=str(tmp_path / str(number))) for number in range(6)]
    base = replace(small(), ledger=ledgers[0])
    router = Router(base, clients=scripted().clients(), observers=[], hold_file=None)
    for ledger in ledgers:
        router.reload(replace(base, ledger=ledger))
        assert HEADER in (await router.achat("p", "hi")).headers
    for _ in range(30):
        if len(books(tmp_path)) == 1:
            break
        await asyncio.sleep(0.5)
    held = len(books(tmp_path))
    await router.aclose()

    assert held == 1


def books(folder: Path) -> list[Any]:
    """Ledgers below a folder that this process holds in memory; not those of other tests, some of which never opened."""
    gc.collect()
    found = [each for each in gc.get_objects() if type(each).__name__ == "Book" and hasattr(each, "journal")]
    return [each for each in found if folder in each.journal.path.parents]


@on_loop
async def test_no_provider_is_called_before_a_ledger_took_its_first_entry(tmp_path: Path) -> None:
    """`refuse`: a shard that cannot be written is found out before the first request, not by it."""
    (tmp_path / "ledger" / "0.db").mkdir(parents=True)  # the folder is well, the file is none
    provider = scripted()
    router = recording(tmp_path, provider, unavailable="refuse")
    with pytest.raises(UnrecordedError):
        await router.achat("p", "hi")
    with pytest.raises(LedgerError):
        await router.start()
    assert provider.calls == []
    await router.aclose()
