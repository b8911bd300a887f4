"""Answers as ASGI messages."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.wire.dialects import CALLERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Send

__all__ = ["begin", "refuse", "rendered", "reply"]

LAST_WORD: Mapping[str, str] = MappingProxyType({"content-type": "application/json", "x-should-retry": "false"})
"""Of a request that no retry mends: SDKs look for the second header."""


async def reply(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Send a whole answer."""
    await begin(send, status, {**headers, "content-length": str(len(body))})
    await send({"type": "http.response.body", "body": body})


def rendered(headers: Mapping[str, str], body: bytes) -> bytes:
    """The lines of the head of a whole answer, as `reply` would send them; see `presence.ANSWERING`."""
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    return b"%bcontent-length: %d\r\n" % (lines.encode("latin-1", "replace"), len(body))


async def begin(send: Send, status: int, headers: Mapping[str, str]) -> None:
    """Send the head of an answer."""
    pairs = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})


async def refuse(send: Send, wire: str, status: int, cause: str, message: str) -> None:
    """Send an error in the caller's dialect."""
    await reply(send, status, LAST_WORD, CALLERS[wire].encode_error(status, cause, message))
