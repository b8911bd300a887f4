"""`modelrouter.Router`: the router itself, without an SDK, its logging observer among the measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.clients.house import inventory
from benchmarks.prompt import MESSAGES, PARAMETERS, PROCESS
from modelrouter import Router

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


class AsyncRouter:
    """`achat`, decoded."""

    def __init__(self, base: str) -> None:
        self._router = Router(inventory(base), hold_file=None)

    async def whole(self) -> str:
        answer = await self._router.achat(PROCESS, MESSAGES, **PARAMETERS)
        text: str = answer.json()["choices"][0]["message"]["content"]
        return text

    async def stream(self) -> AsyncIterator[str]:
        async with await self._router.achat(PROCESS, MESSAGES, stream=True, **PARAMETERS) as answer:
            async for chunk in answer.events():
                yield chunk["choices"][0]["delta"].get("content") or ""


class SyncRouter:
    """`chat`, decoded."""

    def __init__(self, base: str) -> None:
        self._router = Router(inventory(base), hold_file=None)

    def whole(self) -> str:
        text: str = self._router.chat(PROCESS, MESSAGES, **PARAMETERS).json()["choices"][0]["message"]["content"]
        return text

    def stream(self) -> Iterator[str]:
        with self._router.chat(PROCESS, MESSAGES, stream=True, **PARAMETERS) as answer:
            for chunk in answer.events():
                yield chunk["choices"][0]["delta"].get("content") or ""
