"""The response object: what the caller asked, repeated, and what the model put out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.wire.openai_responses.members import entries, members

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.wire.conversation import Finish, TokenWeight
    from modelrouter.wire.reading import Usage

_REPEATED = ("max_output_tokens", "max_tool_calls", "prompt_cache_key", "safety_identifier", "top_logprobs", "user")
"""Members that are there only where the request has them."""

_INCOMPLETE: Mapping[Finish, str] = {"length": "max_output_tokens", "content_filter": "content_filter"}


def blank(request: Mapping[str, Any], *, response_id: str, model: str, created: int) -> dict[str, Any]:
    """Write a response that has just begun: everything that OpenAI's schema requires, and what the request said.

    What the request left to the provider is null where the schema lets it be: nobody told us what it chose.
    """
    text = members(request.get("text"))
    return {
        "id": response_id,
        "object": "response",
        "created_at": created,
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": request.get("instructions"),
        "metadata": request.get("metadata") or {},
        "model": model,
        "output": [],
        "parallel_tool_calls": request.get("parallel_tool_calls") is not False,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None, **members(request.get("reasoning"))},
        "temperature": request.get("temperature"),
        "text": {**text, "format": text.get("format") or {"type": "text"}},
        "tool_choice": request.get("tool_choice") or "auto",
        "tools": [_tool(tool) for tool in entries(request.get("tools")) if isinstance(tool, dict)],
        "top_p": request.get("top_p"),
        "truncation": request.get("truncation") or "disabled",
        "usage": None,
        **{name: request[name] for name in _REPEATED if request.get(name) is not None},
    }


def _tool(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    """Repeat a tool; a function's schema and strictness stand there even if the request did not say them."""
    return {"parameters": None, "strict": None, **tool} if tool.get("type") == "function" else tool


def outcome(finish: Finish | None) -> dict[str, Any]:
    """Say in which state a response ended, and why it is incomplete if it is."""
    reason = _INCOMPLETE.get(finish or "stop")
    if reason is None:
        return {"status": "completed"}
    return {"status": "incomplete", "incomplete_details": {"reason": reason}}


def usage_of(usage: Usage) -> dict[str, Any]:
    """Write a count of tokens."""
    taken, given = usage.input + usage.cached, usage.output + usage.reasoning
    return {
        "input_tokens": taken,
        "input_tokens_details": {"cache_write_tokens": usage.written, "cached_tokens": usage.cached},
        "output_tokens": given,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": taken + given,
    }


def weight_of(weight: TokenWeight) -> dict[str, Any]:
    """Write how likely a token was, as it stands in an item."""
    return {**_weight(weight), "top_logprobs": [_weight(each) for each in weight.top]}


def _weight(weight: TokenWeight) -> dict[str, Any]:
    said = weight.bytes if weight.bytes is not None else weight.token.encode(errors="replace")
    return {"token": weight.token, "logprob": weight.logprob, "bytes": list(said)}


def told_weight_of(weight: TokenWeight) -> dict[str, Any]:
    """Write how likely a token was, as events tell it: without its bytes."""
    top = [{"token": each.token, "logprob": each.logprob} for each in weight.top]
    return {"token": weight.token, "logprob": weight.logprob, "top_logprobs": top}
