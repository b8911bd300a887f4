"""A ledger's folder: one shard for each process that writes at the same time, and the key that signs them.

`0.db` is a shard, `0.lock` is held by whoever writes it, `0.head` has the last checkpoint that was signed, and `0.reading` is
held by whoever copies it. Locks are the system's own (`flock`): they end with the process, however it ends.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakSet

from modelrouter.errors import LedgerError
from modelrouter.ledger.ed25519 import Secret, secret_from
from modelrouter.ledger.trouble import explained, in_use

if TYPE_CHECKING:
    from typing import Self

__all__ = ["KEY", "Lock", "Shard", "claim", "key_of", "lock_path", "shards"]

KEY = "key.pem"
"""The key that is made where the inventory names none."""
_OWNER = 0o600


class Lock:
    """A file that this process holds; nobody else can until it is released or the process ends.

    A forked child does not hold it: it lets go of it in silence, so that it ends with the parent.
    """

    def __init__(self, path: Path, file: int) -> None:
        self.path = path
        self._file = file
        _LOCKS.add(self)

    @classmethod
    def taken(cls, path: Path) -> Self | None:
        """The lock; None where somebody else has it. Raises OSError where there can be none."""
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        except OSError:
            os.close(file)
            raise
        with suppress(OSError):  # a full disk: the number is for people alone
            os.ftruncate(file, 0)
            os.pwrite(file, b"%d\n" % os.getpid(), 0)
        return cls(path, file)

    @classmethod
    def of(cls, path: Path) -> Self:
        """The right to write the shard in this file. Raises LedgerError where somebody else has it, and OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = cls.taken(lock_path(path))
        if lock is None:
            raise in_use(path, cls.holder(lock_path(path)))
        return lock

    @staticmethod
    def holder(path: Path) -> int | None:
        """The process that wrote its number there last."""
        try:
            return int(path.read_text())
        except (OSError, ValueError):
            return None

    def release(self) -> None:
        """Let go; twice does no harm."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)  # without unlocking: in a child that would take it from the parent

    def __del__(self) -> None:
        self.release()


class Shard(NamedTuple):
    """One file of a ledger that is this process's own."""

    path: Path
    origin: str
    lock: Lock


_LOCKS: WeakSet[Lock] = WeakSet()
"""Those of this process that are alive: what is to be let go of in a child that is forked."""


def _let_go() -> None:
    for lock in list(_LOCKS):
        lock.release()


os.register_at_fork(after_in_child=_let_go)  # once: nothing that was registered can be taken back


def lock_path(path: Path) -> Path:
    """The file whose holder may write the ledger in this one."""
    return path.with_suffix(".lock")


def claim(folder: Path, origin: str) -> Shard:
    """The first shard that nobody holds, made where all are held. Raises LedgerError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number in count():
            path = folder / f"{number}.db"
            lock = Lock.taken(lock_path(path))
            if lock is not None:
                return Shard(path, f"{origin}/{number}", lock)
    except OSError as error:
        raise explained(error, folder) from None
    raise AssertionError("numbers do not end")


def shards(folder: Path) -> list[Path]:
    """The shards of a folder in their order. Raises LedgerError where it cannot be read."""
    try:
        found = [path for path in folder.iterdir() if path.suffix == ".db" and path.stem.isdecimal()]
    except OSError as error:
        raise explained(error, folder) from None
    return sorted(found, key=lambda path: int(path.stem))


def key_of(folder: Path) -> Secret:
    """The folder's own key, made at the first time, readable for its owner alone. Raises LedgerError.

    Of several processes that start at once, all get the same.
    """
    path = folder / KEY
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _made(path)
        secret = secret_from(path.read_text(encoding="ascii"))
    except OSError as error:
        raise explained(error, path) from None
    except UnicodeDecodeError:
        secret = None
    if secret is None:
        raise LedgerError(f"{path} holds no Ed25519 key", "put the right one back: what it signed needs it")
    return secret


def _made(path: Path) -> None:
    """A new key, complete or not at all: it is linked into place, and whoever comes second leaves the first."""
    own = Path(f"{path}.{os.getpid()}")
    file = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER)
    try:
        with os.fdopen(file, "wb") as out:
            out.write(Secret(os.urandom(32)).pem())
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            os.link(own, path)
    finally:
        own.unlink()
