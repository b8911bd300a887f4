"""Writes a ledger's shard while programs go on: `Journal`.

    journal = Journal(path, origin="ledger.example/router/0", secret=secret, writer="gateway 4711")
    journal.append([Draft(Kind.PROBE, time, {"outcome": "ok"})], kept=lambda number: ...)
    journal.close()

One thread owns the store. What has queued while it was flushing becomes durable together with the next flush (group
commit), so that one entry takes about a flush, and thousands a second share a few hundred. `append` never waits.
While nothing can be written (a full disk, a lock, a file that was set back) every `kept` gets None at once, an alarm is told of
once, and the writer tries again by itself with growing pauses; what waits then is written when the storage is back.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import Future
from threading import Condition, current_thread
from typing import TYPE_CHECKING, TypeVar

from modelrouter.errors import LedgerError
from modelrouter.ledger import chain
from modelrouter.ledger.chain import CLOSED
from modelrouter.ledger.shards import Lock
from modelrouter.ledger.signing import CHECKPOINT, SET_BACK, Rhythm, Signing
from modelrouter.ledger.store import Store
from modelrouter.ledger.trouble import Trouble, crash, explained, nobody, threadless
from modelrouter.ledger.waiting import LOG, Gap, Question, Waiting, Wanted, call, drafts_of, started

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from threading import Thread

    from modelrouter.ledger.chain import Head
    from modelrouter.ledger.ed25519 import Secret
    from modelrouter.ledger.entry import Draft, Sealed
    from modelrouter.ledger.note import Note
    from modelrouter.ledger.waiting import Facts, Kept

__all__ = ["Journal"]

GROUP = 512
"""Drafts that are written together at most: sealing them takes as long as some flushes."""
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 15.0
"""Between two tries while the storage is in trouble."""
PATIENCE_S = 60.0
"""How long `close` waits for what is queued."""

T = TypeVar("T")


class Journal:
    """A shard that this process writes; every method from any thread.

    `told` hears of trouble once, and None when it is over. `on_checkpoint` gets every signed checkpoint. `facts` is asked at
    each checkpoint what to keep by name in the same transaction. These and every `kept` run on the journal's thread (a `kept` that
    gets None may run on another), and what they raise is logged. A disk that does not answer for `patience_s` is trouble as well.
    In a forked child nothing is written.
    """

    def __init__(  # noqa: PLR0913 - a composition root of its own
        self,
        path: Path,
        *,
        origin: str,
        secret: Secret | None,
        writer: str,
        wall: Callable[[], float] = time.time,
        chance: Callable[[int], bytes] = os.urandom,
        told: Callable[[Trouble | None], object] = nobody,
        checkpoint_entries: int = 1000,
        checkpoint_s: float = 60.0,
        bound: int = 100_000,
        on_checkpoint: Callable[[Note], object] | None = None,
        facts: Callable[[], Mapping[str, bytes]] | None = None,
        patience_s: float = 5.0,
        lock: Lock | None = None,
    ) -> None:
        self.path = path
        self.origin = origin
        self.trouble: Trouble | None = None
        """Why nothing becomes durable at present."""
        self._writer, self._wall, self._chance = writer, wall, chance
        self._told, self._on_checkpoint, self._lock = told, on_checkpoint, lock
        self._signing = Signing(path, origin, secret, Rhythm(checkpoint_entries, checkpoint_s), facts)
        self._busy: float | None = None
        self._patience, self._pid = patience_s, os.getpid()
        self._changed = Condition()
        self._waiting = Waiting(bound)
        self._thread: Thread | None = None
        self._sleeping = self._lingering = self.closed = self._tried = False
        self._pause = FIRST_PAUSE_S
        self._batch: list[Wanted | Gap] = []
        self._last: Head | None = None
        self._attempt: Head | None = None
        self._begun = CLOSED

    @property
    def waiting(self) -> int:
        """How many drafts are not durable yet."""
        return self._waiting.drafts

    @property
    def lost(self) -> int:
        """How many drafts were given up; `gap` entries tell of them."""
        return self._waiting.lost

    def append(
        self, drafts: Sequence[Draft], kept: Kept | None = None, facts: Facts | None = None, within_s: float = 0.0
    ) -> None:
        """Let these become entries, one behind the other; never waits, raises nothing.

        `kept` hears the number of the last of them once all are durable, or None at once where that cannot be promised:
        in trouble, beyond the bound, after `close`, in a forked child. In trouble they are written later all the same,
        unless there are too many. `facts` are kept by name in the same transaction. For so long others may join them.
        """
        if os.getpid() == self._pid:
            with self._changed:
                if self._want(drafts, kept, facts, within_s):
                    return
        if kept is not None:
            call(kept, None)

    def _want(self, drafts: Sequence[Draft], kept: Kept | None, facts: Facts | None, within_s: float) -> bool:
        """Whether `kept` will be told later."""
        if self.closed:
            self._waiting.lost += len(drafts)
            return False
        trouble = self.trouble
        why = "more than could be written" if trouble is None else trouble.what
        item = Wanted(drafts, kept if trouble is None else None, facts)
        there = self._waiting.want(item, round(self._wall() * 1e6), why, time.monotonic() + within_s)
        self._wake(soon=not within_s)
        return there and trouble is None

    def ask(self, question: Callable[[Store], T]) -> Future[T]:
        """What `question` answers on the journal's thread, after everything that was appended before.

        The future has a LedgerError in trouble, after `close`, and in a forked child.
        """
        future: Future[T] = Future()
        error = LedgerError(f"{self.path} is not written by this process", "ask the process that does")
        if os.getpid() == self._pid:
            with self._changed:
                if self.trouble is None and not self.closed:
                    self._waiting.ask(Question(question, future))
                    self._wake()
                    return future
                error = LedgerError(*self.trouble[:2]) if self.trouble else error
        future.set_exception(error)
        return future

    def _wake(self, *, soon: bool = True) -> None:
        if self._thread is None:
            self._start()
        elif self._sleeping or (soon and self._lingering):
            self._changed.notify()

    def _start(self) -> None:
        """Under the lock, which both threads wait for before they look at anything. What wakes it next tries again."""
        try:
            self._thread = started("modelrouter-ledger", self._run, self._watch)
        except (RuntimeError, MemoryError) as error:
            self._alarm(threadless(self.path, error))

    def close(self) -> None:
        """Write what waits, an `end` entry and a last checkpoint; in trouble one more try is made, and no other."""
        if os.getpid() != self._pid:
            return
        with self._changed:
            self.closed = True
            if self._thread is None and self._waiting:
                self._start()
            self._changed.notify()
        if self._thread is None:
            self._leave(None)
        elif self._thread is not current_thread():
            self._thread.join(PATIENCE_S)

    def _run(self) -> None:
        """The thread. The store is a variable of this frame alone: in a forked child nobody may so much as close it."""
        store: Store | None = None
        while self._wait():
            self._busy = time.monotonic()
            try:
                if store is None:
                    store = self._opened()
                self._work(store)
            except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
                self._broken(store, error)
                store = None
            else:
                self._whole()
        try:
            if store is not None:
                self._end(store)
        except Exception as error:  # noqa: BLE001 - as above
            self._broken(store, error)
            store = None
        self._leave(store)

    def _watch(self, thread: Thread) -> None:
        """Another thread: let nobody wait for a disk that does not answer."""
        while thread.is_alive():
            thread.join(self._patience / 4)
            busy = self._busy
            if self.trouble is None and busy is not None and time.monotonic() - busy > self._patience:
                what = f"the disk under {self.path} does not answer"
                self._alarm(LedgerError(what, "look at it: what waits is written by itself when it does"), busy)

    def _wait(self) -> bool:
        """Sleep until there is something to do; False when all is done and no more will come."""
        with self._changed:
            self._busy = None
            if self.trouble is not None:
                if not self.closed:
                    self._changed.wait_for(lambda: self.closed, self._pause)
                    self._pause = min(self._pause * 2, LONGEST_PAUSE_S)
                elif self._tried:
                    return False
                self._tried = self.closed
                return True
            while not (self._batch or self._waiting or self._signing.pending):
                due = None if self._last is None else self._signing.due_in(self._last, time.monotonic())
                if self.closed or due == 0:
                    return not self.closed
                self._sleeping = True
                self._changed.wait(due)
                self._sleeping = False
            while (left := self._waiting.due - time.monotonic()) > 0 and not (self.closed or self._batch):
                self._lingering = True
                self._changed.wait(left)
            self._lingering = False
            return True

    def _opened(self) -> Store:
        """The store, and the certainty that it is the one that was written before."""
        self._lock = self._lock or Lock.of(self.path)
        store = Store.open(self.path, self.origin, self._lock)
        try:
            self._recognise(store)
        except BaseException:
            store.close()
            raise
        return store

    def _recognise(self, store: Store) -> None:
        self._signing.check(store)
        if self._attempt is not None and store.head == self._attempt:
            self._done(store)  # the commit that failed had reached the disk after all
        elif self._last is not None and not store.extends(self._last):
            raise LedgerError(f"{self.path} is another file than the one that was written before", SET_BACK)

    def _work(self, store: Store) -> None:
        """Answer one question, or make one batch durable; then what is due."""
        if not self._batch:
            with self._changed:
                taken = self._waiting.take(GROUP) if self._waiting else []
                self._batch = [] if isinstance(taken, Question) else taken
            if isinstance(taken, Question):
                self._answer(store, taken)
                return
        if self._batch or self._signing.pending:
            self._write(store)
        if self._signing.due_in(store.head, time.monotonic()) == 0:
            self._sign(store)
        store.settle(pause=not self._waiting)

    def _answer(self, store: Store, question: Question) -> None:
        if not question.future.set_running_or_notify_cancel():
            return
        try:
            answer = question.ask(store)
        except Exception as error:  # noqa: BLE001 - whoever asked gets it
            question.future.set_exception(error)
        else:
            question.future.set_result(answer)
        self._last = store.head

    def _write(self, store: Store) -> None:
        """Make the batch durable, and tell those who wait."""
        head = store.head
        before, facts = self._first(head)
        try:
            found = self._sealed(head, before)
        except Exception:  # noqa: BLE001 - a draft of which no entry can be made must not hold up the others
            found = None
        if found is None:
            self._sift(chain.append(head, before, self._chance)[0])
            found = self._sealed(head, before)
        self._attempt, sealed = found
        for item in self._batch:
            facts.update(item.facts if isinstance(item, Wanted) else {})
        store.commit(found[0], sealed, facts)
        self._done(store, head.size + len(before))

    def _first(self, head: Head) -> tuple[list[Draft], dict[str, bytes]]:
        """What stands before the batch: a begin, or the checkpoint of what is before it."""
        if head.begun == CLOSED or head.begun != self._begun:
            self._signing.pending = None
            return [chain.begin(head, self._now(), self._writer, self._signing.key)], {}
        return self._signing.reference(head, self._now())

    def _sealed(self, head: Head, before: Sequence[Draft]) -> tuple[Head, list[Sealed]]:
        return chain.append(head, [*before, *drafts_of(self._batch, self._now())], self._chance)

    def _sift(self, head: Head) -> None:
        """In place of drafts of which no entry can be made, a gap that says why."""
        for place, item in enumerate(self._batch):
            if isinstance(item, Gap):
                continue
            try:
                chain.append(head, item.drafts, self._chance)
            except Exception as error:  # noqa: BLE001 - the ledger itself tells of it
                LOG.error("no entry can be made of what was to be recorded: %s", crash(error))
                with self._changed:
                    self._waiting.done([item])
                    self._waiting.lost += len(item.drafts)
                    kept = item.taken()
                self._batch[place] = Gap(len(item.drafts), self._now(), f"no entry can be made of it: {error}")
                if kept is not None:
                    call(kept, None)

    def _done(self, store: Store, number: int = 0) -> None:
        """The batch is durable, its first draft under this number."""
        told: list[tuple[Kept, int]] = []
        with self._changed:
            batch, self._batch = self._batch, []
            self._last, self._begun = store.head, store.head.begun
            self._attempt = self._signing.pending = None
            self._waiting.done(batch)
            for item in batch:
                number += len(item.drafts) if isinstance(item, Wanted) else 1
                kept = item.taken() if isinstance(item, Wanted) else None
                if kept is not None:
                    told.append((kept, number - 1))
        for kept, at in told:
            call(kept, at)

    def _sign(self, store: Store) -> Note | None:
        note = self._signing.sign(store.head)
        if note is not None and self._on_checkpoint is not None:
            call(self._on_checkpoint, note)
        return note

    def _end(self, store: Store) -> None:
        """What a writer that began leaves last: its end, and a checkpoint that covers it."""
        if store.head.begun == CLOSED or store.head.begun != self._begun:
            return
        made, sealed = chain.append(store.head, [chain.end(store.head, self._now())], self._chance)
        store.commit(made, sealed, self._signing.known())
        if (note := self._sign(store)) is not None:
            store.put(CHECKPOINT, str(note).encode())

    def _broken(self, store: Store | None, error: Exception) -> None:
        """Nothing becomes durable: let nobody wait, and tell it once."""
        if not isinstance(error, LedgerError | OSError):
            LOG.error("the ledger cannot be written: %s", crash(error))
        self._alarm(explained(error, self.path))
        if store is not None:
            store.close()

    def _alarm(self, found: LedgerError, busy: float | None = None) -> None:
        """Answer everybody who waits, and tell of the trouble once; not if the writer is no longer `busy` since then."""
        with self._changed:
            if busy is not None and busy != self._busy:
                return
            first, since = self.trouble is None, self._wall() if self.trouble is None else self.trouble.since
            self.trouble = trouble = Trouble(found.what, found.advice, since)
            kept, futures = self._waiting.dismissed(self._batch)
        for each in kept:
            call(each, None)
        for future in futures:
            if future.set_running_or_notify_cancel():
                future.set_exception(found)
        if first:
            call(self._told, trouble)

    def _whole(self) -> None:
        """Entries become durable: if they did not before, tell it."""
        if self.trouble is None:
            return
        with self._changed:
            self.trouble = None
            self._pause = FIRST_PAUSE_S
        call(self._told, None)

    def _leave(self, store: Store | None) -> None:
        if store is not None:
            store.close()
        if self._lock is not None:
            self._lock.release()
        with self._changed:
            self._waiting.lost, self._waiting.drafts = self._waiting.lost + self._waiting.drafts, 0

    def _now(self) -> int:
        return round(self._wall() * 1e6)
