"""What vendors demand of a schema that they are to enforce."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelrouter.drills.twins.asked import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

HOLDERS = ("properties", "$defs", "definitions")
"""Keywords whose members are schemas by name."""


def schemas(schema: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """The schema and every one inside it, with the way there."""
    if not isinstance(schema, dict):
        return
    yield path, schema
    for holder in HOLDERS:
        for name, inner in (schema.get(holder) or {}).items():
            yield from schemas(inner, (*path, holder, name))
    for name in ("items", "additionalProperties"):
        yield from schemas(schema.get(name), (*path, name))
    for name in ("anyOf", "oneOf", "allOf"):
        for place, inner in enumerate(schema.get(name) or ()):
            yield from schemas(inner, (*path, name, str(place)))


def is_object(schema: dict[str, Any]) -> bool:
    """The schema describes an object."""
    kind = schema.get("type")
    return kind == "object" or (isinstance(kind, list) and "object" in kind) or "properties" in schema


def check_strict(schema: dict[str, Any], of: str) -> None:
    """OpenAI's strict mode: objects are closed and have all their properties, and the root is an object."""
    if schema.get("type") != "object":
        raise RefusedError(f"Invalid schema for {of}: schema must be a JSON Schema of 'type: \"object\"'.")
    for path, found in schemas(schema):
        if not is_object(found):
            continue
        if found.get("additionalProperties") is not False:
            raise RefusedError(
                f"Invalid schema for {of}: In context={path}, 'additionalProperties' is required to be supplied and to "
                "be false."
            )
        missing = sorted((found.get("properties") or {}).keys() - set(found.get("required") or ()))
        if missing:
            raise RefusedError(
                f"Invalid schema for {of}: In context={path}, 'required' is required to be supplied and to be an array "
                f"including every key in properties. Missing '{missing[0]}'."
            )


UNENFORCED = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength")


def check_closed(schema: dict[str, Any], where: str) -> None:
    """Anthropic's structured output: objects are closed, bounds of numbers and texts are not known."""
    for _, found in schemas(schema):
        if is_object(found) and found.get("additionalProperties") is not False:
            raise RefusedError(f"{where}: For 'object' type, 'additionalProperties' must be explicitly set to false")
        if named := [word for word in UNENFORCED if word in found]:
            raise RefusedError(f"{where}: For '{found.get('type')}' type, property '{named[0]}' is not supported")
