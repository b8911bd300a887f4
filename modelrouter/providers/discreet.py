"""Failed answers without the key that they were asked with: some providers and proxies repeat what they were sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.providers.base import Reply

__all__ = ["Discreet", "keys_in"]

STRUCK = "***"
CREDENTIALS = frozenset({"authorization", "x-api-key", "api-key", "x-goog-api-key"})
SHORTEST = 8
"""Characters of a key; what is shorter (`none`, `unused`) is no secret, and a word that errors may hold."""


def keys_in(headers: Mapping[str, str]) -> tuple[str, ...]:
    """The secrets among the headers of a request."""
    values = (value.removeprefix("Bearer ") for name, value in headers.items() if name.lower() in CREDENTIALS)
    return tuple(value for value in values if len(value) >= SHORTEST)


class Discreet:
    """An answer that is read as it came, but for certain words."""

    def __init__(self, reply: Reply, words: tuple[str, ...]) -> None:
        self._reply = reply
        self._words = words

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._reply.status

    @property
    def headers(self) -> Mapping[str, str]:
        """As they came, but for those words."""
        return {name: self._text(value) for name, value in self._reply.headers.items()}

    async def read(self) -> bytes:
        """The whole body, but for those words."""
        return self._bytes(await self._reply.read())

    async def block(self) -> bytes:
        """The next bytes, but for those words where they stand in one piece."""
        return self._bytes(await self._reply.block())

    def close(self) -> None:
        """Let go of the answer."""
        self._reply.close()

    def _bytes(self, body: bytes) -> bytes:
        for word in self._words:
            body = body.replace(word.encode(), STRUCK.encode())
        return body

    def _text(self, text: str) -> str:
        for word in self._words:
            text = text.replace(word, STRUCK)
        return text
