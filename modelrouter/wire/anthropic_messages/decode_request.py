"""Anthropic's Messages: a request decoded into a conversation.

What the values of `conversation` cannot say is either a wish, which is named among the losses, or a
demand, which makes the request unportable: an answer without it would be a wrong answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.wire.anthropic_messages.decode_turns import decode_turns, system_parts
from modelrouter.wire.anthropic_messages.thinking import asked_effort, is_shown
from modelrouter.wire.conversation import (
    ChoiceMode,
    Conversation,
    OutputFormat,
    Sampling,
    Tool,
    ToolChoice,
    Turn,
    UnportableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_TOLD = frozenset(
    {"model", "messages", "system", "max_tokens", "stream", "tools", "tool_choice", "thinking", "output_config"}
    | {"output_format", "metadata", "stop_sequences", "temperature", "top_p", "top_k", "cache_control", "modelrouter"}
)
"""Fields that are told in the conversation, or by the readers of their parts."""

_DEMANDS: Mapping[str, Callable[[Any], bool]] = {
    "mcp_servers": bool,
    "container": bool,
    "inference_geo": lambda value: value != "global",
    "max_tokens": lambda value: value == 0,
}
"""Fields that change what an answer is or where it is made, and the values that do.

No tokens at all only warm a cache of Anthropic's.
"""

_NEUTRAL: Mapping[str, object] = {"service_tier": "auto", "speed": "standard", "inference_geo": "global"}
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
    if body.get("cache_control"):
        losses.append("cache_control")
    system = tuple(system_parts(body.get("system"), losses))
    return Conversation(
        turns=(*((Turn("system", system),) if system else ()), *decode_turns(body["messages"], losses)),
        tools=tuple(_tools(body, losses)),
        choice=_choice(body.get("tool_choice")),
        sampling=_sampling(body, losses),
        format=_format(body),
        user=_user(body.get("metadata") or {}, losses),
        stream=body.get("stream") is True,
        losses=tuple(dict.fromkeys(losses)),
    )


def _is_lost(field: str, value: object) -> bool:
    if value in (None, [], {}) or field in _TOLD:
        return False
    return field not in _NEUTRAL or value != _NEUTRAL[field]


def _sampling(body: Mapping[str, Any], losses: list[str]) -> Sampling:
    return Sampling(
        limit=body.get("max_tokens"),
        temperature=body.get("temperature"),
        top_p=body.get("top_p"),
        top_k=body.get("top_k"),
        stop=tuple(body.get("stop_sequences") or ()),
        effort=asked_effort(body, losses),
        shown=is_shown(body),
    )


def _format(body: Mapping[str, Any]) -> OutputFormat | None:
    """Read what the answer must keep to; `output_format` is where the field was before."""
    config = body.get("output_config") or {}
    wanted = config.get("format") or body.get("output_format")
    if wanted is None:
        return None
    if wanted.get("type") != "json_schema":
        raise UnportableError(f"an output format of type {wanted.get('type')!r} has no equivalent")
    return OutputFormat(schema=wanted["schema"], strict=True)


def _user(metadata: Mapping[str, Any], losses: list[str]) -> str | None:
    losses.extend(f"metadata.{field}" for field in metadata if field != "user_id")
    return metadata.get("user_id") or None


_TOOL = frozenset({"type", "name", "description", "input_schema", "strict", "cache_control", "eager_input_streaming"})
"""Members of a tool that are told, or ask nothing of an answer."""


def _tools(body: Mapping[str, Any], losses: list[str]) -> Iterator[Tool]:
    for tool in body.get("tools") or ():
        kind = tool.get("type") or "custom"
        if kind != "custom":
            raise UnportableError(f"a tool of type {kind!r} has no equivalent")
        if tool.get("cache_control"):
            losses.append("cache_control")
        losses.extend(f"tools.{field}" for field, value in tool.items() if field not in _TOOL and _asks(value))
        yield Tool(
            name=tool["name"],
            description=tool.get("description") or None,
            schema=tool["input_schema"],
            strict=tool.get("strict") is True,
        )


def _asks(value: object) -> bool:
    return value not in (None, False, [], ["direct"])


_MODES: Mapping[str, ChoiceMode] = {"auto": "auto", "any": "required", "none": "none", "tool": "named"}


def _choice(choice: Mapping[str, Any] | None) -> ToolChoice:
    if choice is None:
        return ToolChoice()
    if choice.get("type") not in _MODES:
        raise UnportableError("this tool_choice has no equivalent")
    mode = _MODES[choice["type"]]
    name = choice["name"] if mode == "named" else None
    return ToolChoice(mode=mode, name=name, parallel=choice.get("disable_parallel_tool_use") is not True)
