"""Simulated providers: what twins are, without their sockets; every wait is one of the event loop's.

A call goes through the same reception as a twin's: the vendor's own rows, limits, keys, paces and log. What a
real connection would do is told the router in the words that its HTTP client would use. Calls that would go through
litellm are answered as if it had passed them on: in the shape of OpenAI's Chat Completions, errors as the vendor
sends them.
"""

from __future__ import annotations

import asyncio
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from modelrouter.core.checks import Layer
from modelrouter.drills.scenario import DOOR_CLOSED
from modelrouter.drills.striking import homes, injections, key_of
from modelrouter.drills.twins.keys import sent_model
from modelrouter.drills.twins.limits import Accounts
from modelrouter.drills.twins.openai_wire import OPENAI
from modelrouter.drills.twins.paths import Place, base_url, place
from modelrouter.drills.twins.plan import Pace
from modelrouter.drills.twins.reception import Reception
from modelrouter.drills.twins.waiting import forever
from modelrouter.providers.base import PLAIN, CallOptions, ConnectionFailedError
from modelrouter.wire.dialects import DIALECTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modelrouter.core.inventory import Deployment, Inventory
    from modelrouter.drills.miniature import Miniature
    from modelrouter.drills.scenario import Blow
    from modelrouter.drills.twins.entry import Entry
    from modelrouter.drills.twins.reception import Time, Visit

__all__ = ["SimulatedProviders"]

NOBODY = "http://127.0.0.1"
"""An address on loopback that is never dialled; each provider has a port of it."""
PACE = Pace(first_token_s=0.4, token_gap_s=0.06, tokens=5)
TRIP_S = 0.05
"""From here to a provider and back."""


class Refusal(NamedTuple):
    """How a connection that cannot be made looks to an HTTP client."""

    text: str
    layer: Layer


REFUSED: Mapping[str, Refusal] = MappingProxyType(
    {
        "refused": Refusal(
            "ClientConnectorError: Cannot connect to host {host} ssl:default: ConnectionRefusedError", Layer.CONNECT
        ),
        "dns": Refusal(
            "ClientConnectorDNSError: Cannot connect to host {host} ssl:default: gaierror: Name or service not known",
            Layer.DNS,
        ),
        "tls": Refusal(
            "ClientConnectorCertificateError: Cannot connect to host {host} ssl:True: SSLCertVerificationError: "
            "certificate verify failed: certificate has expired",
            Layer.TLS,
        ),
    }
)
"""By `Blow.how`."""
DROPPED = "ServerDisconnectedError: Server disconnected"
CUT = "ClientPayloadError: Response payload is not completed"


class SimulatedProviders:
    """Every provider of an inventory, as a client of a router."""

    def __init__(self, inventory: Inventory, miniature: Miniature, time: Time) -> None:
        self._receptions: dict[str, Reception] = {}
        self._members: list[tuple[Reception, list[Deployment]]] = []
        self._shut: dict[str, str] = {}
        self._lines: dict[_Line, None] = {}  # in order, so that runs repeat
        self.addresses: dict[str, str] = {}
        """Where a readdressed inventory points: what is one endpoint stays one, and what is two stays two."""
        accounts = Accounts(miniature.scale, miniature.burst_s)
        for port, members in enumerate(homes(inventory, miniature), 1):
            reception = Reception(members[0].provider, members, pace=PACE, time=time, accounts=accounts)
            self._members.append((reception, members))
            self._receptions |= dict.fromkeys((each.id for each in members), reception)
            self.addresses |= {each.id: base_url(f"{NOBODY}:{port}", each) for each in members}

    def strike(self, faults: Sequence[Blow]) -> None:
        """Let exactly these stand from now on; connections to servers that are gone are lost."""
        self._shut = {
            each: fault.how
            for fault in faults
            if fault.effect == DOOR_CLOSED and fault.total and fault.processes is None
            for each in sorted(fault.deployments)
        }
        for reception, members in self._members:
            reception.standing.clear()
            for fault in faults:
                if fault.effect == DOOR_CLOSED and fault.total and fault.processes is None:
                    continue
                for injection in injections(fault, members):
                    reception.standing.add(injection)
        for line in [line for line in self._lines if line.deployment in self._shut]:
            line.fail(DROPPED)

    def log(self) -> tuple[Entry, ...]:
        """What all of them have written, by time of arrival."""
        entries = (entry for reception, _ in self._members for entry in reception.log)
        return tuple(sorted(entries, key=lambda entry: (entry.at, entry.provider, entry.marker or "")))

    async def send(self, deployment: Deployment, body: bytes, options: CallOptions = PLAIN) -> _Line:
        """Take one call; see `ProviderClient.send`."""
        return await self._answered(deployment, _called(deployment, streamed=options.streamed), body, options.headers)

    async def listing(self, deployment: Deployment) -> _Line | None:
        """The free listing of models; see `ProviderClient.listing`. There is none through litellm."""
        if deployment.wire == "litellm":
            return None
        address = DIALECTS[deployment.wire].models_url(deployment.url or NOBODY)
        return await self._answered(deployment, place("GET", urlsplit(address).path), b"", {})

    def forget(self, deployment: Deployment) -> None:
        """Keys are made up anew at each call."""

    async def aclose(self) -> None:
        """Nothing is open."""

    async def _answered(self, deployment: Deployment, asked: Place, body: bytes, more: Mapping[str, str]) -> _Line:
        await asyncio.sleep(TRIP_S)
        if deployment.id in self._shut:
            refusal = REFUSED[self._shut[deployment.id]]
            raise ConnectionFailedError(refusal.text.format(host=deployment.provider.id), refusal.layer)
        line = _Line(deployment.id, self._lines)
        headers = {**_headers(deployment), **more}
        line.visit(self._receptions[deployment.id].arrived(asked, headers, body, line))
        try:
            await line.begun()
        except BaseException:
            line.close()
            raise
        return line


def _called(deployment: Deployment, *, streamed: bool) -> Place:
    if deployment.wire == "litellm":
        return Place(kind="call", deployment=deployment.id, wire=OPENAI, model=sent_model(deployment))
    address = urlsplit(DIALECTS[deployment.wire].url_for(deployment.url or NOBODY, deployment.name, streamed=streamed))
    return place("POST", address.path, address.query)


def _headers(deployment: Deployment) -> dict[str, str]:
    dialect, key = DIALECTS[deployment.wire], key_of(deployment)
    name, form = dialect.AUTH
    own = {} if key is None else {name: form.format(key=key)}
    return {"content-type": "application/json", **dialect.HEADERS, **deployment.headers, **own}


class _Line:
    """One call under way: what the provider writes on, and the answer that the router reads."""

    def __init__(self, deployment: str, lines: dict[_Line, None]) -> None:
        self.deployment = deployment
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self._blocks: list[bytes] = []
        self._ended = False
        self._failed: str | None = None
        self._news = asyncio.Event()
        self._visit: Visit | None = None
        self._task: asyncio.Task[None] | None = None
        self._lines = lines

    def visit(self, visit: Visit) -> None:
        """Let the provider answer."""
        self._visit = visit
        self._lines[self] = None
        self._task = asyncio.get_running_loop().create_task(self._play(visit))
        self._task.add_done_callback(lambda _: self._news.set())

    async def _play(self, visit: Visit) -> None:
        try:
            await visit.play()
        finally:
            self._gone()

    async def begun(self) -> None:
        """Return when the answer has begun; raises ConnectionFailedError where it cannot."""
        while not self.status:
            await self._heard()
            if self._failed is not None and not self.status:
                raise ConnectionFailedError(self._failed)

    async def start(self, status: int, headers: dict[str, str]) -> None:
        """Status and headers."""
        self.status = status
        self.headers = {name.lower(): value for name, value in headers.items() if not name.startswith(":")}
        self._news.set()

    async def write(self, data: bytes) -> None:
        """A part of the body."""
        self._blocks.append(data)
        self._news.set()

    async def end(self, data: bytes = b"") -> None:
        """The last part of the body."""
        if data:
            self._blocks.append(data)
        self._ended = True
        self._news.set()

    async def cut(self) -> None:
        """Hang up without an end."""
        self.fail(CUT)
        await forever()

    async def reset(self) -> None:
        """Hang up rudely."""
        self.fail("ClientOSError: [Errno 104] Connection reset by peer")
        await forever()

    def fail(self, text: str) -> None:
        """The connection is lost."""
        self._failed = text
        self._news.set()

    async def block(self) -> bytes:
        """The next bytes; empty at the end."""
        while not self._blocks:
            if self._failed is not None:
                self.close()
                raise ConnectionFailedError(self._failed)
            if self._ended:
                return b""
            await self._heard()
        found = b"".join(self._blocks)
        self._blocks.clear()
        return found

    async def read(self) -> bytes:
        """All of it."""
        parts = []
        while part := await self.block():
            parts.append(part)
        return b"".join(parts)

    def close(self) -> None:
        """Nobody listens any more."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
        self._failed = self._failed or "ClientConnectionError: Connection closed"
        self._gone()

    def _gone(self) -> None:
        self._lines.pop(self, None)
        if self._visit is not None:
            self._visit.leave()

    async def _heard(self) -> None:
        if self._task is not None and self._task.done() and not self._news.is_set():
            self._task.result()
            raise ConnectionFailedError(DROPPED)
        self._news.clear()
        await self._news.wait()
