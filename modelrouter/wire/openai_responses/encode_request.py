"""OpenAI's Responses: a request encoded from a conversation.

Nothing is to be stored at the provider: who fails over cannot rely on what one provider keeps.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
from modelrouter.wire.conversation import (
    Conversation,
    OutputFormat,
    Sampling,
    Text,
    Tool,
    ToolChoice,
    Turn,
    UnportableError,
)
from modelrouter.wire.openai_responses.encode_turns import encode_turns
from modelrouter.wire.openai_responses.signatures import ISSUER
from modelrouter.wire.openai_responses.strict import is_strict
from modelrouter.wire.openai_responses.traits import is_reasoner, takes_verbosity
from modelrouter.wire.portability import NO_TEXT, Target, port
from modelrouter.wire.tool_ids import RESPONSES_IDS
from modelrouter.wire.tool_names import PLAIN

if TYPE_CHECKING:
    from modelrouter.core.inventory import Deployment, Model

TARGET = Target(ids=RESPONSES_IDS, issuer=ISSUER, system_anywhere=True, opens_with_user=False, ends_with_user=False)
"""OpenAI's own service: it takes turns in any order, and answers anew behind one of the model's own."""

LOOK_ALIKE = replace(TARGET, system_anywhere=False, opens_with_user=True, ends_with_user=True)
"""Servers whose models have a chat template, which may take turns in one order only."""

_OWN = frozenset({"openai", "azure"})
"""Vendors that serve this wire as OpenAI does."""

SHORTEST = 16
"""The least that the API takes as the longest answer, in tokens."""


def encode(conversation: Conversation, deployment: Deployment) -> tuple[bytes, tuple[str, ...]]:
    """Write the request for a deployment, and say what was lost.

    Raises:
        UnportableError: it demands what this wire or this model cannot give.
    """
    model, name = deployment.model, deployment.name
    is_own = deployment.provider.vendor in _OWN
    ported = port(conversation.turns, TARGET if is_own else LOOK_ALIKE)
    losses = [*conversation.losses, *ported.losses]
    instructions, turns = _opened(
        ported.system, _told_json(conversation.format, ported.turns) if is_own else ported.turns
    )
    thinks = is_reasoner((name, model.id)) or "thinking" in model.capabilities
    body = {
        "model": name,
        "instructions": instructions,
        "input": encode_turns(turns, losses) or NO_TEXT,
        "store": False,
        "include": _include(conversation.sampling, thinks=thinks),
        **_tools(conversation, losses),
        **_sampling(conversation.sampling, losses, fixed=is_reasoner((name, model.id))),
        "reasoning": _reasoning(conversation.sampling, losses, thinks=thinks),
        "text": {
            **_text(conversation.format, model, losses),
            **_verbosity(conversation.sampling, losses, taken=takes_verbosity((name, model.id))),
        },
        "metadata": conversation.metadata,
        "safety_identifier": _identifier(conversation.user),
        "stream": conversation.stream or None,
    }
    present = {field: value for field, value in body.items() if value not in (None, "", {}, [])}
    return json_text.write(present), tuple(dict.fromkeys(losses))


JSON_ONLY = "Answer with one JSON object and nothing else: no prose and no code fence around it."
_JSON = (Turn("system", (Text(JSON_ONLY),)),)


def _told_json(wanted: OutputFormat | None, turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """Speak of JSON in the input where any JSON is wanted: the API refuses the wish otherwise, whatever the instructions say."""
    if wanted is None or wanted.schema is not None:
        return turns
    leading = next((place for place, turn in enumerate(turns) if turn.role != "system"), len(turns))
    said = (part.text.lower() for turn in turns[leading:] for part in turn.parts if isinstance(part, Text))
    return turns if any("json" in text for text in said) else (*turns[:leading], *_JSON, *turns[leading:])


def _identifier(user: str | None) -> str | None:
    """Hash what is longer than the API takes."""
    if user is None or len(user) <= _LONGEST_USER:
        return user
    return hashlib.sha256(user.encode(errors="surrogatepass")).hexdigest()


_LONGEST_USER = 64


def _opened(system: str, turns: tuple[Turn, ...]) -> tuple[str, tuple[Turn, ...]]:
    """Take what the system says first out of the turns: this wire has a field for it."""
    leading = next((place for place, turn in enumerate(turns) if turn.role != "system" or turn in _JSON), len(turns))
    said = [part.text for turn in turns[:leading] for part in turn.parts if isinstance(part, Text)]
    return "\n\n".join(filter(None, (system, *said))), turns[leading:]


def _include(sampling: Sampling, *, thinks: bool) -> list[str]:
    wanted = {"reasoning.encrypted_content": thinks, "message.output_text.logprobs": sampling.logprobs is not None}
    return [word for word, is_wanted in wanted.items() if is_wanted]


def _tools(conversation: Conversation, losses: list[str]) -> dict[str, Any]:
    if not conversation.tools:
        return {}
    return {
        "tools": [_tool(tool, losses) for tool in conversation.tools],
        "tool_choice": _choice(conversation.choice),
        "parallel_tool_calls": None if conversation.choice.parallel else False,
    }


def _tool(tool: Tool, losses: list[str]) -> dict[str, Any]:
    """Write a tool; strictness is said either way, for the API would otherwise change the schema to be strict."""
    strict = tool.strict and is_strict(tool.schema)
    if tool.strict and not strict:
        losses.append("tools.strict")
    described = {"description": tool.description} if tool.description else {}
    schema = {"type": "object", "properties": {}, **tool.schema}
    return {"type": "function", "name": PLAIN.fit(tool.name), **described, "parameters": schema, "strict": strict}


def _choice(choice: ToolChoice) -> Any:
    if choice.mode == "named":
        return {"type": "function", "name": PLAIN.fit(choice.name or "")}
    return None if choice.mode == "auto" else choice.mode


def _sampling(sampling: Sampling, losses: list[str], *, fixed: bool) -> dict[str, Any]:
    """Write how the answer is drawn; models that reason draw as they like, and no model stops at a word."""
    if sampling.stop:
        raise UnportableError("stop sequences have no equivalent")
    unknown = ("top_k", "seed", "frequency_penalty", "presence_penalty")
    losses.extend(field for field in unknown if getattr(sampling, field))
    drawn = {"temperature": sampling.temperature, "top_p": sampling.top_p}
    if fixed:
        losses.extend(field for field, value in drawn.items() if value not in (None, 1))
        drawn = {}
    limit = sampling.limit
    if limit is not None and limit < SHORTEST:
        losses.append("max_tokens")
        limit = SHORTEST
    return {**drawn, "max_output_tokens": limit, "top_logprobs": sampling.logprobs}


def _reasoning(sampling: Sampling, losses: list[str], *, thinks: bool) -> dict[str, Any]:
    """Say how much to think, and that it is to be told: the API tells nothing unasked, and to nobody who was not verified."""
    effort = sampling.effort
    if not thinks:
        losses.extend(() if effort in (None, "none") else ("reasoning_effort",))
        return {}
    told = {"summary": "auto"} if sampling.shown and effort != "none" else {}
    if effort is None:
        return told
    known = _STRONGEST.get(effort, effort)
    if known != effort:
        losses.append("reasoning_effort")
    return {"effort": known, **told}


def _verbosity(sampling: Sampling, losses: list[str], *, taken: bool) -> dict[str, Any]:
    if not sampling.verbosity:
        return {}
    losses.extend(() if taken else ("verbosity",))
    return {"verbosity": sampling.verbosity} if taken else {}


_STRONGEST = {"max": "xhigh"}
"""Words of other wires for more than this one knows."""


def _text(wanted: OutputFormat | None, model: Model, losses: list[str]) -> dict[str, Any]:
    if wanted is None:
        return {}
    if wanted.schema is None:
        return {"format": {"type": "json_object"}}
    if "json_schema" not in model.capabilities:
        raise UnportableError(f"{model.id} enforces no schema")
    strict = wanted.strict and is_strict(wanted.schema)
    if wanted.strict and not strict:
        losses.append("response_format.strict")
    described = {"description": wanted.description} if wanted.description else {}
    name = PLAIN.fit(wanted.name)
    return {"format": {"type": "json_schema", "name": name, **described, "schema": wanted.schema, "strict": strict}}
