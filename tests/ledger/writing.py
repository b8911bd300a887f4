"""Journals for tests, and the stand-alone verifier over what they left."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Any, NamedTuple

from modelrouter.ledger.ed25519 import Secret
from modelrouter.ledger.entry import Draft, Kind, line, read, read_fields
from modelrouter.ledger.journal import Journal
from modelrouter.ledger.note import ED25519, VerifierKey
from modelrouter.ledger.reading import opened
from modelrouter.ledger.verifier import Audit, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from modelrouter.ledger.note import Note
    from modelrouter.ledger.trouble import Trouble

ORIGIN = "ledger.example/router/0"
SECRET = Secret(b"s" * 32)
KEY = str(VerifierKey(ORIGIN, ED25519, SECRET.public))
START = 1_780_000_000_000_000
PATIENCE_S = 60.0


def probe(number: int, **values: Any) -> Draft:
    """Something to write."""
    return Draft(Kind.PROBE, START + number, {"n": number, **values})


class Desk:
    """A journal, and what it told."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.alarms: list[Trouble | None] = []
        self.notes: list[Note] = []
        self._told = Event()
        usual = {"origin": ORIGIN, "secret": SECRET, "writer": "test", "on_checkpoint": self.notes.append}
        self.journal = Journal(path, told=self._hear, **{**usual, **options})

    def _hear(self, trouble: Trouble | None) -> None:
        self.alarms.append(trouble)
        self._told.set()

    def write(self, *drafts: Draft) -> int | None:
        """The number of the last of them once it is durable."""
        heard, numbers = Event(), list[int | None]()

        def kept(number: int | None) -> None:
            numbers.append(number)
            heard.set()

        self.journal.append(drafts, kept)
        assert heard.wait(PATIENCE_S)
        assert len(numbers) == 1
        return numbers[0]

    def until(self, alarms: int) -> None:
        """Wait until so many alarms were told, those that say it is over counted in."""
        while len(self.alarms) < alarms:
            self._told.clear()
            if len(self.alarms) < alarms:
                assert self._told.wait(PATIENCE_S)


class Row(NamedTuple):
    """An entry in the open."""

    number: int
    kind: str
    values: dict[str, Any]


def rows(path: Path) -> list[Row]:
    """Everything in a ledger."""
    with opened(path) as reader:
        return [
            Row(each.number, read(each.raw).kind, {name: it.value for name, it in read_fields(each.fields).items()})
            for each in reader.rows()
        ]


def audited(path: Path, notes: Iterable[Note] = (), key: str | None = KEY) -> Audit:
    """The stand-alone verifier's word that all is well; fails where it is not."""
    audit = Audit([key_of(key)] if key else [], [str(note) for note in notes])
    with opened(path) as reader:
        for each in reader.rows():
            audit.take(line(each.raw, each.fields) + b"\n")
    assert audit.close() == []
    return audit
