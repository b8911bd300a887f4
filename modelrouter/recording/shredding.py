"""Destroys the keys of recorded contents whose time is over, and what they encrypted, in every shard that nobody else writes.

In small portions, between which entries are written: whatever a day's contents weigh, no request waits for them to be
gone. What a closing, a crash or a disk in trouble interrupts goes on the next time.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from modelrouter.errors import LedgerError
from modelrouter.ledger.contents import shred
from modelrouter.ledger.keeping import hold
from modelrouter.ledger.shards import shards
from modelrouter.runtime.log import crashed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from modelrouter.ledger.journal import Journal

__all__ = ["Shredder"]

EVERY_S = 3600.0
AGAIN_S = 60.0
"""After a look that could not be finished."""
BREATH_S = 0.02
"""Between two portions of the shard that is written."""
PATIENCE_S = 5.0
"""How long a portion may be waited for, and how long `close` waits for the end."""
FINISH_S = 2.0
"""For so long after the beginning of a `close` what is due is still destroyed: some processes live no longer than that."""


class Shredder:
    """Looks at once and every hour, on a thread of its own. A disk that does not answer is waited for `patience_s`."""

    def __init__(
        self, journal: Journal, origin: str, wall: Callable[[], float], *, patience_s: float = PATIENCE_S
    ) -> None:
        self._journal = journal
        self._origin = origin
        self._wall = wall
        self._patience = patience_s
        self._over = threading.Event()
        self._until = 0.0
        self._thread = threading.Thread(target=self._run, name="modelrouter-shredding", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End soon, whatever the disk does: what could not be destroyed until then is for the next start."""
        self._until = time.monotonic() + min(FINISH_S, self._patience)
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(self._patience)

    def _run(self) -> None:
        while True:
            finished = True
            try:
                finished = self.look()
            except Exception as error:  # noqa: BLE001 - a mistake of ours here may not end all looking to come
                crashed("keys of recorded contents could not be destroyed", error)
            if self._over.wait(EVERY_S if finished else AGAIN_S):
                return

    def _late(self) -> bool:
        return self._over.is_set() and time.monotonic() >= self._until

    def look(self) -> bool:
        """Destroy what is due; whether all of it could be, but for shards that others write."""
        today = datetime.fromtimestamp(self._wall(), UTC).date()
        finished = self._own(today)
        with suppress(LedgerError):  # no folder yet, or none any more
            for path in shards(self._journal.path.parent):
                if path != self._journal.path and not self._late():
                    self._idle(path, today)
        return finished

    def _own(self, today: date) -> bool:
        """In the shard that is written here, one question after another; whether that came to its end."""
        while not self._late():
            asked = self._journal.ask(partial(shred, today=today))
            try:
                gone = asked.result(self._patience)
            except (LedgerError, TimeoutError):  # trouble, which is told of where entries are written
                asked.cancel()
                return False
            if not gone:
                return True
            self._over.wait(BREATH_S)
        return False

    def _idle(self, path: Path, today: date) -> None:
        """In one that nobody writes; where another process does, that one does the same."""
        with suppress(LedgerError), hold(path, f"{self._origin}/{path.stem}") as store:
            while not self._late() and shred(store, today):
                pass
