"""Wakes the requests of an event loop that wait for the disk."""

from __future__ import annotations

import weakref
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

__all__ = ["Wakes"]


class Wakes:
    """Wakes requests of one event loop that wait for the disk: once for all that became durable together."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = weakref.ref(loop)  # what knows it is known by it
        self._done: deque[tuple[asyncio.Future[int | None], int | None]] = deque()
        self._armed = False

    def told(self, future: asyncio.Future[int | None], number: int | None) -> None:
        """An entry is durable under this number, or cannot be now; on any thread."""
        self._done.append((future, number))
        if not self._armed:
            self._armed = True
            loop = self._loop()
            with suppress(RuntimeError):  # the loop was closed, and whoever waited on it has gone
                if loop is not None:
                    loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._armed = False
        while self._done:
            future, number = self._done.popleft()
            if not future.done():
                future.set_result(number)
