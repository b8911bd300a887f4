"""LiteLLM's Router over two deployments."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from benchmarks.prompt import KEY, MESSAGES, MODEL, PARAMETERS, PROCESS

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it fetches a price list while it is imported
from litellm.router import Router

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


def _router(base: str) -> Any:
    parameters = {"model": f"openai/{MODEL}", "api_base": base}
    return Router(
        model_list=[
            {"model_name": PROCESS, "litellm_params": {**parameters, "api_key": f"{KEY}-{name}"}}
            for name in ("one", "two")
        ]
    )


class AsyncLitellm:
    """`acompletion`."""

    def __init__(self, base: str) -> None:
        self._router = _router(base)

    async def whole(self) -> str:
        answer = await self._router.acompletion(model=PROCESS, messages=MESSAGES, **PARAMETERS)
        return answer.choices[0].message.content or ""

    async def stream(self) -> AsyncIterator[str]:
        chunks = await self._router.acompletion(model=PROCESS, messages=MESSAGES, stream=True, **PARAMETERS)
        async for chunk in chunks:
            yield chunk.choices[0].delta.content or ""


class Litellm:
    """`completion`."""

    def __init__(self, base: str) -> None:
        self._router = _router(base)

    def whole(self) -> str:
        answer = self._router.completion(model=PROCESS, messages=MESSAGES, **PARAMETERS)
        return answer.choices[0].message.content or ""

    def stream(self) -> Iterator[str]:
        for chunk in self._router.completion(model=PROCESS, messages=MESSAGES, stream=True, **PARAMETERS):
            yield chunk.choices[0].delta.content or ""
