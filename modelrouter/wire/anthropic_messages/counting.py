"""How long a request of Messages is, estimated from its bytes.

Compaction in agents hangs on this figure, and it must come at once and for every target. It is an estimate: code
and most scripts but the Latin one take more tokens than it says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.errors import BadRequestError
from modelrouter.wire import json_text
from modelrouter.wire.reading import BYTES_PER_TOKEN, IMAGE_TOKENS

if TYPE_CHECKING:
    from collections.abc import Mapping

MEDIA = IMAGE_TOKENS * BYTES_PER_TOKEN
"""Bytes of text for which a picture or a file is counted."""


def estimated(body: Mapping[str, Any]) -> int:
    """Estimate the tokens of a request's prompt, at least one; total over bodies of any shape.

    Raises:
        BadRequestError: a part is nested too deeply.
    """
    try:
        size = sum(map(measured, blocks_of(body)))
        if tools := body.get("tools"):
            size += len(json_text.write(tools))
    except RecursionError:
        raise BadRequestError("the request is nested too deeply") from None
    return max(size // BYTES_PER_TOKEN, 1)


def blocks_of(body: Mapping[str, Any]) -> list[object]:
    """Name what a request holds, system and messages: blocks, or plain texts."""
    blocks = [*_listed(body.get("system"))]
    messages = body.get("messages")
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict):
            blocks += _listed(message.get("content"))
    return blocks


def inner_blocks(block: Mapping[str, Any]) -> list[object]:
    """Name what a tool's result, a search result or a document holds."""
    kind, source = block.get("type"), block.get("source")
    if kind in ("tool_result", "search_result"):
        return _listed(block.get("content"))
    if kind == "document" and isinstance(source, dict) and source.get("type") == "content":
        return _listed(source.get("content"))
    return []


def measured(block: object) -> int:
    """Count the bytes of a block's text; pictures and files count as `MEDIA`."""
    if isinstance(block, str):
        return _length(block)
    if not isinstance(block, dict):
        return 0
    kind = block.get("type")
    member = _TEXTS.get(kind) if isinstance(kind, str) else None
    if member is not None:
        return _length(text) if isinstance(text := block.get(member), str) else 0
    if kind in ("tool_result", "search_result"):
        return sum(map(measured, inner_blocks(block)))
    if kind == "document":
        return _document(block)
    return MEDIA if kind == "image" else len(json_text.write(block))


_TEXTS = {"text": "text", "thinking": "thinking", "redacted_thinking": "nothing"}
"""Where a block's text is; what is encrypted has none that could be counted."""


def is_file(block: Mapping[str, Any]) -> bool:
    """Whether a document is more than text."""
    source = block.get("source")
    return not isinstance(source, dict) or source.get("type") not in ("text", "content")


def _document(block: Mapping[str, Any]) -> int:
    if is_file(block):
        return MEDIA
    data = block["source"].get("data")
    return sum(map(measured, inner_blocks(block))) + (_length(data) if isinstance(data, str) else 0)


def _length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="replace"))


def _listed(content: object) -> list[object]:
    if isinstance(content, list):
        return content
    return [] if content is None else [content]
