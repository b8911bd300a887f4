"""Callers: so many requests a second for a process, and what became of each."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelrouter import Router
from modelrouter.errors import RequestFailedError
from modelrouter.testing import Recorder, VirtualTime

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from crowds.provider import Crowded
    from modelrouter.core.inventory import Inventory


@dataclass(frozen=True, slots=True)
class Outcome:
    """One request."""

    process: str
    asked_at: float
    done_at: float
    served_by: str | None
    attempts: int


class Callers:
    """Sends requests through one router and keeps what came of them."""

    def __init__(self, router: Router, time: VirtualTime) -> None:
        self.router = router
        self.time = time
        self.outcomes: list[Outcome] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, process: str, *, stream: bool = True) -> None:
        """Send one request and do not wait for it."""
        task = asyncio.get_running_loop().create_task(self._ask(process, stream=stream))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, process: str, *, stream: bool) -> None:
        asked_at = self.time.now()
        try:
            answer = await self.router.achat(process, "x", stream=stream)
        except RequestFailedError as error:
            decision, served_by = error.decision, None
        else:
            decision, served_by = answer.decision, answer.decision.served_by
            while await answer.block():
                pass
        calls = decision.calls if decision else 0
        self.outcomes.append(Outcome(process, asked_at, self.time.now(), served_by, calls))

    async def steadily(self, process: str, per_s: float, seconds: float, *, stream: bool = True) -> None:
        """Send so many requests a second, evenly."""
        for _ in range(round(per_s * seconds)):
            self.ask(process, stream=stream)
            await asyncio.sleep(1 / per_s)

    async def settled(self) -> list[Outcome]:
        """Wait until every request has come to its end."""
        while self._tasks:
            await asyncio.gather(*self._tasks)
        return self.outcomes


def play(
    inventory: Inventory, provider: Crowded, story: Callable[[Callers], Awaitable[None]], *observers: Recorder
) -> list[Outcome]:
    """Run a story with a router on virtual time; answers every outcome."""
    time = VirtualTime(luck=0.5)

    async def whole() -> list[Outcome]:
        router = Router(inventory, observers=observers, clients=provider.clients(), clock=time, hold_file=None)
        async with router:
            callers = Callers(router, time)
            await story(callers)
            return await callers.settled()

    return time.run(whole())
