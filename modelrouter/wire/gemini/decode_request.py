"""Google's `generateContent`: a request decoded into a conversation.

What the values of `conversation` cannot say is either a wish, which is named among the losses, or a demand, which
makes the request unportable: an answer without it would be a wrong answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.errors import BadRequestError
from modelrouter.wire.conversation import (
    ChoiceMode,
    Conversation,
    OutputFormat,
    Sampling,
    Tool,
    ToolChoice,
    UnportableError,
)
from modelrouter.wire.gemini.decode_turns import decode_system, decode_turns
from modelrouter.wire.gemini.members import listed, member, members
from modelrouter.wire.gemini.schemas import from_open_api
from modelrouter.wire.gemini.traits import BUDGETS, LEVELS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_TOLD = frozenset({"contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "labels"})
_ADDRESS = frozenset({"model", "stream", "modelrouter"})

_CONFIG = frozenset(
    {"maxOutputTokens", "temperature", "topP", "topK", "stopSequences", "seed", "presencePenalty", "frequencyPenalty"}
    | {"responseMimeType", "responseSchema", "responseJsonSchema", "_responseJsonSchema", "responseLogprobs"}
    | {"logprobs", "thinkingConfig"}
)
"""Members of `generationConfig` that are told in the conversation."""

_DEMANDS: Mapping[str, Callable[[Any], bool]] = {
    "candidateCount": lambda value: value != 1,
    "responseModalities": lambda value: [str(word).upper() for word in listed(value)] not in ([], ["TEXT"]),
    "speechConfig": bool,
    "imageConfig": bool,
    "responseFormat": bool,
    "translationConfig": bool,
    "audioTranscriptionConfig": bool,
}
"""Members of `generationConfig` that change what an answer is, and the values that do."""


def decode(body: Mapping[str, Any]) -> Conversation:
    """Read a whole request.

    Raises:
        UnportableError: it demands what only this wire can carry.
        BadRequestError: a part of it is not what this wire knows.
    """
    said = members({name: value for name, value in body.items() if name not in _ADDRESS})
    if said.get("cachedContent"):
        raise UnportableError("cachedContent is known to one provider alone")
    config = members(said.get("generationConfig") or {})
    for field, demands in _DEMANDS.items():
        if field in config and demands(config[field]):
            raise UnportableError(f"generationConfig.{field} has no equivalent")
    losses = [field for field, value in said.items() if field not in _TOLD and value not in ([], {})]
    losses += [f"generationConfig.{field}" for field in config if field not in _CONFIG and field not in _DEMANDS]
    choice, allowed, strict = _choice(said.get("toolConfig"), losses)
    tools = _tools(listed(said.get("tools")), losses, strict=strict)
    return Conversation(
        turns=(*decode_system(said.get("systemInstruction")), *decode_turns(listed(body["contents"]), losses)),
        tools=tuple(tool for tool in tools if allowed is None or tool.name in allowed),
        choice=choice,
        sampling=_sampling(config, losses),
        format=_format(config),
        metadata={str(name): str(value) for name, value in (said.get("labels") or {}).items()},
        stream=body.get("stream") is True,
        losses=tuple(dict.fromkeys(losses)),
    )


def _sampling(config: Mapping[str, Any], losses: list[str]) -> Sampling:
    return Sampling(
        limit=config.get("maxOutputTokens"),
        temperature=config.get("temperature"),
        top_p=config.get("topP"),
        top_k=_whole(config["topK"]) if "topK" in config else None,
        stop=tuple(listed(config.get("stopSequences"))),
        effort=_effort(config.get("thinkingConfig"), losses),
        shown=_shown(config.get("thinkingConfig")),
        seed=config.get("seed"),
        frequency_penalty=config.get("frequencyPenalty"),
        presence_penalty=config.get("presencePenalty"),
        logprobs=config.get("logprobs", 0) if config.get("responseLogprobs") else None,
    )


def _whole(number: Any) -> int:
    """Read a whole number that Google's clients write as a float."""
    if type(number) not in (int, float) or number != int(number):
        raise BadRequestError("'topK' must be a whole number")
    return int(number)


def _effort(thinking: Any, losses: list[str]) -> str | None:
    """Read how much to think: a level, or a number of tokens; one below zero leaves it to the model."""
    level, budget = member(thinking, "thinkingLevel"), member(thinking, "thinkingBudget")
    word = str(level or "").lower()
    if word in LEVELS:
        return word
    if word and word != "thinking_level_unspecified":
        losses.append("generationConfig.thinkingConfig.thinkingLevel")
    if budget is None or budget < 0:
        return None
    return next((effort for effort in ("none", "low", "medium") if budget <= BUDGETS[effort]), "high")


def _shown(thinking: Any) -> bool | None:
    shown = member(thinking, "includeThoughts")
    return shown if isinstance(shown, bool) else None


_JSON = "application/json"


def _format(config: Mapping[str, Any]) -> OutputFormat | None:
    kind = config.get("responseMimeType") or "text/plain"
    if kind not in {_JSON, "text/plain"}:
        raise UnportableError(f"responseMimeType {kind!r} has no equivalent")
    schema = config.get("responseJsonSchema") or config.get("_responseJsonSchema")
    if schema is None and config.get("responseSchema"):
        schema = from_open_api(config["responseSchema"])
    if kind != _JSON:
        if schema:
            raise BadRequestError("a response schema demands the responseMimeType application/json")
        return None
    return OutputFormat(schema=schema or None, strict=bool(schema))


def _tools(entries: list[Any], losses: list[str], *, strict: bool) -> Iterator[Tool]:
    for entry in entries:
        for kind, value in members(entry).items():
            if kind != "functionDeclarations":
                raise UnportableError(f"the tool {kind} has no equivalent")
            for declaration in listed(value):
                yield _tool(members(declaration), losses, strict=strict)


_DECLARED = frozenset({"name", "description", "parameters", "parametersJsonSchema"})


def _tool(declaration: Mapping[str, Any], losses: list[str], *, strict: bool) -> Tool:
    losses.extend(f"tools.functionDeclarations.{field}" for field in declaration if field not in _DECLARED)
    schema = declaration.get("parametersJsonSchema")
    if schema is None and declaration.get("parameters"):
        schema = from_open_api(declaration["parameters"])
    return Tool(
        name=declaration["name"],
        description=declaration.get("description"),
        schema=schema or {"type": "object", "properties": {}},
        strict=strict,
    )


_MODES: Mapping[str, ChoiceMode] = {
    "MODE_UNSPECIFIED": "auto",
    "AUTO": "auto",
    "VALIDATED": "auto",
    "ANY": "required",
    "NONE": "none",
}


def _choice(config: Any, losses: list[str]) -> tuple[ToolChoice, frozenset[str] | None, bool]:
    """Read whether a tool must be asked for, to which ones the request is restricted, and whether schemas bind."""
    said = members(config or {})
    losses.extend(f"toolConfig.{field}" for field in said if field != "functionCallingConfig")
    calling = members(said.get("functionCallingConfig") or {})
    if calling.get("streamFunctionCallArguments"):
        losses.append("toolConfig.functionCallingConfig.streamFunctionCallArguments")
    word = str(calling.get("mode") or "AUTO").upper()
    if word not in _MODES:
        raise UnportableError(f"the function calling mode {word[:40]!r} has no equivalent")
    names = [str(name) for name in listed(calling.get("allowedFunctionNames"))]
    if word == "ANY" and len(names) == 1:
        return ToolChoice(mode="named", name=names[0]), None, False
    return ToolChoice(mode=_MODES[word]), frozenset(names) if names else None, word == "VALIDATED"
