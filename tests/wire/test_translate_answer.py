"""Messages answers and streams rendered for callers of the chat wire."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from support.inventories import deployment

from modelrouter.core.inventory import Model
from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.openai_chat import dialect as openai_chat
from modelrouter.wire.reading import Usage
from modelrouter.wire.sse import Event, Splitter
from modelrouter.wire.translate import Rendered, StreamRenderer, render_answer, render_request

SONNET = Model(id="claude-sonnet-4-5", developer="anthropic", family="claude", context=200_000)
USAGE = {"input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": 7}


def message(content: list[Any], stop_reason: str | None = "end_turn", **members: object) -> dict[str, Any]:
    """A whole answer of the Messages wire."""
    return {
        "id": "msg_01A",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5-20250929",
        "content": content,
        "stop_reason": stop_reason,
        "usage": USAGE,
        **members,
    }


def render(body: dict[str, Any]) -> dict[str, Any]:
    """Render an answer, have the official SDK check it strictly, and return it."""
    rendered = render_answer(
        "anthropic-messages", "openai-chat", body, request={}, model="asked", created=1_700_000_000
    )
    checked = ChatCompletion.model_validate_json(rendered, strict=True)

    assert not checked.model_extra
    assert set(checked.choices[0].message.model_extra or ()) <= {"reasoning_content"}
    return dict(json.loads(rendered))


def test_a_plain_answer() -> None:
    """Text, model, finish and usage arrive; the id is made from the provider's and the time from the caller."""
    content = [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo", "citations": None}]

    assert render(message(content)) == {
        "id": "chatcmpl-01A",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "claude-sonnet-4-5-20250929",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 15,
            "completion_tokens": 7,
            "total_tokens": 22,
            "prompt_tokens_details": {"cached_tokens": 5},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    }


def test_calls_in_an_answer() -> None:
    """Calls keep their ids and their long integers; without text the content is null (25)."""
    use = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"n": 123456789012345678901234}}
    choice = render(message([use, {**use, "id": "toolu_2", "input": {}}], "tool_use"))["choices"][0]

    assert choice["message"]["content"] is None
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["tool_calls"] == [
        {"id": "toolu_1", "type": "function", "function": {"name": "f", "arguments": '{"n":123456789012345678901234}'}},
        {"id": "toolu_2", "type": "function", "function": {"name": "f", "arguments": "{}"}},
    ]


@pytest.mark.parametrize(
    ("reason", "calls", "finish"),
    [
        ("end_turn", False, "stop"),
        ("stop_sequence", False, "stop"),
        ("max_tokens", False, "length"),
        ("max_tokens", True, "length"),
        ("model_context_window_exceeded", False, "length"),
        ("refusal", False, "content_filter"),
        ("tool_use", True, "tool_calls"),
        ("end_turn", True, "tool_calls"),
        ("tool_use", False, "stop"),
        ("length", False, "length"),
        ("guardrail_intervened", False, "content_filter"),
    ],
)
def test_why_it_stopped(reason: str, calls: bool, finish: str) -> None:  # noqa: FBT001 - a column of the table
    """Each stop reason has its finish, and calls decide where the reason alone would mislead (28, 69)."""
    content = [{"type": "tool_use", "id": "a", "name": "f", "input": {}}] if calls else [{"type": "text", "text": "x"}]

    assert render(message(content, reason))["choices"][0]["finish_reason"] == finish


@pytest.mark.parametrize("reason", ["pause_turn", "compaction", "made_up"])
def test_a_reason_that_is_no_end(reason: str) -> None:
    """What has to be sent back to go on, or what nobody knows, never looks like success in another wire (69)."""
    with pytest.raises(MalformedError, match=reason):
        render(message([{"type": "text", "text": "x"}], reason))
    with pytest.raises(MalformedError, match=reason):
        stream(events(START, finish(reason), STOP))


@pytest.mark.parametrize(
    ("details", "refusal"),
    [
        (None, "The model refused to answer."),
        ({"type": "refusal", "category": "cyber", "explanation": None}, "The model refused to answer."),
        ({"type": "refusal", "category": None, "explanation": "No."}, "No."),
    ],
)
def test_a_refusal(details: object, refusal: str) -> None:
    """A refusal under a status of 200 is a refusal, with its explanation where there is one (69)."""
    choice = render(message([], "refusal", stop_details=details))["choices"][0]

    assert (choice["message"]["content"], choice["message"]["refusal"]) == (None, refusal)


def test_thinking_in_an_answer() -> None:
    """Thinking that is shown arrives as reasoning; tokens for it are counted apart (70)."""
    content = [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "redacted_thinking", "data": "x"}]
    usage = {"input_tokens": 1, "output_tokens": 9, "output_tokens_details": {"thinking_tokens": 4}}
    answer = render(message([*content, {"type": "text", "text": "so"}], usage=usage))

    assert answer["choices"][0]["message"]["reasoning_content"] == "hm"
    assert answer["usage"]["completion_tokens"] == 9
    assert answer["usage"]["completion_tokens_details"] == {"reasoning_tokens": 4}


def test_usage_survives_the_way_back() -> None:
    """Reading what was rendered gives the usage that the provider told."""
    assert openai_chat.read_answer(render(message([]))).usage == Usage(input=10, cached=5, output=7)


def test_an_answer_without_id_and_model() -> None:
    """Local servers leave things out: the id comes from the content, the same each time, the model from the request."""
    body = message([{"type": "text", "text": "x"}])
    del body["id"], body["model"], body["usage"]
    answer = render(body)

    assert answer == render(body)
    assert (len(answer["id"]), answer["model"], answer["usage"]["total_tokens"]) == (33, "asked", 0)
    assert render({**body, "id": "chatcmpl-x"})["id"] == "chatcmpl-x"


@pytest.mark.parametrize("content", ["x", [{"type": "text"}], [{"type": "tool_use", "name": "f"}], [None]])
def test_an_answer_that_is_none(content: Any) -> None:
    """What breaks the wire's promise is malformed, never half an answer."""
    with pytest.raises(MalformedError):
        render_answer("anthropic-messages", "openai-chat", message(content), request={}, model="m", created=1)


def events(*bodies: dict[str, Any]) -> bytes:
    """A stream, as the API sends it."""
    return b"".join(f"event: {body['type']}\ndata: {json.dumps(body)}\n\n".encode() for body in bodies)


def block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    """All events of one block."""
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


START = {"type": "message_start", "message": message([], usage={**USAGE, "output_tokens": 1}, stop_reason=None)}
STOP = {"type": "message_stop"}


def finish(reason: str, **members: object) -> dict[str, Any]:
    """The event that tells why the model stopped, with the tokens of the answer alone."""
    delta = {"stop_reason": reason, "stop_sequence": None, **members}
    return {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 7}}


WEATHER = events(
    START,
    {"type": "ping"},
    {"type": "message_delta", "delta": {}},
    *block(0, {"type": "thinking", "thinking": ""}, {"type": "thinking_delta", "thinking": "hm"}, {"type": "signature_delta", "signature": "s"}),
    *block(1, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Grüß"}, {"type": "text_delta", "text": " 🌍"}),
    *block(2, {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}, {"type": "input_json_delta", "partial_json": ""}, {"type": "input_json_delta", "partial_json": '{"a"'}, {"type": "input_json_delta", "partial_json": ":1}"}),
    *block(3, {"type": "tool_use", "id": "toolu_2", "name": "g", "input": {"b": 2}}),
    finish("tool_use"),
    STOP,
)  # fmt: skip


def stream(data: bytes, cuts: tuple[int, ...] = (), *, include_usage: bool = False) -> bytes:
    """Render a stream that arrives in blocks ending at the cuts."""
    splitter = Splitter()
    renderer = StreamRenderer(
        "anthropic-messages",
        "openai-chat",
        request={"stream_options": {"include_usage": include_usage}},
        model="asked",
        created=1,
    )
    places = [0, *sorted(cut % len(data) for cut in cuts), len(data)]
    parts = [renderer.feed(event) for start, end in pairwise(places) for event in splitter.feed(data[start:end])]
    return b"".join(parts) + renderer.close()


def chunks(rendered: bytes) -> list[ChatCompletionChunk]:
    """Have the official SDK check every chunk strictly, and leave out the closing word, which must be last."""
    found = Splitter().feed(rendered)

    assert [event.data == b"[DONE]" for event in found] == [False] * (len(found) - 1) + [True]
    checked = [ChatCompletionChunk.model_validate_json(event.data, strict=True) for event in found[:-1]]
    assert not any(chunk.model_extra for chunk in checked)
    return checked


def test_a_stream_of_everything() -> None:
    """Role once, one id and model, reasoning, text and calls in their order with their indices, then the finish (77)."""
    rendered = chunks(stream(WEATHER))
    deltas = [chunk.choices[0].delta for chunk in rendered]
    calls = [call for delta in deltas for call in delta.tool_calls or ()]

    assert {(chunk.id, chunk.model, chunk.created) for chunk in rendered} == {
        ("chatcmpl-01A", "claude-sonnet-4-5-20250929", 1)
    }
    assert [delta.role for delta in deltas] == ["assistant", *[None] * (len(deltas) - 1)]
    assert "".join(delta.content or "" for delta in deltas) == "Grüß 🌍"
    assert "".join((delta.model_extra or {}).get("reasoning_content", "") for delta in deltas) == "hm"
    assert [(call.index, call.id) for call in calls if call.id] == [(0, "toolu_1"), (1, "toolu_2")]
    assert [
        "".join(call.function.arguments or "" for call in calls if call.index == index and call.function)
        for index in (0, 1)
    ] == ['{"a":1}', '{"b":2}']
    assert [chunk.choices[0].finish_reason for chunk in rendered] == [*[None] * (len(rendered) - 1), "tool_calls"]
    assert all("usage" not in chunk.model_fields_set for chunk in rendered)


def test_usage_comes_last_and_only_if_asked_for() -> None:
    """Every chunk says null, and one more without choices carries the totals of both counts (71)."""
    *before, last = chunks(stream(WEATHER, include_usage=True))

    assert all(chunk.usage is None and "usage" in chunk.model_fields_set for chunk in before)
    assert last.choices == []
    assert last.usage is not None
    assert (last.usage.prompt_tokens, last.usage.completion_tokens, last.usage.total_tokens) == (15, 7, 22)


@settings(max_examples=50)
@given(st.lists(st.integers(0, 10_000), max_size=15).map(tuple))
def test_blocks_change_nothing(cuts: tuple[int, ...]) -> None:
    """However the provider's bytes are cut, the caller gets the same ones."""
    assert stream(WEATHER, cuts, include_usage=True) == stream(WEATHER, include_usage=True)


@pytest.mark.parametrize("upto", [b"event: message_stop", b"event: message_delta", b"event: ping"])
def test_a_cut_stream_never_ends_cleanly(upto: bytes) -> None:
    """Without the provider's own end there is no closing word and no usage (75)."""
    rendered = stream(WEATHER[: WEATHER.index(upto)], include_usage=True)

    assert b"[DONE]" not in rendered
    assert b'"choices":[]' not in rendered


def test_errors_and_unknown_events_render_as_nothing() -> None:
    """An error is the runtime's to tell; what is new in the wire disturbs nobody (76)."""
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "x"}}
    server_tool = block(0, {"type": "server_tool_use", "id": "a", "name": "web_search", "input": {}})
    citation = block(0, {"type": "text", "text": ""}, {"type": "citations_delta", "citation": {}})

    assert stream(events(error, {"type": "new_event"}, *server_tool, *citation)) == b""
    assert stream(b": comment\n\n") == b""


def test_a_refusal_in_a_stream() -> None:
    """A refusal is told before the finish that says so (69)."""
    rendered = chunks(
        stream(events(START, finish("refusal", stop_details={"type": "refusal", "explanation": "No."}), STOP))
    )

    assert [chunk.choices[0].delta.refusal for chunk in rendered] == [None, "No.", None]
    assert rendered[-1].choices[0].finish_reason == "content_filter"


def test_a_stream_that_starts_in_the_middle() -> None:
    """A server that leaves out the start still gets its role, and text in a block's start is not lost."""
    rendered = chunks(stream(events(*block(0, {"type": "text", "text": "Hi"}), finish("end_turn"), STOP)))

    assert rendered[0].choices[0].delta.role == "assistant"
    assert rendered[0].choices[0].delta.content == "Hi"
    assert {chunk.model for chunk in rendered} == {"asked"}


@pytest.mark.parametrize("data", [b'{"type":"content_block_delta"}', b"[1]", b'{"type":'])
def test_an_event_that_is_none(data: bytes) -> None:
    """What breaks the wire's promise is malformed."""
    renderer = StreamRenderer("anthropic-messages", "openai-chat", request={}, model="m", created=1)

    with pytest.raises(MalformedError):
        renderer.feed(Event(None, data, b""))


def test_there_and_back_and_there_again() -> None:
    """A loop over tools that begins elsewhere and changes wires keeps its ids, request after request (1, 9)."""
    foreign = {"id": "call:é", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    history: list[dict[str, Any]] = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": None, "tool_calls": [foreign]},
        {"role": "tool", "tool_call_id": "call:é", "content": "1"},
    ]
    first = sent(history)
    use = {"type": "tool_use", "id": "toolu_9", "name": "f", "input": {"x": 1}}
    answer = render(message([{"type": "text", "text": "again"}, use], "tool_use"))["choices"][0]["message"]
    result = {"role": "tool", "tool_call_id": answer["tool_calls"][0]["id"], "content": "2"}
    second = sent([*history, answer, result])

    assert second[: len(first)] == first
    assert second[-2:] == [
        {"role": "assistant", "content": [{"type": "text", "text": "again"}, use]},
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "toolu_9", "content": [{"type": "text", "text": "2"}]}],
        },
    ]


def sent(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a history becomes for the Messages wire."""
    body = {"model": "m", "messages": messages}
    rendered = render_request("openai-chat", body, deployment("claude", wire="anthropic-messages", model=SONNET))

    assert isinstance(rendered, Rendered)
    return list(json.loads(rendered.body)["messages"])
