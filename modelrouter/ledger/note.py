"""Signed notes (C2SP signed-note): a text for people, and below it lines with signatures by named keys."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.ledger.ed25519 import verify
from modelrouter.ledger.entry import MalformedError, base64, unbase64

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelrouter.ledger.ed25519 import Secret

__all__ = ["ED25519", "LARGEST", "WITNESS", "Note", "Signature", "VerifierKey", "sign", "signed_by"]

ED25519 = 1
"""The type of an ordinary signature: over the text."""
WITNESS = 4
"""The type of a witness's cosignature: over the text and a time (C2SP tlog-cosignature, `cosignature/v1`)."""
LARGEST = 65_536
"""Bytes of a note with all its signatures."""
MOST_SIGNATURES = 64
_PUBLIC = 32
_SIGNATURE = 64
_DASH = "\u2014 "
_NAME = re.compile(r"[^\s+]+")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class VerifierKey(NamedTuple):
    """The public half of a key that signs notes."""

    name: str
    type: int
    """ED25519 or WITNESS."""
    public: bytes

    @property
    def id(self) -> bytes:
        """Four bytes that tell keys of one name apart; no security rests on them."""
        return sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.public).digest()[:4]

    def __str__(self) -> str:
        """As people pass it on: name, id and key, joined by plus."""
        return f"{self.name}+{self.id.hex()}+{base64(bytes([self.type]) + self.public)}"

    @classmethod
    def read(cls, text: str) -> VerifierKey:
        """The key that was passed on. Raises MalformedError."""
        name, _, rest = text.strip().partition("+")
        shown, _, encoded = rest.partition("+")
        data = unbase64(encoded) or b""
        if not _NAME.fullmatch(name) or len(data) != 1 + _PUBLIC or data[0] not in (ED25519, WITNESS):
            raise MalformedError(f"{text[:80]!r} is no verifier key: name+id+key is expected")
        key = cls(name, data[0], data[1:])
        if key.id.hex() != shown:
            raise MalformedError(f"the verifier key of {name!r} has another id than it says")
        return key


class Signature(NamedTuple):
    """One line of signature, whoever it is by."""

    name: str
    key: bytes
    """The id of the key."""
    data: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {base64(self.key + self.data)}\n"


class Note(NamedTuple):
    """A text, which ends with a line end, and its signatures."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(map(str, self.signatures))}"

    @classmethod
    def read(cls, text: str) -> Note:
        """The note as it is written; nothing is verified. Raises MalformedError."""
        body, blank, below = text.rpartition("\n\n")
        lines = below.split("\n")
        if not blank or not body or lines.pop() or not 0 < len(lines) <= MOST_SIGNATURES:
            raise MalformedError("no signed note: a text, an empty line, and signatures are expected")
        if len(text.encode(errors="replace")) > LARGEST or _CONTROL.search(text) or not _is_unicode(text):
            raise MalformedError("a note that is too long, or has characters that no note may have")
        return cls(f"{body}\n", tuple(map(_signature, lines)))


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    data = unbase64(encoded) or b""
    if not (line.startswith(_DASH) and space and _NAME.fullmatch(name) and len(data) > 4):  # noqa: PLR2004 - an id and something
        raise MalformedError("a line below a note that is no signature")
    return Signature(name, data[:4], data[4:])


def sign(text: str, signers: Iterable[tuple[str, Secret]], note: Note | None = None) -> Note:
    """The text, signed under these names; signatures that `note` has over the same text are kept before them.

    Raises MalformedError for a text or name that no note may have, or where `note` is of another text.
    """
    if note is not None and note.text != text:
        raise MalformedError("the signatures of another text")
    made = list(note.signatures) if note is not None else []
    for name, secret in signers:
        key = VerifierKey(name, ED25519, secret.public)
        made.append(Signature(name, key.id, secret.sign(text.encode())))
    found = Note(text, tuple(made))
    if Note.read(str(found)) != found:
        raise MalformedError("a text that no note may have")
    return found


def signed_by(note: Note, keys: Iterable[VerifierKey]) -> frozenset[VerifierKey]:
    """Those of the keys whose signatures hold; signatures by others are ignored.

    Raises MalformedError where a signature under one of these keys does not hold, or one signed twice: then the note
    is worth nothing.
    """
    known = {(key.name, key.id): key for key in keys}
    held: set[VerifierKey] = set()
    for signature in note.signatures:
        key = known.get((signature.name, signature.key))
        if key is None:
            continue
        if key in held or not _holds(key, note.text.encode(), signature.data):
            raise MalformedError(f"the signature of {key.name!r} does not hold")
        held.add(key)
    return frozenset(held)


def _holds(key: VerifierKey, text: bytes, data: bytes) -> bool:
    if key.type == ED25519:
        return len(data) == _SIGNATURE and verify(key.public, text, data)
    time, data = data[:-_SIGNATURE], data[-_SIGNATURE:]
    said = b"cosignature/v1\ntime %d\n" % int.from_bytes(time, "big")
    return len(time) == 8 and verify(key.public, said + text, data)  # noqa: PLR2004 - bytes of a time
