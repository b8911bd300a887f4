"""Answers: what becomes of a stream that nobody closes, and of JSON that is not everyday."""

from __future__ import annotations

import asyncio
import gc
import time
from typing import Any

import pytest
from support.inventories import deployment, inventory, process

from modelrouter import Router
from modelrouter.providers.base import PLAIN
from modelrouter.testing import Recorder, Script, ScriptedProvider, stream


class Keeping(ScriptedProvider):
    """Remembers its answers."""

    def __init__(self, *scripts: Script) -> None:
        super().__init__({"a": list(scripts)})
        self.replies: list[Any] = []

    async def send(self, deployment, body, options=PLAIN):
        """Play the next script."""
        self.replies.append(await super().send(deployment, body, options))
        return self.replies[-1]


def router_over(provider: ScriptedProvider, *observers) -> Router:
    """A router with one deployment."""
    described = inventory(process("p", deployment("a")))
    return Router(described, observers=observers, clients=provider.clients(), hold_file=None)


@pytest.mark.parametrize("read", [0, 1])
def test_a_stream_dropped_on_a_loop_is_let_go(read):
    """A stream dropped unread or half read warns, and gives its connection back."""
    provider, recorder = Keeping(stream("abc", silent=True)), Recorder()

    async def promise():
        async with router_over(provider, recorder) as router:
            answer = await router.achat("p", "x", stream=True)
            for _ in range(read):
                await answer.block()
            with pytest.warns(ResourceWarning, match="stream of a was dropped"):
                del answer
            await asyncio.sleep(0)

    asyncio.run(promise())

    assert [True] == [reply.closed for reply in provider.replies]
    assert [None] == [fault for _, fault in recorder.ends]


@pytest.mark.parametrize("read", [0, 1])
def test_a_stream_dropped_in_a_thread_is_let_go(read):
    """The same holds for a thread without an event loop, whether or not the stream was being iterated."""
    provider = Keeping(stream("abc", silent=True))
    with router_over(provider) as router:
        answer = router.chat("p", "x", stream=True)
        for _ in range(read):
            next(iter(answer))
        with pytest.warns(ResourceWarning, match="stream of a was dropped"):
            del answer
        for _ in range(100):
            if provider.replies[0].closed:
                break
            time.sleep(0.01)

    assert provider.replies[0].closed


def test_a_stream_that_outlives_its_loop_drops_quietly():
    """A stream dropped after its loop has closed warns, and raises nothing."""
    provider = Keeping(stream("abc", silent=True))

    async def promise():
        return await router_over(provider).achat("p", "x", stream=True)

    answer = asyncio.run(promise())
    with pytest.warns(ResourceWarning, match="dropped"):
        del answer


def test_a_stream_read_or_closed_drops_without_a_word():
    """Nothing is said of streams that were read to their end or closed."""
    provider, recorder = Keeping(stream("abc"), stream("abc", silent=True)), Recorder()

    async def promise():
        async with router_over(provider, recorder) as router:
            async for _ in await router.achat("p", "x", stream=True):
                pass
            async with await router.achat("p", "x", stream=True) as answer:
                await answer.block()
        gc.collect()

    asyncio.run(promise())

    assert 2 == len(recorder.ends)


BODY = (
    b'{"id": %d, "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "%b"}}]}'
)


def test_unusual_json_is_decoded_exactly():
    """Half characters and integers of any length reach who asks for decoded answers."""
    huge = 2**80
    provider = Keeping(Script(blocks=(BODY % (huge, b"half \\ud800"),)))
    with router_over(provider) as router:
        answer = router.chat("p", "x")

    assert ("half \ud800", huge) == (answer.text, answer.json()["id"])
