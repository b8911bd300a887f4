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
from typing import TYPE_CHECKING, Any, TypeVar

from anyio.from_thread import start_blocking_portal

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from contextlib import AbstractContextManager

    from anyio.from_thread import BlockingPortal

__all__ = ["Portal"]

T = TypeVar("T")

AHEAD = 1024 * 1024
"""Bytes that a stream may be read ahead of its consumer."""


class Portal:
    """Runs coroutines for threads that have no event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Guarded by _lock: they live and die together.
        self._context: AbstractContextManager[BlockingPortal] | None = None
        self._portal: BlockingPortal | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
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

    def iterate(self, block: Callable[[], Coroutine[Any, Any, bytes]]) -> Iterator[bytes]:
        """Drain a stream: what is already there costs no change of thread. Ends at an empty block."""
        loop = self._loop if self._pid == os.getpid() else None
        return _Drain(loop or self._started(), block)

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._pid != os.getpid():
                options = {"use_uvloop": find_spec("uvloop") is not None}
                self._context = start_blocking_portal("asyncio", options, name="modelrouter")
                self._portal = self._context.__enter__()
                self._loop = self._portal.call(_running_loop)
                self._pid = os.getpid()
            return self._loop

    def close(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run `last` on the thread and stop it, where it was ever started; the next call would start it anew."""
        with self._lock:
            context, self._context, self._loop = self._context, None, None
            if context is None or self._portal is None or self._pid != os.getpid():
                return
            self._portal.call(last)
            context.__exit__(None, None, None)


async def _running_loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


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


class _Drain:
    """A queue between the loop that reads a stream and the thread that consumes it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, block: Callable[[], Coroutine[Any, Any, bytes]]) -> None:
        self._loop = loop
        self._block = block
        self._queue: queue.SimpleQueue[bytes | BaseException] = queue.SimpleQueue()
        self._ahead = 0  # bytes in the queue; touched by both sides, exact enough for a bound
        self._room = asyncio.Event()
        self._done = False
        loop.call_soon_threadsafe(self._start)

    def _start(self) -> None:
        self._task = self._loop.create_task(self._pump())

    async def _pump(self) -> None:
        try:
            while block := await self._block():
                self._ahead += len(block)
                self._queue.put(block)
                if self._ahead > AHEAD:
                    self._room.clear()
                    await self._room.wait()
            self._queue.put(b"")
        except BaseException as error:  # noqa: BLE001 - handed to the consumer's thread, which raises it
            self._queue.put(error)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._done:
            raise StopIteration
        item = self._queue.get()
        if isinstance(item, bytes) and item:
            self._ahead -= len(item)
            if self._ahead <= AHEAD and not self._room.is_set():
                self._loop.call_soon_threadsafe(self._room.set)
            return item
        self._done = True
        if isinstance(item, BaseException):
            raise item
        raise StopIteration
