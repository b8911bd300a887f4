"""Sending to the receiver: OTLP over HTTP, its address and headers those of the inventory and nothing else.

The SDK's own exporters read a dozen environment variables (`OTEL_EXPORTER_OTLP_HEADERS` is added to the headers one
states, credential providers and certificates are loaded), follow the proxy and the `.netrc` of whoever runs them, and log
every failure. What carries a company's traces goes where its inventory says, so this connection is made here: no proxy,
no redirect, no variable. Telemetry may be lost and never holds anybody up: one trouble is said once, and once that it is
over, with what was lost.
"""

from __future__ import annotations

import zlib
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from socket import SHUT_RDWR
from threading import Event, Lock, Timer
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from modelrouter.errors import MissingSecretError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelrouter.core.telemetry import Telemetry

__all__ = ["Revealing", "Sender"]

GZIP = 31
"""zlib's number for the format of gzip, without the file names that the library of that name deals with."""
LIMIT_S = 10.0
"""For one payload, over all tries: what the OTLP specification gives an exporter."""
FIRST_PAUSE_S = 1.0
"""Between tries, doubling."""
TRIED_AGAIN = frozenset({429, 502, 503, 504})
"""The OTLP specification's list of statuses after which the same payload may be sent again."""
UNAUTHORISED = 401
GOOD = range(200, 300)


class Revealing(Protocol):
    """A secret."""

    def reveal(self) -> str:
        """Its value."""
        ...


class Sender:
    """Sends payloads to one receiver, from any thread; never raises.

    `resolve` fetches what a reference names. The logger is told when trouble begins, and when it is over.
    """

    def __init__(self, settings: Telemetry, resolve: Callable[[str], Revealing], logger: Callable[[], Any]) -> None:
        self._settings = settings
        self._resolve = resolve
        self._logger = logger
        parts = urlsplit(settings.otlp)
        self._host, self._port = parts.hostname or "", parts.port
        self._kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._path = parts.path.rstrip("/")
        self._lock = Lock()
        # Guarded by _lock.
        self._headers: Mapping[str, str] | None = None
        self._trouble = False
        self._lost = 0
        self._hurry = Event()
        self._until = float("inf")
        self._open: set[HTTPConnection] = set()  # guarded by _lock
        self._end: Timer | None = None

    @property
    def lost(self) -> int:
        """Spans that never arrived, and payloads of metrics that did not, so far."""
        with self._lock:
            return self._lost

    def lose(self, count: int, why: str) -> None:
        """Note what could not be sent; says so where all was well before."""
        with self._lock:
            self._lost += count
            is_news, self._trouble = not self._trouble, True
        if is_news:
            self._logger().warning("telemetry not delivered: requests go on, traces and metrics are lost", why=why)

    def hurry(self, limit_s: float) -> None:
        """Whoever sends now, and from now on, has so many seconds left: the router is being closed."""
        self._until = monotonic() + limit_s
        self._hurry.set()
        self._end = Timer(limit_s, self._abandon)
        self._end.daemon = True
        self._end.start()

    def unhurried(self) -> None:
        """There is time again, or nothing more to send."""
        if self._end is not None:
            self._end.cancel()
        self._hurry.clear()
        self._until = float("inf")

    def _abandon(self) -> None:
        """Wake whoever waits for the receiver's answer."""
        with self._lock:
            open_ = list(self._open)
        for connection in open_:
            if connection.sock is not None:
                with suppress(OSError):
                    connection.sock.shutdown(SHUT_RDWR)

    def send(self, path: str, payload: bytes, count: int) -> bool:
        """Post one payload that holds so many things; False where it did not arrive, which is noted."""
        until = monotonic() + LIMIT_S
        pause_s = FIRST_PAUSE_S
        body = zlib.compress(payload, level=1, wbits=GZIP)
        while True:
            why, again = self._try(path, body, min(until, self._until) - monotonic())
            if not why:
                self._arrived()
                return True
            left_s = min(until, self._until) - monotonic() - pause_s
            if not again or left_s <= 0 or self._hurry.wait(pause_s):
                self.lose(count, why)
                return False
            pause_s *= 2

    def _try(self, path: str, body: bytes, limit_s: float) -> tuple[str, bool]:
        """Why it did not arrive, and whether it may be tried again; empty where it did."""
        if limit_s <= 0:
            return "there was no time left", False
        try:
            headers = self._told()
        except MissingSecretError as error:
            return str(error), False
        connection = self._kind(self._host, self._port, timeout=limit_s)
        with self._lock:
            self._open.add(connection)
        try:
            connection.request("POST", self._path + path, body, headers)
            status = connection.getresponse().status
        except (OSError, HTTPException) as error:
            return f"{type(error).__name__} at {self._host}", True
        finally:
            with self._lock:
                self._open.discard(connection)
            with suppress(OSError):
                connection.close()
        if status in GOOD:
            return "", False
        if status == UNAUTHORISED:
            with self._lock:
                self._headers = None  # the key may be another by now
        return f"{self._host} answered with status {status}", status in TRIED_AGAIN

    def _told(self) -> Mapping[str, str]:
        """The headers; resolved once, and again after a refusal. Raises MissingSecretError."""
        with self._lock:
            if self._headers is not None:
                return self._headers
        own = {name.lower(): self._resolve(reference).reveal() for name, reference in self._settings.headers.items()}
        headers = {"content-type": "application/x-protobuf", "content-encoding": "gzip", "user-agent": "modelrouter"}
        headers |= own
        with self._lock:
            self._headers = headers
        return headers

    def _arrived(self) -> None:
        with self._lock:
            was, self._trouble, lost = self._trouble, False, self._lost
        if was:
            self._logger().warning("telemetry is delivered again", lost=lost)
