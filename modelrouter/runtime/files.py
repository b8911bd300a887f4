"""Small files that several processes share: written whole or not at all, by one at a time."""

from __future__ import annotations

import fcntl
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["locked", "replace"]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Be the only one of all processes to change a file; raises OSError where its folder cannot be written."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)  # closing is not enough: a process forked meanwhile has it open too


def replace(path: Path, content: bytes) -> None:
    """Put new content in place at once, so that no reader sees half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(name).replace(path)
