"""The tree and the entries as files that never change: C2SP tlog-tiles, heights of eight.

A tile holds up to 256 hashes that stand beside each other; the last of each level may be partial. `Open` is what is
kept between two exports: fewer than 256 hashes a level. Any proof can be built from tiles (`nodes_in`).
"""

from __future__ import annotations

from struct import pack
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.ledger.entry import MalformedError
from modelrouter.ledger.merkle import SIZE, START

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from modelrouter.ledger.merkle import Nodes

__all__ = ["NOTHING", "WIDTH", "Open", "Tile", "bundle", "bundle_path", "entries_of", "nodes_in", "tile_path"]

HEIGHT = 8
WIDTH = 1 << HEIGHT
"""Hashes of a full tile, and entries of a full bundle."""


class Tile(NamedTuple):
    """A file of an export."""

    path: str
    data: bytes


class Open(NamedTuple):
    """A tree's partial tiles, from the leaves upwards."""

    rows: tuple[tuple[bytes, ...], ...]
    """Of each level, the hashes of its partial tile."""
    full: tuple[int, ...]
    """Of each level, how many tiles are full."""

    def extended(self, leaves: Iterable[bytes]) -> tuple[Open, list[Tile]]:
        """The tree with these leaf hashes behind its own, and the tiles that have become full."""
        rows, full, tiles = list(self.rows), list(self.full), list[Tile]()
        above = tuple(leaves)
        level = 0
        while above:
            if level == len(rows):
                rows.append(())
                full.append(0)
            row = rows[level] + above
            cut = len(row) - len(row) % WIDTH
            parts = [row[place : place + WIDTH] for place in range(0, cut, WIDTH)]
            tiles += [Tile(tile_path(level, full[level] + at), b"".join(part)) for at, part in enumerate(parts)]
            above = tuple(START.extended(part).root() for part in parts)
            rows[level], full[level] = row[cut:], full[level] + len(parts)
            level += 1
        return Open(tuple(rows), tuple(full)), tiles

    def partial(self) -> list[Tile]:
        """The partial tiles of the tree as it is: to be written with each checkpoint."""
        return [
            Tile(tile_path(level, full, len(row)), b"".join(row))
            for level, (row, full) in enumerate(zip(self.rows, self.full, strict=True))
            if row
        ]


NOTHING = Open((), ())
"""The tree without leaves."""


def _numbered(index: int, width: int) -> str:
    """An index in groups of three digits, so that no folder holds more than a thousand names."""
    groups = f"{index % 1000:03d}"
    while index >= 1000:  # noqa: PLR2004 - three digits
        index //= 1000
        groups = f"x{index % 1000:03d}/{groups}"
    return groups if width == WIDTH else f"{groups}.p/{width}"


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """Where a tile stands below an export's folder."""
    return f"tile/{level}/{_numbered(index, width)}"


def bundle_path(index: int, width: int = WIDTH) -> str:
    """Where the entries under a tile of level 0 stand."""
    return f"tile/entries/{_numbered(index, width)}"


def bundle(raws: Iterable[bytes]) -> bytes:
    """Entries (the hashed bytes, without fields) as one file: each behind its length in two bytes."""
    return b"".join(pack(">H", len(raw)) + raw for raw in raws)


def entries_of(data: bytes) -> Iterator[bytes]:
    """The entries of a bundle. Raises MalformedError where it is cut off."""
    place = 0
    while place < len(data):
        begin = place + 2
        place = begin + int.from_bytes(data[begin - 2 : begin], "big")
        if begin > len(data) or place > len(data):
            raise MalformedError("a bundle that is cut off")
        yield data[begin:place]


def nodes_in(tile: Callable[[int, int], bytes]) -> Nodes:
    """The nodes of a tree in tiles; `tile` answers that of a level and an index, full or partial.

    Raises MalformedError where a tile does not reach as far as it is asked.
    """

    def node(level: int, index: int) -> bytes:
        high, low = divmod(level, HEIGHT)
        number, place = divmod(index << low, WIDTH)
        data = tile(high, number)
        wanted = range(place * SIZE, (place + (1 << low)) * SIZE, SIZE)
        if len(data) < wanted.stop or len(data) % SIZE:
            raise MalformedError(f"the tile {tile_path(high, number)} is cut off")
        return START.extended([data[begin : begin + SIZE] for begin in wanted]).root()

    return node
