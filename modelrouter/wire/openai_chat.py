"""OpenAI's Chat Completions: reading requests, answers and streams; writing errors.

Read tolerantly, because most of those who speak this wire are not OpenAI: `choices` may be null or
empty, errors come under a status of 200 as a body, a chunk, a choice or a finish reason.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from modelrouter.errors import BadRequestError
from modelrouter.wire import json_text
from modelrouter.wire.reading import BYTES_PER_TOKEN, IMAGE_TOKENS, NOTHING, Asked, Reading, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from modelrouter.wire.sse import Event

AUTH = ("authorization", "Bearer {key}")
HEADERS: Mapping[str, str] = MappingProxyType({})
PATH = "/chat/completions"

MARKERS: tuple[bytes, ...] = (
    b'"error"',
    b"event: error",
    b"event:error",
    b'"finish_reason":"',
    b'"finish_reason": "',
    b'"usage":{',
    b'"usage": {',
    b"[DONE]",
)
"""One of these is in every event that matters once content has been seen: an error, the end, usage.

JSON is expected as servers write it, with one blank or none behind a colon. Look in whole events: a
block of bytes may end inside a marker.
"""

DONE = b"data: [DONE]\n\n"

_EXCUSED = frozenset({"length", "max_tokens", "model_length", "tool_calls", "function_call", "content_filter"})
"""Finishes after which an answer may be empty; `model_length` is Mistral's."""

_FAILED = frozenset(
    {
        "error",  # OpenRouter, Mistral
        "insufficient_system_resource",  # DeepSeek: its servers ran out of room
        "abort",  # vLLM, SGLang: the server dropped the request
        "malformed_function_call",  # Gemini through gateways
    }
)
"""Finishes that mean a failure, although the status was 200."""

_CONTENT = ("content", "tool_calls", "reasoning_content", "reasoning", "refusal", "function_call", "audio")
"""Members of a message or a delta that carry content; the two spellings of reasoning are DeepSeek's and OpenRouter's."""


def url_for(base: str) -> str:
    """Put the path behind a base address, which may lack `/v1` where it has no path of its own."""
    base = base.rstrip("/")
    if base.endswith(PATH):
        return base
    bare = "/" not in base.partition("://")[2]
    return f"{base}/v1{PATH}" if bare else base + PATH


def models_url(base: str) -> str:
    """Where the free listing of models is, below a base address."""
    return url_for(base).removesuffix(PATH) + "/models"


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
    needs = {word for word, is_asked in _NEEDS if is_asked(body)}
    size = 0
    for message in messages:
        if not isinstance(message, dict):
            raise BadRequestError("each of 'messages' must be an object")
        size += _size(message, needs)
    if tools := body.get("tools"):
        size += len(json_text.write(tools))
    return Asked(
        model=model,
        stream=body.get("stream") is True,
        capabilities=frozenset(needs),
        context=size // BYTES_PER_TOKEN,
        output=_limit(body),
    )


_NEEDS: tuple[tuple[str, Callable[[Mapping[str, Any]], bool]], ...] = (
    ("tools", lambda body: bool(body.get("tools") or body.get("functions"))),
    ("json_schema", lambda body: _kind(body.get("response_format")) == "json_schema"),
    ("audio", lambda body: bool(body.get("audio")) or "audio" in (body.get("modalities") or ())),
)

_PARTS = {"image_url": "vision", "input_audio": "audio", "file": "documents"}


def _size(message: Mapping[str, Any], needs: set[str]) -> int:
    """Count the bytes of a message's texts, and note what its parts need."""
    content = message.get("content")
    size = 0
    if isinstance(content, str):
        size = len(content) if content.isascii() else len(content.encode(errors="replace"))
    elif isinstance(content, list):
        for part in content:
            kind = _kind(part)
            if kind in _PARTS:
                needs.add(_PARTS[kind])
                size += IMAGE_TOKENS * BYTES_PER_TOKEN
            elif isinstance(text := part.get("text") if kind else part, str):
                size += len(text.encode(errors="replace"))
    if calls := message.get("tool_calls"):
        size += len(json_text.write(calls))
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
    limits = (body.get("max_completion_tokens"), body.get("max_tokens"))
    return next((limit for limit in limits if type(limit) is int), None)


def read_answer(body: Mapping[str, Any]) -> Reading:
    """Say what a whole answer tells."""
    choices = _choices(body)
    reading = _read(body, [(choice, choice.get("message")) for choice in choices])
    if reading.content or reading.error or reading.finish in _EXCUSED:
        return reading
    return replace(reading, empty=True)


def read_event(event: Event) -> Reading:
    """Say what one event of a stream tells.

    Raises:
        MalformedError: its data is neither JSON nor the closing word.
    """
    data = event.data
    if not data:
        return NOTHING
    if data.startswith(b"[DONE]"):
        return _DONE
    if event.name == "error":
        return Reading(error=data.decode(errors="replace"))
    body = json_text.glance(data)
    if not isinstance(body, dict):
        return NOTHING
    return _read(body, [(choice, choice.get("delta")) for choice in _choices(body)])


_DONE = Reading(ended=True)


def _choices(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    choices = body.get("choices")
    return [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []


def _read(body: Mapping[str, Any], choices: list[tuple[dict[str, Any], Any]]) -> Reading:
    finish = next((reason for choice, _ in choices if isinstance(reason := choice.get("finish_reason"), str)), None)
    content = any(_has_content(message) for _, message in choices)
    model = body.get("model")
    return Reading(
        content=content,
        finish=finish,
        ended=finish is not None,
        error=_error(body, (choice for choice, _ in choices), finish),
        usage=_usage(body.get("usage")),
        model=model if isinstance(model, str) else None,
        empty=finish is not None and not content and finish not in _EXCUSED,
    )


def _has_content(message: object) -> bool:
    return isinstance(message, dict) and any(message.get(member) for member in _CONTENT)


def _error(body: Mapping[str, Any], choices: Iterable[Mapping[str, Any]], finish: str | None) -> str | None:
    if body.get("error"):
        return json_text.text(body)
    for choice in choices:
        if choice.get("error"):
            return json_text.text({"error": choice["error"]})
    if finish in _FAILED:
        message = f"the provider ended the answer with finish_reason {finish!r}"
        return json_text.text({"error": {"message": message, "type": finish, "code": finish}})
    return None


def _usage(usage: object) -> Usage | None:
    if not isinstance(usage, dict):
        return None
    prompt, completion = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    cached = min(_count(usage.get("prompt_tokens_details"), "cached_tokens"), prompt)
    reasoning = _count(usage.get("completion_tokens_details"), "reasoning_tokens")
    # xAI counts reasoning beside the completion, OpenAI inside it; the total tells.
    beside = _count(usage, "total_tokens") == prompt + completion + reasoning
    output = completion if beside else max(completion - reasoning, 0)
    return Usage(input=prompt - cached, cached=cached, output=output, reasoning=reasoning)


def _count(counts: object, name: str) -> int:
    count = counts.get(name) if isinstance(counts, dict) else None
    return count if type(count) is int and count > 0 else 0


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
