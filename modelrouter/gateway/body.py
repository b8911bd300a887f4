"""The body of a request, read within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive

__all__ = ["MAX_BODY", "ClientGoneError", "TooLargeError", "read_body"]

MAX_BODY = 10 * 1024 * 1024
"""Bytes; a million tokens of text are 4 MB, what is larger are pictures that belong in a file."""


class TooLargeError(Exception):
    """The body is larger than `MAX_BODY`."""


class ClientGoneError(Exception):
    """The client went away before its body was complete."""


async def read_body(headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
    """Read the whole body; raises TooLargeError before more than `MAX_BODY` is held, and ClientGoneError."""
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > MAX_BODY:
        raise TooLargeError
    message = await receive()
    body: bytes = message.get("body", b"")
    if message["type"] == "http.request" and not message.get("more_body"):
        if len(body) > MAX_BODY:
            raise TooLargeError
        return body
    parts, size = [body], len(body)
    while message["type"] == "http.request" and message.get("more_body"):
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY:
            raise TooLargeError
    if message["type"] != "http.request":
        raise ClientGoneError
    return b"".join(parts)
