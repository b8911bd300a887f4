"""What shipper and anchors share: places outside this machine that may be away or refuse, and a ledger that they read.

Whatever is told of such a place is in our own words: libraries' messages may repeat addresses with their passwords.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING, Protocol, TypeVar

from tenacity import RetryCallState, Retrying, wait_exponential

from modelrouter.errors import LedgerError
from modelrouter.ledger.keeping import hold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelrouter.ledger.chain import Head
    from modelrouter.ledger.entry import Sealed
    from modelrouter.ledger.journal import Journal
    from modelrouter.ledger.merkle import Nodes

__all__ = ["Alarm", "AwayError", "Books", "Pauses", "RefusedError", "Shelf", "unexpected"]

Alarm = Callable[[str, str | None], None]
"""Told of a place and what is wrong there, once; and of the place and None when it is well again. May be called from
any thread, and must return at once."""

PATIENCE_S = 30.0
"""What a question to a busy journal may take."""
HELD_S = 3.0
"""How long to wait for a shard that others hold, after its journal was closed."""

T = TypeVar("T")


class AwayError(Exception):
    """A place outside cannot be used now: to be tried again. The message is free of secrets."""


class RefusedError(Exception):
    """What is kept outside and what is here do not belong together: somebody must look, and trying again is no use."""


def unexpected(error: Exception) -> str:
    """What is said of an error that nobody thought of: its kind alone, since its words may hold an address."""
    return f"something that should not happen did: {type(error).__name__}"


class Shelf(Protocol):
    """What a store at work and a reader of its file have in common."""

    @property
    def head(self) -> Head:
        """Where the ledger ends."""
        ...

    def rows(self, first: int = 0, last: int | None = None) -> Iterator[Sealed]:
        """The entries in order, both ends counted."""
        ...

    def nodes(self) -> Nodes:
        """The tree's hashes, for proofs."""
        ...


class Books:
    """A ledger to read from: through its journal while that is at work, and as the journal left it afterwards."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._ended = Event()

    def ask(self, question: Callable[[Shelf], T]) -> T:
        """The answer to a question about the entries. Raises AwayError where the ledger cannot be read now."""
        try:
            return self._journal.ask(question).result(PATIENCE_S)
        except TimeoutError:
            raise AwayError(f"the ledger's own storage has not answered for {PATIENCE_S:g} s") from None
        except (LedgerError, CancelledError):
            if not self._journal.closed:
                raise AwayError("the ledger's own storage is in trouble") from None
        return self._afterwards(question)

    def end(self) -> None:
        """The journal has written its last: from now on the file can be opened. From any thread."""
        self._ended.set()

    def _afterwards(self, question: Callable[[Shelf], T]) -> T:
        """Of the file itself, held for that long: while the journal writes its last entries, they are waited for."""
        if not self._ended.wait(PATIENCE_S):
            raise AwayError("the ledger is being closed")
        until = time.monotonic() + HELD_S
        while True:
            with suppress(LedgerError), hold(self._journal.path) as store:
                return question(store)
            if time.monotonic() > until:
                raise AwayError("the ledger is closed, and whoever opened it since goes on")
            time.sleep(0.02)


class Pauses:
    """How long to wait after each failure in a row: twice as long each time, up to a bound."""

    def __init__(self, first_s: float, longest_s: float) -> None:
        self._wait = wait_exponential(multiplier=first_s, max=longest_s)
        self._state = RetryCallState(Retrying(), None, (), {})

    def next(self) -> float:
        """Seconds to wait after one failure more."""
        pause = self._wait(self._state)
        self._state.attempt_number += 1
        return pause

    def over(self) -> None:
        """All is well again: the next failure starts with the shortest pause."""
        self._state.attempt_number = 1
