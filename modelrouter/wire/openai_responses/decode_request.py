"""OpenAI's Responses: a request decoded into a conversation.

What the values of `conversation` cannot say is either a wish, which is named among the losses, or a demand, which
makes the request unportable: an answer without it would be a wrong answer. What a provider keeps is a demand always.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.errors import BadRequestError
from modelrouter.wire.conversation import (
    ChoiceMode,
    Conversation,
    OutputFormat,
    Sampling,
    Text,
    ToolChoice,
    Turn,
    UnportableError,
)
from modelrouter.wire.openai_responses.caller import kept
from modelrouter.wire.openai_responses.decode_items import decode_items
from modelrouter.wire.openai_responses.tools import CARRIED, by_name, declarations, has_grammar, name_of, neutral

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from modelrouter.wire.openai_responses.tools import Declared

_TOLD = frozenset(
    {"model", "input", "instructions", "stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls"}
    | {"max_output_tokens", "temperature", "top_p", "top_logprobs", "text", "reasoning", "include", "user"}
    | {"safety_identifier", "metadata", "modelrouter"}
)
"""Fields that are told in the conversation, or mean nothing elsewhere."""

_DEMANDS: Mapping[str, Callable[[Any], bool]] = {"moderation": lambda value: bool(value.get("policy"))}
"""Fields that may change what an answer is, and the values that do."""

_NEUTRAL: Mapping[str, tuple[object, ...]] = {
    "store": (False,),
    "background": (False,),
    "truncation": ("disabled",),
    "service_tier": ("auto", "default"),
}
"""Values that ask for nothing."""

_INCLUDED = frozenset({"reasoning.encrypted_content", "message.output_text.logprobs"})


def decode(body: Mapping[str, Any]) -> Conversation:
    """Read a whole request.

    Raises:
        UnportableError: it demands what only this wire, or one provider's memory, can carry.
        BadRequestError: a part of it is not what this wire knows.
    """
    if held := kept(body):
        raise UnportableError(f"{held} is known to one provider alone")
    for field, demands in _DEMANDS.items():
        if body.get(field) is not None and demands(body[field]):
            raise UnportableError(f"{field} has no equivalent")
    losses = [field for field, value in body.items() if _is_lost(field, value)]
    table = by_name(body)
    choice, allowed = _choice(body, table)
    used = [tool for tool in table.values() if allowed is None or tool.name in allowed]
    losses += _lost_tools(body, used)
    instructions, metadata = body.get("instructions"), body.get("metadata")
    if not isinstance(instructions, str | None):
        raise BadRequestError("'instructions' must be a text")
    if not isinstance(metadata, dict | None):
        raise BadRequestError("'metadata' must be an object")
    opening = (Turn("system", (Text(instructions),)),) if instructions else ()
    return Conversation(
        turns=(*opening, *decode_items(body.get("input"), table, losses)),
        tools=tuple(map(neutral, used)),
        choice=choice,
        sampling=_sampling(body, losses),
        format=_format(body.get("text") or {}),
        user=body.get("safety_identifier") or body.get("user"),
        metadata=metadata or {},
        stream=body.get("stream") is True,
        losses=tuple(dict.fromkeys(losses)),
    )


def _is_lost(field: str, value: object) -> bool:
    return value is not None and field not in _TOLD and value not in _NEUTRAL.get(field, ())


def _sampling(body: Mapping[str, Any], losses: list[str]) -> Sampling:
    reasoning = body.get("reasoning") or {}
    losses.extend(f"reasoning.{word}" for word, value in reasoning.items() if value and word not in _ASKED)
    include = body.get("include") or ()
    if not set(include) <= _INCLUDED:
        losses.append("include")
    top, verbosity = body.get("top_logprobs"), (body.get("text") or {}).get("verbosity")
    return Sampling(
        limit=body.get("max_output_tokens"),
        temperature=body.get("temperature"),
        top_p=body.get("top_p"),
        effort=reasoning.get("effort"),
        verbosity=None if verbosity == "medium" else verbosity,
        shown=True if reasoning.get("summary") or reasoning.get("generate_summary") else None,
        logprobs=top or 0 if top or "message.output_text.logprobs" in include else None,
    )


_ASKED = frozenset({"effort", "summary", "generate_summary"})
"""What of `reasoning` is told; of a summary only that there shall be one, for no other wire tells how long."""


def _format(text: Mapping[str, Any]) -> OutputFormat | None:
    wanted = text.get("format") or {"type": "text"}
    kind = wanted.get("type")
    if kind == "json_object":
        return OutputFormat()
    if kind == "json_schema":
        return OutputFormat(
            schema=wanted.get("schema") or {"type": "object"},
            name=wanted.get("name") or "answer",
            description=wanted.get("description"),
            strict=wanted.get("strict") is True,
        )
    if kind == "text":
        return None
    raise UnportableError(f"text.format {kind!r} has no equivalent")


def _lost_tools(body: Mapping[str, Any], used: Iterable[Declared]) -> list[str]:
    """Name the tools that nobody but the provider runs, and the forms that nobody else enforces."""
    served = [f"tools.{entry.get('type')}" for entry in declarations(body) if entry.get("type") not in CARRIED]
    return [*served, *("tools.format" for tool in used if has_grammar(tool))]


def _choice(body: Mapping[str, Any], table: Mapping[str, Declared]) -> tuple[ToolChoice, frozenset[str] | None]:
    """Read which tool must be asked for, and to which ones the request is restricted."""
    choice: Any = body.get("tool_choice") or "auto"
    parallel = body.get("parallel_tool_calls") is not False
    if isinstance(choice, str) and choice in _MODES:
        return _possible(ToolChoice(mode=_MODES[choice], parallel=parallel), table), None
    kind = choice.get("type") if isinstance(choice, dict) else None
    if kind in {"function", "custom"}:
        name = name_of(table, choice.get("namespace"), choice["name"])
        return ToolChoice(mode="named", name=name, parallel=parallel), None
    if kind == "allowed_tools":
        names = frozenset(name for tool in choice["tools"] for name in _allowed(tool, table))
        mode = _MODES[choice.get("mode", "auto")]
        return _possible(ToolChoice(mode=mode, parallel=parallel), names & table.keys()), names
    raise UnportableError("this tool_choice has no equivalent")


_MODES: Mapping[str, ChoiceMode] = {"auto": "auto", "required": "required", "none": "none"}


def _possible(choice: ToolChoice, tools: Iterable[str]) -> ToolChoice:
    """Pass a choice that the tools that are left can meet."""
    if choice.mode == "required" and not list(tools):
        raise UnportableError("tool_choice demands a tool that only its provider runs")
    return choice


def _allowed(tool: Mapping[str, Any], table: Mapping[str, Declared]) -> Iterable[str]:
    if tool.get("type") == "namespace":
        return [known.name for known in table.values() if known.namespace == tool.get("name")]
    if tool.get("type") in {"function", "custom"}:
        return [name_of(table, tool.get("namespace"), tool["name"])]
    return []
