"""Google's `generateContent` as callers speak it: what a request needs, and errors in its words.

The path names the model and says whether the answer comes in events; `Endpoint.complete` has put both into the body.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from modelrouter.errors import BadRequestError
from modelrouter.wire import json_text
from modelrouter.wire.gemini.members import is_uploaded, listed, member, snake
from modelrouter.wire.reading import BYTES_PER_TOKEN, IMAGE_TOKENS, Asked

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADERS: frozenset[str] = frozenset()
"""What of a caller's headers belongs to its request and goes on with it: Google's say who calls and who pays."""


def read_request(body: Mapping[str, Any]) -> Asked:
    """Say what a request needs.

    Raises:
        BadRequestError: the model or the contents are missing or of the wrong kind.
    """
    model, contents = body.get("model"), listed(body.get("contents"))
    if not isinstance(model, str) or not model:
        raise BadRequestError("the path must name a process, an alias or a deployment as its model")
    if not contents or not all(isinstance(content, dict) for content in contents):
        raise BadRequestError("'contents' must be a list with at least one content")
    config = member(body, "generationConfig")
    needs: set[str] = set()
    kept = [f"cachedContent {cached}"] if (cached := member(body, "cachedContent")) else []
    size = sum(_size(content, needs, kept) for content in (*contents, member(body, "systemInstruction")))
    tools = listed(body.get("tools"))
    if any(member(tool, "functionDeclarations") for tool in tools):
        needs.add("tools")
        size += len(json_text.write(tools))
    if member(config, "responseSchema") or member(config, "responseJsonSchema"):
        needs.add("json_schema")
    if "AUDIO" in listed(member(config, "responseModalities")):
        needs.add("audio")
    limit = member(config, "maxOutputTokens")
    return Asked(
        model=model.removeprefix("models/"),
        stream=body.get("stream") is True,
        capabilities=frozenset(needs),
        context=size // BYTES_PER_TOKEN,
        output=limit if type(limit) is int else None,
        kept=next(iter(kept), None),
    )


_OTHERS = frozenset(
    spelled
    for name in ("functionCall", "functionResponse", "inlineData", "fileData")
    for spelled in (name, snake(name))
)
"""What a part may hold beside its text."""
_MEDIA = {"image": "vision", "video": "vision", "audio": "audio", "application": "documents"}


def _size(content: Any, needs: set[str], kept: list[str]) -> int:
    """Count the bytes of a content's texts, and note what its parts need and what of them Google keeps."""
    if isinstance(content, str):
        return len(content.encode(errors="replace"))
    size = 0
    for part in listed(member(content, "parts")):
        if not isinstance(part, dict):
            raise BadRequestError("each of 'parts' must be an object")
        if isinstance(text := part.get("text"), str):
            size += len(text) if text.isascii() else len(text.encode(errors="replace"))
        if _OTHERS.isdisjoint(part):
            continue
        for name in ("functionCall", "functionResponse"):
            if (told := member(part, name)) is not None:
                size += len(json_text.write(told))
        for name in ("inlineData", "fileData"):
            if (media := member(part, name)) is not None:
                kind = str(member(media, "mimeType") or "").partition("/")[0]
                needs.update({_MEDIA[kind]} if kind in _MEDIA else ())
                size += IMAGE_TOKENS * BYTES_PER_TOKEN
                if is_uploaded(uri := member(media, "fileUri")):
                    kept.append(f"fileUri {uri}")
    return size


def encode_error(status: int, cause: str, message: str, *, code: str | None = None) -> bytes:
    """Write the error envelope of Google's APIs; `cause`, a word of ours, stands among the details as the reason."""
    return json_text.write(_error(status, code or cause, message))


def stream_error(cause: str, message: str) -> bytes:
    """Write the event that ends a broken stream: no finish may follow, or the break looks like an end."""
    return b"data: " + json_text.write(_error(_STATUSES_OF_CAUSES.get(cause, _UNAVAILABLE), cause, message)) + b"\n\n"


def _error(status: int, reason: str, message: str) -> dict[str, Any]:
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason.upper(), "domain": "modelrouter"}
    word = _WORDS.get(status) or ("INTERNAL" if status >= _SERVER else "INVALID_ARGUMENT")
    return {"error": {"code": status, "message": message, "status": word, "details": [info]}}


_SERVER = 500
_UNAVAILABLE = 503

_WORDS: Mapping[int, str] = MappingProxyType(
    {
        401: "UNAUTHENTICATED",
        403: "PERMISSION_DENIED",
        404: "NOT_FOUND",
        409: "ABORTED",
        429: "RESOURCE_EXHAUSTED",
        499: "CANCELLED",
        501: "UNIMPLEMENTED",
        503: "UNAVAILABLE",
        504: "DEADLINE_EXCEEDED",
    }
)
"""Google's words for HTTP statuses, as its table of canonical codes has them."""

_STATUSES_OF_CAUSES: Mapping[str, int] = MappingProxyType(
    {
        "throttled": 429,
        "quota_exhausted": 429,
        "timeout": 504,
        "bad_request": 400,
        "content_blocked": 400,
        "context_overflow": 400,
        "unsupported_feature": 400,
    }
)
"""A stream has its status behind it when it breaks, so the cause must say one."""
