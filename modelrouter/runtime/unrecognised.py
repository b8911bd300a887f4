"""Errors that no rule knew, counted for the operators: in memory, and in a small file beside the hold file.

Whoever is served never waits for it: what was seen is gathered, and a thread of its own adds it to the file
a few times a second at most. Adding is read, merge and replace under a lock file, so that the counts of
several processes add up and no reader sees half.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, get_args

import orjson

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.faults import Surface
from modelrouter.core.unrecognised import KEPT, NOTHING, Tally, Unrecognised, is_unrecognised, seen
from modelrouter.runtime.files import locked, replace
from modelrouter.runtime.log import logger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from modelrouter.core.faults import Evidence, Fault
    from modelrouter.core.unrecognised import Key
    from modelrouter.runtime.clock import Clock

__all__ = ["TallyFile", "UnknownErrors", "beside"]

EVERY_S = 0.2
"""At least so long passes between two writings of one router."""


def beside(hold_file: Path) -> Path:
    """Where the unknown errors of an inventory are counted."""
    return hold_file.with_name(f"{hold_file.stem}.unrecognised.json")


class TallyFile:
    """Reads and adds to one file. Only adding raises: a file that cannot be read counts nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Tally:
        """What was counted so far; a file that is none is set aside."""
        try:
            content = self.path.read_bytes()
        except OSError:
            return NOTHING
        try:
            document = orjson.loads(content)
            entries, dropped = list(document["entries"]), int(document["dropped"])
        except (ValueError, KeyError, TypeError) as error:
            aside = self.path.with_suffix(".broken")
            with suppress(OSError):
                self.path.replace(aside)
            logger().warning("file of unknown errors set aside", path=str(aside), error=repr(error))
            return NOTHING
        return NOTHING.plus(_understood(entries), dropped)

    def add(self, more: Tally) -> None:
        """Add what was seen; raises OSError where the file cannot be written."""
        with locked(self.path):
            both = self.read().plus(more.entries, more.dropped)
            entries = [asdict(entry) for entry in both.entries]
            content = orjson.dumps({"version": 1, "dropped": both.dropped, "entries": entries})
            replace(self.path, content)


class UnknownErrors:
    """Counts for one router. Safe to use from threads, and after a fork.

    Without a file the counts are this router's alone. `logs` says each text once, when it is first seen.
    """

    def __init__(self, path: Path | None, clock: Clock, *, logs: bool = True) -> None:
        self._file = TallyFile(path) if path is not None else None
        self._clock = clock
        self._logs = logs
        self._told: set[Key] = set()
        self._failed = False
        self._own = NOTHING  # where there is no file
        self._renew()

    def _renew(self) -> None:
        """What does not survive a fork: threads, locks, and counts that the parent will write."""
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        # Guarded by _lock.
        self._pending = NOTHING
        self._writer: ThreadPoolExecutor | None = None
        self._busy = False
        self._closing = threading.Event()

    def note(self, evidence: Evidence, fault: Fault, deployment: str) -> None:
        """Count an error if no rule knew it."""
        if not is_unrecognised(fault):
            return
        entry = seen(evidence, fault, deployment, self._clock.wall())
        if entry is None:
            return
        self._check()
        with self._lock:
            is_new = entry.key not in self._told and len(self._told) < KEPT
            if is_new:
                self._told.add(entry.key)
            if self._file is None:
                self._own = self._own.plus([entry])
            else:
                self._pending = self._pending.plus([entry])
                self._start()
        if is_new and self._logs:
            self._tell(entry)

    def tally(self) -> Tally:
        """Everything that was counted: by all processes, where there is a file."""
        if self._file is None:
            return self._own
        self._check()
        with self._writing:
            unwritten = self._flush(self._file)
            return self._file.read().plus(unwritten.entries, unwritten.dropped)

    def close(self) -> None:
        """Finish writing. What is noted later is written later."""
        self._check()
        with self._lock:
            writer, self._writer = self._writer, None
            closing, self._closing = self._closing, threading.Event()
        if writer is not None:
            closing.set()
            writer.shutdown()

    def _start(self) -> None:
        if self._busy:
            return
        if self._writer is None:
            self._writer = ThreadPoolExecutor(1, thread_name_prefix="modelrouter-unknown")
        with suppress(RuntimeError):  # the interpreter is ending, and takes no more work
            self._writer.submit(self._write_late, self._closing)
            self._busy = True

    def _write_late(self, closing: threading.Event) -> None:
        if self._file is None:
            return
        while True:
            with self._writing:
                unwritten = self._flush(self._file)
            with self._lock:
                if unwritten.entries or not self._pending.entries:
                    self._busy = False
                    return
            closing.wait(EVERY_S)

    def _flush(self, file: TallyFile) -> Tally:
        """Add what is pending to the file; answers what could not be written, and keeps it for the next time."""
        with self._lock:
            pending, self._pending = self._pending, NOTHING
        if not pending.entries:
            return NOTHING
        try:
            file.add(pending)
        except OSError as error:
            with self._lock:
                self._pending = pending.plus(self._pending.entries, self._pending.dropped)
                is_first, self._failed = not self._failed, True
            if is_first:
                logger().warning("unknown errors not written: other processes do not see them", error=str(error))
            return pending
        self._failed = False
        return NOTHING

    def _tell(self, entry: Unrecognised) -> None:
        """Say a text once. Texts without end are no news any more after the first `KEPT` of them."""
        logger().warning(
            "no rule knows this error",
            deployment=entry.deployment,
            status=entry.status,
            taken_for=str(entry.cause),
            text=entry.text,
        )

    def _check(self) -> None:
        if self._pid != os.getpid():
            self._renew()


def _understood(entries: list[Any]) -> Iterator[Unrecognised]:
    for entry in entries:
        with suppress(ValueError, KeyError, TypeError):  # a later version wrote it
            yield _read(entry)


def _read(entry: dict[str, Any]) -> Unrecognised:
    status, surface = entry["status"], entry["surface"]
    if surface not in get_args(Surface):
        raise ValueError(surface)
    return Unrecognised(
        provider=str(entry["provider"]),
        status=None if status is None else int(status),
        text=str(entry["text"]),
        count=int(entry["count"]),
        first=float(entry["first"]),
        last=float(entry["last"]),
        deployment=str(entry["deployment"]),
        vendor=str(entry["vendor"]),
        surface=surface,
        sample=str(entry["sample"]),
        cause=Cause(entry["cause"]),
        scope=Scope(entry["scope"]),
    )
