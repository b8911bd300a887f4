"""The layers below HTTP, asked one by one on connections of their own.

The pooled connections of `http` would tell nothing: one that is open needs neither a name nor a
handshake. Addresses pass the same guard as those of calls.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from modelrouter.core.checks import Layer, broke
from modelrouter.providers.base import Reached

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from modelrouter.providers.egress import Egress

__all__ = ["Place", "reach"]

LAYER_S = 2.0
"""As long as a call may take to connect."""
SOON_S = 14 * 24 * 3600.0
"""A certificate that ends within so long is mentioned."""


class Place(NamedTuple):
    """What is dialled."""

    host: str
    port: int
    tls: bool


async def reach(place: Place, egress: Egress, trust: ssl.SSLContext) -> tuple[Reached, ...]:
    """Resolve, connect and shake hands; up to the first layer that fails. Sends nothing else."""
    dns, address = await _resolved(place, egress)
    if address is None:
        return (dns,)
    connect = await _timed(Layer.CONNECT, _connected(address, place.port))
    if not connect.ok or not place.tls:
        return dns, connect
    return dns, connect, await _timed(Layer.TLS, _shaken(address, place, trust))


async def _resolved(place: Place, egress: Egress) -> tuple[Reached, str | None]:
    found: list[str] = []

    async def resolve() -> str:
        loop = asyncio.get_running_loop()
        results = await loop.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
        found.extend(str(address[0]) for *_, address in results if egress.permits(place.host, str(address[0])))
        if not found:
            raise OSError(f"{place.host} resolves to an address that may not be dialled")
        return ""

    return await _timed(Layer.DNS, resolve()), next(iter(found), None)


async def _connected(address: str, port: int) -> str:
    _, writer = await asyncio.open_connection(address, port)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return ""


async def _shaken(address: str, place: Place, trust: ssl.SSLContext) -> str:
    _, writer = await asyncio.open_connection(address, place.port, ssl=trust, server_hostname=place.host)
    try:
        return _ending(writer.get_extra_info("peercert"))
    finally:
        writer.transport.abort()  # nothing was sent: there is nothing to say good-bye for


def _ending(certificate: dict[str, Any] | None) -> str:
    ends = (certificate or {}).get("notAfter")
    if not isinstance(ends, str):
        return ""
    left = ssl.cert_time_to_seconds(ends) - time.time()
    return f"the certificate ends in {left / 86400:.0f} days" if left < SOON_S else ""


async def _timed(layer: Layer, asking: Awaitable[str]) -> Reached:
    begun = time.monotonic()
    try:
        async with asyncio.timeout(LAYER_S):
            why, ok = await asking, True
    except TimeoutError:
        why, ok = broke(layer, "timeout"), False
    except (OSError, ValueError) as error:  # ssl's errors are among them
        why, ok = broke(layer, f"{type(error).__name__} {error}"), False
    return Reached(layer, ok, time.monotonic() - begun, why)
