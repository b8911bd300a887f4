"""Canary drills on a gateway that runs: some requests meet faults that an order states, all others never notice.

The chosen requests are served by a router of their own, over the same connections: what it finds out (a provider that
is suspended, a model that is gone) is true only for them. The order is looked for on a thread; it ends when it is
taken away, or when nobody renews it.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import Counter
from itertools import count
from typing import TYPE_CHECKING, Any, Self

from modelrouter.core.rehearsal import CANARY
from modelrouter.errors import RequestFailedError
from modelrouter.providers.struck import struck
from modelrouter.runtime.log import crashed, logger
from modelrouter.runtime.orderfile import OrderFile
from modelrouter.wire.body import parse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator
    from pathlib import Path

    from modelrouter.core.context import Context
    from modelrouter.core.decision import Decision
    from modelrouter.core.rehearsal import Group, Order, Strike
    from modelrouter.router import Router
    from modelrouter.runtime.answer import Answer

__all__ = ["HEADER", "Rehearsing"]

EVERY_S = 0.25
HEADER = "x-modelrouter-drill"
"""On every answer that a drill had a hand in: its id."""


class Rehearsing:
    """Looks for orders for as long as the block lasts, and serves requests as the router does.

    Nearly always there is no order, and the router serves them all.
    """

    def __init__(self, router: Router, hold_file: Path | None) -> None:
        self._drill: _Drill | None = None
        self._router = router
        self._file = OrderFile(hold_file) if hold_file is not None else None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="modelrouter-rehearsal", daemon=True)

    def __enter__(self) -> Self:
        if self._file is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        self._end()

    def ahandle(self, wire: str, body: bytes, context: Context) -> Awaitable[Answer]:
        """As `Router.ahandle`; what a drill had a hand in says so in a header."""
        drill = self._drill
        return self._router.ahandle(wire, body, context) if drill is None else drill.ahandle(wire, body, context)

    def _run(self) -> None:
        while not self._over.wait(EVERY_S):
            try:
                self._look()
            except Exception as error:  # noqa: BLE001 - a mistake of ours here may not end all looking to come
                crashed("looking for a drill failed inside the gateway", error)

    def _look(self) -> None:
        assert self._file is not None  # noqa: S101 - for the reader of types: the thread runs only with a file
        order = self._file.order()
        if order is not None and not order.stands(time.time()):
            logger().warning("a drill went silent, its order is taken away", drill=order.id)
            self._file.remove(order)
            order = None
        drill = self._drill
        if drill is not None and (order is None or order.id != drill.order.id):
            self._end()
        if order is None:
            return
        if self._drill is None:
            self._drill = _Drill(self._router, order, self._file)
            logger().warning("a drill began", drill=order.id, share=order.share)
        else:
            self._drill.renewed(order)

    def _end(self) -> None:
        drill, self._drill = self._drill, None
        if drill is not None:
            logger().warning("a drill is over", drill=drill.order.id)
            drill.close()


class _Drill:
    """One order under way."""

    def __init__(self, router: Router, order: Order, file: OrderFile) -> None:
        self.order = order
        self.usual = router
        self.canary = router.aside(lambda client: struck(client, self._strike))
        self._file = file
        self._numbers: dict[str, Iterator[int]] = {name: count() for name in order.processes}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._held = {str(hold.domain) for hold in router.holds()}
        self._struck: Counter[str] = Counter()
        self._requests: Counter[str] = Counter()
        router.drilled({"event": "begun", "drill": order.id, **_planned(order)})
        file.note(order, {"at": time.time(), "taken": os.getpid()})

    def renewed(self, order: Order) -> None:
        """Somebody is still there; and tell of what really failed meanwhile."""
        self.order = order
        now = {str(hold.domain): str(hold.cause) for hold in self.usual.holds()}
        for domain in now.keys() - self._held:
            self._file.note(order, {"at": time.time(), "held": domain, "cause": now[domain]})
        self._held = set(now)

    async def ahandle(self, wire: str, body: bytes, context: Context) -> Answer:
        """Serve a request; whether it is chosen is decided here, in the order in which requests come."""
        self._loop = self._loop or asyncio.get_running_loop()
        group = self._group(context.process or parse(body).get("model"))
        if group is None:
            return await self.usual.ahandle(wire, body, context)
        router, headers = (self.canary, {HEADER: self.order.id}) if group == CANARY else (self.usual, {})
        try:
            answer = await router.ahandle(wire, body, context)
        except RequestFailedError as error:
            error.headers = {**error.headers, **headers}
            if error.decision is not None:
                self._note(group, error.decision)
            raise
        answer.add(headers)
        self._note(group, answer.decision)
        return answer

    def _group(self, name: object) -> Group | None:
        if not isinstance(name, str):
            return None
        process = self.usual.inventory.aliases.get(name, name)
        numbers = self._numbers.get(process)
        return self.order.group(process, next(numbers)) if numbers is not None else None

    def _note(self, group: Group, decision: Decision) -> None:
        """Write down what became of a request."""
        self._requests[group] += 1
        calls = [_call(attempt) for attempt in decision.trail if attempt.held is None and attempt.sent]
        self._file.note(
            self.order,
            {
                "at": time.time(),
                "group": group,
                "process": decision.process,
                "served_by": decision.served_by,
                "took_s": round(decision.took_s, 4),
                "calls": calls,
            },
        )

    def close(self) -> None:
        """Let go of what belongs to the canary's router, on the loop that it ran on; and say in the ledger what was done."""
        why = "taken away" if self.order.stands(time.time()) else "nobody renewed it"
        seen = {"requests": dict(self._requests), "struck": dict(self._struck)}
        self.usual.drilled({"event": "ended", "drill": self.order.id, "why": why, **seen})
        if self._loop is not None and self._loop.is_running():
            asyncio.run_coroutine_threadsafe(self.canary.aclose(), self._loop)
        else:
            self.canary.close()

    def _strike(self, deployment: str) -> Strike | None:
        strike = self.order.strike(deployment, time.time())
        if strike is not None:
            self._struck[deployment] += 1
        return strike


def _planned(order: Order) -> dict[str, Any]:
    """What a drill is going to do, as the ledger has it."""
    strikes = [
        {
            "deployment": each.deployment,
            "kind": each.kind,
            "from_s": each.from_s,
            "until_s": each.until_s,
            "status": each.status,
        }
        for each in order.strikes
    ]
    return {"processes": list(order.processes), "share": order.share, "seed": order.seed, "strikes": strikes}


def _call(attempt: Any) -> dict[str, Any]:
    cause = str(attempt.fault.cause) if attempt.fault is not None else None
    return {
        "deployment": attempt.deployment,
        "cause": cause,
        "at_s": round(attempt.at_s, 4),
        "took_s": round(attempt.took_s, 4),
    }
