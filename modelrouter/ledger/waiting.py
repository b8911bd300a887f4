"""What waits to be written: bounded, in order, and honest about what found no place."""

from __future__ import annotations

import logging
from collections import deque
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from modelrouter.ledger.entry import Draft, Kind
from modelrouter.ledger.trouble import crash

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Future

    from modelrouter.ledger.store import Store

    Kept = Callable[[int | None], None]
    Facts = Mapping[str, bytes]

__all__ = ["HEAVIEST", "LOG", "Gap", "Question", "Waiting", "Wanted", "call", "drafts_of", "started"]

LOG = logging.getLogger("modelrouter.ledger")

T = TypeVar("T")

HEAVIEST = 64 << 20
"""Bytes of facts that may wait."""


class Wanted:
    """Drafts that shall become entries together, and who is told."""

    __slots__ = ("drafts", "facts", "kept")

    def __init__(self, drafts: Sequence[Draft], kept: Kept | None, facts: Facts | None = None) -> None:
        self.drafts = drafts
        self.kept = kept
        self.facts: Facts = facts or {}
        """What is kept by name in the same transaction."""

    @property
    def weight(self) -> int:
        """Bytes of the facts: contents may be large."""
        return sum(map(len, self.facts.values())) if self.facts else 0

    def taken(self) -> Kept | None:
        """Who is to be told: only once."""
        kept, self.kept = self.kept, None
        return kept


class Gap:
    """How many drafts were given up in this place, between which times, and why."""

    __slots__ = ("first", "last", "lost", "why")

    def __init__(self, lost: int, time: int, why: str) -> None:
        self.lost = lost
        self.first = self.last = time
        self.why = why

    def draft(self, time: int) -> Draft:
        """The entry that tells of it."""
        seconds = round(self.first / 1e6, 4), round(self.last / 1e6, 4)
        return Draft(Kind.GAP, time, {"lost": self.lost, "from": seconds[0], "to": seconds[1], "why": self.why})


def drafts_of(batch: Sequence[Wanted | Gap], time: int) -> list[Draft]:
    """What shall be written, one behind the other."""
    return [draft for item in batch for draft in (item.drafts if isinstance(item, Wanted) else [item.draft(time)])]


class Question:
    """What shall be asked of the store in its turn."""

    __slots__ = ("ask", "future")

    def __init__(self, ask: Callable[[Store], Any], future: Future[Any]) -> None:
        self.ask = ask
        self.future = future


class Waiting:
    """Up to so many drafts. Not safe among threads: whoever has it guards it."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._weight = 0
        self._items: deque[Wanted | Gap | Question] = deque()
        self.due = 0.0
        """By when what waits must be written, in monotonic seconds: until then others may join it."""
        self.drafts = 0
        """How many wait, those that are being written counted in."""
        self.lost = 0
        """How many were given up."""

    def __bool__(self) -> bool:
        return bool(self._items)

    def want(self, item: Wanted, time: int, why: str, due: float = 0.0) -> bool:
        """Let it wait until then at most; False where there is no room: then a gap in its place counts it, and says why."""
        self.due = min(self.due, due) if self._items else due
        count = len(item.drafts)
        weight = item.weight
        if self.drafts + count <= self._bound and (self._weight + weight <= HEAVIEST or not self._weight):
            self._items.append(item)
            self.drafts += count
            self._weight += weight
            return True
        self.lost += count
        last = self._items[-1] if self._items else None
        if isinstance(last, Gap):
            last.lost += count
            last.last = max(last.last, time)
        else:
            self._items.append(Gap(count, time, why))
        return False

    def ask(self, question: Question) -> None:
        """Let a question wait for its turn."""
        self.due = 0.0
        self._items.append(question)

    def take(self, most: int) -> list[Wanted | Gap] | Question:
        """What is next: a question, or what can be written together, about so many drafts."""
        batch: list[Wanted | Gap] = []
        count = 0
        while self._items and count < most:
            item = self._items[0]
            if isinstance(item, Question):
                break
            batch.append(item)
            self._items.popleft()
            count += len(item.drafts) if isinstance(item, Wanted) else 1
        if batch:
            return batch
        question = self._items.popleft()
        assert isinstance(question, Question)  # noqa: S101 - nothing else ends the loop at once
        return question

    def done(self, batch: Sequence[Wanted | Gap]) -> None:
        """What was taken is written, or given up."""
        for item in batch:
            if isinstance(item, Wanted):
                self.drafts -= len(item.drafts)
                self._weight -= item.weight

    def dismissed(self, batch: Sequence[Wanted | Gap]) -> tuple[list[Kept], list[Future[Any]]]:
        """Who waits for an answer and must not wait any longer; what they wanted written stays, questions do not."""
        wanted = [item.taken() for item in (*batch, *self._items) if isinstance(item, Wanted)]
        kept = [each for each in wanted if each is not None]
        futures = [item.future for item in self._items if isinstance(item, Question)]
        self._items = deque(item for item in self._items if not isinstance(item, Question))
        return kept, futures


def call(function: Callable[[T], object], value: T) -> None:
    """Tell somebody; a mistake of theirs is theirs alone."""
    try:
        function(value)
    except Exception as error:  # noqa: BLE001 - it is told
        LOG.error("what the ledger's writer told was not understood: %s", crash(error))  # noqa: TRY400 - not what it says


def started(name: str, run: Callable[[], None], watch: Callable[[Thread], None]) -> Thread:
    """A thread at work, and another that watches it. Raises RuntimeError or MemoryError where the first cannot be had."""
    thread = Thread(target=run, name=name, daemon=True)
    thread.start()
    with suppress(RuntimeError, MemoryError):  # then those notice who wait for it, who do not wait for ever
        Thread(target=watch, args=[thread], name=f"{name}-watch", daemon=True).start()
    return thread
