"""A shard's tables, and what can be read of them.

`entries` has a row for each entry, `hashes` the roots of every complete 256, 65,536, … leaves, so that any node of the tree costs at
most 256 hashes, `facts` what is known by name; the head is one of them.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from modelrouter.ledger import chain
from modelrouter.ledger.canonical import NoCanonicalFormError
from modelrouter.ledger.entry import MalformedError, Sealed
from modelrouter.ledger.merkle import START, leaf_hash
from modelrouter.ledger.tiles import HEIGHT, WIDTH, nodes_in
from modelrouter.ledger.trouble import damaged, explained

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from modelrouter.ledger.chain import Head
    from modelrouter.ledger.merkle import Nodes

__all__ = ["APPLICATION", "HEAD", "SCHEMA", "VERSION", "Levels", "Tables"]

APPLICATION = 0x6D726C67
"""In the file's header: what program it belongs to (`mrlg`)."""
VERSION = 1
"""Of the tables."""
HEAD = "head"
BLOCK = 500
"""Rows that are read at a time: between two blocks nothing is held open."""
SCHEMA = (
    "CREATE TABLE entries (number INTEGER PRIMARY KEY, raw BLOB NOT NULL, fields BLOB NOT NULL, leaf BLOB NOT NULL)",
    "CREATE TABLE hashes (level INTEGER, place INTEGER, hash BLOB NOT NULL, PRIMARY KEY (level, place)) WITHOUT ROWID",
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
)
COLUMNS = "number, ifnull(CAST(raw AS BLOB), x''), ifnull(CAST(fields AS BLOB), x''), ifnull(CAST(leaf AS BLOB), x'')"
"""A column takes values of any type: whoever bent one may have written text, or left nothing."""

Levels = list[list[bytes]]
"""Of each level of tiles, from the leaves upwards, the hashes of its last, partial tile."""


class Tables:
    """What can be read of a shard, on the thread that opened the connection. Every method may raise LedgerError."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """Errors of the database in words."""
        try:
            yield
        except sqlite3.Error as error:
            raise explained(error, self.path) from error

    def _all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._explaining():
            return self._connection.execute(query, values).fetchall()

    def _number(self, query: str, *values: object) -> int | None:
        with self._explaining():
            row = self._connection.execute(query, values).fetchone()
        return None if row is None or row[0] is None else int(row[0])

    @property
    def size(self) -> int:
        """How many entries there are, by the number of the last."""
        last = self._number("SELECT max(number) FROM entries")
        return 0 if last is None else last + 1

    def rows(self, first: int = 0, last: int | None = None) -> Iterator[Sealed]:
        """The entries from one number to another, both counted; to the end where there is no other."""
        query = f"SELECT {COLUMNS} FROM entries WHERE number BETWEEN ? AND ? ORDER BY number LIMIT ?"  # noqa: S608 - a constant
        end = (1 << 62) if last is None else last
        while first <= end:
            with self._explaining():
                found = self._connection.execute(query, (first, end, BLOCK)).fetchall()
            yield from map(Sealed._make, found)
            if len(found) < BLOCK:
                return
            first = found[-1][0] + 1

    def get(self, name: str) -> bytes | None:
        """What is known under a name."""
        found = self._all("SELECT ifnull(CAST(value AS BLOB), x'') FROM facts WHERE name = ?", name)
        return found[0][0] if found else None

    def names(self, beginning: str, most: int = -1) -> list[str]:
        """The names of facts that begin so, in order: the first so many of them, or all."""
        return [name for name, _ in self.sizes(beginning, most)]

    def sizes(self, beginning: str, most: int = -1) -> list[tuple[str, int]]:
        """As `names`, each with the bytes that are kept under it, which are not read for that."""
        query = "SELECT name, length(value) FROM facts WHERE name >= ? AND name < ? ORDER BY name LIMIT ?"
        return [
            (str(name), int(size or 0)) for name, size in self._all(query, beginning, f"{beginning}\U0010ffff", most)
        ]

    def hashes(self, level: int, first: int, end: int) -> list[bytes]:
        """Of a level of tiles, the hashes from one place to before another: of leaves at level 0."""
        if level == 0:
            found = self._all(
                "SELECT ifnull(CAST(leaf AS BLOB), x'') FROM entries WHERE number >= ? AND number < ? ORDER BY number",
                first,
                end,
            )
        else:
            query = "SELECT ifnull(CAST(hash AS BLOB), x'') FROM hashes WHERE level = ? AND place >= ? AND place < ? ORDER BY place"
            found = self._all(query, level, first, end)
        return [each[0] for each in found]

    def tile(self, level: int, index: int) -> bytes:
        """A tile as tlog-tiles has it; the last of each level may be partial."""
        return b"".join(self.hashes(level, index * WIDTH, (index + 1) * WIDTH))

    def nodes(self) -> Nodes:
        """The tree as it is now, for proofs; the newest tiles are kept as they are met."""
        return nodes_in(lru_cache(maxsize=64)(self.tile))

    def kept(self) -> Head | None:
        """Where the ledger ends, by its own word; None before the first entry."""
        data = self.get(HEAD)
        try:
            return None if data is None else chain.load(data)
        except (MalformedError, NoCanonicalFormError) as error:
            raise damaged(self.path, str(error)) from None

    def checked(self) -> tuple[Head | None, Levels]:
        """The head and the tree's partial tiles, where head, last entry and hashes agree; costs the same at any size."""
        head = self.kept()
        size = 0 if head is None else head.size
        if size != self.size:
            raise damaged(self.path, f"its head speaks of {size} entries, and the last is {self.size - 1}")
        if head is None:
            return None, []
        for last in self.rows(size - 1):
            if not last.leaf == head.after == leaf_hash(last.raw):
                raise damaged(self.path, f"entry {size - 1} is not the one that its head names")
        levels = self._partial(size)
        if peaks_of(levels) != head.tree.peaks:
            raise damaged(self.path, "its tree is not the one that its head names")
        return head, levels

    def _partial(self, size: int) -> Levels:
        levels: Levels = []
        for level in range(0, max(size.bit_length(), 1), HEIGHT):
            number, width = level // HEIGHT, size >> level
            levels.append(self.hashes(number, width - width % WIDTH, width))
            if number and self._number("SELECT count(*) FROM hashes WHERE level = ?", number) != width:
                raise damaged(self.path, "hashes of its tree are missing")
        return levels


def peaks_of(levels: Sequence[Sequence[bytes]]) -> tuple[bytes, ...]:
    """The complete subtrees, the largest first."""
    return tuple(peak for row in reversed(levels) for peak in START.extended(row).peaks)
