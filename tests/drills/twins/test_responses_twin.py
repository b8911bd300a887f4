"""The Responses wire as the official SDK sees it, and what it refuses of items that come from elsewhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import openai
import pytest
from pydantic import BaseModel

from modelrouter.drills.twins.twin import Pace

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.anyio

HELLO: list[Any] = [{"role": "user", "content": "Hello [[m-3]]"}]
USER = {"role": "user", "content": "Hello"}
SHAPE = {
    "type": "object",
    "properties": {"policy": {"type": "string"}},
    "required": ["policy"],
    "additionalProperties": False,
}
TOOL: Any = {"type": "function", "name": "lookup", "parameters": SHAPE, "strict": True}
OTHER: Any = {**TOOL, "name": "archive"}
THINK: dict[str, Any] = {
    "reasoning": {"effort": "low", "summary": "auto"},
    "include": ["reasoning.encrypted_content"],
    "store": False,
}
CALL: dict[str, Any] = {"type": "function_call", "call_id": "c1", "name": "lookup", "arguments": "{}"}
OUTPUT: dict[str, Any] = {"type": "function_call_output", "call_id": "c1", "output": "found"}
DOT = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def responding(stage: Callable[..., Any], **options: Any) -> Any:
    """A stage for this wire."""
    return stage("openai", wire="openai-responses", **options)


async def test_whole_answer_names_its_deployment(stage: Callable[..., Any]) -> None:
    """A whole response is one the SDK accepts, with its usage, and its marker is in the log."""
    async with responding(stage) as on, on.openai() as client:
        answer = await client.responses.create(model="gpt-5.6", input=HELLO)

    assert answer.output_text.startswith("Served by openai-one.")
    assert (answer.status, answer.usage.input_tokens, answer.usage.output_tokens) == ("completed", 3, 8)
    assert on.twin.log[0].marker == "m-3"


async def test_stream_has_the_whole_grammar(stage: Callable[..., Any]) -> None:
    """Every event in its order, numbered without a gap; the SDK puts them together to the whole answer."""
    async with responding(stage) as on, on.openai() as client:
        stream = await client.responses.create(model="gpt-5.6", input="Hello", stream=True)
        events = [event async for event in stream]
        async with client.responses.stream(model="gpt-5.6", input="Hello") as helper:
            final = await helper.get_final_response()

    kinds = [event.type.removeprefix("response.") for event in events]
    assert kinds[:4] == ["created", "in_progress", "output_item.added", "content_part.added"]
    assert set(kinds[4:-4]) == {"output_text.delta"}
    assert kinds[-4:] == ["output_text.done", "content_part.done", "output_item.done", "completed"]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert final.output_text.startswith("Served by openai-one.")


@pytest.mark.parametrize("stream", [False, True])
async def test_tool_is_called_then_its_result_is_told(stage: Callable[..., Any], *, stream: bool) -> None:
    """Offered a tool it calls it; given the result it says what the tool said."""
    async with responding(stage) as on, on.openai() as client:
        ask: dict[str, Any] = {"model": "gpt-5.6", "tools": [TOOL]}
        if stream:
            async with client.responses.stream(**ask, input=HELLO) as helper:
                first = await helper.get_final_response()
        else:
            first = await client.responses.create(**ask, input=HELLO)
        call = first.output[0]
        back = [call.model_dump(exclude_none=True, exclude={"parsed_arguments"}), {**OUTPUT, "call_id": call.call_id}]
        second = await client.responses.create(**ask, input=[*HELLO, *back])

    assert (call.type, call.name, json.loads(call.arguments)) == ("function_call", "lookup", {"policy": "twin"})
    assert "The tool said found." in second.output_text


async def test_two_tools_at_once_unless_forbidden(stage: Callable[..., Any]) -> None:
    """`both tools` calls two with ids of their own; one alone where calls may not be parallel."""
    async with responding(stage) as on, on.openai() as client:
        ask: dict[str, Any] = {"model": "gpt-5.6", "tools": [TOOL, OTHER], "input": "Ask both tools."}
        two = await client.responses.create(**ask)
        one = await client.responses.create(**ask, parallel_tool_calls=False)

    assert [item.name for item in two.output] == ["lookup", "archive"]
    assert len({item.call_id for item in two.output}) == 2
    assert [item.name for item in one.output] == ["lookup"]


@pytest.mark.parametrize("stream", [False, True])
async def test_reasoning_comes_back_only_whole_and_to_its_account(stage: Callable[..., Any], *, stream: bool) -> None:
    """Encrypted reasoning of the account is taken back in its item; altered, bare or misplaced it is refused."""
    async with responding(stage) as on, on.openai() as client:
        ask: dict[str, Any] = {"model": "gpt-5.6", "tools": [TOOL], **THINK}
        if stream:
            async with client.responses.stream(**ask, input=HELLO) as helper:
                first = await helper.get_final_response()
        else:
            first = await client.responses.create(**ask, input=HELLO)
        thought, call = (item.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for item in first.output)
        result = {**OUTPUT, "call_id": call["call_id"]}

        async def refused(*items: dict[str, Any]) -> openai.BadRequestError:
            with pytest.raises(openai.BadRequestError) as caught:
                await client.responses.create(**ask, input=[*HELLO, *items])
            return caught.value

        second = await client.responses.create(**ask, input=[*HELLO, thought, call, result])
        altered = await refused({**thought, "encrypted_content": "gAAAAAB" + "A" * 40}, call, result)
        moved = await refused({**thought, "id": "rs_1"}, {**call, "id": "fc_1"}, result)
        bare = await refused({name: thought[name] for name in ("id", "type", "summary")}, call, result)
        alone = await refused(call, result, thought)
        half = await refused(call, result)

    assert first.usage.output_tokens_details.reasoning_tokens > 0
    assert thought["summary"][0]["text"].startswith("First")
    assert "The tool said found." in second.output_text
    assert (altered.code, moved.code) == ("invalid_encrypted_content",) * 2
    assert "not found" in str(bare)
    assert "without its required following item" in str(alone)
    assert "without its required 'reasoning' item" in str(half)


async def test_parsed_answer_fits_the_schema(stage: Callable[..., Any]) -> None:
    """`.parse()` gets an instance of the model that it asked for."""

    class Claim(BaseModel):
        """A structured answer."""

        reference: str

    async with responding(stage) as on, on.openai() as client:
        answer = await client.responses.parse(model="gpt-5.6", input="Hello", text_format=Claim)

    assert answer.output_parsed == Claim(reference="twin")


async def test_limit_of_tokens_makes_it_incomplete(stage: Callable[..., Any]) -> None:
    """An answer that is cut off says so; fewer than 16 tokens are not to be had."""
    long = Pace(first_token_s=0.002, token_gap_s=0.0001, tokens=24)
    async with responding(stage, pace=long) as on, on.openai() as client:
        cut = await client.responses.create(model="gpt-5.6", input="Hello", max_output_tokens=16)
        with pytest.raises(openai.BadRequestError, match=">= 16"):
            await client.responses.create(model="gpt-5.6", input="Hello", max_output_tokens=15)

    assert (cut.status, cut.incomplete_details.reason) == ("incomplete", "max_output_tokens")


async def test_images_and_files_are_acknowledged(stage: Callable[..., Any]) -> None:
    """Pictures and files are read and counted, in results of tools too; what cannot be read is refused."""
    image = {"type": "input_image", "detail": "auto", "image_url": DOT}
    paper = {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0xLjQ="}
    seen: list[Any] = [{"role": "user", "content": [{"type": "input_text", "text": "See."}, image, paper]}]
    async with responding(stage) as on, on.openai() as client:
        answer = await client.responses.create(
            model="gpt-5.6", input=[*seen, CALL, {**OUTPUT, "output": [image]}], tools=[TOOL]
        )
        with pytest.raises(openai.BadRequestError, match="image_url"):
            await client.responses.create(
                model="gpt-5.6", input=[{"role": "user", "content": [{**image, "image_url": DOT[:-9]}]}]
            )

    assert "Saw 2 images (" in answer.output_text
    assert "and 1 document (" in answer.output_text


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([USER, OUTPUT], "No tool call found for function call output"),
        ([USER, CALL], "No tool output found for function call c1"),
        ([USER, OUTPUT, CALL], "No tool call found"),
        ([USER, {**CALL, "id": "call_1"}, OUTPUT], "begins with 'fc'"),
        ([{"type": "message", "role": "user", "id": "chatcmpl-1", "content": "x"}], "begins with 'msg'"),
        ([USER, {**CALL, "id": "fc_" + "1" * 62}, OUTPUT], "maximum length 64"),
        ([USER, {**CALL, "call_id": "c" * 65}, {**OUTPUT, "call_id": "c" * 65}], "maximum length 64"),
        ([USER, {**CALL, "name": "look up"}, OUTPUT], "does not match pattern"),
        ([{"role": "tool", "tool_call_id": "c1", "content": "x"}], "Invalid value: 'tool'"),
        ([{"role": "user", "content": [{"type": "text", "text": "x"}]}], "Invalid value: 'text'"),
        (
            [{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}, USER],
            "Invalid value: 'input_text'",
        ),
        ([{"type": "item_reference", "id": "rs_1"}], "item_reference"),
        ([], "Missing required parameter: 'input'"),
    ],
)
async def test_items_from_elsewhere_are_checked(stage: Callable[..., Any], items: list[Any], words: str) -> None:
    """What a conversation moved from another wire gets wrong first is refused, in the API's manner."""
    async with responding(stage) as on, on.openai() as client:
        with pytest.raises(openai.BadRequestError, match=words):
            await client.responses.create(model="gpt-5.6", input=items, tools=[TOOL])


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"messages": []}, "Unknown parameter: 'messages'"),
        ({"response_format": {"type": "json_object"}}, "Unknown parameter: 'response_format'"),
        ({"stop": ["x"]}, "Unknown parameter: 'stop'"),
        ({"previous_response_id": "resp_1"}, "not found"),
        ({"tools": [{"type": "function", "function": {"name": "x"}}]}, "'tools\\[0\\].name'"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "lookup"}}}, "tool_choice.name"),
        ({"tools": [{**TOOL, "parameters": {"type": "object", "properties": {"a": {}}}}]}, "additionalProperties"),
        ({"text": {"format": {"type": "json_schema", "schema": SHAPE}}}, "text.format.name"),
        ({"stream_options": {"include_usage": True}}, "stream_options.include_usage"),
    ],
)
async def test_fields_of_the_chat_wire_are_refused(
    stage: Callable[..., Any], extra: dict[str, Any], words: str
) -> None:
    """Chat completions' way of saying it is no way here."""
    async with responding(stage) as on, on.openai() as client:
        with pytest.raises(openai.BadRequestError, match=words):
            await client.responses.create(model="gpt-5.6", input="Hello", extra_body=extra)
