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


OTHER: Any = {**TOOL, "name": "archive"}
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
ADAPTIVE: Any = {"type": "adaptive", "display": "summarized"}


async def test_two_tools_at_once_in_as_many_rounds_as_asked(stage: Callable[..., Any]) -> None:
    """`both tools` calls two, `2 steps` calls them twice; the last answer tells all that tools said."""
    messages: list[Any] = [{"role": "user", "content": "Use both tools in 2 steps."}]
    async with stage("anthropic") as on, on.anthropic() as client:
        for step in (1, 2):
            answer = await client.messages.create(**ASK, tools=[TOOL, OTHER], messages=messages)
            text, *calls = answer.content
            assert text.text == f"Step {step} of 2."
            assert [call.name for call in calls] == ["lookup", "archive"]
            content = [{**RESULT, "tool_use_id": call.id, "content": f"{call.name} {step}"} for call in calls]
            messages += [
                {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in answer.content]},
                {"role": "user", "content": content},
            ]
        last = await client.messages.create(**ASK, tools=[TOOL, OTHER], messages=messages)

    assert "The tool said lookup 1, archive 1, lookup 2, archive 2." in last.content[0].text


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("display", ["summarized", "omitted"])
async def test_thinking_is_taken_back_as_it_was_signed(
    stage: Callable[..., Any], *, stream: bool, display: str
) -> None:
    """Thinking returns unchanged, in its conversation and to its family of models, shown or not; else it is refused."""
    thinking: Any = {"type": "adaptive", "display": display}
    ask: Any = {**ASK, "tools": [TOOL], "thinking": thinking}
    async with stage("anthropic") as on, on.anthropic() as client:
        if stream:
            async with client.messages.stream(**ask, messages=HELLO) as events:
                first = await events.get_final_message()
        else:
            first = await client.messages.create(**ask, messages=HELLO)
        thought, call = (block.model_dump(exclude_none=True) for block in first.content)

        async def again(block: dict[str, Any], *, before: Any = HELLO) -> Any:
            result = {**RESULT, "tool_use_id": call["id"]}
            messages = [{"role": "assistant", "content": [block, call]}, {"role": "user", "content": [result]}]
            return await client.messages.create(**ask, messages=[*before, *messages])

        second = await again(thought)
        with pytest.raises(anthropic.BadRequestError, match="different conversation"):
            await again(thought, before=[*HELLO, {"role": "assistant", "content": "Yes?"}, *HELLO])
        for changed in (
            {**thought, "thinking": "altered"},
            {**thought, "signature": "foreign"},
            {name: thought[name] for name in ("type", "thinking")},
        ):
            with pytest.raises(anthropic.BadRequestError, match="signature"):
                await again(changed)

    assert bool(thought["thinking"]) is (display == "summarized")
    assert first.usage.output_tokens_details.thinking_tokens == 6
    assert "The tool said found." in second.content[1].text


async def test_redacted_thinking_comes_on_demand(stage: Callable[..., Any]) -> None:
    """The documented words bring an encrypted block, which is taken back."""
    asked = [{"role": "user", "content": "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9A13E"}]
    async with stage("anthropic") as on, on.anthropic() as client:
        first = await client.messages.create(**ASK, thinking=ADAPTIVE, messages=asked)
        block = first.content[0].model_dump()
        history = [*asked, {"role": "assistant", "content": [block]}, *HELLO]
        await client.messages.create(**ASK, thinking=ADAPTIVE, messages=history)
        with pytest.raises(anthropic.BadRequestError, match="redacted_thinking"):
            history[1]["content"] = [{**block, "data": "AAAA"}]
            await client.messages.create(**ASK, thinking=ADAPTIVE, messages=history)

    assert block["type"] == "redacted_thinking"


async def test_a_budget_demands_thinking_before_the_calls_of_the_turn(stage: Callable[..., Any]) -> None:
    """With a budget, a turn that another provider began without thinking is refused."""
    old = "claude-sonnet-4-6"
    ask: Any = {"model": old, "max_tokens": 2000, "thinking": {"type": "enabled", "budget_tokens": 1024}}
    back = [{"role": "assistant", "content": [CALL]}, {"role": "user", "content": [RESULT]}]
    async with stage("anthropic", name=old) as on, on.anthropic() as client:
        with pytest.raises(anthropic.BadRequestError, match="Expected `thinking`"):
            await client.messages.create(**ask, tools=[TOOL], messages=[*HELLO, *back])
        with pytest.raises(anthropic.BadRequestError, match="forces tool use"):
            await client.messages.create(**ask, tools=[TOOL], tool_choice={"type": "any"}, messages=HELLO)


async def test_images_and_documents_are_acknowledged(stage: Callable[..., Any]) -> None:
    """Pictures and files are read and counted; what is not of its type is refused."""
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": DOT}}
    paper = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjQ="}}
    broken = {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": DOT}}
    async with stage("anthropic") as on, on.anthropic() as client:
        answer = await client.messages.create(**ASK, messages=[{"role": "user", "content": [image, paper]}])
        with pytest.raises(anthropic.BadRequestError, match="image/jpeg"):
            await client.messages.create(**ASK, messages=[{"role": "user", "content": [broken]}])

    assert "Saw 1 image (" in answer.content[0].text
    assert "and 1 document (" in answer.content[0].text


async def test_cached_tokens_are_counted_apart(stage: Callable[..., Any]) -> None:
    """What a marked prefix holds is read from the cache and is no input."""
    known = [{"role": "user", "content": "word " * 40}, {"role": "assistant", "content": "Yes."}]
    async with stage("anthropic") as on, on.anthropic() as client:
        plain = await client.messages.create(**ASK, messages=[*known, *HELLO])
        cached = await client.messages.create(**ASK, messages=[*known, *HELLO], cache_control={"type": "ephemeral"})

    assert plain.usage.cache_read_input_tokens == 0
    assert cached.usage.cache_read_input_tokens == 51
    assert cached.usage.input_tokens + 51 == plain.usage.input_tokens


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"seed": 1}, "seed: Extra inputs"),
        ({"tools": [TOOL, TOOL]}, "must be unique"),
        ({"tools": [{"name": "x", "input_schema": {}}]}, "input_schema.type"),
        ({"tools": [TOOL], "tool_choice": {"type": "tool", "name": "other"}}, "not found in provided tools"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "not supported for this model"),
        ({"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}, "additionalProperties"),
    ],
)
async def test_fields_from_elsewhere_are_refused(stage: Callable[..., Any], extra: dict[str, Any], words: str) -> None:
    """Fields of other wires, and what this model does not take, are refused."""
    async with stage("anthropic") as on, on.anthropic() as client:
        with pytest.raises(anthropic.BadRequestError, match=words):
            await client.messages.create(**ASK, messages=HELLO, extra_body=extra)


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
        ([*HELLO, {"role": "assistant", "content": [CALL, {"type": "text", "text": "x"}]}], "stand before the calls"),
        ([*HELLO, {"role": "assistant", "content": [CALL, CALL]}], "must be unique"),
        (
            [
                *HELLO,
                {"role": "assistant", "content": [CALL]},
                {"role": "user", "content": [{"type": "text", "text": "x"}, RESULT]},
            ],
            "must come first",
        ),
        (
            [*HELLO, {"role": "assistant", "content": [CALL]}, {"role": "user", "content": [RESULT]}],
            "must define tools",
        ),
        ([{"role": "user", "content": [{"type": "text", "text": " "}]}], "non-whitespace"),
        ([{"role": "user", "content": [{"type": "text", "text": "x", "index": 0}]}], "text.index: Extra inputs"),
        ([{"role": "user", "content": [CALL]}], "not permitted in user messages"),
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
        ({"anthropic-version": "2023-06-01"}, {"top_p": 0.5}, "deprecated for this model"),
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
