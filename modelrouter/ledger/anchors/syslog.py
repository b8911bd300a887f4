"""A syslog receiver (RFC 5424), by UDP, TCP (with octet counting, RFC 6587) or a local socket.

A message has everything of the checkpoint as structured data, so that the note can be written again from it
(`note_of`). Syslog has no answer: that a message was sent does not mean that anybody kept it.
"""

from __future__ import annotations

import os
import re
import socket
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from modelrouter.errors import LedgerError
from modelrouter.ledger.anchors.kept import Kept
from modelrouter.ledger.checkpoint import Checkpoint
from modelrouter.ledger.entry import MalformedError, base64
from modelrouter.ledger.note import Note
from modelrouter.ledger.outside import AwayError

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.parse import SplitResult

    from modelrouter.ledger.outside import Books

__all__ = ["Syslog", "message", "note_of"]

PATIENCE_S = 5.0
PRIORITY = 13 * 8 + 5
"""Facility 13, log audit; severity 5, notice."""
ELEMENT = "checkpoint@32473"
"""32473 is the number that is set aside for examples: the project has none of its own."""
_PORTS = {"udp": 514, "tcp": 601}
_PARAMETER = re.compile(r' ([a-z]+)="((?:[^"\\\]]|\\["\\\]])*)"')
_HOST = re.compile(r"[^\x21-\x7e]")


class _Address(NamedTuple):
    kind: str
    host: str
    port: int
    path: str


class Syslog:
    """One receiver: `udp://HOST:PORT`, `tcp://HOST:PORT` or `unix:///PATH`. Raises LedgerError for another address."""

    def __init__(self, address: str, wall: Callable[[], float] = time.time, patience_s: float = PATIENCE_S) -> None:
        self._to = _checked(address)
        self._wall = wall
        self._patience_s = patience_s
        self.name = f"syslog {address}"
        """The address."""

    def keep(self, note: Note, books: Books) -> Kept:  # noqa: ARG002 - nothing is to be proven to it
        """Send the checkpoint."""
        data = message(note, self._wall())
        try:
            match self._to.kind:
                case "udp":
                    self._by_udp(data)
                case "tcp":
                    with socket.create_connection((self._to.host, self._to.port), self._patience_s) as to:
                        self._streamed(to, data)
                case _:
                    self._by_path(data)
        except OSError as error:
            raise AwayError(f"it cannot be sent: {error.strerror or type(error).__name__}") from None
        return Kept("sent")

    def _by_udp(self, data: bytes) -> None:
        found = socket.getaddrinfo(self._to.host, self._to.port, type=socket.SOCK_DGRAM)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as to:
            to.settimeout(self._patience_s)
            to.connect(address)
            to.send(data)
            # Where nobody listens on this machine, the system says so, and only to whoever asks again.
            with suppress(TimeoutError):
                to.settimeout(0.05)
                to.recv(1)

    def _by_path(self, data: bytes) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
            to.settimeout(self._patience_s)
            with suppress(ProtocolError):
                _connected(to, self._to.path)
                to.send(data)
                return
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as to:
            to.settimeout(self._patience_s)
            to.connect(self._to.path)
            self._streamed(to, data)

    def _streamed(self, to: socket.socket, data: bytes) -> None:
        """The message behind its length; then wait until the receiver has read to the end, if it says so."""
        to.sendall(b"%d %b" % (len(data), data))
        to.shutdown(socket.SHUT_WR)
        with suppress(TimeoutError):
            while to.recv(4096):
                pass


class ProtocolError(Exception):
    """A local socket is of the other kind."""


def _connected(to: socket.socket, path: str) -> None:
    try:
        to.connect(path)
    except OSError as error:
        if "wrong type" in (error.strerror or ""):
            raise ProtocolError from None
        raise


def _checked(address: str) -> _Address:
    try:
        parts = urlsplit(address)
        found = _read(parts)
    except ValueError:
        found = None
    if found is None:
        raise LedgerError(
            f"{address!r} is no address of a syslog receiver", "udp://HOST:514, tcp://HOST:601 or unix:///dev/log"
        )
    return found


def _read(parts: SplitResult) -> _Address | None:
    if parts.username or parts.password or parts.query or parts.fragment:
        return None
    if parts.scheme in _PORTS and parts.hostname and parts.path in ("", "/"):
        return _Address(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme], "")
    if parts.scheme == "unix" and not parts.netloc and parts.path.startswith("/"):
        return _Address("unix", "", 0, unquote(parts.path))
    return None


def message(note: Note, wall: float) -> bytes:
    """A checkpoint as one message; `wall` is its time in seconds since 1970."""
    checkpoint = Checkpoint.read(note.text)
    told = [("origin", checkpoint.origin), ("size", str(checkpoint.size)), ("root", base64(checkpoint.root))]
    told += [("signature", str(each)[2:-1]) for each in note.signatures]
    data = "".join(f' {name}="{_escaped(value)}"' for name, value in told)
    when = datetime.fromtimestamp(wall, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    host = _HOST.sub("", socket.gethostname())[:255] or "-"
    said = f"checkpoint of {checkpoint.size} entries"
    return f"<{PRIORITY}>1 {when} {host} modelrouter {os.getpid()} checkpoint [{ELEMENT}{data}] {said}".encode()


def _escaped(text: str) -> str:
    return re.sub(r'(["\\\]])', r"\\\1", text)


def note_of(text: str) -> Note:
    """The note again, from a message that a receiver kept. Raises MalformedError."""
    begin = text.find(f"[{ELEMENT} ")
    told: dict[str, list[str]] = {}
    place = begin + len(ELEMENT) + 1
    while found := _PARAMETER.match(text, place):
        told.setdefault(found[1], []).append(re.sub(r"\\(.)", r"\1", found[2]))
        place = found.end()
    try:
        lines = [told[name][0] for name in ("origin", "size", "root")]
        signatures = [f"\u2014 {each}\n" for each in told["signature"]]
    except KeyError:
        raise MalformedError("no message with a checkpoint") from None
    return Note.read("\n".join([*lines, "", "".join(signatures)]))
