"""The board: holds of this router and of every other process of its inventory, kept the same.

The state is asked on every call and never does I/O; the board looks at the hold file at most once a
second, and writes changes on a thread of its own.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from modelrouter.runtime.log import logger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelrouter.core.domains import Domain
    from modelrouter.core.holds import Hold
    from modelrouter.runtime.clock import Clock
    from modelrouter.runtime.holdfile import HoldFile
    from modelrouter.runtime.state import Change, State

__all__ = ["Board"]

NO_KEY = "runtime.no_key"
"""The rule of a hold that only says that this process has no such key: another may well have it."""

LOOK_EVERY_S = 1.0


class Board:
    """Carries holds between one state and one hold file."""

    def __init__(self, state: State, file: HoldFile, clock: Clock) -> None:
        self._state = state
        self._file = file
        self._clock = clock
        self._looked = float("-inf")
        self._known: dict[Domain, float] = {}
        self._writer: ThreadPoolExecutor | None = None

    def look(self) -> list[Change]:
        """Take over what others have changed; at most one look at the file each second."""
        now = self._clock.now()
        if now - self._looked < LOOK_EVERY_S:
            return []
        self._looked = now
        if not self._file.changed():
            return []
        placed: list[Hold] = []
        lifted: list[Domain] = []
        for domain, record in self._file.read().items():
            if record.changed <= self._known.get(domain, 0.0):
                continue
            self._known[domain] = record.changed
            if record.hold is None:
                lifted.append(domain)
            else:
                placed.append(record.hold)
        return [*self._state.lift(lifted), *self._state.place(placed)]

    def tell(self, changes: Sequence[Change]) -> None:
        """Write changes of our own to the file, soon. What only this process lacks is nobody else's hold."""
        latest = {change.domain: change.after for change in changes if not _private(change)}
        if not latest:
            return
        self._known.update(dict.fromkeys(latest, self._clock.wall()))
        if self._writer is None:
            self._writer = ThreadPoolExecutor(1, thread_name_prefix="modelrouter-holds")
        self._writer.submit(self._write, latest)

    def _write(self, latest: dict[Domain, Hold | None]) -> None:
        try:
            self._file.write(latest)
        except OSError as error:
            log = logger()
            log.warning("hold file not written: other processes do not see this hold", error=str(error))

    def order(self, changes: Sequence[Change]) -> None:
        """Write what an operator ordered, now; raises OSError where it cannot reach the other processes."""
        latest = {change.domain: change.after for change in changes}
        self._known.update(dict.fromkeys(latest, self._clock.wall()))
        self._file.write(latest)

    def close(self) -> None:
        """Wait until everything is written."""
        if self._writer is not None:
            self._writer.shutdown()
            self._writer = None


def _private(change: Change) -> bool:
    return any(hold is not None and hold.rule == NO_KEY for hold in (change.before, change.after))
