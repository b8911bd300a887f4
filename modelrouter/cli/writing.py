"""Files that a verb writes where it is told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.cli.opening import fail

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["write"]


def write(file: Path, content: bytes) -> None:
    """Write a file whole; where that is not possible, the command ends with one line and exit code 1."""
    try:
        file.write_bytes(content)
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}")
