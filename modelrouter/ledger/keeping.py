"""What is done to a shard between two writers: values taken away, a key handed over, a checkpoint signed.

Whoever does it is a writer for that long: the shard must not be in use, and what is done begins and ends in order.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from modelrouter.errors import LedgerError
from modelrouter.ledger import chain, checkpoint
from modelrouter.ledger.contents import BODIES
from modelrouter.ledger.entry import STRUCTURE, Sealed, read, read_fields, redact
from modelrouter.ledger.note import ED25519, VerifierKey
from modelrouter.ledger.remains import Remains, files_of
from modelrouter.ledger.shards import Lock, lock_path
from modelrouter.ledger.signing import CHECKPOINT, Rhythm, Signing
from modelrouter.ledger.store import KEY, Store
from modelrouter.ledger.tables import Tables
from modelrouter.ledger.trouble import explained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from modelrouter.ledger.chain import Head
    from modelrouter.ledger.ed25519 import Secret
    from modelrouter.ledger.entry import Draft
    from modelrouter.ledger.note import Note

__all__ = ["Redacted", "Why", "cleaned", "hold", "origin_of", "redacted", "rotated", "signed_now"]

GROUP = 10_000
"""Entries that are redacted in one transaction, and told of by one entry."""
_RHYTHM = Rhythm(1000, 60.0)


class Why(NamedTuple):
    """Who asked for something to be taken away, and the reason."""

    who: str
    why: str


class Redacted(NamedTuple):
    """What was taken away."""

    entries: int
    values: int
    remains: Remains
    """What must not be found in any file any more."""


@contextmanager
def hold(path: Path, fresh: str | None = None) -> Iterator[Store]:
    """A shard that nobody writes, for whoever changes it. Raises LedgerError where it is in use, and by which process.

    `fresh` is the origin of one that has no entries yet; without it there is nothing to do there.
    """
    with _locked(path) as lock:
        store = Store.open(path, origin_of(path, fresh), lock)
        try:
            yield store
        finally:
            store.close()


@contextmanager
def _locked(path: Path) -> Iterator[Lock]:
    if not path.exists():
        raise LedgerError(f"{path} is not there", "name a shard of a ledger, such as ledger/0.db")
    try:
        lock = Lock.of(path)
    except OSError as error:
        raise explained(error, lock_path(path)) from None
    try:
        yield lock
    finally:
        lock.release()


def origin_of(path: Path, fresh: str | None = None) -> str:
    """Whose ledger a shard is that nobody writes, by its head's word. Raises LedgerError."""
    try:
        with closing(sqlite3.connect(path, timeout=0)) as connection:
            head = Tables(connection, path).kept()
    except sqlite3.Error as error:
        raise explained(error, path) from error
    if head is None and fresh is not None:
        return fresh
    if head is None:
        raise LedgerError(f"{path} has no entries", "there is nothing to do")
    return head.origin


def signed_now(store: Store, secret: Secret) -> Note:
    """A checkpoint of all there is, kept beside the shard. Raises LedgerError where another key signs it."""
    signing = _signing(store, secret)
    note = signing.sign(store.head)
    if note is None:
        raise AssertionError("it has a key")
    store.put(CHECKPOINT, str(note).encode())
    return note


def redacted(
    store: Store, numbers: Iterable[int], fields: Sequence[str], reason: Why, secret: Secret | None
) -> Redacted:
    """Take these fields away from these entries, with their salts; what an entry does not have is passed over.

    Entries that verification itself reads are never touched. What is kept of prompts and answers goes with the field
    that speaks of it. The values are gone once the shard is closed: see `cleaned`. Raises LedgerError.
    """
    writer, remains = _Writer(store, reason.who, secret), Remains()
    entries = values = 0
    rest = _chosen(store, numbers, frozenset(fields), remains)
    while group := list(islice(rest, GROUP)):
        told = chain.redaction(writer.now(), _spans(each.number for each in group), fields, reason.who, reason.why)
        facts = {place: b"" for each in group for place in each.places}
        writer.write([told], [(each.number, each.fields) for each in group], facts)
        if facts:
            store.forget(facts)
        entries, values = entries + len(group), values + sum(each.gone for each in group)
    writer.end()
    return Redacted(entries, values, remains)


class _Chosen(NamedTuple):
    """An entry from which something is taken."""

    number: int
    fields: bytes
    """What is left."""
    gone: int
    """How many values are taken."""
    places: tuple[str, ...]
    """Of what is kept beside it and goes with them."""


def _chosen(store: Store, numbers: Iterable[int], names: frozenset[str], remains: Remains) -> Iterator[_Chosen]:
    for number in numbers:
        for row in store.rows(number, number):
            if read(row.raw).kind in STRUCTURE:
                continue
            taken = {name: field for name, field in read_fields(row.fields).items() if name in names}
            places = tuple(place for field in taken.values() if (place := _kept_at(store, field.value, remains)))
            for field in taken.values():
                remains.salt(field.salt)
            if taken:
                yield _Chosen(number, redact(row.fields, names), len(taken), places)


def _kept_at(store: Store, value: Any, remains: Remains) -> str | None:
    """Where the prompt or answer is kept that a value speaks of."""
    place = value.get("place") if isinstance(value, dict) else None
    body = store.get(place) if isinstance(place, str) and place.startswith(BODIES) else None
    if not body or not isinstance(place, str):
        return None
    remains.body(body)
    return place


def _spans(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Numbers in order as ranges, both ends counted."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = found[-1][0], number
        else:
            found.append((number, number))
    return found


def cleaned(path: Path, remains: Remains) -> bool:
    """Make sure that no file of a shard that is closed holds anything of what was taken from it.

    Answers whether the shard had to be written anew for that. Raises LedgerError with the files that still do.
    """
    try:
        left = remains.in_any(files_of(path))
        if not left:
            return False
        with _locked(path), closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE").close()
            connection.execute("VACUUM").close()
        left = remains.in_any(files_of(path))
    except (sqlite3.Error, OSError) as error:
        raise explained(error, path) from error
    if left:
        raise LedgerError(
            f"the values are taken from the ledger, and their bytes are still in {', '.join(map(str, left))}",
            "remove these files once nobody reads them: they are copies",
        )
    return True


def rotated(store: Store, old: Secret, new: Secret) -> bool:
    """Hand over from one key to another, and sign with the new one; False where that was done before.

    Raises LedgerError where the ledger was signed with a third.
    """
    if store.get(KEY) == str(VerifierKey(store.head.origin, ED25519, new.public)).encode():
        return False
    writer = _Writer(store, "key rotation", old)
    writer.write([], then=lambda head: [checkpoint.rotation(head, writer.now(), old, new)])
    writer.end(new)
    return True


class _Writer:
    """Writes for a moment: a begin before the first, and an end and a checkpoint behind the last."""

    def __init__(self, store: Store, who: str, secret: Secret | None) -> None:
        self._store, self._secret, self._begun = store, secret, False
        self._name = f"modelrouter ledger, {who} ({os.getpid()})"
        self._signing = _signing(store, secret)

    def now(self) -> int:
        """The time, in microseconds since 1970."""
        return round(time.time() * 1e6)

    def write(
        self,
        drafts: Sequence[Draft],
        fields: Sequence[tuple[int, bytes]] = (),
        facts: Mapping[str, bytes] | None = None,
        *,
        then: Callable[[Head], Sequence[Draft]] = lambda _: (),
    ) -> None:
        """Keep entries, and the fields of others anew; `then` makes what hangs on where these end."""
        head, rows = self._store.head, list[Sealed]()
        begin = [] if self._begun else [chain.begin(head, self.now(), self._name, self._signing.key)]
        for each in ([*begin, *drafts], then):
            head, made = chain.append(head, each(head) if callable(each) else each, os.urandom)
            rows += made
        self._store.rewrite(fields, head, rows, facts)
        self._begun = True

    def end(self, secret: Secret | None = None) -> None:
        """The end, and a checkpoint by this key or the one that was there before."""
        if self._begun:
            self.write([chain.end(self._store.head, self.now())])
            signer = secret or self._secret
            if signer is not None:
                signed_now(self._store, signer)


def _signing(store: Store, secret: Secret | None) -> Signing:
    """What was signed so far. Raises LedgerError where the shard was set back, or another key signed it."""
    signing = Signing(store.path, store.head.origin, secret, _RHYTHM)
    signing.check(store)
    return signing
