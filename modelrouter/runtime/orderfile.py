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
        self._read = 0

    def lines(self, order: Order) -> Path:
        """Where is written what is seen of an order: of each its own, so that none reads another's."""
        return self.path.with_suffix(f".drill-{int(order.began * 1000)}")

    def order(self) -> Order | None:
        """What stands in the file; None where there is none that can be understood."""
        try:
            return parse(self.path.read_bytes())
        except OSError:
            return None

    def write(self, order: Order) -> None:
        """Place or renew an order. Raises OSError."""
        replace(self.path, dump(order))

    def remove(self, order: Order) -> None:
        """Take an order away, unless another is in its place, and all that was written of it."""
        standing = self.order()
        paths = [self.path] if standing is None or standing.id == order.id else []
        for path in (*paths, self.lines(order)):
            with suppress(OSError):
                path.unlink()

    def begin(self, order: Order) -> None:
        """Make room for lines. Raises OSError."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.lines(order).touch(0o600)

    def note(self, order: Order, told: dict[str, Any]) -> None:
        """Write one line, whole: several processes may write at once. Where there is no room for it, nobody reads it."""
        with suppress(OSError):
            handle = os.open(self.lines(order), os.O_WRONLY | os.O_APPEND)
            try:
                os.write(handle, orjson.dumps(told) + b"\n")
            finally:
                os.close(handle)

    def unread(self, order: Order) -> Iterator[dict[str, Any]]:
        """The lines that were written since the last time, oldest first."""
        try:
            with self.lines(order).open("rb") as file:
                file.seek(self._read)
                text = file.read()
        except OSError:
            return
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        yield from map(orjson.loads, whole.splitlines())
