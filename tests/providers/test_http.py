"""Calls over HTTP: what is bounded, what is shared, and what is let go of."""

from __future__ import annotations

import asyncio
import gc
import gzip
import socket
import threading
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.inventories import deployment, provider
from support.upstream import Upstream

from modelrouter.providers.base import MAX_BODY, ConnectionFailedError, KeyUnavailableError
from modelrouter.providers.connections import CONNECT_S, HttpReply
from modelrouter.providers.egress import LoopbackEgress
from modelrouter.providers.http import HttpClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping

BODY = b'{"model": "m", "messages": []}'


class Answering:
    """Answers each call with the same head and body."""

    def __init__(self, body: bytes, headers: Mapping[str, str]) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._bytes = b"HTTP/1.1 200 OK\r\n" + b"".join(
            b"%b: %b\r\n" % (k.encode(), v.encode()) for k, v in headers.items()
        )
        self._bytes += b"content-length: %d\r\n\r\n%b" % (len(body), body)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                received = b""
                while not received.endswith(BODY):
                    received += connection.recv(65536)
                connection.sendall(self._bytes)
                connection.recv(1)

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """A provider that answers."""
    with Upstream() as made:
        yield made


def at(url: str):
    """A deployment at this address."""
    return replace(deployment("d", of=provider("here", local=True)), url=url)


def client(key_of=lambda _: "sk-test") -> HttpClient:
    """A client that may dial loopback."""
    return HttpClient(key_of, LoopbackEgress())


@pytest.mark.parametrize("size", [1000, MAX_BODY + 1])
def test_what_is_packed_counts_unpacked(size) -> None:
    """A compressed answer is read like any other, and refused where it unpacks to more than an answer may hold."""

    async def read() -> bytes:
        calling = client()
        try:
            return await (await calling.send(at(server.url), BODY)).read()
        finally:
            await calling.aclose()

    with Answering(gzip.compress(b"a" * size, 1), {"content-encoding": "gzip"}) as server:
        if size <= MAX_BODY:
            assert asyncio.run(read()) == b"a" * size
        else:
            with pytest.raises(ConnectionFailedError, match="longer than"):
                asyncio.run(read())


def test_loops_are_let_go_of(upstream) -> None:
    """However many event loops a client has served, it keeps none of those that have ended."""
    calling = client()

    async def call() -> None:
        await (await calling.send(at(upstream.url), BODY)).read()

    def loops() -> int:
        gc.collect()
        return sum(isinstance(each, asyncio.BaseEventLoop) for each in gc.get_objects())

    asyncio.run(call())
    before = loops()
    for _ in range(5):
        asyncio.run(call())

    assert upstream.calls == 6
    assert loops() == before


def test_first_calls_share_one_key(upstream) -> None:
    """Calls that begin together, on several event loops, ask for the key once; one that leaves spoils nothing."""
    asked = []
    may_go_on = threading.Event()

    def key_of(_) -> str:
        asked.append(1)
        may_go_on.wait(5)
        return "sk-slow"

    calling = client(key_of)

    async def calls() -> list[int]:
        leaving = asyncio.ensure_future(calling.send(at(upstream.url), BODY))
        others = [asyncio.ensure_future(calling.send(at(upstream.url), BODY)) for _ in range(5)]
        await asyncio.sleep(0.05)
        leaving.cancel()
        await asyncio.sleep(0.05)
        may_go_on.set()
        replies = await asyncio.gather(*others)
        for reply in replies:
            await reply.read()
        await calling.aclose()
        return [reply.status for reply in replies]

    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.extend(asyncio.run(calls()))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert statuses == [200] * 10
    assert asked == [1]


def test_a_key_forgotten_while_it_is_resolved_is_not_kept(upstream) -> None:
    """What is forgotten stays forgotten, even where its resolution ends later."""
    keys = iter(["sk-old", "sk-new"])
    begun, may_go_on = threading.Event(), threading.Event()
    given = []

    def key_of(_) -> str:
        given.append(next(keys))
        begun.set()
        may_go_on.wait(5)
        return given[-1]

    async def calls() -> None:
        calling = client(key_of)
        first = asyncio.ensure_future(calling.send(at(upstream.url), BODY))
        await asyncio.to_thread(begun.wait, 5)
        calling.forget(at(upstream.url))
        may_go_on.set()
        await (await first).read()
        await (await calling.send(at(upstream.url), BODY)).read()
        await calling.aclose()

    asyncio.run(calls())
    assert given == ["sk-old", "sk-new"]


def test_a_key_in_use_is_forgotten_too(upstream) -> None:
    """However often a key was used, after it is forgotten the next call asks for it anew; until then none does."""
    keys = iter(["sk-old", "sk-new"])
    given = []

    def key_of(_) -> str:
        given.append(next(keys))
        return given[-1]

    async def calls() -> None:
        calling, to = client(key_of), at(upstream.url)
        for _ in range(3):
            await (await calling.send(to, BODY)).read()
        assert given == ["sk-old"]
        calling.forget(to)
        await (await calling.send(to, BODY)).read()
        await calling.aclose()

    asyncio.run(calls())
    assert given == ["sk-old", "sk-new"]


def test_a_key_that_could_not_be_had_is_asked_for_again(upstream) -> None:
    """A failure to get the key reaches the caller and is not remembered."""
    outcomes = iter([KeyUnavailableError("set THE_KEY"), None])

    def key_of(_) -> str:
        outcome = next(outcomes)
        if outcome is not None:
            raise outcome
        return "sk-there"

    async def calls() -> int:
        calling = client(key_of)
        with pytest.raises(KeyUnavailableError, match="THE_KEY"):
            await calling.send(at(upstream.url), BODY)
        reply = await calling.send(at(upstream.url), BODY)
        await reply.read()
        await calling.aclose()
        return reply.status

    assert asyncio.run(calls()) == 200


def test_a_name_service_that_hangs_is_a_failure_to_connect(monkeypatch) -> None:
    """Where the address of a provider is not found in time, the call fails as one that could not connect."""
    may_go_on = threading.Event()
    real = socket.getaddrinfo

    def hanging(host, *rest, **options):
        if host == "slow.test":
            may_go_on.wait(10)
        return real(host if host != "slow.test" else "127.0.0.1", *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", hanging)

    async def call() -> float:
        calling = client()
        begun = time.monotonic()
        with pytest.raises(ConnectionFailedError, match="Timeout"):
            await calling.send(at("http://slow.test:9/v1"), BODY)
        took = time.monotonic() - begun
        may_go_on.set()
        await calling.aclose()
        return took

    assert CONNECT_S - 0.5 < asyncio.run(call()) < CONNECT_S + 2


@asynccontextmanager
async def answering(steps: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[HttpReply]:
    """The reply of a provider that begins an answer in chunks, and goes on with it as `steps` says."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(BODY)
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        await steps(writer)
        writer.close()
        await writer.wait_closed()
        over.set()

    over = asyncio.Event()
    calling = client()
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        reply = await calling.send(at(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"), BODY)
        assert isinstance(reply, HttpReply)
        yield reply
        reply.close()
        await calling.aclose()
        await over.wait()


def test_a_taker_is_given_what_comes_before_its_reader() -> None:
    """What a taker takes, the reader does not get; what it refuses, the reader gets at once, in its order; then the end."""
    pieces = [b"%d;" % number * size for number, size in enumerate([1, 1, 5, 400_000, 1, 1])]
    taken: list[bytes] = []
    left: list[bytes] = []

    async def read() -> None:
        may_go_on = asyncio.Event()

        async def steps(writer: asyncio.StreamWriter) -> None:
            for piece in pieces:
                await may_go_on.wait()
                may_go_on.clear()
                # Many chunks of HTTP: aiohttp pauses at some number of them.
                writer.write(b"2\r\n%b\r\n" % piece[:2] * (len(piece) // 2))
            writer.write(b"0\r\n\r\n")

        def taker(block: bytes) -> bool:
            may_go_on.set()
            if b"2" in block:
                return False
            taken.append(block)
            return True

        async with answering(steps) as reply:
            reply.offer(taker)
            may_go_on.set()
            while block := await reply.block():
                left.append(block)

    asyncio.run(read())

    assert left == [pieces[2]]
    assert b"".join(taken) == b"".join([piece for piece in pieces if piece != pieces[2]])


@pytest.mark.parametrize("end", [b"", b"not a length\r\n"])
def test_a_taker_hides_no_break(end: bytes) -> None:
    """An answer that breaks off, or can't be followed further, fails for its reader, whoever took what came before."""
    taken: list[bytes] = []

    async def read() -> None:
        has_taken = asyncio.Event()

        async def steps(writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.02)
            writer.write(b"3\r\none\r\n")
            await has_taken.wait()
            writer.write(end)

        def taker(block: bytes) -> bool:
            taken.append(block)
            has_taken.set()
            return True

        async with answering(steps) as reply:
            reply.offer(taker)
            with pytest.raises(ConnectionFailedError):
                await reply.block()

    asyncio.run(read())

    assert taken == [b"one"]
