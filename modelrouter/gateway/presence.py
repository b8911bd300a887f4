"""The presence of a client: work that nobody waits for any more is given up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from starlette.types import Receive, Scope

__all__ = ["ANSWERING", "LEAVING", "WRITING", "Presence"]

LEAVING = "modelrouter.leaving"
"""An extension of ASGI: a scope may hold a function under it that takes whom to call when the client goes away.

It calls at once where the client has gone already; None calls nobody any more. Without it a task of its own waits
for ASGI's message, which costs more than all else that the gateway does for a request.
"""

WRITING = "modelrouter.writing"
"""Another: a function that writes a piece of a body which has begun, at once, and answers False where it cannot.

Then ASGI's `send` can, or will wait. It saves a task for each piece of a stream that comes slowly.
"""

ANSWERING = "modelrouter.answering"
"""A third: a function that writes a whole answer, at once, and answers False where it cannot; nothing is written then.

It takes the status, the rendered lines of the head and the body. ASGI's two messages are two writes to the socket.
"""


class Presence:
    """Runs a block for as long as the client is there.

    Its going away cancels the block, and with it every call to a provider; the block then ends quietly.
    Enter it once the body has been read: it takes what else the client sends.
    """

    __slots__ = ("_gone", "_task", "_tell", "_watcher", "answer", "receive", "write")

    def __init__(self, receive: Receive, scope: Scope | None = None) -> None:
        self.receive = receive
        self._gone = False
        self._tell: Callable[[Callable[[], None] | None], None] | None = None
        self._watcher: asyncio.Task[None] | None = None
        self.write: Callable[[bytes], bool] | None = None
        """See `WRITING`; None where the server has none."""
        self.answer: Callable[[int, bytes, bytes], bool] | None = None
        """See `ANSWERING`; None where the server has none."""
        if scope is not None and (extensions := scope.get("extensions")):
            self._tell = extensions.get(LEAVING)
            self.write = extensions.get(WRITING)
            self.answer = extensions.get(ANSWERING)

    async def _watch(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass
        self._leave()

    def _leave(self) -> None:
        self._gone = True
        self._task.cancel()

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("an application runs in a task")
        self._task: asyncio.Task[object] = task
        if self._tell is not None:
            self._tell(self._leave)
        else:
            self._watcher = asyncio.get_running_loop().create_task(self._watch())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> bool:
        if self._tell is not None:
            self._tell(None)
        if self._watcher is not None:
            self._watcher.cancel()
        if not self._gone:
            return False
        # Another cancellation beside ours, that of a server which shuts down, goes on.
        others = self._task.uncancel()
        return kind is asyncio.CancelledError and not others
