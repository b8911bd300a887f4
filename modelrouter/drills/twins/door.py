"""The listening socket of a twin: loopback only, on one port that stays its own while the door is closed."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from uvicorn.config import Config
from uvicorn.server import ServerState

from modelrouter.drills.twins.connection import TwinProtocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from modelrouter.drills.twins.connection import ASGIScope, Receive, Send

LOOPBACK = "127.0.0.1"
BACKLOG = 512
IDLE_S = 3600
"""Idle connections are kept: a server that drops them would add failures that nobody injected."""
PATIENCE_S = 5.0
"""How long calls may take to notice that their connection is gone."""


class Door:
    """Opens, closes and opens again on the same port; connections that are inside when it closes are lost."""

    def __init__(self, app: Callable[[ASGIScope, Receive, Send], Awaitable[None]]) -> None:
        self._app = app
        self._state = ServerState()
        self._server: asyncio.Server | None = None
        self._held: socket.socket | None = None
        self.port = 0

    async def open(self) -> None:
        """Listen; at the first time on a free port."""
        if self._server is not None:
            return
        config = Config(
            self._app,
            http=TwinProtocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=IDLE_S,
        )
        config.load()
        held = self._held or bound(self.port)
        self._held = None
        self.port = held.getsockname()[1]
        self._server = await asyncio.get_running_loop().create_server(
            lambda: TwinProtocol(config=config, server_state=self._state, app_state={}), sock=held, backlog=BACKLOG
        )

    async def close(self, *, keep_port: bool = True) -> None:
        """Refuse connections and drop those there are; returns when every call inside is over."""
        if self._server is not None:
            self._server.close()
            self._server = None
            for connection in list(self._state.connections):
                connection.transport.abort()
            if self._state.tasks:
                await asyncio.wait(set(self._state.tasks), timeout=PATIENCE_S)
            if keep_port:
                self._held = bound(self.port)
        if not keep_port and self._held is not None:
            self._held.close()
            self._held = None


def bound(port: int) -> socket.socket:
    """A socket that owns a port of the loopback interface and does not listen: callers are refused."""
    # Only a socket that says TCP in so many words gets TCP_NODELAY from asyncio; without it an answer waits 40 ms.
    own = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        own.bind((LOOPBACK, port))
        own.setblocking(False)
    except OSError:
        own.close()
        raise
    return own
