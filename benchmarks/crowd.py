"""Clients that mean no good, or have bad luck: slow ones, half-open ones, ones that leave, and a great many at once.

`python -m benchmarks.crowd CPU` reads orders as lines of JSON and answers each with a line.
{"do": "linger", "port": …, "count": 5000, "head": "POST …"}   keeps so many slow connections until the next order
{"do": "leave", "port": …, "count": 10000, "before": ["…", …], "within": ["…", …]}   so many that ask
    and go away, by turns before they are answered and within an answer
{"do": "stream", "port": …, "count": 2000, "request": "…", "needle": "…"}   so many streams at once, read to their end;
    answers once all are under way, and once more when all have ended
{"do": "rest"}   drops every connection

Of those who linger a third says nothing, a third sends its head a line at a time, and a third half of its body. Who is cut
comes back at once. Of those who leave half reset their connection.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import socket
import struct
import sys
from contextlib import suppress
from typing import Any, NamedTuple, cast

from benchmarks.load import Lane
from benchmarks.machine import pin

try:
    from uvloop import new_event_loop
except ImportError:
    from asyncio import new_event_loop  # type: ignore[assignment] # the standard one serves as well, more slowly

HERE = "127.0.0.1"
FROM = [f"127.0.1.{place}" for place in range(1, 21)]
"""Addresses of this machine to come from: one alone has 28,000 ports, and closed connections keep theirs for a minute."""
DRIP_S = 2.0
FILL_S, STEPS = 8.0, 200
NEARLY = 0.97
ABREAST = 200
"""So many are connected at once of those who leave."""
FIRST_BYTES_S = 20.0
HASTE_S = 0.06
RESET = struct.pack("ii", 1, 0)
LINE = b"x-more: to come\r\n"


class Slow(asyncio.Protocol):
    """One that lingers: says what it says, then a line now and then where it drips."""

    def __init__(self, crowd: Lingering, says: bytes, *, drips: bool) -> None:
        self._crowd = crowd
        self._says = says
        self._drips = drips
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._crowd.present.add(self)
        if self._says:
            self.transport.write(self._says)
        if self._drips:
            asyncio.get_running_loop().call_later(random.uniform(0, DRIP_S), self._drip)

    def _drip(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(LINE)
            asyncio.get_running_loop().call_later(DRIP_S, self._drip)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - a reset is an end too
        self._crowd.present.discard(self)
        self._crowd.cut += 1


class Lingering:
    """Keeps so many slow connections open. They come one after another, as clients do, and so are cut one after another."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._port: int = order["port"]
        self._count: int = order["count"]
        head: bytes = order["head"].encode()
        begun, _, _ = head.partition(b"\r\n\r\n")
        half_a_body = begun + b"\r\n\r\n{"  # the head says how long it is
        self._kinds = ((b"", False), (begun + b"\r\n", True), (half_a_body, False))
        self.present: set[Slow] = set()
        self.cut = 0
        self._places = itertools.count()

    async def keep(self, full: asyncio.Event) -> None:
        """Fill up, and fill up again."""
        while True:
            missing = self._count - len(self.present)
            places = [next(self._places) for _ in range(min(missing, -(-self._count // STEPS)))]
            await asyncio.gather(*map(self._come, places), return_exceptions=True)
            if len(self.present) >= self._count * NEARLY:
                full.set()
            await asyncio.sleep(FILL_S / STEPS)

    async def _come(self, place: int) -> None:
        says, drips = self._kinds[place % len(self._kinds)]
        source = (random.choice(FROM), 0)
        await asyncio.get_running_loop().create_connection(
            lambda: Slow(self, says, drips=drips), HERE, self._port, local_addr=source
        )

    def drop(self) -> None:
        for slow in list(self.present):
            slow.transport.abort()


async def leave(order: dict[str, Any]) -> dict[str, float]:
    """Ask and go away: by turns before the answer, and in the middle of it."""
    left, within = 0, 0
    numbers = iter(range(order["count"]))
    hasty, late = ([request.encode() for request in order[name]] for name in ("before", "within"))

    async def lane() -> None:
        nonlocal left, within
        for number in numbers:
            waits = bool(number % 2)
            requests = late if waits else hasty
            leaving = Leaving(requests[number // 2 % len(requests)], waits=waits, resets=bool(number // 4 % 2))
            seen = await leaving.ask(order["port"])
            within += seen  # only now: a sum begun before the wait would forget what others added meanwhile
            left += 1

    await asyncio.gather(*(lane() for _ in range(ABREAST)))
    return {"left": left, "within": within}


class Leaving(NamedTuple):
    """One that asks and goes away."""

    request: bytes
    waits: bool
    """For the first bytes of an answer."""
    resets: bool

    async def ask(self, port: int) -> bool:
        """True where it went away in the middle of an answer."""
        reader, writer = await asyncio.open_connection(HERE, port, local_addr=(random.choice(FROM), 0))
        writer.write(self.request)
        got = b""
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(FIRST_BYTES_S if self.waits else random.uniform(0.0, HASTE_S)):
                got = await reader.read(65536)
            await asyncio.sleep(random.uniform(0.0, HASTE_S))
        if self.resets:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        writer.transport.abort()
        return bool(got)


class Streams:
    """So many streams at once."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._order = order
        self._left: int = order["count"]
        self._complete = 0
        self._over = asyncio.Event()
        self._lanes: list[Lane] = []

    async def begin(self) -> None:
        request = self._order["request"].encode()
        for _ in range(self._order["count"]):
            _, lane = await asyncio.get_running_loop().create_connection(
                lambda: Lane(self._order["needle"].encode(), self._ended), HERE, self._order["port"]
            )
            lane.ask(request)
            self._lanes.append(lane)

    def _ended(self, _: Lane, ok: bool, __: float) -> None:  # noqa: FBT001 - a callback
        self._left -= 1
        self._complete += ok
        if not self._left:
            self._over.set()

    async def end(self) -> dict[str, float]:
        await self._over.wait()
        for lane in self._lanes:
            lane.transport.abort()
        return {"complete": self._complete}


class Crowd:
    """Carries out orders; what lingers does so until the next."""

    def __init__(self) -> None:
        self._lingering: Lingering | None = None
        self._keeping: asyncio.Task[None] | None = None

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            order = json.loads(line)
            was = await self._rest()
            match order["do"]:
                case "linger":
                    _say(await self._linger(order))
                case "leave":
                    _say(await leave(order))
                case "stream":
                    streams = Streams(order)
                    await streams.begin()
                    _say({"begun": order["count"]})
                    _say(await streams.end())
                case _:
                    _say(was)

    async def _linger(self, order: dict[str, Any]) -> dict[str, float]:
        self._lingering, full = Lingering(order), asyncio.Event()
        self._keeping = asyncio.get_running_loop().create_task(self._lingering.keep(full))
        await full.wait()
        return {"present": len(self._lingering.present)}

    async def _rest(self) -> dict[str, float]:
        if self._lingering is None or self._keeping is None:
            return {}
        self._keeping.cancel()
        was: dict[str, float] = {"present": len(self._lingering.present), "cut": self._lingering.cut}
        self._lingering.drop()
        self._lingering = self._keeping = None
        await asyncio.sleep(0.2)
        return was


def _say(told: dict[str, float]) -> None:
    print(json.dumps(told), flush=True)


def main(core: str) -> None:
    pin(int(core))
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(Crowd().run())


if __name__ == "__main__":
    main(sys.argv[1])
