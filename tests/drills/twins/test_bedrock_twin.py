"""Bedrock's Converse as litellm and botocore see it."""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.eventstream import frame
from modelrouter.drills.twins.injection import Injection

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [
    pytest.mark.anyio,
    # litellm 1.106.2 looks at every attribute of pydantic objects, deprecated ones included.
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince211"),
]

HELLO: list[Any] = [{"role": "user", "content": "Hello [[m-4]]"}]
TOOL: Any = {
    "type": "function",
    "function": {"name": "lookup", "parameters": {"type": "object", "properties": {"policy": {"type": "string"}}}},
}
NAMES = ("bedrock/eu.anthropic.claude-opus-4-8", "bedrock/converse/eu.anthropic.claude-opus-4-8")


@pytest.fixture(scope="module")
def litellm() -> Any:
    """The real library, kept off the network, without AWS credentials to find."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        for name in [name for name in os.environ if name.startswith("AWS_") and name != "AWS_EC2_METADATA_DISABLED"]:
            patch.delenv(name)
        import litellm as library  # noqa: PLC0415 - seconds of imports, and the environment must be set before

        library.suppress_debug_info = True
        yield library


async def ask(litellm: Any, on: Any, **options: Any) -> Any:
    """One call, as the router's adapter makes it."""
    return await litellm.acompletion(
        model=on.deployment.name,
        api_base=on.url,
        api_key=on.key,
        messages=options.pop("messages", HELLO),
        num_retries=0,
        max_retries=0,
        timeout=5,
        _skip_mcp_handler=True,
        **options,
    )


@pytest.mark.parametrize("name", NAMES)
async def test_whole_and_stream(stage: Callable[..., Any], litellm: Any, name: str) -> None:
    """With an address and a key alone, litellm reaches the twin, whole and streamed, and reads the same text."""
    async with stage("bedrock", wire="litellm", name=name) as on:
        whole = await ask(litellm, on)
        stream = await ask(litellm, on, stream=True, stream_options={"include_usage": True})
        chunks = [chunk async for chunk in stream]

    text = whole.choices[0].message.content
    assert text.startswith("Served by bedrock-one.")
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == text
    assert (whole.usage.completion_tokens, chunks[-1].usage.completion_tokens) == (8, 8)
    assert [(entry.model, entry.key_tail, entry.stream, entry.whole) for entry in on.twin.log] == [
        ("eu.anthropic.claude-opus-4-8", "bedrock/main", False, True),
        ("eu.anthropic.claude-opus-4-8", "bedrock/main", True, True),
    ]
    assert {entry.marker for entry in on.twin.log} == {"m-4"}


@pytest.mark.parametrize("stream", [False, True])
async def test_tool_is_called_then_its_result_is_answered(
    stage: Callable[..., Any], litellm: Any, *, stream: bool
) -> None:
    """Offered a tool it calls it; given the result it writes text."""
    async with stage("bedrock", wire="litellm") as on:
        answer = await ask(litellm, on, tools=[TOOL], stream=stream)
        first = litellm.stream_chunk_builder([chunk async for chunk in answer]) if stream else answer
        (call,) = first.choices[0].message.tool_calls
        turn = {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": call.id, "type": "function", "function": dict(call.function)}],
        }
        result = {"role": "tool", "tool_call_id": call.id, "content": "found"}
        second = await ask(litellm, on, tools=[TOOL], messages=[*HELLO, turn, result])

    assert first.choices[0].finish_reason == "tool_calls"
    assert (call.function.name, json.loads(call.function.arguments)) == ("lookup", {"policy": "twin"})
    assert second.choices[0].message.content.startswith("Served by")


async def test_structured_output_fits_the_schema(stage: Callable[..., Any], litellm: Any) -> None:
    """A schema that litellm passes on, in whichever form, is met."""
    schema = {
        "type": "object",
        "properties": {"n": {"type": "integer"}},
        "required": ["n"],
        "additionalProperties": False,
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
    async with stage("bedrock", wire="litellm") as on:
        answer = await ask(litellm, on, response_format=wanted)

    assert json.loads(answer.choices[0].message.content) == {"n": 1}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("effect", "status"),
    [
        (Effect.THROTTLED, 429),
        (Effect.SUSPENDED, 403),
        (Effect.GEOFENCED, 400),
        (Effect.EXPORT_CONTROLLED, 404),
        (Effect.AUTH, 403),
        (Effect.MODEL_UNAVAILABLE, 404),
        (Effect.OVERLOADED, 503),
        (Effect.OUTAGE, 500),
        (Effect.BAD_GATEWAY, 502),
        (Effect.CONTEXT_OVERFLOW, 400),
    ],
)
async def test_errors_reach_litellm(
    stage: Callable[..., Any], litellm: Any, effect: Effect, status: int, *, stream: bool
) -> None:
    """An exception is raised that carries the words which the twin sent."""
    async with stage("bedrock", wire="litellm") as on:
        on.twin.inject(Injection(effect=effect))
        with pytest.raises(Exception, match="BedrockException"):
            await ask(litellm, on, stream=stream)

    assert [(entry.effect, entry.status) for entry in on.twin.log] == [(effect, status)]


@pytest.mark.parametrize("effect", [Effect.STREAM_ERROR, Effect.CUT_AFTER_CONTENT, Effect.MALFORMED_EVENT])
async def test_broken_streams_reach_litellm(stage: Callable[..., Any], litellm: Any, effect: Effect) -> None:
    """An exception frame, a cut and a broken payload end the stream with an error."""
    async with stage("bedrock", wire="litellm") as on:
        on.twin.inject(Injection(effect=effect, after_events=2))
        with pytest.raises(litellm.exceptions.MidStreamFallbackError):
            async for _ in await ask(litellm, on, stream=True):
                pass
        await on.left()

    assert (on.twin.log[0].effect, on.twin.log[0].status, on.twin.log[0].whole) == (effect, 200, False)


async def test_silence_can_be_left(stage: Callable[..., Any], litellm: Any) -> None:
    """A call that is never answered ends when its caller cancels it."""
    async with stage("bedrock", wire="litellm") as on:
        on.twin.inject(Injection(effect=Effect.TIMEOUT))
        waiting = asyncio.ensure_future(ask(litellm, on))
        await on.arrived()
        waiting.cancel()
        await asyncio.wait({waiting})
        await on.left()

    assert (on.twin.log[0].status, on.twin.log[0].done_at) == (None, None)


CALL = {"toolUse": {"toolUseId": "t", "name": "lookup", "input": {}}}


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([], "at least one message"),
        ([{"role": "assistant", "content": [{"text": "x"}]}], "must start with a user message"),
        ([{"role": "user", "content": [{"text": "x"}]}, {"role": "assistant", "content": [CALL]}], "toolConfig"),
    ],
)
async def test_conversations_from_elsewhere_are_checked(
    stage: Callable[..., Any], messages: list[Any], words: str
) -> None:
    """What Converse refuses in a conversation moved from elsewhere, the twin refuses."""
    async with stage("bedrock", wire="litellm") as on, aiohttp.ClientSession() as session:
        response = await session.post(
            on.url + "/model/eu.anthropic.claude-opus-4-8/converse",
            json={"messages": messages},
            headers={"authorization": f"Bearer {on.key}"},
        )
        body = await response.json()

    assert (response.status, response.headers["x-amzn-ErrorType"].partition(":")[0]) == (400, "ValidationException")
    assert words in body["message"]


NAME = st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=20)


@given(headers=st.dictionaries(NAME, st.text(max_size=50), max_size=5), payload=st.binary(max_size=200))
def test_frames_are_read_by_botocore(headers: dict[str, str], payload: bytes) -> None:
    """Whatever is framed, AWS's own reader checks its sums and finds the same."""
    buffer = EventStreamBuffer()
    buffer.add_data(frame(headers, payload))
    (event,) = list(buffer)

    assert (event.headers, event.payload) == (headers, payload)
