"""Anthropic's Messages: turns encoded as messages."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from modelrouter.wire.conversation import (
    Audio,
    Document,
    Image,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
    UnportableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_IMAGES = {"image/jpeg": "image/jpeg", "image/jpg": "image/jpeg"} | {
    kind: kind for kind in ("image/png", "image/gif", "image/webp")
}


def encode_turn(turn: Turn) -> dict[str, Any]:
    """Write a turn as a message.

    Raises:
        UnportableError: it holds what this wire cannot carry.
    """
    if turn.role == "assistant" and any(isinstance(part, Image | Document) for part in turn.parts):
        raise UnportableError("a picture or a file that a model made cannot be sent")
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
        if part.url is None or part.media_type not in _BY_ADDRESS:
            raise UnportableError(f"a file of type {part.media_type!r} cannot be sent by its address")
        return {"type": "document", "source": {"type": "url", "url": part.url}, **title}
    if part.media_type == "application/pdf":
        source = {"type": "base64", "media_type": part.media_type, "data": part.data}
    elif part.media_type.startswith("text/"):
        source = {"type": "text", "media_type": "text/plain", "data": _decoded(part.data)}
    else:
        raise UnportableError(f"a file of type {part.media_type!r} cannot be sent")
    return {"type": "document", "source": source, **title}


_BY_ADDRESS = frozenset({"application/pdf", "application/octet-stream", ""})
"""Of a file's type by its address: the API fetches PDFs alone, and the type may be unknown."""


def _decoded(data: str) -> str:
    try:
        return base64.b64decode(data).decode()
    except ValueError:
        raise UnportableError("a text file is not base64 of UTF-8") from None


def _call(part: ToolCall) -> dict[str, Any]:
    return {"type": "tool_use", "id": part.id, "name": part.name, "input": part.arguments}


def _thinking(part: Thinking) -> dict[str, Any]:
    """Give back what was signed here; `port` keeps everybody else's away, `signed` what has no signature."""
    if part.redacted:
        return {"type": "redacted_thinking", "data": part.signature}
    return {"type": "thinking", "thinking": part.text, "signature": part.signature}


def _audio(part: Audio) -> dict[str, Any]:
    raise UnportableError(f"a recording of type {part.media_type!r} cannot be sent")


def _result(part: ToolResult) -> dict[str, Any]:
    error = {"is_error": True} if part.is_error else {}
    content = [_ENCODERS[type(output)](output) for output in part.parts]
    return {"type": "tool_result", "tool_use_id": part.id, "content": content, **error}


_ENCODERS: Mapping[type[Part], Callable[[Any], dict[str, Any]]] = {
    Text: _text,
    Image: _image,
    Audio: _audio,
    Document: _document,
    Thinking: _thinking,
    ToolCall: _call,
    ToolResult: _result,
}
