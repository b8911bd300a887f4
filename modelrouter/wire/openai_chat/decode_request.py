"""OpenAI's Chat Completions: a request decoded into a conversation.

What the values of `conversation` cannot say is either a wish, which is named among the losses, or a
demand, which makes the request unportable: an answer without it would be a wrong answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.wire.conversation import (
    ChoiceMode,
    Conversation,
    OutputFormat,
    Sampling,
    Tool,
    ToolChoice,
    UnportableError,
)
from modelrouter.wire.openai_chat.decode_turns import decode_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_TOLD = frozenset(
    {"model", "messages", "stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls", "max_tokens"}
    | {"max_completion_tokens", "temperature", "top_p", "stop", "reasoning_effort", "response_format", "user"}
    | {"safety_identifier", "store", "seed", "frequency_penalty", "presence_penalty", "logprobs", "top_logprobs"}
    | {"top_k", "metadata", "verbosity", "modelrouter"}
)
"""Fields that are told in the conversation, or mean nothing elsewhere."""

_DEMANDS: Mapping[str, Callable[[Any], bool]] = {
    "n": lambda value: value != 1,
    "logit_bias": bool,
    "audio": bool,
    "modalities": lambda value: value != ["text"],
    "functions": bool,
    "web_search_options": lambda value: value is not None,
}
"""Fields that change what an answer is, and the values that do."""

_NEUTRAL: Mapping[str, object] = {"service_tier": "auto"}
"""Values that ask for nothing."""


def decode(body: Mapping[str, Any]) -> Conversation:
    """Read a whole request.

    Raises:
        UnportableError: it demands what only this wire can carry.
        BadRequestError: a part of it is not what this wire knows.
    """
    for field, demands in _DEMANDS.items():
        if body.get(field) is not None and demands(body[field]):
            raise UnportableError(f"{field} has no equivalent")
    losses = [field for field, value in body.items() if _is_lost(field, value)]
    choice, allowed = _choice(body)
    return Conversation(
        turns=tuple(decode_turns(body["messages"], losses)),
        tools=tuple(tool for tool in _tools(body) if allowed is None or tool.name in allowed),
        choice=choice,
        sampling=_sampling(body),
        format=_format(body.get("response_format")),
        user=body.get("safety_identifier") or body.get("user"),
        metadata=_metadata(body.get("metadata"), losses),
        stream=body.get("stream") is True,
        losses=tuple(dict.fromkeys(losses)),
    )


def _is_lost(field: str, value: object) -> bool:
    return value is not None and field not in _TOLD and field not in _DEMANDS and value != _NEUTRAL.get(field)


def _sampling(body: Mapping[str, Any]) -> Sampling:
    stop = body.get("stop") or ()
    limit = body.get("max_completion_tokens")
    return Sampling(
        limit=body.get("max_tokens") if limit is None else limit,
        temperature=body.get("temperature"),
        top_p=body.get("top_p"),
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        effort=body.get("reasoning_effort"),
        verbosity=None if body.get("verbosity") == "medium" else body.get("verbosity"),
        top_k=body.get("top_k"),
        seed=body.get("seed"),
        frequency_penalty=body.get("frequency_penalty") or None,
        presence_penalty=body.get("presence_penalty") or None,
        logprobs=(body.get("top_logprobs") or 0) if body.get("logprobs") or body.get("top_logprobs") else None,
    )


def _metadata(told: Any, losses: list[str]) -> Mapping[str, str]:
    """Read metadata; OpenAI knows texts alone."""
    if told is None:
        return {}
    if isinstance(told, dict) and all(isinstance(value, str) for value in told.values()):
        return told
    losses.append("metadata")
    return {}


def _format(wanted: Any) -> OutputFormat | None:
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if kind == "json_object":
        return OutputFormat()
    if kind == "json_schema":
        told = wanted["json_schema"]
        return OutputFormat(
            schema=told.get("schema") or {"type": "object"},
            name=told.get("name") or "answer",
            description=told.get("description"),
            strict=told.get("strict") is True,
        )
    if kind in {None, "text"}:
        return None
    raise UnportableError(f"response_format {kind!r} has no equivalent")


def _tools(body: Mapping[str, Any]) -> Iterator[Tool]:
    for tool in body.get("tools") or ():
        if tool.get("type") != "function":
            raise UnportableError(f"a tool of type {tool.get('type')!r} has no equivalent")
        function = tool["function"]
        yield Tool(
            name=function["name"],
            description=function.get("description"),
            schema=function.get("parameters") or {"type": "object", "properties": {}},
            strict=function.get("strict") is True,
        )


def _choice(body: Mapping[str, Any]) -> tuple[ToolChoice, frozenset[str] | None]:
    """Read which tool must be asked for, and to which ones the request is restricted."""
    choice = body.get("tool_choice") or "auto"
    parallel = body.get("parallel_tool_calls") is not False
    if isinstance(choice, str) and choice in _MODES:
        return ToolChoice(mode=_MODES[choice], parallel=parallel), None
    if isinstance(choice, dict) and choice.get("type") == "function":
        return ToolChoice(mode="named", name=choice["function"]["name"], parallel=parallel), None
    if isinstance(choice, dict) and choice.get("type") == "allowed_tools":
        allowed = choice["allowed_tools"]
        names = frozenset(tool["function"]["name"] for tool in allowed["tools"])
        return ToolChoice(mode=_MODES[allowed.get("mode", "auto")], parallel=parallel), names
    raise UnportableError("this tool_choice has no equivalent")


_MODES: Mapping[str, ChoiceMode] = {"auto": "auto", "required": "required", "none": "none"}
