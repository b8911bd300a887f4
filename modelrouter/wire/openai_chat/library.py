"""What of a chat completion passes through litellm: OpenAI's own members, but for those that steer the library.

litellm takes addresses, credentials, fallbacks and made-up answers by the same door; `metadata`, which is
OpenAI's too, steers its callbacks. None of them is a caller's to choose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["PARAMETERS", "unpassed"]

PARAMETERS = frozenset(
    {
        *("messages", "tools", "tool_choice", "parallel_tool_calls", "functions", "function_call", "response_format"),
        *("temperature", "top_p", "n", "seed", "stop", "max_tokens", "max_completion_tokens"),
        *("presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs"),
        *("stream", "stream_options", "reasoning_effort", "verbosity", "modalities", "audio", "prediction"),
        *("user", "service_tier", "safety_identifier", "prompt_cache_key"),
    }
)
"""The members of a request that go on."""

_OURS = frozenset({"model", "modelrouter"})


def unpassed(parsed: Mapping[str, Any]) -> Iterator[str]:
    """Name the members of a request that stay behind and would have asked for something."""
    for name, value in parsed.items():
        if name not in PARAMETERS and name not in _OURS and value not in (None, False, {}, []):
            yield name
