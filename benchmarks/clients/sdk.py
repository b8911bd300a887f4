"""The official OpenAI SDK, alone and with the router underneath."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai

from benchmarks.clients.house import inventory
from benchmarks.prompt import KEY, MESSAGES, MODEL, PARAMETERS, PROCESS
from modelrouter import AsyncOpenAI, OpenAI, Router

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


class AsyncOfficial:
    """`openai.AsyncOpenAI` as it comes."""

    def __init__(self, base: str) -> None:
        self._client: Any = openai.AsyncOpenAI(base_url=base, api_key=KEY)
        self._model = MODEL

    async def whole(self) -> str:
        answer = await self._client.chat.completions.create(model=self._model, messages=MESSAGES, **PARAMETERS)
        return answer.choices[0].message.content or ""

    async def stream(self) -> AsyncIterator[str]:
        chunks = await self._client.chat.completions.create(
            model=self._model, messages=MESSAGES, stream=True, **PARAMETERS
        )
        async for chunk in chunks:
            yield chunk.choices[0].delta.content or ""


class AsyncOurs(AsyncOfficial):
    """`modelrouter.AsyncOpenAI`."""

    def __init__(self, base: str) -> None:
        self._client = AsyncOpenAI(router=Router(inventory(base), hold_file=None))
        self._model = PROCESS


class Official:
    """`openai.OpenAI` as it comes."""

    def __init__(self, base: str) -> None:
        self._client: Any = openai.OpenAI(base_url=base, api_key=KEY)
        self._model = MODEL

    def whole(self) -> str:
        answer = self._client.chat.completions.create(model=self._model, messages=MESSAGES, **PARAMETERS)
        return answer.choices[0].message.content or ""

    def stream(self) -> Iterator[str]:
        chunks = self._client.chat.completions.create(model=self._model, messages=MESSAGES, stream=True, **PARAMETERS)
        for chunk in chunks:
            yield chunk.choices[0].delta.content or ""


class Ours(Official):
    """`modelrouter.OpenAI`."""

    def __init__(self, base: str) -> None:
        self._client = OpenAI(router=Router(inventory(base), hold_file=None))
        self._model = PROCESS
