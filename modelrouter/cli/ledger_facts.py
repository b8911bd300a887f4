"""What can be told of a ledger as a whole: whose it is, from when to when, who wrote, who signs, what is open."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from modelrouter.cli.ledger_source import Books
from modelrouter.errors import LedgerError
from modelrouter.ledger.checkpoint import Checkpoint
from modelrouter.ledger.entry import Kind, Sealed
from modelrouter.ledger.note import Note, VerifierKey
from modelrouter.ledger.plain import plain
from modelrouter.ledger.reading import Reader
from modelrouter.ledger.signing import CHECKPOINT
from modelrouter.ledger.store import KEY

__all__ = ["Facts", "facts", "key_at", "keys_in", "newest"]

_KIND = re.compile(rb'\},"kind":"([a-z_]+)","number":\d+,"time":"([^"]{27})","version":1\}$')
_TAIL = 160
_ID = re.compile(rb'"id":\["[^"]{24}","([^"]+)"\]')
_OUTCOME = re.compile(rb'"outcome":\["[^"]{24}","([a-z]+)"\]')


class Facts(NamedTuple):
    """What a shard is, told by its own entries."""

    origin: str
    size: int
    first: str
    last: str
    """Times of the first and the last entry."""
    kinds: Counter[str]
    outcomes: Counter[str]
    """Of decisions."""
    writers: int
    interrupted: int
    gaps: tuple[int, ...]
    """Numbers of the entries that tell of lost ones."""
    open: tuple[str, ...]
    """Requests without a decision."""
    keys: tuple[str, ...]
    """Verifier keys in the order in which they signed."""


def facts(reader: Reader, done: Callable[[int], object]) -> Facts:
    """Read every entry once. Raises LedgerError."""
    kinds, outcomes = Counter[str](), Counter[str]()
    first, last, gaps, keys = "", "", list[int](), list[str]()
    opened: dict[bytes, None] = {}
    interrupted = 0
    for place, (row, kind, time) in enumerate(_tails(reader), 1):
        first, last = first or time, time
        kinds[kind] += 1
        if kind in (Kind.BEGIN, Kind.ROTATION):
            interrupted += b'"interruption"]' in row.fields
            keys += [each for each in _keys_of(row) if each not in keys]
        elif kind == Kind.GAP:
            gaps.append(row.number)
        elif kind in (Kind.REQUEST, Kind.DECISION):
            _follow(row, kind, opened, outcomes)
        if not place % 1000:
            done(1000)
    named = tuple(each.decode(errors="replace") for each in opened)
    return Facts(
        reader.origin,
        reader.size,
        first,
        last,
        kinds,
        outcomes,
        kinds[Kind.BEGIN],
        interrupted,
        tuple(gaps),
        named,
        tuple(keys),
    )


def _tails(reader: Reader) -> Iterator[tuple[Sealed, str, str]]:
    for row in reader.rows():
        found = _KIND.search(row.raw, max(len(row.raw) - _TAIL, 0))
        if found is None:
            raise LedgerError(
                f"{reader.path}: entry {row.number} is none", "modelrouter ledger verify says what is wrong"
            )
        yield row, found[1].decode(), found[2].decode()


def _follow(row: Sealed, kind: str, opened: dict[bytes, None], outcomes: Counter[str]) -> None:
    """Which requests are without a decision so far."""
    name = _ID.search(row.fields)
    if kind == Kind.REQUEST:
        opened |= {name[1]: None} if name else {}
        return
    if name:
        opened.pop(name[1], None)
    outcome = _OUTCOME.search(row.fields)
    outcomes[outcome[1].decode() if outcome else "redacted"] += 1


def keys_in(reader: Reader) -> tuple[str, ...]:
    """Verifier keys in the order in which they signed: from every begin and rotation."""
    found: list[str] = []
    for row, kind, _ in _tails(reader):
        if kind in (Kind.BEGIN, Kind.ROTATION):
            found += [each for each in _keys_of(row) if each not in found]
    return tuple(found)


def _keys_of(row: Sealed) -> list[str]:
    values = plain(row).values
    key = values.get("key")
    return [key] if isinstance(key, str) else str(values.get("note", "")).split("\n")[3:5]


def _later(reader: Reader) -> Iterator[str]:
    """The keys, the last first; read only where they are asked for."""
    yield from reversed(keys_in(reader))


def newest(books: Books) -> Note | None:
    """The newest checkpoint that is known of a shard, by what stood beside it and what it holds itself.

    Raises LedgerError where it is of more entries than there are, or of others.
    """
    known = books.reader.get(CHECKPOINT)
    texts = [*books.notes, *([known.decode()] if known else [])]
    notes = [Note.read(text) for text in texts] or _last_inside(books.reader)
    own = [each for each in notes if Checkpoint.read(each.text).origin == books.reader.origin]
    return max(own, key=lambda each: Checkpoint.read(each.text).size, default=None)


def _last_inside(reader: Reader) -> list[Note]:
    """The last checkpoint that stands among the entries."""
    found: list[Note] = []
    for row, kind, _ in _tails(reader):
        if kind == Kind.CHECKPOINT:
            found = [Note.read(str(plain(row).values.get("note")))]
    return found


def key_at(reader: Reader, note: Note) -> VerifierKey:
    """The ledger's key that signed a checkpoint. Raises LedgerError where none of those that it names did."""
    signed = {(each.name, each.key) for each in note.signatures}
    known = reader.get(KEY)
    for text in (*([known.decode()] if known else []), *_later(reader)):
        key = VerifierKey.read(text)
        if (key.name, key.id) in signed:
            return key
    raise LedgerError("no key that this ledger names has signed its checkpoint", "modelrouter ledger verify says more")
