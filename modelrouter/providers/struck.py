"""A client that leaves alone what an order tells it to, and says what the order says instead."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from modelrouter.core.checks import Layer
from modelrouter.providers.base import PLAIN, CallOptions, ConnectionFailedError, LayeredClient, ProviderClient

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelrouter.core.inventory import Deployment
    from modelrouter.core.rehearsal import Strike
    from modelrouter.providers.base import Reached, Reply

__all__ = ["StruckClient", "struck"]

LOOK_S = 0.05
"""How soon a call that hangs notices that the order is over."""


def struck(client: ProviderClient, striking: Callable[[str], Strike | None]) -> ProviderClient:
    """A client in front of another; `striking` says what a deployment meets now, None where it is to be called."""
    if isinstance(client, LayeredClient):
        return _Layered(client, client, striking)
    return StruckClient(client, striking)


class StruckClient:
    """Passes on what is not struck. Closing it closes nothing: the other belongs to somebody else."""

    def __init__(self, client: ProviderClient, striking: Callable[[str], Strike | None]) -> None:
        self._client = client
        self._striking = striking

    async def send(self, deployment: Deployment, body: bytes, options: CallOptions = PLAIN) -> Reply:
        """As the client behind it, but for what is struck."""
        said = await self._said(deployment)
        return said if said is not None else await self._client.send(deployment, body, options)

    async def listing(self, deployment: Deployment) -> Reply | None:
        """As `send`: a probe must see what calls see."""
        said = await self._said(deployment)
        return said if said is not None else await self._client.listing(deployment)

    def forget(self, deployment: Deployment) -> None:
        """Resolve its key anew at the next call."""
        self._client.forget(deployment)

    async def aclose(self) -> None:
        """Nothing: the connections are those of the client behind it."""

    async def _said(self, deployment: Deployment) -> Reply | None:
        while (strike := self._striking(deployment.id)) is not None:
            if strike.kind == "reply":
                return _Said(strike)
            if strike.kind == "unreachable":
                raise ConnectionFailedError(strike.text, Layer.CONNECT)
            await asyncio.sleep(LOOK_S)
        return None


class _Layered(StruckClient):
    """One whose client can ask the layers below, too."""

    def __init__(self, client: ProviderClient, layers: LayeredClient, striking: Callable[[str], Strike | None]) -> None:
        super().__init__(client, striking)
        self._layers = layers

    async def reach(self, deployment: Deployment) -> tuple[Reached, ...]:
        """As the client behind it, unless no connection is to come about."""
        await self._said(deployment)
        return await self._layers.reach(deployment)

    async def usage(self, deployment: Deployment) -> Reply | None:
        """As `listing`."""
        said = await self._said(deployment)
        return said if said is not None else await self._layers.usage(deployment)


class _Said:
    """An answer that nobody sent."""

    def __init__(self, strike: Strike) -> None:
        self._strike = strike
        self._rest = strike.body

    @property
    def status(self) -> int:
        return self._strike.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._strike.headers

    async def read(self) -> bytes:
        return await self.block()

    async def block(self) -> bytes:
        rest, self._rest = self._rest, b""
        return rest

    def close(self) -> None:
        self._rest = b""
