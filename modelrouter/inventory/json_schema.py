"""The JSON Schema for editors: the schema of the file, with facts that may carry their source."""

from __future__ import annotations

from typing import Any

from modelrouter.inventory.schema import File

DIALECT = "https://json-schema.org/draft/2020-12/schema"

# The entries that state facts about the world; a process or a policy states what we want.
_FACTUAL = frozenset(
    {
        "ContractEntry",
        "DeploymentEntry",
        "ExitEntry",
        "LimitsEntry",
        "ModelEntry",
        "PricesEntry",
        "ProviderEntry",
        "ServiceLevelEntry",
        "SuspensionEntry",
        "SwitchingEntry",
        "UpstreamEntry",
    }
)
_KEPT = ("title", "description", "default", "examples", "x-unit")


def json_schema() -> dict[str, Any]:
    """Draft 2020-12, stable order; every key has a description and an example."""
    schema = File.model_json_schema()
    parts = {name: _trimmed(part) for name, part in schema.pop("$defs").items()}
    for name in _FACTUAL:
        parts[name]["properties"] = {key: _fact(value) for key, value in parts[name]["properties"].items()}
    return {
        "$schema": DIALECT,
        **_trimmed(schema),
        "title": "modelrouter inventory",
        "$defs": parts,
    }


def _trimmed(schema: dict[str, Any]) -> dict[str, Any]:
    """Drop what the file does not know: titles made of names, null, and keys beside the pattern of names."""
    trimmed = {word: part for word, part in schema.items() if word != "title"}
    trimmed["properties"] = {key: _trimmed_property(part) for key, part in schema["properties"].items()}
    return trimmed


def _trimmed_property(schema: dict[str, Any]) -> dict[str, Any]:
    trimmed = {word: part for word, part in schema.items() if word != "title"}
    choices = [choice for choice in trimmed.pop("anyOf", []) if choice != {"type": "null"}]
    trimmed |= choices[0] if len(choices) == 1 else {"anyOf": choices} if choices else {}
    if "default" in trimmed and trimmed["default"] is None:
        del trimmed["default"]
    if "patternProperties" in trimmed:
        trimmed["additionalProperties"] = False
    return trimmed


def _fact(schema: dict[str, Any]) -> dict[str, Any]:
    """Allow `{value: …, source: …, as_of: …}` beside the bare value."""
    value = {word: part for word, part in schema.items() if word not in _KEPT}
    sourced = {
        "type": "object",
        "additionalProperties": False,
        "required": ["value"],
        "properties": {
            "value": value,
            "source": {"type": "string", "description": "Where the fact comes from."},
            "as_of": {"type": "string", "format": "date", "description": "When it was true."},
        },
    }
    return {**{word: part for word, part in schema.items() if word in _KEPT}, "anyOf": [value, sourced]}
