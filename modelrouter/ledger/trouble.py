"""What can be wrong with the storage under a ledger, in words, and what to do about it."""

from __future__ import annotations

import sqlite3
import traceback
from errno import EACCES, EDQUOT, ENOSPC, EPERM, EROFS
from pathlib import Path
from typing import NamedTuple

from modelrouter.errors import LedgerError

__all__ = ["Trouble", "crash", "damaged", "explained", "in_use", "nobody", "threadless"]

FULL = "free some space: what waits is written by itself then"
READ_ONLY = "make the file and its folder writable for this user, or name another folder"
BROKEN = "look at the disk and the system's log: a flush that failed may have lost what was not acknowledged yet"
THREADLESS = "let this process have more threads or memory: what waits is written when the next entry finds one"
DAMAGED = (
    "move it away together with the files beside it, and a new one is begun; "
    "`modelrouter ledger verify` tells what can still be trusted, an export or a copy in PostgreSQL has the rest"
)


class Trouble(NamedTuple):
    """Why nothing becomes durable at present."""

    what: str
    advice: str
    since: float
    """Seconds since 1970."""

    def __str__(self) -> str:
        return f"{self.what}: {self.advice}"


def nobody(trouble: Trouble | None) -> None:
    """Who is told where nobody wants to know."""


def crash(error: BaseException) -> str:
    """An error that nobody foresaw, for the log: its kind and its way through the code, and those of what led to it.

    Never its message: that may quote what was to be recorded.
    """
    told: list[str] = []
    met: list[BaseException] = []
    while error not in met:
        met.append(error)
        frames = traceback.extract_tb(error.__traceback__)
        way = " > ".join(f"{'/'.join(Path(each.filename).parts[-2:])}:{each.lineno} {each.name}" for each in frames)
        told.append(f"{type(error).__qualname__} at {way or 'no place'}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__) or error
    return ", after ".join(told)


def explained(error: Exception, path: Path) -> LedgerError:
    """What an error of the database or the system means for whoever runs the ledger."""
    if isinstance(error, LedgerError):
        return error
    if isinstance(error, sqlite3.Error):
        return _of_database(error, path)
    if isinstance(error, OSError):
        return _of_system(error, path)
    return damaged(path, str(error))


def damaged(path: Path, how: str) -> LedgerError:
    """The file is not what was written."""
    return LedgerError(f"{path} is damaged ({how})", DAMAGED)


def in_use(path: Path, holder: int | None) -> LedgerError:
    """Somebody else writes it."""
    who = "another process" if holder is None else f"process {holder}"
    return LedgerError(
        f"{path} is being written by {who}",
        "end that one, or give this one a file of its own; who only reads takes a copy",
    )


def threadless(path: Path, error: Exception) -> LedgerError:
    """The system gives this process no thread to write it on."""
    return LedgerError(f"there is no thread that could write {path} ({error})", THREADLESS)


def _of_database(error: sqlite3.Error, path: Path) -> LedgerError:
    code = getattr(error, "sqlite_errorcode", None)
    said = f"{error}, {getattr(error, 'sqlite_errorname', 'no code')}"
    match None if code is None else code & 0xFF:
        case sqlite3.SQLITE_FULL:
            return LedgerError(f"the disk under {path} is full", FULL)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED | sqlite3.SQLITE_PROTOCOL:
            return in_use(path, None)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return LedgerError(f"{path} cannot be written ({said})", READ_ONLY)
        case sqlite3.SQLITE_CANTOPEN:
            return LedgerError(f"{path} cannot be opened ({said})", READ_ONLY)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CONSTRAINT:
            return damaged(path, said)
        case _:
            return LedgerError(f"the disk under {path} fails ({said})", BROKEN)


def _of_system(error: OSError, path: Path) -> LedgerError:
    said = error.strerror or type(error).__name__
    if error.errno in (ENOSPC, EDQUOT):
        return LedgerError(f"the disk under {path} is full", FULL)
    if error.errno in (EROFS, EACCES, EPERM):
        return LedgerError(f"{path} cannot be written ({said})", READ_ONLY)
    return LedgerError(f"{path} cannot be used ({said})", BROKEN)
