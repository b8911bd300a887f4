"""OpenAI's Chat Completions: a request encoded from a conversation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
from modelrouter.wire.conversation import (
    Conversation,
    OutputFormat,
    Sampling,
    Text,
    Thinking,
    Tool,
    ToolCall,
    Turn,
    UnportableError,
)
from modelrouter.wire.openai_chat.decode_answer import ISSUER
from modelrouter.wire.openai_chat.encode_turns import encode_turns
from modelrouter.wire.openai_chat.traits import effort_for, traits
from modelrouter.wire.openai_responses.strict import is_strict
from modelrouter.wire.openai_responses.traits import takes_verbosity
from modelrouter.wire.portability import Target, port
from modelrouter.wire.tool_names import PLAIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.inventory import Deployment, Model
    from modelrouter.wire.openai_chat.traits import Traits

JSON_ONLY = "Answer with one JSON object and nothing else: no prose and no code fence around it."
"""OpenAI refuses to promise an object where no message speaks of JSON."""


def encode(conversation: Conversation, deployment: Deployment) -> tuple[bytes, tuple[str, ...]]:
    """Write the request for a deployment, and say what was lost.

    Raises:
        UnportableError: it demands what this wire or this deployment cannot give.
    """
    model, taken = deployment.model, traits(deployment)
    ported = port(conversation.turns, _target(taken))
    losses = [*conversation.losses, *ported.losses]
    turns = (Turn("system", (Text(ported.system),)), *ported.turns) if ported.system else ported.turns
    turns = _speaking_of_json(turns, conversation.format)
    messages = list(encode_turns(turns, taken))
    effort = _effort(conversation, model, taken, turns, losses)
    sampling = replace(conversation.sampling, effort=effort.get("reasoning_effort"))
    body = {
        "model": deployment.name,
        "messages": messages,
        **_tools(conversation, turns, taken, losses),
        **_sampling(sampling, model, taken, losses),
        **effort,
        "verbosity": _verbosity(sampling, deployment, losses),
        "response_format": _format(conversation.format, model, losses),
        **_known({"user": conversation.user, "metadata": dict(conversation.metadata)}, taken.refuses, losses),
        **_stream(conversation, taken),
        **_going_on(messages, taken),
    }
    present = {member: value for member, value in body.items() if value not in (None, "", {}, [])}
    return json_text.write(present), tuple(dict.fromkeys(losses))


def _target(taken: Traits) -> Target:
    return Target(
        ids=taken.ids,
        issuer=ISSUER if taken.thinking or taken.signs else None,
        names=taken.names,
        system_anywhere=not taken.strict,
        opens_with_user=taken.strict,
        ends_with_user=taken.prefill is None,
        result_parts=(Text,),
    )


def _speaking_of_json(turns: tuple[Turn, ...], wanted: OutputFormat | None) -> tuple[Turn, ...]:
    if wanted is None or wanted.schema is not None:
        return turns
    texts = (part.text for turn in turns for part in turn.parts if isinstance(part, Text))
    if any("json" in text.lower() for text in texts):
        return turns
    leading = turns[0].parts if turns and turns[0].role == "system" else ()
    return (Turn("system", (*leading, Text(JSON_ONLY))), *(turns[1:] if leading else turns))


def _going_on(messages: list[dict[str, Any]], taken: Traits) -> dict[str, Any]:
    """Ask to go on inside the assistant's message where it is the last one; see the table of who can."""
    if not messages or messages[-1]["role"] != "assistant":
        return {}
    if taken.prefill == "prefix":
        messages[-1]["prefix"] = True
        return {}
    return {"continue_final_message": True, "add_generation_prompt": False}


def _stream(conversation: Conversation, taken: Traits) -> dict[str, Any]:
    """Ask for a stream, and for its usage where it does not come by itself."""
    if not conversation.stream:
        return {}
    return {
        "stream": True,
        **({} if "stream_options" in taken.refuses else {"stream_options": {"include_usage": True}}),
    }


def _known(said: Mapping[str, Any], refused: frozenset[str], losses: list[str]) -> dict[str, Any]:
    """Keep the members that the deployment takes; the others are lost where they say anything."""
    losses.extend(member for member, value in said.items() if member in refused and value not in (None, {}, ()))
    return {member: value for member, value in said.items() if member not in refused}


def _sampling(sampling: Sampling, model: Model, taken: Traits, losses: list[str]) -> dict[str, Any]:
    refused = taken.refuses if sampling.effort == "none" else taken.refuses | taken.refuses_while_thinking
    if sampling.logprobs is not None and "logprobs" in refused:
        raise UnportableError(f"{model.id} weighs no tokens here")
    limit, stop = sampling.limit, sampling.stop
    if limit is not None and model.output is not None and limit > model.output:
        losses.append("max_tokens")
        limit = model.output
    if taken.stops is not None and len(stop) > taken.stops and "stop" not in refused:
        losses.append("stop")
    wishes = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "stop": list(stop[: taken.stops]) or None,
        "seed": sampling.seed,
        "frequency_penalty": sampling.frequency_penalty,
        "presence_penalty": sampling.presence_penalty,
    }
    kept = _known(wishes, refused, losses)
    kept[taken.seed] = kept.pop("seed", None)
    weighed = {"logprobs": True, "top_logprobs": sampling.logprobs or None} if sampling.logprobs is not None else {}
    return {taken.limit: limit, **kept, **weighed}


def _effort(
    conversation: Conversation, model: Model, taken: Traits, turns: tuple[Turn, ...], losses: list[str]
) -> dict[str, Any]:
    """Say how much to think; not at all where the deployment would ask for thoughts that others had."""
    asked = conversation.sampling.effort
    if taken.needs_thinking and any(_is_thoughtless(turn) for turn in turns):
        losses.append("reasoning_effort")
        return {"thinking": {"type": "disabled"}}
    if taken.unthinking_tools and conversation.tools:
        losses.extend([] if asked in (None, "none") else ["reasoning_effort"])
        return {"reasoning_effort": "none"}
    if asked is None:
        return {}
    word = effort_for(asked, taken.efforts) if "thinking" in model.capabilities else None
    if word != asked:
        losses.append("reasoning_effort")
    return {"reasoning_effort": word}


def _verbosity(sampling: Sampling, deployment: Deployment, losses: list[str]) -> str | None:
    if takes_verbosity((deployment.name, deployment.model.id)):
        return sampling.verbosity
    losses.extend(["verbosity"] if sampling.verbosity else [])
    return None


def _is_thoughtless(turn: Turn) -> bool:
    kinds = {type(part) for part in turn.parts}
    return ToolCall in kinds and Thinking not in kinds


def _tools(conversation: Conversation, turns: tuple[Turn, ...], taken: Traits, losses: list[str]) -> dict[str, Any]:
    """Write the tools and the choice among them; where the history calls tools that nobody declares, some want stubs."""
    if not conversation.tools:
        called = dict.fromkeys(part.name for turn in turns for part in turn.parts if isinstance(part, ToolCall))
        stubs = [
            _tool(Tool(name=name, description=None, schema={"type": "object", "properties": {}}), taken, losses)
            for name in called
        ]
        return {"tools": stubs, "tool_choice": "none"} if stubs and taken.stubs else {}
    single = {"parallel_tool_calls": None if conversation.choice.parallel else False}
    return {
        "tools": [_tool(tool, taken, losses) for tool in conversation.tools],
        "tool_choice": _choice(conversation, taken),
        **_known(single, taken.refuses, losses),
    }


def _tool(tool: Tool, taken: Traits, losses: list[str]) -> dict[str, Any]:
    function: dict[str, Any] = {"name": taken.names.fit(tool.name)}
    if tool.description:
        function["description"] = tool.description
    function["parameters"] = tool.schema
    return {
        "type": "function",
        "function": {**function, **_strict(tool.schema, "tools.strict", losses, asked=tool.strict)},
    }


def _strict(schema: Mapping[str, Any], name: str, losses: list[str], *, asked: bool) -> dict[str, Any]:
    """Promise strictness only for a schema that OpenAI takes so: it refuses the whole request for any other."""
    if asked and not is_strict(schema):
        losses.append(name)
        return {}
    return {"strict": True} if asked else {}


def _choice(conversation: Conversation, taken: Traits) -> str | dict[str, Any] | None:
    choice = conversation.choice
    if choice.mode == "named" and choice.name is not None:
        return {"type": "function", "function": {"name": taken.names.fit(choice.name)}}
    return None if choice.mode == "auto" else choice.mode


def _format(wanted: OutputFormat | None, model: Model, losses: list[str]) -> dict[str, Any] | None:
    if wanted is None:
        return None
    if wanted.schema is None:
        return {"type": "json_object"}
    if "json_schema" not in model.capabilities:
        raise UnportableError(f"{model.id} enforces no schema")
    described = {"description": wanted.description} if wanted.description else {}
    strict = _strict(wanted.schema, "response_format.strict", losses, asked=wanted.strict)
    schema = {"name": PLAIN.fit(wanted.name), **described, "schema": wanted.schema, **strict}
    return {"type": "json_schema", "json_schema": schema}
