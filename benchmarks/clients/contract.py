"""What a measured client can do. Each reads the text out of its library's own answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


class AsyncClient(Protocol):
    """Made with the base address of the upstream, inside the event loop."""

    async def whole(self) -> str:
        """One answer, whole."""
        ...

    def stream(self) -> AsyncIterator[str]:
        """One answer in pieces, as the library hands them out."""
        ...


class SyncClient(Protocol):
    """The same for threads."""

    def whole(self) -> str:
        """One answer, whole."""
        ...

    def stream(self) -> Iterator[str]:
        """One answer in pieces."""
        ...
