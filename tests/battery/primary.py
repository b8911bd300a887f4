"""A server on a real loopback socket that can do anything a provider, or the way to it, has been seen to do.

What it does is a `Primary`: whether it listens at all, and what it does with a connection or a request.
The answers themselves are written by the wires of the twins; here they are spoilt, byte by byte.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Literal, TypeAlias

import orjson

from modelrouter.drills.faults import dialect, row
from modelrouter.drills.twins.anthropic_wire import ANTHROPIC
from modelrouter.drills.twins.asked import Asked
from modelrouter.drills.twins.failure import Facts, failure
from modelrouter.drills.twins.openai_wire import OPENAI
from modelrouter.drills.twins.reply import Reply, text_pieces

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from modelrouter.drills.twins.effects import Effect
    from modelrouter.drills.twins.wire import Event, Wire

TOKENS = 12
REASONS = {200: "OK"}
SSE = "text/event-stream; charset=utf-8"
JSON = "application/json"
TLS_HELLO = b"\x16"
"""What a client that expects TLS says first; HTTP servers answer it with a 400 in plain words."""
PACKET_S = 0.02
"""What is sent so long after something else arrives in a packet of its own."""
LINGER_NONE = struct.pack("ii", 1, 0)
"""Closing such a socket resets the connection instead of ending it."""

Listens = Literal["yes", "refuses", "is full", "has no name"]
Framing = Literal["chunked", "until closed"]


class Act(Enum):
    """What a script does besides sending bytes."""

    GARBLE = "sends a chunk whose size is no number, and closes"
    CUT = "closes the connection in the middle of the body"
    RESET = "resets the connection"
    SILENCE = "says nothing more, and keeps the connection open"
    ON = "goes on until the caller leaves"


Step: TypeAlias = bytes | Act | float
"""Bytes go out as they are, a number is a pause in units of `Exchange.unit_s`."""


def whole_text(deployment: str) -> str:
    """The only text that is a complete answer of that deployment."""
    return "".join(text_pieces(deployment, TOKENS))


@dataclass(slots=True)
class Exchange:
    """One request and the connection it came on."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    server: Server
    deployment: str
    number: int
    stream: bool = False
    usage: bool = False

    @property
    def unit_s(self) -> float:
        """How long a first token may take here."""
        return self.server.unit_s

    @property
    def reply(self) -> Reply:
        """The sound answer, before any wire has written it."""
        pieces = text_pieces(self.deployment, TOKENS)
        vendor = self.server.vendor
        return Reply(number=self.number, vendor=vendor, model=self.deployment, pieces=pieces, tokens_in=9)

    def events(self) -> list[Event]:
        """The sound answer as a stream."""
        return list(self.server.wire.events(self.reply, Asked(stream=True, usage=self.usage)))

    def body(self) -> bytes:
        """The sound answer in one piece."""
        return self.server.wire.whole(self.reply)

    async def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def head(self, status: int, headers: Mapping[str, str]) -> None:
        """Send the status line and headers."""
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Refused')}", *(f"{k}: {v}" for k, v in headers.items() if v)]
        await self.send("\r\n".join([*lines, "", ""]).encode())

    async def whole(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Send an answer of stated length."""
        await self.head(status, {**headers, "content-length": str(len(body))})
        await self.send(body)

    async def act(self, act: Act) -> None:
        """Do it."""
        if act is Act.RESET:
            sock: socket.socket = self.writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
            self.writer.transport.abort()
        elif act is Act.GARBLE:
            await asyncio.sleep(PACKET_S)
            await self.send(b"zz\r\n")
        elif act is Act.CUT:
            self.writer.close()
        else:
            while self.server.open and await self._present(0.02 if act is Act.ON else 0.2):
                if act is Act.ON:
                    await self._go_on()

    async def _go_on(self) -> None:
        try:
            await self.send(_chunk(_content(self.events())[0].data))
        except OSError:  # the caller's end may be found out by writing, too
            self._gone()
            raise

    async def _present(self, for_s: float) -> bool:
        """Whether the caller is still there after so long; notes when it left."""
        try:
            async with asyncio.timeout(for_s):
                await self.reader.read(1)
        except TimeoutError:
            return True
        except OSError:
            pass
        self._gone()
        return False

    def _gone(self) -> None:
        self.server.left.append(time.monotonic())
        self.server.abandoned.set()


Meet: TypeAlias = "Callable[[Exchange], Awaitable[None]]"


async def answers(exchange: Exchange) -> None:
    """Serve as asked: what a healthy provider does."""
    if exchange.stream:
        await played(_sound)(exchange)
    else:
        await exchange.whole(200, {"content-type": JSON}, exchange.body())


def _sound(events: list[Event]) -> Iterable[Step]:
    return [event.data for event in events]


@dataclass(frozen=True, slots=True, kw_only=True)
class Primary:
    """How a primary behaves."""

    meets: Meet = answers
    """What becomes of a request."""
    on_connect: Act | None = None
    """What becomes of a connection, before any request."""
    listens: Listens = "yes"
    certificate: str | None = None
    """It speaks TLS, with the certificate of this name."""
    scheme: Literal["http", "https"] = "http"
    """What the inventory says of it."""

    @property
    def counts(self) -> bool:
        """Whether it can tell a call from a free probe, and notices either."""
        return self.listens == "yes" and self.on_connect is None and self.certificate is None and self.scheme == "http"


def states(effect: Effect) -> Meet:
    """Refuse in the words, status and headers of the vendor."""

    async def meet(exchange: Exchange) -> None:
        speaker = dialect(exchange.server.vendor)
        facts = Facts(
            number=exchange.number,
            model=exchange.deployment,
            window=100_000,
            tokens=100_001,
            message="Invalid value for 'temperature': it must be at most 2.",
            reset=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 30)),
        )
        said = failure(speaker, row(speaker, effect), facts)
        await exchange.whole(said.status, said.headers, said.body)

    return meet


def says(status: int, body: object, *, kind: str = JSON, headers: Mapping[str, str] | None = None) -> Meet:
    """Send that, whatever was asked; a text as it is, everything else as JSON."""
    sent = body.encode() if isinstance(body, str) else orjson.dumps(body)

    async def meet(exchange: Exchange) -> None:
        await exchange.whole(status, {"content-type": kind, **(headers or {})}, sent)

    return meet


def acts(act: Act) -> Meet:
    """Do that instead of answering."""

    async def meet(exchange: Exchange) -> None:
        await exchange.act(act)

    return meet


def late(units: float) -> Meet:
    """Answer well, but so late, counted in what a first token may take."""

    async def meet(exchange: Exchange) -> None:
        await asyncio.sleep(units * exchange.unit_s)
        await answers(exchange)

    return meet


def raw(script: Callable[[bytes], Iterable[Step]], headers: Mapping[str, str] | None = None) -> Meet:
    """Send a whole answer by a script that is given the sound body and makes what follows the headers."""

    async def meet(exchange: Exchange) -> None:
        body = exchange.body()
        given = {"content-length": str(len(body)), **(headers or {})}
        await exchange.head(200, {"content-type": JSON, **given})
        await _play(exchange, script(body), lambda data: data)
        if not exchange.writer.is_closing():
            exchange.writer.close()

    return meet


def played(
    script: Callable[[list[Event]], Iterable[Step]],
    *,
    framing: Framing = "chunked",
    headers: Mapping[str, str] | None = None,
) -> Meet:
    """Send a stream by a script that is given the sound events; each step is one chunk."""

    async def meet(exchange: Exchange) -> None:
        chunked = framing == "chunked"
        framed = {"transfer-encoding": "chunked"} if chunked else {"connection": "close"}
        await exchange.head(200, {"content-type": SSE, **framed, **(headers or {})})
        ended = await _play(exchange, script(exchange.events()), _chunk if chunked else bytes)
        if ended and chunked:
            await exchange.send(b"0\r\n\r\n")
        elif ended:
            exchange.writer.close()

    return meet


async def _play(exchange: Exchange, steps: Iterable[Step], framed: Callable[[bytes], bytes]) -> bool:
    """Whether the script came to its end without an act that ends the answer."""
    for step in steps:
        if isinstance(step, Act):
            await exchange.act(step)
            return False
        if isinstance(step, bytes):
            await exchange.send(framed(step))
        else:
            await asyncio.sleep(step * exchange.unit_s)
    return True


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _content(events: list[Event]) -> list[Event]:
    return [event for event in events if event.content]


@dataclass(slots=True)
class Server:
    """One address; `calls` and `probes` count what arrived, by deployment."""

    behaviour: Primary
    vendor: str = "openai"
    unit_s: float = 10.0
    tls: ssl.SSLContext | None = None
    calls: dict[str, int] = field(default_factory=dict)
    models: list[str] = field(default_factory=list)
    """What its listing names."""
    probes: int = 0
    left: list[float] = field(default_factory=list)
    """When callers went away before they had their answer; monotonic seconds."""
    called: asyncio.Event = field(default_factory=asyncio.Event)
    """A call arrived."""
    abandoned: asyncio.Event = field(default_factory=asyncio.Event)
    """A caller went away."""
    open: bool = True
    _listener: asyncio.Server | None = None
    _socket: socket.socket | None = None
    _fillers: list[socket.socket] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def wire(self) -> Wire:
        """The dialect of its answers."""
        return ANTHROPIC if self.vendor == "anthropic" else OPENAI

    @property
    def url(self) -> str:
        """Its base address for the inventory."""
        if self.behaviour.listens == "has no name":
            return "http://no-such-provider.invalid/v1"
        assert self._socket is not None
        port = self._socket.getsockname()[1]
        tail = "" if self.vendor == "anthropic" else "/v1"
        return f"{self.behaviour.scheme}://127.0.0.1:{port}{tail}"

    async def start(self) -> None:
        """Take an address, and do with it what the behaviour says."""
        self._socket = socket.socket(proto=socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))
        if self.behaviour.listens == "is full":
            self._socket.listen(0)
            self._fillers = [_dialling(self._socket.getsockname()) for _ in range(4)]
        elif self.behaviour.listens == "yes":
            await self.open_door()

    async def open_door(self) -> None:
        """Listen."""
        assert self._socket is not None
        listening = socket.socket(proto=socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        address = self._socket.getsockname()
        self._socket.close()
        listening.bind(address)
        self._socket = listening
        self._listener = await asyncio.start_server(self._take, sock=listening, ssl=self.tls, backlog=256)

    async def close_door(self) -> None:
        """Stop listening and drop every connection; the address stays ours."""
        assert self._socket is not None
        address = self._socket.getsockname()
        await self._drop()
        self._socket = socket.socket(proto=socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(address)

    async def _drop(self) -> None:
        if self._listener is not None:
            self._listener.close()
        self._listener = None
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Let go of everything."""
        self.open = False
        await self._drop()
        for sock in [self._socket, *self._fillers]:
            if sock is not None:
                sock.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._connection(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.behaviour.on_connect is not None:
            self.calls[""] = self.calls.get("", 0) + 1
            await Exchange(reader, writer, self, "", 0).act(self.behaviour.on_connect)
            return
        while self.open and not writer.is_closing():
            start = await reader.readexactly(1)
            if start == TLS_HELLO:
                await Exchange(reader, writer, self, "", 0).whole(400, {"connection": "close"}, b"This is HTTP.")
                return
            line, *lines = (start + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            asked = await reader.readexactly(int(headers.get("content-length", "0")))
            if line.startswith("GET"):
                await self._listed(Exchange(reader, writer, self, "", 0))
            else:
                await self._called(reader, writer, orjson.loads(asked))

    async def _listed(self, exchange: Exchange) -> None:
        """A free listing of models: it meets what a call would meet."""
        self.probes += 1
        if self.behaviour.meets is answers:
            named = [{"id": name, "object": "model", "owned_by": "battery"} for name in self.models]
            await exchange.whole(200, {"content-type": JSON}, orjson.dumps({"object": "list", "data": named}))
        else:
            await self.behaviour.meets(exchange)

    async def _called(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: dict[str, object]
    ) -> None:
        self.called.set()
        name = str(body.get("model"))
        self.calls[name] = number = self.calls.get(name, 0) + 1
        options = body.get("stream_options")
        usage = isinstance(options, dict) and bool(options.get("include_usage"))
        exchange = Exchange(reader, writer, self, name, number, stream=body.get("stream") is True, usage=usage)
        await self.behaviour.meets(exchange)


def _dialling(address: tuple[str, int]) -> socket.socket:
    """A connection that nobody takes: with enough of them the queue of the address is full."""
    sock = socket.socket(proto=socket.IPPROTO_TCP)
    sock.setblocking(False)
    with suppress(BlockingIOError):
        sock.connect(address)
    return sock
