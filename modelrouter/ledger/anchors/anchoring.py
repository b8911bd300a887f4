"""Brings every new checkpoint to every place, and tells the ledger what became of it.

Each place has a thread of its own: a disk that hangs keeps no witness waiting. Only the newest checkpoint is ever
brought; what a place could not take is replaced by the next one. Nothing here can hold up a request: `offer` puts a
note down and returns.
"""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial
from threading import Condition, Event, Lock, Thread
from typing import TYPE_CHECKING, NamedTuple

from tenacity import Retrying, retry_if_exception_type, sleep_using_event, stop_when_event_set, wait_exponential

from modelrouter.ledger.checkpoint import Checkpoint
from modelrouter.ledger.entry import Draft, Kind
from modelrouter.ledger.outside import AwayError, Books, RefusedError, unexpected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tenacity import RetryCallState

    from modelrouter.ledger.anchors.places import Place
    from modelrouter.ledger.journal import Journal
    from modelrouter.ledger.note import Note
    from modelrouter.ledger.outside import Alarm

__all__ = ["Anchoring", "Pace", "State"]

PATIENCE = 3
"""Failures in a row until there is an alarm: a witness that restarts is none."""


class Pace(NamedTuple):
    """In seconds."""

    first_s: float = 1.0
    longest_s: float = 60.0
    """Pauses after failures, twice as long each time."""


class State(NamedTuple):
    """What a place has."""

    place: str
    size: int
    """Of the newest checkpoint that it took; 0 before the first."""
    trouble: str | None
    """Why it does not take the next one."""


class Anchoring:
    """The places of one shard. `alarm` is called on their threads."""

    def __init__(
        self,
        places: Sequence[Place],
        alarm: Alarm,
        *,
        wall: Callable[[], float] = time.time,
        pace: Pace | None = None,
    ) -> None:
        self._wall = wall
        self._own = _Own()
        self._journal: Journal | None = None
        self._desks = [_Desk(place, alarm, self._told, pace or Pace()) for place in places]

    def start(self, journal: Journal) -> None:
        """Begin. What was offered before is brought now."""
        self._journal = journal
        for desk in self._desks:
            desk.start(Books(journal))

    def offer(self, note: Note) -> None:
        """A new checkpoint; returns at once, on any thread.

        One that covers nothing but what was told of earlier ones is left out: a ledger at rest would otherwise grow
        by itself for ever.
        """
        if self._own.anything_else(Checkpoint.read(note.text).size):
            for desk in self._desks:
                desk.offer(note)

    def close(self, within_s: float = 5.0) -> None:
        """Try once more with what is left, and end; at the latest after so many seconds."""
        until = time.monotonic() + within_s
        for desk in self._desks:
            desk.end()
        for desk in self._desks:
            desk.join(max(0.0, until - time.monotonic()))

    @property
    def states(self) -> tuple[State, ...]:
        """What each place has; to be asked from any thread."""
        return tuple(desk.state for desk in self._desks)

    def _told(self, place: str, size: int, outcome: str, detail: str | None) -> None:
        values = {"where": place, "size": size, "outcome": outcome} | ({"detail": detail} if detail else {})
        if self._journal is not None and not self._journal.closed:
            draft = Draft(Kind.ANCHOR, int(self._wall() * 1_000_000), values)
            self._journal.append([draft], kept=self._own.wrote)


class _Own:
    """Which entries are only about anchoring."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._size = 0
        self._numbers: set[int] = set()

    def wrote(self, number: int | None) -> None:
        """An entry of ours has this number."""
        if number is not None:
            with self._lock:
                self._numbers.add(number)

    def anything_else(self, size: int) -> bool:
        """Whether a checkpoint of this size covers an entry more than the one before, ours and its own reference aside."""
        with self._lock:
            ours = {number for number in self._numbers if number < size}
            # The entry whose number is a checkpoint's size is the one that keeps that checkpoint.
            new = size - self._size - len(ours) - (1 if self._size else 0)
            self._numbers -= ours
            self._size = size
        return new > 0


class _Desk:
    """One place, and what is to be brought there."""

    def __init__(
        self, place: Place, alarm: Alarm, told: Callable[[str, int, str, str | None], None], pace: Pace
    ) -> None:
        self._place, self._alarm, self._told, self._pace = place, alarm, told, pace
        self._changed = Condition()
        self._next: Note | None = None
        self._ending = Event()
        self._books: Books | None = None
        self._thread: Thread | None = None
        self.state = State(place.name, 0, None)

    def start(self, books: Books) -> None:
        """Begin."""
        self._books = books
        self._thread = Thread(
            target=self._run, args=(books,), name=f"modelrouter-anchor {self._place.name}", daemon=True
        )
        self._thread.start()

    def offer(self, note: Note) -> None:
        """This one instead of any other."""
        with self._changed:
            self._next = note
            self._changed.notify_all()

    def end(self) -> None:
        """No more pauses; the journal has written its last."""
        if self._books is not None:
            self._books.end()
        self._ending.set()
        with self._changed:
            self._changed.notify_all()

    def join(self, within_s: float) -> None:
        """Wait for the end."""
        if self._thread is not None:
            self._thread.join(within_s)

    def _run(self, books: Books) -> None:
        while True:
            with self._changed:
                while self._next is None:
                    if self._ending.is_set():
                        return
                    self._changed.wait()
            retrying = Retrying(
                retry=retry_if_exception_type(AwayError),
                wait=wait_exponential(multiplier=self._pace.first_s, max=self._pace.longest_s),
                stop=stop_when_event_set(self._ending),
                sleep=sleep_using_event(self._ending),
                before_sleep=self._failed,
                reraise=True,
            )
            with suppress(AwayError):
                retrying(partial(self._bring, books))

    def _bring(self, books: Books) -> None:
        with self._changed:
            note, self._next = self._next, None
        if note is None:
            return
        size = Checkpoint.read(note.text).size
        try:
            kept = self._place.keep(note, books)
        except AwayError:
            with self._changed:
                if self._next is None:
                    self._next = note
            raise
        except RefusedError as error:
            self._troubled(size, "refused", str(error))
            return
        except Exception as error:  # noqa: BLE001 - a thread that ended in silence would never anchor again
            self._troubled(size, "failed", unexpected(error))
            return
        if self.state.trouble is not None:
            self._alarm(self._place.name, None)
        self.state = State(self._place.name, size, None)
        self._told(self._place.name, size, kept.outcome, kept.detail)

    def _failed(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        with self._changed:
            size = Checkpoint.read(self._next.text).size if self._next is not None else 0
        if state.attempt_number >= PATIENCE:
            self._troubled(size, "failed", str(error))

    def _troubled(self, size: int, outcome: str, what: str) -> None:
        """An alarm, and an entry, once for the same words."""
        if what != self.state.trouble:
            self.state = self.state._replace(trouble=what)
            self._alarm(self._place.name, what)
            self._told(self._place.name, size, outcome, what)
