"""One client in its own process: reads orders as lines of JSON, answers each with a measurement.

`python -m benchmarks.worker CPU LOOP MODULE CLASS ROOT`
It says `ready` once it has asked and been answered.
Order: {"cell": "whole" | "stream" | "paced", "tasks": 32, "seconds": 0.3, "warm": 0.1}
Answer: {"calls": …, "wall_s": …, "cpu_s": …, "p50_s": …}, or {"error": …}
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import os
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import TYPE_CHECKING, Any

from benchmarks.machine import pin
from benchmarks.prompt import TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.clients.contract import AsyncClient, SyncClient


class Lap:
    """CPU and wall time of one measurement."""

    def __init__(self) -> None:
        gc.collect()
        self._cpu = time.process_time()
        self._wall = time.perf_counter()

    def told(self, times: list[float]) -> dict[str, float]:
        cpu, wall = time.process_time() - self._cpu, time.perf_counter() - self._wall
        return {"calls": len(times), "wall_s": wall, "cpu_s": cpu, "p50_s": statistics.median(times)}


class AsyncLanes:
    """So many tasks that call one after another until the time is up; each calls at least once."""

    def __init__(self, client: AsyncClient, paced: AsyncClient, runner: asyncio.Runner) -> None:
        self._client = client
        self._paced = paced
        self._runner = runner

    def measure(self, order: dict[str, Any]) -> dict[str, float]:
        return self._runner.run(self._measure(order))

    async def _measure(self, order: dict[str, Any]) -> dict[str, float]:
        call = self._calls()[order["cell"]]
        if order["warm"]:
            await self._run(call, order["tasks"], order["warm"])
        lap = Lap()
        return lap.told(await self._run(call, order["tasks"], order["seconds"]))

    async def _run(self, call: Callable[[], Any], tasks: int, seconds: float) -> list[float]:
        until = time.perf_counter() + seconds
        lanes = [self._lane(call, until) for _ in range(tasks)]
        return [took for times in await asyncio.gather(*lanes) for took in times]

    async def _lane(self, call: Callable[[], Any], until: float) -> list[float]:
        times: list[float] = []
        while not times or time.perf_counter() < until:
            begun = time.perf_counter()
            _checked(await call())
            times.append(time.perf_counter() - begun)
        return times

    def _calls(self) -> dict[str, Callable[[], Any]]:
        return {
            "whole": self._client.whole,
            "stream": lambda: _joined(self._client),
            "paced": lambda: _joined(self._paced),
        }


async def _joined(client: AsyncClient) -> str:
    return "".join([piece async for piece in client.stream()])


class SyncLanes:
    """The same with threads."""

    def __init__(self, client: SyncClient) -> None:
        self._client = client

    def measure(self, order: dict[str, Any]) -> dict[str, float]:
        call = self._client.whole if order["cell"] == "whole" else lambda: "".join(self._client.stream())
        with ThreadPoolExecutor(order["tasks"]) as pool:

            def run(seconds: float) -> list[float]:
                until = time.perf_counter() + seconds
                lanes = [pool.submit(_lane, call, until) for _ in range(order["tasks"])]
                return [took for lane in lanes for took in lane.result()]

            if order["warm"]:
                run(order["warm"])
            lap = Lap()
            return lap.told(run(order["seconds"]))


def _lane(call: Callable[[], str], until: float) -> list[float]:
    times: list[float] = []
    while not times or time.perf_counter() < until:
        begun = time.perf_counter()
        _checked(call())
        times.append(time.perf_counter() - begun)
    return times


def _checked(text: str) -> None:
    if text != TEXT:
        raise ValueError(f"not the answer of the upstream: {text[:60]!r}")


def _orders() -> Iterator[dict[str, Any]]:
    for line in sys.stdin:
        yield json.loads(line)


def _loop_factory(kind: str) -> Callable[[], asyncio.AbstractEventLoop]:
    return asyncio.new_event_loop if kind == "asyncio" else import_module(kind).new_event_loop


def main(core: str, loop: str, module: str, name: str, root: str) -> None:
    pin(int(core))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the libraries print must not be read as answers
    make = getattr(import_module(module), name)

    async def made(base: str) -> Any:
        return make(base)

    with asyncio.Runner(loop_factory=_loop_factory(loop)) as runner:
        client = runner.run(made(f"{root}/v1"))
        is_async = inspect.iscoroutinefunction(client.whole)
        lanes: Any = AsyncLanes(client, runner.run(made(f"{root}/paced/v1")), runner) if is_async else SyncLanes(client)
        lanes.measure({"cell": "whole", "tasks": 1, "seconds": 0.1, "warm": 0})
        answers.write("ready\n")
        answers.flush()
        for order in _orders():
            try:
                answer = lanes.measure(order)
            except Exception as error:  # noqa: BLE001 - told to the runner, which leaves the cell out
                answer = {"error": f"{type(error).__name__}: {error}"[:300]}
            answers.write(json.dumps(answer) + "\n")
            answers.flush()
        os._exit(0)  # some libraries keep threads that never end


if __name__ == "__main__":
    main(*sys.argv[1:])
