"""The hold file: how routers and commands on one machine see the same holds.

One small JSON file for each inventory. Each domain has one record with the wall time of its last
change; the latest change wins, a release is a change like any other. Writing is read, merge and replace
under a lock file, so that no reader sees half and no writer undoes another.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from modelrouter.core.causes import Cause, Ending
from modelrouter.core.domains import Domain
from modelrouter.core.holds import Hold, Phase
from modelrouter.runtime.log import logger

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.core.inventory import Inventory
    from modelrouter.runtime.clock import Clock

__all__ = ["HoldFile", "Record", "default_path"]

FORGET_S = 7 * 24 * 3600.0
"""The record of a domain that is no longer held is dropped after so long."""


class Record(NamedTuple):
    """The last change of one domain."""

    changed: float
    """Seconds since 1970."""
    hold: Hold | None


def default_path(inventory: Inventory) -> Path:
    """Where the holds of an inventory live: below `$XDG_STATE_HOME`, by the inventory's own place."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    place = hashlib.sha256(str(Path(inventory.path).resolve()).encode()).hexdigest()[:12]
    return Path(base) / "modelrouter" / f"{inventory.name}-{place}.json"


class HoldFile:
    """Reads and writes one hold file. Only writing raises: a file that cannot be read tells of no holds."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self._seen: tuple[int, int, int] | None = None

    def changed(self) -> bool:
        """Whether somebody has written since the last `read` or `write`."""
        return self._stamp() != self._seen

    def read(self) -> dict[Domain, Record]:
        """Every record; none where there is no file. A file that cannot be understood is set aside."""
        self._seen = self._stamp()
        try:
            content = self.path.read_bytes()
        except OSError:
            return {}
        try:
            entries = orjson.loads(content)["domains"]
            return {Domain.parse(name): self._record(Domain.parse(name), entry) for name, entry in entries.items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            aside = self.path.with_suffix(".broken")
            self.path.replace(aside)
            logger().warning("hold file set aside", path=str(aside), error=repr(error))
            return {}

    def write(self, changes: Mapping[Domain, Hold | None]) -> None:
        """Record changes as of now; raises OSError where the file cannot be written."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._locked():
            wall = self._clock.wall()
            records = {
                domain: record
                for domain, record in self.read().items()
                if record.hold is not None or wall - record.changed < FORGET_S
            }
            records |= {domain: Record(wall, hold) for domain, hold in changes.items()}
            entries = {str(domain): self._entry(record) for domain, record in sorted(records.items())}
            self._replace(orjson.dumps({"version": 1, "domains": entries}, option=orjson.OPT_INDENT_2))
            self._seen = self._stamp()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self.path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _replace(self, content: bytes) -> None:
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.stem)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(self.path)

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _entry(self, record: Record) -> dict[str, Any]:
        hold = record.hold
        if hold is None:
            return {"changed": record.changed, "hold": None}
        return {
            "changed": record.changed,
            "hold": {
                "cause": hold.cause,
                "since": self._wall(hold.since),
                "until": self._wall(hold.until),
                "ending": hold.ending,
                "phase": hold.phase,
                "times": hold.times,
                "trial_since": self._wall(hold.trial_since),
                "stated": hold.stated,
                "reason": hold.reason,
                "rule": hold.rule,
            },
        }

    def _record(self, domain: Domain, entry: Mapping[str, Any]) -> Record:
        held = entry["hold"]
        if held is None:
            return Record(float(entry["changed"]), None)
        hold = Hold(
            domain=domain,
            cause=None if held["cause"] is None else Cause(held["cause"]),
            since=self._monotonic(held["since"]) or 0.0,
            until=self._monotonic(held["until"]),
            ending=Ending(held["ending"]),
            phase=Phase(held["phase"]),
            times=int(held["times"]),
            trial_since=self._monotonic(held["trial_since"]),
            stated=bool(held["stated"]),
            reason=str(held["reason"]),
            rule=str(held["rule"]),
        )
        return Record(float(entry["changed"]), hold)

    def _wall(self, monotonic: float | None) -> float | None:
        return None if monotonic is None else self._clock.wall() + monotonic - self._clock.now()

    def _monotonic(self, wall: float | None) -> float | None:
        return None if wall is None else self._clock.now() + float(wall) - self._clock.wall()
