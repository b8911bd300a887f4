"""What differs between two inventories, place by place.

Pure: two values in, a value out. A place is written as in the file, `deployments.gpt.limits.rpm`. An entry that is only
in one of the two (a deployment, a process, a policy) is one edit, not one for each of its facts. Secrets are
references in an inventory, and shown as such; the values of headers and query parameters are compared and never shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from modelrouter.core.inventory import Account, Deployment, Model, Provider

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelrouter.core.inventory import Inventory

__all__ = ["Edit", "Fact", "diff", "fingerprint"]

Fact = str | int | float | bool | date | tuple[str, ...]
"""What stands at a place."""

UNSHOWN = "(not shown)"
"""Instead of a value that may be confidential."""

_NAMED = Provider | Model | Deployment
_HIDDEN = frozenset({"headers", "query"})
_DERIVED = frozenset({"stands_on"})
"""What follows from facts that stand elsewhere."""
_WORDS = {"cls": "class"}
_ONE = {
    "providers": "provider",
    "models": "model",
    "deployments": "deployment",
    "processes": "process",
    "upstreams": "upstream",
    "contracts": "contract",
    "aliases": "alias",
    "policies": "policy",
    "regions": "region group",
    "signatures": "signature",
    "access": "access key",
    "sources": "source",
}
"""The sections of an inventory whose members are entries of their own, and what one of them is called."""

_WHOLE = ("entity", "ledger", "telemetry")
"""Those that are one entry each, or nothing."""
_ORDERED = ("policies", "signatures")
_NAMES = ("id", "fact")
"""What values of a list go by, where they go by anything."""

_Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """One difference. `before` is None where it was added, `after` where it was removed.

    Where a whole entry came or went, the value is its facts, by their places within it.
    """

    path: str
    before: Fact | Mapping[str, Fact] | None
    after: Fact | Mapping[str, Fact] | None
    entry: str = ""
    """The entry that it belongs to, such as `process claims`; empty for a fact of the inventory itself."""
    within: str = ""
    """The place within that entry; empty where all of it came or went."""

    @property
    def kind(self) -> Literal["added", "removed", "changed"]:
        """What happened to it."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    def __str__(self) -> str:
        """A sentence for people."""
        subject = " ".join(part for part in (self.entry, self.within) if part) or self.path
        if self.kind == "changed":
            return f"{subject}: {_shown(self.before)} → {_shown(self.after)}"
        value = self.before if self.after is None else self.after
        told = _described(value) if isinstance(value, Mapping) else _shown(value)
        return f"{subject} {self.kind}" + (f": {told}" if told else "")


def diff(before: Inventory, after: Inventory) -> tuple[Edit, ...]:
    """Everything that differs but the place of the files, in the order of the sections; empty where nothing does."""
    old, new = _entries(before), _entries(after)
    edits: list[Edit] = []
    for key in [*old, *(key for key in new if key not in old)]:
        section, name = key
        entry = f"{_ONE[section]} {name}" if name else section if section in _WHOLE else ""
        path = ".".join(part for part in key if part)
        if name and (key not in old or key not in new):
            one, other = old.get(key), new.get(key)
            edits.append(
                Edit(path, None if one is None else _open(one), None if other is None else _open(other), entry)
            )
        else:
            edits += _changes(path, entry, old.get(key, {}), new.get(key, {}))
    return (*edits, *_reordered(before, after))


def fingerprint(inventory: Inventory) -> str:
    """Twelve hexadecimal digits that differ where `diff` finds a difference, for telling inventories apart at a glance."""
    entries = _entries(inventory)
    facts = sorted((*key, *place, repr(fact)) for key, entry in entries.items() for place, fact in entry.items())
    ordered = [[each.id for each in getattr(inventory, section)] for section in _ORDERED]
    return hashlib.sha256(repr((sorted(entries), facts, ordered)).encode()).hexdigest()[:12]


def _changes(path: str, entry: str, old: Mapping[_Path, Fact], new: Mapping[_Path, Fact]) -> Iterator[Edit]:
    for place in [*old, *(place for place in new if place not in old)]:
        if old.get(place) == new.get(place):
            continue
        within = ".".join(place)
        before, after = (_guarded(place, facts[place]) if place in facts else None for facts in (old, new))
        yield Edit(".".join(part for part in (path, within) if part), before, after, entry, within)


def _entries(inventory: Inventory) -> dict[tuple[str, str], dict[_Path, Fact]]:
    """Every entry of every section with its facts, and what is said of the inventory itself under the name ''."""
    found: dict[tuple[str, str], dict[_Path, Fact]] = {("inventory", ""): {(): inventory.name}}
    for section in _WHOLE:
        if (held := getattr(inventory, section)) is not None:
            found[section, ""] = dict(_facts(held, ()))
    for section in _ONE:
        held = getattr(inventory, section)
        named = held if isinstance(held, Mapping) else _by_name(held)
        for name, value in named.items():
            found[section, name] = dict(_facts(value, ()))
    return found


def _reordered(before: Inventory, after: Inventory) -> Iterator[Edit]:
    """Sections whose entries stay and stand in another order; where the first that fits decides, that is news."""
    for section in _ORDERED:
        old, new = ([each.id for each in getattr(inventory, section)] for inventory in (before, after))
        kept = tuple(name for name in old if name in new)
        moved = tuple(name for name in new if name in old)
        if kept != moved:
            yield Edit(f"{section}.order", kept, moved, within=f"order of the {section}")


def _by_name(values: tuple[Any, ...]) -> dict[str, Any]:
    """Values under their names, or their places where they have none; a name that comes again gets its number."""
    named: dict[str, Any] = {}
    for place, value in enumerate(values, 1):
        name = next((getattr(value, each) for each in _NAMES if hasattr(value, each)), str(place))
        again = sum(1 for other in named if other.partition("#")[0] == name)
        named[f"{name}#{again + 1}" if again else name] = value
    return named


def _facts(value: Any, path: _Path) -> Iterator[tuple[_Path, Fact]]:
    """What a value states, place by place; what it only refers to is its name."""
    if value is None:
        return
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _facts(each, (*path, name))
    elif is_dataclass(value):
        for field in fields(value):
            if field.name in _DERIVED:
                continue
            yield from _facts(_referred(getattr(value, field.name)), (*path, _word(field.name)))
    elif isinstance(value, frozenset):
        yield path, tuple(sorted(value))
    elif isinstance(value, tuple) and value and is_dataclass(value[0]):
        yield from _facts(_by_name(value), path)
    else:
        yield path, value


def _referred(value: Any) -> Any:
    if isinstance(value, _NAMED):
        return value.id
    if isinstance(value, Account):
        return value.name
    if isinstance(value, tuple):
        return tuple(each.id if isinstance(each, _NAMED) else each for each in value)
    return value


def _word(field: str) -> str:
    """The word of the file for a field: durations are written with their unit there."""
    return _WORDS.get(field) or field.removesuffix("_s")


def _guarded(place: _Path, fact: Fact) -> Fact:
    return UNSHOWN if _HIDDEN.intersection(place) else fact


def _open(entry: Mapping[_Path, Fact]) -> dict[str, Fact]:
    return {".".join(place): _guarded(place, fact) for place, fact in entry.items()}


_TELLING = ("", "model", "provider", "url", "region", "company", "developer", "criticality", "routes", "cause", "text")
"""The facts that tell a reader which entry it is."""


def _described(entry: Mapping[str, Fact]) -> str:
    return ", ".join(_shown(entry[place]) for place in _TELLING if entry.get(place))


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return f"{value:g}" if isinstance(value, float) else "nothing" if value is None else str(value)
