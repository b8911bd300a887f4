"""One short name for what an inventory says: two that say the same have the same, however they are written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from modelrouter.core.inventory import Deployment, Model, Provider

if TYPE_CHECKING:
    from modelrouter.core.inventory import Inventory

__all__ = ["fingerprint"]

ASIDE = frozenset({"path", "files", "sources"})
"""Where a fact stands and who told it changes nothing about what is rehearsed."""


def fingerprint(inventory: Inventory) -> str:
    """`sha256:` and 64 digits over every fact; file names, comments, order of keys and sources aside."""
    facts = {each.name: _section(getattr(inventory, each.name)) for each in fields(inventory) if each.name not in ASIDE}
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _section(value: object) -> Any:
    """The things of a section with all their facts; what they refer to is named."""
    if isinstance(value, Mapping):
        return {str(name): _expanded(each) for name, each in value.items()}
    return _plain(value)


def _expanded(value: object) -> Any:
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    return _plain(value)


def _plain(value: object) -> Any:
    match value:
        case Deployment() | Model() | Provider():
            return value.id
        case Mapping():
            return {str(name): _plain(each) for name, each in value.items()}
        case frozenset() | set():
            return sorted(map(str, value))
        case list() | tuple():
            return [_plain(each) for each in value]
        case date():
            return value.isoformat()
        case _:
            return _expanded(value) if is_dataclass(value) else value
