"""Destroys the keys of recorded contents whose time is over, and what they encrypted, in every shard that nobody else writes."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from modelrouter.errors import LedgerError
from modelrouter.ledger.contents import shred
from modelrouter.ledger.shards import shards
from modelrouter.ledger.store import Store
from modelrouter.runtime.log import logger

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from modelrouter.ledger.journal import Journal

__all__ = ["Shredder"]

EVERY_S = 3600.0


class Shredder:
    """Looks at once and every hour, on a thread of its own."""

    def __init__(self, journal: Journal, origin: str, wall: Callable[[], float]) -> None:
        self._journal = journal
        self._origin = origin
        self._wall = wall
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="modelrouter-shredding", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; what is under way is finished."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                self.look()
            except Exception:  # noqa: BLE001 - a mistake of ours here may not end all looking to come
                logger().exception("keys of recorded contents could not be destroyed")
            if self._over.wait(EVERY_S):
                return

    def look(self) -> None:
        """Destroy what is due."""
        today = datetime.fromtimestamp(self._wall(), UTC).date()
        with suppress(LedgerError):  # in trouble: the next time
            self._journal.ask(lambda store: shred(store, today)).result()
        for path in shards(self._journal.path.parent):
            if path != self._journal.path:
                with suppress(LedgerError):  # another process writes it, and does the same
                    self._idle(Store.open(path, f"{self._origin}/{path.stem}"), today)

    @staticmethod
    def _idle(store: Store, today: date) -> None:
        try:
            shred(store, today)
        finally:
            store.close()
