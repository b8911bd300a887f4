"""A value that satisfies a JSON schema: what a well-behaved model would write."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEEPEST = 8
"""References nest no further; schemas of answers rarely pass 3."""

FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "date": "2026-11-23",
        "date-time": "2026-11-23T08:00:00Z",
        "time": "08:00:00Z",
        "email": "twin@example.com",
        "uri": "https://example.com/",
        "uuid": "70f1e000-0000-4000-8000-000000000000",
    }
)


def example(schema: object, root: dict[str, Any] | None = None, depth: int = 0) -> Any:
    """The plainest value that fits; simple schemas are met, patterns and conditions are not looked at."""
    if not isinstance(schema, dict) or depth > DEEPEST:
        return None
    root = schema if root is None else root
    inner = elsewhere(schema, root)
    if inner is not None:
        return example(inner, root, depth + 1)
    fixed = [schema[name] for name in ("const", "default") if name in schema] + list(schema.get("enum") or ())
    return fixed[0] if fixed else TYPES.get(type_of(schema), nothing)(schema, root, depth)


def elsewhere(schema: dict[str, Any], root: dict[str, Any]) -> object:
    """The schema that this one refers to or is composed of; None where it speaks for itself."""
    if "$ref" in schema:
        return resolved(str(schema["$ref"]), root)
    if "allOf" in schema:
        return merged(schema["allOf"], root)
    return next((first(schema[name]) for name in ("anyOf", "oneOf") if schema.get(name)), None)


def resolved(reference: str, root: dict[str, Any]) -> object:
    """The part of the document that a local reference points at."""
    found: object = root
    for step in reference.removeprefix("#/").split("/"):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def merged(parts: list[Any], root: dict[str, Any]) -> dict[str, Any]:
    """All parts of an `allOf` in one object schema."""
    whole: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    for part in parts:
        plain = resolved(str(part["$ref"]), root) if isinstance(part, dict) and "$ref" in part else part
        if isinstance(plain, dict):
            whole |= plain
            properties |= plain.get("properties") or {}
    return {**whole, **({"properties": properties} if properties else {})}


def first(choices: list[Any]) -> object:
    """The first choice that is not null."""
    return next((choice for choice in choices if not (isinstance(choice, dict) and choice.get("type") == "null")), None)


def type_of(schema: dict[str, Any]) -> str:
    """The schema's type, guessed from its other words where it is not named."""
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((name for name in kind if name != "null"), "null")
    return str(kind) if kind else "object" if "properties" in schema else "array" if "items" in schema else "string"


def an_object(schema: dict[str, Any], root: dict[str, Any], depth: int) -> dict[str, Any]:
    """Every property, required or not, except where that would never end."""
    required = set(schema.get("required") or ())
    return {
        name: example(part, root, depth + 1)
        for name, part in (schema.get("properties") or {}).items()
        if depth < DEEPEST // 2 or name in required
    }


def an_array(schema: dict[str, Any], root: dict[str, Any], depth: int) -> list[Any]:
    """As few items as allowed, one where nothing is said; none where depth runs out."""
    least = schema.get("minItems", 1 if depth < DEEPEST // 2 else 0)
    return [example(schema.get("items") or {}, root, depth + 1) for _ in range(least)]


def a_string(schema: dict[str, Any], _root: dict[str, Any], _depth: int) -> str:
    """A text of the named format, or of a length between the bounds."""
    text = FORMATS.get(str(schema.get("format")), "twin")
    longest = schema.get("maxLength", max(len(text), schema.get("minLength", 0)))
    return text.ljust(schema.get("minLength", 0), "x")[:longest]


def a_number(schema: dict[str, Any], _root: dict[str, Any], _depth: int) -> int | float:
    """A number within the bounds, 1 where there are none."""
    step: int | float = schema.get("multipleOf", 1)
    least: int | float = schema.get("minimum", schema.get("exclusiveMinimum", min(step, 1) - step) + step)
    most: int | float = schema.get("maximum", schema.get("exclusiveMaximum", least + step) - step)
    return min(-(-least // step) * step, most // step * step)


def a_boolean(_schema: dict[str, Any], _root: dict[str, Any], _depth: int) -> bool:
    """Yes."""
    return True


def nothing(_schema: dict[str, Any], _root: dict[str, Any], _depth: int) -> Any:
    """Null, and every type that JSON does not know."""
    return None


TYPES: Mapping[str, Callable[[dict[str, Any], dict[str, Any], int], Any]] = MappingProxyType(
    {
        "object": an_object,
        "array": an_array,
        "string": a_string,
        "number": a_number,
        "integer": a_number,
        "boolean": a_boolean,
    }
)
