"""Ledgers to be read: a shard, also one that is being written, or an exported file of lines.

A shard is copied, file and write-ahead log, and read there: whether somebody writes it or begins to, there is never a second
connection to the file itself. While it is copied the writer goes on, and is only kept from moving its log into the file.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from array import array
from contextlib import contextmanager, suppress
from fcntl import LOCK_SH, flock, ioctl
from functools import cached_property, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

from modelrouter.errors import LedgerError
from modelrouter.ledger import chain
from modelrouter.ledger.entry import BrokenError, MalformedError, Sealed, parted, read, read_fields
from modelrouter.ledger.merkle import START, leaf_hash
from modelrouter.ledger.shards import claim, shards
from modelrouter.ledger.store import reading_path
from modelrouter.ledger.tables import APPLICATION, Tables
from modelrouter.ledger.tiles import WIDTH, nodes_in
from modelrouter.ledger.trouble import damaged, explained

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

    from modelrouter.ledger.chain import Head
    from modelrouter.ledger.merkle import Nodes

__all__ = ["Reader", "claim", "opened", "shards"]

TRIES = 30
PAUSE_S = 0.1
"""Between two tries to copy: longer than the steps in which file systems tell times."""
_CLONE = 0x40049409
"""Linux's FICLONE."""
_SALTS = 32
"""Bytes of the log's header; they change whenever it is begun anew."""


class Reader(Protocol):
    """A ledger as it was when it was opened. Every method may raise LedgerError; `close` it."""

    path: Path

    @property
    def origin(self) -> str:
        """The ledger's name, by the first entry's word."""

    @property
    def size(self) -> int:
        """How many entries there are."""

    @property
    def head(self) -> Head:
        """Where it ends; raises where that does not agree with its entries."""

    def rows(self, first: int = 0, last: int | None = None) -> Iterator[Sealed]:
        """The entries from one number to another, both counted; to the end where there is no other."""

    def nodes(self) -> Nodes:
        """The tree, for proofs."""

    def tile(self, level: int, index: int) -> bytes:
        """A tile as tlog-tiles has it; the last of each level may be partial."""

    def get(self, name: str) -> bytes | None:
        """What is known under a name; nothing in a file of lines."""

    def close(self) -> None:
        """Let go of it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def opened(path: Path) -> Reader:
    """The ledger in a shard's file or in an exported one. Raises LedgerError for what is neither."""
    try:
        with path.open("rb") as file:
            start = file.read(16)
        if start.startswith(b'{"entry":'):
            return Lines(path)
        if start == b"SQLite format 3\0":
            return Copy(path)
    except OSError as error:
        raise explained(error, path) from None
    except sqlite3.Error as error:
        raise explained(error, path) from error
    raise LedgerError(f"{path} is no ledger", "name a shard (`0.db`), or a file that `modelrouter ledger export` wrote")


class _Closing:
    """What is closed at the end of a block."""

    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _origin_of(first: Sealed | None, path: Path) -> str:
    """What the first entry says whose ledger it is."""
    try:
        found = None if first is None else read_fields(first.fields).get("origin")
    except MalformedError:
        found = None
    if found is None or not isinstance(found.value, str):
        raise damaged(path, "its first entry does not begin a ledger")
    return found.value


class Copy(Tables, _Closing):
    """A shard, as it was when it was opened."""

    def __init__(self, path: Path) -> None:
        self._folder = _folder_for(path)
        try:
            super().__init__(_copied(path, Path(self._folder.name) / "copy.db"), path)
            self._recognise()
        except BaseException:
            self._folder.cleanup()
            raise

    def _recognise(self) -> None:
        if self._number("PRAGMA application_id") != APPLICATION:
            raise LedgerError(f"{self.path} is the database of another program", "name a shard of a ledger")

    @property
    def origin(self) -> str:
        """By the first entry's word."""
        return _origin_of(next(self.rows(0, 0), None), self.path)

    @property
    def head(self) -> Head:
        """Where it ends, checked against the last entry and the tree."""
        head, _ = self.checked()
        if head is None:
            raise damaged(self.path, "it has no entries")
        return head

    def close(self) -> None:
        """Let go of it; the copy is removed."""
        self._connection.close()
        self._folder.cleanup()


def _folder_for(path: Path) -> TemporaryDirectory[str]:
    """A folder for a copy: beside the shard, where there is room for shards; elsewhere if that may not be written."""
    try:
        return TemporaryDirectory(prefix=".copy-", dir=path.parent)
    except OSError:
        return TemporaryDirectory(prefix="ledger-")


def _copied(path: Path, copy: Path) -> sqlite3.Connection:
    with _held(path):
        for _ in range(TRIES):
            before = _state(path)
            _clone(path, copy)
            with suppress(FileNotFoundError):
                _clone(Path(f"{path}-wal"), Path(f"{copy}-wal"))
            if before is not None and _state(path) == before:
                break
            time.sleep(PAUSE_S)
        else:
            raise LedgerError(f"{path} changes faster than it can be copied", "try again under less load")
    connection = sqlite3.connect(copy, isolation_level=None)
    connection.execute("PRAGMA locking_mode=EXCLUSIVE").close()
    return connection


def _clone(path: Path, copy: Path) -> None:
    """A copy; where the file system can share what is the same, in no time."""
    with path.open("rb") as source, copy.open("wb") as target:
        try:
            ioctl(target, _CLONE, source.fileno())
        except OSError:
            shutil.copyfileobj(source, target, 1 << 20)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Keep the writer from moving its log into the file; without the right to, it is only looked at whether it did."""
    try:
        file = os.open(reading_path(path), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield
        return
    try:
        with suppress(OSError):
            flock(file, LOCK_SH)
        yield
    finally:
        os.close(file)


def _state(path: Path) -> tuple[int, int, bytes] | None:
    """What changes when the file is written, or the log begun anew; None where that was so recently that it may not show."""
    found = path.stat()
    salts = b""
    with suppress(FileNotFoundError), Path(f"{path}-wal").open("rb") as log:
        salts = log.read(_SALTS)
    if abs(time.time() - found.st_mtime) < PAUSE_S / 2:
        return None
    return found.st_size, found.st_mtime_ns, salts


class Lines(_Closing):
    """An exported file: an entry a line. What stands where is found out once, at the first look."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("rb")

    @cached_property
    def _places(self) -> array[int]:
        """Where each line begins, and last where the file ends."""
        found, place = array("Q", [0]), 0
        self._file.seek(0)
        for line in self._file:
            place += len(line)
            found.append(place)
        return found

    @property
    def size(self) -> int:
        """How many lines there are."""
        return len(self._places) - 1

    @property
    def origin(self) -> str:
        """By the first entry's word."""
        return _origin_of(next(self.rows(0, 0), None), self.path)

    @cached_property
    def head(self) -> Head:
        """Where it ends: every entry is looked at."""
        try:
            return chain.walk(chain.start(self.origin), (row.raw for row in self.rows()))
        except (BrokenError, MalformedError) as error:
            raise damaged(self.path, str(error)) from None

    def rows(self, first: int = 0, last: int | None = None) -> Iterator[Sealed]:
        """The entries from one line to another, both counted."""
        places = self._places
        for number in range(first, min(self.size, self.size if last is None else last + 1)):
            self._file.seek(places[number])
            line = self._file.read(places[number + 1] - places[number])
            try:
                raw, fields = parted(line.removesuffix(b"\n"))
                own = read(raw).number
            except MalformedError as error:
                raise damaged(self.path, f"line {number + 1}: {error}") from None
            if own != number:
                raise damaged(self.path, f"line {number + 1} is entry {own}")
            yield Sealed(number, raw, fields, leaf_hash(raw))

    @cached_property
    def _levels(self) -> list[list[bytes]]:
        """Of each level of tiles above the leaves, all hashes."""
        above, level = list[bytes](), list[list[bytes]]()
        block: list[bytes] = []
        for row in self.rows():
            block.append(row.leaf)
            if len(block) == WIDTH:
                above.append(START.extended(block).root())
                block = []
        while above:
            level.append(above)
            ends = range(WIDTH, len(above) + 1, WIDTH)
            above = [START.extended(above[end - WIDTH : end]).root() for end in ends]
        return level

    def tile(self, level: int, index: int) -> bytes:
        """A tile as tlog-tiles has it; the last of each level may be partial."""
        begin, end = index * WIDTH, (index + 1) * WIDTH
        if level == 0:
            return b"".join(row.leaf for row in self.rows(begin, end - 1))
        return b"".join(self._levels[level - 1][begin:end]) if level <= len(self._levels) else b""

    def nodes(self) -> Nodes:
        """The tree, for proofs."""
        return nodes_in(lru_cache(maxsize=64)(self.tile))

    def get(self, name: str) -> bytes | None:  # noqa: ARG002 - a file of lines knows nothing by name
        """Nothing."""
        return None

    def close(self) -> None:
        """Let go of it."""
        self._file.close()
