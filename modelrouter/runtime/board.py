"""The board: holds of this router and of every other process of its inventory, kept the same.

The state is asked on every call and never does I/O; the board looks at the hold file at most once a
second, and writes changes on a thread of its own. It knows its own writes by their numbers in the file:
they never come back as somebody else's.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from modelrouter.core.holds import Phase
from modelrouter.runtime.holdfile import default_path, warn_if_elsewhere
from modelrouter.runtime.log import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from modelrouter.core.domains import Domain
    from modelrouter.core.holds import Hold
    from modelrouter.core.inventory import Inventory
    from modelrouter.runtime.clock import Clock
    from modelrouter.runtime.holdfile import HoldFile, Stamp
    from modelrouter.runtime.leases import Change
    from modelrouter.runtime.state import State

__all__ = ["Board"]

NO_KEY = "runtime.no_key"
"""The rule of a hold that only says that this process has no such key: another may well have it."""

LOOK_EVERY_S = 1.0


class Board:
    """Carries holds between one state and one hold file. Safe to use from threads, and after a fork."""

    def __init__(self, state: State, file: HoldFile, clock: Clock) -> None:
        self._state = state
        self._file = file
        self._clock = clock
        self._looked = float("-inf")
        state.claim = self.claim
        self._known: dict[Domain, Stamp] = {}
        self._renew()

    def _renew(self) -> None:
        """What does not survive a fork: threads, their locks and what they had still to do."""
        self._pid = os.getpid()
        self._lock = threading.Lock()
        # Guarded by _lock, as `_known` is.
        self._writing: Counter[Domain] = Counter()  # changes of our own that have not reached the file
        self._skipped = False  # the last look left one of those out
        self._asked: dict[Domain, float] = {}  # when its trial was last claimed
        self._writer: ThreadPoolExecutor | None = None

    def look(self) -> list[Change]:
        """Take over what others have changed; at most one look at the file each second."""
        now = self._clock.now()
        if now - self._looked < LOOK_EVERY_S:
            return []
        self._looked = now
        self._check()
        with self._lock:
            if not self._skipped and not self._file.changed():
                return []
            found = self._found()
        lifted = [domain for domain, hold in found.items() if hold is None]
        return [*self._state.lift(lifted), *self._state.place([hold for hold in found.values() if hold])]

    def reload(self, gone: Sequence[Domain], before: Inventory, after: Inventory) -> None:
        """Another inventory is in force: what the file says of domains that it has again is news."""
        if self._file.path == default_path(before):
            warn_if_elsewhere(self._file.path, after)
        self._check()
        with self._lock:
            for domain in gone:
                self._known.pop(domain, None)
            self._skipped = True

    def _found(self) -> dict[Domain, Hold | None]:
        """What others wrote. A domain that we are about to write is looked at again afterwards.

        The hold of a domain that this inventory does not have is left alone until it has: routers of an earlier one
        may share the file. An operator's is taken over all the same.
        """
        found = {}
        domains = self._state.posts.domains
        self._skipped = False
        for domain, record in self._file.read().items():
            if self._writing[domain] > 0:
                self._skipped = True
            elif domain not in domains and record.hold is not None and not record.hold.by_operator:
                continue
            elif record.stamp != self._known.get(domain):
                self._known[domain] = record.stamp
                found[domain] = record.hold
        return found

    def tell(self, changes: Sequence[Change]) -> None:
        """Write changes of our own to the file, soon. What only this process lacks is nobody else's hold."""
        latest = {change.domain: change.after for change in changes if not _private(change)}
        if not latest:
            return
        self._check()
        with self._lock:
            self._writing.update(latest.keys())
            self._later(self._write_late, latest)
        self.claim([domain for domain, hold in latest.items() if hold and hold.phase is Phase.TRIAL])

    def _later(self, work: Callable[..., None], *arguments: object) -> None:
        if self._writer is None:
            self._writer = ThreadPoolExecutor(1, thread_name_prefix="modelrouter-holds")
        self._writer.submit(work, *arguments)

    def _write_late(self, latest: dict[Domain, Hold | None]) -> None:
        try:
            self._write(latest)
        except OSError as error:
            log = logger()
            log.warning("hold file not written: other processes do not see this hold", error=str(error))

    def _write(self, latest: dict[Domain, Hold | None], *, ordered: bool = False) -> None:
        stamps: dict[Domain, Stamp] = {}
        try:
            stamps = self._file.write(latest, None if ordered else dict(self._known))
        finally:
            with self._lock:
                self._known.update(stamps)
                self._writing.subtract(latest.keys())

    def order(self, changes: Sequence[Change]) -> None:
        """Write what an operator ordered, now; raises OSError where it cannot reach the other processes."""
        latest = {change.domain: change.after for change in changes}
        self._check()
        with self._lock:
            self._writing.update(latest.keys())
        self._write(latest, ordered=True)

    def claim(self, domains: Sequence[Domain]) -> None:
        """Ask for the next trial of held domains, soon: of all processes, one at a time tries."""
        self._check()
        now = self._clock.now()
        with self._lock:
            new = [domain for domain in domains if now - self._asked.get(domain, float("-inf")) >= LOOK_EVERY_S]
            if new:
                self._asked.update(dict.fromkeys(new, now))
                self._later(self._claim, new)

    def _claim(self, domains: Sequence[Domain]) -> None:
        try:
            granted = self._file.claim(domains)
        except OSError as error:
            logger().warning("hold file not written: other processes may try as well", error=str(error))
            granted = set(domains)
        self._state.grant(granted)

    def close(self) -> None:
        """Wait until everything is written."""
        self._check()
        with self._lock:
            writer, self._writer = self._writer, None
        if writer is not None:
            writer.shutdown()

    def _check(self) -> None:
        if self._pid != os.getpid():
            self._renew()


def _private(change: Change) -> bool:
    return any(hold is not None and hold.rule == NO_KEY for hold in (change.before, change.after))
