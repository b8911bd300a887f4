"""Connections that keep us waiting: each is given so long for its head, its body and its reading, and is then cut.

uvicorn bounds none of these. Without bounds a few thousand clients that send a byte now and then, or open a connection
and say nothing, hold as many sockets for ever, and one that never reads holds a provider's stream open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from modelrouter.gateway.presence import ANSWERING, LEAVING, WRITING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

__all__ = ["PATIENT", "Patience", "PatientProtocol"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a client may keep us waiting, in seconds, and how much it may say before its body, in bytes."""

    head_s: float = 10.0
    """From a connection, or a request on it, to the end of the head: nginx and Apache give 20 to 60 s, Go's advice is 5."""
    body_s: float = 60.0
    """From there to the end of the body: 10 MB at 1.4 Mbit/s."""
    reading_s: float = 30.0
    """For a client to take what stands in its way when it has stopped to read."""
    head_bytes: int = 65_536
    """Request line and headers; Claude Code's take 2 kB, most servers allow 8 to 64 kB."""


PATIENT = Patience()
TIMED_OUT = 408
TOO_LARGE = 431
PUNCTUATION = 4
"""Bytes around the name and the value of a header."""
JOINED_BYTES = 65_536
"""A body up to this size is copied behind its head, which costs less than a second write."""
_HEAD = re.compile(rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]++: [^\x00-\x08\x0a-\x1f\x7f]*+\r\n)*+")
"""Lines of headers, none of which holds what would end it; uvicorn looks at each name and each value for that."""


class _TooLargeError(Exception):
    """The head is larger than anybody needs."""


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol with an end to its patience."""

    def __init__(self, *arguments: Any, patience: Patience = PATIENT, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._patience = patience
        self._owed_s: float | None = None
        """How long the client has for what it owes since the last bytes of it; None where it owes nothing."""
        self._owes_anew = False
        self._timer: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._head_bytes: int | None = 0
        """So far; None while no head is read."""
        self._came = 0
        """Bytes that came last: what a head that came at once is part of."""
        self._lost = False
        self._on_leaving: Callable[[], None] | None = None
        self._extensions: dict[str, Any] = {}
        """Of ASGI, from the first request on: who never sends one need not have them."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait(self._patience.head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._wait(None)
        self._wait_no_more_for_reading()
        super().connection_lost(exc)
        self._lost = True
        self._extensions.clear()  # it leads back to us, and whoever asks it later finds out from ASGI's message
        if self._on_leaving is not None:
            self._on_leaving()

    def data_received(self, data: bytes) -> None:
        """Take what came, unless the head grows beyond all measure before it ends."""
        self._came = len(data)
        if self._head_bytes is not None:
            self._head_bytes += self._came
        super().data_received(data)
        if self._owes_anew:
            self._owes_anew = False
            if self._owed_s is not None or self._timer is not None:
                self._wait(self._owed_s)
        if self._head_bytes is not None and self._head_bytes > self._patience.head_bytes:
            self._refuse(TOO_LARGE)

    def on_message_begin(self) -> None:
        """Begin to wait for the rest of a head."""
        super().on_message_begin()
        if self._head_bytes is None:
            self._head_bytes = 0
            self._owe(self._patience.head_s)

    def on_headers_complete(self) -> None:
        """Begin to wait for the body; a head that came at once and is too large is refused as one that is none."""
        most = (self._head_bytes or 0) + self._came  # of the bytes that came at most so many are of the head
        if most > self._patience.head_bytes and self._size() > self._patience.head_bytes:
            raise _TooLargeError
        self._head_bytes = None
        self._owe(self._patience.body_s)
        if not self._extensions:
            self._extensions.update({LEAVING: self._tell_leaving, WRITING: self._write, ANSWERING: self._answer})
        self.scope["extensions"] = self._extensions
        super().on_headers_complete()

    def _size(self) -> int:
        """Of the head that has been read."""
        return sum([len(name) + len(value) + PUNCTUATION for name, value in self.headers]) + len(self.url)

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read; uvicorn calls this for whatever its callbacks raise."""
        if self._head_bytes is not None and self._head_bytes > self._patience.head_bytes:
            self._refuse(TOO_LARGE)
        else:
            super().send_400_response(msg)

    def on_message_complete(self) -> None:
        """Have the whole request."""
        self._owe(None)
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Begin to wait for the client to read."""
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(self._patience.reading_s, self._cut)

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        self._wait_no_more_for_reading()

    def _wait_no_more_for_reading(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _tell_leaving(self, whom: Callable[[], None] | None) -> None:
        """See `presence.LEAVING`; at most one request of a connection is under way."""
        self._on_leaving = whom
        if whom is None:
            return
        self.flow.resume_reading()  # a large body may have stopped it, and who is not read from cannot be seen to leave
        if self._lost:
            whom()

    def _write(self, piece: bytes) -> bool:
        """See `presence.WRITING`; as `send` would write it, where that would neither wait nor find anything amiss."""
        cycle = self.cycle
        if self.flow.write_paused or self._lost or self.pipeline:
            return False  # where another request waits, `cycle` is that one's
        if cycle.response_complete or not cycle.chunked_encoding:
            return False
        self.transport.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        return True

    def _answer(self, status: int, head: bytes, body: bytes) -> bool:
        """See `presence.ANSWERING`; as `send` would write both its messages, where it would neither wait nor complain."""
        cycle = self.cycle
        if self.flow.write_paused or self._lost or self.pipeline or cycle.response_started:
            return False  # where another request waits, `cycle` is that one's
        if cycle.scope["method"] == "HEAD" or not _HEAD.fullmatch(head):
            return False
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        parts = [STATUS_LINE[status]]
        for name, value in cycle.default_headers:
            parts += (name, b": ", value, b"\r\n")
        parts += (head, b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n")
        if len(body) <= JOINED_BYTES:
            parts.append(body)
            body = b""
        self.transport.write(b"".join(parts))
        if body:
            self.transport.write(body)
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()
        return True

    def _owe(self, seconds: float | None) -> None:
        """Note what the client owes; most requests come whole, and need no timer when all their bytes are read."""
        self._owed_s = seconds
        self._owes_anew = True

    def _wait(self, seconds: float | None) -> None:
        self._owes_anew = False
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self.loop.call_later(seconds, self._late)

    def _late(self) -> None:
        if self.flow.read_paused:
            self._wait(self._patience.body_s)  # it is we who keep the client waiting: its request is behind another
        elif self._head_bytes is not None:
            self._refuse(TIMED_OUT)
        else:
            self._cut()

    def _refuse(self, status: int) -> None:
        """Say so in the fewest words, and close: nobody knows yet which dialect the client speaks."""
        self._wait(None)
        if self.transport.is_closing():
            return
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request, whatever uvicorn declares
        if cycle is None or cycle.response_complete:
            self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()

    def _cut(self) -> None:
        self.transport.abort()
