from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
from ledger.writing import rows
from support.gateway import serving, two_upstreams
from support.upstream import Upstream

from modelrouter.recording.waking import Wakes
from modelrouter.router import Router
from recording.desk import on_loop, recording

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "x-modelrouter-entry"


class Counting(asyncio.SelectorEventLoop):
    """A loop that counts how often somebody wakes it."""

    woken = 0

    def call_soon_threadsafe(self, callback: Any, *args: Any, context: Any = None) -> asyncio.Handle:  # type: ignore[override] # theirs is generic over the arguments
        """As ever, and count it."""
        self.woken += 1
        return super().call_soon_threadsafe(callback, *args, context=context)


def test_what_becomes_durable_together_wakes_its_loop_once() -> None:
    """A hundred requests of one commit are one wake-up, and each has its own number."""
    loop = Counting()
    wakes = Wakes(loop)
    futures = [loop.create_future() for _ in range(100)]
    for number, future in enumerate(futures):
        wakes.told(future, number)
    numbers = loop.run_until_complete(asyncio.wait_for(_all(futures), 10))
    loop.close()

    assert numbers == list(range(100))
    assert loop.woken == 1


async def _all(futures: list[asyncio.Future[int]]) -> list[int]:
    return list(await asyncio.gather(*futures))


@on_loop
async def test_a_caller_that_leaves_while_it_waits_hinders_nobody(tmp_path: Path) -> None:
    """Of requests whose decision is being flushed, some are cancelled: the others have their answers."""
    router = recording(tmp_path)
    asking = [asyncio.create_task(router.achat("p", "hi")) for _ in range(40)]
    await asyncio.sleep(0.005)
    for each in asking[::4]:
        each.cancel()
    came = await asyncio.gather(*asking, return_exceptions=True)
    await router.aclose()

    stayed = [each for number, each in enumerate(came) if number % 4]
    assert all(not isinstance(each, BaseException) and HEADER in each.headers for each in stayed)


def test_callers_of_a_gateway_are_told_where_their_decision_stands(tmp_path: Path) -> None:
    """Whole answers, streams and failures, each an entry further; a gateway that is stopped leaves an end."""
    with Upstream() as up:
        file = two_upstreams(tmp_path, up.url, up.url)
        file.write_text(f"{file.read_text()}ledger: {{folder: ledger, origin: ledger.example/gate}}\n")
        with serving(Router(file, observers=[], hold_file=None)) as url, httpx.Client(base_url=url) as client:
            asked = {"model": "letters", "messages": [{"role": "user", "content": "x"}]}
            told = [client.post("/v1/chat/completions", json=asked).headers[HEADER]]
            told.append(client.post("/v1/chat/completions", json={**asked, "stream": True}).headers[HEADER])
            up.mode, up.refusal = "status", (400, {}, '{"error": {"message": "no such parameter"}}')
            told.append(client.post("/v1/chat/completions", json=asked).headers[HEADER])
            assert HEADER not in client.get("/v1/models").headers
            assert client.get("/health/ready").json()["ledger"] == "well"
    found = rows(tmp_path / "ledger" / "0.db")
    decisions = [row for row in found if row.kind == "decision"]
    assert told == [f"ledger.example/gate/0#{row.number}" for row in decisions]
    assert [row.values["door"] for row in found if row.kind == "request"] == ["gateway"] * 3
    assert found[-1].kind == "end"
