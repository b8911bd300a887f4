"""Errands: tasks beside the requests of a router, on whichever event loop serves them.

A task dies with its loop, or stays behind where a process forks. What it was at is kept here, so that
the next loop can go on with it.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelrouter.runtime.log import crashed

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

__all__ = ["Errand", "ended"]


@dataclass(slots=True)
class Errand:
    """What is to be done, and who is at it; guarded by the lock of whoever keeps it."""

    task: asyncio.Task[None] | None = None
    pid: int = 0

    def alive(self) -> bool:
        """Whether somebody is at it: neither a loop that stopped nor the process before a fork is."""
        return (
            self.task is not None
            and self.pid == os.getpid()
            and not self.task.done()
            and self.task.get_loop().is_running()
        )

    def begin(self, loop: asyncio.AbstractEventLoop, work: Coroutine[None, None, None]) -> None:
        """Go on with it on this loop, which must be the running one."""
        self.pid = os.getpid()
        # Whoever's request or block of code it was that began it: what it says later does not belong to them.
        self.task = loop.create_task(work, context=Context())
        self.task.add_done_callback(_report)

    def give_up(self) -> None:
        """Its loop may go on some day: the task is somebody else's by then."""
        if self.task is not None and self.pid == os.getpid() and not self.task.done():
            with suppress(RuntimeError):  # the loop is closed
                self.task.get_loop().call_soon_threadsafe(self.task.cancel)


async def ended(errands: Iterable[Errand]) -> None:
    """End those of the running loop."""
    loop = asyncio.get_running_loop()
    tasks = [errand.task for errand in errands if errand.task is not None and errand.alive()]
    mine = [task for task in tasks if task.get_loop() is loop]
    for task in mine:
        task.cancel()
    await asyncio.gather(*mine, return_exceptions=True)


def _report(task: asyncio.Task[None]) -> None:
    """A task that crashed is our mistake: it must not pass unseen."""
    if not task.cancelled() and (error := task.exception()) is not None:
        crashed("a probe or check crashed", error)
