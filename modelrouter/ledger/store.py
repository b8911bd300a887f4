"""Where a ledger's shard is kept: one file of SQLite, written by one connection on one thread.

Durable means: the write-ahead log was flushed (`synchronous=FULL`) before `commit` returned; entries and head become so in
the same transaction. The connection holds the file alone (`locking_mode=EXCLUSIVE`), beside a lock of our own,
because the system drops a process's locks on a file as soon as any part of the process closes it.

SQLite before 3.51.3 (3.50.7, 3.44.6) can damage a database in this mode when two connections commit and move the log into the
file at the same time ("WAL-reset bug"). Here is never a second one: that it holds the file alone rules it out, with
any version, and so the older mode, with a flush more for each commit, has nothing to offer.
"""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from modelrouter.errors import LedgerError
from modelrouter.ledger import chain
from modelrouter.ledger.chain import dump
from modelrouter.ledger.entry import read_fields
from modelrouter.ledger.merkle import START, root_of
from modelrouter.ledger.shards import Lock
from modelrouter.ledger.tables import APPLICATION, HEAD, SCHEMA, VERSION, Levels, Tables
from modelrouter.ledger.tiles import HEIGHT, WIDTH
from modelrouter.ledger.trouble import damaged, explained

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from modelrouter.ledger.chain import Head
    from modelrouter.ledger.entry import Sealed

__all__ = ["KEY", "Store", "reading_path"]

KEY = "key"
"""The fact that names the verifier key in force: that of the last `begin` or `rotation` which names one."""
CALM = 4 << 20
"""Bytes written since the log was last moved into the file, from which on a pause is used to do so."""
LARGEST = 64 << 20
"""And from which on it is done without a pause."""
GIANT = 1 << 30
"""And from which on even while somebody takes a copy."""
SMALL = 16 << 20
"""Bytes of a file that is looked through as a whole when it is opened."""
_SETTINGS = (
    "PRAGMA locking_mode=EXCLUSIVE",
    "PRAGMA synchronous=FULL",
    "PRAGMA fullfsync=ON",
    "PRAGMA checkpoint_fullfsync=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA wal_autocheckpoint=0",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-8192",
)
_KEYED = re.compile(rb'"kind":"(?:begin|rotation)","number":\d+,"time":"[^"]{27}","version":1\}$')
_TAIL = 128


class Store(Tables):
    """A shard that this process writes. Every method may raise LedgerError; to be used on one thread."""

    head: Head
    """Where the ledger ends, all of it durable."""

    def __init__(self, connection: sqlite3.Connection, path: Path, lock: Lock | None) -> None:
        super().__init__(connection, path)
        self._lock = lock
        self._levels: Levels = []
        self._reading = -1
        self._unsettled = 0
        self._empty = True

    @classmethod
    def open(cls, path: Path, origin: str, lock: Lock | None = None) -> Store:
        """The shard in this file, made where there is none.

        `lock` is the shard's where the caller holds it already (`claim`). Raises LedgerError where somebody else does,
        where the file cannot be written, or where head, last entry and tree do not agree.
        """
        own = None
        connection = None
        try:
            own = Lock.of(path) if lock is None else None
            connection = _connected(path)
            store = cls(connection, path, own)
            store._prepare(origin)
        except (sqlite3.Error, OSError, LedgerError) as error:
            _leave(connection, own)
            raise explained(error, path) from error
        return store

    def _prepare(self, origin: str) -> None:
        """Tables, checks and head; what a killed writer left in the log is moved into the file."""
        found = self._number("PRAGMA application_id"), self._number("PRAGMA user_version")
        if found == (0, 0) and not self._number("SELECT count(*) FROM sqlite_master"):
            self._create()
        elif found[0] != APPLICATION:
            raise LedgerError(f"{self.path} is the database of another program", "name another file")
        elif found[1] != VERSION:
            raise LedgerError(
                f"{self.path} has tables of version {found[1]}, and this release knows {VERSION}",
                "use the release that wrote it, or a later one",
            )
        for each in self._all("PRAGMA quick_check(1)") if self._bytes() <= SMALL else ():
            if each[0] != "ok":
                raise damaged(self.path, str(each[0]))
        head, self._levels = self.checked()
        self.head = head or chain.start(origin)
        if self.head.origin != origin:
            raise LedgerError(
                f"{self.path} is the ledger {self.head.origin}, and not {origin}",
                "give it its own origin again, or this one another file",
            )
        self._reading = os.open(reading_path(self.path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self.settle(pause=True)

    def _bytes(self) -> int:
        return (self._number("PRAGMA page_count") or 0) * (self._number("PRAGMA page_size") or 0)

    def _create(self) -> None:
        with self._transaction():
            for each in SCHEMA:
                self._connection.execute(each)
            self._connection.execute(f"PRAGMA application_id={APPLICATION}")
            self._connection.execute(f"PRAGMA user_version={VERSION}")

    def commit(self, head: Head, rows: Sequence[Sealed], facts: Mapping[str, bytes] | None = None) -> None:
        """Keep these entries, where the ledger then ends, and facts by name: all of it or nothing, durable on return."""
        self.rewrite((), head, rows, facts)

    def rewrite(
        self,
        fields: Sequence[tuple[int, bytes]],
        head: Head,
        rows: Sequence[Sealed],
        facts: Mapping[str, bytes] | None = None,
    ) -> None:
        """As `commit`, and in the same transaction write the fields of these entries anew.

        What they were is overwritten in the file, and the log, which may hold them, is emptied, unless somebody
        takes a copy at that moment: then as soon as that is over.
        """
        if head.size != self.head.size + len(rows) or (rows and rows[0].number != self.head.size):
            raise ValueError(f"{len(rows)} entries do not lead from {self.head.size} to {head.size}")
        levels, hashes = climbed(self._levels, self.head.size, [row.leaf for row in rows])
        known = {**(facts or {}), **_key_in(rows), HEAD: dump(head)}
        with self._transaction():
            run = self._connection.executemany
            run("INSERT INTO entries (number, raw, fields, leaf) VALUES (?, ?, ?, ?)", rows)
            run("INSERT INTO hashes (level, place, hash) VALUES (?, ?, ?)", hashes)
            run("UPDATE entries SET fields = ? WHERE number = ?", [(data, number) for number, data in fields])
            self._learn(known)
        self.head, self._levels = head, levels
        self._unsettled += sum(len(row.raw) + len(row.fields) for row in rows)
        if fields:
            self._empty = True
            with suppress(LedgerError):  # it is durable; the log is emptied later
                self.settle(pause=True)

    def settle(self, *, pause: bool) -> None:
        """Move the log into the file where it has grown enough; in a `pause` earlier than under load.

        Not while somebody takes a copy, unless it has become giant.
        """
        if not (self._empty or self._unsettled >= (CALM if pause else LARGEST)):
            return
        try:
            fcntl.flock(self._reading, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if self._unsettled < GIANT:
                return
        try:
            self._all(f"PRAGMA wal_checkpoint({'TRUNCATE' if self._empty else 'PASSIVE'})")
        finally:
            fcntl.flock(self._reading, fcntl.LOCK_UN)
        self._unsettled, self._empty = 0, False

    def extends(self, head: Head) -> bool:
        """Whether everything is there, and the same, that the ledger had then."""
        return self.head.size >= head.size and root_of(head.size, self.nodes()) == head.tree.root()

    def put(self, name: str, value: bytes) -> None:
        """Keep a fact, durable on return."""
        if name == HEAD:
            raise ValueError("the head is kept with the entries")
        with self._transaction():
            self._learn({name: value})

    def forget(self, names: Iterable[str]) -> None:
        """Let facts be gone, durable on return: overwritten in the file, and in the log as with `rewrite`."""
        with self._transaction():
            self._connection.executemany("DELETE FROM facts WHERE name = ?", [(name,) for name in names])
        self._empty = True
        with suppress(LedgerError):  # it is durable; the log is emptied later
            self.settle(pause=True)

    def _learn(self, facts: Mapping[str, bytes]) -> None:
        self._connection.executemany("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", facts.items())

    def close(self) -> None:
        """Move the log into the file and let go of both; twice does no harm."""
        reading, self._reading = self._reading, -1
        if reading >= 0:
            os.close(reading)
        _leave(self._connection, self._lock)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of what is done inside, durable at its end, or nothing."""
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("COMMIT")
        except BaseException as error:
            with suppress(sqlite3.Error):
                connection.rollback()
            if isinstance(error, sqlite3.Error):
                raise explained(error, self.path) from error
            raise


def reading_path(path: Path) -> Path:
    """The file that is held, shared, by those who copy the shard in this one."""
    return path.with_suffix(".reading")


def climbed(levels: Levels, size: int, leaves: Sequence[bytes]) -> tuple[Levels, list[tuple[int, int, bytes]]]:
    """The partial tiles of a tree of this size with these leaves behind it, and the hashes it has then above them.

    Each with its level of tiles and its place there.
    """
    after, made = list(levels), list[tuple[int, int, bytes]]()
    level, above = 0, list(leaves)
    while above:
        if level == len(after):
            after.append([])
        if level:
            made += [(level, (size >> level * HEIGHT) + at, each) for at, each in enumerate(above)]
        row = after[level] + above
        cut = len(row) - len(row) % WIDTH
        above = [START.extended(row[place : place + WIDTH]).root() for place in range(0, cut, WIDTH)]
        after[level] = row[cut:]
        level += 1
    return after, made


def _key_in(rows: Iterable[Sealed]) -> dict[str, bytes]:
    """The verifier key in force after these entries, where one of them names it."""
    found: dict[str, bytes] = {}
    for row in rows:
        if not _KEYED.search(row.raw, max(len(row.raw) - _TAIL, 0)):
            continue
        values = {name: field.value for name, field in read_fields(row.fields).items()}
        key = values.get("key") or str(values.get("note", "")).split("\n")[4:5]
        if key:
            found[KEY] = (key if isinstance(key, str) else key[0]).encode()
    return found


def _connected(path: Path) -> sqlite3.Connection:
    """The one connection, with every setting that durability hangs on."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        for each in _SETTINGS:
            connection.execute(each).close()
        mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    except sqlite3.Error:
        connection.close()
        raise
    if mode != "wal":
        connection.close()
        raise LedgerError(f"{path} lies where no write-ahead log can be kept", "name a folder on a local disk")
    return connection


def _leave(connection: sqlite3.Connection | None, lock: Lock | None) -> None:
    if connection is not None:
        with suppress(sqlite3.Error):
            connection.close()
    if lock is not None:
        lock.release()
