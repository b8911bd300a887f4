"""OpenAI's Responses: turns encoded as input items.

No item carries an id: only the provider that made an item knows its id, and calls are tied to their results by
`call_id` alone. Reasoning goes back as what its issuer encrypted, in front of what it led to.
"""

from __future__ import annotations

from itertools import groupby
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
from modelrouter.wire.portability import INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


def encode_turns(turns: tuple[Turn, ...], losses: list[str]) -> list[dict[str, Any]]:
    """Write turns as items, and add what cannot be told to `losses`.

    Raises:
        UnportableError: a turn holds what this wire cannot carry.
    """
    return [item for turn in turns for item in _items(turn, losses)]


def _items(turn: Turn, losses: list[str]) -> Iterator[dict[str, Any]]:
    for is_content, group in groupby(_sent(turn, losses), key=lambda part: not isinstance(part, _ITEMS)):
        if is_content:
            yield {"type": "message", "role": _ROLES.get(turn.role, turn.role), "content": _contents(turn, group)}
            continue
        for part in group:
            if isinstance(part, ToolCall):
                yield _call(part)
            elif isinstance(part, ToolResult):
                yield _result(part, losses)
            elif isinstance(part, Thinking):
                yield _reasoning(part)


_ITEMS = (ToolCall, ToolResult, Thinking)
_ROLES = {"system": "developer"}


def _sent(turn: Turn, losses: list[str]) -> tuple[Part, ...]:
    """Leave out reasoning that its issuer could not read, and reasoning that led to nothing: the API refuses both."""
    parts = [part for part in turn.parts if not isinstance(part, Thinking) or part.signature]
    while parts and isinstance(parts[-1], Thinking):
        parts.pop()
    if len(parts) < len(turn.parts):
        losses.append("thinking")
    return tuple(parts)


def _contents(turn: Turn, parts: Any) -> list[dict[str, Any]]:
    if turn.role == "assistant":
        return [_said(part) for part in parts]
    return [_ENCODERS[type(part)](part) for part in parts]


def _said(part: Part) -> dict[str, Any]:
    if not isinstance(part, Text):
        raise UnportableError("an answer of the model's that is no text cannot be sent")
    return {"type": "output_text", "text": part.text}


def _text(part: Text) -> dict[str, Any]:
    return {"type": "input_text", "text": part.text}


def _image(part: Image) -> dict[str, Any]:
    address = part.url or f"data:{part.media_type};base64,{part.data}"
    return {"type": "input_image", "detail": "auto", "image_url": address}


def _document(part: Document) -> dict[str, Any]:
    if part.url is not None:
        return {"type": "input_file", "file_url": part.url}
    name = part.title or f"file.{part.media_type.rpartition('/')[2].rpartition('+')[2]}"
    return {"type": "input_file", "filename": name, "file_data": f"data:{part.media_type};base64,{part.data}"}


def _audio(_: Audio) -> dict[str, Any]:
    raise UnportableError("audio cannot be sent")


_ENCODERS: Mapping[type[Part], Callable[[Any], dict[str, Any]]] = {
    Text: _text,
    Image: _image,
    Document: _document,
    Audio: _audio,
}


def _call(part: ToolCall) -> dict[str, Any]:
    arguments = json_text.text(part.arguments)
    return {"type": "function_call", "call_id": part.id, "name": part.name, "arguments": arguments}


def _result(part: ToolResult, losses: list[str]) -> dict[str, Any]:
    """Write what a tool said; text alone is one text, which every server of this wire reads."""
    if part.is_error and part.parts != (Text(INTERRUPTED),):
        losses.append("tool_result.is_error")
    texts = [said.text for said in part.parts if isinstance(said, Text)]
    output: Any = (
        "\n".join(texts) if len(texts) == len(part.parts) else [_ENCODERS[type(said)](said) for said in part.parts]
    )
    return {"type": "function_call_output", "call_id": part.id, "output": output}


def _reasoning(part: Thinking) -> dict[str, Any]:
    summary = [{"type": "summary_text", "text": part.text}] if part.text else []
    return {"type": "reasoning", "summary": summary, "encrypted_content": part.signature}
