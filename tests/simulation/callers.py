"""Those who ask: they come alone and in crowds, read slowly, leave midway and drop what they began."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from modelrouter import Context
from modelrouter.errors import DeadlineError, RequestFailedError, UnknownNameError

from .journal import Request
from .world import Order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelrouter import Router
    from modelrouter.runtime.answer import Answer

    from .invariants import Watch
    from .journal import Journal
    from .world import Asking, World

TOOL = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object", "properties": {}}}}
LONGEST_S = 1000.0
"""The slowest reader of the longest answer is done after half of this."""
ALREADY_READ = 2
"""So many blocks are read before somebody drops or closes a stream."""


class Callers:
    """Everybody who asks the routers of one world."""

    def __init__(self, world: World, routers: Sequence[Router], journal: Journal, watch: Watch) -> None:
        self.world = world
        self.routers = routers
        self.journal = journal
        self.watch = watch
        self.tasks: set[asyncio.Task[None]] = set()

    async def play(self) -> None:
        """Everything that was planned, at its time; returns when the last caller has gone."""
        planned: list[Asking | Order] = sorted((*self.world.askings, *self.world.orders), key=lambda event: event.at)
        for event in planned:
            if (left := event.at - self.journal.now()) > 0:
                await asyncio.sleep(left)
            if isinstance(event, Order):
                self.order(event)
            else:
                self.start(event)
        await self.idle()

    async def idle(self) -> None:
        """Wait until every caller has gone; nobody takes longer than `LONGEST_S`."""
        if not self.tasks:
            return
        _, waiting = await asyncio.wait(self.tasks, timeout=LONGEST_S)
        for task in sorted(waiting, key=lambda task: task.get_name()):
            self.watch.fail(f"{task.get_name()} waits for ever")
            task.cancel()

    def start(self, asking: Asking) -> Request:
        """Let one caller begin."""
        request = self._request(asking)
        self.watch.asked(request)
        task = asyncio.get_running_loop().create_task(self._ask(request), name=f"caller {asking.number:06}")
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        if asking.leaves_after_s is not None:
            timer = asyncio.get_running_loop().call_later(asking.leaves_after_s, task.cancel)
            task.add_done_callback(lambda _: timer.cancel())
        return request

    def _request(self, asking: Asking) -> Request:
        process = self.world.inventory.processes[asking.process]
        deadline = min(asking.deadline_s or process.objectives.deadline_s, process.objectives.deadline_s)
        now = self.journal.now()
        return Request(
            asking=asking,
            begun=now,
            deadline=now + deadline,
            permitted=self.world.estate.permitted(process, asking.data_class, tools=asking.tools),
            attempts=process.attempts,
            step=self.journal.note("ask", asking.number, asking.process, "stream" if asking.stream else "whole"),
        )

    async def _ask(self, request: Request) -> None:
        asking = request.asking
        words: dict[str, Any] = {"stream": True} if asking.stream else {}
        if asking.tools:
            words["tools"] = [TOOL]
        context = Context(data_class=asking.data_class, deadline_s=asking.deadline_s)
        router = self.routers[asking.router]
        try:
            text = f"request {asking.number}."
            answer = await router.achat(asking.process, text, context=context, **words)
            request.first_at = self.journal.now()
            request.served_by = answer.decision.served_by
            request.same_wire = _same_wire(self.world, answer)
            await (self._read(request, answer) if answer.streamed else _keep(request, answer))
        except asyncio.CancelledError:
            request.outcome = "cancelled"
        except DeadlineError as error:
            request.outcome, request.told = "late", str(error)
        except RequestFailedError as error:
            request.outcome, request.told = "failed", str(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, a caller saw it, and the checks will say so
            request.outcome, request.told = type(error).__name__, repr(error)
        request.ended = self.journal.now()
        self.journal.note("end", asking.number, request.outcome, request.served_by, len(request.received))
        self.watch.ended(request)

    async def _read(self, request: Request, answer: Answer) -> None:
        asking = request.asking
        blocks = 0
        try:
            while block := await answer.block():
                request.received += block
                blocks += 1
                if asking.manner in ("drops", "closes") and blocks >= ALREADY_READ:
                    request.outcome = "left"
                    return
                if asking.manner == "reads slowly":
                    await asyncio.sleep(asking.pause_s)
            request.outcome = "complete" if answer.fault is None else "broken"
        finally:
            if asking.manner != "drops":
                answer.close()

    def order(self, order: Order) -> None:
        """What an operator does."""
        router = self.routers[order.router]
        try:
            if order.release:
                done = router.release(order.domain)
                self.journal.note("release", order.domain, done)
                self.watch.released(order.router, order.domain)
            else:
                router.hold(order.domain, "a person said so", order.for_s)
                self.journal.note("hold", order.domain, order.for_s)
                self.watch.ordered(order.router, order.domain, order.for_s)
        except UnknownNameError as error:
            self.watch.fail(f"the operator of router {order.router} cannot name {order.domain}: {error}")


async def _keep(request: Request, answer: Answer) -> None:
    request.received = answer.body
    request.outcome = "served"


def _same_wire(world: World, answer: Answer) -> bool:
    served_by = answer.decision.served_by
    return served_by is not None and world.estate.deployments[served_by].wire != "anthropic-messages"
