"""Simulated providers behind the protocol that real ones stand behind."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

from modelrouter.providers.base import PLAIN, CallOptions, ConnectionFailedError
from modelrouter.wire.dialects import DIALECTS

from .journal import OPEN, Call
from .plays import Speech, failing, healthy, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.inventory import Deployment
    from modelrouter.providers.base import ProviderClient

    from .invariants import Watch
    from .journal import Journal
    from .plays import Play
    from .world import Incident, World

_REQUEST = re.compile(rb"request (\d+)\.")
UNSEEN = frozenset({"refused", "reset", "silent", "page"})
"""What a listing meets as a call does: nobody is there."""
DENIED = frozenset({"suspended", "auth", "geofenced", "outage"})
"""Whoever is refused so is refused the listing too."""
UNLISTED = frozenset({"export", "withdrawn", "permission"})
"""A model that the listing no longer names."""


class Providers:
    """Every provider of a world."""

    def __init__(self, world: World, journal: Journal) -> None:
        self.world = world
        self.journal = journal
        self.watch: Watch | None = None
        self.calls: list[Call] = []
        self.healed = False
        """Nothing befalls anybody any more."""
        self._busy: Counter[str] = Counter()
        self._chance = Random(f"providers {world.seed}")

    def clients(self, router: int) -> dict[str, ProviderClient]:
        """These providers as one router sees them."""
        return dict.fromkeys(DIALECTS, Client(self, router))

    def befallen(self, deployment: str) -> Incident | None:
        """What befalls a deployment now."""
        return None if self.healed else self.world.befallen(deployment, self.journal.now())

    def begin(self, deployment: Deployment, router: int, body: bytes) -> Call:
        """A call has come in."""
        found = _REQUEST.search(body)
        if found is None:
            raise AssertionError(f"a call without its request: {body!r}")
        number = len(self.calls)
        stream = b'"stream":true' in body
        request = int(found[1])
        play = self._play(deployment, f"call {number} of {deployment.id} for request {request}", stream=stream)
        step = self.journal.note("call", number, deployment.id, "of", router, "for", request, play.kind)
        call = Call(number, deployment.id, router, request, self.journal.now(), play, step)
        self.calls.append(call)
        self._busy[deployment.id] += 1
        if self.watch is not None:
            self.watch.called(call)
        return call

    def _play(self, deployment: Deployment, text: str, *, stream: bool) -> Play:
        site = self.world.estate.sites[deployment.id]
        at = site.latency_s * (1 + self._chance.random() ** 3)
        luck, split = self._chance.random(), self._chance.random() < 0.2
        vendor = deployment.provider.vendor
        if site.capacity is not None and self._busy[deployment.id] >= site.capacity:
            return refusal("crowded", vendor, 0.0, at / 8)
        speech = Speech(deployment.wire, site, text, deployment.name)
        incident = self.befallen(deployment.id)
        if incident is None or luck >= incident.share:
            return healthy(speech, at, stream=stream, split=split)
        return failing(incident.kind, speech, vendor, at, stream=stream, wait_s=incident.wait_s)

    def end(self, call: Call, how: str) -> None:
        """A call is over for the provider."""
        if call.over != OPEN:
            return
        call.over, call.over_at = how, self.journal.now()
        self._busy[call.deployment] -= 1
        self.journal.note("over", call.number, how, len(call.body))
        if self.watch is not None:
            self.watch.over(call)

    def show(self, call: Call) -> None:
        """The router has content."""
        if call.shown_at is None:
            call.shown_at = self.journal.now()
            if self.watch is not None:
                self.watch.shown(call)

    async def listing(self, deployment: Deployment, router: int) -> Listing | None:
        """The free listing of models."""
        if not self.world.estate.sites[deployment.id].lists:
            self.journal.note("no listing", deployment.id)
            self._listed(deployment.id, router, named=None)
            return None
        await asyncio.sleep(0.05)
        incident = self.befallen(deployment.id)
        kind = incident.kind if incident is not None else ""
        self.journal.note("listing", deployment.id, kind or "good")
        if kind in UNSEEN:
            raise ConnectionFailedError("ClientConnectorError: Connection refused")
        if kind in DENIED:
            return Listing(403, b"{}")
        self._listed(deployment.id, router, named=kind not in UNLISTED)
        return Listing(200, b"{}" if kind in UNLISTED else f'{{"data":[{{"id":"{deployment.name}"}}]}}'.encode())

    def _listed(self, deployment: str, router: int, *, named: bool | None) -> None:
        if self.watch is not None:
            self.watch.listed(deployment, router, named=named)


class Client:
    """The providers, for one router."""

    def __init__(self, providers: Providers, router: int) -> None:
        self._providers = providers
        self._router = router

    async def send(self, deployment: Deployment, body: bytes, _options: CallOptions = PLAIN) -> SimulatedReply:
        """Take one call."""
        call = self._providers.begin(deployment, self._router, body)
        play = call.play
        try:
            await _until(call, play.at)
        except asyncio.CancelledError:
            self._providers.end(call, "cancelled")
            raise
        if not play.status:
            self._providers.end(call, "failed")
            raise ConnectionFailedError(play.breaks or "")
        return SimulatedReply(self._providers, call)

    async def listing(self, deployment: Deployment) -> Listing | None:
        """The free listing."""
        return await self._providers.listing(deployment, self._router)

    def forget(self, deployment: Deployment) -> None:
        """There are no keys."""

    async def aclose(self) -> None:
        """Nothing is open."""


class SimulatedReply:
    """One answer under way."""

    def __init__(self, providers: Providers, call: Call) -> None:
        self._providers = providers
        self._call = call
        self._next = 0
        self.status = call.play.status
        self.headers: Mapping[str, str] = call.play.headers

    async def block(self) -> bytes:
        """The next bytes, when they are due."""
        call, play = self._call, self._call.play
        if call.over == "read":
            return b""
        if call.over != OPEN:
            raise ConnectionFailedError("ClientConnectionError: Connection closed")
        if self._next < len(play.blocks):
            due, data = play.blocks[self._next]
            await _until(call, due)
            if self._next == play.content and EVENT_STREAM in play.headers.values():
                self._providers.show(call)
            self._next += 1
            call.body += data
            return data
        if play.breaks is not None:
            self._providers.end(call, "failed")
            raise ConnectionFailedError(play.breaks)
        if not play.ends:
            await _until(call, None)
        if play.good:
            self._providers.show(call)
        self._providers.end(call, "read")
        return b""

    async def read(self) -> bytes:
        """All of it."""
        parts = []
        while part := await self.block():
            parts.append(part)
        return b"".join(parts)

    def close(self) -> None:
        """The router wants no more."""
        self._providers.end(self._call, "closed")


EVENT_STREAM = "text/event-stream"


class Listing:
    """The answer to a free probe."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.headers: Mapping[str, str] = {}
        self._body = body

    async def read(self) -> bytes:
        """All of it."""
        return self._body

    async def block(self) -> bytes:
        """All of it, then nothing."""
        body, self._body = self._body, b""
        return body

    def close(self) -> None:
        """Nothing is open."""


async def _until(call: Call, moment: float | None) -> None:
    """Wait until so many seconds after the call began; None: for ever."""
    loop = asyncio.get_running_loop()
    if moment is None:
        await loop.create_future()
    elif (left := call.begun + moment - loop.time()) > 0:
        await asyncio.sleep(left)
