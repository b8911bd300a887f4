"""The OpenAI wire as the official SDK sees it; also as Azure and Google serve it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import openai
import pytest
from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.anyio

HELLO: list[Any] = [{"role": "user", "content": "Hello [[m-1]]"}]
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "lookup",
        "parameters": {
            "type": "object",
            "properties": {"policy": {"type": "string"}, "year": {"type": "integer", "minimum": 2020}},
            "required": ["policy", "year"],
            "additionalProperties": False,
        },
        "strict": True,
    },
}
SENT: Any = {"id": True, "type": True, "function": {"name", "arguments"}}
QUIET = {"reasoning_effort": "none"}
FUNCTION = {"name": "lookup", "arguments": "{}"}
VENDORS = ["openai", "azure", "gemini", "ollama", "generic"]


@pytest.mark.parametrize("vendor", VENDORS)
async def test_whole_answer_names_its_deployment(stage: Callable[..., Any], vendor: str) -> None:
    """A whole answer is one the SDK accepts, says who wrote it, and counts small usage."""
    async with stage(vendor) as on, on.openai() as client:
        answer = await client.chat.completions.create(model=on.deployment.name, messages=HELLO)

    assert answer.choices[0].message.content.startswith(f"Served by {vendor}-one.")
    assert (answer.choices[0].finish_reason, answer.model) == ("stop", on.deployment.name)
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (3, 8)


@pytest.mark.parametrize("vendor", VENDORS)
async def test_stream_says_the_same_as_the_whole(stage: Callable[..., Any], vendor: str) -> None:
    """Role, content, finish, and usage only where it was asked for."""
    async with stage(vendor) as on, on.openai() as client:
        ask = {"model": on.deployment.name, "messages": HELLO}
        whole = await client.chat.completions.create(**ask)
        plain = [chunk async for chunk in await client.chat.completions.create(**ask, stream=True)]
        counted = await client.chat.completions.create(**ask, stream=True, stream_options={"include_usage": True})
        chunks = [chunk async for chunk in counted]

    content = "".join(chunk.choices[0].delta.content or "" for chunk in plain if chunk.choices)
    assert content == whole.choices[0].message.content
    assert plain[-1].choices[0].finish_reason == "stop"
    assert all(chunk.usage is None for chunk in plain)
    assert (chunks[-1].choices, chunks[-1].usage.completion_tokens) == ([], 8)
    assert {chunk.id for chunk in chunks} == {chunks[0].id}


@pytest.mark.parametrize("stream", [False, True])
async def test_tool_is_called_then_its_result_is_answered(stage: Callable[..., Any], *, stream: bool) -> None:
    """Offered a tool it calls it with arguments that fit; given the result it writes text."""
    async with stage() as on, on.openai() as client:
        ask = {"model": "gpt-5.6", "tools": [TOOL], "reasoning_effort": "none"}
        if stream:
            async with client.chat.completions.stream(**ask, messages=HELLO) as events:
                first = await events.get_final_completion()
        else:
            first = await client.chat.completions.create(**ask, messages=HELLO)
        call = first.choices[0].message.tool_calls[0]
        turn = {
            "role": "assistant",
            "tool_calls": [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": "lookup", "arguments": call.function.arguments},
                }
            ],
        }
        result = {"role": "tool", "tool_call_id": call.id, "content": "found"}
        second = await client.chat.completions.create(**ask, messages=[*HELLO, turn, result])

    assert first.choices[0].finish_reason == "tool_calls"
    assert (call.function.name, json.loads(call.function.arguments)) == ("lookup", {"policy": "twin", "year": 2020})
    assert second.choices[0].message.content.startswith("Served by")


async def test_two_tools_at_once_unless_forbidden(stage: Callable[..., Any]) -> None:
    """`both tools` calls two, streamed in turns by their index; their results are told in the order they came."""
    other = {**TOOL, "function": {**TOOL["function"], "name": "archive"}}
    asked: Any = [{"role": "user", "content": "Ask both tools."}]
    async with stage() as on, on.openai() as client:
        ask: Any = {"model": "gpt-5.6", "tools": [TOOL, other], "reasoning_effort": "none"}
        async with client.chat.completions.stream(**ask, messages=asked) as events:
            message = (await events.get_final_completion()).choices[0].message
        one = await client.chat.completions.create(**ask, messages=asked, parallel_tool_calls=False)
        calls = [call.model_dump(include=SENT) for call in message.tool_calls]
        results = [{"role": "tool", "tool_call_id": call["id"], "content": call["function"]["name"]} for call in calls]
        last = await client.chat.completions.create(
            **ask, messages=[*asked, {"role": "assistant", "tool_calls": calls}, *results]
        )

    assert [call["function"]["name"] for call in calls] == ["lookup", "archive"]
    assert len(one.choices[0].message.tool_calls) == 1
    assert "The tool said lookup, archive." in last.choices[0].message.content


@pytest.mark.parametrize(("vendor", "shown"), [("openai", False), ("vllm", True)])
async def test_reasoning_is_counted_and_shown_by_some(stage: Callable[..., Any], vendor: str, *, shown: bool) -> None:
    """Reasoning tokens are counted; only servers that show reasoning send it, whole and streamed."""
    async with stage(vendor) as on, on.openai() as client:
        ask: Any = {"model": "gpt-5.6", "messages": HELLO, "reasoning_effort": "low"}
        whole = await client.chat.completions.create(**ask)
        chunks = [chunk async for chunk in await client.chat.completions.create(**ask, stream=True)]

    thought = "".join((chunk.choices[0].delta.model_extra or {}).get("reasoning_content", "") for chunk in chunks)
    assert whole.usage.completion_tokens_details.reasoning_tokens == 6
    assert thought == (whole.choices[0].message.model_extra or {}).get("reasoning_content", "")
    assert bool(thought) is shown


DOT = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


async def test_images_are_acknowledged(stage: Callable[..., Any]) -> None:
    """Pictures are read and counted, by address too; a broken one is refused with the API's code."""

    def showing(*urls: str) -> Any:
        return [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}} for url in urls]}]

    async with stage() as on, on.openai() as client:
        answer = await client.chat.completions.create(model="gpt-5.6", messages=showing(DOT, "https://host.test/a.png"))
        with pytest.raises(openai.BadRequestError) as caught:
            await client.chat.completions.create(model="gpt-5.6", messages=showing("data:image/png;base64,AAAA"))

    assert "Saw 2 images (" in answer.choices[0].message.content
    assert "https://host.test/a.png)" in answer.choices[0].message.content
    assert caught.value.code == "invalid_image_format"


async def test_known_words_are_cached(stage: Callable[..., Any]) -> None:
    """Of a conversation that goes on, the part up to the assistant's last word is counted as cached, inclusively."""
    known: list[Any] = [{"role": "user", "content": "word " * 40}, {"role": "assistant", "content": "Yes."}]
    async with stage() as on, on.openai() as client:
        usage = (await client.chat.completions.create(model="gpt-5.6", messages=[*known, *HELLO])).usage

    assert (usage.prompt_tokens_details.cached_tokens, usage.prompt_tokens) == (51, 54)


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"top_k": 5}, "Unrecognized request argument supplied: top_k"),
        ({"max_tokens": 5}, "max_completion_tokens"),
        ({"tool_choice": "auto"}, "only allowed when 'tools'"),
        ({"tools": [TOOL]}, "not supported together with reasoning_effort"),
        ({"tools": [TOOL], "reasoning_effort": "low"}, "not supported together with reasoning_effort"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}], **QUIET}, "does not match pattern"),
        (
            {"tools": [{**TOOL, "function": {**TOOL["function"], "parameters": {"type": "object"}}}], **QUIET},
            "required",
        ),
        ({"stream_options": {"include_usage": True}}, "only allowed when 'stream'"),
        ({"stop": list("abcde")}, "maximum length 4"),
    ],
)
async def test_fields_from_elsewhere_are_refused(stage: Callable[..., Any], extra: dict[str, Any], words: str) -> None:
    """Fields of other wires, and what this model does not take, are refused by OpenAI's own models."""
    async with stage() as on, on.openai() as client:
        with pytest.raises(openai.BadRequestError, match=words):
            await client.chat.completions.create(model="gpt-5.6", messages=HELLO, extra_body=extra)


class Claim(BaseModel):
    """A structured answer."""

    reference: str
    amount: float
    parts: list[str]
    urgent: bool | None


async def test_parsed_answer_fits_the_schema(stage: Callable[..., Any]) -> None:
    """`.parse()` gets an instance of the model that it asked for."""
    async with stage() as on, on.openai() as client:
        answer = await client.chat.completions.parse(model="gpt-5.6", messages=HELLO, response_format=Claim)

    assert answer.choices[0].message.parsed == Claim(reference="twin", amount=1, parts=["twin"], urgent=True)


async def test_limit_of_tokens_cuts_the_answer_short(stage: Callable[..., Any]) -> None:
    """So few tokens as asked, and the finish reason says why."""
    async with stage() as on, on.openai() as client:
        answer = await client.chat.completions.create(model="gpt-5.6", messages=HELLO, max_completion_tokens=1)

    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("Served", "length")


@pytest.mark.parametrize(
    ("vendor", "expected"),
    [("openai", openai.AuthenticationError), ("azure", openai.AuthenticationError), ("gemini", openai.BadRequestError)],
)
async def test_wrong_key_is_refused_as_the_vendor_does(
    stage: Callable[..., Any], vendor: str, expected: type[Exception]
) -> None:
    """An unknown key gets the vendor's own status, for calls and for listings."""
    async with stage(vendor) as on, on.openai(api_key="wrong") as client:
        with pytest.raises(expected):
            await client.chat.completions.create(model=on.deployment.name, messages=HELLO)
        with pytest.raises(expected):
            await client.models.list()

    assert [(entry.effect, entry.key_tail) for entry in on.twin.log] == [("auth", "?"), ("auth", "?")]


async def test_unknown_model_is_the_vendors_404(stage: Callable[..., Any]) -> None:
    """A model that the provider does not have here is not found, with OpenAI's code."""
    async with stage() as on, on.openai() as client:
        with pytest.raises(openai.NotFoundError) as caught:
            await client.chat.completions.create(model="gpt-9", messages=HELLO)

    assert caught.value.code == "model_not_found"
    assert (on.twin.log[0].model, on.twin.log[0].deployment) == ("gpt-9", None)


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"role": "wizard", "content": "x"}],
        [{"role": "user", "content": "x"}, {"role": "tool", "tool_call_id": "stray", "content": "x"}],
        [{"role": "assistant", "content": None}, *HELLO],
        [{"role": "user", "content": []}],
        [{"role": "assistant", "content": "x", "tool_calls": []}, *HELLO],
        [{"role": "system", "content": [{"type": "image_url", "image_url": {"url": "https://host.test"}}]}],
        [
            {"role": "assistant", "tool_calls": [{"id": "a" * 41, "type": "function", "function": FUNCTION}]},
            {"role": "tool", "tool_call_id": "a" * 41, "content": "x"},
        ],
        [{"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {}}]}, *HELLO],
    ],
)
async def test_broken_conversations_are_refused(stage: Callable[..., Any], messages: list[Any]) -> None:
    """What the real API refuses in a conversation moved from elsewhere, the twin refuses."""
    async with stage() as on, on.openai() as client:
        with pytest.raises(openai.BadRequestError):
            await client.chat.completions.create(model="gpt-5.6", messages=messages)

    assert (on.twin.log[0].effect, on.twin.log[0].injected) == ("bad_request", False)


async def test_prompt_longer_than_the_window_overflows(stage: Callable[..., Any]) -> None:
    """The declared context window is enforced with the vendor's code."""
    async with stage(context=10) as on, on.openai() as client:
        with pytest.raises(openai.BadRequestError) as caught:
            await client.chat.completions.create(model="gpt-5.6", messages=[{"role": "user", "content": "word " * 50}])

    assert caught.value.code == "context_length_exceeded"


async def test_models_are_listed_and_retrieved(stage: Callable[..., Any]) -> None:
    """The free listing shows the provider's names, and is a probe in the log."""
    async with stage() as on, on.openai() as client:
        listed = [model.id async for model in client.models.list()]
        one = await client.models.retrieve("gpt-5.6")

    assert (listed, one.id) == (["gpt-5.6"], "gpt-5.6")
    assert [(entry.probe, entry.status) for entry in on.twin.log] == [(True, 200), (True, 200)]


async def test_azure_answers_on_the_deployments_path(stage: Callable[..., Any]) -> None:
    """The classic path with `api-version` and `api-key` reaches the same deployment, with Azure's headers."""
    async with stage("azure", url="https://bank.openai.azure.com") as on:
        client = openai.AsyncAzureOpenAI(
            azure_endpoint=on.url, api_key=on.key, api_version="2025-04-01-preview", max_retries=0
        )
        async with client:
            raw = await client.chat.completions.with_raw_response.create(model="gpt-5.6", messages=HELLO)

    assert "Served by azure-one." in str(raw.parse().choices[0].message.content)
    assert {"apim-request-id", "x-ms-region"} <= set(raw.headers)


async def test_azure_streams_begin_with_an_empty_chunk(stage: Callable[..., Any]) -> None:
    """Azure's first chunk has filter results and no choices, a trap for readers of `choices[0]`."""
    async with stage("azure") as on, on.openai() as client:
        stream = await client.chat.completions.create(model="gpt-5.6", messages=HELLO, stream=True)
        chunks = [chunk async for chunk in stream]

    assert chunks[0].choices == []


async def test_nothing_elsewhere(stage: Callable[..., Any]) -> None:
    """A path that the provider does not serve is a 404 in its envelope."""
    async with stage() as on, on.openai() as client:
        with pytest.raises(openai.NotFoundError):
            await client.moderations.create(model="gpt-5.6", input="x")
