"""Clients that keep a gateway waiting, over real sockets: they are cut, and nobody else notices."""

from __future__ import annotations

import json
import socket
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import httpx
import pytest
from support.gateway import two_upstreams
from support.upstream import Upstream, eventually

from modelrouter.gateway.app import Gateway
from modelrouter.gateway.patience import Patience
from modelrouter.gateway.server import beside, bound
from modelrouter.router import Router

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORT = Patience(head_s=1.0, body_s=1.0, reading_s=1.0, head_bytes=4096)
ASK = {"model": "letters", "messages": [{"role": "user", "content": "x"}]}
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"
LINE = b"x-a: b\r\n"


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """A provider."""
    with Upstream("hello") as made:
        yield made


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Iterator[int]:
    """The port of a gateway with little patience."""
    file = two_upstreams(tmp_path_factory.mktemp("patience"), upstream.url, upstream.url)
    with (
        Router(file, observers=(), hold_file=None) as router,
        bound("127.0.0.1", 0) as listening,
        beside(Gateway(router), listening, SHORT),
    ):
        yield listening.getsockname()[1]


def told(client: socket.socket) -> bytes:
    """Everything that the gateway sends until it closes; a reset is an end too."""
    client.settimeout(20)
    parts = []
    try:
        while part := client.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (b"", b"HTTP/1.1 408"),
        (b"POST /v1/chat", b"HTTP/1.1 408"),
        (HEAD, b"HTTP/1.1 408"),
        (HEAD + b"content-length: 100\r\n\r\n{", b""),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n1\r\n{\r\n", b""),
    ],
)
def test_who_stops_half_way_is_cut(port: int, said: bytes, answer: bytes) -> None:
    """A connection that says nothing, half a head or half a body is closed when the time is over."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(said)

        assert told(client).startswith(answer)


def test_a_byte_now_and_then_is_no_progress(port: int) -> None:
    """The time is for the whole head: who sends a little of it again and again is cut all the same."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(HEAD)
        sent = 0
        with pytest.raises(OSError):  # noqa: PT011 - a broken pipe or a reset, as the system has it
            while sent < 200:
                client.sendall(LINE)
                sent += 1
                time.sleep(0.1)

    assert sent < 100


@pytest.mark.parametrize("at_once", [True, False])
def test_a_head_beyond_all_measure(port: int, at_once: bool) -> None:  # noqa: FBT001 - a parameter of pytest's
    """Headers without end are refused, whether they come in one piece or never end."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(HEAD + LINE * 1000 + (b"\r\n" if at_once else b""))

        assert told(client).startswith(b"HTTP/1.1 431")


def test_a_client_that_does_not_read_lets_go_of_the_provider(port: int, upstream: Upstream) -> None:
    """Who asks for a stream and never reads it is cut, and the provider's stream is closed."""
    upstream.reset()
    upstream.mode = "flood"
    body = json.dumps({**ASK, "stream": True}).encode()
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(HEAD + f"content-length: {len(body)}\r\n\r\n".encode() + body)

        assert eventually(lambda: upstream.left == 1, 20)
    upstream.reset()


def test_requests_in_a_row_are_answered_in_their_order(port: int, upstream: Upstream) -> None:
    """A request that comes while a stream is under way waits for its end, and finds no piece of it in its answer."""
    upstream.reset()
    asked = [json.dumps({**ASK, "stream": streamed}).encode() for streamed in (True, False)]
    requests = [HEAD + b"content-length: %d\r\n\r\n%b" % (len(body), body) for body in asked]
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"".join(requests))
        client.settimeout(20)
        said = b""
        while b'"chat.completion"' not in said:
            said += client.recv(65536)

    stream, _, whole = said.partition(b"0\r\n\r\n")
    assert b"[DONE]" in stream
    assert b"content-length" not in stream
    assert whole.startswith(b"HTTP/1.1 200 OK\r\n")


def test_an_idle_connection_may_be_used_again(port: int) -> None:
    """A client that pauses between two requests is none of these; its second request has its own time."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        assert client.post("/v1/chat/completions", json=ASK).status_code == 200
        time.sleep(1.5)
        assert client.post("/v1/chat/completions", json=ASK).status_code == 200


def test_many_who_wait_keep_nobody_else_waiting(port: int) -> None:
    """Beside hundreds of half-open connections everybody else is served."""
    with ExitStack() as stack:
        for _ in range(300):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            slow.sendall(HEAD)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            statuses = {client.post("/v1/chat/completions", json=ASK).status_code for _ in range(20)}

    assert statuses == {200}
