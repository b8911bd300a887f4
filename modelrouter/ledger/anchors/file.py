"""A file on another disk or another machine, where checkpoints stand behind one another.

Only ever appended to, each one flushed. What stands there already is looked at once: a newer checkpoint than the
ledger's own, or another one of the same size, shows that the ledger was set back or changed.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import contextmanager, suppress
from errno import ELOOP, ENOSPC, EWOULDBLOCK
from fcntl import LOCK_EX, LOCK_NB, flock
from functools import partial
from typing import TYPE_CHECKING

from modelrouter.ledger.anchors.kept import Kept
from modelrouter.ledger.checkpoint import Checkpoint, several
from modelrouter.ledger.entry import MalformedError
from modelrouter.ledger.merkle import consistency_proof, verify_consistency
from modelrouter.ledger.outside import AwayError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from modelrouter.ledger.note import Note
    from modelrouter.ledger.outside import Books, Shelf

__all__ = ["File"]

TAIL = 262_144
"""Bytes at the end that are looked through for the ledger's last checkpoint."""
LOCK_S = 3.0
"""How long to wait while another process appends."""
_MODE = 0o644


class File:
    """One file. Its folder must be there: made anew, it might lie on the wrong disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: tuple[tuple[int, int], int] | None = None

    @property
    def name(self) -> str:
        """The path."""
        return f"file {self._path}"

    def keep(self, note: Note, books: Books) -> Kept:
        """Append the checkpoint, durable on return."""
        try:
            with self._opened() as file:
                self._append(file, note, books)
        except OSError as error:
            raise _explained(error) from None
        return Kept("kept")

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """The file, locked against others who append. Raises RefusedError for what is no plain file."""
        flags = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        try:
            file, made = os.open(self._path, flags), False
        except FileNotFoundError:
            if self._known is not None:
                self._known = None  # told once: the next checkpoint begins a new file
                raise RefusedError("the file is gone, and with it the checkpoints that were kept there") from None
            file, made = os.open(self._path, flags | os.O_CREAT | os.O_EXCL, _MODE), True
        try:
            found = os.fstat(file)
            if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
                raise RefusedError("it is no plain file of its own: a link, a pipe or a device")
            _lock(file)
            yield file
            if made:
                _flush_folder(self._path)
        finally:
            os.close(file)

    def _append(self, file: int, note: Note, books: Books) -> None:
        found = os.fstat(file)
        own = (found.st_dev, found.st_ino)
        if self._known is None:
            self._compare(_last(file, found.st_size, Checkpoint.read(note.text).origin), note, books)
        elif self._known[0] == own and found.st_size < self._known[1]:
            self._known = own, found.st_size
            raise RefusedError("it has become shorter: checkpoints that were kept there are gone")
        if found.st_size and os.pread(file, 1, found.st_size - 1) != b"\n":
            raise RefusedError("it ends in the middle of a line: move it away, and keep it, so that a new one is begun")
        data = str(note).encode()
        wrote = os.write(file, data)
        if wrote < len(data):
            with suppress(OSError):
                os.ftruncate(file, found.st_size)  # what is no checkpoint would spoil all of them
            raise OSError(ENOSPC, os.strerror(ENOSPC))
        os.fsync(file)
        self._known = own, found.st_size + wrote

    def _compare(self, last: Note | None, note: Note, books: Books) -> None:
        """What stands there against what is to be added. Raises RefusedError where the one does not continue the other."""
        if last is None:
            return
        there, here = Checkpoint.read(last.text), Checkpoint.read(note.text)
        if there.size > here.size:
            raise RefusedError(
                f"it has a checkpoint of {there.size} entries of {here.origin}, and here are only {here.size}: "
                "this ledger was set back, or another writes under the same origin"
            )
        proof = books.ask(partial(_proof, old=there.size, new=here.size))
        if not verify_consistency(there.size, here.size, there.root, here.root, proof):
            raise RefusedError(f"its checkpoint of {there.size} entries of {here.origin} is not one of this ledger")


def _last(file: int, size: int, origin: str) -> Note | None:
    """The last checkpoint of this ledger near the file's end; several ledgers may share a file."""
    start = max(0, size - TAIL)
    text = os.pread(file, size - start, start).decode(errors="replace")
    if start:
        text = text[text.find("\n\u2014 ") + 1 :].partition("\n")[2]
        text = "".join(_from_first_checkpoint(text.splitlines(keepends=True)))
    try:
        found = [note for note in several(text) if note.text.startswith(f"{origin}\n")]
    except MalformedError:
        raise RefusedError("it holds something that is no checkpoint: move it away, and keep it") from None
    return found[-1] if found else None


def _from_first_checkpoint(lines: list[str]) -> list[str]:
    while lines and lines[0].startswith("\u2014 "):
        lines.pop(0)
    return lines


def _lock(file: int) -> None:
    until = time.monotonic() + LOCK_S
    while True:
        try:
            flock(file, LOCK_EX | LOCK_NB)
        except OSError as error:
            if error.errno != EWOULDBLOCK:
                return  # a file system without locks: a single write at the end is whole all the same
            if time.monotonic() > until:
                raise AwayError("another process holds it") from None
            time.sleep(0.05)
        else:
            return


def _flush_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _proof(shelf: Shelf, old: int, new: int) -> tuple[bytes, ...]:
    return consistency_proof(old, new, shelf.nodes())


def _explained(error: OSError) -> Exception:
    if error.errno == ELOOP:
        return RefusedError("it is a symbolic link, which is not followed")
    return AwayError(f"it cannot be written: {error.strerror or type(error).__name__}")
