"""Ledgers to be read out of PostgreSQL, as `reading` reads them out of files.

held(dsn)                        which ledgers there are, how long, with their newest checkpoints
with fetched(dsn, origin) as reader: ...
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple, cast

from modelrouter.errors import LedgerError
from modelrouter.ledger.entry import Sealed
from modelrouter.ledger.merkle import leaf_hash
from modelrouter.ledger.outside import AwayError, RefusedError
from modelrouter.ledger.postgres import Database
from modelrouter.ledger.reading import Lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from modelrouter.ledger.reading import Reader

__all__ = ["Held", "fetched", "held"]

ADVICE = "look at the database and at the secret that the inventory's `ledger: postgres:` names"


class Held(NamedTuple):
    """A ledger that PostgreSQL has."""

    origin: str
    size: int
    checkpoint: str | None
    """The newest signed one, as text."""


def held(dsn: Callable[[], str]) -> tuple[Held, ...]:
    """Every ledger that was copied there. Raises LedgerError."""
    with _explained(), Database(dsn) as database:
        return tuple(Held(origin, size, note) for origin, (size, note) in database.origins().items())


def fetched(dsn: Callable[[], str], origin: str) -> Reader:
    """One of them, to be read and closed. Raises LedgerError where there is none of this name."""
    return _Fetched(dsn, origin)


class _Fetched(Lines):
    """Entries out of PostgreSQL; what a file of lines works out from its entries, this works out alike."""

    def __init__(self, dsn: Callable[[], str], origin: str) -> None:
        # No file: the name under which messages speak of it.
        self.path = cast("Path", PurePosixPath("postgres") / origin)
        self._name = origin
        self._database = Database(dsn)
        with _explained():
            self._database.__enter__()
            try:
                last = self._database.last(origin)
            except BaseException:
                self._database.__exit__(None, None, None)
                raise
        self._size = 0 if last is None else last.number + 1
        if last is None:
            self.close()
            raise LedgerError(
                f"PostgreSQL has no ledger {origin!r}", "name one that it has, or look whether it is copied"
            )

    @property
    def origin(self) -> str:
        """The ledger's name."""
        return self._name

    @property
    def size(self) -> int:
        """How many entries there were when it was opened."""
        return self._size

    def rows(self, first: int = 0, last: int | None = None) -> Iterator[Sealed]:
        """The entries from one number to another, both counted; those that are gone are left out."""
        with _explained():
            for each in self._database.rows(
                self._name, first, min(self._size - 1, self._size if last is None else last)
            ):
                # The hash is not taken on trust.
                yield Sealed(each.number, each.raw, each.fields, leaf_hash(each.raw))

    def close(self) -> None:
        """End the connection."""
        self._database.__exit__(None, None, None)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (AwayError, RefusedError) as error:
        raise LedgerError(f"PostgreSQL cannot be read: {error}", ADVICE) from None
