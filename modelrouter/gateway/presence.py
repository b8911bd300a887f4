"""The presence of a client: work that nobody waits for any more is given up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from starlette.types import Receive

__all__ = ["Presence"]


class Presence:
    """Runs a block for as long as the client is there.

    Its going away cancels the block, and with it every call to a provider; the block then ends quietly.
    Enter it once the body has been read: it takes what else the client sends.
    """

    __slots__ = ("_gone", "_receive", "_task", "_watcher")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._gone = False

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._task.cancel()

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("an application runs in a task")
        self._task: asyncio.Task[object] = task
        self._watcher = asyncio.get_running_loop().create_task(self._watch())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> bool:
        self._watcher.cancel()
        if not self._gone:
            return False
        # Another cancellation beside ours, that of a server which shuts down, goes on.
        others = self._task.uncancel()
        return kind is asyncio.CancelledError and not others
