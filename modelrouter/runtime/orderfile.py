"""The order of a rehearsal as a file beside the hold file, and what is seen of it, a line for each request.

Whoever rehearses writes the order and reads the lines; whoever serves reads the order and writes the lines. An order
that nobody renews is taken away by those who serve, with everything that was written of it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson

from modelrouter.core.rehearsal import dump, parse
from modelrouter.runtime.files import replace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from modelrouter.core.rehearsal import Order

__all__ = ["OrderFile"]


class OrderFile:
    """One order at a time for each hold file."""

    def __init__(self, hold_file: Path) -> None:
        self.path = hold_file.with_suffix(".drill")
        self.lines = hold_file.with_suffix(".drill-lines")
        self._read = 0

    def order(self) -> Order | None:
        """What stands in the file; None where there is none that can be understood."""
        try:
            return parse(self.path.read_bytes())
        except OSError:
            return None

    def write(self, order: Order) -> None:
        """Place or renew an order. Raises OSError."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace(self.path, dump(order))

    def remove(self) -> None:
        """Take the order away, and all that was written of it."""
        for path in (self.path, self.lines):
            with suppress(OSError):
                path.unlink()

    def note(self, told: dict[str, Any]) -> None:
        """Write one line, whole: several processes may write at once. Where none can be written, none is."""
        with suppress(OSError):
            handle = os.open(self.lines, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, orjson.dumps(told) + b"\n")
            finally:
                os.close(handle)

    def unread(self) -> Iterator[dict[str, Any]]:
        """The lines that were written since the last time, oldest first."""
        try:
            with self.lines.open("rb") as file:
                file.seek(self._read)
                text = file.read()
        except OSError:
            return
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        yield from map(orjson.loads, whole.splitlines())
