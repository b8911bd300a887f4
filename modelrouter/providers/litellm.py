"""Deployments through litellm, for providers without a wire of their own; the only file that names it.

litellm is imported at the first call, on a thread, with its own network access at import switched
off: the import takes seconds. It takes and gives the shape of OpenAI's Chat Completions; its retries
are off, since the driver's ladder is the only one.
"""

from __future__ import annotations

import asyncio
import importlib
import os
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson

from modelrouter.providers.base import PLAIN, CallOptions, ConnectionFailedError
from modelrouter.providers.resolved import Resolved
from modelrouter.wire.openai_chat.library import PARAMETERS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from types import ModuleType

    from modelrouter.core.inventory import Deployment
    from modelrouter.providers.base import Reply

__all__ = ["LitellmClient"]

_LOCATED: Mapping[str, str] = MappingProxyType({"bedrock": "aws_region_name", "vertex_ai": "vertex_location"})
"""Providers that litellm would otherwise look up in a region of its own choice, and how they are told which."""
NO_STATUS = 500
"""What litellm makes up where it had no answer."""


class LitellmClient:
    """Calls deployments whose wire is `litellm`."""

    def __init__(self, key_of: Callable[[Deployment], str | None]) -> None:
        self._keys = Resolved(key_of)
        self._library: ModuleType | None = None

    async def send(self, deployment: Deployment, body: bytes, options: CallOptions = PLAIN) -> Reply:  # noqa: ARG002 - the protocol names it
        """Send one chat completion; see `ProviderClient.send`."""
        library = self._library or await self._load()
        key = await self._keys.of(deployment)
        asked = {name: value for name, value in orjson.loads(body).items() if name in PARAMETERS}
        _unnumber(asked.get("messages"))
        parameters = {**asked, **_destination(deployment, key)}
        try:
            answer = await library.acompletion(**parameters)
        except Exception as error:  # noqa: BLE001 - the border to a library that raises dozens of classes
            return _refusal(error)
        if parameters.get("stream"):
            return _Streamed(answer)
        return _Whole(200, {"content-type": "application/json"}, answer.model_dump_json(exclude_none=True).encode())

    async def listing(self, deployment: Deployment) -> Reply | None:  # noqa: ARG002 - the protocol names it
        """There is no free listing through litellm."""
        return None

    def forget(self, deployment: Deployment) -> None:
        """Resolve its key anew at the next call."""
        self._keys.forget(deployment)

    async def aclose(self) -> None:
        """Nothing: litellm keeps its connections for the whole process, other routers' among them."""

    async def _load(self) -> ModuleType:
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else the import fetches a price list
        try:
            library = await asyncio.to_thread(importlib.import_module, "litellm")
        except ImportError as error:
            raise ConnectionFailedError("litellm is not installed: pip install 'modelrouter[litellm]'") from error
        vars(library).update(telemetry=False, suppress_debug_info=True)
        self._library = library
        return library


def _destination(deployment: Deployment, key: str | None) -> dict[str, Any]:
    """Everything that decides where the call goes: from the inventory alone."""
    located = _LOCATED.get(deployment.name.partition("/")[0])
    return {
        **({located: deployment.region} if located else {}),
        "model": deployment.name,
        "api_key": key,
        "api_base": deployment.url,
        "extra_headers": dict(deployment.headers) or None,
        "num_retries": 0,
        "max_retries": 0,
        "drop_params": True,
        "_skip_mcp_handler": True,  # else tools need a package that litellm does not install
    }


def _refusal(error: Exception) -> Reply:
    """The answer behind one of litellm's exceptions; raises ConnectionFailedError where there was none."""
    status = getattr(error, "status_code", None)
    response = getattr(error, "response", None)
    if not isinstance(status, int) or (status == NO_STATUS and "APIConnectionError" in type(error).__name__):
        raise ConnectionFailedError(f"{type(error).__name__}: {error}") from error
    headers = {name.lower(): value for name, value in getattr(response, "headers", {}).items()}
    return _Whole(status, headers, str(error).encode())


_BLOCKS = b'"thinking_blocks"'


def _unnumber(messages: object) -> None:
    """Take those numbers from a history in which they come back: they are ours, and Anthropic refuses them."""
    for message in messages if isinstance(messages, list) else ():
        blocks = message.get("thinking_blocks") if isinstance(message, dict) else None
        for block in blocks if isinstance(blocks, list) else ():
            if isinstance(block, dict):
                block.pop("index", None)


class _Whole:
    """An answer that is there already."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self._body = body

    async def read(self) -> bytes:
        return self._body

    async def block(self) -> bytes:
        body, self._body = self._body, b""
        return body

    def close(self) -> None:
        """Nothing is held."""


class _Streamed:
    """litellm's chunks, as the events they once were."""

    status = 200
    headers: Mapping[str, str] = {"content-type": "text/event-stream"}

    def __init__(self, chunks: AsyncIterator[Any]) -> None:
        self._chunks = chunks
        self._done = False
        self._block = 0

    async def read(self) -> bytes:
        parts = []
        while part := await self.block():
            parts.append(part)
        return b"".join(parts)

    async def block(self) -> bytes:
        if self._done:
            return b""
        try:
            chunk = await anext(self._chunks)
        except StopAsyncIteration:
            self._done = True
            return b"data: [DONE]\n\n"
        except Exception as error:
            raise ConnectionFailedError(f"{type(error).__name__}: {error}") from error
        data = chunk.model_dump_json(exclude_none=True).encode()
        return b"data: %b\n\n" % (self._numbered(data) if _BLOCKS in data else data)

    def _numbered(self, data: bytes) -> bytes:
        """Number the blocks of thinking: OpenAI's SDK puts lists together by `index`, and fails where there is none."""
        chunk = orjson.loads(data)
        for choice in chunk["choices"]:
            delta = choice["delta"]
            delta.pop("provider_specific_fields", None)  # the same once more
            for block in delta.get("thinking_blocks") or ():
                block["index"] = self._block
                self._block += "signature" in block or "data" in block  # either is the last piece of its block
        return orjson.dumps(chunk)

    def close(self) -> None:
        self._done = True
        close = getattr(self._chunks, "aclose", None)
        if close is not None:
            asyncio.ensure_future(close())  # noqa: RUF006 - it ends by itself
