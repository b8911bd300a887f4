"""Answers and streams of Messages as conversations know them; numbers are those of known pitfalls."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelrouter.wire.anthropic_messages.decode_answer import Decoder, decode
from modelrouter.wire.anthropic_messages.encode_answer import encode
from modelrouter.wire.conversation import (
    Answer,
    ArgumentsPiece,
    CallStarted,
    Counted,
    Ended,
    Finished,
    Piece,
    Signed,
    Started,
    Text,
    Thinking,
    ToolCall,
)
from modelrouter.wire.reading import Usage
from modelrouter.wire.sse import Splitter

OWN = "anthropic-messages"
START = {
    "type": "message_start",
    "message": {"id": "msg_1", "model": "m", "usage": {"input_tokens": 3, "cache_creation_input_tokens": 2}},
}
STOP = {"type": "message_stop"}


def block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of one block."""
    told = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
    begun = {"type": "content_block_start", "index": index, "content_block": start}
    return [begun, *told, {"type": "content_block_stop", "index": index}]


def data(*bodies: dict[str, Any]) -> bytes:
    """A stream, as the API sends it."""
    return b"".join(f"event: {body['type']}\ndata: {json.dumps(body)}\n\n".encode() for body in bodies)


def pieces(stream: bytes, cuts: tuple[int, ...] = ()) -> list[Piece]:
    """What a stream tells that arrives in blocks which end at the cuts."""
    splitter, decoder = Splitter(), Decoder()
    places = [0, *sorted(cut % len(stream) for cut in cuts), len(stream)]
    events = [event for start, end in pairwise(places) for event in splitter.feed(stream[start:end])]
    return [piece for event in events for piece in decoder.read(event)]


THINKING = {"type": "thinking", "thinking": "", "signature": ""}


def test_signatures_end_their_blocks() -> None:
    """Each block of thinking ends with its own signature, shown or not, and a redacted one is all signature (40, 51)."""
    told = pieces(
        data(
            *block(
                0, THINKING, {"type": "thinking_delta", "thinking": "hm"}, {"type": "signature_delta", "signature": "a"}
            ),
            *block(1, THINKING, {"type": "signature_delta", "signature": "b"}),
            *block(2, {"type": "redacted_thinking", "data": "c"}),
            *block(3, {"type": "thinking", "thinking": "so", "signature": "d"}),
        )
    )

    assert told == [
        Thinking("hm", OWN),
        Signed("a", OWN),
        Signed("b", OWN),
        Signed("c", OWN, redacted=True),
        Thinking("so", OWN),
        Signed("d", OWN),
    ]


def test_the_last_of_several_signatures_counts() -> None:
    """As in the official library; a server that closes no blocks loses none."""
    start = {"type": "content_block_start", "index": 0, "content_block": {**THINKING, "signature": "old"}}
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "new"}}
    text = {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": "x"}}
    end = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}

    assert pieces(data(start, delta, text)) == [Signed("new", OWN), Text("x")]
    assert pieces(data(start, delta, end))[0] == Signed("new", OWN)


def test_a_whole_stream() -> None:
    """Start, content, the reason with its sequence, the merged count and the end, in their order (71)."""
    use = {"type": "tool_use", "id": "a", "name": "f", "input": {}}
    finish = {
        "type": "message_delta",
        "delta": {"stop_reason": "stop_sequence", "stop_sequence": "END"},
        "usage": {"output_tokens": 7},
    }
    told = pieces(
        data(
            START,
            {"type": "ping"},
            *block(0, use, {"type": "input_json_delta", "partial_json": "{}"}),
            {"type": "new_event"},
            {**finish, "delta": {"stop_reason": None}},
            finish,
            STOP,
        )
    )

    assert told == [
        Started("msg_1", "m"),
        Counted(Usage(input=5, written=2)),
        CallStarted("a", "f"),
        ArgumentsPiece("{}"),
        Counted(Usage(input=5, written=2, output=7)),
        Finished("tool_calls", None, "END"),
        Counted(Usage(input=5, written=2, output=7)),
        Ended(),
    ]


EVERYTHING = data(
    START,
    *block(0, THINKING, {"type": "thinking_delta", "thinking": "hm"}, {"type": "signature_delta", "signature": "ü"}),
    *block(1, {"type": "redacted_thinking", "data": "c"}),
    *block(2, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Grüß"}),
    STOP,
)


@settings(max_examples=50)
@given(st.lists(st.integers(0, 10_000), max_size=15).map(tuple))
def test_blocks_change_nothing(cuts: tuple[int, ...]) -> None:
    """However the provider's bytes are cut, the same pieces come out."""
    assert pieces(EVERYTHING, cuts) == pieces(EVERYTHING)


@pytest.mark.parametrize("upto", range(1, EVERYTHING.count(b"\n\n")))
def test_a_cut_stream_has_no_end(upto: int) -> None:
    """Nothing but the provider's own last event ends a stream (75)."""
    assert Ended() not in pieces(b"\n\n".join(EVERYTHING.split(b"\n\n")[:upto]) + b"\n\n")


TEXTS = st.text(min_size=1, max_size=6)
PARTS = st.one_of(
    st.builds(Text, TEXTS),
    st.builds(Thinking, st.text(max_size=6), st.just(OWN), TEXTS),
    st.builds(lambda sealed: Thinking("", OWN, sealed, redacted=True), TEXTS),
)
CALLS = st.builds(
    lambda name, arguments: ToolCall(id="a", name=name, arguments=arguments),
    TEXTS,
    st.dictionaries(TEXTS, st.integers()),
)
COUNTS = st.integers(0, 99)


@given(
    st.lists(PARTS, max_size=5),
    st.lists(CALLS, max_size=1),
    st.none() | TEXTS,
    st.tuples(*(COUNTS,) * 5),
    st.sampled_from(["stop", "length", "content_filter"]),
)
def test_there_and_back(
    parts: list[Text | Thinking], calls: list[ToolCall], stop: str | None, counts: tuple[int, ...], finish: Any
) -> None:
    """An answer that this wire can say whole comes back as it was."""
    fresh, written, cached, output, reasoning = counts
    told = Answer(
        id="msg_1",
        model="m",
        parts=(*_said(parts, ends=not calls), *calls),
        finish="tool_calls" if calls and finish == "stop" else finish,
        refusal="No." if finish == "content_filter" else None,
        usage=Usage(input=fresh + written, written=written, cached=cached, output=output, reasoning=reasoning),
        stop_sequence=stop if finish == "stop" and not calls else None,
    )
    request = {"thinking": {"type": "adaptive"}}

    assert decode(json.loads(encode(told, request=request, model="m", created=1))) == told


def _said(parts: list[Text | Thinking], *, ends: bool) -> list[Text | Thinking]:
    """Leave out texts that follow upon texts, for they would be one, and sealed blocks at the end, which is for texts."""
    said = [
        part
        for place, part in enumerate(parts)
        if not (isinstance(part, Text) and place and isinstance(parts[place - 1], Text))
    ]
    has_text = any(isinstance(part, Text) for part in said)
    while ends and has_text and isinstance(last := said[-1], Thinking) and last.redacted:
        said.pop()
    return said
