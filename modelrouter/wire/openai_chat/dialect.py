"""OpenAI's Chat Completions as deployments speak them: where requests go, and what answers and streams tell.

Read tolerantly, because most of those who speak this wire are not OpenAI: `choices` may be null or
empty, errors come under a status of 200 as a body, a chunk, a choice or a finish reason.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
from modelrouter.wire.reading import NOTHING, Reading, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

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


def url_for(base: str, name: str = "", *, streamed: bool = False) -> str:  # noqa: ARG001 - the address is the same for all
    """Put the path behind a base address, which may lack `/v1` where it has no path of its own."""
    base = base.rstrip("/")
    if base.endswith(PATH):
        return base
    bare = "/" not in base.partition("://")[2]
    return f"{base}/v1{PATH}" if bare else base + PATH


def models_url(base: str) -> str:
    """Where the free listing of models is, below a base address."""
    return url_for(base).removesuffix(PATH) + "/models"


def addressed(name: str) -> Mapping[str, bytes | None]:
    """Ask for another model than the body names."""
    return {"model": json_text.write(name)}


def read_answer(body: Mapping[str, Any]) -> Reading:
    """Say what a whole answer tells."""
    reading = _read(body, "message")
    if reading.content or reading.error or reading.finish in _EXCUSED:
        return reading
    return reading._replace(empty=True)


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
    return _read(body, "delta")


_DONE = Reading(ended=True)


def is_plain(body: object) -> bool:
    """Whether a decoded event, once content has been seen, tells nothing but more of it."""
    if not isinstance(body, dict) or body.get("error") or body.get("usage") is not None:
        return False
    choices = body.get("choices")
    if not isinstance(choices, list):
        return False
    for choice in choices:  # mostly one: a generator would cost more than all of this
        if not isinstance(choice, dict) or choice.get("finish_reason") or choice.get("error"):
            return False
    return True


def _choices(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    choices = body.get("choices")
    return [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []


def _read(body: Mapping[str, Any], member: str) -> Reading:
    """Read an answer or an event; `member` is where its choices hold what the model says."""
    choices, finish, content = _choices(body), None, False
    for choice in choices:  # mostly one: generators would take longer than the looking
        reason = choice.get("finish_reason")
        if finish is None and isinstance(reason, str) and reason:
            finish = reason
        content = content or _has_content(choice.get(member))
    model = body.get("model")
    return Reading(
        content=content,
        finish=finish,
        ended=finish is not None,
        error=_error(body, choices, finish),
        usage=read_usage(body.get("usage")),
        model=model if isinstance(model, str) else None,
        empty=finish is not None and not content and finish not in _EXCUSED,
    )


def _has_content(message: object) -> bool:
    if isinstance(message, dict):
        for member in _CONTENT:
            if message.get(member):
                return True
    return False


def _error(body: Mapping[str, Any], choices: list[dict[str, Any]], finish: str | None) -> str | None:
    if body.get("error"):
        return json_text.text(body)
    for choice in choices:
        if choice.get("error"):
            return json_text.text({"error": choice["error"]})
    if finish in _FAILED:
        message = f"the provider ended the answer with finish_reason {finish!r}"
        return json_text.text({"error": {"message": message, "type": finish, "code": finish}})
    return None


def read_usage(usage: object) -> Usage | None:
    """Read a count of tokens: the prompt includes what a cache gave or took, the completion mostly the reasoning."""
    if not isinstance(usage, dict):
        return None
    prompt, completion = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    details = usage.get("prompt_tokens_details")
    # DeepSeek and Moonshot count beside the details.
    hits = (_count(details, "cached_tokens"), _count(usage, "prompt_cache_hit_tokens"), _count(usage, "cached_tokens"))
    cached = min(max(hits), prompt)
    reasoning = _count(usage.get("completion_tokens_details"), "reasoning_tokens")
    # xAI counts reasoning beside the completion, OpenAI inside it; the total tells.
    beside = _count(usage, "total_tokens") == prompt + completion + reasoning
    output = completion if beside else max(completion - reasoning, 0)
    written = min(_count(details, "cache_write_tokens"), prompt - cached)
    return Usage(input=prompt - cached, written=written, cached=cached, output=output, reasoning=reasoning)


def _count(counts: object, name: str) -> int:
    count = counts.get(name) if isinstance(counts, dict) else None
    return count if type(count) is int and count > 0 else 0
