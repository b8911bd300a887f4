"""Checkpoints (C2SP tlog-checkpoint): a ledger's size and root, signed, and which key may sign at which size.

A key is replaced by an entry of the kind `rotation`, whose note both keys sign. From that entry on the old key signs
nothing that counts: whoever steals it later cannot speak for what came after.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.ledger.canonical import LARGEST
from modelrouter.ledger.entry import Draft, Kind, MalformedError, base64, unbase64
from modelrouter.ledger.merkle import SIZE
from modelrouter.ledger.note import ED25519, Note, VerifierKey, sign, signed_by

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelrouter.ledger.chain import Head
    from modelrouter.ledger.ed25519 import Secret

__all__ = ["Checkpoint", "Keys", "of", "reference", "rotation", "several", "signed"]

ROTATION = "modelrouter ledger key rotation"
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_LINES = 3


class Checkpoint(NamedTuple):
    """What a ledger was at one size."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{base64(self.root)}\n"

    @classmethod
    def read(cls, text: str) -> Checkpoint:
        """The checkpoint in a note's text; further lines are passed over. Raises MalformedError."""
        lines = text.split("\n")
        if len(lines) <= _LINES or lines.pop() or not all(lines) or not _SIZE.fullmatch(lines[1]):
            raise MalformedError("no checkpoint: origin, size and root are expected")
        root = unbase64(lines[2]) or b""
        if len(root) != SIZE or int(lines[1]) > LARGEST:
            raise MalformedError("a checkpoint without a root")
        return cls(lines[0], int(lines[1]), root)


def of(head: Head) -> Checkpoint:
    """The checkpoint of a ledger as it is."""
    return Checkpoint(head.origin, head.tree.size, head.tree.root())


def signed(checkpoint: Checkpoint, secrets: Iterable[Secret]) -> Note:
    """The checkpoint, signed by these keys under the ledger's name."""
    return sign(checkpoint.text, [(checkpoint.origin, secret) for secret in secrets])


def several(text: str) -> list[Note]:
    """The notes of checkpoints that were written into one file behind one another. Raises MalformedError."""
    found: list[list[str]] = []
    below = True
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        signature = line.startswith("\u2014 ")
        if below and not signature:
            found.append([])
        elif not found:
            raise MalformedError("a signature without a checkpoint")
        found[-1].append(line)
        below = signature
    return [Note.read("".join(lines)) for lines in found]


def reference(head: Head, time: int, note: Note) -> Draft:
    """The entry that keeps a checkpoint in the ledger itself: it must be the very next one, with the size as its number.

    Raises MalformedError where the note is of another size, root or origin.
    """
    if Checkpoint.read(note.text) != of(head):
        raise MalformedError("a checkpoint of another place")
    return Draft(Kind.CHECKPOINT, time, {"note": str(note)})


def rotation(head: Head, time: int, old: Secret, new: Secret) -> Draft:
    """The entry that hands over from one key to another; it must be the very next one."""
    keys = [str(VerifierKey(head.origin, ED25519, secret.public)) for secret in (old, new)]
    text = "\n".join([ROTATION, head.origin, str(head.size), *keys, ""])
    return Draft(Kind.ROTATION, time, {"note": str(sign(text, [(head.origin, old), (head.origin, new)]))})


class Keys(NamedTuple):
    """Which key of a ledger may sign checkpoints of which size."""

    origin: str
    periods: tuple[tuple[int, VerifierKey], ...]
    """From which size on each key signs, in order; the first from 0."""

    @classmethod
    def first(cls, key: VerifierKey) -> Keys:
        """A ledger's first key, whose name is the ledger's origin."""
        return cls(key.name, ((0, key),))

    def at(self, size: int) -> VerifierKey:
        """The key that speaks for the ledger at a size."""
        return [key for begin, key in self.periods if begin <= size][-1]

    def rotated(self, number: int, text: str) -> Keys:
        """The keys after the rotation that the entry of this number tells of. Raises MalformedError unless both signed."""
        note = Note.read(text)
        match note.text.split("\n"):
            case [kind, origin, place, old, new, ""] if (kind, origin, place) == (ROTATION, self.origin, str(number)):
                keys = VerifierKey.read(old), VerifierKey.read(new)
            case _:
                raise MalformedError("no rotation of a key of this ledger in this place")
        before = self.periods[-1]
        if keys[0] != before[1] or keys[1].name != self.origin or number < before[0]:
            raise MalformedError("a rotation from another key, or to another name")
        if signed_by(note, keys) != frozenset(keys):
            raise MalformedError("a rotation that not both keys signed")
        return Keys(self.origin, (*self.periods, (number + 1, keys[1])))

    def verify(self, note: Note, witnesses: Iterable[VerifierKey] = ()) -> tuple[Checkpoint, frozenset[VerifierKey]]:
        """What the key of its size signed, and which of the witnesses signed too. Raises MalformedError."""
        checkpoint = Checkpoint.read(note.text)
        key = self.at(checkpoint.size)
        held = signed_by(note, [key, *witnesses])
        if checkpoint.origin != self.origin or key not in held:
            raise MalformedError(
                f"the checkpoint of size {checkpoint.size} is not signed by the ledger's key of its time"
            )
        return checkpoint, held - {key}
