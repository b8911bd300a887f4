"""Opens a ledger on a thread of its own: whoever needs it waits for that, but not for ever."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING

from modelrouter.errors import LedgerError, MissingSecretError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Try", "silent", "told"]

PATIENCE_S = 5.0
"""So long after it began a try is waited for."""


class Try:
    """One try at opening a ledger. `end` must be called when it is over, however it ended."""

    def __init__(self) -> None:
        self._until = time.monotonic() + PATIENCE_S
        self._over: Future[None] = Future()

    def start(self, work: Callable[[], None]) -> None:
        """Do it now. Raises RuntimeError or MemoryError where no thread can be had for it."""
        threading.Thread(target=work, name="modelrouter-ledger-open", daemon=True).start()

    @property
    def left_s(self) -> float:
        """How long it may be waited for yet."""
        return max(self._until - time.monotonic(), 0.0)

    def end(self) -> None:
        """It is over: nobody waits any longer."""
        self._over.set_result(None)

    def wait(self) -> bool:
        """Whether it is over, after waiting as long as it may be waited for; holds up the thread."""
        try:
            self._over.result(self.left_s)
        except TimeoutError:
            return False
        return True


def told(error: Exception, folder: str) -> LedgerError | MissingSecretError:
    """Why a ledger cannot be opened, in words for whoever runs it, whatever went wrong."""
    if isinstance(error, LedgerError | MissingSecretError):
        return error
    return LedgerError(
        f"the ledger in {folder} cannot be opened ({type(error).__name__}: {error})",
        "look at what the inventory says of it; it is tried again by itself",
    )


def silent(folder: str) -> LedgerError:
    """Nothing is known: the system does not answer."""
    return LedgerError(f"{folder} does not answer", "look at the disk: the ledger is opened by itself when it does")
