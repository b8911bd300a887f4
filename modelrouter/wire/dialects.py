"""The table of wires: what reads a deployment's answers and a caller's requests, and what renders one for the other.

One more wire is one more package here: `dialect` as deployments speak it, `caller` as callers do, and a codec
to and from the neutral conversation.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from modelrouter.wire.anthropic_messages import caller as anthropic_messages_caller
from modelrouter.wire.anthropic_messages import dialect as anthropic_messages
from modelrouter.wire.gemini import caller as gemini_caller
from modelrouter.wire.gemini import dialect as gemini
from modelrouter.wire.openai_chat import caller as openai_chat_caller
from modelrouter.wire.openai_chat import dialect as openai_chat
from modelrouter.wire.openai_embeddings import caller as openai_embeddings_caller
from modelrouter.wire.openai_embeddings import dialect as openai_embeddings
from modelrouter.wire.openai_responses import caller as openai_responses_caller
from modelrouter.wire.openai_responses import dialect as openai_responses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.wire.reading import Asked, Reading
    from modelrouter.wire.sse import Event


class Dialect(Protocol):
    """What a deployment speaks."""

    AUTH: tuple[str, str]
    """The header that carries the key, and its form."""
    HEADERS: Mapping[str, str]
    """What every request must say besides; what a caller said in their place goes before."""
    MARKERS: tuple[bytes, ...]
    """One of these is in every event that matters after the first content."""

    def url_for(self, base: str, name: str, *, streamed: bool) -> str:
        """Where requests for the model that the provider calls `name` go, below a base address."""
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

    def is_plain(self, body: object) -> bool:
        """Whether a decoded event tells nothing but more content: then nobody need read it once content has been seen."""
        ...

    def addressed(self, name: str) -> Mapping[str, bytes | None]:
        """What changes in a body of this wire when it is sent to the model `name`, as JSON; None drops a member."""
        ...


class CallerDialect(Protocol):
    """What a caller speaks."""

    HEADERS: frozenset[str]
    """Those of a caller's headers, in lower case, that belong to its request and go on with it on the same wire."""

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
        "openai-responses": openai_responses,
        "anthropic-messages": anthropic_messages,
        "gemini": gemini,
        "openai-embeddings": openai_embeddings,
        "litellm": openai_chat,
    }
)

CALLERS: Mapping[str, CallerDialect] = MappingProxyType(
    {
        "openai-chat": openai_chat_caller,
        "openai-responses": openai_responses_caller,
        "anthropic-messages": anthropic_messages_caller,
        "gemini": gemini_caller,
        "openai-embeddings": openai_embeddings_caller,
    }
)

_SHAPES: Mapping[str, str] = MappingProxyType({"litellm": "openai-chat"})


def shape_of(wire: str) -> str:
    """Name the wire whose bodies a deployment takes and gives: litellm speaks OpenAI's, whoever stands behind it.

    Where it is the caller's wire, bodies pass as they are; elsewhere `translate` renders them.
    """
    return _SHAPES.get(wire, wire)
