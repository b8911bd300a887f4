"""The Messages wire as the official SDK sees it, and what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import anthropic
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.anyio

HELLO: list[Any] = [{"role": "user", "content": "Hello [[m-2]]"}]
ASK: dict[str, Any] = {"model": "claude-opus-4-8", "max_tokens": 100}
TOOL: Any = {
    "name": "lookup",
    "input_schema": {"type": "object", "properties": {"policy": {"type": "string"}}, "required": ["policy"]},
}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "lookup", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "found"}


async def test_whole_answer_names_its_deployment(stage: Callable[..., Any]) -> None:
    """A whole message is one the SDK accepts, with its usage."""
    async with stage("anthropic") as on, on.anthropic() as client:
        answer = await client.messages.create(**ASK, messages=HELLO)

    assert answer.content[0].text.startswith("Served by anthropic-one.")
    assert (answer.stop_reason, answer.usage.input_tokens, answer.usage.output_tokens) == ("end_turn", 3, 8)


async def test_stream_has_the_whole_grammar(stage: Callable[..., Any]) -> None:
    """Every event of the grammar in its order, adding up to the whole answer."""
    async with stage("anthropic") as on, on.anthropic() as client:
        whole = await client.messages.create(**ASK, messages=HELLO)
        kinds = [event.type async for event in await client.messages.create(**ASK, messages=HELLO, stream=True)]
        async with client.messages.stream(**ASK, messages=HELLO) as stream:
            final = await stream.get_final_message()

    assert kinds[:2] == ["message_start", "content_block_start"]
    assert set(kinds[2:-3]) <= {"ping", "content_block_delta"}
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert (final.content[0].text, final.usage.output_tokens) == (whole.content[0].text, 8)


@pytest.mark.parametrize("stream", [False, True])
async def test_tool_is_called_then_its_result_is_answered(stage: Callable[..., Any], *, stream: bool) -> None:
    """Offered a tool it calls it; given the result it writes text."""
    async with stage("anthropic") as on, on.anthropic() as client:
        if stream:
            async with client.messages.stream(**ASK, tools=[TOOL], messages=HELLO) as events:
                first = await events.get_final_message()
        else:
            first = await client.messages.create(**ASK, tools=[TOOL], messages=HELLO)
        call = first.content[0]
        back = [
            {"role": "assistant", "content": [call.model_dump(include={"type", "id", "name", "input"})]},
            {"role": "user", "content": [{**RESULT, "tool_use_id": call.id}]},
        ]
        second = await client.messages.create(**ASK, tools=[TOOL], messages=[*HELLO, *back])

    assert (first.stop_reason, call.name, call.input) == ("tool_use", "lookup", {"policy": "twin"})
    assert second.content[0].type == "text"


async def test_structured_output_fits_the_schema(stage: Callable[..., Any]) -> None:
    """A format demanded by `output_config` is met."""
    schema = {
        "type": "object",
        "properties": {"n": {"type": "integer"}},
        "required": ["n"],
        "additionalProperties": False,
    }
    async with stage("anthropic") as on, on.anthropic() as client:
        answer = await client.messages.create(
            **ASK, messages=HELLO, extra_body={"output_config": {"format": {"type": "json_schema", "schema": schema}}}
        )

    assert answer.content[0].text == '{"n":1}'


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([{"role": "user", "content": [{"type": "text", "text": ""}]}], "text content blocks must be non-empty"),
        ([{"role": "user", "content": ""}], "non-empty content"),
        ([{"role": "wizard", "content": "x"}], "messages.0.role"),
        ([{"role": "assistant", "content": "x"}, *HELLO], 'must use the "user" role'),
        ([*HELLO, {"role": "assistant", "content": "Once"}], "assistant message prefill"),
        ([*HELLO, {"role": "assistant", "content": [{**CALL, "id": "a:0"}]}], "should match pattern"),
        ([*HELLO, {"role": "assistant", "content": [CALL]}, *HELLO], "without `tool_result` blocks"),
        ([{"role": "user", "content": [RESULT]}], "unexpected `tool_use_id`"),
        ([], "at least one message"),
    ],
)
async def test_conversations_from_elsewhere_are_checked(
    stage: Callable[..., Any], messages: list[Any], words: str
) -> None:
    """The rules that a failover breaks first are enforced, in the API's words."""
    async with stage("anthropic") as on, on.anthropic() as client:
        with pytest.raises(anthropic.BadRequestError, match=words):
            await client.messages.create(**ASK, messages=messages)


@pytest.mark.parametrize(
    ("headers", "extra", "words"),
    [
        ({}, {}, "anthropic-version: header is required"),
        ({"anthropic-version": "2020-01-01"}, {}, "not a valid version"),
        ({"anthropic-version": "2023-06-01"}, {"max_tokens": None}, "max_tokens: Field required"),
        ({"anthropic-version": "2026-10-21"}, {"temperature": 0.5}, "temperature: Extra inputs"),
    ],
)
async def test_version_and_required_fields(
    stage: Callable[..., Any], headers: dict[str, str], extra: dict[str, Any], words: str
) -> None:
    """The version header and `max_tokens` are required; the newest version refuses sampling parameters."""
    async with (
        stage("anthropic") as on,
        aiohttp.ClientSession(headers={"x-api-key": on.key, **headers}) as session,
        session.post(on.url + "/v1/messages", json={**ASK, "messages": HELLO, **extra}) as response,
    ):
        body = await response.json()

    assert (response.status, body["error"]["type"]) == (400, "invalid_request_error")
    assert words in body["error"]["message"]


@pytest.mark.parametrize(("header", "form"), [("x-api-key", "{}"), ("authorization", "Bearer {}")])
async def test_both_ways_to_send_the_key(stage: Callable[..., Any], header: str, form: str) -> None:
    """Key header and bearer token are both accepted, and sampling by the older version and models."""
    old = "claude-sonnet-4-5"
    body = {**ASK, "model": old, "messages": HELLO, "temperature": 0}
    async with (
        stage("anthropic", name=old) as on,
        aiohttp.ClientSession(headers={"anthropic-version": "2023-06-01"}) as session,
    ):
        response = await session.post(on.url + "/v1/messages", json=body, headers={header: form.format(on.key)})
        answer = await response.json()

    assert (response.status, answer["type"]) == (200, "message")
    assert on.twin.log[0].key_tail == "anthropic/main"


async def test_models_are_listed_in_anthropics_shape(stage: Callable[..., Any]) -> None:
    """The SDK pages through the listing and prints names as the vendor does."""
    async with stage("anthropic") as on, on.anthropic() as client:
        listed = [(model.id, model.display_name) async for model in client.models.list()]

    assert listed == [("claude-opus-4-8", "Claude Opus 4.8")]
