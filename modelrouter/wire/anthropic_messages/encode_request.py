"""Anthropic's Messages: a request encoded from a conversation."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
from modelrouter.wire.anthropic_messages.encode_turns import encode_turn, tool_name
from modelrouter.wire.anthropic_messages.traits import traits
from modelrouter.wire.conversation import Conversation, Sampling, ToolCall, Turn, UnportableError
from modelrouter.wire.portability import Target, port
from modelrouter.wire.schemas import cut
from modelrouter.wire.tool_ids import IdRule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.inventory import Deployment, Model
    from modelrouter.wire.anthropic_messages.traits import Traits

TARGET = Target(ids=IdRule(alphabet="a-zA-Z0-9_-", longest=64), issuer="anthropic")
"""The alphabet is the API's own pattern; it states no length, so OpenAI's longest is taken."""

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
    ported = port(conversation.turns, TARGET)
    losses = [*conversation.losses, *ported.losses]
    taken = traits((name, model.id))
    body = {
        "model": name,
        "max_tokens": _limit(conversation.sampling, model, losses),
        "system": _system(ported.system, conversation),
        "messages": [encode_turn(turn) for turn in ported.turns],
        **_tools(conversation, ported.turns),
        **_sampling(conversation.sampling, taken, losses),
        "output_config": _output(conversation, model, taken, losses),
        "metadata": {"user_id": _opaque(conversation.user)} if conversation.user else None,
        "stream": conversation.stream or None,
    }
    present = {field: value for field, value in body.items() if value not in (None, "", {}, [])}
    return json_text.write(present), tuple(dict.fromkeys(losses))


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


def _tools(conversation: Conversation, turns: tuple[Turn, ...]) -> dict[str, Any]:
    """Write the tools and the choice among them.

    A history with calls demands that tools be declared: where the request has none, the ones that were
    called are declared and none may be called.
    """
    called = dict.fromkeys(part.name for turn in turns for part in turn.parts if isinstance(part, ToolCall))
    tools = [_tool(tool.name, tool.description, tool.schema) for tool in conversation.tools]
    if not tools:
        stubs = [_tool(name, None, {}) for name in called]
        return {"tools": stubs, "tool_choice": {"type": "none"}} if stubs else {}
    return {"tools": tools, "tool_choice": _choice(conversation)}


def _tool(name: str, description: str | None, schema: Mapping[str, Any]) -> dict[str, Any]:
    described = {"description": description} if description else {}
    return {"name": tool_name(name), **described, "input_schema": {"type": "object", **schema}}


_CHOICES = {"auto": "auto", "required": "any", "none": "none", "named": "tool"}


def _choice(conversation: Conversation) -> dict[str, Any] | None:
    choice = conversation.choice
    if choice.mode == "none":
        return {"type": "none"}
    if choice.mode == "auto" and choice.parallel:
        return None
    named = {"name": tool_name(choice.name)} if choice.name else {}
    single = {} if choice.parallel else {"disable_parallel_tool_use": True}
    return {"type": _CHOICES[choice.mode], **named, **single}


def _sampling(sampling: Sampling, taken: Traits, losses: list[str]) -> dict[str, Any]:
    said: dict[str, Any] = {"stop_sequences": [stop for stop in sampling.stop if stop.strip()]}
    if len(said["stop_sequences"]) < len(sampling.stop):
        losses.append("stop")
    drawn = {"temperature": sampling.temperature, "top_p": sampling.top_p}
    for field, value in drawn.items():
        if value is None:
            continue
        if not taken.sampling or (field == "top_p" and not taken.both and sampling.temperature is not None):
            losses.append(field)
            continue
        if value > 1:
            losses.append(field)
        said[field] = min(value, 1)
    return said


_EFFORT = {"none": 0, "minimal": 0, "low": 0, "medium": 1, "high": 2, "xhigh": 3, "max": 4}
_RANKS = {"low": 0, "medium": 1, "high": 2, "xhigh": 3, "max": 4}


def _output(conversation: Conversation, model: Model, taken: Traits, losses: list[str]) -> dict[str, Any]:
    output: dict[str, Any] = {}
    effort = conversation.sampling.effort
    if effort is not None:
        word = _effort(effort, taken) if "thinking" in model.capabilities else None
        if word != effort:
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


def _effort(asked: str, taken: Traits) -> str | None:
    """Name the strongest effort that the model knows and that is no stronger than asked."""
    rank = _EFFORT.get(asked, 0)
    return next((word for word in reversed(taken.efforts) if _RANKS[word] <= rank), None)


_OPAQUE = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_-]{1,64}")


def _opaque(user: str) -> str:
    """Hash what could identify a person: the API refuses addresses and telephone numbers."""
    return user if _OPAQUE.fullmatch(user) else hashlib.sha256(user.encode(errors="surrogatepass")).hexdigest()
