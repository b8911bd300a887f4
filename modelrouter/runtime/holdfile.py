"""The hold file: how routers and commands on one machine see the same holds.

One small JSON file for each inventory. Each domain has one record of its last change; a release is a
change like any other. Changes are numbered in the order in which they reach the file, whatever the wall
clock says. Writing is read, merge and replace under a lock file, so that no reader sees half and no
writer undoes what it has not seen. Who wants to try a held domain claims it here first, so that one process
does and not each. Records that this version does not understand are left as they are.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from modelrouter.core.causes import Cause, Ending
from modelrouter.core.domains import Domain
from modelrouter.core.holds import TRIAL_LEASE_S, Hold, Phase, expired, merged
from modelrouter.runtime.files import locked, replace
from modelrouter.runtime.log import logger

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from modelrouter.core.inventory import Inventory
    from modelrouter.runtime.clock import Clock

__all__ = ["HoldFile", "Record", "Stamp", "default_path", "warn_if_elsewhere"]

Stamp = tuple[int, float]
"""Names one change of one domain: its number in the file, and its wall time in case the file began anew."""

TICK_NS = 20_000_000
"""No kernel's clock of files is coarser than this."""
FORGET_S = 7 * 24 * 3600.0
"""The record of a domain that is no longer held is dropped after so long."""


class Record(NamedTuple):
    """The last change of one domain."""

    changed: float
    """Seconds since 1970."""
    hold: Hold | None
    number: int = 0

    @property
    def stamp(self) -> Stamp:
        """Names this change."""
        return self.number, self.changed


def default_path(inventory: Inventory) -> Path:
    """Where the holds of an inventory live: below `$XDG_STATE_HOME`, by the inventory's own place.

    Its place and not its name: who renames it keeps what is held. A user without a home has them in the
    directory for temporary files.
    """
    try:
        base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    except RuntimeError:
        base = Path(tempfile.gettempdir()) / f"modelrouter-{os.getuid()}"
    place = hashlib.sha256(str(Path(inventory.path).resolve()).encode()).hexdigest()[:12]
    return Path(base) / "modelrouter" / f"{Path(inventory.path).stem or inventory.name}-{place}.json"


def warn_if_elsewhere(path: Path, inventory: Inventory) -> None:
    """Tell that a router which keeps its hold file goes over to an inventory whose commands look into another."""
    usual = default_path(inventory)
    if usual != path:
        logger().warning(
            "hold file kept: commands for the inventory that is in force now see another",
            path=str(path),
            usual=str(usual),
        )


class HoldFile:
    """Reads and writes one hold file. Only writing raises: a file that cannot be read tells of no holds."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self._seen: tuple[int, int, int] | None = None
        self._read_at = 0
        self._token = secrets.token_hex(4)

    def changed(self) -> bool:
        """Whether somebody, this process included, may have written since the last `read`."""
        stamp = self._stamp()
        # Two writes within one tick of the kernel's clock may look alike: a file read while young is read once more.
        return stamp != self._seen or (stamp is not None and stamp[0] + TICK_NS > self._read_at)

    def read(self) -> dict[Domain, Record]:
        """Every record that is understood; none where there is no file. A file that is no hold file is set aside."""
        self._seen, self._read_at = self._stamp(), time.time_ns()
        records = {}
        for name, entry in self._load()["domains"].items():
            with suppress(ValueError, KeyError, TypeError, AttributeError):  # a later version wrote it
                records[Domain.parse(name)] = self._record(Domain.parse(name), entry)
        return records

    def _load(self) -> dict[str, Any]:
        empty = {"version": 1, "number": 0, "domains": {}, "claims": {}}
        try:
            content = self.path.read_bytes()
        except OSError:
            return empty
        try:
            document = orjson.loads(content)
            return {
                **empty,
                **document,
                "domains": dict(document["domains"]),
                "claims": dict(document.get("claims", {})),
            }
        except (ValueError, KeyError, TypeError) as error:
            aside = self.path.with_suffix(".broken")
            with suppress(OSError):
                self.path.replace(aside)
            logger().warning("hold file set aside", path=str(aside), error=repr(error))
            return empty

    def write(
        self, changes: Mapping[Domain, Hold | None], known: Mapping[Domain, Stamp] | None = None
    ) -> dict[Domain, Stamp]:
        """Record changes as of now, and name them; raises OSError where the file cannot be written.

        `known` are the changes of others that the writer has seen; one it has not seen is not undone but merged with.
        Only what was recorded as given is named: the rest is news to the writer. None: an order, which stands.
        """
        with locked(self.path):
            wall = self._clock.wall()
            document = self._load()
            agreed = {domain: self._agreed(document, domain, hold, known) for domain, hold in changes.items()}
            kept = {name: entry for name, entry in document["domains"].items() if not _forgotten(entry, wall)}
            number = 1 + max([_number(document), *map(_number, document["domains"].values())])
            records = {domain: Record(wall, hold, number) for domain, (hold, ours) in agreed.items() if ours}
            entries = kept | {str(domain): self._entry(record) for domain, record in records.items()}
            claims = {
                name: claim for name, claim in document["claims"].items() if not self._settled(claim, name, changes)
            }
            document |= {"number": number, "domains": dict(sorted(entries.items())), "claims": claims}
            replace(self.path, orjson.dumps(document, option=orjson.OPT_INDENT_2))
        return {domain: record.stamp for domain, record in records.items() if record.hold is changes[domain]}

    def _agreed(
        self, document: Mapping[str, Any], domain: Domain, ours: Hold | None, known: Mapping[Domain, Stamp] | None
    ) -> tuple[Hold | None, bool]:
        """What stands where others may have changed the domain unseen, and whether the file must be told."""
        record = None
        if known is not None and (entry := document["domains"].get(str(domain))) is not None:
            with suppress(ValueError, KeyError, TypeError, AttributeError):  # a later version wrote it
                record = self._record(domain, entry)
        if record is None or known is None or record.stamp == known.get(domain):
            return ours, True
        theirs = record.hold
        if theirs is None or expired(theirs, self._clock.now()):
            return ours, True
        if theirs.by_operator or ours is None or ours.phase is not Phase.OPEN:
            return theirs, False
        return (merged(theirs, ours) if theirs.phase is Phase.OPEN else ours), True

    def claim(self, domains: Iterable[Domain]) -> set[Domain]:
        """Claim the next trials of held domains; those that nobody else is trying are granted, for `TRIAL_LEASE_S`.

        Raises OSError where the file cannot be written.
        """
        with locked(self.path):
            wall = self._clock.wall()
            document = self._load()
            claims = {name: claim for name, claim in document["claims"].items() if _until(claim) > wall}
            free = {domain for domain in domains if _owner(claims.get(str(domain))) in ("", self._owner)}
            if free:
                mine = {"owner": self._owner, "until": wall + TRIAL_LEASE_S}
                document["claims"] = claims | {str(domain): mine for domain in free}
                replace(self.path, orjson.dumps(document, option=orjson.OPT_INDENT_2))
        return free

    @property
    def _owner(self) -> str:
        return f"{os.getpid()}-{self._token}"

    def _settled(self, claim: object, name: str, changes: Mapping[Domain, Hold | None]) -> bool:
        """Whether the outcome of this very trial is being written."""
        if _owner(claim) != self._owner:
            return False
        return any(str(domain) == name and not (hold and hold.phase is Phase.TRIAL) for domain, hold in changes.items())

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _entry(self, record: Record) -> dict[str, Any]:
        hold = record.hold
        if hold is None:
            return {"changed": record.changed, "number": record.number, "hold": None}
        return {
            "changed": record.changed,
            "number": record.number,
            "hold": self._written(hold),
        }

    def _written(self, hold: Hold) -> dict[str, Any]:
        return {
            "cause": hold.cause,
            "since": self._wall(hold.since),
            "until": self._wall(hold.until),
            "ending": hold.ending,
            "phase": hold.phase,
            "times": hold.times,
            "trial_since": self._wall(hold.trial_since),
            "stated": hold.stated,
            "reason": hold.reason.encode(errors="replace").decode(),  # evidence may hold half a character
            "rule": hold.rule,
            "beneath": self._written(hold.beneath) if hold.beneath else None,
            "put_off": self._wall(hold.put_off),
        }

    def _record(self, domain: Domain, entry: Mapping[str, Any]) -> Record:
        held = entry["hold"]
        if held is None:
            return Record(float(entry["changed"]), None, _number(entry))
        return Record(float(entry["changed"]), self._hold(domain, held), _number(entry))

    def _hold(self, domain: Domain, held: Mapping[str, Any]) -> Hold:
        return Hold(
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
            beneath=self._hold(domain, held["beneath"]) if held.get("beneath") else None,
            put_off=self._monotonic(held.get("put_off")),
        )

    def _wall(self, monotonic: float | None) -> float | None:
        return None if monotonic is None else self._clock.wall() + monotonic - self._clock.now()

    def _monotonic(self, wall: float | None) -> float | None:
        return None if wall is None else self._clock.now() + float(wall) - self._clock.wall()


def _owner(claim: object) -> str:
    return str(claim.get("owner", "")) if isinstance(claim, dict) else ""


def _until(claim: object) -> float:
    until = claim.get("until") if isinstance(claim, dict) else None
    return float(until) if isinstance(until, int | float) else 0.0


def _number(entry: object) -> int:
    """The number of a change; 0 where there is none."""
    number = entry.get("number") if isinstance(entry, dict) else None
    return number if isinstance(number, int) else 0


def _forgotten(entry: object, wall: float) -> bool:
    """Whether it tells of a release long ago, and of nothing else."""
    if not isinstance(entry, dict) or entry.get("hold", entry) is not None:
        return False
    changed = entry.get("changed")
    return isinstance(changed, int | float) and wall - changed >= FORGET_S
