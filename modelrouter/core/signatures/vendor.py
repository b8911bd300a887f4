"""A vendor whose error dialect has a table of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelrouter.core.signatures.rule import Rule


@dataclass(frozen=True, slots=True)
class Vendor:
    """A dialect: its name, what else it is called, and its rules in reading order."""

    name: str
    aliases: tuple[str, ...]
    rules: tuple[Rule, ...]
