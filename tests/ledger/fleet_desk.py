"""A journal that is copied to PostgreSQL, and what both tell."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from support.postgres import Server, name_of

from ledger.writing import ORIGIN, PATIENCE_S, Desk
from modelrouter.ledger.reading import opened
from modelrouter.ledger.shipping import Pace, Shipping

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUICK = Pace(idle_s=0.02, look_s=0.3, first_s=0.05, longest_s=0.4, patience_s=2.0)
"""Half a minute in half a second."""


def eventually(true: Callable[[], Any], what: str = "it") -> None:
    """Wait until something is so; fails when it does not become so."""
    until = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < until, f"{what} did not happen in {PATIENCE_S:g} s"
        time.sleep(0.01)


class Fleet:
    """A shard at work with its copy."""

    def __init__(self, path: Path, dsn: str | Callable[[], str], pace: Pace = QUICK, **options: Any) -> None:
        self.path = path
        self.told: list[str | None] = []
        self.desk = Desk(path, **options)
        self.journal = self.desk.journal
        address = dsn if callable(dsn) else lambda: dsn
        self.shipping = Shipping(self.journal, address, lambda _, what: self.told.append(what), pace=pace)

    def start(self) -> None:
        """Begin to copy."""
        self.shipping.start()

    def caught_up(self) -> None:
        """Wait until everything that is durable here is there too."""
        size = self.journal.ask(lambda store: store.head.size).result(PATIENCE_S)
        eventually(lambda: self.shipping.progress.shipped >= size, f"copying {size} entries ({self.shipping.progress})")

    def close(self) -> None:
        """End both, in this order."""
        self.journal.close()
        self.shipping.close(PATIENCE_S)


def copied(server: Server, dsn: str, origin: str = ORIGIN) -> list[tuple[int, bytes, bytes, bytes]]:
    """What PostgreSQL has of a ledger, by its superuser's word."""
    with server.superuser(name_of(dsn)) as work:
        query = "SELECT number, raw, fields, leaf FROM modelrouter_ledger.entries WHERE origin = %s ORDER BY number"
        return list(work.execute(query, [origin], binary=True).fetchall())


def same(server: Server, dsn: str, path: Path, origin: str = ORIGIN) -> int:
    """How many entries both have; fails where they differ in a single byte."""
    with opened(path) as reader:
        here = [tuple(each) for each in reader.rows()]
    there = copied(server, dsn, origin)
    assert [each[0] for each in there] == [each[0] for each in here]
    assert there == here
    return len(here)
