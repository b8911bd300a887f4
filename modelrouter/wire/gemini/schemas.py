"""Schemas: Google's older form, which follows OpenAPI, and what its models take of JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
from modelrouter.wire.gemini.members import camel
from modelrouter.wire.schemas import Cut

if TYPE_CHECKING:
    from collections.abc import Mapping

_COUNTS = frozenset({"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"})
"""Whole numbers, which Google writes as texts."""
_WORDS_OF_TYPES = frozenset({"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"})
_RENAMED = {"defs": "$defs", "ref": "$ref", "example": "examples"}


def from_open_api(schema: Any) -> Any:
    """Write Google's own form of a schema as JSON Schema; what it has not in common stays as it is."""
    if not isinstance(schema, dict):
        return schema
    told: dict[str, Any] = {}
    for spelled, value in schema.items():
        word = camel(spelled)
        word = _RENAMED.get(word, word)
        if value is None or word == "nullable":
            continue
        if word in {"properties", "$defs"} and isinstance(value, dict):
            told[word] = {name: from_open_api(inner) for name, inner in value.items()}
        elif word in {"items", "additionalProperties"}:
            told[word] = from_open_api(value)
        elif word in {"anyOf", "oneOf", "allOf", "prefixItems"} and isinstance(value, list):
            told[word] = [from_open_api(inner) for inner in value]
        elif word == "examples":
            told[word] = [value]
        elif word == "type":
            told.update(_type(value))
        elif word in _COUNTS and isinstance(value, str) and value.isdecimal():
            told[word] = int(value)
        else:
            told[word] = value
    order = told.pop("propertyOrdering", None)
    if isinstance(order, list) and isinstance(told.get("properties"), dict):
        told["properties"] = _ordered(told["properties"], order)
    return _nullable(told) if schema.get("nullable") is True else told


def _ordered(properties: dict[str, Any], order: list[Any]) -> dict[str, Any]:
    """Put members into the order that Google's form states beside them; elsewhere the order is their own."""
    first = {name: properties[name] for name in order if name in properties}
    return {**first, **properties}


def _type(word: Any) -> dict[str, Any]:
    if isinstance(word, str) and word.upper() == "TYPE_UNSPECIFIED":
        return {}
    return {"type": word.lower() if isinstance(word, str) and word.upper() in _WORDS_OF_TYPES else word}


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if isinstance(kind := schema.get("type"), str):
        values = {"enum": [*schema["enum"], None]} if None not in schema.get("enum", [None]) else {}
        return {**schema, "type": [kind, "null"], **values}
    if isinstance(schema.get("anyOf"), list):
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    return schema


_KEPT = frozenset(
    {"$id", "$ref", "$anchor", "type", "format", "title", "description", "enum", "minItems", "maxItems"}
    | {"minimum", "maximum", "required", "propertyOrdering"}
)
_LISTS = {"anyOf": "anyOf", "oneOf": "anyOf", "prefixItems": "prefixItems"}
_NAMED = {"properties": "properties", "$defs": "$defs", "definitions": "$defs"}
_SINGLE = frozenset({"items", "additionalProperties"})
_SILENT = frozenset({"$schema", "$comment", "default", "examples", "deprecated", "readOnly", "writeOnly"})
"""Annotations, which constrain nothing."""


def cut(schema: Mapping[str, Any]) -> Cut:
    """Cut a JSON Schema down to the keywords that the API's reference lists for `responseJsonSchema`.

    A constraint that it leaves out goes into the description, where the model may still heed it. References may be
    circular: the API follows them so far.
    """
    losses: dict[str, None] = {}
    return Cut(_cut(schema, losses), tuple(losses))


def _cut(schema: Any, losses: dict[str, None]) -> Any:
    if not isinstance(schema, dict):
        return schema
    schema = _plain(schema)
    kept: dict[str, Any] = {}
    lost: dict[str, Any] = {}
    for word, value in schema.items():
        if word == "$ref" and isinstance(value, str):
            kept[word] = value.replace("#/definitions/", "#/$defs/")
        elif word in _KEPT:
            kept[word] = value
        elif word in _LISTS and isinstance(value, list):
            kept[_LISTS[word]] = [_cut(variant, losses) for variant in value]
        elif word in _NAMED and isinstance(value, dict):
            kept.setdefault(_NAMED[word], {}).update((name, _cut(inner, losses)) for name, inner in value.items())
        elif word in _SINGLE:
            kept[word] = _cut(value, losses)
        elif word not in _SILENT:
            lost[word] = value
    losses.update(dict.fromkeys(lost))
    if "$ref" in kept:  # beside a reference nothing may stand but what begins with a dollar sign
        return {word: value for word, value in kept.items() if word.startswith("$")}
    if lost:
        notes = ", ".join(f"{word}: {json_text.text(value)}" for word, value in lost.items())
        kept["description"] = "\n\n".join(filter(None, (kept.get("description"), f"{{{notes}}}")))
    return kept


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Say in keywords that are kept what others say too: one value, one of one, all of one."""
    if "const" in schema and "enum" not in schema:
        schema = {**{word: value for word, value in schema.items() if word != "const"}, "enum": [schema["const"]]}
    alone = schema.get("allOf")
    if (
        isinstance(alone, list)
        and len(alone) == 1
        and isinstance(alone[0], dict)
        and not alone[0].keys() & schema.keys()
    ):
        schema = {**{word: value for word, value in schema.items() if word != "allOf"}, **alone[0]}
    return schema
