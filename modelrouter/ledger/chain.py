"""Entries behind one another: each names the hash of the one before, is a leaf of the tree, and has the next number.

A ledger starts with a `begin` entry; a writer that stops in order writes an `end` entry, and the next one begins again.
A writer that was killed leaves no end: the next one's `begin` says so. `Head` is everything that a writer must know of
what was written; `append` answers a new one and changes nothing, so that a failed commit leaves the old one good.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.ledger.canonical import canonical, parse
from modelrouter.ledger.entry import (
    LARGEST_ENTRY,
    SALT,
    BrokenError,
    Draft,
    Kind,
    MalformedError,
    Sealed,
    base64,
    read,
    seal,
    unbase64,
    written_time,
)
from modelrouter.ledger.merkle import SIZE, START, Frontier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["CLOSED", "Head", "append", "begin", "dump", "end", "genesis", "load", "redaction", "start", "walk"]

CLOSED = -1
"""In place of the number of a `begin` entry: no writer is at work."""
BLOCK = 4096
"""Entries that `walk` takes at a time."""
ORIGIN = re.compile(r"[^\s+\x00-\x1f\x7f]{1,200}")
"""An origin names a ledger for ever: like an address without its scheme, without spaces and plus (C2SP signed notes)."""

_TAIL = re.compile(rb'\},"kind":"([a-z_]{1,32})","number":(0|[1-9][0-9]{0,15}),"time":"([^"]{27})","version":1\}')
_LONGEST_TAIL = 160
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Head(NamedTuple):
    """Where a ledger ends, and all that is needed to go on."""

    origin: str
    tree: Frontier
    after: bytes
    """What the next entry names: the hash of the last one; before the first, `genesis`."""
    time: int
    """Of the last entry, in microseconds since 1970; no later entry is earlier."""
    begun: int
    """The number of the `begin` entry of the writer at work; CLOSED."""

    @property
    def size(self) -> int:
        """How many entries there are, and the number of the next."""
        return self.tree.size


def genesis(origin: str) -> bytes:
    """What the first entry of a ledger names in place of a hash: no entry can be moved to another ledger's start."""
    if not ORIGIN.fullmatch(origin):
        raise MalformedError(f"{origin!r} is no origin: no spaces, no plus, at most 200 characters")
    return sha256(b"modelrouter ledger 1\n" + origin.encode()).digest()


def start(origin: str) -> Head:
    """A ledger without entries. Raises MalformedError for an origin that is none."""
    return Head(origin, START, genesis(origin), 0, CLOSED)


def begin(head: Head, time: int, writer: str, key: str | None) -> Draft:
    """What a writer writes first: who it is, its verifier key, and how the one before stopped."""
    before = "nothing" if head.size == 0 else "end" if head.begun == CLOSED else "interruption"
    return Draft(
        Kind.BEGIN, time, {"before": before, "key": key, "origin": head.origin, "size": head.size, "writer": writer}
    )


def end(head: Head, time: int) -> Draft:
    """What a writer writes last: how many entries are its own, both ends counted."""
    return Draft(Kind.END, time, {"entries": head.size - head.begun + 1})


def redaction(time: int, entries: Iterable[tuple[int, int]], fields: Iterable[str], who: str, why: str) -> Draft:
    """What tells of a redaction: of these ranges of entries, both ends counted, these fields are taken away."""
    spans = [list(each) for each in entries]
    return Draft(Kind.REDACTION, time, {"entries": spans, "fields": sorted(fields), "who": who, "why": why})


def append(head: Head, drafts: Sequence[Draft], chance: Callable[[int], bytes]) -> tuple[Head, list[Sealed]]:
    """The drafts as entries, and where the ledger then ends; `chance` answers so many random bytes.

    An entry is never earlier than the one before: a clock that was set back is held at the last time. Raises
    MalformedError for a draft that has no place here (an entry without a writer, a second end) or no form, and
    NoCanonicalFormError for values without canonical form; nothing is appended then.
    """
    after, time, begun = head.after, head.time, head.begun
    random, place = chance(SALT * sum(len(draft.values) for draft in drafts)), 0
    made: list[Sealed] = []
    for number, draft in enumerate(drafts, head.size):
        if begun == CLOSED and draft.kind is not Kind.BEGIN:
            raise MalformedError(f"{draft.kind} without a writer that began")
        salts = random[place : place + SALT * len(draft.values)]
        place += len(salts)
        entry = seal(draft if draft.time >= time else draft._replace(time=time), number, after, salts)
        time = max(time, draft.time)
        begun = number if draft.kind is Kind.BEGIN else CLOSED if draft.kind is Kind.END else begun
        after = entry.leaf
        made.append(entry)
    return Head(head.origin, head.tree.extended([entry.leaf for entry in made]), after, time, begun), made


def walk(head: Head, raws: Iterable[bytes]) -> Head:
    """Where a ledger ends that goes on with these entries: chain, numbers, times and tree, over the bytes alone.

    Fields and signatures are checked elsewhere. Raises BrokenError with the first entry that does not stand where it
    was written. What was cut off behind the last entry shows only against a checkpoint or a known size.
    """
    block: list[bytes] = []
    for raw in raws:
        block.append(raw)
        if len(block) == BLOCK:
            head, block = _walked(head, block), []
    return _walked(head, block)


def _walked(head: Head, raws: list[bytes]) -> Head:
    leaves = [sha256(b"\x00" + raw).digest() for raw in raws]
    number, begun = head.size, head.begun
    time = written_time(head.time).encode()
    expected = b2a_base64(head.after, newline=False)
    for raw, leaf in zip(raws, leaves, strict=True):
        tail = _TAIL.fullmatch(raw, raw.rfind(b'},"kind":', -_LONGEST_TAIL))
        if tail is None or len(raw) > LARGEST_ENTRY:
            raise BrokenError(number, "not the form of an entry")
        kind, own, own_time = tail.groups()
        if raw[10:54] != expected or int(own) != number:
            raise BrokenError(number, _displaced(raw, number))
        if own_time < time:
            raise BrokenError(number, "earlier than the entry before")
        if begun == CLOSED and kind != b"begin":
            raise BrokenError(number, "without a writer that began")
        begun = number if kind == b"begin" else CLOSED if kind == b"end" else begun
        expected = b2a_base64(leaf, newline=False)
        number, time = number + 1, own_time
    if not raws:
        return head
    try:
        last = _microseconds(time.decode())
    except MalformedError as error:
        raise BrokenError(number - 1, str(error)) from None
    return Head(head.origin, head.tree.extended(leaves), leaves[-1], last, begun)


def _displaced(raw: bytes, number: int) -> str:
    """What is wrong with an entry that does not follow from the one before."""
    try:
        own = read(raw).number
    except MalformedError:
        return "not the form of an entry"
    if own != number:
        return f"the entry {own} stands in its place"
    return "does not follow from the entry before: one of the two was changed" if number else "of another ledger"


def _microseconds(text: str) -> int:
    try:
        return (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, TypeError):
        raise MalformedError(f"no time: {text!r}") from None


def dump(head: Head) -> bytes:
    """A head as it can be kept beside the entries; a few hundred bytes."""
    peaks = [base64(peak) for peak in head.tree.peaks]
    return canonical({**head._asdict(), "tree": [head.tree.size, peaks], "after": base64(head.after)})


def load(data: bytes) -> Head:
    """A head that was kept. Raises MalformedError or NoCanonicalFormError where it is none.

    Whoever can write it can forge it: compare `after` with the last entry, and the root with a checkpoint.
    """
    match parse(data):
        case {
            "origin": str(origin),
            "tree": [int(size), list(peaks)],
            "after": str(after),
            "time": int(time),
            "begun": int(begun),
        }:
            tree = Frontier(size, tuple(unbase64(peak) or b"" for peak in peaks if isinstance(peak, str)))
            last = unbase64(after)
            if tree.sound() and last is not None and len(last) == SIZE and CLOSED <= begun < max(size, 1):
                return Head(origin, tree, last, time, begun)
        case _:
            pass
    raise MalformedError("not the head of a ledger")
