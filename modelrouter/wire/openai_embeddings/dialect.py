"""OpenAI's embeddings as deployments speak them: where requests go, and what answers tell. There are no streams."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
from modelrouter.wire.openai_chat.dialect import AUTH, addressed
from modelrouter.wire.reading import NOTHING, Reading, Usage, Vectors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.wire.sse import Event

__all__ = ["AUTH", "HEADERS", "MARKERS", "addressed", "is_plain", "models_url", "read_answer", "read_event", "url_for"]

HEADERS: Mapping[str, str] = MappingProxyType({})
MARKERS: tuple[bytes, ...] = ()
PATH = "/embeddings"
_WIDTH = 4
"""Bytes of one number where vectors come in base64: 32-bit floats."""


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


def read_answer(body: Mapping[str, Any]) -> Reading:
    """Say what an answer tells; one without a vector, or with one that is none, is empty."""
    if body.get("error"):
        return Reading(error=json_text.text({"error": body["error"]}))
    data = body.get("data")
    entries = data if isinstance(data, list) else []
    lengths = [_length(entry.get("embedding")) if isinstance(entry, dict) else 0 for entry in entries]
    whole = bool(lengths) and all(lengths)
    model = body.get("model")
    return Reading(
        content=whole,
        ended=True,
        usage=_usage(body.get("usage")),
        model=model if isinstance(model, str) and model else None,
        empty=not whole,
        vectors=Vectors(len(lengths), frozenset(lengths)) if whole else None,
    )


def _length(vector: object) -> int:
    """Count the numbers of a vector; 0 where it is none, as when a server gives one for each token."""
    if isinstance(vector, list):
        return len(vector) if vector and type(vector[0]) in (int, float) else 0
    if not isinstance(vector, str):
        return 0
    size, rest = divmod(len(vector.rstrip("=")) * 3 // 4, _WIDTH)
    return 0 if rest else size


def read_event(event: Event) -> Reading:  # noqa: ARG001 - the protocol names it
    """Say nothing: embeddings are not streamed."""
    return NOTHING


def is_plain(body: object) -> bool:  # noqa: ARG001 - the protocol names it
    """Vouch for nothing: embeddings are not streamed."""
    return False


def _usage(usage: object) -> Usage | None:
    count = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return Usage(input=count) if type(count) is int and count >= 0 else None
