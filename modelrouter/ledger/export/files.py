"""Files that are there whole, or not at all."""

from __future__ import annotations

import os
from contextlib import contextmanager
from shutil import rmtree
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["replaced", "replaced_folder", "settled"]


@contextmanager
def replaced(path: Path, mode: int = 0o666) -> Iterator[IO[bytes]]:
    """A file to be written beside `path`, which takes its place once it is whole and on the disk.

    After an error nothing of it is left, and what stood there still does. Raises OSError.
    """
    beside = _beside(path)
    beside.unlink(missing_ok=True)
    try:
        with open(beside, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            yield file
            settled(file)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


@contextmanager
def replaced_folder(path: Path) -> Iterator[Path]:
    """A folder to be filled beside `path`, which takes its place once it is whole."""
    beside, before = _beside(path), path.with_name(f".{path.name}.before")
    try:
        beside.mkdir()
        yield beside
        _exchanged(path, beside, before)
    except BaseException:
        rmtree(beside, ignore_errors=True)
        raise
    rmtree(before, ignore_errors=True)


def _exchanged(path: Path, beside: Path, before: Path) -> None:
    rmtree(before, ignore_errors=True)
    if not path.exists():
        beside.rename(path)
        return
    path.rename(before)
    try:
        beside.rename(path)
    except OSError:
        before.rename(path)
        raise


def settled(file: IO[bytes]) -> None:
    """Put what was written on the disk."""
    file.flush()
    os.fsync(file.fileno())


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}")
