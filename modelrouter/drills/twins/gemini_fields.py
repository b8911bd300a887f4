"""The fields that Google's generateContent knows, place by place: a name it does not know refuses the whole request."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from modelrouter.drills.twins.asked import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")

LEAF = ""
"""A field without fields of its own, or one that takes any JSON."""
FIELDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "request": {
            "contents": "content",
            "tools": "tool",
            "toolConfig": "tool_config",
            "safetySettings": "safety",
            "systemInstruction": "content",
            "generationConfig": "generation",
            "cachedContent": LEAF,
            "serviceTier": LEAF,
        },
        "content": {"parts": "part", "role": LEAF},
        "part": {
            **dict.fromkeys(("text", "thought", "thoughtSignature", "partMetadata", "mediaResolution"), LEAF),
            **dict.fromkeys(("executableCode", "codeExecutionResult", "videoMetadata"), LEAF),
            "inlineData": "blob",
            "fileData": "file",
            "functionCall": "call",
            "functionResponse": "response",
        },
        "blob": dict.fromkeys(("mimeType", "data", "displayName"), LEAF),
        "file": dict.fromkeys(("mimeType", "fileUri", "displayName"), LEAF),
        "call": dict.fromkeys(("id", "name", "args"), LEAF),
        "response": {**dict.fromkeys(("id", "name", "response", "willContinue", "scheduling"), LEAF), "parts": "part"},
        "tool": {
            "functionDeclarations": "declaration",
            **dict.fromkeys(("googleSearch", "googleSearchRetrieval", "codeExecution", "urlContext"), LEAF),
            **dict.fromkeys(("googleMaps", "computerUse", "fileSearch"), LEAF),
        },
        "declaration": {
            **dict.fromkeys(("name", "description", "behavior", "parametersJsonSchema", "responseJsonSchema"), LEAF),
            "parameters": "schema",
            "response": "schema",
        },
        "tool_config": {"functionCallingConfig": "calling", "retrievalConfig": LEAF},
        "calling": dict.fromkeys(("mode", "allowedFunctionNames"), LEAF),
        "safety": dict.fromkeys(("category", "threshold"), LEAF),
        "generation": {
            **dict.fromkeys(("stopSequences", "responseMimeType", "responseModalities", "candidateCount"), LEAF),
            **dict.fromkeys(("maxOutputTokens", "temperature", "topP", "topK", "seed", "presencePenalty"), LEAF),
            **dict.fromkeys(("frequencyPenalty", "responseLogprobs", "logprobs", "speechConfig"), LEAF),
            **dict.fromkeys(("mediaResolution", "imageConfig", "audioTimestamp", "responseJsonSchema"), LEAF),
            **dict.fromkeys(("_responseJsonSchema", "enableEnhancedCivicAnswers"), LEAF),
            "responseSchema": "schema",
            "thinkingConfig": "thinking",
        },
        "thinking": dict.fromkeys(("includeThoughts", "thinkingBudget", "thinkingLevel"), LEAF),
        "schema": {
            **dict.fromkeys(
                ("type", "format", "title", "description", "nullable", "enum", "maxItems", "minItems"), LEAF
            ),
            **dict.fromkeys(("required", "minProperties", "maxProperties", "minLength", "maxLength", "pattern"), LEAF),
            **dict.fromkeys(("example", "default", "propertyOrdering", "minimum", "maximum"), LEAF),
            "properties": "schemas",
            "items": "schema",
            "anyOf": "schema",
        },
    }
)
"""Kind of message to its fields and their kinds; `schemas` is a map from any name to a schema."""
TYPES = frozenset({"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL", "TYPE_UNSPECIFIED"})


def snake(name: str) -> str:
    """How the server names a field in its errors."""
    return HUMP.sub(lambda found: f"_{found[1].lower()}", name)


def camel(name: str) -> str:
    """The JSON name of a field; both spellings are taken."""
    head, *rest = name.lstrip("_").split("_")
    return ("_" if name.startswith("_") else "") + head + "".join(word[:1].upper() + word[1:] for word in rest)


def understood(value: object, kind: str = "request", where: str = "") -> Any:
    """The message with its fields in their JSON names; raises `RefusedError` for those it does not have."""
    if kind == LEAF:
        return value
    if isinstance(value, list):
        return [understood(item, kind, f"{where}[{place}]") for place, item in enumerate(value)]
    if not isinstance(value, dict):
        raise RefusedError(f"Invalid value at '{where}': expected an object.")
    if kind == "schemas":
        return {name: understood(inner, "schema", f"{where}[{name}]") for name, inner in value.items()}
    fields, found = FIELDS[kind], {}
    for name, inner in value.items():
        known = camel(name)
        if known not in fields:
            spot = f" at '{where}'" if where else ""
            raise RefusedError(f'Invalid JSON payload received. Unknown name "{name}"{spot}: Cannot find field.')
        found[known] = understood(inner, fields[known], f"{where}.{snake(known)}".lstrip("."))
    if kind == "schema":
        check_schema(found, where)
    return found


def check_schema(schema: dict[str, Any], where: str) -> None:
    """A type is one of a few words, choices are texts."""
    kind = schema.get("type")
    if kind is not None and (not isinstance(kind, str) or kind.upper() not in TYPES):
        raise RefusedError(f"Invalid value at '{where}.type' (type.googleapis.com/google.ai.Type), \"{kind}\"")
    for place, choice in enumerate(schema.get("enum") or ()):
        if not isinstance(choice, str):
            raise RefusedError(f"Invalid value at '{where}.enum[{place}]' (TYPE_STRING), {choice}")
    for name in schema.get("required") or ():
        if name not in (schema.get("properties") or {}):
            raise RefusedError(f"* GenerateContentRequest.{where}.required[0]: property is not defined")
