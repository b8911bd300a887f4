"""Google's `generateContent`: a request encoded from a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
from modelrouter.wire.conversation import Conversation, Sampling, Text, UnportableError
from modelrouter.wire.gemini.encode_turns import ContentEncoder
from modelrouter.wire.gemini.schemas import cut
from modelrouter.wire.gemini.signatures import ISSUER
from modelrouter.wire.gemini.traits import BUDGETS, LEVELS, traits
from modelrouter.wire.portability import Target, port
from modelrouter.wire.tool_ids import IdRule
from modelrouter.wire.tool_names import NameRule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.inventory import Deployment, Model
    from modelrouter.wire.gemini.traits import Traits

NAMES = NameRule(alphabet="a-zA-Z0-9_.:-", first="a-zA-Z_", longest=64)
"""The API's own rule for the names of functions; newer versions take longer ones."""
TARGET = Target(ids=IdRule(alphabet="a-zA-Z0-9_-", longest=64), issuer=ISSUER, names=NAMES, result_parts=(Text,))
"""The API states no rule for ids; these are what it mints itself. Results with media are taken by its newest models alone."""

_STOPS = 5
"""Stop sequences that the API takes."""
_HOTTEST = 2.0
_ALTERNATIVES = 20
"""Alternatives to a token that the API weighs at most."""


def encode(conversation: Conversation, deployment: Deployment) -> tuple[bytes, tuple[str, ...]]:
    """Write the request for a deployment, and say what was lost.

    Raises:
        UnportableError: it demands what this wire or this model cannot give.
    """
    model = deployment.model
    ported = port(conversation.turns, TARGET)
    losses = [*conversation.losses, *ported.losses]
    losses.extend(field for field in ("user", "metadata") if getattr(conversation, field))
    taken = traits((deployment.name, model.id))
    contents = ContentEncoder(signs_calls=taken.signed_calls)
    config = {
        **_sampling(conversation.sampling, model, taken, losses),
        **_thinking(conversation.sampling, model, taken, losses),
        **_format(conversation, model, taken, losses),
    }
    body = {
        "systemInstruction": {"parts": [{"text": ported.system}]} if ported.system else None,
        "contents": [contents.encode(turn) for turn in ported.turns],
        **_tools(conversation, losses),
        "generationConfig": config,
    }
    present = {field: value for field, value in body.items() if value not in (None, {}, [])}
    return json_text.write(present), tuple(dict.fromkeys(losses))


def _tools(conversation: Conversation, losses: list[str]) -> dict[str, Any]:
    """Write the functions and the choice among them; a history with calls needs none that are offered still."""
    choice = conversation.choice
    if not conversation.tools:
        return {}
    if not choice.parallel and choice.mode != "none":
        losses.append("parallel_tool_calls")
    declarations = []
    for tool in conversation.tools:
        declaration: dict[str, Any] = {"name": NAMES.fit(tool.name), "description": tool.description}
        if tool.schema.keys() - {"type", "properties", "additionalProperties", "$schema"} or tool.schema.get(
            "properties"
        ):
            schema = cut({"type": "object", **tool.schema})
            losses.extend(f"tools.{word}" for word in schema.losses)
            declaration["parametersJsonSchema"] = schema.schema
        declarations.append({field: value for field, value in declaration.items() if value is not None})
    return {"tools": [{"functionDeclarations": declarations}], "toolConfig": _choice(conversation)}


def _choice(conversation: Conversation) -> dict[str, Any] | None:
    choice = conversation.choice
    if choice.mode == "named":
        return _calling({"mode": "ANY", "allowedFunctionNames": [NAMES.fit(choice.name or "")]})
    if choice.mode == "auto":
        return _calling({"mode": "VALIDATED"}) if any(tool.strict for tool in conversation.tools) else None
    return _calling({"mode": "ANY" if choice.mode == "required" else "NONE"})


def _calling(config: dict[str, Any]) -> dict[str, Any]:
    return {"functionCallingConfig": config}


def _sampling(sampling: Sampling, model: Model, taken: Traits, losses: list[str]) -> dict[str, Any]:
    stops = [stop for stop in sampling.stop if stop][:_STOPS]
    if len(stops) < len(sampling.stop):
        losses.append("stop")
    losses.extend(["verbosity"] if sampling.verbosity else [])
    limit, temperature = sampling.limit, sampling.temperature
    if limit is not None and model.output is not None and limit > model.output:
        losses.append("max_tokens")
        limit = model.output
    if temperature is not None and temperature > _HOTTEST:
        losses.append("temperature")
        temperature = _HOTTEST
    penalties = {"frequencyPenalty": sampling.frequency_penalty, "presencePenalty": sampling.presence_penalty}
    if not taken.penalties:
        losses.extend(name for name in ("frequency_penalty", "presence_penalty") if getattr(sampling, name))
        penalties = {}
    said = {
        "maxOutputTokens": limit,
        "temperature": temperature,
        "topP": sampling.top_p,
        "topK": sampling.top_k,
        "seed": sampling.seed,
        "stopSequences": stops or None,
        **penalties,
        **_weights(sampling, losses),
    }
    return {field: value for field, value in said.items() if value is not None}


def _weights(sampling: Sampling, losses: list[str]) -> Mapping[str, Any]:
    if sampling.logprobs is None:
        return {}
    if sampling.logprobs > _ALTERNATIVES:
        losses.append("top_logprobs")
    return {"responseLogprobs": True, "logprobs": min(sampling.logprobs, _ALTERNATIVES) or None}


def _thinking(sampling: Sampling, model: Model, taken: Traits, losses: list[str]) -> dict[str, Any]:
    """Write how much to think, in the form that the model takes; the strongest that is no stronger than asked.

    Thoughts are told where that was asked, and where an effort was and nobody said that they shall not be.
    """
    effort = sampling.effort
    if "thinking" not in model.capabilities:
        losses.extend(() if effort is None else ("reasoning_effort",))
        return {}
    is_shown = effort != "none" and (sampling.shown or (sampling.shown is None and effort is not None))
    shown = {"includeThoughts": True} if is_shown else {}
    if effort is None:
        return {"thinkingConfig": shown} if shown else {}
    rank = LEVELS.index(effort) if effort in LEVELS else len(LEVELS)
    known = taken.levels or tuple(BUDGETS)
    word = next((level for level in reversed(known) if LEVELS.index(level) <= rank), known[0])
    budget = max(BUDGETS[word], taken.least)
    if word != effort or (not taken.levels and budget != BUDGETS[word]):
        losses.append("reasoning_effort")
    amount = {"thinkingLevel": word.upper()} if taken.levels else {"thinkingBudget": budget}
    return {"thinkingConfig": {**amount, **shown}}


def _format(conversation: Conversation, model: Model, taken: Traits, losses: list[str]) -> dict[str, Any]:
    wanted = conversation.format
    if wanted is None:
        return {}
    if conversation.tools and not taken.json_beside_tools:
        raise UnportableError(f"{model.id} gives no JSON where tools are offered")
    if wanted.schema is None:
        return {"responseMimeType": "application/json"}
    if "json_schema" not in model.capabilities:
        raise UnportableError(f"{model.id} enforces no schema")
    schema = cut(wanted.schema)
    losses.extend(f"response_format.{word}" for word in schema.losses)
    return {"responseMimeType": "application/json", "responseJsonSchema": schema.schema}
