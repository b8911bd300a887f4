"""The content blocks of Anthropic's messages: who may say which, and what must be in them."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from modelrouter.drills.twins.asked import RefusedError
from modelrouter.drills.twins.media import IMAGES, is_web, label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TOOL_ID = re.compile(r"^[a-zA-Z0-9_-]+$")
NAME = re.compile(r"^[a-zA-Z0-9_-]{1,200}$")
KINDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "user": frozenset({"text", "image", "document", "tool_result"}),
        "assistant": frozenset({"text", "thinking", "redacted_thinking", "tool_use"}),
        "system": frozenset({"text"}),
    }
)
MEMBERS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "text": frozenset({"type", "text", "cache_control", "citations"}),
        "image": frozenset({"type", "source", "cache_control"}),
        "document": frozenset({"type", "source", "title", "context", "citations", "cache_control"}),
        "thinking": frozenset({"type", "thinking", "signature"}),
        "redacted_thinking": frozenset({"type", "data"}),
        "tool_use": frozenset({"type", "id", "name", "input", "cache_control", "caller"}),
        "tool_result": frozenset({"type", "tool_use_id", "content", "is_error", "cache_control"}),
    }
)
INSIDE_RESULTS = frozenset({"text", "image", "document"})


def blocks(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The content blocks of a message; a plain text has none."""
    content = message.get("content")
    return (block for block in (content if isinstance(content, list) else ()) if isinstance(block, dict))


def check_block(where: str, role: str, block: dict[str, Any]) -> None:
    """Raise `RefusedError` where a block may not stand there, or is not whole."""
    kind = str(block.get("type"))
    if kind not in KINDS[role]:
        raise RefusedError(f"{where}: `{kind}` blocks are not permitted in {role} messages")
    if extra := sorted(block.keys() - MEMBERS[kind]):
        raise RefusedError(f"{where}.{kind}.{extra[0]}: Extra inputs are not permitted")
    match kind:
        case "text":
            check_text(block)
        case "image" | "document":
            source_label(where, block)
        case "tool_use":
            check_call(where, block)
        case "tool_result":
            check_result(where, block)
        case _:
            pass  # thinking: checked with its signature


def check_text(block: dict[str, Any]) -> None:
    """A text says something."""
    if not str(block.get("text") or ""):
        raise RefusedError("messages: text content blocks must be non-empty")
    if not str(block["text"]).strip():
        raise RefusedError("messages: text content blocks must contain non-whitespace text")


def check_call(where: str, block: dict[str, Any]) -> None:
    """Ids keep to an alphabet, arguments are an object."""
    check_id(f"{where}.tool_use.id", block.get("id"))
    if not NAME.match(str(block.get("name") or "")):
        raise RefusedError(f"{where}.tool_use.name: String should match pattern '{NAME.pattern}'")
    if not isinstance(block.get("input"), dict):
        raise RefusedError(f"{where}.tool_use.input: Input should be a valid dictionary")


def check_result(where: str, block: dict[str, Any]) -> None:
    """What tools may answer."""
    check_id(f"{where}.tool_result.tool_use_id", block.get("tool_use_id"))
    content = block.get("content")
    for at, inner in enumerate(content if isinstance(content, list) else ()):
        if not isinstance(inner, dict) or inner.get("type") not in INSIDE_RESULTS:
            raise RefusedError(f"{where}.tool_result.content.{at}: Input should be 'text', 'image' or 'document'")
        check_block(f"{where}.tool_result.content.{at}", "user", inner)


def check_id(where: str, value: object) -> None:
    """The alphabet of tool ids."""
    if not TOOL_ID.match(str(value or "")):
        raise RefusedError(f"{where}: String should match pattern '{TOOL_ID.pattern}'")


def source_label(where: str, block: dict[str, Any]) -> str:
    """The label of an image or a document; raises `RefusedError` where the API could not read it."""
    kind, source = block["type"], block.get("source") or {}
    media, data = source.get("media_type"), source.get("data")
    match source.get("type"):
        case "url" if is_web(source.get("url")):
            return str(source["url"])
        case "text" if kind == "document" and media == "text/plain" and isinstance(data, str):
            return data[:8]
        case "content" if kind == "document":
            return "content"
        case "base64" if media in (IMAGES if kind == "image" else {"application/pdf"}):
            found = label(media, data)
            if found is None:
                raise RefusedError(
                    f"{where}.{kind}.source.base64: The {kind} could not be processed as the media type {media}"
                )
            return found
        case _:
            raise RefusedError(f"{where}.{kind}.source: Input should be a source of a supported type")
