"""Clients that mean no good, over real sockets: nobody else notices, and nothing of them is left. Small; `benchmarks.hostile` is large."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.gateway import two_upstreams
from support.upstream import Upstream, eventually

from modelrouter.gateway.app import Gateway
from modelrouter.gateway.reply import reply
from modelrouter.gateway.server import beside, bound
from modelrouter.router import Router

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Receive, Scope, Send

ASK = {"model": "letters", "messages": [{"role": "user", "content": "x"}]}
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"
RESET = struct.pack("ii", 1, 0)
SLOW = 50
LEAVING = 200
STREAMS = 100


class Watched:
    """The gateway, and beside it `/tasks`: how many tasks its event loop has, that of the asking request included."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/tasks":
            await reply(send, 200, {"content-type": "application/json"}, b"%d" % len(asyncio.all_tasks()))
        else:
            await self._gateway(scope, receive, send)


class Scene:
    """A gateway before a provider."""

    def __init__(self, port: int, upstream: Upstream) -> None:
        self.port = port
        self.upstream = upstream

    def connected(self, stack: ExitStack, said: bytes) -> socket.socket:
        """A client that has said something; it is closed with the stack at the latest."""
        client = stack.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=20))
        client.sendall(said)
        return client

    def tasks(self) -> int:
        """Of the gateway's event loop."""
        return int(httpx.get(f"http://127.0.0.1:{self.port}/tasks", timeout=20).text)

    def ask(self, **more: Any) -> httpx.Response:
        """One honest request."""
        return httpx.post(f"http://127.0.0.1:{self.port}/v1/chat/completions", json={**ASK, **more}, timeout=20)


def said(**more: Any) -> bytes:
    """A whole request."""
    body = json.dumps({**ASK, **more}).encode()
    return HEAD + b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


def leave(client: socket.socket, *, resets: bool) -> None:
    """Go away, politely or not."""
    if resets:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    client.close()


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """A provider."""
    with Upstream("hello from one who says a little more than nothing") as made:
        yield made


@pytest.fixture
def scene(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Iterator[Scene]:
    """A gateway that has served nobody yet."""
    upstream.reset()
    file = two_upstreams(tmp_path_factory.mktemp("hostile"), upstream.url, upstream.url)
    with (
        Router(file, observers=(), hold_file=None) as router,
        bound("127.0.0.1", 0) as listening,
        beside(Watched(Gateway(router)), listening),
    ):
        yield Scene(listening.getsockname()[1], upstream)
    upstream.reset()


def test_slow_clients_keep_nobody_waiting(scene: Scene) -> None:
    """Beside clients that say nothing, half a head or half a body honest ones are served, and no task waits for them."""
    idle = scene.tasks()
    with ExitStack() as stack:
        for number in range(SLOW):
            scene.connected(stack, (b"", HEAD, HEAD + b"content-length: 100\r\n\r\n{")[number % 3])

        assert {scene.ask().status_code for _ in range(20)} == {200}
        assert scene.tasks() <= idle + SLOW // 3 + 1  # only those whose head is complete are requests at all
    assert eventually(lambda: scene.tasks() <= idle)


@pytest.mark.parametrize("resets", [True, False])
def test_who_leaves_before_the_answer_leaves_nothing(scene: Scene, resets: bool) -> None:  # noqa: FBT001 - a parameter of pytest's
    """Clients that go away while the provider thinks take task and call with them."""
    assert scene.ask().status_code == 200
    idle = scene.tasks()
    scene.upstream.reset()
    scene.upstream.mode = "silent"
    with ExitStack() as stack:
        clients = [scene.connected(stack, said()) for _ in range(LEAVING)]
        assert eventually(lambda: scene.upstream.calls == LEAVING, 20)
        assert scene.tasks() >= idle + LEAVING
        for client in clients:
            leave(client, resets=resets)

        assert eventually(lambda: scene.upstream.left == LEAVING, 20)
        assert eventually(lambda: scene.tasks() <= idle, 20)
    scene.upstream.mode = "ok"
    assert scene.ask().status_code == 200


@pytest.mark.parametrize("resets", [True, False])
def test_who_leaves_within_a_stream_leaves_nothing(scene: Scene, resets: bool) -> None:  # noqa: FBT001 - a parameter of pytest's
    """Clients that go away in the middle of a stream take task and stream with them."""
    assert scene.ask(stream=True).status_code == 200
    idle = scene.tasks()
    scene.upstream.reset()
    scene.upstream.mode = "stream"
    with ExitStack() as stack:
        clients = [scene.connected(stack, said(stream=True)) for _ in range(LEAVING // 4)]
        assert {client.recv(4096)[:12] for client in clients} == {b"HTTP/1.1 200"}
        assert scene.tasks() >= idle + len(clients)
        for client in clients:
            leave(client, resets=resets)

        assert eventually(lambda: scene.upstream.left == len(clients), 20)
        assert eventually(lambda: scene.tasks() <= idle, 20)


def test_who_leaves_after_a_large_body_leaves_nothing(scene: Scene) -> None:
    """A body that comes faster than it is read changes nothing: its sender is seen to leave."""
    scene.upstream.mode = "silent"
    head, _, body = said(messages=[{"role": "user", "content": "x" * 110_000}]).partition(b"\r\n\r\n")
    idle = scene.tasks()
    with ExitStack() as stack:
        clients = [scene.connected(stack, head + b"\r\n\r\n") for _ in range(8)]
        assert eventually(lambda: scene.tasks() == idle + len(clients))  # each waits for its body
        for client in clients:
            client.sendall(body)
        assert eventually(lambda: scene.upstream.calls == len(clients), 20)
        for client in clients:
            client.close()

        assert eventually(lambda: scene.upstream.left == len(clients), 20)


def test_who_leaves_at_once_leaves_nothing(scene: Scene) -> None:
    """A client may be gone before its request has been looked at."""
    assert scene.ask().status_code == 200
    idle = scene.tasks()
    with ExitStack() as stack:
        for number in range(LEAVING):
            leave(scene.connected(stack, said(stream=number % 2 == 0)), resets=number % 4 < 2)

        assert eventually(lambda: scene.tasks() <= idle, 20)
    assert scene.ask().status_code == 200


def test_many_streams_at_once_are_complete(scene: Scene) -> None:
    """As many streams as come are carried side by side, each to its own end."""

    async def all_of_them() -> list[str]:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{scene.port}", limits=limits, timeout=60) as client:
            asked = [client.post("/v1/chat/completions", json={**ASK, "stream": True}) for _ in range(STREAMS)]
            return [answer.text for answer in await asyncio.gather(*asked)]

    idle = scene.tasks()
    texts = asyncio.run(all_of_them())

    assert [text.count("data: [DONE]") for text in texts] == [1] * STREAMS
    assert all("nothing" in text for text in texts)
    assert eventually(lambda: scene.tasks() <= idle)
