"""Anthropic's Messages: reading answers and streams, and what its requests must say besides their body."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
from modelrouter.wire.reading import NOTHING, Reading, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelrouter.wire.conversation import Finish
    from modelrouter.wire.sse import Event

AUTH = ("x-api-key", "{key}")
HEADERS: Mapping[str, str] = MappingProxyType({"anthropic-version": "2023-06-01"})
"""The version that every model and every look-alike server still serves; the next one refuses sampling parameters."""
PATH = "/v1/messages"

MARKERS: tuple[bytes, ...] = (
    b"message_delta",
    b"message_stop",
    b"event: error",
    b"event:error",
    b'"type":"error"',
    b'"type": "error"',
)
"""One of these is in every event that matters once content has been seen: the finish with its usage, the end, an error.

Look in whole events: a block of bytes may end inside a marker.
"""

FINISHES: Mapping[str, Finish] = MappingProxyType(
    {
        "end_turn": "stop",
        "stop_sequence": "stop",
        "tool_use": "tool_calls",
        "max_tokens": "length",
        "model_context_window_exceeded": "length",
        "refusal": "content_filter",
        # What servers say that speak this wire in front of models with other words.
        "stop": "stop",
        "tool_calls": "tool_calls",
        "length": "length",
        "content_filter": "content_filter",
        "content_filtered": "content_filter",
        "guardrail_intervened": "content_filter",
    }
)
"""Stop reasons of answers that are whole, or as long as they may be.

`pause_turn` and `compaction` are not among them: the answer goes on where it is sent back, which callers of other
wires cannot do. Nor is any word that nobody knows yet: a caller of this wire gets it as it is.
"""

FAILED = frozenset(
    {
        "error",
        "abort",
        "cancelled",
        "internal_error",
        "insufficient_system_resource",  # DeepSeek
        "malformed_tool_use",  # Bedrock
        "malformed_model_output",
        "malformed_function_call",  # Gemini through gateways
        "network_error",  # Zhipu
    }
)
"""Stop reasons that mean a failure, although the status was 200."""

_EXCUSED = (FINISHES.keys() | {"pause_turn", "compaction"}) - {"end_turn", "stop"}
"""Stop reasons after which an answer may be empty; a stop sequence may come first of all."""


def url_for(base: str, name: str = "", *, streamed: bool = False) -> str:  # noqa: ARG001 - the address is the same for all
    """Put the path behind a base address, given as the root, with `/v1`, or whole."""
    base = base.rstrip("/")
    if base.endswith("/messages"):
        return base
    return base.removesuffix("/v1") + PATH


def models_url(base: str) -> str:
    """Where the free listing of models is, below a base address."""
    return url_for(base).removesuffix("/messages") + "/models"


def addressed(name: str) -> Mapping[str, bytes | None]:
    """Ask for another model than the body names."""
    return {"model": json_text.write(name)}


def read_answer(body: Mapping[str, Any]) -> Reading:
    """Say what a whole answer tells."""
    if body.get("type") == "error" or body.get("error"):
        return Reading(error=json_text.text(body))
    blocks = body.get("content")
    content = isinstance(blocks, list) and any(_has_content(block) for block in blocks)
    finish = _word(body.get("stop_reason"))
    return Reading(
        content=content,
        finish=finish,
        ended=finish is not None,
        error=_failure(finish),
        usage=read_usage(body.get("usage")),
        model=_word(body.get("model")),
        empty=not content and finish not in _EXCUSED,
        kept=_kept(body),
    )


def _kept(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the id of the container in which the provider's tools ran, where one is told."""
    container = _word(_object(told.get("container")).get("id"))
    return (container,) if container else ()


def _failure(finish: str | None) -> str | None:
    """Say in an error of this wire that an answer failed by its stop reason."""
    if finish not in FAILED:
        return None
    message = f"the provider ended the answer with stop_reason {finish!r}"
    return json_text.text({"type": "error", "error": {"type": "api_error", "message": message}})


def read_event(event: Event) -> Reading:
    """Say what one event of a stream tells; events of unknown types tell nothing.

    Usage comes twice, at the start and with the finish, each time as totals so far: see `Usage.merged`.

    Raises:
        MalformedError: its data is not JSON.
    """
    if not event.data:
        return NOTHING
    if event.name == "error":
        return Reading(error=event.data.decode(errors="replace"))
    body = json_text.glance(event.data)
    read = _READERS.get(_word(body.get("type"))) if isinstance(body, dict) else None
    return read(body) if read else NOTHING


_PLAIN = frozenset({"content_block_delta", "content_block_start", "content_block_stop", "ping"})


def is_plain(body: object) -> bool:
    """Whether a decoded event, once content has been seen, tells nothing but more of it."""
    return isinstance(body, dict) and _word(body.get("type")) in _PLAIN


def _started(body: Mapping[str, Any]) -> Reading:
    message = _object(body.get("message"))
    return Reading(usage=read_usage(message.get("usage")), model=_word(message.get("model")), kept=_kept(message))


def _block(body: Mapping[str, Any]) -> Reading:
    return _CONTENT if _has_content(body.get("content_block")) else NOTHING


def _delta(body: Mapping[str, Any]) -> Reading:
    delta = _object(body.get("delta"))
    return _CONTENT if any(delta.get(member) for member in ("text", "thinking", "partial_json")) else NOTHING


def _finished(body: Mapping[str, Any]) -> Reading:
    delta = _object(body.get("delta"))
    finish = _word(delta.get("stop_reason"))
    return Reading(
        finish=finish,
        error=_failure(finish),
        usage=read_usage(body.get("usage")),
        empty=finish is not None and finish not in _EXCUSED,
        kept=_kept(delta),
    )


def _failed(body: Mapping[str, Any]) -> Reading:
    return Reading(error=json_text.text(body))


_CONTENT = Reading(content=True)
_ENDED = Reading(ended=True)

_READERS: Mapping[object, Callable[[Mapping[str, Any]], Reading]] = MappingProxyType(
    {
        "message_start": _started,
        "content_block_start": _block,
        "content_block_delta": _delta,
        "message_delta": _finished,
        "message_stop": lambda _: _ENDED,
        "error": _failed,
    }
)


def read_usage(usage: object) -> Usage | None:
    """Read a count of tokens: the input excludes what a cache gave or took, the output includes thinking."""
    if not isinstance(usage, dict):
        return None
    thinking = _count(_object(usage.get("output_tokens_details")), "thinking_tokens")
    written = _count(usage, "cache_creation_input_tokens")
    return Usage(
        input=_count(usage, "input_tokens") + written,
        written=written,
        cached=_count(usage, "cache_read_input_tokens"),
        output=max(_count(usage, "output_tokens") - thinking, 0),
        reasoning=thinking,
    )


def _has_content(block: object) -> bool:
    """Text and thinking must say something; any other block is content by being there."""
    if not isinstance(block, dict):
        return False
    kind = block.get("type")
    return bool(block.get(kind)) if kind in ("text", "thinking") else kind is not None


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _word(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _count(counts: Mapping[str, Any], name: str) -> int:
    count = counts.get(name)
    return count if type(count) is int and count > 0 else 0
