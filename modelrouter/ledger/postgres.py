"""A fleet's ledgers in PostgreSQL, by psycopg 3: the one file that names it, and only when it is used.

`postgres.sql` has the tables, and triggers that refuse whatever does not follow and whatever changes an entry but for
a redaction. Trust does not come from them, since the owner of a database can take them away: it comes from
the chain, which `ledger verify` walks here as in a file, and from checkpoints that are kept elsewhere.

The address holds a password. It is fetched when it is needed, and no message, name or traceback of ours repeats
what the library says of a connection.
"""

from __future__ import annotations

import importlib
import os
import re
import socket
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any, NamedTuple

from modelrouter.errors import UsageError
from modelrouter.ledger.entry import Sealed, redact
from modelrouter.ledger.outside import AwayError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import TracebackType
    from typing import Self

    import psycopg

__all__ = ["SCHEMA", "VERSION", "Database", "DisplacedError", "Kept", "Redaction"]

VERSION = 1
"""Of the tables."""
SCHEMA = Path(__file__).with_suffix(".sql")
"""What makes the tables."""
CONNECT_S = 5
PATIENCE_S = 20.0
"""What PostgreSQL may take for one statement, a quarter of it to wait for locks; a silent connection is cut."""
PAGE = 1000
_BOUNDS = (
    "SELECT set_config('statement_timeout', %(patience)s, true), set_config('lock_timeout', %(lock)s, true), "
    "set_config('idle_in_transaction_session_timeout', '60000', true)"
)
_LOCK = 0x6D722E6C65646772
"""The advisory lock under which tables are made: `mr.ledgr`."""
_TAIL = re.compile(rb'"kind":"([a-z_]{1,32})","number":\d+,"time":"([^"]{27})","version":1\}')
_LONGEST_TAIL = 160

_COLUMNS = "origin, number, time, kind, raw, fields, leaf"
_TYPES = ["text", "int8", "timestamptz", "text", "bytea", "bytea", "bytea"]
_TOLD = {
    "25006": "the database is read-only",
    "28000": "it refuses the role",
    "28P01": "it refuses the password",
    "42501": "its role has not the rights that this needs",
    "53100": "its disk is full",
    "53200": "it has no memory left",
    "53300": "it has too many connections",
    "55P03": "another session holds a lock on its tables",
    "57014": "a statement took too long",
    "57P01": "it is being shut down",
    "57P03": "it is starting or being shut down",
}
_HEARD = {
    "password authentication failed": "it refuses the password",
    "no password supplied": "it asks for a password, and the address has none",
    "no pg_hba.conf entry": "it does not accept this role from this address",
    "timeout expired": f"it has not answered for {CONNECT_S} s",
    "refused": "nobody listens there",
    "No such file": "nobody listens there",
    "resolve host": "its host has no address",
    "does not exist": "it has no such database or role",
    "starting up": "it is starting",
    "shutting down": "it is being shut down",
    "too many clients": "it has too many connections",
    "certificate": "its certificate is not to be trusted",
    "SSL": "no safe connection to it could be made",
}
"""What is looked for in the library's words about a connection, which are never repeated."""


class DisplacedError(Exception):
    """What was to be added does not follow from what PostgreSQL has: look anew at what it has."""


class Kept(NamedTuple):
    """The last entry that PostgreSQL has of a ledger."""

    number: int
    raw: bytes
    leaf: bytes


class Redaction(NamedTuple):
    """What one entry takes away from others: of these numbers, both ends counted, the fields of these names."""

    first: int
    last: int
    names: tuple[str, ...]


class Database:
    """One connection, for one thread. Every method raises AwayError where PostgreSQL cannot be used now."""

    def __init__(self, dsn: Callable[[], str], patience_s: float = PATIENCE_S) -> None:
        self._dsn = dsn
        self._made: psycopg.Connection[Any] | None = None
        self._watch = _Watch(self, patience_s)
        milliseconds = {"patience": patience_s, "lock": patience_s / 4}
        self._bounds = {name: f"{bound * 1000:.0f}" for name, bound in milliseconds.items()}

    def __repr__(self) -> str:
        return f"<PostgreSQL, {'connected' if self._made is not None else 'not connected'}>"

    def __enter__(self) -> Self:
        self._made = _connected(self._dsn)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        made, self._made = self._made, None
        if made is not None:
            made.close()

    @property
    def _connection(self) -> psycopg.Connection[Any]:
        if self._made is None:
            raise AwayError("it is not connected")
        return self._made

    def prepare(self) -> None:
        """See to it that the tables are there. Raises RefusedError for those of a newer version."""
        with self._work() as work:
            work.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            there = work.execute("SELECT to_regclass('modelrouter_ledger.version') IS NOT NULL").fetchone()
            if not (there and there[0]):
                work.execute(SCHEMA.read_bytes())
            found = work.execute("SELECT max(version) FROM modelrouter_ledger.version").fetchone()
        if not found or found[0] != VERSION:
            raise RefusedError(f"its tables are of another version than {VERSION}: another modelrouter made them")

    def last(self, origin: str) -> Kept | None:
        """The last entry that it has of a ledger."""
        with self._work() as work:
            found = work.execute(
                "SELECT number, raw, leaf FROM modelrouter_ledger.entries WHERE origin = %s "
                "ORDER BY number DESC LIMIT 1",
                [origin],
                binary=True,
            ).fetchone()
        return Kept(*found) if found else None

    def leaf(self, origin: str, number: int) -> bytes | None:
        """The hash of one entry; None where there is none of this number."""
        with self._work() as work:
            found = work.execute(
                "SELECT leaf FROM modelrouter_ledger.entries WHERE origin = %s AND number = %s",
                [origin, number],
                binary=True,
            ).fetchone()
        return bytes(found[0]) if found else None

    def claimed(self, origin: str) -> int:
        """How many entries of a ledger it once had: more than it has if some were lost since."""
        with self._work() as work:
            found = work.execute("SELECT size FROM modelrouter_ledger.heads WHERE origin = %s", [origin]).fetchone()
        return int(found[0]) if found else 0

    def add(
        self,
        origin: str,
        rows: Sequence[Sealed],
        redactions: Iterable[Redaction] = (),
        note: str | None = None,
    ) -> None:
        """Add the next entries, with what their redactions took from earlier ones, all or nothing; durable on return.

        `redactions` are those that stand among them, `note` is the newest checkpoint if there is one. Raises
        DisplacedError where the first of the rows is not the next one.
        """
        with self._work() as work:
            copying = f"COPY modelrouter_ledger.entries ({_COLUMNS}) FROM STDIN (FORMAT BINARY)"
            with work.copy(copying) as copy:
                copy.set_types(_TYPES)
                for each in rows:
                    time, kind = _told_of(each)
                    copy.write_row((origin, each.number, time, kind, each.raw, each.fields, each.leaf))
            for redaction in redactions:
                self._redact(work, origin, redaction)
            self._watch.again()
            work.execute(
                "INSERT INTO modelrouter_ledger.heads AS h (origin, size, head, checkpoint) VALUES (%s, %s, %s, %s) "
                "ON CONFLICT (origin) DO UPDATE SET size = excluded.size, head = excluded.head, "
                "checkpoint = coalesce(excluded.checkpoint, h.checkpoint), updated = now()",
                [origin, rows[-1].number + 1, rows[-1].leaf, note],
            )

    def _redact(self, work: psycopg.Cursor[Any], origin: str, told: Redaction) -> None:
        """Take fields away from entries as they are there: later redactions, which are still to come, are not of it."""
        first = told.first
        while True:
            self._watch.again()
            page = _page(work, origin, first, told.last)
            numbers = [each.number for each in page]
            fields = [redact(each.fields, told.names) for each in page]
            work.execute("SELECT modelrouter_ledger.redact(%s, %s::bigint[], %s::bytea[])", [origin, numbers, fields])
            if len(page) < PAGE:
                return
            first = page[-1].number + 1

    def rows(self, origin: str, first: int = 0, last: int | None = None) -> Iterator[Sealed]:
        """The entries of a ledger in order, both ends counted, a page at a time."""
        end = 2**62 if last is None else last
        while True:
            with self._work() as work:
                page = _page(work, origin, first, end)
            yield from page
            if len(page) < PAGE:
                return
            first = page[-1].number + 1

    def origins(self) -> dict[str, tuple[int, str | None]]:
        """Of each ledger how many entries it has here, and its newest checkpoint."""
        with self._work() as work:
            found = work.execute("SELECT origin, size, checkpoint FROM modelrouter_ledger.heads ORDER BY origin")
            return {origin: (size, checkpoint) for origin, size, checkpoint in found.fetchall()}

    def cut(self) -> None:
        """End the connection under whatever waits for an answer, from any thread."""
        # A library that waits for a silent server waits for ever: the socket's end is what wakes it.
        with suppress(Exception), socket.socket(fileno=os.dup(self._connection.fileno())) as end:
            end.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def _work(self) -> Iterator[psycopg.Cursor[Any]]:
        """A transaction with bounds: PostgreSQL's own, and ours where it does not even keep those."""
        connection = self._connection
        library = _library()
        self._watch.again()
        try:
            with connection.transaction(), connection.cursor() as cursor:
                cursor.execute(_BOUNDS, self._bounds)
                yield cursor
        except library.Error as error:
            raise _understood(error) from None
        finally:
            self._watch.stop()


class _Watch:
    """Cuts a connection that has been silent for too long."""

    def __init__(self, database: Database, patience_s: float) -> None:
        self._database = database
        self._patience_s = patience_s
        self._timer: Timer | None = None

    def again(self) -> None:
        """Wait from now on."""
        self.stop()
        # Half as much again: PostgreSQL shall end a slow statement by itself, and say so.
        self._timer = Timer(self._patience_s * 1.5, self._database.cut)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """Wait no longer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _library() -> Any:
    try:
        return importlib.import_module("psycopg")
    except ImportError:
        raise RefusedError("psycopg is not installed: pip install 'modelrouter[postgres]'") from None


def _connected(dsn: Callable[[], str]) -> Any:
    library = _library()
    try:
        return library.connect(
            dsn(),
            autocommit=True,
            prepare_threshold=None,  # what pools between us and PostgreSQL could not keep apart
            connect_timeout=CONNECT_S,
            application_name="modelrouter ledger",
            keepalives_idle=30,
            tcp_user_timeout=30_000,
        )
    except library.ProgrammingError:
        heard = "its address cannot be read: postgresql://ROLE:PASSWORD@HOST/DATABASE is expected"
    except library.Error as error:
        said = str(error)
        heard = next((ours for theirs, ours in _HEARD.items() if theirs in said), "it cannot be reached")
    except UsageError as error:
        heard = str(error)
    except (ValueError, OSError):
        heard = "its address cannot be read"
    # Raised here, outside the handlers: the library's errors may repeat the address, and with it the password.
    raise AwayError(heard)


def _understood(error: psycopg.Error) -> Exception:
    """What PostgreSQL's answer means, in our own words."""
    match error.sqlstate:
        case None:
            return AwayError("the connection to it was lost")
        case "MR001" | "23505":
            return DisplacedError("it has other entries than we thought")
        case "MR002" | "23514":
            return RefusedError("its triggers refuse what this ledger has: the entries here or there were changed")
        case state:
            return AwayError(_TOLD.get(state, f"it answered with the error {state}"))


def _page(work: psycopg.Cursor[Any], origin: str, first: int, last: int) -> list[Sealed]:
    found = work.execute(
        "SELECT number, raw, fields, leaf FROM modelrouter_ledger.entries "
        "WHERE origin = %s AND number BETWEEN %s AND %s ORDER BY number LIMIT %s",
        [origin, first, last, PAGE],
        binary=True,
    )
    return [Sealed(*row) for row in found.fetchall()]


def _told_of(each: Sealed) -> tuple[datetime, str]:
    """Time and kind, from the bytes of an entry."""
    tail = _TAIL.fullmatch(each.raw, each.raw.rfind(b'"kind":', -_LONGEST_TAIL))
    if tail is None:
        raise RefusedError(f"entry {each.number} of this ledger has not the form of an entry")
    kind, time = tail.groups()
    return datetime.fromisoformat(time.decode()), kind.decode()
