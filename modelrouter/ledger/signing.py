"""When a ledger's checkpoints are signed, and what keeps a writer from signing two histories.

Beside a shard stands the last checkpoint that was signed (`N.head`). A database that has fewer entries, or others, was set back or
replaced: a writer that went on there would give numbers away a second time, and sign what contradicts what others hold.
"""

from __future__ import annotations

import os
from errno import ENOSPC
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.errors import LedgerError
from modelrouter.ledger import checkpoint
from modelrouter.ledger.checkpoint import Checkpoint
from modelrouter.ledger.entry import MalformedError
from modelrouter.ledger.merkle import root_of
from modelrouter.ledger.note import ED25519, Note, VerifierKey
from modelrouter.ledger.store import KEY
from modelrouter.ledger.trouble import crash
from modelrouter.ledger.waiting import LOG

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from modelrouter.ledger.chain import Head
    from modelrouter.ledger.ed25519 import Secret
    from modelrouter.ledger.entry import Draft
    from modelrouter.ledger.store import Store
    from modelrouter.ledger.waiting import Facts

__all__ = ["CHECKPOINT", "SET_BACK", "Rhythm", "Signing", "head_path"]

CHECKPOINT = "checkpoint"
"""The fact that is the last checkpoint that was signed."""
SET_BACK = (
    "put the newer file back; if it is gone, move this one and the files beside it elsewhere, "
    "for whoever has to find out why, and a new one is begun"
)


class Rhythm(NamedTuple):
    """How often a checkpoint is signed: whichever comes first, and only where something was written."""

    entries: int
    seconds: float


class Signing:
    """What a writer has signed. Used on the writer's thread."""

    def __init__(
        self, path: Path, origin: str, secret: Secret | None, rhythm: Rhythm, facts: Callable[[], Facts] | None = None
    ) -> None:
        self._path, self._secret, self._rhythm, self._facts = head_path(path), secret, rhythm, facts
        self.key = None if secret is None else str(VerifierKey(origin, ED25519, secret.public))
        """The verifier key that a `begin` entry names."""
        self._size = 0
        self._since: float | None = None
        self.pending: tuple[Head, Note] | None = None
        """A checkpoint that is not in the ledger yet, and what it is of."""

    def check(self, store: Store) -> None:
        """Raises LedgerError where the store is not the one whose checkpoints were signed here, or another key's."""
        known = store.get(KEY)
        if self.key is not None and known is not None and known.decode() != self.key:
            raise LedgerError(
                f"{store.path} was signed with another key so far ({known.decode()})",
                "name that key in the inventory, or hand over with `modelrouter ledger rotate`",
            )
        last = self._last()
        if last is None or last.origin != store.head.origin:
            return
        if last.size > store.head.size:
            raise LedgerError(
                f"{store.path} was set back: it has {store.head.size} entries, and {last.size} were signed", SET_BACK
            )
        if root_of(last.size, store.nodes()) != last.root:
            raise LedgerError(f"{store.path} is another one than what was signed at {last.size} entries", SET_BACK)
        self._size = last.size

    def _last(self) -> Checkpoint | None:
        """The checkpoint beside the shard; None where there is none that can be read."""
        try:
            return Checkpoint.read(Note.read(self._path.read_text(encoding="utf-8")).text)
        except (FileNotFoundError, MalformedError, UnicodeDecodeError):
            return None

    def due_in(self, head: Head, now: float) -> float | None:
        """In how many seconds the next one is due; None while nothing is there to sign."""
        if self._secret is None or head.size <= self._size + 1:  # that of the last checkpoint itself is no news
            self._since = None
            return None
        if self._since is None:
            self._since = now
        if head.size - self._size > self._rhythm.entries:
            return 0.0
        return max(self._since + self._rhythm.seconds - now, 0.0)

    def sign(self, head: Head) -> Note | None:
        """The checkpoint of what is durable, kept beside the shard first; None without a key. Raises OSError."""
        if self._secret is None:
            return None
        note = checkpoint.signed(checkpoint.of(head), [self._secret])
        _written(self._path, str(note).encode())
        self._size, self._since = head.size, None
        self.pending = head, note
        return note

    def reference(self, head: Head, time: int) -> tuple[list[Draft], dict[str, bytes]]:
        """The entry that keeps the pending checkpoint, and the facts; nothing where there is none of this head."""
        if self.pending is None or self.pending[0] != head:
            self.pending = None
            return [], {}
        note = self.pending[1]
        return [checkpoint.reference(head, time, note)], {**self.known(), CHECKPOINT: str(note).encode()}

    def known(self) -> Facts:
        """What shall be kept beside a checkpoint, by the word of whoever uses the journal."""
        try:
            return {} if self._facts is None else self._facts()
        except Exception as error:  # noqa: BLE001 - the checkpoint is made without
            LOG.error("what is to be kept beside a checkpoint could not be told: %s", crash(error))
            return {}


def _written(path: Path, data: bytes) -> None:
    """Written over in place and not flushed: a flush here would cost as much as one for a thousand entries.

    A killed process leaves the one or the other whole. After a power cut it may be an older one, or none that can be read:
    it is a second witness beside the anchors, not the first.
    """
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if os.pwrite(file, data, 0) < len(data):
            raise OSError(ENOSPC, os.strerror(ENOSPC), str(path))
        os.ftruncate(file, len(data))
    finally:
        os.close(file)


def head_path(path: Path) -> Path:
    """Where the last signed checkpoint of the shard in this file stands."""
    return path.with_suffix(".head")
