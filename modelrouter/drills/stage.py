"""The stage of one scenario: fresh twins on loopback, and a fresh router that knows nothing else."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

from modelrouter.client.openai import AsyncOpenAI
from modelrouter.drills.readdress import readdress
from modelrouter.drills.recording import Mark
from modelrouter.drills.striking import closes, homes, injections, key_of
from modelrouter.drills.twins.limits import Accounts
from modelrouter.drills.twins.twin import Pace, Twin
from modelrouter.providers.base import PLAIN, CallOptions
from modelrouter.providers.egress import LoopbackEgress
from modelrouter.providers.http import HttpClient
from modelrouter.providers.litellm import LitellmClient
from modelrouter.router import Router
from modelrouter.wire.dialects import DIALECTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from modelrouter.core.decision import Decision
    from modelrouter.core.faults import Fault
    from modelrouter.core.inventory import Deployment, Inventory
    from modelrouter.drills.logbook import Listener
    from modelrouter.drills.miniature import Miniature
    from modelrouter.drills.scenario import Blow
    from modelrouter.drills.twins.entry import Entry
    from modelrouter.providers.base import ProviderClient, Reply
    from modelrouter.runtime.leases import Change

__all__ = ["Library", "Notes", "Stage"]

PACE = Pace()


class Library:
    """The client of litellm, shared by every stage of a rehearsal.

    litellm keeps one set of connections for the whole process and closes all of it at once, so a router
    that closes must not close it under the others: only `end` does.
    """

    def __init__(self) -> None:
        self._client = LitellmClient(key_of)

    async def send(self, deployment: Deployment, body: bytes, options: CallOptions = PLAIN) -> Reply:
        """As litellm's client."""
        return await self._client.send(deployment, body, options)

    async def listing(self, deployment: Deployment) -> Reply | None:
        """As litellm's client."""
        return await self._client.listing(deployment)

    def forget(self, deployment: Deployment) -> None:
        """As litellm's client."""
        self._client.forget(deployment)

    async def aclose(self) -> None:
        """Nothing: others may be using it."""

    async def end(self) -> None:
        """Close it for all."""
        await self._client.aclose()


class Stage:
    """One scenario's twins, router and SDK; what is on it reads one clock."""

    def __init__(
        self, inventory: Inventory, miniature: Miniature, library: ProviderClient, listener: Listener | None = None
    ) -> None:
        self._inventory = inventory
        self._listener = listener
        self._library = library
        self._rooms = AsyncExitStack()
        self._begun = time.monotonic()
        self._notes = Notes(self.now)
        self._homes: dict[str, Twin] = {}
        self._twins = _twins(inventory, miniature, self.now)

    async def __aenter__(self) -> Self:
        for twin, members in self._twins:
            await self._rooms.enter_async_context(twin)
            self._homes |= dict.fromkeys((member.id for member in members), twin)
        addresses = {
            name: self._homes[name].base_url(deployment) for name, deployment in self._inventory.deployments.items()
        }
        http = HttpClient(key_of, LoopbackEgress())
        clients: dict[str, ProviderClient] = {wire: http for wire in DIALECTS if wire != "litellm"}
        router = Router(
            readdress(self._inventory, addresses),
            observers=[self._notes, *([self._listener] if self._listener is not None else [])],
            clients={**clients, "litellm": self._library},
            hold_file=None,
        )
        await self._rooms.enter_async_context(router)
        self.client = await self._rooms.enter_async_context(AsyncOpenAI(router=router))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._rooms.aclose()
        if self._listener is not None:
            self._listener.close()

    def begin(self) -> None:
        """Start the clock."""
        self._begun = time.monotonic()

    def now(self) -> float:
        """Seconds since the scenario began."""
        return time.monotonic() - self._begun

    async def strike(self, faults: Sequence[Blow]) -> None:
        """Let exactly these stand from now on."""
        for twin, members in self._twins:
            twin.clear()
            for fault in faults:
                for injection in injections(fault, members):
                    twin.inject(injection)
            closed = any(closes(fault, members) for fault in faults)
            await (twin.close_door() if closed else twin.open_door())

    def log(self) -> tuple[Entry, ...]:
        """What all twins have written, by time of arrival."""
        return tuple(sorted((entry for twin, _ in self._twins for entry in twin.log), key=lambda entry: entry.at))

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What became of holds."""
        return tuple(self._notes.marks)


class Notes:
    """An observer that keeps what became of holds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.marks: list[Mark] = []

    def decided(self, decision: Decision) -> None:
        """Requests are judged by the twins' logs."""

    def changed(self, change: Change) -> None:
        """Note it."""
        hold = change.after or change.before
        cause = str(hold.cause or "operator") if hold else ""
        phase = str(change.after.phase) if change.after else "ended"
        self.marks.append(Mark(self._now(), str(change.domain), cause, phase))

    def ended(self, decision: Decision, fault: Fault | None) -> None:
        """As `decided`."""


def _twins(inventory: Inventory, miniature: Miniature, now: Callable[[], float]) -> list[tuple[Twin, list[Deployment]]]:
    accounts = Accounts(miniature.scale, miniature.burst_s)
    return [
        (Twin(members[0].provider, members, pace=PACE, clock=now, accounts=accounts), members)
        for members in homes(inventory, miniature)
    ]
