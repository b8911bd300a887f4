"""OpenAI's Chat Completions as callers speak them: what a request needs, and errors in its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.errors import BadRequestError
from modelrouter.wire import json_text
from modelrouter.wire.reading import BYTES_PER_TOKEN, IMAGE_TOKENS, Asked

if TYPE_CHECKING:
    from collections.abc import Mapping

DONE = b"data: [DONE]\n\n"
HEADERS: frozenset[str] = frozenset()
"""What of a caller's headers belongs to its request and goes on with it."""


def read_request(body: Mapping[str, Any]) -> Asked:
    """Say what a request needs.

    Raises:
        BadRequestError: `model` or `messages` is missing or of the wrong kind.
    """
    model, messages = body.get("model"), body.get("messages")
    if not isinstance(model, str) or not model:
        raise BadRequestError("'model' must name a process, an alias or a deployment")
    if not isinstance(messages, list) or not messages:
        raise BadRequestError("'messages' must be a list with at least one message")
    needs, size, kept = _needs(body), 0, None
    for message in messages:
        if not isinstance(message, dict):
            raise BadRequestError("each of 'messages' must be an object")
        content = message.get("content")
        if isinstance(content, str):
            size += len(content) if content.isascii() else len(content.encode(errors="replace"))
        elif isinstance(content, list):
            size += _size(content, needs)
        if calls := message.get("tool_calls"):
            size += len(json_text.write(calls))
        if kept is None and ("audio" in message or isinstance(content, list)):
            kept = _kept(message)
    if tools := body.get("tools"):
        size += len(json_text.write(tools))
    return Asked(
        model=model,
        stream=body.get("stream") is True,
        capabilities=frozenset(needs),
        context=size // BYTES_PER_TOKEN,
        output=_limit(body),
        kept=kept,
    )


def _kept(message: Mapping[str, Any]) -> str | None:
    """Name the first file or spoken answer that a message only refers to."""
    content, audio = message.get("content"), message.get("audio")
    if isinstance(audio, dict) and audio.get("id"):
        return f"audio {audio['id']}"
    for part in content if isinstance(content, list) else ():
        file = part.get("file") if isinstance(part, dict) else None
        if isinstance(file, dict) and file.get("file_id"):
            return f"file_id {file['file_id']}"
    return None


def _needs(body: Mapping[str, Any]) -> set[str]:
    """Name what the model must be able to do, but for what parts of messages ask of it."""
    needs = set()
    if body.get("tools") or body.get("functions"):
        needs.add("tools")
    if _kind(body.get("response_format")) == "json_schema":
        needs.add("json_schema")
    if body.get("audio") or "audio" in (body.get("modalities") or ()):
        needs.add("audio")
    return needs


_PARTS = {"image_url": "vision", "input_audio": "audio", "file": "documents"}


def _size(content: list[Any], needs: set[str]) -> int:
    """Count the bytes of the texts among a message's parts, and note what the others need."""
    size = 0
    for part in content:
        kind = _kind(part)
        if kind in _PARTS:
            needs.add(_PARTS[kind])
            size += IMAGE_TOKENS * BYTES_PER_TOKEN
        elif isinstance(text := part.get("text") if kind else part, str):
            size += len(text.encode(errors="replace"))
    return size


def names_addresses(body: Mapping[str, Any]) -> bool:
    """Whether a part of a message is given by an address that somebody would have to fetch."""
    contents = [message.get("content") for message in body.get("messages") or () if isinstance(message, dict)]
    parts = [part for content in contents if isinstance(content, list) for part in content if isinstance(part, dict)]
    images = [part["image_url"] for part in parts if part.get("image_url")]
    urls = [image.get("url") if isinstance(image, dict) else image for image in images]
    return any(not str(url).startswith("data:") for url in urls)


def _kind(part: object) -> str | None:
    kind = part.get("type") if isinstance(part, dict) else None
    return kind if isinstance(kind, str) else None


def _limit(body: Mapping[str, Any]) -> int | None:
    for name in ("max_completion_tokens", "max_tokens"):
        limit = body.get(name)
        if type(limit) is int:
            return limit
    return None


def encode_error(status: int, cause: str, message: str, *, code: str | None = None) -> bytes:
    """Write the error envelope that OpenAI's clients read `type` and `code` from.

    `cause` is a word of ours; where OpenAI has a code for it, callers that look for that code find it.
    """
    code = code or _CODES.get(cause, cause)
    kind = _TYPES.get(code) or _TYPES_OF_STATUS.get(status) or ("server_error" if status >= _SERVER else _INVALID)
    return json_text.write({"error": {"message": message, "type": kind, "param": None, "code": code}})


def stream_error(cause: str, message: str) -> bytes:
    """Write the event that ends a broken stream; `[DONE]` must not follow, or the break looks like an end."""
    code = _CODES.get(cause, cause)
    error = {"message": message, "type": _TYPES.get(code, "server_error"), "param": None, "code": code}
    return b"data: " + json_text.write({"error": error}) + b"\n\n"


_SERVER = 500
_INVALID = "invalid_request_error"

_CODES = {
    "throttled": "rate_limit_exceeded",
    "quota_exhausted": "insufficient_quota",
    "geofenced": "unsupported_country_region_territory",
    "auth": "invalid_api_key",
    "model_unavailable": "model_not_found",
    "overloaded": "server_is_overloaded",
    "content_blocked": "content_filter",
    "context_overflow": "context_length_exceeded",
    "bad_request": "invalid_request",
}
"""Our causes in OpenAI's codes; the others have none and stand for themselves."""

_TYPES = {
    "rate_limit_exceeded": "requests",
    "insufficient_quota": "insufficient_quota",
    "unsupported_country_region_territory": "request_forbidden",
    "server_is_overloaded": "service_unavailable_error",
}

_TYPES_OF_STATUS = {
    401: "authentication_error",
    403: "permission_error",
    429: "requests",
    503: "service_unavailable_error",
}
