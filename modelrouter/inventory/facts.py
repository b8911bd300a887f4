"""Facts with a source: `headquarters: {value: US, source: annual report, as_of: 2026-03-31}`.

They are taken out of the tree before the schema reads it, so that no field needs to know of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pydantic_core import PydanticCustomError

from modelrouter.core.inventory import Source
from modelrouter.inventory.document import Entries, Items, Text
from modelrouter.inventory.fields import read_day, read_text
from modelrouter.inventory.masking import shown
from modelrouter.inventory.problems import Finding, dotted
from modelrouter.inventory.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelrouter.inventory.document import Node
    from modelrouter.inventory.problems import Path

T = TypeVar("T")

FACT_KEYS = ("value", "source", "as_of")
FREE = frozenset({"accounts", "headers", "query", "scores"})  # their keys are the writer's own
SHALLOWEST = 3  # section, id, fact


class Bare(NamedTuple):
    """A tree without sources, and the sources by dotted path."""

    tree: Entries
    sources: dict[str, Source]
    findings: list[Finding]


def unwrap(root: Entries) -> Bare:
    """Replace every fact by its value."""
    bare = Bare(Entries(root.place), {}, [])
    for key, node in root.items():
        bare.tree.put(Text(key, "str", root.keys_at[key]), _unwrapped(node, (key,), bare))
    return bare


def _unwrapped(node: Node, path: Path, bare: Bare) -> Node:
    if isinstance(node, Entries) and "value" in node and len(path) >= SHALLOWEST and path[-1] not in FREE:
        _note(node, path, bare)
        return _unwrapped(node["value"], path, bare)
    if isinstance(node, Entries):
        entries = Entries(node.place)
        for key, value in node.items():
            entries.put(Text(key, "str", node.keys_at[key]), _unwrapped(value, (*path, key), bare))
        return entries
    if isinstance(node, Items):
        items = Items(node.place)
        items.extend(_unwrapped(item, (*path, index), bare) for index, item in enumerate(node))
        return items
    return node


def _note(fact: Entries, path: Path, bare: Bare) -> None:
    bare.findings.extend(
        Finding((*path, key), f"there is no key {shown(key)} here", did_you_mean(key, FACT_KEYS), at_key=True)
        for key in fact
        if key not in FACT_KEYS
    )
    source = _read(fact, "source", read_text, path, bare)
    as_of = _read(fact, "as_of", read_day, path, bare)
    if source is not None or as_of is not None:
        bare.sources[dotted(path)] = Source(source=source, as_of=as_of)


def _read(fact: Entries, key: str, read: Callable[[object], T], path: Path, bare: Bare) -> T | None:
    if key not in fact:
        return None
    try:
        return read(fact[key])
    except PydanticCustomError as error:
        context = error.context or {}
        bare.findings.append(Finding((*path, key), context["message"], context["hint"]))
        return None
