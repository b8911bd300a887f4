"""Connections to providers, and one request and its answer over each; the only file that names aiohttp.

One pool for each event loop, without a limit of its own: how many calls a deployment may carry is decided by the
runtime. Of aiohttp it has the connector, the parser and the flow control, but not the session, which makes a
request, a writer, a task and a response for every call: half of what a gateway spent on one. Here a head is rendered
once for each destination, and head and body go out in one write.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.resolver import DefaultResolver

from modelrouter.core.checks import Layer
from modelrouter.providers.base import MAX_BODY, ConnectionFailedError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

    from aiohttp.connector import Connection
    from aiohttp.http import RawResponseMessage
    from yarl import URL

    from modelrouter.providers.egress import Egress

__all__ = ["Connections", "Destination"]

CONNECT_S = 2.0
"""For name, TCP and TLS; a provider that needs longer is not there (Envoy and gRPC default to 1 to 5 s)."""
DNS_CACHE_S = 30
IDLE_S = 60.0
"""Idle connections are kept so long; the large providers close theirs after 60 s and more."""
READ_BYTES = 2**18
"""So much of an answer waits for its reader before the provider is told to pause; twice that at the most."""
LINES_KEPT = 1024
"""Heads remembered; callers' own headers make more of them than there are deployments."""

_PATIENCE = aiohttp.ClientTimeout(total=None, connect=CONNECT_S, sock_connect=CONNECT_S, sock_read=None)
"""`connect` holds for finding the address too, and for waiting for a pool, which without a limit nobody does."""
_INTERIM = range(100, 200)
SWITCHING = 101
"""Of the interim statuses the only one that no other follows."""
_BREAKS = re.compile(r"[\r\n\0]")


@dataclass(frozen=True, slots=True, eq=False)
class Destination:
    """Where requests go, and what each of them says but for its body; known by its identity."""

    method: str
    url: URL
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Destination({self.method} {self.url})"  # the headers hold the key


class Connections:
    """The connections of the running event loop."""

    def __init__(self, egress: Egress) -> None:
        self._loop = loop = asyncio.get_running_loop()
        self._connector = aiohttp.TCPConnector(
            limit=0, ttl_dns_cache=DNS_CACHE_S, keepalive_timeout=IDLE_S, resolver=_GuardedResolver(egress)
        )
        self._connector._factory = partial(_Handler, loop=loop)  # type: ignore[assignment] # noqa: SLF001 - no public way to choose it; partial is invariant
        self._lines: dict[Destination, _Line] = {}

    async def exchange(self, to: Destination, body: bytes | None) -> HttpReply:
        """Send one request and wait for the head of its answer. No redirects, no cookies, no proxy.

        Raises ConnectionFailedError.
        """
        try:
            line = self._lines.get(to) or self._line(to)
            connection = await self._connected(line.request)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ConnectionFailedError(_told(error), _layer(error)) from error
        try:
            message, content = await _asked(connection, line.rendered(body))
            return HttpReply(connection, message, content, self._loop)
        except HttpProcessingError as error:
            connection.close()
            refused = aiohttp.ClientResponseError(
                line.request.request_info, (), status=error.code, message=error.message, headers=error.headers
            )
            raise ConnectionFailedError(_told(refused)) from error
        except (aiohttp.ClientError, OSError) as error:
            connection.close()
            raise ConnectionFailedError(_told(error), _layer(error)) from error
        except BaseException:
            connection.close()
            raise

    async def _connected(self, request: _Request) -> Connection:
        try:
            return await self._connector.connect(request, [], _PATIENCE)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError(f"Connection timeout to host {request.url}") from error

    def _line(self, to: Destination) -> _Line:
        if len(self._lines) >= LINES_KEPT:
            self._lines.clear()
        request = _Request(to.method, to.url, headers=to.headers, loop=self._loop)
        line = self._lines[to] = _Line(request, _head(request))
        return line

    async def aclose(self) -> None:
        """Close them all."""
        await self._connector.close()


async def _asked(connection: Connection, request: bytes) -> tuple[RawResponseMessage, aiohttp.StreamReader]:
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None or transport.is_closing():
        raise aiohttp.ClientConnectionResetError("the connection was closed before anything was sent")
    protocol.set_response_params(read_until_eof=True, read_bufsize=READ_BYTES)
    transport.write(request)
    while True:
        message, content = await protocol.read()
        if message.code not in _INTERIM or message.code == SWITCHING:
            return message, content


class _Request(aiohttp.ClientRequest):
    """What the connector asks where to connect to; one for all requests to a destination."""

    @cached_property
    def connection_key(self) -> ConnectionKey:  # aiohttp makes it anew each time
        return ConnectionKey(self.url.raw_host or "", self.url.port, self.is_ssl(), True, None, None, None)


class _Line(NamedTuple):
    """What all requests to one destination have in common."""

    request: _Request
    head: bytes

    def rendered(self, body: bytes | None) -> bytes:
        """A whole request."""
        return self.head + (b"\r\n" if body is None else b"content-length: %d\r\n\r\n%b" % (len(body), body))


def _head(request: _Request) -> bytes:
    """The head, but for the length of the body. Raises ValueError for what would break out of its line."""
    url, headers = request.url, [pair for pair in request.headers.items() if pair[0].lower() != "content-length"]
    lines = [f"{request.method} {url.raw_path_qs} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    if any(_BREAKS.search(line) for line in lines):
        raise ValueError("a header holds a line break")  # and perhaps a key, so it is not shown
    return "".join(f"{line}\r\n" for line in lines).encode()


class _Handler(ResponseHandler):
    """A connection of aiohttp's that tells more and does less.

    `heard` is called whenever something came: to wake a task for every piece of a slow stream costs more than all else
    that is done with it. And who reads a body is told when it cannot be followed further: aiohttp itself closes the
    connection where the framing is garbled, and leaves its reader waiting for ever if the headers came before.
    """

    heard: Callable[[], None] | None = None

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if data and self.heard is not None:
            self.heard()

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        if self.heard is not None:
            self.heard()

    def resume_reading(self, resume_parser: bool = True) -> None:  # noqa: FBT001, FBT002 - as aiohttp has it
        """Read on; only a reader that was paused has left anything, and aiohttp would parse nothing after every read."""
        if self._reading_paused:
            super().resume_reading(resume_parser)
            self._loop.call_soon(self._tell)  # not now: whoever reads has yet to pass on what it read

    def _tell(self) -> None:
        if self.heard is not None:
            self.heard()

    def set_exception(self, exc: BaseException, *cause: BaseException) -> None:
        body = self._payload
        super().set_exception(exc, *cause)
        if isinstance(exc, HttpProcessingError) and body is not None and not body.is_eof():
            body.set_exception(aiohttp.ClientPayloadError(f"the body is garbled: {exc.message}"))


class HttpReply:
    """One answer; its connection goes back to the others when its last byte has come."""

    __slots__ = ("_connection", "_content", "_loop", "_message", "_taker", "status")

    def __init__(
        self,
        connection: Connection,
        message: RawResponseMessage,
        content: aiohttp.StreamReader,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.status = message.code
        self._connection: Connection | None = connection
        self._message = message
        self._content = content
        self._loop = loop
        self._taker: Callable[[bytes], bool] | None = None
        content.on_eof(self._over)

    def _over(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if connection.transport is not None and connection.transport.get_write_buffer_size():
            connection.close()  # it answered without reading all: what is left would read as another request
        else:
            connection.release()

    @property
    def headers(self) -> Mapping[str, str]:
        return {name.lower(): value for name, value in self._message.headers.items()}

    async def read(self) -> bytes:
        content = self._content
        try:
            if content.is_eof():
                return content.read_nowait()  # all of it has come, so it is no larger than what may wait for a reader
            length = self._message.headers.get("content-length", "")
            packed = "content-encoding" in self._message.headers  # then the length says nothing of what comes out
            if length.isdigit() and int(length) <= MAX_BODY and not packed:
                return await content.read()
            return await self._bounded()
        except (aiohttp.ClientError, OSError) as error:
            self.close()
            raise ConnectionFailedError(_told(error)) from error

    async def _bounded(self) -> bytes:
        parts = []
        size = 0
        while part := await self._content.readany():
            size += len(part)
            if size > MAX_BODY:
                self.close()
                raise ConnectionFailedError(f"the answer is longer than {MAX_BODY} bytes")
            parts.append(part)
        return b"".join(parts)

    async def block(self) -> bytes:
        try:
            if self._taker is not None and (block := await self._untaken(self._taker)):
                return block
            return await self._content.readany()
        except (aiohttp.ClientError, OSError) as error:
            raise ConnectionFailedError(_told(error)) from error

    def offer(self, taker: Callable[[bytes], bool] | None) -> None:
        """Offer what comes to a taker first; see `OfferingReply`."""
        self._taker = taker

    async def _untaken(self, taker: Callable[[bytes], bool]) -> bytes:
        """Wait for bytes that the taker does not take; none at the end, and where the answer broke off."""
        content, handler = self._content, self._connection.protocol if self._connection else None
        if not isinstance(handler, _Handler) or content.exception() is not None:
            return b""
        if block := content.read_nowait():
            return block
        waiting: asyncio.Future[bytes] = self._loop.create_future()

        def hear() -> None:
            try:
                block, is_over = content.read_nowait(), content.at_eof()
            except Exception:  # noqa: BLE001 - whatever broke it off, `readany` raises it once more
                block, is_over = b"", True
            is_left = bool(block) and not taker(block)
            if is_left or is_over:
                handler.heard = None
                if not waiting.done():
                    waiting.set_result(block if is_left else b"")

        handler.heard = hear
        try:
            return await waiting
        finally:
            handler.heard = None

    def close(self) -> None:
        if self._content.exception() is None:
            self._content.set_exception(aiohttp.ClientConnectionError("Connection closed"))
        connection, self._connection = self._connection, None
        if connection is not None and not self._loop.is_closed():
            connection.close()


class _GuardedResolver(AbstractResolver):
    """Resolves names, and drops the addresses that may not be dialled."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._inner = DefaultResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = 2) -> list[ResolveResult]:  # type: ignore[assignment] # AF_INET without importing socket
        found = await self._inner.resolve(host, port, family)
        permitted = [result for result in found if self._egress.permits(host, result["host"])]
        if found and not permitted:
            raise OSError(f"{host} resolves to an address that may not be dialled")
        return permitted

    async def close(self) -> None:
        await self._inner.close()


def _layer(error: BaseException) -> Layer | None:
    """The layer that failed before anything was sent."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return Layer.DNS
    if isinstance(error, aiohttp.ClientSSLError | aiohttp.ServerFingerprintMismatch):
        return Layer.TLS
    # A time limit of connecting holds for the name, the connection and the handshake together.
    return Layer.CONNECT if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError) else None


def _told(error: BaseException) -> str:
    """The exception in words: its type and its text; aiohttp's hold the address and no header."""
    parts: list[Any] = [type(error).__name__, error]
    cause = error.__cause__ or error.__context__
    if cause is not None and cause is not error:
        parts += [type(cause).__name__, cause]
    return ": ".join(str(part) for part in parts if str(part))
