"""Google's `generateContent` as deployments speak it: where requests go, and what answers and streams tell.

Which model is asked, and whether in events, stands in the address. Every event of a stream is an answer of its own
with one more piece in it; the one that gives a finish is the last that matters, and the connection closes behind it.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
from modelrouter.wire.reading import NOTHING, Reading, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.wire.sse import Event

AUTH = ("x-goog-api-key", "{key}")
HEADERS: Mapping[str, str] = MappingProxyType({})

MARKERS: tuple[bytes, ...] = (b'"finishReason"', b'"error"', b'"blockReason"')
"""One of these is in every event that matters once content has been seen: the end with its usage, an error, a block.

Look in whole events: a block of bytes may end inside a marker.
"""

STOPPED = frozenset({"STOP"})
"""The model came to its own end, or asked for tools."""

CUT = frozenset({"MAX_TOKENS", "CONTINUATION"})
"""There would be more of the answer."""

FILTERED = frozenset(
    {"SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR"}
    | {"IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"}
)
"""What the model said, or was about to say, was taken away.

Every other reason is a failure although the status was 200: a call that nobody can read (`MALFORMED_FUNCTION_CALL`,
`UNEXPECTED_TOOL_CALL`, …), `OTHER`, and what nobody here knows.
"""

_UNSPECIFIED = "FINISH_REASON_UNSPECIFIED"
_VERSIONED = re.compile(r"/v\d+(?:alpha\d*|beta\d*|p\d+beta\d+)?(?=/|$)")
_PUBLISHER = re.compile(r"/publishers/[^/]+$")
_GOOGLE = "/publishers/google"


def url_for(base: str, name: str = "", *, streamed: bool = False) -> str:
    """Put a model's path behind a base address.

    The base is the root, the root with a version, or on Vertex AI a path that ends with a place or a publisher; a
    name may say more than a model's own: `tunedModels/…`, `publishers/google/models/…`.
    """
    verb = "streamGenerateContent?alt=sse" if streamed else "generateContent"
    return f"{_rooted(base)}/{_resource(base, name)}:{verb}"


def _rooted(base: str) -> str:
    base = base.rstrip("/").removesuffix("/models")
    return base if _VERSIONED.search(base.partition("://")[2]) else f"{base}/v1beta"


def _resource(base: str, name: str) -> str:
    name = name.strip("/")
    if "/" not in name:
        return f"models/{name}"
    publisher = _PUBLISHER.search(base.rstrip("/"))
    return name.removeprefix(publisher[0].lstrip("/") + "/") if publisher else name


def models_url(base: str) -> str:
    """Where the free listing of models is, below a base address; Vertex AI lists a publisher's beside all projects."""
    rooted = _rooted(base)
    publisher = _PUBLISHER.search(rooted)
    if publisher is None and "/projects/" not in rooted:
        return f"{rooted}/models"
    scheme, _, rest = rooted.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/v1beta1{publisher[0] if publisher else _GOOGLE}/models"


def addressed(name: str) -> Mapping[str, bytes | None]:  # noqa: ARG001 - the address names the model
    """Drop what only the address says."""
    return {"model": None, "stream": None}


def read_answer(body: Mapping[str, Any]) -> Reading:
    """Say what a whole answer tells."""
    reading = _read(body)
    if reading.content or reading.error is not None or reading.finish in CUT | FILTERED:
        return reading
    return Reading(finish=reading.finish, ended=reading.ended, usage=reading.usage, model=reading.model, empty=True)


def read_event(event: Event) -> Reading:
    """Say what one event of a stream tells.

    Raises:
        MalformedError: its data is not JSON.
    """
    if not event.data:
        return NOTHING
    if event.name == "error":
        return Reading(error=event.data.decode(errors="replace"))
    body = json_text.glance(event.data)
    return _read(body) if isinstance(body, dict) else NOTHING


def is_plain(body: object) -> bool:
    """Whether a decoded event, once content has been seen, tells nothing but more of it.

    The tokens that it counts are totals so far: those of the last event count.
    """
    if not isinstance(body, dict) or body.get("error") or body.get("promptFeedback"):
        return False
    return not first_candidate(body).get("finishReason")


def _read(body: Mapping[str, Any]) -> Reading:
    candidate = first_candidate(body)
    finish = finish_of(candidate)
    content = any(_has_content(part) for part in parts_of(candidate))
    model = body.get("modelVersion")
    return Reading(
        content=content,
        finish=finish,
        ended=finish is not None,
        error=_error(body, candidate, finish),
        usage=read_usage(body.get("usageMetadata")),
        model=model if isinstance(model, str) else None,
        empty=finish is not None and not content and finish not in CUT | FILTERED,
    )


def first_candidate(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the first answer of several; an empty one where there is none."""
    candidates = body.get("candidates")
    first = candidates[0] if isinstance(candidates, list) and candidates else None
    return first if isinstance(first, dict) else {}


def parts_of(candidate: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give the parts of an answer."""
    content = candidate.get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def finish_of(candidate: Mapping[str, Any]) -> str | None:
    """Give the reason why an answer ended; None where it goes on."""
    finish = candidate.get("finishReason")
    return finish if isinstance(finish, str) and finish not in {"", _UNSPECIFIED} else None


_CONTENT = ("text", "functionCall", "inlineData", "fileData", "executableCode", "codeExecutionResult")


def _has_content(part: Mapping[str, Any]) -> bool:
    return any(part.get(member) for member in _CONTENT)


def _error(body: Mapping[str, Any], candidate: Mapping[str, Any], finish: str | None) -> str | None:
    if body.get("error"):
        return json_text.text({"error": body["error"]})
    feedback = body.get("promptFeedback")
    if isinstance(feedback, dict) and feedback.get("blockReason") and not candidate:
        return json_text.text({"promptFeedback": feedback})
    if finish is None or finish in STOPPED | CUT | FILTERED:
        return None
    # In the words of Google's own internal errors. What the candidate says beside it may be the model's own text.
    message = f"Internal error: the answer ended with finishReason {finish}."
    return json_text.text({"error": {"code": 500, "message": message, "status": "INTERNAL"}})


def read_usage(usage: object) -> Usage | None:
    """Read a count of tokens, in a stream totals so far.

    The prompt includes what a cache gave, but not what tools of the provider added; the answer excludes thinking.
    """
    if not isinstance(usage, dict):
        return None
    prompt = _count(usage, "promptTokenCount")
    cached = min(_count(usage, "cachedContentTokenCount"), prompt)
    return Usage(
        input=prompt - cached + _count(usage, "toolUsePromptTokenCount"),
        cached=cached,
        output=_count(usage, "candidatesTokenCount"),
        reasoning=_count(usage, "thoughtsTokenCount"),
    )


def _count(counts: Mapping[str, Any], name: str) -> int:
    count = counts.get(name)
    return count if type(count) is int and count > 0 else 0
