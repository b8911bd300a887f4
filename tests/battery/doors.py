"""The ways into the product: the drop-in SDK in this process, and the stock SDK at a gateway of its own process."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any, Protocol, Self

import openai
from battery.seen import Seen

from modelrouter import AsyncOpenAI, OpenAI
from modelrouter.router import Router

if TYPE_CHECKING:
    from pathlib import Path

    from battery.case import Mode

ASK: list[Any] = [{"role": "user", "content": "Water in the cellar, still rising. How urgent is this?"}]
HUNG_S = 100.0
"""Longer than any deadline here: who waits so long waits for ever."""
COMMAND = "from modelrouter.cli import main; main()"
ADDRESS = re.compile(r"OPENAI_BASE_URL=(\S+)/v1")


class Door(Protocol):
    """A way into the product."""

    name: str
    client: openai.AsyncOpenAI
    """For requests that are left by their caller."""

    async def ask(self, process: str, mode: Mode) -> Seen:
        """Send one request and read its answer to the end."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...


async def read(client: openai.AsyncOpenAI, process: str, mode: Mode) -> Seen:
    """Ask through an asynchronous client, and read to the end."""
    seen = Seen()
    try:
        async with asyncio.timeout(HUNG_S):
            await _read(client, process, mode, seen)
    except TimeoutError:
        seen.hung = True
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller saw it
        seen.refused(error)
    seen.end()
    return seen


async def _read(client: openai.AsyncOpenAI, process: str, mode: Mode, seen: Seen) -> None:
    if mode == "whole":
        raw = await client.chat.completions.with_raw_response.create(model=process, messages=ASK)
        seen.headers = dict(raw.headers)
        for choice in raw.parse().choices:
            seen.choice(choice, choice.message.content)
        return
    begun = await client.chat.completions.with_raw_response.create(model=process, messages=ASK, stream=True)
    seen.headers = dict(begun.headers)
    async with begun.parse() as stream:
        async for chunk in stream:
            for part in chunk.choices:
                seen.choice(part, part.delta.content)


def read_in_thread(client: openai.OpenAI, process: str, mode: Mode) -> Seen:
    """The same through a synchronous client."""
    seen = Seen()
    try:
        if mode == "whole":
            raw = client.chat.completions.with_raw_response.create(model=process, messages=ASK)
            seen.headers = dict(raw.headers)
            for choice in raw.parse().choices:
                seen.choice(choice, choice.message.content)
        else:
            begun = client.chat.completions.with_raw_response.create(model=process, messages=ASK, stream=True)
            seen.headers = dict(begun.headers)
            with begun.parse() as stream:
                for chunk in stream:
                    for part in chunk.choices:
                        seen.choice(part, part.delta.content)
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller saw it
        seen.refused(error)
    seen.end()
    return seen


class Sdk:
    """`modelrouter.AsyncOpenAI`, or `modelrouter.OpenAI` in threads, over a router in this process."""

    name = "sdk"

    def __init__(self, file: Path, *, threads: bool) -> None:
        self._router = Router(file, observers=(), hold_file=None)
        self._threads = ThreadPoolExecutor(64) if threads else None
        self._sync = OpenAI(router=self._router)
        self.client: openai.AsyncOpenAI = AsyncOpenAI(router=self._router)

    async def ask(self, process: str, mode: Mode) -> Seen:
        """See `Door.ask`."""
        if self._threads is None:
            return await read(self.client, process, mode)
        work = asyncio.get_running_loop().run_in_executor(self._threads, read_in_thread, self._sync, process, mode)
        return await work

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()
        await self._router.aclose()
        await asyncio.to_thread(self._sync.close)
        await asyncio.to_thread(self._router.close)
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)


class Gateway:
    """`modelrouter serve` as a process of its own; in front of it the stock SDK, its own retries left on."""

    name = "gateway"

    def __init__(self, file: Path) -> None:
        self._file = file
        self._rooms = AsyncExitStack()

    async def ask(self, process: str, mode: Mode) -> Seen:
        """See `Door.ask`."""
        return await read(self.client, process, mode)

    async def __aenter__(self) -> Self:
        words = ["-c", COMMAND, "serve", "--port", "0", "--inventory", str(self._file)]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "400"}
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env=environment
        )
        self._rooms.push_async_callback(_stop, process)
        assert process.stdout is not None
        said = ""
        async with asyncio.timeout(60):
            while (found := ADDRESS.search(said)) is None:
                line = await process.stdout.readline()
                if not line:
                    raise RuntimeError(f"the gateway did not start:\n{said}")
                said += line.decode()
        drain = asyncio.create_task(_drained(process.stdout))
        self._rooms.callback(drain.cancel)
        self.client = openai.AsyncOpenAI(base_url=f"{found[1]}/v1", api_key="unused")
        self._rooms.push_async_callback(self.client.close)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._rooms.aclose()


async def _drained(said: asyncio.StreamReader) -> None:
    while await said.read(2**16):
        pass


async def _stop(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()
