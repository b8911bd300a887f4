"""What each effect looks like to the official SDKs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import anthropic
import openai
import pytest

from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.injection import Injection

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.anyio

HELLO: list[Any] = [{"role": "user", "content": "Hello"}]
SHORT_S = 0.1
"""How long these tests wait for what never comes."""

OPENAI = {
    Effect.THROTTLED: (openai.RateLimitError, 429),
    Effect.QUOTA_EXHAUSTED: (openai.RateLimitError, 429),
    Effect.SUSPENDED: (openai.AuthenticationError, 401),
    Effect.GEOFENCED: (openai.PermissionDeniedError, 403),
    Effect.EXPORT_CONTROLLED: (openai.NotFoundError, 404),
    Effect.AUTH: (openai.AuthenticationError, 401),
    Effect.PERMISSION: (openai.PermissionDeniedError, 403),
    Effect.MODEL_UNAVAILABLE: (openai.NotFoundError, 404),
    Effect.OVERLOADED: (openai.InternalServerError, 503),
    Effect.OUTAGE: (openai.InternalServerError, 500),
    Effect.BAD_GATEWAY: (openai.InternalServerError, 502),
    Effect.UNAVAILABLE: (openai.InternalServerError, 503),
    Effect.CONTENT_BLOCKED: (openai.BadRequestError, 400),
    Effect.CONTEXT_OVERFLOW: (openai.BadRequestError, 400),
    Effect.REQUEST_TOO_LARGE: (openai.APIStatusError, 413),
    Effect.UNSUPPORTED_FEATURE: (openai.BadRequestError, 400),
    Effect.BAD_REQUEST: (openai.BadRequestError, 400),
}
ANTHROPIC = {
    Effect.THROTTLED: (anthropic.RateLimitError, 429),
    Effect.QUOTA_EXHAUSTED: (anthropic.BadRequestError, 400),
    Effect.SUSPENDED: (anthropic.BadRequestError, 400),
    Effect.GEOFENCED: (anthropic.PermissionDeniedError, 403),
    Effect.EXPORT_CONTROLLED: (anthropic.NotFoundError, 404),
    Effect.AUTH: (anthropic.AuthenticationError, 401),
    Effect.PERMISSION: (anthropic.PermissionDeniedError, 403),
    Effect.MODEL_UNAVAILABLE: (anthropic.NotFoundError, 404),
    Effect.OVERLOADED: (anthropic.APIStatusError, 529),
    Effect.OUTAGE: (anthropic.InternalServerError, 500),
    Effect.BAD_GATEWAY: (anthropic.InternalServerError, 502),
    Effect.UNAVAILABLE: (anthropic.APIStatusError, 503),
    Effect.CONTENT_BLOCKED: (anthropic.BadRequestError, 400),
    Effect.CONTEXT_OVERFLOW: (anthropic.BadRequestError, 400),
    Effect.REQUEST_TOO_LARGE: (anthropic.APIStatusError, 413),
    Effect.UNSUPPORTED_FEATURE: (anthropic.BadRequestError, 400),
    Effect.BAD_REQUEST: (anthropic.BadRequestError, 400),
}


async def ask_openai(on: Any, *, stream: bool) -> str:
    """Ask through OpenAI's SDK; the text of the answer."""
    async with on.openai() as client:
        answer = await client.chat.completions.create(model="gpt-5.6", messages=HELLO, stream=stream)
        if not stream:
            return answer if isinstance(answer, str) else str(answer.choices[0].message.content)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in answer])


async def ask_anthropic(on: Any, *, stream: bool) -> str:
    """Ask through Anthropic's SDK; the text of the answer."""
    async with on.anthropic() as client:
        answer = await client.messages.create(model="claude-opus-4-8", max_tokens=50, messages=HELLO, stream=stream)
        if not stream:
            return answer if isinstance(answer, str) else "".join(block.text for block in answer.content)
        return "".join([event.delta.text async for event in answer if event.type == "content_block_delta"])


ASK: dict[str, Any] = {"openai": ask_openai, "anthropic": ask_anthropic}
CONNECTION: dict[str, Any] = {"openai": openai.APIConnectionError, "anthropic": anthropic.APIConnectionError}
STATUS: dict[str, Any] = {"openai": OPENAI, "anthropic": ANTHROPIC}
BOTH = pytest.mark.parametrize("vendor", ["openai", "anthropic"])


@BOTH
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("effect", list(OPENAI))
async def test_stated_causes_arrive_with_their_status(
    stage: Callable[..., Any], vendor: str, effect: Effect, *, stream: bool
) -> None:
    """The SDK raises the class that it has for the vendor's status, streaming or not."""
    expected, status = STATUS[vendor][effect]
    async with stage(vendor) as on:
        on.twin.inject(Injection(effect=effect))
        with pytest.raises(expected) as caught:
            await ASK[vendor](on, stream=stream)

    assert caught.value.status_code == status
    assert [(entry.effect, entry.injected, entry.status, entry.stream) for entry in on.twin.log] == [
        (effect, True, status, stream)
    ]


@BOTH
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("effect", [Effect.TIMEOUT, Effect.SILENT_STREAM, Effect.STALL])
async def test_silence(stage: Callable[..., Any], vendor: str, effect: Effect, *, stream: bool) -> None:
    """Nothing more comes until the caller gives up, and the log says how far it came."""
    async with stage(vendor) as on:
        on.twin.inject(Injection(effect=effect, after_events=2))
        waiting = asyncio.ensure_future(ASK[vendor](on, stream=stream))
        await on.arrived()
        await asyncio.wait({waiting}, timeout=SHORT_S)
        assert not waiting.done()
        waiting.cancel()
        await asyncio.wait({waiting})

    (entry,) = on.twin.log
    assert (entry.effect, entry.done_at, entry.whole) == (effect, None, False)
    assert entry.status == (None if effect is Effect.TIMEOUT else 200)
    assert entry.tokens_out == (2 if effect is Effect.STALL and stream else 0)


@BOTH
@pytest.mark.parametrize("effect", [Effect.CUT_BEFORE_CONTENT, Effect.CUT_AFTER_CONTENT])
async def test_cut_streams_break_off(stage: Callable[..., Any], vendor: str, effect: Effect) -> None:
    """A stream that is cut never ends cleanly: the client notices the missing end."""
    async with stage(vendor) as on:
        on.twin.inject(Injection(effect=effect, after_events=2))
        with pytest.raises(Exception, match=r"incomplete chunked read|Connection error"):
            await ASK[vendor](on, stream=True)

    (entry,) = on.twin.log
    assert (entry.done_at, entry.whole, entry.tokens_out) == (
        None,
        False,
        2 if effect is Effect.CUT_AFTER_CONTENT else 0,
    )


@BOTH
@pytest.mark.parametrize("effect", [Effect.CUT_BEFORE_CONTENT, Effect.CUT_AFTER_CONTENT, Effect.RESET])
async def test_broken_connections(stage: Callable[..., Any], vendor: str, effect: Effect) -> None:
    """A whole answer that is cut, or a reset, is a connection error to the SDK."""
    async with stage(vendor) as on:
        on.twin.inject(Injection(effect=effect))
        with pytest.raises(CONNECTION[vendor]):
            await ASK[vendor](on, stream=False)

    assert (on.twin.log[0].done_at, on.twin.log[0].whole) == (None, False)


async def test_reset_is_a_reset(stage: Callable[..., Any]) -> None:
    """The connection ends by RST, not by an orderly end."""
    async with stage() as on:
        on.twin.inject(Injection(effect=Effect.RESET))
        reader, writer = await asyncio.open_connection("127.0.0.1", int(on.twin.url.rpartition(":")[2]))
        writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}")
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()


@pytest.mark.parametrize(("after", "seen"), [(0, 0), (2, 2), (99, 8)])
async def test_error_inside_a_stream(stage: Callable[..., Any], after: int, seen: int) -> None:
    """An error event after so many tokens, in the vendor's own shape, inside a 200."""
    for vendor, expected in (("openai", openai.APIError), ("anthropic", anthropic.APIStatusError)):
        async with stage(vendor) as on:
            on.twin.inject(Injection(effect=Effect.STREAM_ERROR, after_events=after))
            with pytest.raises(expected):
                await ASK[vendor](on, stream=True)

        (entry,) = on.twin.log
        assert (entry.status, entry.tokens_out, entry.whole) == (200, seen, False)
        assert entry.done_at is not None


@BOTH
async def test_stream_error_without_a_stream_is_a_status(stage: Callable[..., Any], vendor: str) -> None:
    """Where no stream was asked for, the same trouble is an ordinary error."""
    async with stage(vendor) as on:
        on.twin.inject(Injection(effect=Effect.STREAM_ERROR))
        with pytest.raises((openai.APIStatusError, anthropic.APIStatusError)):
            await ASK[vendor](on, stream=False)

    assert on.twin.log[0].status == {"openai": 500, "anthropic": 529}[vendor]


@BOTH
@pytest.mark.parametrize("stream", [False, True])
async def test_empty_completion(stage: Callable[..., Any], vendor: str, *, stream: bool) -> None:
    """A 200 that ends properly and says nothing, without being whole."""
    async with stage(vendor) as on:
        on.twin.inject(Injection(effect=Effect.EMPTY_COMPLETION))
        text = await ASK[vendor](on, stream=stream)

    assert (text, on.twin.log[0].status, on.twin.log[0].whole, on.twin.log[0].tokens_out) == ("", 200, False, 0)


@BOTH
@pytest.mark.parametrize("stream", [False, True])
async def test_malformed_json(stage: Callable[..., Any], vendor: str, *, stream: bool) -> None:
    """JSON that breaks off inside a 200."""
    async with stage(vendor) as on:
        on.twin.inject(Injection(effect=Effect.MALFORMED_EVENT, after_events=1))
        with pytest.raises((ValueError, openai.APIError, anthropic.APIError)):
            await ASK[vendor](on, stream=stream)

    assert (on.twin.log[0].effect, on.twin.log[0].status) == (Effect.MALFORMED_EVENT, 200)


@BOTH
async def test_web_page_instead_of_an_answer(stage: Callable[..., Any], vendor: str) -> None:
    """A captive portal answers 200 with HTML."""
    async with stage(vendor) as on:
        on.twin.inject(Injection(effect=Effect.HTML_200))
        text = await ASK[vendor](on, stream=False)

    assert "<html>" in text
    assert on.twin.log[0].whole is False


@BOTH
@pytest.mark.parametrize("stream", [False, True])
async def test_slow_first_token_is_late_but_whole(stage: Callable[..., Any], vendor: str, *, stream: bool) -> None:
    """Served, only late."""
    async with stage(vendor) as on:
        on.twin.inject(Injection(effect=Effect.SLOW_FIRST_TOKEN, delay_s=0.1))
        await ASK[vendor](on, stream=stream)

    (entry,) = on.twin.log
    assert entry.first_at - entry.at >= 0.1
    assert (entry.whole, entry.tokens_out) == (True, 8)
