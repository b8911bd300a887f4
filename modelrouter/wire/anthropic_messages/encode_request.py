"""Anthropic's Messages: a request encoded from a conversation."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeGuard

from modelrouter.wire import json_text
from modelrouter.wire.anthropic_messages.encode_turns import encode_turn
from modelrouter.wire.anthropic_messages.marks import ISSUER
from modelrouter.wire.anthropic_messages.thinking import BUDGETS, effort_word, thinking_config, without_sampling
from modelrouter.wire.anthropic_messages.traits import traits
from modelrouter.wire.conversation import Conversation, Sampling, Thinking, Tool, ToolCall, Turn, UnportableError
from modelrouter.wire.portability import Target, port
from modelrouter.wire.schemas import cut
from modelrouter.wire.tool_ids import ANTHROPIC_IDS
from modelrouter.wire.tool_names import PLAIN

if TYPE_CHECKING:
    from modelrouter.core.inventory import Deployment, Model
    from modelrouter.wire.anthropic_messages.traits import Traits

TARGET = Target(ids=ANTHROPIC_IDS, issuer=ISSUER)

LIMIT = 4096
"""Tokens of an answer where neither the request nor the inventory says: what every model still served can give."""

JSON_ONLY = "Answer with one JSON object and nothing else: no prose and no code fence around it."
"""Stands in for OpenAI's `json_object`, which itself demands that the prompt speak of JSON."""


def encode(conversation: Conversation, deployment: Deployment) -> tuple[bytes, tuple[str, ...]]:
    """Write the request for a deployment, and say what was lost.

    Raises:
        UnportableError: it demands what this wire or this model cannot give.
    """
    model, name = deployment.model, deployment.name
    _check(conversation)
    ported = port(tuple(map(_signed, conversation.turns)), TARGET)
    losses = [*conversation.losses, *ported.losses, *(("metadata",) if conversation.metadata else ())]
    taken = takes(deployment)
    limit = _limit(conversation.sampling, model, losses)
    thinks = "thinking" in model.capabilities
    thinking = thinking_config(conversation, ported.turns, taken, limit, losses) if thinks else None
    body = {
        "model": name,
        "max_tokens": limit,
        "system": _system(ported.system, conversation),
        "messages": [encode_turn(turn) for turn in ported.turns],
        **_tools(conversation, ported.turns, model, losses),
        **_sampling(conversation.sampling, taken, losses, thinking=thinking),
        "thinking": thinking,
        "output_config": _output(conversation, model, taken, losses),
        "metadata": {"user_id": _opaque(conversation.user)} if conversation.user else None,
        "stream": conversation.stream or None,
    }
    present = {field: value for field, value in body.items() if value not in (None, "", {}, [])}
    return json_text.write(present), tuple(dict.fromkeys(losses))


def _check(conversation: Conversation) -> None:
    if conversation.sampling.logprobs is not None:
        raise UnportableError("logprobs has no equivalent")


def _signed(turn: Turn) -> Turn:
    """Let nobody's be what has no signature, though it came in this wire: the API would refuse it (41)."""
    if all(part.signature for part in turn.parts if isinstance(part, Thinking)):
        return turn
    parts = (replace(part, issuer=None) if _is_unsigned(part) else part for part in turn.parts)
    return replace(turn, parts=tuple(parts))


def _is_unsigned(part: object) -> TypeGuard[Thinking]:
    return isinstance(part, Thinking) and not part.signature


def takes(deployment: Deployment) -> Traits:
    """Say what a deployment takes: its model, in the API version that the inventory chose for it."""
    taken = traits((deployment.name, deployment.model.id))
    chosen = next((value for name, value in deployment.headers.items() if name.lower() == "anthropic-version"), "")
    return replace(taken, sampling=False) if chosen >= STRICT_VERSION else taken


STRICT_VERSION = "2026-10-21"
"""From this API version on sampling parameters are refused for every model."""


def _limit(sampling: Sampling, model: Model, losses: list[str]) -> int:
    if sampling.limit is None:
        return model.output or LIMIT
    if model.output is not None and sampling.limit > model.output:
        losses.append("max_tokens")
        return model.output
    return sampling.limit


def _system(system: str, conversation: Conversation) -> str:
    if conversation.format is None or conversation.format.schema is not None:
        return system
    return "\n\n".join(filter(None, (system, JSON_ONLY)))


def _tools(conversation: Conversation, turns: tuple[Turn, ...], model: Model, losses: list[str]) -> dict[str, Any]:
    """Write the tools and the choice among them.

    A history with calls demands that tools be declared: where the request has none, the ones that were
    called are declared and none may be called.
    """
    if not conversation.tools:
        called = dict.fromkeys(part.name for turn in turns for part in turn.parts if isinstance(part, ToolCall))
        stubs = [_tool(Tool(name=name, description=None, schema={})) for name in called]
        return {"tools": stubs, "tool_choice": {"type": "none"}} if stubs else {}
    enforces = "json_schema" in model.capabilities
    tools = [_strict(tool, losses) if tool.strict and enforces else _tool(tool) for tool in conversation.tools]
    if not enforces and any(tool.strict for tool in conversation.tools):
        losses.append("tools.strict")
    return {"tools": tools, "tool_choice": _choice(conversation)}


def _tool(tool: Tool) -> dict[str, Any]:
    described = {"description": tool.description} if tool.description else {}
    return {"name": PLAIN.fit(tool.name), **described, "input_schema": {"type": "object", **tool.schema}}


def _strict(tool: Tool, losses: list[str]) -> dict[str, Any]:
    """Write a tool whose arguments keep to its schema, or, where the schema cannot be enforced, one that asks for it."""
    try:
        schema = cut({"type": "object", **tool.schema})
    except UnportableError:
        losses.append("tools.strict")
        return _tool(tool)
    losses.extend(f"tools.{word}" for word in schema.losses)
    return {**_tool(tool), "input_schema": schema.schema, "strict": True}


_CHOICES = {"auto": "auto", "required": "any", "none": "none", "named": "tool"}


def _choice(conversation: Conversation) -> dict[str, Any] | None:
    choice = conversation.choice
    if choice.mode == "none":
        return {"type": "none"}
    if choice.mode == "auto" and choice.parallel:
        return None
    named = {"name": PLAIN.fit(choice.name)} if choice.name else {}
    single = {} if choice.parallel else {"disable_parallel_tool_use": True}
    return {"type": _CHOICES[choice.mode], **named, **single}


def _sampling(
    sampling: Sampling, taken: Traits, losses: list[str], *, thinking: dict[str, Any] | None
) -> dict[str, Any]:
    stops = [stop for stop in sampling.stop if stop.strip()]
    losses.extend(() if len(stops) == len(sampling.stop) else ("stop",))
    unknown = {
        "seed": sampling.seed is not None,
        "frequency_penalty": sampling.frequency_penalty,
        "presence_penalty": sampling.presence_penalty,
        "verbosity": sampling.verbosity,
    }
    losses.extend(field for field, is_asked in unknown.items() if is_asked)
    said: dict[str, Any] = {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": sampling.top_k}
    said = {field: value for field, value in said.items() if value is not None}
    if not taken.sampling:
        losses.extend(said)
        said = {}
    losses.extend(field for field in ("temperature", "top_p") if said.get(field, 0) > 1)
    if not taken.both and "temperature" in said and said.pop("top_p", None) is not None:
        losses.append("top_p")
    said = {field: value if field == "top_k" else min(value, 1) for field, value in said.items()}
    if thinking is not None and thinking["type"] != "disabled":
        said = without_sampling(said, losses)
    return {"stop_sequences": stops, **said}


def _output(conversation: Conversation, model: Model, taken: Traits, losses: list[str]) -> dict[str, Any]:
    output: dict[str, Any] = {}
    effort = conversation.sampling.effort
    if effort is not None:
        word = effort_word(effort, taken) if "thinking" in model.capabilities else None
        if not _is_honoured(effort, word, model, taken):
            losses.append("reasoning_effort")
        if word is not None:
            output["effort"] = word
    wanted = conversation.format
    if wanted is not None and wanted.schema is None:
        losses.append("response_format")
    elif wanted is not None and wanted.schema is not None:
        if "json_schema" not in model.capabilities:
            raise UnportableError(f"{model.id} enforces no schema")
        schema = cut(wanted.schema)
        losses.extend(f"response_format.{word}" for word in schema.losses)
        output["format"] = {"type": "json_schema", "schema": schema.schema}
    return output


def _is_honoured(effort: str, word: str | None, model: Model, taken: Traits) -> bool:
    """Whether an effort is kept to: by its own word, by a budget where there are none, or by not thinking at all."""
    if "thinking" not in model.capabilities or effort == "none":
        return effort == "none" and taken.thinking != "always"
    return word == effort or (not taken.efforts and taken.thinking == "manual" and effort in BUDGETS)


_OPAQUE = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_-]{1,64}")


def _opaque(user: str) -> str:
    """Hash what could identify a person: the API refuses addresses and telephone numbers."""
    return user if _OPAQUE.fullmatch(user) else hashlib.sha256(user.encode(errors="surrogatepass")).hexdigest()
