"""OpenAI's Responses as deployments speak them: where requests go, and what answers and streams tell.

Read tolerantly, because local servers speak this wire as well: they leave out indices, numbers and whole members.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
from modelrouter.wire.openai_responses.members import entries, kind_of, members, word
from modelrouter.wire.reading import NOTHING, Reading, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelrouter.wire.sse import Event

AUTH = ("authorization", "Bearer {key}")
HEADERS: Mapping[str, str] = MappingProxyType({})
PATH = "/responses"

MARKERS: tuple[bytes, ...] = (
    b"response.completed",
    b"response.incomplete",
    b"response.failed",
    b"response.cancelled",
    b"event: error",
    b"event:error",
    b'"type":"error"',
    b'"type": "error"',
    b'"error":{',
    b'"error": {',
)
"""One of these is in every event that matters once content has been seen: the end with its usage, or an error.

Look in whole events: a block of bytes may end inside a marker.
"""

_EXCUSED = frozenset({"max_output_tokens", "content_filter"})
"""Reasons to be incomplete after which an answer may be empty."""

_FAILED = frozenset({"failed", "cancelled"})
"""States that are failures, although the status was 200."""


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
    reading = _read(body)
    if reading.error is None and word(body.get("status")) in {"queued", "in_progress"}:
        # Work in the background goes on under this id; the answer itself is still to come.
        return reading._replace(content=True, empty=False, finish=None, ended=False)
    return reading


def read_event(event: Event) -> Reading:
    """Say what one event of a stream tells; events of unknown types, and a closing word, tell nothing.

    Raises:
        MalformedError: its data is not JSON.
    """
    data = event.data
    if not data or data.startswith(b"[DONE]"):
        return NOTHING
    body = json_text.glance(data)
    if not isinstance(body, dict):
        return NOTHING
    kind = body.get("type") or event.name
    if kind == "error" or body.get("error"):
        return Reading(error=_error(body.get("error") or body))
    if not isinstance(kind, str):
        return NOTHING
    if kind.endswith(".delta"):
        return _CONTENT if body.get("delta") else NOTHING
    read = _READERS.get(kind)
    return read(body) if read else NOTHING


_CONTENT = Reading(content=True)


def is_plain(body: object) -> bool:
    """Whether a decoded event, once content has been seen, tells nothing but more of it."""
    return isinstance(body, dict) and str(body.get("type")).endswith(".delta") and not body.get("error")


def _started(body: Mapping[str, Any]) -> Reading:
    response = members(body.get("response"))
    return Reading(model=word(response.get("model")), kept=_kept(response))


def _item(body: Mapping[str, Any]) -> Reading:
    return _CONTENT if _has_content(body.get("item")) else NOTHING


def _closed(body: Mapping[str, Any]) -> Reading:
    """Read an end; the kind of the event stands in for a state that the response lacks."""
    state = str(body.get("type") or "").rpartition(".")[2]
    response = members(body.get("response"))
    return _read({"status": state, **response})._replace(ended=state not in _FAILED)


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Reading]] = MappingProxyType(
    {
        "response.created": _started,
        "response.output_item.added": _item,
        "response.output_item.done": _item,
        "response.completed": _closed,
        "response.incomplete": _closed,
        "response.failed": _closed,
        "response.cancelled": _closed,
    }
)


def _read(response: Mapping[str, Any]) -> Reading:
    """Say what a response tells that is as far as it will come."""
    model, usage = word(response.get("model")), read_usage(response.get("usage"))
    state = word(response.get("status"))
    if response.get("error") or state in _FAILED:
        error = response.get("error") or {"message": f"the provider ended the answer as {state}", "code": state}
        return Reading(error=_error(error), usage=usage, model=model)
    output = response.get("output")
    content = isinstance(output, list) and any(map(_has_content, output))
    finish = word(members(response.get("incomplete_details")).get("reason")) or state or "completed"
    return Reading(
        content=content,
        finish=finish,
        ended=True,
        usage=usage,
        model=model,
        empty=not content and finish not in _EXCUSED,
        kept=_kept(response),
    )


def _kept(response: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the ids by which later requests may speak of a response: its own, its conversation's, its items'."""
    told = (response, response.get("conversation"), *entries(response.get("output")))
    return tuple(found for each in told if (found := word(members(each).get("id"))))


def _error(error: object) -> str:
    """Write an error in the envelope that the API itself uses where the status is no 200."""
    said = error if isinstance(error, dict) else {"message": str(error)}
    return json_text.text({"error": {name: value for name, value in said.items() if name != "sequence_number"}})


def _has_content(item: object) -> bool:
    """Messages and reasoning must say something; any other item is content by being there."""
    if not isinstance(item, dict):
        return False
    kind = kind_of(item)
    if kind not in {"message", "reasoning"}:
        return kind is not None
    parts = [part for name in ("content", "summary") for part in entries(item.get(name)) if isinstance(part, dict)]
    return any(part.get("text") or part.get("refusal") for part in parts)


def read_usage(usage: object) -> Usage | None:
    """Read a count of tokens: the input includes what a cache gave, the output includes reasoning."""
    if not isinstance(usage, dict):
        return None
    taken, given = _count(usage, "input_tokens"), _count(usage, "output_tokens")
    details = usage.get("input_tokens_details")
    cached = min(_count(details, "cached_tokens"), taken)
    reasoning = min(_count(usage.get("output_tokens_details"), "reasoning_tokens"), given)
    return Usage(
        input=taken - cached,
        written=min(_count(details, "cache_write_tokens"), taken - cached),
        cached=cached,
        output=given - reasoning,
        reasoning=reasoning,
    )


def _count(counts: object, name: str) -> int:
    count = counts.get(name) if isinstance(counts, dict) else None
    return count if type(count) is int and count > 0 else 0
