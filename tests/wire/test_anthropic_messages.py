"""What is read from Messages: answers, stream events, usage."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.wire.anthropic_messages import dialect as anthropic_messages
from modelrouter.wire.dialects import DIALECTS, shape_of
from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.reading import NOTHING, Reading, Usage
from modelrouter.wire.sse import Event, Splitter


def event(body: dict[str, Any]) -> Event:
    """One event, as the API sends it."""
    raw = f"event: {body['type']}\ndata: {json.dumps(body, separators=(',', ':'))}\n\n".encode()
    (found,) = Splitter().feed(raw)
    return found


def answer(content: object, stop_reason: str | None = "end_turn") -> dict[str, Any]:
    """A whole answer."""
    usage = {"input_tokens": 1, "output_tokens": 2}
    return {
        "id": "msg_1",
        "type": "message",
        "model": "m",
        "content": content,
        "stop_reason": stop_reason,
        "usage": usage,
    }


def start(block: dict[str, Any]) -> Event:
    """The start of a block."""
    return event({"type": "content_block_start", "index": 0, "content_block": block})


def delta(piece: dict[str, Any]) -> Event:
    """More of a block."""
    return event({"type": "content_block_delta", "index": 0, "delta": piece})


def finish(reason: str, **usage: int) -> Event:
    """The stop reason with the final count."""
    return event({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": usage})


@pytest.mark.parametrize(
    ("piece", "is_content"),
    [
        (start({"type": "text", "text": ""}), False),
        (start({"type": "thinking", "thinking": "", "signature": ""}), False),
        (start({"type": "tool_use", "id": "a", "name": "f", "input": {}}), True),
        (start({"type": "redacted_thinking", "data": "x"}), True),
        (start({"type": "text", "text": "x"}), True),
        (delta({"type": "text_delta", "text": "x"}), True),
        (delta({"type": "text_delta", "text": ""}), False),
        (delta({"type": "thinking_delta", "thinking": "x"}), True),
        (delta({"type": "input_json_delta", "partial_json": ""}), False),
        (delta({"type": "input_json_delta", "partial_json": "{"}), True),
        (delta({"type": "signature_delta", "signature": "x"}), False),
        (event({"type": "ping"}), False),
        (event({"type": "content_block_stop", "index": 0}), False),
        (event({"type": "compaction_note", "text": "x"}), False),
        (event({"type": "message_start", "message": {"model": "m"}}), False),
    ],
)
def test_content_is_text_thinking_or_a_tool_call(piece: Event, is_content: bool) -> None:  # noqa: FBT001 - a column of the table
    """Starts without anything in them, pings and unknown events do not commit a stream."""
    assert anthropic_messages.read_event(piece).content is is_content


def test_the_start_names_the_model_and_counts_the_input() -> None:
    """The first event tells who answers and what the prompt cost (71)."""
    message = {"model": "claude-x", "usage": {"input_tokens": 9, "cache_read_input_tokens": 4, "output_tokens": 1}}
    reading = anthropic_messages.read_event(event({"type": "message_start", "message": message}))

    assert reading == Reading(model="claude-x", usage=Usage(input=9, cached=4, output=1))


def test_the_end_is_the_closing_event() -> None:
    """A stop reason finishes, and only `message_stop` ends: without it the stream was cut (75)."""
    assert anthropic_messages.read_event(finish("end_turn", output_tokens=3)) == Reading(
        finish="end_turn", usage=Usage(output=3), empty=True
    )
    assert anthropic_messages.read_event(event({"type": "message_stop"})) == Reading(ended=True)


@pytest.mark.parametrize(
    "reason", ["max_tokens", "tool_use", "refusal", "model_context_window_exceeded", "stop_sequence"]
)
def test_an_excused_empty_answer(reason: str) -> None:
    """After a limit, a call, a refusal or a stop sequence an answer may be empty."""
    assert not anthropic_messages.read_event(finish(reason)).empty
    assert not anthropic_messages.read_answer(answer([], reason)).empty


@pytest.mark.parametrize("content", [[], None, [{"type": "text", "text": ""}], ["x"]])
def test_an_answer_without_anything_is_empty(content: object) -> None:
    """A plain end with nothing before it is no success."""
    assert anthropic_messages.read_answer(answer(content)).empty


def test_a_whole_answer() -> None:
    """Content, finish, usage and model of an answer are found."""
    reading = anthropic_messages.read_answer(answer([{"type": "text", "text": "x"}]))

    assert reading == Reading(content=True, finish="end_turn", ended=True, usage=Usage(input=1, output=2), model="m")


@pytest.mark.parametrize("reason", sorted(anthropic_messages.FAILED))
def test_stop_reasons_that_mean_a_failure(reason: str) -> None:
    """A failure that comes as a stop reason is an error, whole and streamed, though it came with text (69)."""
    body = answer([{"type": "text", "text": "x"}], reason)

    assert reason in (anthropic_messages.read_answer(body).error or "")
    assert reason in (anthropic_messages.read_event(finish(reason)).error or "")


@pytest.mark.parametrize("reason", [*anthropic_messages.FINISHES, "pause_turn", "compaction", "made_up"])
def test_stop_reasons_that_are_none(reason: str) -> None:
    """Any other reason is no error: who speaks the wire knows its words."""
    assert anthropic_messages.read_answer(answer([{"type": "text", "text": "x"}], reason)).error is None
    assert anthropic_messages.read_event(finish(reason)).error is None


@pytest.mark.parametrize("kind", ["overloaded_error", "api_error"])
def test_errors_after_a_status_of_200(kind: str) -> None:
    """An error event, or a body of type error, is a failure with its words (74)."""
    body = {"type": "error", "error": {"type": kind, "message": "why"}}

    assert kind in (anthropic_messages.read_event(event(body)).error or "")
    assert kind in (anthropic_messages.read_event(event(body)._replace(name=None)).error or "")
    assert kind in (anthropic_messages.read_answer(body).error or "")
    assert anthropic_messages.read_event(Event("error", b"gone", b"")).error == "gone"


def test_data_that_is_no_json_is_malformed() -> None:
    """Half an event is an error; an event without data is none at all."""
    assert anthropic_messages.read_event(Event(None, b"", b":\n\n")) is NOTHING
    assert anthropic_messages.read_event(Event(None, b"[]", b"")) is NOTHING
    with pytest.raises(MalformedError):
        anthropic_messages.read_event(Event("content_block_delta", b'{"type":"con', b""))


def test_usage_in_buckets_that_do_not_overlap() -> None:
    """Cache writes join the input, thinking leaves the output, and counts of one stream merge (70, 71)."""
    usage = anthropic_messages.read_usage(
        {
            "input_tokens": 10,
            "cache_creation_input_tokens": 5,
            "cache_read_input_tokens": 100,
            "output_tokens": 50,
            "output_tokens_details": {"thinking_tokens": 30},
        }
    )

    assert usage == Usage(input=15, written=5, cached=100, output=20, reasoning=30)
    assert Usage(input=15, cached=100, output=1).merged(Usage(output=20)) == Usage(input=15, cached=100, output=20)


@pytest.mark.parametrize(
    "matters",
    [finish("end_turn", output_tokens=1), event({"type": "message_stop"}), event({"type": "error", "error": {}})],
)
def test_markers_are_in_every_event_that_matters(matters: Event) -> None:
    """A runtime that looks for the markers alone misses no end, no error and no usage, named events or not."""
    unnamed = matters.raw.partition(b"\n")[2]

    for raw in (matters.raw, unnamed, unnamed.replace(b'":', b'": ')):
        assert any(marker in raw for marker in anthropic_messages.MARKERS)
    assert not any(marker in delta({"type": "text_delta", "text": "x"}).raw for marker in anthropic_messages.MARKERS)


@pytest.mark.parametrize(
    "base", ["https://a.example", "https://a.example/", "https://a.example/v1", "https://a.example/v1/messages"]
)
def test_where_requests_go(base: str) -> None:
    """A base address may be given as the root, with its version, or whole."""
    assert anthropic_messages.url_for(base) == "https://a.example/v1/messages"
    assert anthropic_messages.models_url(base) == "https://a.example/v1/models"
    assert anthropic_messages.url_for("http://gateway/anthropic") == "http://gateway/anthropic/v1/messages"


def test_what_every_request_says() -> None:
    """The API version is the one that all models serve, and the key travels in the header of that version."""
    dialect = DIALECTS["anthropic-messages"]

    assert dialect.HEADERS == {"anthropic-version": "2023-06-01"}
    assert dialect.AUTH == ("x-api-key", "{key}")
    assert [shape_of(wire) for wire in ("litellm", "anthropic-messages")] == ["openai-chat", "anthropic-messages"]


KINDS = ["message_start", "content_block_start", "content_block_delta", "message_delta", "text", "thinking", "tool_use"]
SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(KINDS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "thinking", "stop_reason", "input_tokens"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)
MEMBERS = ["type", "content", "content_block", "delta", "message", "usage", "model", "stop_reason"]


@given(st.dictionaries(st.sampled_from(MEMBERS), SHAPES))
def test_answers_and_events_of_any_shape(body: dict[str, Any]) -> None:
    """Whatever a server sends as JSON is read: what it does not tell is not there."""
    raw = json.dumps(body).encode()

    assert isinstance(anthropic_messages.read_answer(body), Reading)
    assert isinstance(anthropic_messages.read_event(Event(None, raw, raw)), Reading)
