"""Free probes: they make a hold ready for one trial, and never end it.

A hold that only a person or a probe can end is probed at its due time: the authenticated listing of
models costs nothing and shows whether the key, the account or the model is back. One task for each
such hold, for as long as it stands; a task that ended with its event loop is begun anew on the next
loop that serves a request.
"""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenacity import AsyncRetrying, RetryError, retry_if_result, wait_exponential, wait_random

from modelrouter.core.causes import PERMITS, Cause, Ending
from modelrouter.core.domains import Kind
from modelrouter.core.holds import Phase
from modelrouter.providers.base import ConnectionFailedError, KeyUnavailableError
from modelrouter.runtime.log import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from modelrouter.core.domains import Domain
    from modelrouter.core.holds import Hold
    from modelrouter.core.inventory import Deployment, Inventory
    from modelrouter.providers.base import ProviderClient
    from modelrouter.runtime.state import Change, State

__all__ = ["Prober"]

GOOD_STATUS = 200
BY_NAME = frozenset({Kind.FAMILY, Kind.PROVIDER_MODEL, Kind.ACCOUNT_MODEL})
"""Holds of a model: the listing must name it; of a key or an account, that it answers is enough."""
PROBE_S = 10.0
"""A listing that takes longer has failed."""


@dataclass(slots=True)
class _Probe:
    """What is known of one domain that needs a probe."""

    cause: Cause
    due: float | None = None
    """Not to be asked before, in seconds of the event loops' clock; None: no loop has seen it yet."""
    task: asyncio.Task[None] | None = None
    pid: int = 0

    def alive(self) -> bool:
        """Whether somebody is at it: neither a loop that stopped nor the process before a fork is."""
        return (
            self.task is not None
            and self.pid == os.getpid()
            and not self.task.done()
            and self.task.get_loop().is_running()
        )


class Prober:
    """Probes the holds of one router, on whichever event loop serves its requests. Safe to use from threads."""

    def __init__(
        self,
        state: State,
        inventory: Inventory,
        clients: Mapping[str, ProviderClient],
        publish: Callable[[Sequence[Change]], None],
    ) -> None:
        self._state = state
        self._inventory = inventory
        self._clients = clients
        self._publish = publish
        self._lock = threading.Lock()
        self._probes: dict[Domain, _Probe] = {}  # guarded by _lock

    def attend(self, holds: Sequence[Hold]) -> None:
        """See that these holds, and those of earlier calls that still stand, are probed.

        Where no event loop runs they are remembered, and probed from the next call on a loop. Costs
        next to nothing while no hold needs a probe: call it with every request.
        """
        if not holds and not self._probes:
            return
        with self._lock:
            for hold in holds:
                if hold.cause is not None and _needs(hold):
                    self._probes.setdefault(hold.domain, _Probe(hold.cause)).cause = hold.cause
            idle = [domain for domain, probe in self._probes.items() if not probe.alive()]
            if not idle:
                return
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                return
            needed = {hold.domain for hold in self._state.holds() if _needs(hold)}
            for domain in idle:
                probe = self._probes.pop(domain)
                _give_up(probe)
                if domain in needed:
                    self._probes[domain] = probe
                    self._begin(domain, probe, loop)

    def _begin(self, domain: Domain, probe: _Probe, loop: asyncio.AbstractEventLoop) -> None:
        probe.pid = os.getpid()
        probe.task = loop.create_task(self._attend(domain, probe))
        probe.task.add_done_callback(_report)

    async def _attend(self, domain: Domain, probe: _Probe) -> None:
        opens = PERMITS[probe.cause].opens
        if opens is None:
            return
        loop = asyncio.get_running_loop()
        if probe.due is None:
            probe.due = loop.time() + opens.first_s
        await asyncio.sleep(probe.due - loop.time())

        async def ask() -> bool:
            probe.due = loop.time() + opens.first_s  # however short-lived the loops are, no more often than so
            return await self._probe(domain)

        waits = wait_exponential(multiplier=opens.first_s, max=opens.longest_s) + wait_random(0, opens.first_s / 5)
        attempts = AsyncRetrying(retry=retry_if_result(_is_false), wait=waits, stop=lambda _: not self._stands(domain))
        with suppress(RetryError):  # the hold ended meanwhile
            await attempts(ask)
        with self._lock:
            if self._probes.get(domain) is probe:
                del self._probes[domain]
        if changes := self._state.prove(domain):
            self._publish(changes)

    def _stands(self, domain: Domain) -> bool:
        return any(standing.domain == domain and _needs(standing) for standing in self._state.holds())

    async def _probe(self, domain: Domain) -> bool:
        """Whether one deployment of the domain shows itself in its provider's listing."""
        for name in self._state.deployments_in(domain):
            deployment = self._inventory.deployments[name]
            if await self._listed(deployment, domain.kind):
                return True
        return False

    async def _listed(self, deployment: Deployment, kind: Kind) -> bool:
        client = self._clients[deployment.wire]
        client.forget(deployment)
        try:
            async with asyncio.timeout(PROBE_S):
                reply = await client.listing(deployment)
                if reply is None:
                    return kind is Kind.KEY  # nothing to ask for free: the key may have changed, so one call may try
                try:
                    body = await reply.read() if reply.status == GOOD_STATUS else b""
                finally:
                    reply.close()  # what was refused is not read, and its connection is wanted back
        except (ConnectionFailedError, KeyUnavailableError, TimeoutError):
            return False
        return deployment.name.encode() in body if kind in BY_NAME else bool(body)

    async def aclose(self) -> None:
        """Stop probing on the running loop."""
        loop = asyncio.get_running_loop()
        with self._lock:
            tasks = [probe.task for probe in self._probes.values() if probe.task is not None and probe.alive()]
        mine = [task for task in tasks if task.get_loop() is loop]
        for task in mine:
            task.cancel()
        await asyncio.gather(*mine, return_exceptions=True)


def _needs(hold: Hold) -> bool:
    return hold.cause is not None and hold.ending is Ending.RELEASE and hold.phase is Phase.OPEN


def _give_up(probe: _Probe) -> None:
    """Its loop may go on some day: the task is somebody else's by then."""
    if probe.task is not None and probe.pid == os.getpid() and not probe.task.done():
        with suppress(RuntimeError):  # the loop is closed
            probe.task.get_loop().call_soon_threadsafe(probe.task.cancel)


def _report(task: asyncio.Task[None]) -> None:
    """A probe that crashed is our mistake: it must not pass unseen."""
    if not task.cancelled() and (error := task.exception()) is not None:
        logger().error("probe crashed", error=repr(error))


def _is_false(result: bool) -> bool:  # noqa: FBT001 - the shape that tenacity calls
    return not result
