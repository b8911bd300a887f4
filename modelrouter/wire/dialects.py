"""The table of wires: which module reads what a deployment sends and what a caller asks.

One more dialect is one more module and one more line here.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from modelrouter.wire import anthropic_messages, openai_chat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.wire.reading import Asked, Reading
    from modelrouter.wire.sse import Event


class Dialect(Protocol):
    """What a deployment speaks."""

    AUTH: tuple[str, str]
    """The header that carries the key, and its form."""
    HEADERS: Mapping[str, str]
    """What every request must say besides."""
    MARKERS: tuple[bytes, ...]
    """One of these is in every event that matters after the first content."""

    def url_for(self, base: str) -> str:
        """Where requests go, below a base address."""
        ...

    def models_url(self, base: str) -> str:
        """Where the free listing of models is, below a base address."""
        ...

    def read_answer(self, body: Mapping[str, Any]) -> Reading:
        """What a whole answer tells."""
        ...

    def read_event(self, event: Event) -> Reading:
        """What one event of a stream tells."""
        ...


class CallerDialect(Protocol):
    """What a caller speaks."""

    def read_request(self, body: Mapping[str, Any]) -> Asked:
        """What a request needs."""
        ...

    def encode_error(self, status: int, cause: str, message: str, *, code: str | None = None) -> bytes:
        """An error as the body of an answer."""
        ...

    def stream_error(self, cause: str, message: str) -> bytes:
        """An error as the last event of a stream."""
        ...


DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "openai-chat": openai_chat,
        "anthropic-messages": anthropic_messages,
        "litellm": openai_chat,
    }
)

CALLERS: Mapping[str, CallerDialect] = MappingProxyType({"openai-chat": openai_chat})

_SHAPES: Mapping[str, str] = MappingProxyType({"litellm": "openai-chat"})


def shape_of(wire: str) -> str:
    """Name the wire whose bodies a deployment takes and gives: litellm speaks OpenAI's, whoever stands behind it.

    Where it is the caller's wire, bodies pass as they are; elsewhere `translate` renders them.
    """
    return _SHAPES.get(wire, wire)
