"""Free probes: they make a hold ready for one trial, and never end it.

A hold that only a person or a probe can end is probed at its due time: the authenticated listing of
models costs nothing and shows whether the key, the account or the model is back. One task for each
such hold, for as long as it stands.
"""

from __future__ import annotations

import asyncio
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


class Prober:
    """Probes the holds of one router, on whichever event loop saw them open."""

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
        self._tasks: dict[Domain, asyncio.Task[None]] = {}

    def attend(self, holds: Sequence[Hold]) -> None:
        """Begin to probe the holds that need it; does nothing where no event loop runs."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return
        for hold in holds:
            if hold.cause is None or hold.ending is not Ending.RELEASE or hold.phase is not Phase.OPEN:
                continue
            task = self._tasks.get(hold.domain)
            if task is None or task.done() or task.get_loop().is_closed():
                task = self._tasks[hold.domain] = asyncio.create_task(self._attend(hold, hold.cause))
                task.add_done_callback(_report)

    async def _attend(self, hold: Hold, cause: Cause) -> None:
        opens = PERMITS[cause].opens
        if opens is None:
            return
        await asyncio.sleep(opens.first_s)
        waits = wait_exponential(multiplier=opens.first_s, max=opens.longest_s) + wait_random(0, opens.first_s / 5)
        attempts = AsyncRetrying(retry=retry_if_result(_is_false), wait=waits, stop=lambda _: not self._stands(hold))
        try:
            await attempts(self._probe, hold)
        except RetryError:
            return  # the hold ended meanwhile
        if changes := self._state.prove(hold.domain):
            self._publish(changes)

    def _stands(self, hold: Hold) -> bool:
        return any(standing.domain == hold.domain for standing in self._state.holds())

    async def _probe(self, hold: Hold) -> bool:
        """Whether one deployment of the domain shows itself in its provider's listing."""
        for name in self._state.deployments_in(hold.domain):
            deployment = self._inventory.deployments[name]
            if await self._listed(deployment, hold.domain.kind):
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
                body = await reply.read() if reply.status == GOOD_STATUS else b""
        except (ConnectionFailedError, KeyUnavailableError, TimeoutError):
            return False
        return deployment.name.encode() in body if kind in BY_NAME else bool(body)

    async def aclose(self) -> None:
        """Stop probing on the running loop."""
        loop = asyncio.get_running_loop()
        mine = [task for task in self._tasks.values() if task.get_loop() is loop and not task.done()]
        for task in mine:
            task.cancel()
        await asyncio.gather(*mine, return_exceptions=True)


def _report(task: asyncio.Task[None]) -> None:
    """A probe that crashed is our mistake: it must not pass unseen."""
    if not task.cancelled() and (error := task.exception()) is not None:
        logger().error("probe crashed", error=repr(error))


def _is_false(result: bool) -> bool:  # noqa: FBT001 - the shape that tenacity calls
    return not result
