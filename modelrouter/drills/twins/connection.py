"""The transport under one HTTP exchange, for what HTTP itself cannot say: hanging up, and hanging up rudely."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from modelrouter.drills.twins.waiting import forever

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, MutableMapping

    ASGIScope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

TRANSPORT = "transport"
LINGER_NONE = struct.pack("ii", 1, 0)
"""Closing throws unsent bytes away and sends RST instead of FIN."""


class TwinProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with its transport handed to the application and without an access log."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access_log = False

    def on_message_begin(self) -> None:
        """Put the transport where the application finds it."""
        super().on_message_begin()
        self.scope["state"][TRANSPORT] = self.transport


class Exchange:
    """One request and the means to answer it."""

    def __init__(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self._transport: asyncio.Transport = scope["state"][TRANSPORT]

    async def body(self) -> bytes | None:
        """The whole request body; None where the caller went away before its end."""
        parts = []
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return None
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                return b"".join(parts)

    async def gone(self) -> None:
        """Return when the connection is lost; only after the body has been read."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def start(self, status: int, headers: dict[str, str]) -> None:
        """Send status and headers."""
        lines = [(name.lower().encode(), value.encode()) for name, value in headers.items() if not name.startswith(":")]
        await self._send({"type": "http.response.start", "status": status, "headers": lines})

    async def write(self, data: bytes) -> None:
        """Send a part of the body."""
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self, data: bytes = b"") -> None:
        """Send the last part of the body."""
        await self._send({"type": "http.response.body", "body": data, "more_body": False})

    async def cut(self) -> None:
        """Hang up after what has been written, without an end; never returns, the loss of the connection ends the call."""
        self._transport.close()
        await forever()

    async def reset(self) -> None:
        """Hang up by RST; never returns, as `cut`."""
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
        self._transport.abort()
        await forever()
