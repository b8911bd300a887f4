"""aiohttp by itself: what the router stands on, and so its floor."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import aiohttp

from benchmarks.clients.events import Events
from benchmarks.prompt import HEADERS, REQUEST, STREAMED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class AsyncAiohttp:
    """`aiohttp.ClientSession` without a connection limit."""

    def __init__(self, base: str) -> None:
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), headers=HEADERS)
        self._url = base + "/chat/completions"

    async def whole(self) -> str:
        async with self._session.post(self._url, data=json.dumps(REQUEST).encode()) as answer:
            answer.raise_for_status()
            text: str = json.loads(await answer.read())["choices"][0]["message"]["content"]
            return text

    async def stream(self) -> AsyncIterator[str]:
        events = Events()
        async with self._session.post(self._url, data=json.dumps(STREAMED).encode()) as answer:
            answer.raise_for_status()
            async for data in answer.content.iter_any():
                for text in events.texts(data):
                    yield text
