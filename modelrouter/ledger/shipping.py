"""Copies a shard to PostgreSQL, row after row, while it is written and after every outage: `Shipping`.

    shipping = Shipping(journal, lambda: resolve(reference).reveal(), alarm=told)
    shipping.start()        # with the first draft: it asks the journal, and that opens the file
    ...
    journal.close()
    shipping.close()        # after the journal, so that its last entries go along
    shipping.progress       # for metrics and status

The shard on this disk is what acknowledges; nothing waits for PostgreSQL, and while that is away nothing is held in
memory: the file is the spool. Where to go on is asked of PostgreSQL itself, each time anew: what it has is compared
with the entry of the same number here. Is it another one, or has PostgreSQL entries that this ledger has
not, then one of the two was bent or set back: an alarm, and not one row more, until somebody has looked and
started anew. Were its newest entries lost (a replica was promoted before it had them, a backup was restored), they are
sent again, and the ledger tells of it.
"""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.ledger.entry import Draft, Kind, Sealed, read_fields
from modelrouter.ledger.outside import AwayError, Books, Pauses, RefusedError, unexpected
from modelrouter.ledger.postgres import Database, DisplacedError, Redaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelrouter.ledger.journal import Journal
    from modelrouter.ledger.outside import Alarm, Shelf

__all__ = ["PLACE", "Pace", "Progress", "Shipping"]

PLACE = "postgres"
"""What alarms and `anchor` entries call it."""
ROWS = 500
BYTES = 4 << 20
"""At most so much is read at a time: what a batch costs in memory, and how long the journal's thread is asked for."""
_TAIL = 160
"""Bytes at the end of an entry that hold its kind."""


class Pace(NamedTuple):
    """In seconds."""

    idle_s: float = 0.25
    """How often a ledger that was copied whole is looked at."""
    look_s: float = 30.0
    """How often PostgreSQL is asked what it has while nothing is sent."""
    first_s: float = 0.2
    longest_s: float = 15.0
    """Pauses while it is away."""
    patience_s: float = 20.0
    """What one statement may take."""


class Progress(NamedTuple):
    """How far the copy is."""

    origin: str
    shipped: int
    """Entries that PostgreSQL has."""
    behind: int
    """Entries that it has not yet."""
    away_since: float | None
    """Since when it cannot be used, or lacks what it once had, in seconds since 1970; None while all is well."""
    trouble: str | None
    """Why, or what it lacks."""
    stopped: bool
    """No row more is sent until somebody has looked."""


class Shipping:
    """The copy of one shard, by a thread of its own. `alarm` is called on that thread.

    `dsn` answers PostgreSQL's address each time it is needed. What it answers shows nowhere.
    """

    def __init__(
        self,
        journal: Journal,
        dsn: Callable[[], str],
        alarm: Alarm,
        *,
        wall: Callable[[], float] = time.time,
        pace: Pace | None = None,
    ) -> None:
        self._pace = pace or Pace()
        self._journal, self._books = journal, Books(journal)
        self._database = Database(dsn, self._pace.patience_s)
        self._alarm, self._wall = alarm, wall
        self._pauses = Pauses(self._pace.first_s, self._pace.longest_s)
        self._ending, self._now = Event(), Event()
        self._until = float("inf")
        self._origin = journal.origin
        self._shipped = self._size = 0
        self._away: float | None = None
        self._trouble: str | None = None
        self._had, self._loss = 0, ""  # how many entries there were once, and that they are not all there
        self._stopped = False
        self._thread = Thread(target=self._run, name="modelrouter-shipping", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self, within_s: float = 5.0) -> None:
        """Send what is left if it can be done in so many seconds, and end. What remains is sent at the next start."""
        self._until = time.monotonic() + within_s
        self._ending.set()
        self._books.end()
        self._now.set()
        if self._thread.is_alive():
            self._thread.join(within_s)
        if self._thread.is_alive():
            self._database.cut()

    @property
    def progress(self) -> Progress:
        """How far it is now; to be asked from any thread."""
        behind = max(0, self._size - self._shipped)
        return Progress(self._origin, self._shipped, behind, self._away, self._trouble, self._stopped)

    def _run(self) -> None:
        while not self._over():
            try:
                if not self._stopped:
                    with self._database as database:
                        database.prepare()
                        self._copy(database)
                    return
            except (AwayError, DisplacedError) as error:
                self._is_away(str(error))
            except RefusedError as error:
                self._stopped = True
                self._is_away(str(error))
            except Exception as error:  # noqa: BLE001 - a thread that ended in silence would never copy again
                self._is_away(unexpected(error))
            if self._ending.is_set():
                return
            self._now.wait(self._pauses.next())
            self._look()

    def _over(self) -> bool:
        return self._ending.is_set() and time.monotonic() >= self._until

    def _copy(self, database: Database) -> None:
        """Send until the end: of the ledger once it is closed, or of the time that is left."""
        displaced = False
        while not self._over():
            self._agree(database)
            try:
                ended = self._send(database)
            except DisplacedError:
                if displaced:
                    raise  # looked anew and still not: not a loop without a pause
                displaced = True
                continue
            displaced = False
            if ended:
                return

    def _send(self, database: Database) -> bool:
        """Batch after batch, until nothing is left for `look_s`: False; or the end was reached: True."""
        looked = time.monotonic()
        while not self._over():
            ending = self._ending.is_set()
            self._size, rows = self._books.ask(partial(_next, first=self._shipped))
            if rows:
                database.add(self._origin, rows, _redactions(rows), _note(rows))
                self._shipped = rows[-1].number + 1
                looked = time.monotonic()
            elif ending:
                return True
            elif time.monotonic() - looked >= self._pace.look_s:
                return False
            self._is_back()
            if self._shipped >= self._size and not ending:
                self._now.wait(self._pace.idle_s)
        return True

    def _agree(self, database: Database) -> None:
        """Compare what PostgreSQL has with what is here. Raises RefusedError where they do not belong together."""
        self._size = self._books.ask(_size)
        last = database.last(self._origin)
        had = max(self._shipped, database.claimed(self._origin))
        self._shipped = 0 if last is None else last.number + 1
        if self._shipped > self._size:
            raise RefusedError(
                f"it has {self._shipped} entries of {self._origin}, and the ledger here only {self._size}: "
                "this one was set back, or another writes under the same origin"
            )
        if last is not None:
            here = self._books.ask(partial(_at, number=last.number))
            if (here.raw, here.leaf) != (last.raw, last.leaf):
                first = self._first_other(database, last.number)
                raise RefusedError(
                    f"from entry {first} on it has other entries of {self._origin} than this ledger: one of the two was changed"
                )
        if self._shipped < had:
            self._lost(had)

    def _first_other(self, database: Database, known: int) -> int:
        """The first entry that is another one there; `known` is one of them. Each names the one before: all later are."""
        same, other = -1, known
        while other - same > 1:
            middle = (same + other) // 2
            there = database.leaf(self._origin, middle)
            if there == self._books.ask(partial(_at, number=middle)).leaf:
                same = middle
            else:
                other = middle
        return other

    def _lost(self, had: int) -> None:
        """Entries that PostgreSQL had are gone there: a promotion, a backup, or a hand. They are sent again, and it is told.

        The alarm lasts until all of them are there.
        """
        self._had = max(self._had, had)
        self._loss = f"it has lost the entries {self._shipped} to {had - 1} of {self._origin}; they are sent again"
        values = {"where": PLACE, "size": self._shipped, "outcome": "lost", "detail": self._loss}
        if not self._journal.closed:
            self._journal.append([Draft(Kind.ANCHOR, int(self._wall() * 1_000_000), values)])
        self._is_away(self._loss)

    def _is_away(self, what: str) -> None:
        self._away = self._away or self._wall()
        if what != self._trouble:
            self._trouble = what
            self._alarm(PLACE, what)

    def _look(self) -> None:
        """How many entries are here by now."""
        with suppress(AwayError):  # the ledger's own trouble has its own alarm
            self._size = self._books.ask(_size)

    def _is_back(self) -> None:
        """PostgreSQL can be used; and all is well unless it still misses what it has lost."""
        self._pauses.over()
        if self._shipped < self._had:
            self._is_away(self._loss)  # again in these words, after an outage in between
        elif self._away is not None:
            self._away = self._trouble = None
            self._alarm(PLACE, None)


def _size(shelf: Shelf) -> int:
    return shelf.head.size


def _next(shelf: Shelf, first: int) -> tuple[int, list[Sealed]]:
    """How many entries there are, and those that come next: at least one, and no more than a batch."""
    size = shelf.head.size
    rows, weight = [], 0
    for each in shelf.rows(first, min(size, first + ROWS) - 1) if first < size else ():
        rows.append(each)
        weight += len(each.raw) + len(each.fields)
        if weight >= BYTES:
            break
    return size, rows


def _at(shelf: Shelf, number: int) -> Sealed:
    return next(shelf.rows(number, number))


def _redactions(rows: list[Sealed]) -> list[Redaction]:
    """What these entries take away from others."""
    told = [read_fields(each.fields) for each in rows if b'"kind":"redaction"' in each.raw[-_TAIL:]]
    return [
        Redaction(first, last, tuple(fields["fields"].value))
        for fields in told
        for first, last in fields["entries"].value
    ]


def _note(rows: list[Sealed]) -> str | None:
    """The newest checkpoint among these entries."""
    for each in reversed(rows):
        if b'"kind":"checkpoint"' in each.raw[-_TAIL:]:
            return str(read_fields(each.fields)["note"].value)
    return None
