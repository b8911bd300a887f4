"""Answers and streams as callers of Messages get them, read by the official library; numbers are known pitfalls."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import anthropic
import httpx2
import pytest
from anthropic.types import Message, RawMessageStreamEvent
from anthropic.types.beta import BetaMessage, BetaRawMessageStreamEvent
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from modelrouter.wire.anthropic_messages.encode_answer import Encoder, encode
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
    TokenWeight,
    ToolCall,
    Weighed,
)
from modelrouter.wire.reading import Usage
from modelrouter.wire.sse import Splitter
from modelrouter.wire.tags import tagged, untagged

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
BETA_EVENT: TypeAdapter[Any] = TypeAdapter(BetaRawMessageStreamEvent)
ASKS = {"thinking": {"type": "adaptive"}, "messages": [{"role": "user", "content": "x" * 80}]}
OWN = "anthropic-messages"


def answer(*parts: Text | Thinking | ToolCall, **members: Any) -> Answer:
    """A whole answer."""
    facts = {"id": "chatcmpl-9", "model": "gpt-x", "finish": "stop", "refusal": None, "usage": Usage(input=9, output=3)}
    return Answer(parts=parts, **{**facts, **members})


def whole(told: Answer, request: dict[str, Any] | None = None) -> dict[str, Any]:
    """Write an answer, have the official types check it strictly, and return it."""
    body = encode(told, request=ASKS if request is None else request, model="asked", created=1)
    kinds: tuple[type[Message | BetaMessage], ...] = (Message, BetaMessage)
    for kind in kinds:
        checked = kind.model_validate_json(body, strict=True)

        assert not checked.model_extra
        assert not any(block.model_extra for block in checked.content)
        assert not checked.usage.model_extra
    return dict(json.loads(body))


def pieces(told: Answer, cut: int = 3) -> Iterator[Piece]:
    """The same answer as a stream tells it, texts in small pieces."""
    yield Started(told.id, told.model)
    for part in told.parts:
        if isinstance(part, Text):
            yield from (Text(text) for text in _cut(part.text, cut))
        elif isinstance(part, Thinking):
            yield from (Thinking(text, part.issuer) for text in _cut(part.text, cut))
            if part.signature:
                yield Signed(part.signature, part.issuer or "", part.redacted)
        else:
            yield CallStarted(part.id, part.name, part.issuer, part.signature)
            yield from (
                ArgumentsPiece(text) for text in _cut(json.dumps(part.arguments) if part.arguments else "", cut)
            )
    yield Finished(told.finish, told.refusal, told.stop_sequence)
    yield Counted(told.usage)
    yield Ended()


def _cut(text: str, size: int) -> list[str]:
    return [text[place : place + size] for place in range(0, len(text), size)] or [""]


def stream(told: Iterator[Piece] | list[Piece], request: dict[str, Any] | None = None) -> bytes:
    """Write a stream, each piece for itself."""
    encoder = Encoder(request=ASKS if request is None else request, model="asked", created=1)
    return b"".join([encoder.write([piece]) for piece in told]) + encoder.close()


def events(data: bytes) -> list[dict[str, Any]]:
    """Have the official types check every event strictly, and hold the grammar of the wire against the whole (77)."""
    found = Splitter().feed(data)
    bodies = [json.loads(event.data) for event in found]

    assert [event.name for event in found] == [body["type"] for body in bodies]
    for body in bodies:
        if body["type"] != "ping":
            assert not EVENT.validate_json(json.dumps(body), strict=True).model_extra
            assert not BETA_EVENT.validate_json(json.dumps(body), strict=True).model_extra
    shape = "".join(_LETTERS[body["type"]] for body in bodies)
    assert re.fullmatch("sp(bd*e)*(mx)?", shape), shape
    starts = [body["index"] for body in bodies if body["type"] == "content_block_start"]
    assert starts == list(range(len(starts)))
    return bodies


_LETTERS = {
    "message_start": "s",
    "ping": "p",
    "content_block_start": "b",
    "content_block_delta": "d",
    "content_block_stop": "e",
    "message_delta": "m",
    "message_stop": "x",
}


def collected(data: bytes) -> Message:
    """What the official client collects from a stream that comes over its transport."""
    transport = httpx2.MockTransport(
        lambda _: httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=data)
    )
    client = anthropic.Anthropic(
        api_key="k", max_retries=0, http_client=anthropic.DefaultHttpxClient(transport=transport)
    )
    with client.messages.stream(model="m", max_tokens=1, messages=[{"role": "user", "content": "hi"}]) as told:
        return told.get_final_message()


def whole_message(told: Message | dict[str, Any]) -> dict[str, Any]:
    """An answer with all that it says, and with null where it says nothing."""
    bare = told.model_dump(exclude={"content": {"__all__": {"parsed_output"}}}) if isinstance(told, Message) else told
    return Message.model_validate(bare).model_dump()


def test_a_plain_answer() -> None:
    """Everything that the wire demands is there, and nothing that it does not know."""
    assert whole(answer(Text("Hel"), Text("lo"))) == {
        "id": "msg_9",
        "type": "message",
        "role": "assistant",
        "model": "gpt-x",
        "content": [{"type": "text", "text": "Hello"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 9,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 3,
        },
    }
    assert whole(answer(Text("x"), model=None))["model"] == "asked"


def test_usage_in_this_wires_buckets() -> None:
    """What was written to a cache leaves the input, reasoning joins the output (70)."""
    usage = whole(answer(Text("x"), usage=Usage(input=10, written=4, cached=5, output=3, reasoning=7)))["usage"]

    assert usage == {
        "input_tokens": 6,
        "cache_creation_input_tokens": 4,
        "cache_read_input_tokens": 5,
        "output_tokens": 10,
        "output_tokens_details": {"thinking_tokens": 7},
    }


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, "end_turn"),
        ({"stop_sequence": "END"}, "stop_sequence"),
        ({"finish": "length"}, "max_tokens"),
        ({"finish": "length", "stop_sequence": "END"}, "max_tokens"),
        ({"finish": "tool_calls"}, "tool_use"),
        ({"finish": "content_filter"}, "refusal"),
        ({"refusal": "No."}, "refusal"),
    ],
)
def test_why_it_ends(facts: dict[str, Any], reason: str) -> None:
    """Each finish has its stop reason; a stop sequence is named beside its own alone, a refusal with its details (69)."""
    told = whole(answer(Text("x"), **facts))

    assert told["stop_reason"] == reason
    assert told["stop_sequence"] == ("END" if reason == "stop_sequence" else None)
    details = {"type": "refusal", "category": None, "explanation": facts.get("refusal")}
    assert told.get("stop_details") == (details if reason == "refusal" else None)


def test_calls_decide_over_a_plain_end() -> None:
    """An answer that calls tools asks for their results, whatever its provider said (28)."""
    call = ToolCall(id="a", name="f", arguments={})

    assert whole(answer(call))["stop_reason"] == "tool_use"
    assert whole(answer(call, finish="length"))["stop_reason"] == "max_tokens"
    assert events(stream(pieces(answer(call))))[-2]["delta"]["stop_reason"] == "tool_use"


def test_ids_of_calls() -> None:
    """Ids conform, tell calls apart, and are the same each time, whole and streamed (1, 2, 8, 9)."""
    given_ids = ["call_1", "functions.f:0", "functions_f_0", "", "", "call_1", "x" * 70]
    told = answer(*(ToolCall(id=call, name="f", arguments={}) for call in given_ids))
    ids = [block["id"] for block in whole(told)["content"]]
    starts = [event["content_block"] for event in events(stream(pieces(told))) if "content_block" in event]

    assert all(re.fullmatch("[a-zA-Z0-9_-]{1,64}", call) for call in ids)
    assert len(set(ids)) == len(ids)
    assert (ids[0], ids[2]) == ("call_1", "functions_f_0")
    assert ids == [block["id"] for block in whole(told)["content"]] == [block["id"] for block in starts]


@pytest.mark.parametrize(
    ("provider_id", "message_id"),
    [("msg_01A", "msg_01A"), ("chatcmpl-9", "msg_9"), ("resp_7", "msg_7"), ("gen-1-a", "msg_1-a"), ("abc", "msg_abc")],
)
def test_ids_of_messages(provider_id: str, message_id: str) -> None:
    """A message has an id of this wire, made from its provider's, whole and streamed."""
    told = answer(Text("x"), id=provider_id)

    assert whole(told)["id"] == events(stream(pieces(told)))[0]["message"]["id"] == message_id


def test_ids_that_nobody_gave_or_that_do_not_fit() -> None:
    """An id is made from the request where the provider has none, and from a digest where its alphabet is another."""
    bare, other = (whole(answer(Text("x"), id=""), {"messages": [said]})["id"] for said in ("a", "b"))

    assert re.fullmatch("msg_[0-9a-f]{24}", bare)
    assert bare != other
    assert whole(answer(Text("x"), id="é"))["id"] != whole(answer(Text("x"), id="è"))["id"]


def test_own_thinking_goes_out_as_it_came() -> None:
    """What Anthropic signed is handed out untouched, a block without text and a redacted one too (51)."""
    told = answer(
        Thinking("hm", OWN, "sig"), Thinking("", OWN, "bare"), Thinking("", OWN, "secret", redacted=True), Text("so")
    )

    assert whole(told)["content"][:3] == [
        {"type": "thinking", "thinking": "hm", "signature": "sig"},
        {"type": "thinking", "thinking": "", "signature": "bare"},
        {"type": "redacted_thinking", "data": "secret"},
    ]


def test_foreign_thinking_goes_out_marked() -> None:
    """What others signed, or nobody, is marked, so that it is never taken for Claude's (40)."""
    told = answer(
        Thinking("a", "gemini", "s1"),
        Thinking("b", "openai-responses", "s2", redacted=True),
        Thinking("summary", OWN, "s3", redacted=True),
        Thinking("c"),
        Text("so"),
    )
    signatures = [block["signature"] for block in whole(told)["content"][:4]]

    assert [untagged(signature) for signature in signatures] == [
        ("gemini", "s1"),
        ("sealed:openai-responses", "s2"),
        (f"sealed:{OWN}", "s3"),
        ("", ""),
    ]


def test_signed_calls() -> None:
    """A call's signature travels in a redacted block right before it (45)."""
    call = ToolCall(id="a", name="f", arguments={"x": 1}, issuer="gemini", signature="s")

    assert whole(answer(call))["content"] == [
        {"type": "redacted_thinking", "data": tagged("call:gemini", "s")},
        {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
    ]


SEAL = Thinking("", "gemini", "s", redacted=True)


@pytest.mark.parametrize(
    ("parts", "kinds"),
    [
        ((Text("so"), SEAL), ["text"]),
        ((Text("so"), SEAL, SEAL), ["text"]),
        ((Text("so"), SEAL, Text("on")), ["text", "redacted_thinking", "text"]),
        ((SEAL, Text("so"), SEAL), ["redacted_thinking", "text"]),
        ((SEAL, SEAL), ["redacted_thinking", "redacted_thinking"]),
    ],
)
def test_what_was_said_is_the_last_block(parts: tuple[Text | Thinking, ...], kinds: list[str]) -> None:
    """Agents print the last block: a seal behind the text, as Gemini's answers end, is not handed out."""
    told = answer(*parts)

    assert [block["type"] for block in whole(told)["content"]] == kinds
    assert whole_message(whole(told)) == whole_message(collected(stream(pieces(told))))


@pytest.mark.parametrize("request_", [{}, {"thinking": {"type": "disabled"}}, {"thinking": None}, {"thinking": "x"}])
def test_who_did_not_ask_for_thinking_sees_none(request_: dict[str, Any]) -> None:
    """The first block of an answer is what the caller waits for, as it is with the model that it believes to ask."""
    call = ToolCall(id="a", name="f", arguments={}, issuer="gemini", signature="s")
    told = answer(Text("a"), Thinking("hm", "gemini", "s"), Text("b"), Thinking("", "x", "y", redacted=True), call)
    got = whole(told, request_)

    assert [block["type"] for block in got["content"]] == ["text", "tool_use"]
    assert whole_message(got) == whole_message(collected(stream(pieces(told), request_)))


def test_thinking_that_is_to_be_left_out() -> None:
    """A caller who wants the signature alone gets no text of thinking."""
    request = {"thinking": {"type": "adaptive", "display": "omitted"}}
    told = answer(Thinking("hm", OWN, "sig"), Text("so"))

    assert whole(told, request)["content"][0] == {"type": "thinking", "thinking": "", "signature": "sig"}
    assert b"hm" not in stream(pieces(told), request)


def test_the_start_of_a_stream() -> None:
    """The input is there at once: the provider's count where it came with the start, else an estimate (71)."""
    begun = Encoder(request=ASKS, model="asked", created=1)
    first = events(begun.write([Started("x", None), Counted(Usage(input=7, cached=2, output=1))]))[0]["message"]
    guessed = Encoder(request=ASKS, model="asked", created=1)
    guess = events(guessed.write([Started("x", None)]))[0]["message"]

    assert (first["usage"]["input_tokens"], first["usage"]["cache_read_input_tokens"]) == (7, 2)
    assert guess["usage"]["input_tokens"] == 20
    assert (guess["model"], guess["content"], guess["stop_reason"]) == ("asked", [], None)


def test_a_stream_without_a_start_or_a_count() -> None:
    """A provider that leaves things out still gives a stream that the library reads to its end."""
    got = collected(stream([Text("Hi"), Weighed((TokenWeight(token="Hi", logprob=-1.0),)), Ended()]))

    assert (got.content[0].to_dict(), got.stop_reason) == ({"type": "text", "text": "Hi"}, "end_turn")
    assert (got.usage.input_tokens, got.usage.output_tokens) == (0, 0)


def test_a_cut_stream_never_ends_cleanly() -> None:
    """Without the provider's own end there is neither a finish nor an end, wherever it was cut (75)."""
    told = list(pieces(answer(Thinking("hm"), Text("Hello"), ToolCall(id="a", name="f", arguments={"x": [1]}))))
    for upto in range(len(told)):
        cut = stream(told[:upto])

        assert b"message_delta" not in cut
        assert b"message_stop" not in cut


TEXTS = st.text(max_size=8)
SIGNED = st.tuples(st.sampled_from([OWN, "gemini", "openai-responses"]), st.text(min_size=1, max_size=8))
PARTS = st.one_of(
    st.builds(Text, TEXTS),
    st.builds(Thinking, TEXTS, st.sampled_from([None, OWN, "gemini"])),
    st.builds(lambda text, signed, sealed: Thinking(text, signed[0], signed[1], sealed), TEXTS, SIGNED, st.booleans()),
    st.builds(
        lambda call, name, arguments, signed: ToolCall(
            id=call, name=name, arguments=arguments, issuer=signed and signed[0], signature=signed and signed[1]
        ),
        TEXTS,
        st.text("abc_-", min_size=1, max_size=5),
        st.dictionaries(
            TEXTS, st.none() | st.integers(-(2**40), 2**40) | TEXTS | st.lists(TEXTS, max_size=2), max_size=3
        ),
        st.none() | SIGNED,
    ),
)
COUNTS = st.integers(0, 9999)
USAGES = st.builds(
    lambda fresh, written, cached, output, reasoning: Usage(
        input=fresh + written, written=written, cached=cached, output=output, reasoning=reasoning
    ),
    *(COUNTS,) * 5,
)
ANSWERS = st.builds(
    Answer,
    id=st.sampled_from(["", "msg_1", "chatcmpl-2", "é"]),
    model=st.none() | st.just("gpt-x"),
    parts=st.lists(PARTS, max_size=6).map(tuple),
    finish=st.sampled_from(["stop", "length", "tool_calls", "content_filter"]),
    refusal=st.none() | TEXTS,
    usage=USAGES,
    stop_sequence=st.none() | TEXTS,
)
REQUESTS = st.sampled_from([{}, ASKS, {"thinking": {"type": "enabled", "display": "omitted"}}])


@settings(max_examples=200, deadline=None)
@given(ANSWERS, REQUESTS, st.integers(1, 9))
def test_the_stream_collected_is_the_whole(told: Answer, request: dict[str, Any], size: int) -> None:
    """What the official client collects from the stream equals the whole answer, for every answer there can be."""
    data = stream(pieces(told, size), request)
    events(data)
    got = collected(data)

    assert whole_message(got) == whole_message(whole(told, request))


@settings(max_examples=100, deadline=None)
@given(ANSWERS, st.lists(st.integers(1, 30), max_size=10))
def test_batches_change_nothing(told: Answer, sizes: list[int]) -> None:
    """However the provider's pieces arrive together, the caller gets the same events, but for the count at the start."""
    left = list(pieces(told))
    encoder = Encoder(request=ASKS, model="asked", created=1)
    got = [encoder.write(left[:1])]
    left = left[1:]
    for size in [*sizes, len(left)]:
        got.append(encoder.write(left[:size]))
        left = left[size:]

    assert b"".join(got) + encoder.close() == stream(pieces(told))
