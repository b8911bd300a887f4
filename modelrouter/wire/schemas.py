"""JSON Schemas cut down to what a target enforces.

A constraint that the target cannot enforce is moved into the description, where the model may still
heed it, and named among the losses: who needs it must check the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelrouter.wire import json_text
from modelrouter.wire.conversation import UnportableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KEPT = frozenset({"type", "description", "title", "enum", "const", "required"})
_LISTS = {"anyOf": "anyOf", "oneOf": "anyOf", "allOf": "allOf"}
"""Lists of schemas, and what they become; one of several exclusive ones is one of several."""
_NAMED = {"properties": "properties", "$defs": "$defs", "definitions": "$defs"}
"""Schemas by name, and where they go; the older word for definitions leaves references dangling."""
_SILENT = frozenset(
    {"$schema", "$id", "$comment", "default", "examples", "deprecated", "readOnly", "writeOnly", "additionalProperties"}
)
"""Annotations, which constrain nothing, and what `_cut` looks at by itself."""
_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"})


@dataclass(frozen=True, slots=True)
class Cut:
    """A schema that the target takes, and the constraints that it lost."""

    schema: Mapping[str, Any]
    losses: tuple[str, ...]


def cut(schema: Mapping[str, Any]) -> Cut:
    """Cut a schema down to what Anthropic's structured outputs enforce.

    Keywords and formats are those that Anthropic's own client library keeps. Objects take no properties
    beyond those named.

    Raises:
        UnportableError: the schema refers to itself, or beyond itself.
    """
    for reference in _references(schema):
        if reference == "#":
            raise UnportableError("the schema refers to itself")
        if not reference.startswith("#/"):
            raise UnportableError(f"the schema refers to {reference!r}")
    _check_recursion(schema)
    losses: dict[str, None] = {}
    return Cut(_cut(schema, losses), tuple(losses))


def _cut(schema: Any, losses: dict[str, None]) -> Any:
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        definitions = {word: schema[word] for word in ("$defs", "definitions") if word in schema}
        return {**_cut(definitions, losses), "$ref": schema["$ref"].replace("#/definitions/", "#/$defs/")}
    kept: dict[str, Any] = {}
    lost: dict[str, Any] = {}
    for word, value in schema.items():
        if word in _KEPT or (word == "minItems" and value in (0, 1)) or (word == "format" and value in _FORMATS):
            kept[word] = value
        elif word in _LISTS and isinstance(value, list):
            kept[_LISTS[word]] = [_cut(variant, losses) for variant in value]
        elif word in _NAMED and isinstance(value, dict):
            kept.setdefault(_NAMED[word], {}).update((name, _cut(inner, losses)) for name, inner in value.items())
        elif word == "items":
            kept[word] = _cut(value, losses)
        elif word not in _SILENT:
            lost[word] = value
    if schema.get("additionalProperties") not in (None, False):
        lost["additionalProperties"] = schema["additionalProperties"]
    if "properties" in kept or "object" in _types(schema):
        kept["additionalProperties"] = False
    if lost:
        losses.update(dict.fromkeys(lost))
        notes = ", ".join(f"{word}: {json_text.text(value)}" for word, value in lost.items())
        kept["description"] = "\n\n".join(filter(None, (kept.get("description"), f"{{{notes}}}")))
    return kept


def _types(schema: Mapping[str, Any]) -> list[Any]:
    types = schema.get("type")
    return types if isinstance(types, list) else [types]


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(reference := schema.get("$ref"), str):
            yield reference
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _check_recursion(schema: Mapping[str, Any]) -> None:
    """Follow the references between definitions; one that comes back to where it started never ends."""
    inner = {
        f"#/{group}/{name}": set(_references(definition))
        for group in ("$defs", "definitions")
        for name, definition in _object(schema.get(group)).items()
    }
    while inner:
        leaves = {name for name, references in inner.items() if not references & inner.keys()}
        if not leaves:
            raise UnportableError("the schema refers to itself")
        inner = {name: references for name, references in inner.items() if name not in leaves}


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
