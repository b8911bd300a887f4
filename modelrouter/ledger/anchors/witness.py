"""A witness (C2SP tlog-witness): checks that a checkpoint continues the one it saw before, and cosigns it.

Who keeps the witness's key can tell that this ledger never had two pasts, without trusting whoever wrote it.
"""

from __future__ import annotations

import re
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio

from modelrouter.errors import LedgerError
from modelrouter.ledger.anchors.kept import Kept
from modelrouter.ledger.checkpoint import Checkpoint
from modelrouter.ledger.entry import MalformedError, base64
from modelrouter.ledger.merkle import consistency_proof
from modelrouter.ledger.note import WITNESS, Note, Signature, VerifierKey, signed_by
from modelrouter.ledger.outside import AwayError, RefusedError

if TYPE_CHECKING:
    from modelrouter.ledger.outside import Books, Shelf

__all__ = ["Witness"]

PATIENCE_S = 15.0
"""What a question may take as a whole, however slowly the answer comes."""
LARGEST = 32_768
"""Bytes of an answer; a cosignature has a hundred."""
MOST_LINES = 16
"""Of an answer: a witness may sign with several keys, as when one follows another."""
LONGEST_LINE = 8192
"""Characters of one of them; a cosignature has a hundred, one by a key of lattices four thousand."""
TURNS = 3
_LONGEST_PROOF = 63
_TIME = 8
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,15})\n")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_REFUSED = {
    400: "it cannot read what it was sent",
    403: "it does not trust the key that signed: the witness must be told of this ledger's key",
    404: "it does not know this ledger: the witness must be told of its origin and key",
    422: "it says that this checkpoint does not continue the one that it cosigned before: this ledger was changed, "
    "or another writes under the same origin",
}


class Witness:
    """One witness at an address, with the verifier key that its cosignatures are checked by.

    Raises LedgerError for an address or a key that is none.
    """

    def __init__(self, address: str, key: str, patience_s: float = PATIENCE_S) -> None:
        self._address = _checked(address)
        self._patience_s = patience_s
        self._seen = 0
        try:
            self._key = VerifierKey.read(key)
        except MalformedError as error:
            raise LedgerError(f"the key of the witness {self._address}: {error}", "ask its operator for it") from None
        if self._key.type != WITNESS:
            raise LedgerError(
                f"the key of the witness {self._address} is one for ordinary signatures",
                "ask its operator for the one of its cosignatures",
            )

    @property
    def name(self) -> str:
        """The address."""
        return f"witness {self._address}"

    def keep(self, note: Note, books: Books) -> Kept:
        """Have the checkpoint cosigned; the detail are the lines of the witness's signatures that hold."""
        checkpoint = Checkpoint.read(note.text)
        for _ in range(TURNS):
            status, answer = self._asked(note, min(self._seen, checkpoint.size), checkpoint.size, books)
            if status == 200:  # noqa: PLR2004 - HTTP
                lines = self._cosigned(note, answer)
                self._seen = checkpoint.size
                return Kept("cosigned", lines)
            if status != 409:  # noqa: PLR2004 - HTTP
                raise _unusual(status)
            self._seen = self._behind(answer, checkpoint, books)
        raise AwayError("it names another size each time: somebody else tells it of this ledger at the same moment")

    def _behind(self, answer: bytes, checkpoint: Checkpoint, books: Books) -> int:
        """The size that the witness knows, from which it can be brought further."""
        found = _SIZE.fullmatch(answer)
        if found is None:
            raise RefusedError("it answers with a conflict, and names no size")
        size = int(found[1])
        here = books.ask(lambda shelf: shelf.head.size)
        if size > here:
            raise RefusedError(
                f"it has cosigned {size} entries of {checkpoint.origin}, and here are only {here}: "
                "this ledger was set back, or another writes under the same origin"
            )
        if size > checkpoint.size:
            raise AwayError(f"it has cosigned {size} entries already: waiting for a newer checkpoint")
        return size

    def _asked(self, note: Note, old: int, size: int, books: Books) -> tuple[int, bytes]:
        proof = books.ask(partial(_proof, old=old, new=size)) if old else ()
        lines = [f"old {old}", *map(base64, proof), "", str(note)]
        return anyio.run(_posted, f"{self._address}/add-checkpoint", "\n".join(lines).encode(), self._patience_s)

    def _cosigned(self, note: Note, answer: bytes) -> str:
        """The lines of an answer that this witness's key signed. Raises RefusedError where there is none that holds."""
        try:
            added = _added(note, answer.decode())
            if self._key not in signed_by(Note(note.text, added), [self._key]):
                raise RefusedError("it answers without a signature by its key")
        except (MalformedError, UnicodeDecodeError):
            raise RefusedError("it answers with a signature that does not hold") from None
        name, key = self._key.name, self._key.id
        ours = [each for each in added if (each.name, each.key) == (name, key)]
        if not all(0 < int.from_bytes(each.data[:_TIME], "big") < 1 << 63 for each in ours):
            raise RefusedError("it answers with a signature without a time")
        return "".join(map(str, ours))


def _added(note: Note, answer: str) -> tuple[Signature, ...]:
    """The signatures of an answer that has nothing else, over this very note. Raises MalformedError.

    An empty line in an answer would move the end of the text, so that whoever reads the two together takes the note's
    own signatures for text, and what is signed for another text than the ledger's.
    """
    if not answer:
        return ()
    lines = answer.split("\n")
    if lines.pop() or len(lines) > MOST_LINES or any(not 0 < len(line) <= LONGEST_LINE for line in lines):
        raise MalformedError("signatures are expected, each on a line, and nothing else")
    whole = Note.read(f"{note}{answer}")
    own = len(note.signatures)
    if whole.text != note.text or whole.signatures[:own] != note.signatures:
        raise MalformedError("signatures of another note")
    return whole.signatures[own:]


def _checked(address: str) -> str:
    parts = urlsplit(address)
    try:
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        whole = safe and parts.hostname and parts.port != 0
    except ValueError:
        whole = False
    if not whole or parts.username or parts.password or parts.query or parts.fragment:
        raise LedgerError(
            "the address of a witness is not one that can be used",
            "https://HOST/PATH, without a user; http only on this machine",
        )
    return address.rstrip("/")


def _proof(shelf: Shelf, old: int, new: int) -> tuple[bytes, ...]:
    return consistency_proof(old, new, shelf.nodes())


async def _posted(address: str, body: bytes, patience_s: float) -> tuple[int, bytes]:
    """Status and body. Raises AwayError; the whole of it takes no longer than `patience_s`."""
    httpx: Any = import_module("httpx")  # late: it takes a quarter of a second
    found = b""
    try:
        with anyio.fail_after(patience_s):
            async with (
                httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=patience_s) as client,
                client.stream("POST", address, content=body, headers={"content-type": "text/plain"}) as answer,
            ):
                async for piece in answer.aiter_bytes():
                    found += piece
                    if len(found) > LARGEST:
                        raise AwayError(f"it answers with more than {LARGEST:,} bytes")
                return answer.status_code, found
    except TimeoutError:
        heard = f"it has not answered for {patience_s:g} s"
    except httpx.TimeoutException:
        heard = f"it has not answered for {patience_s:g} s"
    except httpx.ConnectError:
        heard = "nobody listens there, or its certificate is not to be trusted"
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        heard = "the connection broke off"
    raise AwayError(heard)


def _unusual(status: int) -> Exception:
    if status in _REFUSED:
        return RefusedError(_REFUSED[status])
    if 300 <= status < 400:  # noqa: PLR2004 - HTTP
        return RefusedError("it points elsewhere, where nothing is sent: name the address that it moved to")
    return AwayError(f"it answers with the status {status}")
