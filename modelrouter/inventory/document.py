"""The tree of a YAML file: texts that know where they stand.

Nothing is converted here: a scalar stays the text that was written, with a note of what a plain
YAML 1.1 reader would have made of it (`no` → false, `1.10` → 1.1), so that each field can read it
as what the field wants.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Self, TypeAlias

import yaml

from modelrouter.inventory.masking import LONGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelrouter.inventory.problems import Path


class Place(NamedTuple):
    """File, line and column, counted from 1."""

    file: str
    line: int
    column: int


class Text(str):
    """A scalar as it was written. `kind` is what YAML 1.1 makes of it: `str`, `bool`, `int`, `null`, …"""

    __slots__ = ("kind", "place")
    kind: str
    place: Place

    def __new__(cls, value: str, kind: str, place: Place) -> Self:
        """Remember kind and place beside the text."""
        text = super().__new__(cls, value)
        text.kind = kind
        text.place = place
        return text


class Entries(dict[str, "Node"]):
    """A mapping; its keys are texts with places of their own."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.keys_at: dict[str, Place] = {}

    def put(self, key: Text, value: Node) -> None:
        """Add an entry; the first one of a name stays."""
        if key not in self:
            self[key] = value
            self.keys_at[key] = key.place


class Items(list["Node"]):
    """A list."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


Node: TypeAlias = Text | Entries | Items


def locate(root: Node, path: Path, *, at_key: bool = False) -> Place:
    """The place of what a path leads to; of the nearest thing above it where the path leads nowhere."""
    node, place = root, root.place
    for step in path:
        child = child_of(node, step)
        key_place = node.keys_at.get(step) if isinstance(node, Entries) and isinstance(step, str) else None
        if child is None:
            return place
        place = key_place or child.place
        node = child
    return place if at_key else node.place


def child_of(node: Node, step: str | int) -> Node | None:
    """What lies one step below; None where nothing does."""
    if isinstance(node, Entries) and isinstance(step, str):
        return node.get(step)
    if isinstance(node, Items) and isinstance(step, int) and 0 <= step < len(node):
        return node[step]
    return None


def misreading(text: Text) -> str:
    """Say what a YAML reader makes of an unquoted text that is more than a text to it."""
    return f"without quotes YAML reads it as {_MISREAD.get(text.kind, _number)(text)}"


def _number(text: Text) -> str:
    if len(text) > LONGEST:
        return "a number"
    try:
        return f"the number {yaml.safe_load(text)}"
    except ValueError:
        return "a number"


_MISREAD: Mapping[str, Callable[[Text], str]] = MappingProxyType(
    {
        "bool": lambda text: str(yaml.safe_load(text)).lower(),
        "null": lambda _: "nothing",
        "timestamp": lambda _: "a date",
        "merge": lambda _: "a merge key",
        "value": lambda _: "a default value",
    }
)
