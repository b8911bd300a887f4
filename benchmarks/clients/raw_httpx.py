"""httpx by itself: what the official SDKs stand on, and the measure of everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from benchmarks.clients.events import Events
from benchmarks.prompt import HEADERS, REQUEST, STREAMED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

OPTIONS: dict[str, Any] = {
    "headers": HEADERS,
    "timeout": 60,
    "limits": httpx.Limits(max_connections=1000, max_keepalive_connections=1000),
}
PATH = "/chat/completions"


class AsyncHttpx:
    """`httpx.AsyncClient`."""

    def __init__(self, base: str) -> None:
        self._client = httpx.AsyncClient(**OPTIONS)
        self._url = base + PATH

    async def whole(self) -> str:
        answer = await self._client.post(self._url, json=REQUEST)
        answer.raise_for_status()
        text: str = answer.json()["choices"][0]["message"]["content"]
        return text

    async def stream(self) -> AsyncIterator[str]:
        events = Events()
        async with self._client.stream("POST", self._url, json=STREAMED) as answer:
            answer.raise_for_status()
            async for data in answer.aiter_bytes():
                for text in events.texts(data):
                    yield text


class Httpx:
    """`httpx.Client`."""

    def __init__(self, base: str) -> None:
        self._client = httpx.Client(**OPTIONS)
        self._url = base + PATH

    def whole(self) -> str:
        answer = self._client.post(self._url, json=REQUEST)
        answer.raise_for_status()
        text: str = answer.json()["choices"][0]["message"]["content"]
        return text

    def stream(self) -> Iterator[str]:
        events = Events()
        with self._client.stream("POST", self._url, json=STREAMED) as answer:
            answer.raise_for_status()
            for data in answer.iter_bytes():
                yield from events.texts(data)
