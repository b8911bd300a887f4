"""The parts of the gateway, asked as an ASGI server asks them."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.inventories import deployment, inventory, process, provider
from support.stub import Stub, whole

from modelrouter.errors import UsageError
from modelrouter.gateway.app import Gateway
from modelrouter.gateway.body import MAX_BODY, ClientGoneError, TooLargeError, read_body
from modelrouter.gateway.loopback import is_loopback
from modelrouter.gateway.presence import LEAVING, Presence
from modelrouter.gateway.server import bound
from modelrouter.router import Router
from modelrouter.testing import ScriptedProvider


def receiving(*messages: dict[str, Any]) -> Any:
    """A `receive` that gives these messages, then waits for ever."""
    left = list(messages)

    async def receive() -> dict[str, Any]:
        if not left:
            await asyncio.Event().wait()
        return left.pop(0)

    return receive


def pieces(parts: list[bytes]) -> list[dict[str, Any]]:
    """A body in parts, as a server hands it over."""
    last = len(parts) - 1
    return [{"type": "http.request", "body": part, "more_body": n < last} for n, part in enumerate(parts)]


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=8))
def test_body_is_the_sum_of_its_parts(parts: list[bytes]) -> None:
    """However a body is cut, it is read whole."""
    assert asyncio.run(read_body({}, receiving(*pieces(parts)))) == b"".join(parts)


@pytest.mark.parametrize(
    ("headers", "parts"),
    [
        ({b"content-length": str(MAX_BODY + 1).encode()}, []),
        ({}, [b"x" * (MAX_BODY + 1)]),
        ({}, [b"x" * MAX_BODY, b"x"]),
        ({b"content-length": b"5"}, [b"x" * MAX_BODY, b"x", b""]),
    ],
)
def test_body_is_bounded(headers: dict[bytes, bytes], parts: list[bytes]) -> None:
    """One byte too many is refused, declared or not."""
    with pytest.raises(TooLargeError):
        asyncio.run(read_body(headers, receiving(*pieces(parts))))


def test_largest_body_is_read() -> None:
    """The bound itself is allowed."""
    assert len(asyncio.run(read_body({}, receiving(*pieces([b"x" * MAX_BODY]))))) == MAX_BODY


@pytest.mark.parametrize("parts", [[], [b"half"]])
def test_body_whose_sender_left(parts: list[bytes]) -> None:
    """A client that leaves in the middle has asked nothing."""
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    with pytest.raises(ClientGoneError):
        asyncio.run(read_body({}, receiving(*messages, {"type": "http.disconnect"})))


def test_gateway_says_nothing_to_whoever_left() -> None:
    """A request that was never complete is neither served nor answered."""
    provider = ScriptedProvider({"a": []})
    router = Router(inventory(process("p", deployment("a"))), clients=provider.clients(), hold_file=None)
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/chat/completions", "query_string": b"", "headers": []}
    asyncio.run(Gateway(router)(scope, receiving({"type": "http.disconnect"}), send))

    assert (sent, provider.calls) == ([], [])


def test_failures_of_our_own_are_answered(capsys: pytest.CaptureFixture[str]) -> None:
    """An error that nobody foresaw is a 500 without its details; the log has its kind and its way through the code."""
    provider = ScriptedProvider({})  # knows no deployment, so that a call is an error inside the house
    router = Router(inventory(process("p", deployment("a"))), clients=provider.clients(), hold_file=None)
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    body = b'{"model": "p", "messages": [{"role": "user", "content": "x"}]}'
    scope = {"type": "http", "method": "POST", "path": "/v1/chat/completions", "query_string": b"", "headers": []}
    asyncio.run(Gateway(router)(scope, receiving(*pieces([body])), send))

    assert sent[0]["status"] == 500
    assert b"its log says why" in sent[1]["body"]
    assert b"KeyError" not in sent[1]["body"]
    logged = "".join(capsys.readouterr())  # wherever an application, or another test, has sent it
    assert "KeyError" in logged
    assert "runtime/calls.py" in logged


def test_presence_ends_work_for_nobody() -> None:
    """Work whose client leaves is cancelled, and the block ends without an error."""
    over: list[str] = []

    async def promise() -> None:
        async with Presence(receiving({"type": "http.request"}, {"type": "http.disconnect"})):
            try:
                await asyncio.Event().wait()
            finally:
                over.append("work")
        over.append("block")
        await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(promise(), 5))

    assert over == ["work", "block"]


@pytest.mark.parametrize("before", [True, False])
def test_presence_believes_a_server_that_tells(before: bool) -> None:  # noqa: FBT001 - a parameter of pytest's
    """Where the server itself says that a client leaves, before the block or within it, no message is waited for."""
    told: list[Any] = []

    def tell(whom: Any) -> None:
        told.append(whom)
        if before and whom is not None:
            whom()

    async def promise() -> int:
        tasks = -1
        async with Presence(receiving(), {"extensions": {LEAVING: tell}}):
            tasks = len(asyncio.all_tasks())
            if not before:
                asyncio.get_running_loop().call_soon(told[0])
            await asyncio.Event().wait()
        return tasks

    alone = asyncio.run(asyncio.wait_for(promise(), 5))

    assert alone <= 2  # the block and its time limit: nobody watches
    assert told[1:] == [None]


def test_presence_lets_other_cancellations_pass() -> None:
    """A server that shuts down cancels the block as it would any other."""

    async def promise() -> bool:
        async def work() -> None:
            async with Presence(receiving()):
                await asyncio.Event().wait()

        task = asyncio.create_task(work())
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(promise())


def test_presence_lets_errors_pass() -> None:
    """An error inside the block stays an error."""

    async def promise() -> None:
        async with Presence(receiving()):
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        asyncio.run(promise())


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost", "app.localhost"])
def test_loopback(host: str) -> None:
    """These mean this machine, wherever one asks."""
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.com", "localhost.example.com", "", "127.1"])
def test_not_loopback(host: str) -> None:
    """These may mean another machine, or all of this one's addresses."""
    assert not is_loopback(host)
    with pytest.raises(UsageError, match="without keys"):
        bound(host, 0)


def test_port_in_use() -> None:
    """A port that somebody has is one clear sentence."""
    with bound("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"^port {port} of 127.0.0.1 is in use: choose another with --port$"):
            bound("127.0.0.1", port)


def test_a_name_that_nothing_answers_to() -> None:
    """A loopback name that cannot be resolved, or an address that is not ours, is one clear sentence as well."""
    with pytest.raises(UsageError, match=r"^no-such-host\.localhost:1 is no address|^cannot listen"):
        bound("no-such-host.localhost", 1)


def test_what_a_caller_s_headers_say_goes_with_its_own_requests() -> None:
    """Callers of Anthropic's wire state a version and betas; each request takes those of its own caller along."""
    said = [{"anthropic-version": "2023-06-01"}, {"anthropic-version": "2026-10-21", "anthropic-beta": "x"}, {}] * 2
    body = b'{"model": "p", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}'
    answer = {"type": "message", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "y"}]}

    with Stub(whole({**answer, "id": "a", "stop_reason": "end_turn"})) as claude:
        first = deployment("d", of=provider("here", local=True), wire="anthropic-messages", url=claude.url)

        async def ask() -> None:
            async with Router(inventory(process("p", first)), observers=(), hold_file=None) as router:
                transport = httpx.ASGITransport(Gateway(router))
                async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                    for headers in said:
                        assert (await client.post("/v1/messages", content=body, headers=headers)).status_code == 200

        asyncio.run(ask())

    heard = [
        {name: call.headers.get(name) for name in ("anthropic-version", "anthropic-beta")} for call in claude.heard
    ]
    usual = {"anthropic-version": "2023-06-01", "anthropic-beta": None}
    assert heard == [{**usual, **headers} for headers in said]
