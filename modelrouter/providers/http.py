"""Deployments over HTTP; the only file that names aiohttp.

One session for each running event loop, without a connection limit of its own: how many calls a
deployment may carry is decided by the runtime, not by a pool. No redirects, no cookies, no proxy from
the environment: the destination is what the inventory says.
"""

from __future__ import annotations

import asyncio
import ssl
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.resolver import DefaultResolver
from yarl import URL

from modelrouter.core.checks import Layer
from modelrouter.core.usage import usage_url
from modelrouter.providers.base import MAX_BODY, PLAIN, CallOptions, ConnectionFailedError
from modelrouter.providers.layers import Place, reach
from modelrouter.providers.resolved import Resolved
from modelrouter.wire.dialects import DIALECTS

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncGenerator, Callable, Mapping

    from modelrouter.core.inventory import Deployment
    from modelrouter.providers.base import Reached, Reply
    from modelrouter.providers.egress import Egress

__all__ = ["HttpClient"]

CONNECT_S = 2.0
"""For name, TCP and TLS; a provider that needs longer is not there (Envoy and gRPC default to 1 to 5 s)."""
DNS_CACHE_S = 30
IDLE_S = 60.0
"""Idle connections are kept so long; the large providers close theirs after 60 s and more."""

_UNLIMITED = aiohttp.ClientTimeout(total=None, connect=CONNECT_S, sock_connect=CONNECT_S, sock_read=None)
"""`connect` holds for finding the address too, and for waiting for a pool, which without a limit nobody does."""


class HttpClient:
    """Calls deployments whose wire is HTTP with JSON."""

    def __init__(self, key_of: Callable[[Deployment], str | None], egress: Egress) -> None:
        self._key_of = key_of
        self._egress = egress
        self._targets = Resolved(self._target)
        self._sessions: dict[asyncio.AbstractEventLoop, aiohttp.ClientSession] = {}
        self._keepers: dict[asyncio.AbstractEventLoop, AsyncGenerator[None]] = {}
        self._trust: ssl.SSLContext | None = None  # reading the authorities takes 20 ms: at the first need

    async def send(self, deployment: Deployment, body: bytes, options: CallOptions = PLAIN) -> Reply:
        """Post one body; see `ProviderClient.send`."""
        target = await self._targets.of(deployment)
        headers = {**target.headers, **options.headers} if options.headers else target.headers
        return await self._request("POST", target.stream_url if options.streamed else target.url, headers, body)

    async def listing(self, deployment: Deployment) -> Reply | None:
        """Ask for the listing of models; see `ProviderClient.listing`."""
        target = await self._targets.of(deployment)
        return await self._request("GET", target.models, target.headers, None)

    async def reach(self, deployment: Deployment) -> tuple[Reached, ...]:
        """Ask the layers below HTTP; see `LayeredClient.reach`."""
        parts = urlsplit(deployment.url or "")
        if not parts.hostname:
            raise ConnectionFailedError(f"{deployment.id} has no url")
        tls = parts.scheme == "https"
        if self._trust is None:
            self._trust = ssl.create_default_context()
        place = Place(parts.hostname, parts.port or (443 if tls else 80), tls)
        return await reach(place, self._egress, self._trust)

    async def usage(self, deployment: Deployment) -> Reply | None:
        """Ask for what is left; see `LayeredClient.usage`."""
        url = usage_url(deployment.provider.vendor, deployment.url or "")
        if url is None:
            return None
        target = await self._targets.of(deployment)
        return await self._request("GET", URL(url, encoded=True), target.headers, None)

    def forget(self, deployment: Deployment) -> None:
        """Resolve its key anew at the next call."""
        self._targets.forget(deployment)

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        keeper = self._keepers.pop(asyncio.get_running_loop(), None)
        if keeper is not None:
            await keeper.aclose()

    async def _request(self, method: str, url: URL, headers: Mapping[str, str], body: bytes | None) -> Reply:
        session = self._sessions.get(asyncio.get_running_loop()) or await self._session()
        try:
            response = await session.request(method, url, data=body, headers=headers, allow_redirects=False)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ConnectionFailedError(_told(error), _layer(error)) from error
        return _HttpReply(response)

    def _target(self, deployment: Deployment) -> _Target:
        if deployment.url is None:
            raise ConnectionFailedError(f"{deployment.id} has no url")
        host = urlsplit(deployment.url).hostname or ""
        if _is_address(host) and not self._egress.permits(host, host):
            raise ConnectionFailedError(f"{deployment.id}: the address {host} may not be dialled")
        dialect = DIALECTS[deployment.wire]
        key = self._key_of(deployment)
        headers = {"content-type": "application/json", **dialect.HEADERS, **deployment.headers}
        if key is not None:
            name, form = dialect.AUTH
            headers[name] = form.format(key=key)
        addresses = (
            dialect.url_for(deployment.url, deployment.name, streamed=False),
            dialect.url_for(deployment.url, deployment.name, streamed=True),
            dialect.models_url(deployment.url),
        )
        url, stream_url, models = (URL(address, encoded=True).extend_query(deployment.query) for address in addresses)
        return _Target(url, stream_url, models, headers)

    async def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        connector = aiohttp.TCPConnector(
            limit=0, ttl_dns_cache=DNS_CACHE_S, keepalive_timeout=IDLE_S, resolver=_GuardedResolver(self._egress)
        )
        connector._factory = partial(_Handler, loop=loop)  # type: ignore[assignment] # noqa: SLF001 - no public way to choose it; partial is invariant
        session = self._sessions[loop] = aiohttp.ClientSession(
            connector=connector, timeout=_UNLIMITED, cookie_jar=aiohttp.DummyCookieJar(), read_bufsize=2**18
        )
        # A loop that shuts down closes the generators it has begun: so sessions end with their loop.
        keeper = self._keepers[loop] = _keep(session, self._sessions, self._keepers)
        await anext(keeper)
        return session


async def _keep(
    session: aiohttp.ClientSession,
    sessions: dict[asyncio.AbstractEventLoop, aiohttp.ClientSession],
    keepers: dict[asyncio.AbstractEventLoop, AsyncGenerator[None]],
) -> AsyncGenerator[None]:
    loop = asyncio.get_running_loop()
    try:
        yield
    finally:
        sessions.pop(loop, None)
        keepers.pop(loop, None)
        await session.close()


class _Target(NamedTuple):
    """Where and with what a deployment is called."""

    url: URL
    stream_url: URL
    models: URL
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        return f"_Target({self.url})"  # the headers hold the key


class _Handler(ResponseHandler):
    """Tells who reads a body that it cannot be followed further.

    aiohttp itself closes the connection where the framing of a body is garbled, and leaves its reader
    waiting for ever if the headers came before.
    """

    def set_exception(self, exc: BaseException, *cause: BaseException) -> None:
        body = self._payload
        super().set_exception(exc, *cause)
        if isinstance(exc, HttpProcessingError) and body is not None and not body.is_eof():
            body.set_exception(aiohttp.ClientPayloadError(f"the body is garbled: {exc.message}"))


class _HttpReply:
    """One answer of aiohttp's."""

    __slots__ = ("_response", "status")

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status

    @property
    def headers(self) -> Mapping[str, str]:
        return {name.lower(): value for name, value in self._response.headers.items()}

    async def read(self) -> bytes:
        length = self._response.content_length
        packed = "content-encoding" in self._response.headers  # then the length says nothing of what comes out
        try:
            if length is not None and length <= MAX_BODY and not packed:
                return await self._response.read()
            return await self._bounded()
        except (aiohttp.ClientError, OSError) as error:
            raise ConnectionFailedError(_told(error)) from error

    async def _bounded(self) -> bytes:
        parts = []
        size = 0
        while part := await self._response.content.readany():
            size += len(part)
            if size > MAX_BODY:
                self.close()
                raise ConnectionFailedError(f"the answer is longer than {MAX_BODY} bytes")
            parts.append(part)
        return b"".join(parts)

    async def block(self) -> bytes:
        try:
            return await self._response.content.readany()
        except (aiohttp.ClientError, OSError) as error:
            raise ConnectionFailedError(_told(error)) from error

    def close(self) -> None:
        self._response.close()


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


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


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
