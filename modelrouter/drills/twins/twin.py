"""A twin: a real HTTP server on loopback that stands for one provider.

It checks keys, answers in the provider's wire, enforces the declared limits and fails as that provider
fails, when told to. Its log is what a rehearsal judges by.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Self

import orjson

from modelrouter.drills.twins.asked import marker
from modelrouter.drills.twins.connection import Exchange
from modelrouter.drills.twins.desk import Desk
from modelrouter.drills.twins.door import LOOPBACK, Door
from modelrouter.drills.twins.entry import Entry
from modelrouter.drills.twins.keys import dummy_key, key_of, label
from modelrouter.drills.twins.limits import BURST_S
from modelrouter.drills.twins.paths import base_url, place
from modelrouter.drills.twins.plan import Pace, Progress, Request
from modelrouter.drills.twins.play import Play

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from typing import Any

    from modelrouter.core.inventory import Deployment, Provider
    from modelrouter.drills.twins.connection import ASGIScope, Receive, Send
    from modelrouter.drills.twins.injection import Injection
    from modelrouter.drills.twins.plan import Plan

__all__ = ["Pace", "Twin"]

PACE = Pace()
UNKNOWN_KEY = "?"


class Twin:
    """Stands for `provider` and those of `deployments` that are its own, on the running event loop.

    `pace` is how fast it writes, `clock` gives the seconds of its log, `scale` multiplies the declared
    calls a minute: a rehearsal that sends a tenth of the demand scales by a tenth. `burst_s` is for how many
    seconds of its rate a deployment takes calls at once; a rehearsal shorter than that sees no limit.
    """

    def __init__(
        self,
        provider: Provider,
        deployments: Sequence[Deployment],
        *,
        pace: Pace = PACE,
        clock: Callable[[], float] = time.monotonic,
        scale: float = 1.0,
        burst_s: float = BURST_S,
    ) -> None:
        own = [deployment for deployment in deployments if deployment.provider.id == provider.id]
        self.provider = provider
        self.log: list[Entry] = []
        self._pace = pace
        self._clock = clock
        self._desk = Desk(provider, own, scale=scale, tokens=pace.tokens, burst_s=burst_s)
        self._door = Door(self._serve)
        self._labels = {dummy_key(account): label(account) for account in provider.accounts.values()}
        self._arrived = 0
        self._inside = 0

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
        return self._inside

    def inject(self, injection: Injection) -> None:
        """From the next call on; newer injections come before older ones."""
        self._desk.standing.add(injection)

    def clear(self) -> None:
        """Fail no more; calls under way go on as they began."""
        self._desk.standing.clear()

    async def _serve(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, send)
        body = await exchange.body()
        if body is None:
            return
        self._arrived += 1
        self._inside += 1
        request = read(scope, body, number=self._arrived, at=self._clock())
        plan = self._desk.decide(request)
        progress = Progress()
        playing = Play(exchange=exchange, plan=plan, pace=self._pace, clock=self._clock, progress=progress)

        async def answer() -> None:
            await playing.send()
            self._note(request, plan, progress)  # at once: who has the answer may look for its entry

        try:
            await either(answer(), exchange.gone())
        finally:
            self._note(request, plan, progress)

    def _note(self, request: Request, plan: Plan, progress: Progress) -> None:
        if progress.noted:
            return
        progress.noted = True
        if plan.gate is not None:
            plan.gate.leave()
        self._inside -= 1
        self.log.append(self._entry(request, plan, progress))

    def _entry(self, request: Request, plan: Plan, progress: Progress) -> Entry:
        tail = "" if request.key is None else self._labels.get(request.key, UNKNOWN_KEY)
        return Entry(
            at=request.at,
            provider=self.provider.id,
            deployment=None if plan.deployment is None else plan.deployment.id,
            model=request.model,
            key_tail=tail,
            marker=marker(request.body or {}),
            effect=plan.effect,
            injected=plan.injection is not None and plan.injection.effect is plan.effect,
            probe=request.place.kind == "listing",
            stream=plan.asked.stream,
            status=progress.status,
            first_at=progress.first_at,
            done_at=progress.done_at,
            tokens_out=progress.tokens_out,
            whole=progress.whole,
        )


def read(scope: ASGIScope, body: bytes, *, number: int, at: float) -> Request:
    """The request behind an ASGI scope and its body."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    try:
        parsed = orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        parsed = None
    return Request(
        number=number,
        at=at,
        place=place(scope["method"], scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")),
        headers=headers,
        key=key_of(headers),
        body=parsed if isinstance(parsed, dict) else None,
    )


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
