"""How long a request is, for callers who ask before they send it: an estimate, at once, whoever would serve it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
from modelrouter.wire.anthropic_messages.counting import estimated
from modelrouter.wire.body import parse
from modelrouter.wire.dialects import CALLERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelrouter.wire.paths import Endpoint


def count(endpoint: Endpoint, body: bytes) -> bytes:
    """Answer a request whose tokens are to be counted, in its caller's words. Raises BadRequestError."""
    parsed = parse(endpoint.complete(body))
    if endpoint.wire == "anthropic-messages":
        tokens = estimated(parsed)
    else:
        # Google's clients may wrap the request that is meant.
        inner = parsed.get("generateContentRequest")
        whole = {**parsed, **inner, "model": endpoint.model} if isinstance(inner, dict) else parsed
        tokens = max(CALLERS[endpoint.wire].read_request(whole).context, 1)
    return json_text.write(_ANSWERS[endpoint.wire](tokens))


_ANSWERS: Mapping[str, Callable[[int], dict[str, Any]]] = MappingProxyType(
    {
        "anthropic-messages": lambda tokens: {"input_tokens": tokens},
        "openai-responses": lambda tokens: {"object": "response.input_tokens", "input_tokens": tokens},
        "gemini": lambda tokens: {"totalTokens": tokens},
    }
)
