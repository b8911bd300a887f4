"""Prompts and answers, where a process asks for them: encrypted beside the entries, and gone when their key is.

    for each day (UTC) and process and writer     a data key of its own, 32 random bytes (AES-256-GCM)
    `content-key/UNTIL/DAY/PROCESS/ID`            that key, wrapped with the inventory's `contents: key`
    `content/DAY/PROCESS/ID/REQUEST/PART`         a prompt (`asked`) or an answer (`answered`), encrypted with it
    `content-gone/DAY/PROCESS/ID`                 nothing: that this key is destroyed, and that some of the latter may be left

The first two are facts of the shard, kept in the same transaction as the entry, which names the key and commits to SHA-256 of
what is kept. `UNTIL` is the last day on which it is kept. After that the wrapped key is destroyed, and what it
encrypted with it: nobody can read it then, with whichever key, while the entry and everything that was signed stay as
they are. What was copied elsewhere before stays wrapped with the key of the inventory: who destroys that one, or keeps it
from the copies, has destroyed them as well.

The name of what is encrypted goes into the encryption: nothing can be put in the place of something else.
"""

from __future__ import annotations

import os
from base64 import b64decode
from binascii import Error
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from modelrouter.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from modelrouter.ledger.store import Store

__all__ = ["LONGEST", "Contents", "Kept", "bodies_of", "key_from", "read", "shred"]

KEYS = "content-key/"
BODIES = "content/"
GONE = "content-gone/"
SIZE = 32
"""Bytes of a key."""
NONCE = 12
LONGEST = 4 << 20
"""Bytes of a prompt or an answer that are kept; the entry says where one was longer."""
DAY_S = 86_400
PORTION = 500
HEAVIEST = 4 << 20
"""At most so many facts are destroyed at a time, and together so many bytes if it is more than one: what an entry may have to wait for."""


class Shelf(Protocol):
    """What knows facts by name: a store, or a reader."""

    def get(self, name: str) -> bytes | None:
        """What is known under a name."""
        ...


class Kept(NamedTuple):
    """A content that shall be kept."""

    field: dict[str, Any]
    """The entry's field `content`."""
    facts: dict[str, bytes]
    """What the shard keeps in the same transaction."""


class Contents:
    """Encrypts for one writer. `key` is that of the inventory; safe among threads, but for a key too many."""

    def __init__(self, key: bytes) -> None:
        self._wraps = _cipher(key)
        self._keys: dict[tuple[str, str, str], tuple[str, AESGCM, bytes]] = {}

    def keep(self, request: str, process: str, part: str, body: bytes, *, wall: float, keep_s: float) -> Kept:
        """Encrypt a prompt or an answer of a request of that time, to be kept for so long."""
        first = datetime.fromtimestamp(wall, UTC).date()
        day, until = first.isoformat(), (first + timedelta(days=ceil(keep_s / DAY_S))).isoformat()
        known = self._keys.get((until, day, process)) or self._new(until, day, process)
        name, cipher, wrapped = known
        place = f"{bodies_of(name)}{request}/{part}"
        sealed = _sealed(cipher, body[:LONGEST], place)
        field = {"key": name, "place": place, "sha256": sha256(sealed).hexdigest(), "bytes": len(body)}
        # The wrapped key goes with each, for the first that had it may have been given up in a time of trouble.
        return Kept({**field, "kept": min(len(body), LONGEST)}, {name: wrapped, place: sealed})

    def _new(self, until: str, day: str, process: str) -> tuple[str, AESGCM, bytes]:
        for known in [known for known in self._keys if known[1] < day]:
            del self._keys[known]  # used no more
        data = os.urandom(SIZE)
        name = f"{KEYS}{until}/{day}/{process}/{os.urandom(4).hex()}"
        made = self._keys[until, day, process] = name, _cipher(data), _sealed(self._wraps, data, name)
        return made


def read(shelf: Shelf, field: Mapping[str, Any], key: bytes) -> bytes | None:
    """What an entry's field `content` speaks of; None where it is kept no more.

    Raises LedgerError where it is not what the entry commits to, or `key` is not the one that it was kept with.
    """
    place, name = str(field.get("place")), str(field.get("key"))
    sealed, wrapped = shelf.get(place), shelf.get(name)
    if sealed is None or wrapped is None:
        return None
    if sha256(sealed).hexdigest() != field.get("sha256"):
        raise LedgerError(f"{place} is not what its entry commits to", "somebody has changed it: believe none of it")
    data = _opened(_cipher(key), wrapped, name)
    if data is None:
        raise LedgerError(
            f"{name} cannot be unwrapped with this key", "give the key that `contents:` of the inventory named then"
        )
    body = _opened(_cipher(data), sealed, place)
    if body is None:
        raise LedgerError(f"{place} cannot be decrypted", "somebody has changed it: believe none of it")
    return body


def shred(store: Store, today: date) -> int:
    """Destroy a portion of what is due, durable on return; answers how much it was, 0 when all is gone. On the store's thread.

    Keys whose last day is over go first, and with the last of them everything has become unreadable. What they encrypted follows in
    portions that are small, so that entries need not wait; where that ends is kept, and whoever asks next goes on there.
    """
    gone = [name for name in store.names(KEYS, PORTION) if name.removeprefix(KEYS)[:10] < today.isoformat()]
    if gone:
        store.commit(store.head, (), {f"{GONE}{name.removeprefix(KEYS).partition('/')[2]}": b"" for name in gone})
    else:
        gone = _unreadable(store)
    if gone:
        store.forget(gone)
    return len(gone)


def _unreadable(store: Store) -> list[str]:
    """A portion of what nobody can read any more, and of the marks of keys that have none left."""
    found: list[str] = []
    weight = 0
    for mark in store.names(GONE, PORTION):
        for name, size in store.sizes(f"{BODIES}{mark.removeprefix(GONE)}/", PORTION - len(found)):
            weight += size
            if weight > HEAVIEST and found:
                return found
            found.append(name)
        if len(found) == PORTION:
            return found
        found.append(mark)
    return found


def bodies_of(key: str) -> str:
    """What the names of everything begin with that this key encrypted."""
    return f"{BODIES}{key.removeprefix(KEYS).partition('/')[2]}/"


def key_from(text: str, reference: str) -> bytes:
    """A key of 32 bytes in hexadecimal or Base64. Raises LedgerError, which shows nothing of it."""
    try:
        data = bytes.fromhex(text) if len(text) == 2 * SIZE else b64decode(text, validate=True)
    except (ValueError, Error):
        data = b""
    if len(data) != SIZE:
        raise LedgerError(
            f"{reference} holds no key for contents", "write 32 random bytes, such as `openssl rand -hex 32` makes"
        )
    return data


def _cipher(key: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - most ledgers keep no contents

    return AESGCM(key)


def _sealed(cipher: AESGCM, body: bytes, name: str) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + cipher.encrypt(nonce, body, name.encode())


def _opened(cipher: AESGCM, sealed: bytes, name: str) -> bytes | None:
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as above

    try:
        return cipher.decrypt(sealed[:NONCE], sealed[NONCE:], name.encode())
    except (InvalidTag, ValueError):
        return None
