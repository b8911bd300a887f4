"""The synchronous door: the same driver, on one daemon thread with an event loop of its own.

The thread starts at the first call, and again after a fork, since threads do not survive one.
"""

from __future__ import annotations

import asyncio
import os
import queue
import threading
from concurrent.futures import Future
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Self, TypeVar

import anyio
from anyio.from_thread import BlockingPortal

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["Drain", "Portal"]

T = TypeVar("T")
Taken = tuple[bytes, list[Any] | None]
"""What a stream gives: bytes, and what they decode to where that is known."""

AHEAD = 1024 * 1024
"""Bytes that a stream may be read ahead of its consumer."""


class Portal:
    """Runs coroutines for threads that have no event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Guarded by _lock: they live and die together.
        self._portal: BlockingPortal | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._pid = 0

    def run(self, start: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run one coroutine to its end, and return or raise what it does.

        An interrupt of the waiting thread cancels the coroutine.
        """
        loop = self._loop if self._pid == os.getpid() else None
        loop = loop or self._started()
        outcome: Future[T] = Future()
        tasks: list[asyncio.Task[T]] = []
        loop.call_soon_threadsafe(_begin, loop, start, outcome, tasks)
        try:
            return outcome.result()
        except (KeyboardInterrupt, SystemExit):
            loop.call_soon_threadsafe(lambda: [task.cancel() for task in tasks])
            raise

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._pid != os.getpid():
                ready: Future[tuple[BlockingPortal, asyncio.AbstractEventLoop]] = Future()
                # A daemon: a process whose user forgot to close the router still ends.
                self._thread = threading.Thread(target=_live, args=(ready,), name="modelrouter", daemon=True)
                self._thread.start()
                self._portal, self._loop = ready.result()
                self._pid = os.getpid()
            return self._loop

    def close(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run `last` on the thread and stop it, where it was ever started; the next call would start it anew."""
        with self._lock:
            portal, thread, alive = self._portal, self._thread, self._pid == os.getpid()
            self._portal = self._loop = self._thread = None
        if portal is None or thread is None or not alive:
            return
        portal.call(last)
        portal.call(portal.stop)
        thread.join()


def _live(ready: Future[tuple[BlockingPortal, asyncio.AbstractEventLoop]]) -> None:
    anyio.run(_serve, ready, backend_options={"use_uvloop": find_spec("uvloop") is not None})


async def _serve(ready: Future[tuple[BlockingPortal, asyncio.AbstractEventLoop]]) -> None:
    async with BlockingPortal() as portal:
        ready.set_result((portal, asyncio.get_running_loop()))
        await portal.sleep_until_stopped()


def _begin(
    loop: asyncio.AbstractEventLoop,
    start: Callable[[], Coroutine[Any, Any, T]],
    outcome: Future[T],
    tasks: list[asyncio.Task[T]],
) -> None:
    task = loop.create_task(start())
    tasks.append(task)
    task.add_done_callback(lambda done: _settle(done, outcome))


def _settle(task: asyncio.Task[T], outcome: Future[T]) -> None:
    if task.cancelled():
        outcome.cancel()
    elif (error := task.exception()) is not None:
        outcome.set_exception(error)
    else:
        outcome.set_result(task.result())


class Drain:
    """A queue between the loop that reads a stream and the thread that consumes it; made on the loop.

    What is already there costs the consumer no change of thread. Ends where no bytes come.
    """

    def __init__(self, take: Callable[[], Coroutine[Any, Any, Taken]]) -> None:
        self._loop = asyncio.get_running_loop()
        self._take = take
        self._queue: queue.SimpleQueue[Taken | BaseException] = queue.SimpleQueue()
        self._ahead = 0  # bytes in the queue; touched by both sides, exact enough for a bound
        self._room = asyncio.Event()
        self.done = False
        """The consumer has seen the end."""
        self._task = self._loop.create_task(self._pump())

    async def _pump(self) -> None:
        try:
            while (taken := await self._take())[0]:
                self._ahead += len(taken[0])
                self._queue.put(taken)
                if self._ahead > AHEAD:
                    self._room.clear()
                    await self._room.wait()
            self._queue.put(taken)
        except BaseException as error:  # noqa: BLE001 - handed to the consumer's thread, which raises it
            self._queue.put(error)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Taken:
        if self.done:
            raise StopIteration
        item = self._queue.get()
        if isinstance(item, tuple) and item[0]:
            self._ahead -= len(item[0])
            if self._ahead <= AHEAD and not self._room.is_set():
                self._loop.call_soon_threadsafe(self._room.set)
            return item
        self.done = True
        if isinstance(item, BaseException):
            raise item
        raise StopIteration
