"""What a client of providers promises, so that the driver need not know which one it talks to."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelrouter.core.checks import Layer
    from modelrouter.core.inventory import Deployment

__all__ = [
    "MAX_BODY",
    "PLAIN",
    "CallOptions",
    "ConnectionFailedError",
    "KeyUnavailableError",
    "LayeredClient",
    "OfferingReply",
    "ProviderClient",
    "Reached",
    "Reply",
]

MAX_BODY = 64 * 1024 * 1024
"""Bytes of one whole answer, decompressed; a larger one is a fault of its sender."""


class ConnectionFailedError(Exception):
    """No answer, or one that broke off; the text is evidence for the classifier and holds no secret."""

    def __init__(self, text: str, layer: Layer | None = None) -> None:
        super().__init__(text)
        self.layer = layer
        """Where it failed before anything was sent; None where it did not, or nobody can tell."""


class KeyUnavailableError(Exception):
    """The key of a deployment cannot be had; the text names the reference and never the secret."""


class Reply(Protocol):
    """One answer under way. `read` or `block` raise ConnectionFailedError where it breaks off."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Header names are lower case."""
        ...

    async def read(self) -> bytes:
        """The whole body, at most `MAX_BODY` bytes."""
        ...

    async def block(self) -> bytes:
        """The next bytes as they come; empty at the end of a body that is complete."""
        ...

    def close(self) -> None:
        """Let go of the answer; what has not been read is dropped and the provider told."""
        ...


class OfferingReply(Reply, Protocol):
    """An answer that can be had without a turn of the loop for each of its pieces; not every library lets one."""

    def offer(self, taker: Callable[[bytes], bool] | None) -> None:
        """While somebody waits in `block`, offer what comes to a taker first, as soon as it is there; None to nobody.

        What the taker says it took, `block` does not give; what it did not take, it is offered no second time.
        """
        ...


class CallOptions(NamedTuple):
    """What a call says beside its body."""

    streamed: bool = False
    """Whether the answer shall come in events; some wires say so in the address."""
    headers: Mapping[str, str] = MappingProxyType({})
    """Of the caller's headers those that belong to its wire, in lower case."""


PLAIN = CallOptions()


class ProviderClient(Protocol):
    """Calls deployments. One for each kind of wire; used from several event loops."""

    async def send(self, deployment: Deployment, body: bytes, options: CallOptions = PLAIN) -> Reply:
        """Send one request body in the deployment's own wire.

        Raises ConnectionFailedError, KeyUnavailableError. Sets no time limit but one for connecting: the driver cancels.
        """
        ...

    async def listing(self, deployment: Deployment) -> Reply | None:
        """The free, authenticated listing of models, as a probe; None where the provider has none. Raises as `send`."""
        ...

    def forget(self, deployment: Deployment) -> None:
        """Resolve its key anew at the next call."""
        ...

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        ...


class Reached(NamedTuple):
    """What one layer below the listing came to."""

    layer: Layer
    ok: bool
    took_s: float
    why: str = ""


@runtime_checkable
class LayeredClient(Protocol):
    """A client that can ask the layers below and beside the listing; not every library lets one."""

    async def reach(self, deployment: Deployment) -> tuple[Reached, ...]:
        """Resolve, connect and shake hands anew, from the bottom up to the first layer that fails.

        Sends nothing. Raises ConnectionFailedError where the deployment has no address.
        """
        ...

    async def usage(self, deployment: Deployment) -> Reply | None:
        """What the vendor says of the account's money or the key's state; None where it has no free endpoint for it.

        Raises as `ProviderClient.send`.
        """
        ...
