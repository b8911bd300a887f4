"""A generator of load: HTTP/1.1 on bare protocols, every request rendered beforehand.

`python -m benchmarks.load CPU` reads orders as lines of JSON, and answers each with a measurement.
Order: {"port": …, "request": "POST …", "needle": …, "connections": 32, "seconds": 1.0, "warm": 0.3, "rate": 0, "pid": 0}
Answer: {"calls": …, "failures": …, "wall_s": …, "cpu_s": …, "p50_s": …, "p99_s": …}

Without a rate each connection asks again as soon as it has its answer. With one, requests begin at even distances,
however long the answers take; each goes out on a connection that is free, or on a new one. Latency is from the
request's last byte going out to the answer's last byte coming in. An answer fails where its status is not 200, where its
body lacks the needle, or where the connection ends before it. `cpu_s` is that of the process `pid`, all threads.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import httptools

from benchmarks.machine import cpu_s, pin

try:
    from uvloop import new_event_loop
except ImportError:
    from asyncio import new_event_loop  # type: ignore[assignment] # the standard one serves as well, more slowly

if TYPE_CHECKING:
    from collections.abc import Callable

OK = 200
GRACE_S = 20.0
"""For answers that are under way when the time is up."""


@dataclass
class Order:
    """What to ask, and how often."""

    port: int
    request: str
    needle: str
    connections: int
    seconds: float
    warm: float = 0.0
    rate: float = 0.0
    """Requests a second; 0 is as many as come back."""
    pid: int = 0


@dataclass
class Taken:
    """What came of one order so far."""

    times: list[float] = field(default_factory=list)
    failures: int = 0


class Lane(asyncio.Protocol):
    """One connection, one request at a time. `done` is told whether the answer was as it should be, and its time."""

    def __init__(self, needle: bytes, done: Callable[[Lane, bool, float], None]) -> None:
        self._needle = needle
        self._done = done
        self._parser = httptools.HttpResponseParser(self)
        self._parts: list[bytes] = []
        self._asked_at = 0.0
        self.asking = False
        self.lost = False
        self.transport: asyncio.Transport

    def ask(self, request: bytes) -> None:
        """Send a request; the one before must have been answered."""
        self.asking = True
        self.transport.write(request)
        self._asked_at = time.perf_counter()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's transports are no subclass

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - a reset is an end too
        self.lost = True
        if self.asking:
            self._end(ok=False)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.transport.close()

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)

    def on_message_complete(self) -> None:
        if not self.asking:  # the last word to a connection that was never used
            self.transport.close()
            return
        self._end(ok=self._parser.get_status_code() == OK and self._needle in b"".join(self._parts))

    def _end(self, *, ok: bool) -> None:
        self.asking = False
        self._parts.clear()
        self._done(self, ok, time.perf_counter() - self._asked_at)


class Load:
    """Carries out one order at a time."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._request = order.request.encode()
        self._taken = Taken()
        self._free: list[Lane] = []
        self._until = 0.0
        self._under_way = 0
        self._idle = asyncio.Event()

    async def run(self) -> dict[str, float]:
        """Ask as ordered; raises OSError where nobody listens."""
        order = self._order
        lanes = [await self._lane() for _ in range(order.connections)]
        try:
            if order.warm:
                await self._ask(lanes, order.warm)
            self._taken = Taken()
            gc.collect()
            cpu, wall = cpu_s(order.pid), time.perf_counter()
            await self._ask(lanes, order.seconds)
            return _told(self._taken, time.perf_counter() - wall, cpu_s(order.pid) - cpu)
        finally:
            for lane in {*lanes, *self._free}:
                lane.transport.abort()
            await asyncio.sleep(0.05)  # the other side sees them go before it is asked again

    async def _lane(self) -> Lane:
        def made() -> Lane:
            return Lane(self._order.needle.encode(), self._answered)

        _, lane = await asyncio.get_running_loop().create_connection(made, "127.0.0.1", self._order.port)
        return lane

    async def _ask(self, lanes: list[Lane], seconds: float) -> None:
        self._until = time.perf_counter() + seconds
        self._free = [lane for lane in {*lanes, *self._free} if not lane.lost]
        if self._order.rate:
            await self._evenly()
        else:
            for lane in [self._free.pop() for _ in range(len(self._free))]:
                self._send(lane)
        if self._under_way:
            self._idle.clear()
            await asyncio.wait_for(self._idle.wait(), seconds + GRACE_S)

    async def _evenly(self) -> None:
        begun, sent = time.perf_counter(), 0
        while (now := time.perf_counter()) < self._until:
            if (due := begun + sent / self._order.rate) > now:
                await asyncio.sleep(due - now)
                continue
            sent += 1
            self._free = [lane for lane in self._free if not lane.lost]
            self._send(self._free.pop() if self._free else await self._lane())

    def _send(self, lane: Lane) -> None:
        self._under_way += 1
        lane.ask(self._request)

    def _answered(self, lane: Lane, ok: bool, took_s: float) -> None:  # noqa: FBT001 - a callback
        self._under_way -= 1
        if ok:
            self._taken.times.append(took_s)
        else:
            self._taken.failures += 1
        if not self._order.rate and not lane.lost and time.perf_counter() < self._until:
            self._send(lane)
        else:
            self._free.append(lane)
            if not self._under_way:
                self._idle.set()


def _told(taken: Taken, wall: float, cpu: float) -> dict[str, float]:
    times = sorted(taken.times)
    p50, p99 = (times[int(len(times) * share)] if times else 0.0 for share in (0.5, 0.99))
    told = {"calls": len(times), "failures": taken.failures, "wall_s": wall, "cpu_s": cpu}
    return {**told, "p50_s": p50, "p99_s": p99}


def main(core: str) -> None:
    pin(int(core))
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        for line in sys.stdin:
            answer: dict[str, Any]
            try:
                answer = runner.run(_carried_out(Order(**json.loads(line))))
            except (OSError, TimeoutError) as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), flush=True)


async def _carried_out(order: Order) -> dict[str, float]:
    return await Load(order).run()


if __name__ == "__main__":
    main(sys.argv[1])
