"""The tools of a request, and the one kind of tool that every wire has: a function with arguments.

A tool in a namespace is called by both names joined; a tool that takes free text is a function of one text, and its
grammar is told to the model, which nobody holds to it. `by_name` finds the way back from a call to what was declared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelrouter.wire.conversation import Tool
from modelrouter.wire.openai_responses.members import entries, kind_of
from modelrouter.wire.tool_names import EVERYWHERE, conformed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

CARRIED = frozenset({"function", "custom", "namespace"})
"""Types of tools that the caller itself runs, and that any model can be told of."""

INPUT = "input"
"""The one argument of a function that stands for a tool that takes free text."""

_FREE_TEXT = {
    "type": "object",
    "properties": {INPUT: {"type": "string", "description": "The whole input of the tool, as plain text."}},
    "required": [INPUT],
    "additionalProperties": False,
}
_ADDING = frozenset({"additional_tools", "tool_search_output"})
"""Items that bring tools into a conversation under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A tool that the caller runs, by the name under which every target knows it."""

    name: str
    own: str
    """Its name in the request."""
    namespace: str | None
    is_custom: bool
    entry: Mapping[str, Any]


def declarations(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """List the entries of all tools that a request declares, wherever it does."""
    adding = (item for item in entries(body.get("input")) if kind_of(item) in _ADDING)
    return [entry for place in (body, *adding) for entry in _tools(place)]


def _tools(place: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (entry for entry in entries(place.get("tools")) if isinstance(entry, dict))


def by_name(body: Mapping[str, Any]) -> Mapping[str, Declared]:
    """Say which names stand for which of the tools that the caller runs; the first of two that are the same counts."""
    plain = [entry for entry in declarations(body) if kind_of(entry) in {"function", "custom"}]
    table: dict[str, Declared] = {}
    for entry in plain:
        if isinstance(entry.get("name"), str):
            table.setdefault(entry["name"], _declared(entry["name"], None, entry))
    for space, entry in _members(declarations(body)):
        name = joined(space, entry["name"])
        known = table.get(name)
        if known is not None and (known.namespace, known.own) != (space, entry["name"]):
            name = conformed(f"{space}.{entry['name']}")
        table.setdefault(name, _declared(name, space, entry))
    return table


def _members(declared: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for space in declared:
        if space.get("type") == "namespace" and isinstance(space.get("name"), str):
            for entry in _tools(space):
                if kind_of({"type": "function", **entry}) in {"function", "custom"} and isinstance(
                    entry.get("name"), str
                ):
                    yield space["name"], entry


def _declared(name: str, namespace: str | None, entry: Mapping[str, Any]) -> Declared:
    return Declared(
        name=name, own=entry["name"], namespace=namespace, is_custom=entry.get("type") == "custom", entry=entry
    )


def joined(namespace: str | None, name: str) -> str:
    """Join the names of a namespace and a tool in it to one that every target accepts."""
    if not namespace:
        return name
    between = "" if namespace.endswith("_") else "__"
    return EVERYWHERE.fit(f"{namespace}{between}{name}")


def name_of(table: Mapping[str, Declared], namespace: str | None, name: str) -> str:
    """Say by which name a tool is known that an earlier call names, whether or not it is still declared."""
    if not namespace:
        return name
    found = (known.name for known in table.values() if (known.namespace, known.own) == (namespace, name))
    return next(found, joined(namespace, name))


def neutral(tool: Declared) -> Tool:
    """Give a tool as other wires know it."""
    description = tool.entry.get("description")
    if tool.is_custom:
        return Tool(name=tool.name, description=_with_grammar(description, tool.entry.get("format")), schema=_FREE_TEXT)
    return Tool(
        name=tool.name,
        description=description,
        schema=tool.entry.get("parameters") or {"type": "object", "properties": {}},
        strict=tool.entry.get("strict") is True,
    )


def has_grammar(tool: Declared) -> bool:
    """Whether the tool demands a form of its text, which no other wire enforces."""
    wanted = tool.entry.get("format")
    return tool.is_custom and isinstance(wanted, dict) and wanted.get("type") == "grammar"


def _with_grammar(description: str | None, wanted: Any) -> str | None:
    if not isinstance(wanted, dict) or wanted.get("type") != "grammar":
        return description
    grammar = f"The input must match this {wanted.get('syntax')} grammar:\n{wanted.get('definition')}"
    return "\n\n".join(filter(None, (description, grammar)))


def free_text(arguments: Mapping[str, Any]) -> str | None:
    """Give the text that a call of a function of one text carries; None where it carries none."""
    text = arguments.get(INPUT)
    if isinstance(text, str):
        return text
    texts = [value for value in arguments.values() if isinstance(value, str)]
    return texts[0] if len(arguments) == len(texts) == 1 else None
