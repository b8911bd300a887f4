"""Entries one a line, and beside them the tree as tiles with a signed checkpoint (C2SP tlog-tiles).

Lines are written anew each time, because a value may have been taken away since; tiles hold no values, never change,
and are only added to. So an export that is already there is the witness of this one: where the ledger is no longer
what was exported, the export is refused and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.ledger.checkpoint import Checkpoint
from modelrouter.ledger.entry import BrokenError, line
from modelrouter.ledger.export.files import replaced
from modelrouter.ledger.merkle import START, Frontier, leaf_hash
from modelrouter.ledger.note import Note
from modelrouter.ledger.tiles import NOTHING, WIDTH, Open, Tile, bundle, bundle_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from modelrouter.ledger.chain import Head
    from modelrouter.ledger.entry import Sealed

__all__ = ["CHECKPOINT", "LINES", "Exported", "Progress", "write_folder", "write_lines"]

LINES = "entries.jsonl"
CHECKPOINT = "checkpoint"

Progress = Callable[[int], object]
"""Told of each number of entries more."""


class Exported(NamedTuple):
    """What was written."""

    entries: int
    tiles: int
    """Files of the tree that were not there before."""
    signed: int
    """Entries that the checkpoint covers; 0 where there is none."""


def write_lines(rows: Iterable[Sealed], path: Path, progress: Progress) -> int:
    """Write entries one a line, and answer how many. Raises OSError."""
    count = 0
    with replaced(path) as file:
        for block in _blocks(rows):
            file.write(b"".join(line(each.raw, each.fields) + b"\n" for each in block))
            count += len(block)
            progress(len(block))
    return count


def write_folder(rows: Iterable[Sealed], head: Head, note: Note | None, folder: Path, progress: Progress) -> Exported:
    """Write lines, tiles and checkpoint of a whole ledger, whose end is `head`.

    Raises BrokenError where the entries are not what head, checkpoint or an export that is already there say, and
    OSError; the folder is then as it was.
    """
    known = [each for each in (note, _before(folder)) if each is not None]
    tree = _Tree(folder, [Checkpoint.read(each.text) for each in known])
    with _staged(folder) as staged, replaced(folder / LINES) as file:
        for block in _blocks(rows):
            file.write(b"".join(line(each.raw, each.fields) + b"\n" for each in block))
            for tile in tree.grown([each.raw for each in block]):
                _put(staged / tile.path, tile.data)
            progress(len(block))
        for tile in tree.ended(head):
            _put(staged / tile.path, tile.data)
        tiles = _moved(staged, folder)
    if note is not None:
        with replaced(folder / CHECKPOINT) as file:
            file.write(str(note).encode())
    return Exported(head.size, tiles, Checkpoint.read(note.text).size if note is not None else 0)


class _Tree:
    """The tree as it grows, compared with what is known of it."""

    def __init__(self, folder: Path, known: Sequence[Checkpoint]) -> None:
        self.folder, self.known = folder, known
        self.open: Open = NOTHING
        self.frontier: Frontier = START
        self.raws: list[bytes] = []
        """Of the last bundle, while it is partial."""

    def grown(self, raws: list[bytes]) -> Iterator[Tile]:
        """The tiles that are not there yet, with a block more of entries: all but the last block are WIDTH long."""
        start, leaves = self.frontier.size, [leaf_hash(raw) for raw in raws]
        for each in self.known:
            if start < each.size <= start + len(leaves):
                part = leaves[: each.size - start]
                self._compare(each, self.frontier.extended(part))
                yield from self._new(self.open.extended(part)[0].partial())
                yield from self._new([self._bundle(raws[: len(part)])])
        self.open, full = self.open.extended(leaves)
        yield from self._new(full)
        yield from self._new([self._bundle(raws)])
        self.frontier = self.frontier.extended(leaves)

    def ended(self, head: Head) -> Iterator[Tile]:
        """The partial tiles at the end, which must be where the ledger says that it ends."""
        if self.frontier != head.tree:
            last = max(min(self.frontier.size, head.size) - 1, 0)
            raise BrokenError(last, "the entries up to here are not those that the ledger's own head speaks of")
        for each in self.known:
            if each.size > head.size:
                raise BrokenError(head.size, f"cut off: a checkpoint knows {each.size} entries")
        yield from self._new(self.open.partial())

    def _compare(self, known: Checkpoint, found: Frontier) -> None:
        if found.root() != known.root:
            raise BrokenError(known.size - 1, "the entries up to here are not those that a checkpoint speaks of")

    def _bundle(self, raws: list[bytes]) -> Tile:
        return Tile(bundle_path(self.frontier.size // WIDTH, len(raws)), bundle(raws))

    def _new(self, tiles: Iterable[Tile]) -> Iterator[Tile]:
        """Those that are not there; one that is there and another would be a second history."""
        for tile in tiles:
            there = self.folder / tile.path
            if not there.exists():
                yield tile
            elif there.read_bytes() != tile.data:
                raise BrokenError(self.frontier.size, f"{there} was exported from other entries: rewritten, or a fork")


def _blocks(rows: Iterable[Sealed]) -> Iterator[list[Sealed]]:
    entries = iter(rows)
    while block := list(islice(entries, WIDTH)):
        yield block


def _before(folder: Path) -> Note | None:
    """The checkpoint of an export that is already there. Raises MalformedError where it is none."""
    path = folder / CHECKPOINT
    return Note.read(path.read_text(encoding="utf-8")) if path.exists() else None


@contextmanager
def _staged(folder: Path) -> Iterator[Path]:
    """A place within the folder for tiles that are not to be seen yet; after an error no empty folder is left."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with TemporaryDirectory(dir=folder, prefix=".new-") as staged:
            yield Path(staged)
    except BaseException:
        with suppress(OSError):
            folder.rmdir()
        raise


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _moved(staged: Path, folder: Path) -> int:
    """Put new tiles into their places, and take partial ones away where the whole one has come."""
    count = 0
    for path in staged.rglob("*"):
        if path.is_file():
            target = folder / path.relative_to(staged)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
            count += 1
            if target.parent.suffix != ".p":
                rmtree(target.with_name(f"{target.name}.p"), ignore_errors=True)
    return count
