"""A short memory of who said what: digests of texts, and a name for each."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelrouter.runtime.clock import Clock

__all__ = ["Memory"]

DIGEST = 16


class Memory:
    """Names for texts that passed lately. Safe to use from several threads.

    Of more than `most` texts the latest are remembered; each for `for_s` seconds since it was last asked for.
    """

    def __init__(self, clock: Clock, *, most: int, for_s: float) -> None:
        self._clock = clock
        self._most = most
        self._for_s = for_s
        self._lock = threading.Lock()
        self._names: OrderedDict[bytes, tuple[str, float]] = OrderedDict()

    def note(self, text: str, name: str) -> None:
        """Remember the name of a text from now on."""
        digest, until = _digest(text), self._clock.now() + self._for_s
        with self._lock:
            self._names[digest] = (name, until)
            self._names.move_to_end(digest)
            if len(self._names) > self._most:
                self._names.popitem(last=False)

    def name(self, text: str) -> str | None:
        """Say the name of a text; None where it was never known, or is forgotten."""
        digest, now = _digest(text), self._clock.now()
        with self._lock:
            name, until = self._names.get(digest, (None, 0.0))
            if name is None:
                return None
            if until <= now:
                del self._names[digest]
                return None
            self._names[digest] = (name, now + self._for_s)  # a conversation that goes on keeps its own
            self._names.move_to_end(digest)
            return name


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=DIGEST).digest()
