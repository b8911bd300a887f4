"""Anthropic's Messages: turns encoded as messages."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

from modelrouter.wire.conversation import Document, Image, Part, Text, ToolCall, ToolResult, Turn, UnportableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_IMAGES = {"image/jpeg": "image/jpeg", "image/jpg": "image/jpeg"} | {
    kind: kind for kind in ("image/png", "image/gif", "image/webp")
}


def encode_turn(turn: Turn) -> dict[str, Any]:
    """Write a turn as a message.

    Raises:
        UnportableError: it holds what this wire cannot carry.
    """
    return {"role": turn.role, "content": [_ENCODERS[type(part)](part) for part in turn.parts]}


def _text(part: Text) -> dict[str, Any]:
    return {"type": "text", "text": part.text}


def _image(part: Image) -> dict[str, Any]:
    if part.url is not None:
        return {"type": "image", "source": {"type": "url", "url": part.url}}
    media_type = _IMAGES.get(part.media_type or "")
    if media_type is None:
        raise UnportableError(f"an image of type {part.media_type!r} cannot be sent")
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": part.data}}


def _document(part: Document) -> dict[str, Any]:
    title = {"title": part.title} if part.title else {}
    if part.data is None:
        raise UnportableError("a file by its address cannot be sent")
    if part.media_type == "application/pdf":
        source = {"type": "base64", "media_type": part.media_type, "data": part.data}
    elif part.media_type.startswith("text/"):
        source = {"type": "text", "media_type": "text/plain", "data": _decoded(part.data)}
    else:
        raise UnportableError(f"a file of type {part.media_type!r} cannot be sent")
    return {"type": "document", "source": source, **title}


def _decoded(data: str) -> str:
    try:
        return base64.b64decode(data).decode()
    except ValueError:
        raise UnportableError("a text file is not base64 of UTF-8") from None


def _call(part: ToolCall) -> dict[str, Any]:
    return {"type": "tool_use", "id": part.id, "name": tool_name(part.name), "input": part.arguments}


def _result(part: ToolResult) -> dict[str, Any]:
    error = {"is_error": True} if part.is_error else {}
    content = [_ENCODERS[type(output)](output) for output in part.parts]
    return {"type": "tool_result", "tool_use_id": part.id, "content": content, **error}


_ENCODERS: Mapping[type[Part], Callable[[Any], dict[str, Any]]] = {
    Text: _text,
    Image: _image,
    Document: _document,
    ToolCall: _call,
    ToolResult: _result,
}


def tool_name(name: str) -> str:
    """Pass a name that the API takes.

    Raises:
        UnportableError: it takes no such name.
    """
    if not _NAME.fullmatch(name):
        raise UnportableError(f"the tool name {name[:80]!r} cannot be sent")
    return name
