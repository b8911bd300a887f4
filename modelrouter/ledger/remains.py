"""Whether bytes that were taken away are still in a file.

A salt is 16 random bytes that stand nowhere else: where it is found in Base64, something of its field was left.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from modelrouter.ledger.entry import SALT, base64

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["Remains", "files_of"]

CHUNK = 1 << 22
_TEXT = len(base64(bytes(SALT)))
_SALT_ENDS = re.compile(rb'=="')
FEW = 32
"""Salts that are looked for one by one; of more, every salt of the file is looked up among them."""
LONGEST = 32
"""Bytes of a body that are looked for: encrypted ones begin with chance."""
MOST_BODIES = 200
"""Bodies that are looked for; of more, a sample."""


class Remains:
    """What is looked for."""

    def __init__(self) -> None:
        self._salts: set[bytes] = set()
        self._bodies: set[bytes] = set()

    def salt(self, salt: bytes) -> None:
        """The salt of a field."""
        self._salts.add(base64(salt).encode())

    def body(self, data: bytes) -> None:
        """What was kept beside an entry."""
        if data:
            self._bodies.add(data[:LONGEST])

    def in_any(self, paths: Iterable[Path]) -> list[Path]:
        """Those of the files that hold anything of it. Raises OSError."""
        return [path for path in paths if self._in(path)]

    def _in(self, path: Path) -> bool:
        bodies, before = tuple(islice(self._bodies, MOST_BODIES)), b""
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                data = before + chunk
                if any(each in data for each in bodies):
                    return True
                if self._salted(data):
                    return True
                before = data[-max(_TEXT, LONGEST) :]
        return False

    def _salted(self, data: bytes) -> bool:
        if len(self._salts) <= FEW:
            return any(each in data for each in self._salts)
        ends = (found.start() + 2 for found in _SALT_ENDS.finditer(data))
        return not self._salts.isdisjoint(data[max(end - _TEXT, 0) : end] for end in ends)


def files_of(path: Path) -> list[Path]:
    """Every file that may hold something of the shard in this one: its log, and copies that somebody reads or left."""
    beside = [each for each in path.parent.glob(f"{path.stem}.*") if each.is_file()]
    copies = [each for each in path.parent.glob(".copy-*/*") if each.is_file()]
    return sorted({*beside, *copies})
