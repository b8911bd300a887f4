"""The synchronous door: the same driver, on one daemon thread with an event loop of its own.

The thread starts at the first call, and again after a fork, since threads do not survive one.
"""

from __future__ import annotations

import asyncio
import os
import queue
import threading
import weakref
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Self, TypeVar

import anyio
from anyio.from_thread import BlockingPortal

from modelrouter.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["Drain", "Portal"]

T = TypeVar("T")
Taken = tuple[bytes, list[Any] | None]
"""What a stream gives: bytes, and what they decode to where that is known."""

END_S = 1.0
"""How long the end of a process waits for connections to close."""
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
        self._open: set[Future[Any]] = set()  # the calls under way
        self._tasks: set[asyncio.Task[Any]] = set()  # touched on the loop alone

    def run(self, start: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run one coroutine to its end, and return or raise what it does.

        An interrupt of the waiting thread cancels the coroutine. Raises UsageError on the portal's own
        thread, which would wait for itself, and where the portal is closed before the coroutine ends.
        """
        outcome: Future[T] = Future()
        tasks: list[asyncio.Task[T]] = []
        loop = self._opened(outcome)
        try:
            loop.call_soon_threadsafe(self._begin, loop, start, outcome, tasks)
            return outcome.result()
        except CancelledError:
            raise UsageError("the router was closed while this call was under way") from None
        except (KeyboardInterrupt, SystemExit):
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(lambda: [task.cancel() for task in tasks])
            raise
        finally:
            self._open.discard(outcome)

    def _opened(self, outcome: Future[Any]) -> asyncio.AbstractEventLoop:
        """The loop, which `close` does not end without an answer to this call."""
        if self._pid != os.getpid():
            self._renew()
        with self._lock:
            self._refuse_itself()
            loop = self._loop or self._started()
            self._open.add(outcome)
            return loop

    def _refuse_itself(self) -> None:
        if threading.current_thread() is self._thread:
            raise UsageError("on the router's own thread, as observers are, nothing can be waited for: use a thread")

    def _renew(self) -> None:
        """After a fork: threads, and whoever held the lock, are in the other process."""
        self._lock = threading.Lock()
        self._portal = self._loop = self._thread = None
        self._open, self._tasks = set(), set()
        self._pid = os.getpid()

    def _begin(
        self,
        loop: asyncio.AbstractEventLoop,
        start: Callable[[], Coroutine[Any, Any, T]],
        outcome: Future[T],
        tasks: list[asyncio.Task[T]],
    ) -> None:
        task = loop.create_task(start())
        self.keep(task)
        tasks.append(task)
        task.add_done_callback(lambda done: _settle(done, outcome))

    def keep(self, task: asyncio.Task[Any]) -> None:
        """See that a task of the loop has ended before the loop does; called on the loop."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _started(self) -> asyncio.AbstractEventLoop:
        ready: Future[tuple[BlockingPortal, asyncio.AbstractEventLoop]] = Future()
        # A daemon: a process whose user forgot to close the router still ends.
        self._thread = threading.Thread(target=_live, args=(ready,), name="modelrouter", daemon=True)
        self._thread.start()
        self._portal, self._loop = ready.result()
        # At the end of the process, or of a forgotten router, the loop closes its connections in peace.
        weakref.finalize(self, _end, os.getpid(), self._portal, self._loop, self._thread)
        return self._loop

    def close(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run `last` on the thread and stop it, where it was ever started; the next call would start it anew.

        Calls under way raise UsageError, streams end with StreamCutError. Raises UsageError on that thread.
        """
        if self._pid != os.getpid():
            return
        with self._lock:
            self._refuse_itself()
            portal, thread = self._portal, self._thread
            left, self._open = self._open, set()
            self._portal = self._loop = self._thread = None
        if portal is None or thread is None:
            return
        portal.call(self._leave, last)
        portal.call(portal.stop)
        thread.join()
        for outcome in left.copy():
            outcome.cancel()  # begun too late for the loop

    async def _leave(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Whoever still waits for a provider is told first: a connection that we close is no fault of the provider."""
        loop = asyncio.get_running_loop()
        tasks = [task for task in self._tasks if task.get_loop() is loop]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await last()


def _end(pid: int, portal: BlockingPortal, loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    if pid != os.getpid() or not thread.is_alive() or thread is threading.current_thread():
        return
    with suppress(RuntimeError):  # the loop has been closed meanwhile
        loop.call_soon_threadsafe(lambda: loop.create_task(portal.stop(cancel_remaining=True)))
        thread.join(timeout=END_S)


def _live(ready: Future[tuple[BlockingPortal, asyncio.AbstractEventLoop]]) -> None:
    anyio.run(_serve, ready, backend_options={"use_uvloop": find_spec("uvloop") is not None})


async def _serve(ready: Future[tuple[BlockingPortal, asyncio.AbstractEventLoop]]) -> None:
    async with BlockingPortal() as portal:
        ready.set_result((portal, asyncio.get_running_loop()))
        await portal.sleep_until_stopped()


def _settle(task: asyncio.Task[T], outcome: Future[T]) -> None:
    if outcome.cancelled():
        return
    if task.cancelled():
        outcome.cancel()
    elif (error := task.exception()) is not None:
        outcome.set_exception(error)
    else:
        outcome.set_result(task.result())


class Drain:
    """A queue between the loop that reads a stream and the thread that consumes it; made on the loop.

    What is already there costs the consumer no change of thread. Ends where no bytes come; raises
    asyncio.CancelledError where the loop ended before the stream. `over` is called on the loop at the end.
    """

    def __init__(self, take: Callable[[], Coroutine[Any, Any, Taken]], over: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._pid = os.getpid()
        self._ident = threading.get_ident()
        self._take = take
        self._over = over
        self._queue: queue.SimpleQueue[Taken | BaseException] = queue.SimpleQueue()
        # Bytes put and got: each is written by one side alone.
        self._put = 0
        self._got = 0
        self._room = asyncio.Event()
        self._room.set()
        self.done = False
        """The consumer has seen the end."""
        self.task = self._loop.create_task(self._pump())
        self.task.add_done_callback(self._settle)

    async def _pump(self) -> None:
        while (taken := await self._take())[0]:
            self._put += len(taken[0])
            self._queue.put(taken)
            if self._put - self._got > AHEAD:
                self._room.clear()
                if self._put - self._got > AHEAD:  # else the consumer saw it set, and will not set it
                    await self._room.wait()

    def _settle(self, task: asyncio.Task[None]) -> None:
        self._over()
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        self._queue.put(error or (b"", None))

    def cancel(self) -> None:
        """Read no further; from any thread, without waiting."""
        with suppress(RuntimeError):  # the loop is closed, and the task with it
            self._loop.call_soon_threadsafe(self.task.cancel)

    def leave(self) -> None:
        """Read no further, and wait until the stream is let go; does nothing where its loop is gone."""
        self.cancel()
        if self._pid != os.getpid() or threading.get_ident() == self._ident:
            return
        while not self.done:
            with suppress(
                Exception, asyncio.CancelledError
            ):  # how a stream ends that nobody wants is nobody's business
                next(self)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Taken:
        if self.done:
            raise StopIteration
        item = self._queue.get()
        if isinstance(item, tuple) and item[0]:
            self._got += len(item[0])
            if not self._room.is_set() and self._put - self._got <= AHEAD:
                with suppress(RuntimeError):  # the loop is closed: nothing more will come
                    self._loop.call_soon_threadsafe(self._room.set)
            return item
        self.done = True
        if isinstance(item, BaseException):
            raise item
        raise StopIteration
