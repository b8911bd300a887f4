"""YAML, strictly: from text to a tree, with every problem that reading alone can find.

Tags, merge keys, second documents, duplicate keys and complex keys are problems. Sharing by alias is
allowed, but what it adds is counted while the file is read: a bomb is refused before anything is
built from it. The reader walks the parser's events with a stack of its own, so depth costs no recursion.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from modelrouter.inventory.document import Entries, Items, Place, Text, misreading
from modelrouter.inventory.masking import quoted, shown
from modelrouter.inventory.problems import Problem
from modelrouter.inventory.syntax import syntax_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelrouter.inventory.document import Node

DEEPEST = 50  # an inventory is 8 deep
SHARED_MOST = 10_000  # nodes that aliases may add to what is written
STANDARD = "tag:yaml.org,2002:"


class _Refused(Exception):  # noqa: N818 - control flow inside this file: reading on makes no sense
    """Nothing after this point can be read."""


@dataclass(slots=True)
class _Open:
    """A collection that is still being read."""

    node: Entries | Items
    anchor: str | None
    key: Text | None = None
    shared: int = 0
    written: int = 1
    skips: bool = False
    """The value that comes next belongs to no entry: its key was refused."""


@dataclass(slots=True)
class _Reader:
    """Builds the tree from events; one for each document."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[Node | None, int]] = field(default_factory=dict)
    root: Node | None = None

    def place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1) if mark else Place(self.file, 1, 1)

    def report(self, place: Place, message: str, hint: str) -> None:
        self.problems.append(Problem(*place, "", message, hint))

    def refuse(self, place: Place, message: str, hint: str) -> _Refused:
        self.report(place, message, hint)
        return _Refused()

    def awaits_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].node, Entries) and self.stack[-1].key is None

    def take(self, event: yaml.Event) -> None:
        place = self.place(event)
        match event:
            case yaml.DocumentStartEvent():
                if self.root is not None:
                    raise self.refuse(
                        place,
                        "a second document begins here",
                        "Keep one document in a file; join files with `include:`.",
                    )
            case yaml.ScalarEvent():
                self.check_tag(event, place)
                self.take_scalar(event, place)
            case yaml.AliasEvent():
                self.take_alias(event.anchor or "", place)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self.check_tag(event, place)
                self.open(Entries(place) if isinstance(event, yaml.MappingStartEvent) else Items(place), event.anchor)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.close()
            case _:
                pass

    def check_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, place: Place) -> None:
        if event.tag is not None:
            tag = event.tag.replace(STANDARD, "!!")
            self.report(
                place,
                f"the tag {shown(tag)} is not allowed",
                "Write the plain value; an inventory holds data, never objects.",
            )

    def take_scalar(self, event: yaml.ScalarEvent, place: Place) -> None:
        plain = bool(event.implicit[0]) and not event.style
        text = Text(event.value, kind_of(event.value) if plain else "str", place)
        if self.awaits_key():
            self.take_key(self.stack[-1], text)
            return
        self.add(text, written=1)
        if event.anchor:
            self.anchors[event.anchor] = (text, 1)

    def take_key(self, into: _Open, key: Text) -> None:
        into.key = key
        into.skips = True
        if key.kind == "merge":
            self.report(key.place, "merge keys (<<) are not allowed", "YAML 1.2 dropped them; write the keys out.")
        elif key.kind != "str":
            self.report(
                key.place,
                f"the key {shown(key)} is no text: {misreading(key)}",
                f"Write it in quotes{quoted(key)}." if key else "Write a name before the colon.",
            )
        elif key in into.node and isinstance(into.node, Entries):
            first = into.node.keys_at[key].line
            self.report(
                key.place,
                f"the key {shown(key)} stands here a second time; the first is in line {first}",
                "Remove one of them.",
            )
        else:
            into.skips = False

    def take_alias(self, anchor: str, place: Place) -> None:
        if anchor not in self.anchors:
            raise self.refuse(
                place,
                f"there is no anchor for the alias {shown('*' + anchor)}",
                "Define it further up with `&`, or write the value out.",
            )
        if self.awaits_key():
            raise self.refuse(place, "an alias cannot be a key", "Write the name out.")
        node, weight = self.anchors[anchor]
        if node is None:
            raise self.refuse(place, f"the alias {shown('*' + anchor)} contains itself", "Write the value out.")
        self.add(node, shared=weight)
        if self.stack and self.stack[-1].shared > SHARED_MOST:
            raise self.refuse(
                place, f"aliases multiply this file beyond {SHARED_MOST:,} entries", "Write the values out."
            )

    def open(self, node: Entries | Items, anchor: str | None) -> None:
        if len(self.stack) >= DEEPEST:
            raise self.refuse(
                node.place, f"this is nested more than {DEEPEST} levels deep", "An inventory needs eight."
            )
        if self.awaits_key():
            raise self.refuse(
                node.place, "a list or mapping cannot be a key", "Write a name; put text with braces in quotes."
            )
        if anchor:
            self.anchors[anchor] = (None, 0)
        self.stack.append(_Open(node, anchor))

    def close(self) -> None:
        done = self.stack.pop()
        if done.anchor:
            self.anchors[done.anchor] = (done.node, done.written + done.shared)
        self.add(done.node, written=done.written, shared=done.shared)

    def add(self, node: Node, *, written: int = 0, shared: int = 0) -> None:
        if not self.stack:
            self.root = node
            return
        into = self.stack[-1]
        into.written += written
        into.shared += shared
        if isinstance(into.node, Items):
            into.node.append(node)
            return
        if into.key is not None and not into.skips:
            into.node.put(into.key, node)
        into.key = None
        into.skips = False


def read(text: str, file: str) -> tuple[Node | None, list[Problem]]:
    """Read one document; None where there is nothing that could be looked at further."""
    reader = _Reader(file)
    try:
        for event in _events(text):
            reader.take(event)
    except _Refused:
        return None, reader.problems
    except yaml.MarkedYAMLError as error:
        reader.problems.append(syntax_problem(error, text, file))
        return None, reader.problems
    return reader.root, reader.problems


def kind_of(text: str) -> str:
    """What YAML 1.1 makes of an unquoted text: `str`, `bool`, `int`, `null`, …"""
    resolvers = yaml.SafeLoader.yaml_implicit_resolvers.get(text[:1], ())
    return next((tag for tag, pattern in resolvers if pattern.match(text)), STANDARD + "str").removeprefix(STANDARD)


def _events(text: str) -> Iterator[yaml.Event]:
    # libyaml reads ten times faster; the pure reader serves where it was not built.
    yield from yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
