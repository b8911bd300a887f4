"""What goes over a connection to a provider, byte by byte, and which connections are used again."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.inventories import deployment, provider

from modelrouter.providers.base import CallOptions, ConnectionFailedError
from modelrouter.providers.egress import LoopbackEgress
from modelrouter.providers.http import HttpClient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from modelrouter.core.inventory import Deployment

BODY = b'{"model": "m", "messages": []}'
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


class Provider:
    """Says what `answer` gives for each request head; notes heads, bodies and connections."""

    def __init__(self, answer: bytes = ANSWER) -> None:
        self.answer = answer
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer every request of one connection once its body has come."""
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: (\d+)", head)
                self.heads.append(head)
                self.bodies.append(await reader.readexactly(int(length[1]) if length else 0))
                writer.write(self.answer)
        except (asyncio.IncompleteReadError, OSError):
            writer.close()


def called(serve: Callable[..., Awaitable[None]], calls: Callable[[HttpClient, Deployment], Awaitable[None]], **more):
    """Run calls of a deployment that is served so."""

    async def run() -> None:
        served: list[Awaitable[None]] = []

        def noted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            served.append(asyncio.ensure_future(serve(reader, writer)))

        server = await asyncio.start_server(noted, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        calling = HttpClient(lambda _: more.get("key", "sk-test"), LoopbackEgress())
        try:
            await asyncio.wait_for(
                calls(calling, replace(deployment("d", of=provider("here", local=True)), url=url)), 20
            )
        finally:
            await calling.aclose()
            server.close()
            await asyncio.wait_for(asyncio.gather(*served), 10)

    asyncio.run(run())


def test_one_connection_serves_calls_in_turn() -> None:
    """Calls that follow each other share a connection, and each says its own length, key and kind."""
    upstream = Provider()

    async def calls(calling: HttpClient, to: Deployment) -> None:
        for body in (BODY, BODY + b" "):
            reply = await calling.send(to, body)
            assert (reply.status, await reply.read()) == (200, b"{}")

    called(upstream.serve, calls)

    assert upstream.bodies == [BODY, BODY + b" "]
    assert upstream.connections == 1
    for head, body in zip(upstream.heads, upstream.bodies, strict=True):
        said = [line.partition(": ") for line in head.decode().lower().split("\r\n")[1:] if line]
        names = [name for name, _, _ in said]
        told = {name: value for name, _, value in said}
        assert head.startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
        assert len(set(names)) == len(names)
        assert told["host"].startswith("127.0.0.1:")
        assert told["authorization"] == "bearer sk-test"
        assert told["content-type"] == "application/json"
        assert told["content-length"] == str(len(body))


def test_a_question_without_a_body_says_no_length() -> None:
    """The listing of models is asked for with GET, whose body would be a riddle."""
    upstream = Provider()

    async def calls(calling: HttpClient, to: Deployment) -> None:
        reply = await calling.listing(to)
        assert reply is not None
        assert await reply.read() == b"{}"

    called(upstream.serve, calls)

    assert upstream.heads[0].startswith(b"GET /v1/models HTTP/1.1\r\n")
    assert b"content-length" not in upstream.heads[0].lower()


def test_callers_headers_go_with_their_own_call_only() -> None:
    """What one caller says in headers goes before our own and is not said in the name of the next."""
    upstream = Provider()

    async def calls(calling: HttpClient, to: Deployment) -> None:
        for said in ({"x-beta": "one"}, {"x-beta": "two"}, {}, {"x-beta": "one"}):
            await (await calling.send(to, BODY, CallOptions(headers=said))).read()

    called(upstream.serve, calls)

    assert [re.findall(rb"x-beta: (\w+)", head) for head in upstream.heads] == [[b"one"], [b"two"], [], [b"one"]]


@pytest.mark.parametrize("secret", ["sk-one\r\nx-other: 1", "sk-one\n", "sk-one\0"])
def test_no_header_breaks_out_of_its_line(secret) -> None:
    """A key that holds a line break reaches nobody, and is not shown by the refusal to send it."""
    upstream = Provider()

    async def calls(calling: HttpClient, to: Deployment) -> None:
        with pytest.raises(ConnectionFailedError, match="line break") as refused:
            await calling.send(to, BODY)
        assert "sk-one" not in str(refused.value)

    called(upstream.serve, calls, key=secret)

    assert upstream.heads == []


@pytest.mark.parametrize("interim", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n"])
def test_interim_answers_are_no_answers(interim) -> None:
    """What comes before the answer is passed over, however often."""

    async def calls(calling: HttpClient, to: Deployment) -> None:
        for _ in range(2):
            reply = await calling.send(to, BODY)
            assert (reply.status, await reply.read()) == (200, b"{}")

    called(Provider(interim * 2 + ANSWER).serve, calls)


def test_what_is_unsent_never_reads_as_another_request() -> None:
    """A provider that answers before it has read all: the connection, with the rest still in it, serves nobody else."""
    large = b'{"model": "m", "pad": "' + b"x" * 30_000_000 + b'"}'
    connections = 0
    done = asyncio.Event()

    async def hasty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\n{}")
        await done.wait()
        writer.transport.abort()

    async def calls(calling: HttpClient, to: Deployment) -> None:
        for _ in range(2):
            reply = await calling.send(to, large)
            assert (reply.status, await reply.read()) == (413, b"{}")
        done.set()

    called(hasty, calls)

    assert connections == 2


def test_an_answer_that_is_left_takes_its_connection_with_it() -> None:
    """What an unread answer has still to say is never read as the next one."""
    upstream = Provider(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}")

    async def calls(calling: HttpClient, to: Deployment) -> None:
        for _ in range(2):
            (await calling.send(to, BODY)).close()

    called(upstream.serve, calls)

    assert upstream.connections == 2


def test_a_closed_answer_cannot_be_read() -> None:
    """Whoever still reads an answer that was let go of is told, rather than given half of it."""

    async def calls(calling: HttpClient, to: Deployment) -> None:
        reply = await calling.send(to, BODY)
        reply.close()
        with pytest.raises(ConnectionFailedError, match="closed"):
            await reply.block()

    called(Provider(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}").serve, calls)


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1 200 OK\r\ncontent-le", b"SMTP ready\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}"],
    ids=["nothing", "half a head", "another protocol", "half a body"],
)
def test_what_is_no_whole_answer_is_a_failure(said) -> None:
    """A provider that hangs up, or speaks something else, has failed; nothing of it is taken for an answer."""

    async def broken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        writer.close()

    async def calls(calling: HttpClient, to: Deployment) -> None:
        with pytest.raises(ConnectionFailedError):
            await (await calling.send(to, BODY)).read()

    called(broken, calls)
