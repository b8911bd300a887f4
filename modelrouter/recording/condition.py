"""How a ledger is, as a value."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Condition"]


class Condition(NamedTuple):
    """How a router's ledger is, for those who watch it."""

    origin: str
    """Of the shard that it writes; empty before anything was recorded."""
    entries: int
    """How many the shard is known to have."""
    waiting: int
    """Entries that are not durable yet."""
    lost: int
    """Entries that were given up since the process began."""
    trouble: str | None
    """Why nothing becomes durable now, and what to do."""
    outside: tuple[str, ...] = ()
    """What is wrong with places that keep copies: anchors, PostgreSQL."""
    refuses: bool = False
    """Nothing is served while there is trouble."""
    behind: int = 0
    """Entries that PostgreSQL has not yet."""
