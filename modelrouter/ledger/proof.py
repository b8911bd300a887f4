"""A proof that one entry is in a ledger, as one text that can be checked without it (C2SP tlog-proof@v1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.ledger.entry import MalformedError, base64, read, unbase64
from modelrouter.ledger.merkle import SIZE, leaf_hash, verify_inclusion
from modelrouter.ledger.note import Note

if TYPE_CHECKING:
    from modelrouter.ledger.checkpoint import Keys

__all__ = ["MAGIC", "Proof", "proves"]

MAGIC = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,15})")
_MOST_HASHES = 63


class Proof(NamedTuple):
    """One entry's way to the root of a signed checkpoint."""

    number: int
    """Of the entry."""
    hashes: tuple[bytes, ...]
    """From the leaf's sibling upwards."""
    checkpoint: Note

    def __str__(self) -> str:
        return "\n".join([MAGIC, f"index {self.number}", *map(base64, self.hashes), "", str(self.checkpoint)])

    @classmethod
    def read(cls, text: str) -> Proof:
        """The proof in a file; nothing is verified, and extra data is passed over. Raises MalformedError."""
        above, _, note = text.partition("\n\n")
        magic, *lines = above.split("\n")
        if lines and lines[0].startswith("extra "):
            del lines[0]
        index = _INDEX.fullmatch(lines.pop(0)) if lines else None
        hashes = tuple(unbase64(each) or b"" for each in lines)
        if magic != MAGIC or index is None or not {SIZE} >= set(map(len, hashes)) or len(hashes) > _MOST_HASHES:
            raise MalformedError("no proof: its first line, the index and hashes are expected")
        return cls(int(index[1]), hashes, Note.read(note))


def proves(proof: Proof, raw: bytes, keys: Keys) -> bool:
    """Whether the proof shows that these bytes are the entry with the number that they say, in the ledger of these keys.

    Raises MalformedError where the checkpoint is not signed by them, or the bytes are no entry.
    """
    checkpoint, _ = keys.verify(proof.checkpoint)
    inside = verify_inclusion(leaf_hash(raw), proof.number, checkpoint.size, proof.hashes, checkpoint.root)
    return inside and read(raw).number == proof.number
