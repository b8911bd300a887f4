"""TensorZero's gateway, embedded (Rust), over two deployments; it lives in an environment of its own."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.prompt import KEY, MESSAGES, MODEL, PARAMETERS, PROCESS

os.environ["TENSORZERO_DISABLE_PSEUDONYMOUS_USAGE_ANALYTICS"] = "1"
os.environ["OPENAI_API_KEY"] = KEY
from tensorzero import AsyncTensorZeroGateway  # type: ignore[import-not-found] # it has an environment of its own

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HEAD = f'[gateway]\nobservability.enabled = false\n[models.{PROCESS}]\nrouting = ["one", "two"]\n'
PLACE = '[models.{process}.providers.{name}]\ntype = "openai"\nmodel_name = "{model}"\napi_base = "{base}/"\n'
SYSTEM, USER = (message["content"] for message in MESSAGES)


class AsyncTensorZero:
    """`inference`."""

    def __init__(self, base: str) -> None:
        places = [PLACE.format(process=PROCESS, name=name, model=MODEL, base=base) for name in ("one", "two")]
        with tempfile.NamedTemporaryFile("w", suffix=".toml", delete=False) as file:
            file.write(HEAD + "".join(places))
        self._path = Path(file.name)
        self._gateway: Any = None
        self._building = asyncio.Lock()
        self._question: dict[str, Any] = {
            "model_name": PROCESS,
            "input": {"system": SYSTEM, "messages": [{"role": "user", "content": USER}]},
            "params": {"chat_completion": PARAMETERS},
        }

    async def _inference(self, **more: Any) -> Any:
        if self._gateway is None:
            await self._build()
        return await self._gateway.inference(**self._question, **more)

    async def _build(self) -> None:
        async with self._building:
            if self._gateway is None:
                self._gateway = await AsyncTensorZeroGateway.build_embedded(config_file=str(self._path))
                self._path.unlink()

    async def whole(self) -> str:
        text: str = (await self._inference()).content[0].text
        return text

    async def stream(self) -> AsyncIterator[str]:
        async for chunk in await self._inference(stream=True):
            for part in chunk.content:
                yield part.text
