"""Answers and streams of Google's generateContent, read and written; numbers are those of known pitfalls."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.gemini_shapes import Response

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
    Turn,
    Weighed,
)
from modelrouter.wire.gemini import decode_answer, decode_request, encode_answer
from modelrouter.wire.gemini.dialect import read_event
from modelrouter.wire.gemini.signatures import handed_out, taken_back
from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.reading import Usage
from modelrouter.wire.sse import Event, Splitter
from modelrouter.wire.translate import StreamRenderer, render_answer

if TYPE_CHECKING:
    from collections.abc import Iterable

USAGE = {"promptTokenCount": 10, "cachedContentTokenCount": 4, "candidatesTokenCount": 5, "thoughtsTokenCount": 7}
COUNTED = Usage(input=6, cached=4, output=5, reasoning=7)
LONG = 123456789012345678901234


def body(*parts: dict[str, Any], finish: str | None = "STOP", **members: Any) -> dict[str, Any]:
    """An answer, or what one event carries."""
    candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    candidate.update(members.pop("candidate", {}))
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": "gemini-3-pro", "responseId": "r1", **members}


def events(*bodies: dict[str, Any]) -> bytes:
    """A stream, as Google writes it."""
    return b"".join(b"data: " + json.dumps(each, ensure_ascii=False).encode() + b"\r\n\r\n" for each in bodies)


def pieces(raw: bytes) -> list[Piece]:
    """What a stream adds."""
    decoder = decode_answer.Decoder()
    return [piece for event in Splitter().feed(raw) for piece in decoder.read(event)]


SHOWN: dict[str, Any] = {"generationConfig": {"thinkingConfig": {"includeThoughts": True}}}
HIDDEN: dict[str, Any] = {"generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW"}}}


def written(said: Iterable[Piece], request: dict[str, Any] = SHOWN) -> bytes:
    """A stream for some pieces, each written by itself."""
    encoder = encode_answer.Encoder(request=request, model="m", created=1)
    return b"".join([*(encoder.write([piece]) for piece in said), encoder.close()])


def read(raw: bytes) -> list[dict[str, Any]]:
    """The events of a stream, each checked against the wire's own rules."""
    splitter = Splitter()
    found = [event.data for event in splitter.feed(raw)]
    assert not splitter.rest
    for data in found:
        Response.model_validate_json(data)
    return [json.loads(data) for data in found]


def whole(answer: Answer, request: dict[str, Any] = SHOWN) -> dict[str, Any]:
    """An answer as its caller sees it, checked against the wire's own rules."""
    raw = encode_answer.encode(answer, request=request, model="m", created=1)
    Response.model_validate_json(raw)
    told: dict[str, Any] = json.loads(raw)
    return told


def said(*parts: Text | Thinking | ToolCall, **facts: Any) -> Answer:
    """An answer of some parts."""
    facts = {"finish": "stop", "refusal": None, "usage": COUNTED, **facts}
    return Answer(id="r1", model="gemini-3-pro", parts=parts, **facts)


def test_a_whole_answer() -> None:
    """Thoughts, texts that were cut anywhere, calls with their signatures, and the count, each in its place."""
    told = decode_answer.decode(
        body(
            {"text": "hm", "thought": True},
            {"text": "Hello "},
            {"text": "you", "thoughtSignature": "QUJD"},
            {"functionCall": {"id": "c1", "name": "f", "args": {"n": LONG}}, "thoughtSignature": "REVG"},
            {"functionCall": {"name": "g"}},
            usageMetadata=USAGE,
        )
    )

    minted = told.parts[-1]
    assert isinstance(minted, ToolCall)
    assert told == said(
        Thinking("hm", "gemini"),
        Text("Hello you"),
        Thinking("", "gemini", "QUJD", redacted=True),
        ToolCall(id="c1", name="f", arguments={"n": LONG}, issuer="gemini", signature="REVG"),
        ToolCall(id=minted.id, name="g", arguments={}),
        finish="tool_calls",
    )


def test_ids_are_minted_once_and_differ() -> None:
    """Calls without an id get one each, the same for the same answer, another for another (8, 9)."""
    call = {"functionCall": {"name": "f", "args": {}}}

    def ids(answer: dict[str, Any]) -> list[str]:
        return [part.id for part in decode_answer.decode(answer).parts if isinstance(part, ToolCall)]

    assert ids(body(call, call)) == ids(body(call, call))
    assert len({*ids(body(call, call)), *ids(body(call, responseId="r2"))}) == 3
    streamed = [
        piece.id for piece in pieces(events(body(call, finish=None), body(call))) if isinstance(piece, CallStarted)
    ]
    assert streamed == ids(body(call, call))


@pytest.mark.parametrize(
    ("finish", "has_call", "expected"),
    [
        ("STOP", False, "stop"),
        ("STOP", True, "tool_calls"),
        ("MAX_TOKENS", True, "length"),
        ("CONTINUATION", False, "length"),
        ("SAFETY", False, "content_filter"),
        ("MODEL_ARMOR", True, "content_filter"),
        ("RECITATION", False, "content_filter"),
    ],
)
def test_why_it_stopped(finish: str, has_call: bool, expected: str) -> None:  # noqa: FBT001 - a parameter of pytest's
    """Calls tell more than the word for a plain end, which comes with them too; filters come with a reason (28, 69)."""
    part = {"functionCall": {"name": "f"}} if has_call else {"text": "x"}
    told = decode_answer.decode(body(part, finish=finish))

    assert told.finish == expected
    assert (finish in (told.refusal or "")) == (expected == "content_filter")
    (finished,) = [piece for piece in pieces(events(body(part, finish=finish))) if isinstance(piece, Finished)]
    assert finished == Finished(told.finish, told.refusal)


def test_why_it_was_withheld() -> None:
    """The provider's own words for a filter are the refusal."""
    assert decode_answer.decode(body(finish="SAFETY", candidate={"finishMessage": "no"})).refusal == "no"


def test_weights() -> None:
    """Tokens and their alternatives."""
    result = {
        "chosenCandidates": [{"token": "a", "tokenId": 1, "logProbability": -0.5}, {"token": "b"}],
        "topCandidates": [{"candidates": [{"token": "z", "logProbability": -1}]}],
    }
    expected = (
        TokenWeight(token="a", logprob=-0.5, top=(TokenWeight(token="z", logprob=-1.0),)),
        TokenWeight(token="b", logprob=0.0),
    )
    candidate = {"logprobsResult": result}

    assert decode_answer.decode(body({"text": "ab"}, candidate=candidate)).logprobs == expected
    assert Weighed(expected) in pieces(events(body({"text": "ab"}, candidate=candidate)))


def test_a_stream() -> None:
    """Each event adds its parts; the count is the total so far, and the finish is the end (71, 75)."""
    raw = events(
        body({"text": "h", "thought": True}, finish=None, usageMetadata={"promptTokenCount": 10}),
        body({"text": "Hello "}, finish=None),
        body({"functionCall": {"id": "c", "name": "f", "args": {"n": LONG}}, "thoughtSignature": "QUJD"}, finish=None),
        body({"text": "", "thoughtSignature": "REVG"}, usageMetadata=USAGE),
    )

    assert pieces(raw) == [
        Started("r1", "gemini-3-pro"),
        Thinking("h", "gemini"),
        Counted(Usage(input=10)),
        Text("Hello "),
        CallStarted("c", "f", "gemini", "QUJD"),
        ArgumentsPiece(json.dumps({"n": LONG}, separators=(",", ":"))),
        Signed("REVG", "gemini", redacted=True),
        Finished("tool_calls"),
        Counted(Usage(input=10, cached=4, output=5, reasoning=7)),
        Ended(),
    ]


def test_events_that_add_nothing() -> None:
    """Comments, errors and blocks are the runtime's."""
    decoder = decode_answer.Decoder()

    assert list(decoder.read(Event(None, b"", b": x\n\n"))) == []
    assert list(decoder.read(Event(None, b'{"error":{"code":500}}', b""))) == []
    assert list(decoder.read(Event(None, b'{"promptFeedback":{"blockReason":"OTHER"}}', b""))) == []
    with pytest.raises(MalformedError):
        list(decoder.read(Event(None, b"{", b"")))


def test_a_whole_answer_for_a_caller() -> None:
    """Every part has its form, a foreign signature is base64 that comes back, and the usage adds up (70)."""
    answer = said(
        Thinking("hm", "anthropic", "sig"),
        Text("Hello"),
        ToolCall(id="c", name="f", arguments={"n": LONG}, issuer="openai-responses", signature="enc"),
        finish="tool_calls",
        logprobs=(TokenWeight(token="a", logprob=-0.5, top=(TokenWeight(token="b", logprob=-1.0),)),),
    )
    told = whole(answer)

    (candidate,) = told["candidates"]
    thought, text, call = candidate["content"]["parts"]
    assert (thought["text"], thought["thought"], taken_back(thought["thoughtSignature"])) == (
        "hm",
        True,
        ("anthropic", "sig", False),
    )
    assert text == {"text": "Hello"}
    assert call["functionCall"] == {"id": "c", "name": "f", "args": {"n": LONG}}
    assert base64.b64decode(call["thoughtSignature"], validate=True)
    assert candidate["finishReason"] == "STOP"
    assert candidate["logprobsResult"]["topCandidates"] == [{"candidates": [{"token": "b", "logProbability": -1.0}]}]
    assert told["usageMetadata"] == {**USAGE, "totalTokenCount": 22}
    assert (told["modelVersion"], told["responseId"]) == ("gemini-3-pro", "r1")


@pytest.mark.parametrize(
    ("finish", "refusal", "expected"),
    [
        ("stop", None, ("STOP", None)),
        ("length", None, ("MAX_TOKENS", None)),
        ("content_filter", None, ("SAFETY", None)),
        ("stop", "no", ("SAFETY", "no")),
    ],
)
def test_the_finish_for_a_caller(finish: Any, refusal: str | None, expected: tuple[str, str | None]) -> None:
    """A refusal, in whatever form it came, is Google's filter with its words; whole and streamed alike (69)."""
    (candidate,) = whole(said(finish=finish, refusal=refusal))["candidates"]
    last = read(written([Started("r", None), Finished(finish, refusal), Ended()]))[-1]["candidates"][0]

    for told in (candidate, last):
        assert (told["finishReason"], told.get("finishMessage")) == expected


def test_a_stream_for_a_caller() -> None:
    """Calls come whole, one id and model throughout, the finish and the usage in the last event alone (71, 77)."""
    told = read(
        written(
            [
                Started("x", None),
                Thinking("hm", "anthropic"),
                Signed("sig", "anthropic"),
                Text("Hello"),
                Weighed((TokenWeight(token="a", logprob=-0.5),)),
                CallStarted("c", "f"),
                ArgumentsPiece('{"n"'),
                Counted(Usage(input=1)),
                ArgumentsPiece(f":{LONG}" + "}"),
                CallStarted("d", "g"),
                Finished("tool_calls"),
                Counted(COUNTED),
                Ended(),
            ]
        )
    )

    parts = [part for event in told for part in event["candidates"][0]["content"]["parts"]]
    assert [part.get("functionCall") for part in parts if "functionCall" in part] == [
        {"id": "c", "name": "f", "args": {"n": LONG}},
        {"id": "d", "name": "g", "args": {}},
    ]
    assert {(event["responseId"], event["modelVersion"]) for event in told} == {("x", "m")}
    assert [event["candidates"][0].get("finishReason") for event in told][-2:] == [None, "STOP"]
    assert ["usageMetadata" in event for event in told] == [False] * (len(told) - 1) + [True]


@pytest.mark.parametrize(("finish", "expected"), [("tool_calls", "MALFORMED_FUNCTION_CALL"), ("length", "MAX_TOKENS")])
@pytest.mark.parametrize("arguments", ['{"n":', "[1]", "7"])
def test_a_call_that_nobody_can_read(finish: Any, expected: str, arguments: str) -> None:
    """Arguments that were cut or are no object make no call, and the finish says so (25)."""
    told = read(
        written([Started("x", None), CallStarted("c", "f"), ArgumentsPiece(arguments), Finished(finish), Ended()])
    )

    assert not any("functionCall" in part for event in told for part in event["candidates"][0]["content"]["parts"])
    assert told[-1]["candidates"][0]["finishReason"] == expected


PART = st.one_of(
    st.builds(Text, st.text(min_size=1, max_size=5)),
    st.builds(
        Thinking,
        st.text(max_size=5),
        st.sampled_from(["anthropic", "openai-responses"]),
        st.text(min_size=1, max_size=5),
        st.booleans(),
    ),
    st.builds(
        ToolCall,
        id=st.text(min_size=1, max_size=5),
        name=st.text(min_size=1, max_size=5),
        arguments=st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=5), max_size=3),
        issuer=st.just("anthropic"),
        signature=st.text(min_size=1, max_size=5),
    ),
)


def _streamed(parts: list[Text | Thinking | ToolCall]) -> list[Piece]:
    told: list[Piece] = [Started("r1", "m")]
    for part in parts:
        if isinstance(part, ToolCall):
            text = json.dumps(part.arguments)
            half = len(text) // 2
            told += [CallStarted(part.id, part.name, part.issuer, part.signature)]
            told += [ArgumentsPiece(text[:half]), ArgumentsPiece(text[half:])]
        elif isinstance(part, Thinking):
            told += [Thinking(letter, part.issuer) for letter in part.text]
            told += [Signed(part.signature or "", part.issuer or "", part.redacted)]
        else:
            told += [Text(letter) for letter in part.text]
    return [*told, Finished("stop"), Counted(Usage()), Ended()]


def _texts_joined(parts: Iterable[Any]) -> list[Any]:
    joined: list[Any] = []
    for part in parts:
        if isinstance(part, Text) and joined and isinstance(joined[-1], Text):
            joined[-1] = Text(joined[-1].text + part.text)
        else:
            joined.append(part)
    return joined


@pytest.mark.parametrize("request_", [SHOWN, HIDDEN, {}])
@given(parts=st.lists(PART, min_size=1, max_size=5))
def test_what_a_caller_sees_comes_back(request_: dict[str, Any], parts: list[Text | Thinking | ToolCall]) -> None:
    """Any answer, whole or streamed, is in the next request what it was: texts, calls, and whose each signature is."""
    (candidate,) = whole(said(*parts), request_)["candidates"]
    streamed = [event["candidates"][0]["content"] for event in read(written(_streamed(parts), request_))]

    for contents in ([candidate["content"]], streamed):
        (turn,) = decode_request.decode({"model": "m", "contents": contents}).turns
        assert turn == Turn("assistant", turn.parts)
        assert _texts_joined(part for part in turn.parts if part != Text("")) == _texts_joined(parts)


@pytest.mark.parametrize(
    "request_", [HIDDEN, {}, {"generation_config": {"thinking_config": {"includeThoughts": False}}}]
)
def test_thoughts_that_nobody_asked_to_see(request_: dict[str, Any]) -> None:
    """The first text is the answer's: thoughts that must come back are in its signature, those of nobody are gone."""
    thoughts = (Thinking("hm", "anthropic", "s"), Thinking("", "anthropic", "r", redacted=True))
    answer = said(*thoughts, Text("Hello"), Thinking("unsigned"))
    shown = [whole(answer, request_)["candidates"][0]["content"]]
    shown_in_events = [
        event["candidates"][0]["content"] for event in read(written(_streamed([*answer.parts[:3]]), request_))
    ]

    for contents in (shown, shown_in_events):
        parts = [part for content in contents for part in content["parts"]]
        assert parts[0]["text"].startswith("H")
        assert not any(part.get("thought") for part in parts)
        (turn,) = decode_request.decode({"model": "m", "contents": contents}).turns
        assert tuple(part for part in turn.parts if isinstance(part, Thinking)) == thoughts


def test_hidden_thoughts_without_a_part_to_hide_in() -> None:
    """A part with a signature of its own, or the end of the answer, gets an empty text before it for them."""
    thought = Thinking("hm", "anthropic", "s")
    call = ToolCall(id="c", name="f", arguments={}, issuer="openai-responses", signature="enc")
    parts = whole(said(thought, call, thought), {})["candidates"][0]["content"]["parts"]

    assert [set(part) for part in parts] == [
        {"text", "thoughtSignature"},
        {"functionCall", "thoughtSignature"},
        {"text", "thoughtSignature"},
    ]


@pytest.mark.parametrize("spoilt", ["", "{", "[1]", '[["t","i"]]', '[["t","i",1,true]]', '[["t","i","s",1]]', "[[]]"])
def test_hidden_thoughts_that_were_spoilt(spoilt: str) -> None:
    """What nobody can read is nobody's thought, and breaks nothing."""
    part = {"text": "x", "thoughtSignature": handed_out("hidden-thoughts", spoilt)}

    (turn,) = decode_request.decode({"model": "m", "contents": [{"role": "model", "parts": [part]}]}).turns
    assert turn.parts == (Text("x"),)


FIXED = events(
    body({"text": "denk", "thought": True}, finish=None, usageMetadata={"promptTokenCount": 3}),
    body({"text": "Grüße \u2028 🙂"}, finish=None),
    body({"functionCall": {"name": "f", "args": {"q": "ü\n"}}, "thoughtSignature": "QUJD"}, finish=None),
    body({"text": ""}, usageMetadata=USAGE),
)


@pytest.mark.parametrize("target", ["openai-chat", "gemini"])
@pytest.mark.parametrize("line_end", [b"\r\n", b"\n", b"\r"])
@given(cuts=st.lists(st.integers(0, len(FIXED)), max_size=12))
def test_any_chunking_renders_alike(target: str, line_end: bytes, cuts: list[int]) -> None:
    """However the bytes arrive, callers see the same stream; one that is cut has no end (75, 76)."""
    raw = FIXED.replace(b"\r\n", line_end)

    def rendered(blocks: Iterable[bytes]) -> bytes:
        renderer = StreamRenderer("gemini", target, request={}, model="m", created=1)
        splitter = Splitter()
        found = b"".join(renderer.feed(event) for block in (*blocks, b"\n") for event in splitter.feed(block))
        return found + renderer.close()

    places = sorted({0, *(min(cut, len(raw)) for cut in cuts), len(raw)})
    blocks = [raw[start:end] for start, end in pairwise(places)]
    assert rendered(blocks) == rendered([raw])
    short = raw[: raw.rindex(b"data: ")]
    assert b"[DONE]" not in rendered([short])
    assert not any(read_event(event).ended for event in Splitter().feed(rendered([short])))


def test_both_ways_through_the_tables() -> None:
    """The wire is known to whoever translates, whole and streamed."""
    raw = render_answer("gemini", "openai-chat", body({"text": "x"}), request={}, model="m", created=1)
    assert json.loads(raw)["choices"][0]["message"]["content"] == "x"
    assert StreamRenderer("anthropic-messages", "gemini", request={}, model="m", created=1).close() == b""
