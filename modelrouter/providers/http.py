"""Deployments over HTTP.

How many calls a deployment may carry is decided by the runtime, not by a pool of connections. No redirects, no
cookies, no proxy from the environment: the destination is what the inventory says.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from yarl import URL

from modelrouter.core.usage import usage_url
from modelrouter.providers.base import PLAIN, CallOptions, ConnectionFailedError
from modelrouter.providers.connections import Connections, Destination
from modelrouter.providers.discreet import Discreet, keys_in
from modelrouter.providers.layers import Place, reach
from modelrouter.providers.resolved import Resolved
from modelrouter.wire.dialects import DIALECTS

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from modelrouter.core.inventory import Deployment
    from modelrouter.providers.base import Reached, Reply
    from modelrouter.providers.egress import Egress

__all__ = ["HttpClient"]

ERROR_STATUS = 300
SAID_KEPT = 64
"""Destinations remembered for what callers say in headers of their own; beyond that the memory starts anew."""


class HttpClient:
    """Calls deployments whose wire is HTTP with JSON."""

    def __init__(self, key_of: Callable[[Deployment], str | None], egress: Egress) -> None:
        self._key_of = key_of
        self._egress = egress
        self._targets = Resolved(self._target)
        self._connections: dict[asyncio.AbstractEventLoop, Connections] = {}
        self._keepers: dict[asyncio.AbstractEventLoop, AsyncGenerator[None]] = {}
        self._trust: ssl.SSLContext | None = None  # reading the authorities takes 20 ms: at the first need

    async def send(self, deployment: Deployment, body: bytes, options: CallOptions = PLAIN) -> Reply:
        """Post one body; see `ProviderClient.send`."""
        target = self._targets.known(deployment) or await self._targets.of(deployment)
        return await self._exchange(target.destination(options), body)

    async def listing(self, deployment: Deployment) -> Reply | None:
        """Ask for the listing of models; see `ProviderClient.listing`."""
        target = await self._targets.of(deployment)
        return await self._exchange(target.listing, None)

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
        return await self._exchange(Destination("GET", URL(url, encoded=True), target.listing.headers), None)

    def forget(self, deployment: Deployment) -> None:
        """Resolve its key anew at the next call."""
        self._targets.forget(deployment)

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        keeper = self._keepers.pop(asyncio.get_running_loop(), None)
        if keeper is not None:
            await keeper.aclose()

    async def _exchange(self, to: Destination, body: bytes | None) -> Reply:
        connections = self._connections.get(asyncio.get_running_loop()) or await self._opened()
        reply = await connections.exchange(to, body)
        return reply if reply.status < ERROR_STATUS else Discreet(reply, keys_in(to.headers))

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
        return _Target(
            Destination("POST", url, headers),
            Destination("POST", stream_url, headers),
            Destination("GET", models, headers),
        )

    async def _opened(self) -> Connections:
        loop = asyncio.get_running_loop()
        connections = self._connections[loop] = Connections(self._egress)
        # A loop that shuts down closes the generators it has begun: so connections end with their loop.
        keeper = self._keepers[loop] = _keep(connections, self._connections, self._keepers)
        await anext(keeper)
        return connections


async def _keep(
    connections: Connections,
    all_connections: dict[asyncio.AbstractEventLoop, Connections],
    keepers: dict[asyncio.AbstractEventLoop, AsyncGenerator[None]],
) -> AsyncGenerator[None]:
    loop = asyncio.get_running_loop()
    try:
        yield
    finally:
        all_connections.pop(loop, None)
        keepers.pop(loop, None)
        await connections.aclose()


@dataclass(frozen=True, slots=True, eq=False)
class _Target:
    """Where and with what a deployment is called."""

    whole: Destination
    streamed: Destination
    listing: Destination
    _said: dict[tuple[object, ...], Destination] = field(default_factory=dict, repr=False)

    def destination(self, options: CallOptions) -> Destination:
        """Where a call goes; one for all calls that say the same, since its head is rendered once."""
        usual = self.streamed if options.streamed else self.whole
        if not options.headers:
            return usual
        key = (options.streamed, *options.headers.items())
        known = self._said.get(key)
        if known is None:
            if len(self._said) >= SAID_KEPT:
                self._said.clear()
            known = self._said[key] = Destination("POST", usual.url, {**usual.headers, **options.headers})
        return known


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
