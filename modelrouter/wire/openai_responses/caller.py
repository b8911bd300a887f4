"""OpenAI's Responses as callers speak them: what a request needs, and errors in its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.errors import BadRequestError
from modelrouter.wire import json_text
from modelrouter.wire.openai_chat.caller import encode_error
from modelrouter.wire.openai_responses.ids import is_ours, stands_for_reasoning
from modelrouter.wire.openai_responses.members import entries, kind_of, members
from modelrouter.wire.openai_responses.tools import CARRIED, declarations
from modelrouter.wire.reading import BYTES_PER_TOKEN, IMAGE_TOKENS, Asked

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HEADERS", "encode_error", "kept", "read_request", "stream_error"]

HEADERS: frozenset[str] = frozenset()
"""What of a caller's headers belongs to its request and goes on with it."""

_KEPT = ("previous_response_id", "conversation", "prompt")
"""Fields that stand for what a provider keeps, and so for the input or a part of it."""


def read_request(body: Mapping[str, Any]) -> Asked:
    """Say what a request needs.

    Raises:
        BadRequestError: `model` or `input` is missing or of the wrong kind, or the request goes on from an answer that nobody kept.
    """
    model, said = body.get("model"), body.get("input")
    if not isinstance(model, str) or not model:
        raise BadRequestError("'model' must name a process, an alias or a deployment")
    if is_ours(body.get("previous_response_id")):
        raise BadRequestError(f"'previous_response_id' {_UNKEPT}")
    if not isinstance(said, str | list) and not any(body.get(field) for field in _KEPT):
        raise BadRequestError("'input' must be a text or a list of items")
    needs: set[str] = set()
    size = _length(body.get("instructions")) + _length(said)
    for item in said if isinstance(said, list) else ():
        if not isinstance(item, dict):
            raise BadRequestError("each of 'input' must be an object")
        if item.get("type") == "item_reference" and is_ours(item.get("id")) and not stands_for_reasoning(item["id"]):
            raise BadRequestError(f"'item_reference' {_UNKEPT}")
        size += _size(item, needs)
    if tools := declarations(body):
        size += len(json_text.write(tools))
        if any(kind_of(tool) in CARRIED for tool in tools):
            needs.add("tools")
    if kind_of(members(body.get("text")).get("format")) == "json_schema":
        needs.add("json_schema")
    limit = body.get("max_output_tokens")
    return Asked(
        model=model,
        stream=body.get("stream") is True,
        capabilities=frozenset(needs),
        context=size // BYTES_PER_TOKEN,
        output=limit if type(limit) is int else None,
        kept=kept(body),
    )


_UNKEPT = "names what no provider kept: send the whole 'input', and 'store': false so that SDKs do the same"

_PARTS = {"input_image": "vision", "input_audio": "audio", "input_file": "documents"}
_TEXTS = frozenset({"arguments", "input", "encrypted_content"})
_HOLDERS = frozenset({"content", "output", "summary"})
"""Members that are a text, or a list of parts."""


def _size(item: Mapping[str, Any], needs: set[str]) -> int:
    """Count the bytes of an item's texts, and note what its parts need."""
    size = 0
    for name, value in item.items():
        if name in _TEXTS:
            size += _length(value)
        elif name in _HOLDERS:
            size += _parts(value, needs) if isinstance(value, list) else _length(value)
    return size


def _parts(parts: list[Any], needs: set[str]) -> int:
    size = 0
    for part in parts:
        if not isinstance(part, dict):
            continue
        kind = part.get("type")
        if isinstance(kind, str) and kind in _PARTS:
            needs.add(_PARTS[kind])
            size += IMAGE_TOKENS * BYTES_PER_TOKEN
        else:
            size += _length(part.get("text"))
    return size


def _length(value: object) -> int:
    if not isinstance(value, str):
        return 0
    return len(value) if value.isascii() else len(value.encode(errors="replace"))


def kept(body: Mapping[str, Any]) -> str | None:
    """Name the first thing in a request that one provider keeps and no other knows."""
    for field in _KEPT:
        if value := body.get(field):
            return f"{field} {members(value).get('id') or value}"
    if body.get("background"):
        return "background"
    said = body.get("input")
    return next((found for item in said if (found := _kept_item(item))), None) if isinstance(said, list) else None


def _kept_item(item: Mapping[str, Any]) -> str | None:
    if item.get("type") == "item_reference" or item.keys() == {"id"}:
        if stands_for_reasoning(item.get("id")):
            return None
        return f"item_reference {item.get('id')}"
    for name in ("content", "output"):
        for part in entries(item.get(name)):
            if isinstance(part, dict) and (file_id := part.get("file_id")):
                return f"file_id {file_id}"
    return None


def stream_error(cause: str, message: str) -> bytes:
    """Write the events that end a broken stream: the error, on which SDKs raise, and the failed response, which agents await.

    No state of the stream is known here, so the failed response is an empty one, and both are numbered 0.
    """
    error = json_text.read(encode_error(_BROKEN, cause, message))["error"]
    told = {"type": "error", "code": error["code"], "message": message, "param": None, "sequence_number": 0}
    failed = {
        "id": "resp_failed",
        "object": "response",
        "created_at": 0,
        "status": "failed",
        "error": {"code": _CODES.get(error["code"], "server_error"), "message": message},
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": "",
        "output": [],
        "parallel_tool_calls": True,
        "temperature": None,
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "usage": None,
    }
    # OpenAI's own clients raise on any data with a member `error`, whatever the name of the event.
    return event("error", {**told, "error": error}) + event(
        "response.failed", {"sequence_number": 0, "response": failed}
    )


_BROKEN = 500
_CODES = {
    "context_length_exceeded": "context_length_exceeded",
    "content_filter": "invalid_prompt",
    "invalid_request": "invalid_prompt",
}
"""Codes of a failed response that tell agents to give up. Everything else is the server's error, after which they try
again, and are served elsewhere; at a code for a server at capacity or a spent quota they would not."""


def event(kind: str, said: Mapping[str, Any]) -> bytes:
    """Write one event of a stream."""
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), json_text.write({"type": kind, **said}))
