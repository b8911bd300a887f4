"""Which JSON Schemas OpenAI enforces to the letter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

DEEPEST = 10
PROPERTIES = 5000
WORDS = 1000
"""Levels of nesting, properties, and values of enumerations that one schema may have."""

_REFUSED = frozenset(
    {"allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties"}
    | {"propertyNames", "unevaluatedProperties", "unevaluatedItems", "contains", "prefixItems"}
)


def is_strict(schema: Mapping[str, Any]) -> bool:
    """Whether the API takes a schema as strict: every object names all its properties, demands each and takes no others."""
    if schema.get("type") != "object" or "anyOf" in schema:
        return False
    counted = _Counted()
    return _fits(schema, 1, counted) and counted.properties <= PROPERTIES and counted.words <= WORDS


@dataclass(slots=True)
class _Counted:
    properties: int = 0
    words: int = 0


def _fits(schema: Any, depth: int, counted: _Counted) -> bool:
    if not isinstance(schema, dict) or _REFUSED & schema.keys():
        return False
    counted.words += len(schema.get("enum") or ())
    inner = [*(schema.get("anyOf") or ()), *(schema.get("$defs") or schema.get("definitions") or {}).values()]
    if "items" in schema:
        inner.append(schema["items"])
    kinds = schema.get("type")
    if kinds == "object" or (isinstance(kinds, list) and "object" in kinds) or "properties" in schema:
        properties = schema.get("properties") or {}
        if schema.get("additionalProperties") is not False or set(schema.get("required") or ()) != properties.keys():
            return False
        counted.properties += len(properties)
        if properties and depth > DEEPEST:
            return False
        inner += properties.values()
        depth += 1
    return all(_fits(each, depth, counted) for each in inner)
