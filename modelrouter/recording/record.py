"""The ledger of one router: opened when there is something to record, changed by a reload, closed with an end.

Where the inventory names none, there is none. `Recording` is one of the router's observers; beyond that it makes answers
wait until their decision is durable, where the inventory wants that.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
import weakref
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from modelrouter.errors import LedgerError, MissingSecretError, UnrecordedError
from modelrouter.ledger.entry import Kind
from modelrouter.recording.condition import Condition
from modelrouter.recording.opening import Try, silent, told
from modelrouter.recording.waking import Wakes
from modelrouter.runtime.log import logger
from modelrouter.wire.dialects import CALLERS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from modelrouter.core.checks import Checked
    from modelrouter.core.decision import Decision
    from modelrouter.core.evidence import Ledger
    from modelrouter.core.faults import Fault
    from modelrouter.core.inventory import Inventory
    from modelrouter.errors import InventoryError
    from modelrouter.recording.book import Book
    from modelrouter.router import Reloaded
    from modelrouter.runtime.clock import Clock
    from modelrouter.runtime.leases import Change
    from modelrouter.runtime.observers import Closing, Opening, Ordered

__all__ = ["HEADER", "Beside", "Condition", "Recording"]

HEADER = "x-modelrouter-entry"
"""On an answer: where its decision stands in the ledger, which has it for good."""
BOOK = "modelrouter.recording.book"
"""Imported with the first ledger: database, cryptography and what copies entries take a tenth of a second."""
AGAIN_S = 5.0
"""After a ledger could not be opened, it is tried again at the first request after so long."""
ANSWER_S = 10.0
"""So long an answer waits for its entry at most: twice what makes the journal say by itself that a disk does not answer."""
SILENT = "the ledger's writer does not answer: restart this process"
UNAVAILABLE = 503
MOST_EDITS = 1000
LAST_WORD = {"content-type": "application/json", "x-should-retry": "false"}


class Recording:
    """What a router records, in the ledger of its inventory or another. Safe among threads; a forked child has its own shard."""

    def __init__(self, inventory: Inventory, ledger: Ledger | Literal["default"] | None, clock: Clock) -> None:
        self._inventory = inventory
        self._ledger = inventory.ledger if ledger == "default" else ledger
        self._fixed = ledger != "default"  # a reload does not change it
        self._clock = clock
        self._books: list[Book] = []  # the one at work first, those that are only finished behind it
        self._is_open = False
        self._problem: LedgerError | MissingSecretError | None = None
        self._again = 0.0
        self._is_silent = False
        self._renew()
        weakref.finalize(self, _close, self._books)  # at the end of a process that never closed its router

    def _renew(self) -> None:
        """After a fork: the files are the parent's, and its threads are in the other process."""
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._books[:], self._is_open = [], False
        self._trying: Try | None = None
        self._waits: dict[str, tuple[Book, asyncio.Future[int | None]]] = {}
        self._wakes: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Wakes] = weakref.WeakKeyDictionary()

    def start(self) -> None:
        """Open it now. Raises where a key or a library is missing, or nothing may be served without it."""
        book = self._book()
        if isinstance(self._problem, MissingSecretError) or (self._problem is not None and self._refuses):
            raise self._problem
        if book is not None and book.journal.trouble is not None and self._refuses:
            raise LedgerError(*book.journal.trouble[:2])

    @property
    def _refuses(self) -> bool:
        return self._ledger is not None and self._ledger.unavailable == "refuse"

    def _at_work(self) -> Book | None:
        """The one that is written; None where there is none, or it is not open now."""
        if self._pid != os.getpid():
            self._renew()
        return self._books[0] if self._is_open else None

    def _book(self) -> Book | None:
        """The one at work, opened where need be; holds up the thread for some seconds at most."""
        book = self._at_work()
        trying = self._try() if book is None else None
        if trying is not None and not trying.wait() and self._ledger is not None:
            self._problematic(trying, silent(self._ledger.folder), over=False)
        return book or self._at_work()

    def _try(self) -> Try | None:
        """The try at opening it that is under way or begins now; None where none is due."""
        ledger = self._ledger
        if ledger is None or (self._trying is None and self._clock.now() < self._again):
            return None
        with self._lock:
            if self._is_open or self._ledger is not ledger or self._trying is not None:
                return self._trying
            self._trying = trying = Try()
        try:
            trying.start(partial(self._open, ledger, trying))
        except (RuntimeError, MemoryError) as error:
            self._problematic(trying, told(error, ledger.folder), over=True)
            return None
        return trying

    def _open(self, ledger: Ledger, trying: Try) -> None:
        """On a thread of its own."""
        inventory = self._inventory
        try:
            make: type[Book] = import_module(BOOK).Book
            book = make(inventory, ledger, self._clock, partial(self._wanted, weakref.ref(self)))
            book.begin(inventory)
            self._publish(trying, book, inventory)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is shown, and tried again
            self._problematic(trying, told(error, ledger.folder), over=True)
        finally:
            trying.end()

    def _publish(self, trying: Try, book: Book, inventory: Inventory) -> None:
        """Let requests have a book that has begun, unless meanwhile another was wanted."""
        with self._lock:
            wanted = self._trying is trying
            if wanted:
                if self._inventory is not inventory:
                    book.recorder.reloaded(self._inventory, (), {})
                self._books.insert(0, book)
                self._is_open, self._problem, self._trying = True, None, None
        if not wanted:
            book.close()

    def _problematic(self, trying: Try, problem: LedgerError | MissingSecretError, *, over: bool) -> None:
        """It cannot be opened, now or yet: say why; if this try is over, there is another one later."""
        with self._lock:
            if self._trying is not trying:
                return
            if over:
                self._trying, self._again = None, self._clock.now() + AGAIN_S
            before, self._problem = self._problem, problem
        if str(problem) != str(before):
            logger().error("nothing is recorded: the ledger cannot be opened", why=str(problem))

    def _of(self, id_: str) -> Book | None:
        """The one that has the opening of a request."""
        return next((book for book in tuple(self._books) if id_ in book.recorder.open), None)

    @property
    def condition(self) -> Condition | None:
        """How it is; None where there is no ledger."""
        if self._ledger is None:
            return None
        book = self._at_work()
        if book is None:
            return Condition("", 0, 0, 0, str(self._problem) if self._problem else None, refuses=self._refuses)
        journal = book.journal
        trouble = str(journal.trouble) if journal.trouble is not None else SILENT if self._is_silent else None
        return Condition(
            book.origin,
            book.recorder.entries,
            journal.waiting,
            journal.lost + book.recorder.lost,
            trouble,
            book.outside,
            self._refuses,
            book.behind,
        )

    # What the router asks.

    def admit(self, wire: str) -> Awaitable[None] | None:
        """Have the ledger open before a request, which waits for that, some seconds at most; None: there is nothing to wait for.

        Where nothing may be served that cannot be recorded this, or waiting, raises UnrecordedError.
        """
        book = self._at_work()
        trying = self._try() if book is None else None
        if trying is not None and trying.left_s:
            return self._admitted(wire)
        self._permit(book, wire)
        return None

    async def _admitted(self, wire: str) -> None:
        book = None
        with suppress(RuntimeError):  # no thread to wait on
            book = await asyncio.to_thread(self._book)
        self._permit(book, wire)

    def _permit(self, book: Book | None, wire: str) -> None:
        if self._refuses and (book is None or book.journal.trouble is not None):
            raise self._unrecorded(book, wire)

    def kept(self, id_: str, wire: str) -> Awaitable[Mapping[str, str]] | None:
        """What the caller of a decision waits for: the header that names its entry; None: it waits for nothing."""
        wait = self._waits.pop(id_, None)
        return self._acknowledged(*wait, wire) if wait is not None else None

    async def _acknowledged(self, book: Book, number: asyncio.Future[int | None], wire: str) -> Mapping[str, str]:
        until = time.monotonic() + ANSWER_S
        while not number.done() and (left := until - time.monotonic()) > 0:  # a loop's own time may be another
            await asyncio.wait([number], timeout=left)
        entry = number.result() if number.done() else None
        self._heard(in_time=number.done())
        if entry is not None:
            return {HEADER: f"{book.origin}#{entry}"}
        if book.ledger.unavailable == "refuse":
            raise self._unrecorded(book, wire)
        return {}

    def _heard(self, *, in_time: bool) -> None:
        """The writer answered, or not: that is told once."""
        if in_time == self._is_silent:
            self._is_silent = not in_time
            if not in_time:
                logger().error("it is not known whether anything is recorded", why=SILENT)

    def tap(self, id_: str) -> Callable[[bytes], None] | None:
        """Who hears the bytes of a stream that are kept."""
        book = self._of(id_)
        return book.recorder.tap(id_) if book is not None else None

    @staticmethod
    def _wanted(this: weakref.ref[Recording], book: Book, id_: str) -> Callable[[int | None], None] | None:
        """Let the caller of a decision wait, where answers wait; on the loop that serves it."""
        self = this()
        if self is None or book.ledger.durability != "strict":
            return None
        loop = asyncio.get_running_loop()
        wakes = self._wakes.get(loop)
        if wakes is None:
            wakes = self._wakes[loop] = Wakes(loop)
        future: asyncio.Future[int | None] = loop.create_future()
        self._waits[id_] = book, future
        return partial(wakes.told, future)

    def _unrecorded(self, book: Book | None, wire: str) -> UnrecordedError:
        trouble = book.journal.trouble if book is not None else self._problem
        message = f"nothing is served that cannot be recorded: {trouble or 'the ledger takes no entries'}"
        body = CALLERS[wire].encode_error(UNAVAILABLE, "not_recorded", "nothing is served that cannot be recorded")
        return UnrecordedError(message, status=UNAVAILABLE, headers=LAST_WORD, body=body)

    # What it observes.

    def opened(self, opening: Opening) -> None:
        """A request begins, which was admitted."""
        book = self._at_work()
        if book is not None:
            book.recorder.opened(opening)

    def decided(self, decision: Decision) -> None:
        """A stream shows its first content."""
        book = self._of(decision.id)
        if book is not None:
            book.recorder.decided(decision)

    def closed(self, closing: Closing) -> None:
        """A request is over."""
        book = self._of(closing.decision.id)
        if book is not None:
            book.recorder.closed(closing)

    def ended(self, decision: Decision, fault: Fault | None) -> None:
        """`closed` tells of the end of a stream."""

    def changed(self, change: Change) -> None:
        """A hold changed; that alone opens no ledger."""
        book = self._book() if change.by == "operator" else self._at_work()
        if book is not None:
            book.recorder.changed(change)

    def ordered(self, ordered: Ordered) -> None:
        """A person held or released a domain here."""
        book = self._book()
        if book is not None:
            book.recorder.ordered(ordered)

    def probed(self, checked: Checked) -> None:
        """A check found something; that alone opens no ledger."""
        book = self._at_work()
        if book is not None:
            book.recorder.probed(checked)

    def drilled(self, values: Mapping[str, Any]) -> None:
        """A drill on real requests begins, or is over."""
        book = self._book()
        if book is not None:
            book.recorder.drilled(values)

    def reload_failed(self, error: InventoryError) -> None:
        """An inventory was refused."""
        book = self._at_work()
        if book is not None:
            book.recorder.refused(self._inventory, [str(each) for each in error.problems[:MOST_EDITS]])

    def reloaded(self, reloaded: Reloaded) -> None:
        """Another inventory is in force, and with it perhaps another ledger."""
        edits = [str(edit) for edit in reloaded.edits[:MOST_EDITS]]
        sections = {
            kind: [str(edit) for edit in reloaded.edits if edit.path.partition(".")[0] == name]
            for kind, name in ((Kind.POLICY, "policies"), (Kind.CONTRACT, "contracts"))
        }
        before = self._inventory
        self._inventory = reloaded.after
        book = self._at_work()
        if book is not None:
            book.recorder.reloaded(reloaded.after, edits, sections)
        moved = os.path.dirname(before.path) != os.path.dirname(reloaded.after.path)  # noqa: PTH120 - as they are written
        if not self._fixed and (moved or before.ledger != reloaded.after.ledger):
            self._change(reloaded.after.ledger)

    def _change(self, ledger: Ledger | None) -> None:
        """Go over to another ledger; the one before is ended when its requests are."""
        with self._lock:
            was_open, self._is_open = self._is_open, False
            self._ledger, self._problem, self._again, self._trying = ledger, None, 0.0, None
            for book in tuple(self._books):
                book.retire(partial(_drop, self._books))
        if was_open:
            self._try()

    def close(self) -> None:
        """Write what waits and the end; what is recorded after that begins anew. May take some seconds."""
        if self._pid != os.getpid():
            return
        if (trying := self._trying) is not None:
            trying.wait()
        with self._lock:
            self._is_open, self._trying = False, None
            books, self._books[:] = list(self._books), []
        _close(books)


class Beside:
    """A drill's share of the requests, as the ledger sees them: real ones, by the inventory in force; its holds are none."""

    def __init__(self, recording: Recording, inventory: Inventory) -> None:
        self._recording = recording
        self._inventory = inventory

    def opened(self, opening: Opening) -> None:
        """A request begins."""
        self._recording.opened(opening._replace(inventory=self._inventory, door="drill"))

    def decided(self, decision: Decision) -> None:
        """A stream shows its first content."""
        self._recording.decided(decision)

    def closed(self, closing: Closing) -> None:
        """A request is over."""
        self._recording.closed(closing)

    def ended(self, decision: Decision, fault: Fault | None) -> None:
        """`closed` tells of the end of a stream."""

    def changed(self, change: Change) -> None:
        """What a drill plays holds nothing."""


def _drop(books: list[Book], book: Book) -> None:
    """It is ended: nobody asks for it any more."""
    with suppress(ValueError):
        books.remove(book)


def _close(books: list[Any]) -> None:
    for book in tuple(books):
        book.close()
