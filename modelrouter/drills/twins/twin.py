"""A twin: a real HTTP server on loopback that stands for one provider.

It checks keys, answers in the provider's wire, enforces the declared limits and fails as that provider
fails, when told to. Its log is what a rehearsal judges by.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Self

from modelrouter.drills.twins.connection import Exchange
from modelrouter.drills.twins.door import LOOPBACK, Door
from modelrouter.drills.twins.paths import base_url, place
from modelrouter.drills.twins.plan import Pace
from modelrouter.drills.twins.reception import Reception, Time

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from typing import Any

    from modelrouter.core.inventory import Deployment, Provider
    from modelrouter.drills.twins.connection import ASGIScope, Receive, Send
    from modelrouter.drills.twins.injection import Injection
    from modelrouter.drills.twins.limits import Accounts

__all__ = ["Pace", "Twin"]

PACE = Pace()


class Twin:
    """Stands for `provider` and those of `deployments` that are its own, on the running event loop.

    `pace` is how fast it writes, `clock` gives the seconds of its log. `accounts` says how the declared limits are
    enforced; twins that share it count the calls of an account together.
    """

    def __init__(
        self,
        provider: Provider,
        deployments: Sequence[Deployment],
        *,
        pace: Pace = PACE,
        clock: Callable[[], float] = time.monotonic,
        accounts: Accounts | None = None,
    ) -> None:
        self.provider = provider
        self._reception = Reception(provider, deployments, pace=pace, time=Time(clock, time.time), accounts=accounts)
        self.log = self._reception.log
        self._door = Door(self._serve)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen on a free port of 127.0.0.1; there is no way to listen anywhere else."""
        await self._door.open()

    async def stop(self) -> None:
        """Drop every connection and let go of the port; every call is in the log afterwards."""
        await self._door.close(keep_port=False)

    async def close_door(self) -> None:
        """Refuse connections and drop those there are, as a server that is down."""
        await self._door.close()

    async def open_door(self) -> None:
        """Listen again, on the same port."""
        await self._door.open()

    @property
    def url(self) -> str:
        """Where it listens."""
        if not self._door.port:
            raise RuntimeError(f"the twin of {self.provider.id!r} has not been started: it has no address yet")
        return f"http://{LOOPBACK}:{self._door.port}"

    def base_url(self, deployment: Deployment) -> str:
        """What the readdressed deployment's `url` must be."""
        return base_url(self.url, deployment)

    @property
    def inside(self) -> int:
        """Requests under way: arrived and not yet in the log."""
        return self._reception.inside

    def inject(self, injection: Injection) -> None:
        """From the next call on; newer injections come before older ones."""
        self._reception.standing.add(injection)

    def clear(self) -> None:
        """Fail no more; calls under way go on as they began."""
        self._reception.standing.clear()

    async def _serve(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, send)
        body = await exchange.body()
        if body is None:
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        asked = place(scope["method"], scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1"))
        visit = self._reception.arrived(asked, headers, body, exchange)
        try:
            await either(visit.play(), exchange.gone())
        finally:
            visit.leave()


async def either(answer: Coroutine[Any, Any, None], gone: Coroutine[Any, Any, None]) -> None:
    """Run until the answer is sent or the caller has gone, and leave nothing behind."""
    answering, leaving = asyncio.ensure_future(answer), asyncio.ensure_future(gone)
    try:
        done, _ = await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        answering.cancel()
        leaving.cancel()
        await asyncio.gather(answering, leaving, return_exceptions=True)
    if answering in done:
        answering.result()
