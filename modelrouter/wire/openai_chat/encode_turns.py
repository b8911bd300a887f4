"""OpenAI's Chat Completions: turns encoded as messages."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
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
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from modelrouter.wire.openai_chat.traits import Traits

FAILED_NOTE = "[The tool failed.] "
"""This wire has no word for a result that is an error."""
RECEIVED = "[Results received.]"
"""What the assistant says between results and a user's message where one must not follow the other."""


def encode_turns(turns: Iterable[Turn], taken: Traits) -> Iterator[dict[str, Any]]:
    """Write turns as messages: one for each result, and one for the rest of each turn.

    Raises:
        UnportableError: a turn holds what this wire, or this deployment, cannot carry.
    """
    for turn in turns:
        if turn.role == "assistant":
            yield _assistant(turn, taken)
            continue
        results = [part for part in turn.parts if isinstance(part, ToolResult)]
        others = [part for part in turn.parts if not isinstance(part, ToolResult)]
        yield from map(_result, results)
        if others and results and not taken.user_after_tool:
            yield {"role": "assistant", "content": RECEIVED}
        if others:
            yield {"role": turn.role, "content": _content(others, taken)}


def _assistant(turn: Turn, taken: Traits) -> dict[str, Any]:
    texts: list[str] = []
    thoughts: list[str] = []
    calls: list[dict[str, Any]] = []
    for part in turn.parts:
        if isinstance(part, Text):
            texts.append(part.text)
        elif isinstance(part, Thinking):
            thoughts.append(part.text)
        elif isinstance(part, ToolCall):
            calls.append(_call(part, taken))
        else:
            raise UnportableError(f"{type(part).__name__.lower()} that the model gave cannot be sent")
    message: dict[str, Any] = {"role": "assistant", "content": _PARAGRAPH.join(texts) or (None if calls else "")}
    thinking = _PARAGRAPH.join(filter(None, thoughts))
    if thinking and taken.thinking is not None:
        message[taken.thinking] = thinking
    sign(calls, taken)
    return {**message, "tool_calls": calls} if calls else message


_PARAGRAPH = "\n\n"


def sign(calls: list[dict[str, Any]], taken: Traits) -> None:
    """Say of calls that nobody signed that this is so, where the target refuses them else; the first one stands for all."""
    if taken.unsigned is not None and calls and not any(call.get("extra_content") for call in calls):
        calls[0]["extra_content"] = {"google": {"thought_signature": taken.unsigned}}


def _call(call: ToolCall, taken: Traits) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json_text.text(call.arguments)}
    written: dict[str, Any] = {"id": call.id, "type": "function", "function": function}
    if call.signature and taken.signs:
        written["extra_content"] = {"google": {"thought_signature": call.signature}}
    return written


def _result(result: ToolResult) -> dict[str, Any]:
    text = _PARAGRAPH.join(part.text for part in result.parts if isinstance(part, Text))
    return {"role": "tool", "tool_call_id": result.id, "content": FAILED_NOTE + text if result.is_error else text}


def _content(parts: Iterable[Part], taken: Traits) -> str | list[dict[str, Any]]:
    """Write text alone as a text, which everybody reads, and anything else as parts."""
    parts = tuple(parts)
    texts = [part.text for part in parts if isinstance(part, Text)]
    if len(texts) == len(parts):
        return _PARAGRAPH.join(texts)
    return [_ENCODERS[type(part)](part, taken) for part in parts]


def _text(part: Text, _: Traits) -> dict[str, Any]:
    return {"type": "text", "text": part.text}


_IMAGES = {"image/jpg": "image/jpeg"} | {kind: kind for kind in ("image/jpeg", "image/png", "image/gif", "image/webp")}


def _image(part: Image, taken: Traits) -> dict[str, Any]:
    if part.url is not None:
        if not taken.addresses:
            raise UnportableError("an image by its address: send it as a data URL")
        return {"type": "image_url", "image_url": {"url": part.url}}
    media_type = _IMAGES.get(part.media_type or "")
    if media_type is None or part.data is None:
        raise UnportableError(f"an image of type {part.media_type!r} cannot be sent")
    return {"type": "image_url", "image_url": {"url": _data_url(media_type, part.data)}}


_RECORDINGS = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/wave": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3"}
"""The two formats that OpenAI takes."""


def _audio(part: Audio, _: Traits) -> dict[str, Any]:
    form = _RECORDINGS.get(part.media_type)
    if form is None:
        raise UnportableError(f"a recording of type {part.media_type!r} cannot be sent")
    return {"type": "input_audio", "input_audio": {"data": part.data, "format": form}}


def _document(part: Document, taken: Traits) -> dict[str, Any]:
    """Write a file; one of plain text is told as text, for nobody takes it as a file."""
    if part.data is None:
        if taken.documents == "document_url" and part.url is not None:
            return {"type": "document_url", "document_url": part.url}
        raise UnportableError("a file by its address cannot be sent")
    if part.media_type.startswith("text/"):
        return {"type": "text", "text": f"[{part.title}]\n{_decoded(part.data)}" if part.title else _decoded(part.data)}
    if part.media_type != "application/pdf":
        raise UnportableError(f"a file of type {part.media_type!r} cannot be sent")
    address = _data_url(part.media_type, part.data)
    if taken.documents == "document_url":
        return {"type": "document_url", "document_url": address}
    return {"type": "file", "file": {"filename": part.title or "document.pdf", "file_data": address}}


def _decoded(data: str) -> str:
    try:
        return base64.b64decode(data).decode()
    except ValueError:
        raise UnportableError("a text file is not base64 of UTF-8") from None


def _data_url(media_type: str, data: str) -> str:
    return f"data:{media_type};base64,{data}"


_ENCODERS: Mapping[type[Part], Callable[[Any, Traits], dict[str, Any]]] = {
    Text: _text,
    Image: _image,
    Audio: _audio,
    Document: _document,
}
