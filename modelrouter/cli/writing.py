"""Files that a verb writes where it is told to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from modelrouter.cli.graphs import stop

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["STANDARD_OUTPUT", "spared", "write"]

STANDARD_OUTPUT = Path("-")


def spared(target: Path, own: Iterable[str], *, as_json: bool = False) -> None:
    """Refuse with exit code 2 to write over one of the inventory's own files, by whatever name it is called."""
    for name in own:
        if _same(target, Path(name)):
            stop(f"{target} is part of the inventory and is not written over: name another file", as_json=as_json)


def write(file: Path, content: str | bytes, own: Iterable[str], *, as_json: bool = False) -> None:
    """Write a file whole, text as UTF-8; `own` are the files of the inventory, which are never touched.

    Where that is not possible, the command ends with one line and exit code 2.
    """
    if file == STANDARD_OUTPUT:
        stop("- is no file: this is written beside what is printed, so name a file", as_json=as_json)
    spared(file, own, as_json=as_json)
    try:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        stop(f"{file} cannot be written: {error.strerror}", as_json=as_json)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # at least one of the two is not there
        return False
