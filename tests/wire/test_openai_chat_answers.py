"""Chat answers and streams decoded, of OpenAI and of those who only look like it."""

from __future__ import annotations

import json
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from modelrouter.wire import json_text
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
from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.openai_chat.arguments import Scanner, read_arguments
from modelrouter.wire.openai_chat.decode_answer import ISSUER, UNSIGNED, Decoder, decode
from modelrouter.wire.openai_chat.decode_turns import decode_turns
from modelrouter.wire.openai_chat.encode_answer import Encoder, encode
from modelrouter.wire.reading import Usage
from modelrouter.wire.sse import Event, Splitter
from modelrouter.wire.tags import tagged
from modelrouter.wire.translate import StreamRenderer, render_answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

USAGE = {"prompt_tokens": 15, "completion_tokens": 7, "total_tokens": 22, "prompt_tokens_details": {"cached_tokens": 5}}


def whole(message: dict[str, Any], finish: str | None = "stop", **members: object) -> dict[str, Any]:
    """A whole answer."""
    choice = {"index": 0, "message": {"role": "assistant", "content": None, **message}, "finish_reason": finish}
    return {"id": "chatcmpl-1", "model": "gpt", "choices": [choice], "usage": USAGE, **members}


def called(name: str, arguments: object, **members: object) -> dict[str, Any]:
    """A call as an answer carries it."""
    return {"type": "function", "function": {"name": name, "arguments": arguments}, **members}


def chunk(delta: dict[str, Any] | None, finish: str | None = None, **members: object) -> dict[str, Any]:
    """A chunk of a stream."""
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {"id": "chatcmpl-1", "model": "gpt", "choices": choices, **members}


def pieces_of(*chunks: dict[str, Any], done: bool = True) -> list[Piece]:
    """What a stream tells."""
    decoder = Decoder()
    events = [json.dumps(each).encode() for each in chunks] + ([b"[DONE]"] if done else [])
    return [*(piece for data in events for piece in decoder.read(Event(None, data, b""))), *decoder.close()]


def piece_of_call(index: int | None, arguments: object = None, **members: object) -> dict[str, Any]:
    """A delta with one piece of one call."""
    name = members.pop("name", None)
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    counted = {} if index is None else {"index": index}
    return {"tool_calls": [{**counted, **members, "function": function}]}


def calls_of(pieces: list[Piece]) -> list[tuple[str, str, str]]:
    """The id, the name and the arguments of each call that a stream tells."""
    calls: list[list[str]] = []
    for piece in pieces:
        if isinstance(piece, CallStarted):
            calls.append([piece.id, piece.name, ""])
        elif isinstance(piece, ArgumentsPiece):
            calls[-1][2] += piece.text
    return [(call[0], call[1], call[2]) for call in calls]


def test_a_plain_answer() -> None:
    """Text, model, finish and disjoint usage."""
    answer = decode(whole({"content": "Hello"}))

    assert (answer.id, answer.model, answer.parts, answer.finish) == ("chatcmpl-1", "gpt", (Text("Hello"),), "stop")
    assert answer.usage == Usage(input=10, cached=5, output=7)
    assert (answer.refusal, answer.logprobs) == (None, None)


@pytest.mark.parametrize("member", ["reasoning_content", "reasoning"])
def test_reasoning_has_two_names(member: str) -> None:
    """DeepSeek's and OpenRouter's word mean the same, and say whose the reasoning is although nothing is signed."""
    thought = Thinking("hm", ISSUER, UNSIGNED)

    assert decode(whole({member: "hm", "content": "so"})).parts == (thought, Text("so"))
    assert pieces_of(chunk({member: "h"}), chunk({member: "m"}), chunk({"content": "so"}), chunk({}, "stop"))[1:5] == [
        Thinking("h", ISSUER),
        Thinking("m", ISSUER),
        Signed(UNSIGNED, ISSUER),
        Text("so"),
    ]


def test_mistrals_parts() -> None:
    """Magistral puts its reasoning among the parts of the content."""
    content = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "so"}]

    assert decode(whole({"content": content})).parts == (Thinking("hm", ISSUER, UNSIGNED), Text("so"))
    assert pieces_of(chunk({"content": content}))[1:4] == [Thinking("hm", ISSUER), Signed(UNSIGNED, ISSUER), Text("so")]


@pytest.mark.parametrize(
    ("arguments", "read"),
    [
        ('{"n": 123456789012345678901234}', [{"n": 123456789012345678901234}]),
        ({"a": 1}, [{"a": 1}]),
        ("", [{}]),
        ("  ", [{}]),
        (None, [{}]),
        ("null", [{}]),
        ('{"a":1}{"b":2}', [{"a": 1}, {"b": 2}]),
        ('"{\\"a\\":1}"', [{"a": 1}]),
        ('{"a":', None),
        ("[1]", None),
        ('"a"', None),
        (7, None),
        ("[" * 100_000, None),
    ],
)
def test_arguments_as_servers_write_them(arguments: object, read: object) -> None:
    """An object, its text, nothing, several in a row, a text in a text; anything else is told as unreadable (25, 26)."""
    assert read_arguments(arguments) == read


def test_calls_in_an_answer() -> None:
    """Each set of arguments is a call; ids that are missing or used before are made, the same each time (8, 9, 26)."""
    entries = [called("f", '{"a":1}{"a":2}', id="x"), called("g", {}, id=None), called("h", "", id="x")]
    answer = decode(whole({"tool_calls": entries}, "stop"))
    calls = [part for part in answer.parts if isinstance(part, ToolCall)]

    assert [(call.name, call.arguments) for call in calls] == [("f", {"a": 1}), ("f", {"a": 2}), ("g", {}), ("h", {})]
    assert calls[0].id == "x"
    assert len({call.id for call in calls}) == 4
    assert all(call.id.startswith("call_") for call in calls[1:])
    assert answer.finish == "tool_calls"
    assert decode(whole({"tool_calls": entries}, "stop")) == answer


@pytest.mark.parametrize(
    ("message", "reason", "finish"),
    [
        ({"content": "x"}, "stop", "stop"),
        ({"content": "x"}, "tool_calls", "stop"),
        ({"content": "x"}, None, "stop"),
        ({"content": "x"}, "eos", "stop"),
        ({"content": "x"}, "model_length", "length"),
        ({"content": "x"}, "content_filter", "content_filter"),
        ({"refusal": "No."}, "stop", "content_filter"),
        ({"tool_calls": [called("f", "{}", id="a")]}, "stop", "tool_calls"),
        ({"tool_calls": [called("f", "{}", id="a")]}, "length", "length"),
        ({"function_call": {"name": "f", "arguments": "{}"}}, "function_call", "tool_calls"),
    ],
)
def test_why_it_stopped(message: dict[str, Any], reason: str | None, finish: str) -> None:
    """What the answer holds tells more than the word for its end, whole and streamed (28, 69)."""
    assert decode(whole(message, reason)).finish == finish
    assert [p.finish for p in pieces_of(chunk(message), chunk({}, reason)) if isinstance(p, Finished)] == [finish]


def test_a_refusal() -> None:
    """Its text is kept apart from what the model said, piece by piece too."""
    assert decode(whole({"refusal": "I can't."})).refusal == "I can't."
    assert pieces_of(chunk({"refusal": "I "}), chunk({"refusal": "can't."}), chunk({}, "stop"))[1:] == [
        Finished("content_filter", "I can't."),
        Ended(),
    ]


def test_a_call_that_a_limit_cut_off() -> None:
    """Half a call is no call: it is not told, and without a limit the answer is malformed (25)."""
    half = {"content": "so", "tool_calls": [called("f", '{"path": "/et', id="a")]}

    assert decode(whole(half, "length")).parts == (Text("so"),)
    with pytest.raises(MalformedError):
        decode(whole(half, "tool_calls"))
    start = chunk(piece_of_call(0, '{"path": "/et', id="a", name="f"))
    assert calls_of(pieces_of(start, chunk({}, "length"))) == [("a", "f", '{"path": "/et')]
    with pytest.raises(MalformedError):
        pieces_of(start, chunk({}, "tool_calls"))


def test_googles_signatures() -> None:
    """A signed call keeps its signature, which is this wire's; one that bears our mark is nobody's (45)."""
    extra = {"google": {"thought_signature": "sig"}}
    signed = called("f", "{}", id="a", extra_content=extra)
    (call,) = decode(whole({"tool_calls": [signed]})).parts
    started = pieces_of(chunk(piece_of_call(0, "{}", id="a", name="f", extra_content=extra)))[1]

    assert isinstance(call, ToolCall)
    assert (call.issuer, call.signature) == (ISSUER, "sig")
    assert started == CallStarted("a", "f", ISSUER, "sig")


def test_weights_of_tokens() -> None:
    """Log probabilities come with their alternatives and bytes, whole and behind the text of each chunk."""
    token = {
        "token": "Hi",
        "logprob": -0.5,
        "bytes": [72, 105],
        "top_logprobs": [{"token": "Yo", "logprob": -1.5, "bytes": None}],
    }
    weight = TokenWeight(token="Hi", logprob=-0.5, bytes=(72, 105), top=(TokenWeight(token="Yo", logprob=-1.5),))
    body = whole({"content": "Hi"})
    body["choices"][0]["logprobs"] = {"content": [token], "refusal": None}
    first = chunk({"content": "Hi"})
    first["choices"][0]["logprobs"] = {"content": [token]}

    assert decode(body).logprobs == (weight,)
    assert pieces_of(first)[1:3] == [Text("Hi"), Weighed((weight,))]


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        (USAGE, Usage(input=10, cached=5, output=7)),
        (
            {"prompt_tokens": 9, "completion_tokens": 4, "prompt_cache_hit_tokens": 6},
            Usage(input=3, cached=6, output=4),
        ),
        ({"prompt_tokens": 9, "completion_tokens": 4, "cached_tokens": 6}, Usage(input=3, cached=6, output=4)),
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 4,
                "total_tokens": 16,
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
            Usage(input=9, output=4, reasoning=3),
        ),
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 4,
                "total_tokens": 13,
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
            Usage(input=9, output=1, reasoning=3),
        ),
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 4,
                "prompt_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 3},
            },
            Usage(input=7, written=3, cached=2, output=4),
        ),
    ],
)
def test_usage_in_its_dialects(usage: dict[str, Any], read: Usage) -> None:
    """Cached tokens are in the prompt, wherever they are counted; xAI's reasoning is beside the completion (70)."""
    assert decode(whole({"content": "x"}, usage=usage)).usage == read
    assert Counted(read) in pieces_of(chunk({"content": "x"}, "stop"), chunk(None, usage=usage))


def test_usage_behind_the_finish() -> None:
    """Usage follows the finish in a chunk without choices, and some servers say no last word (71)."""
    stream = [chunk(None, id=""), chunk({"content": "x"}), chunk({}, "stop"), chunk(None, usage=USAGE)]
    told = [
        Started("chatcmpl-1", "gpt"),
        Text("x"),
        Counted(Usage(input=10, cached=5, output=7)),
        Finished("stop"),
        Ended(),
    ]

    assert pieces_of(*stream) == told
    assert pieces_of(*stream, done=False) == told


def test_a_last_word_without_a_finish() -> None:
    """A stream that ends without saying why has ended; one that breaks off has not (75)."""
    assert pieces_of(chunk({"content": "x"}))[2:] == [Finished("stop"), Ended()]
    assert Ended() not in pieces_of(chunk({"content": "x"}), done=False)


def test_a_finish_with_every_chunk() -> None:
    """Some servers give a reason with each chunk or each call: what counts is the end, and a limit that was met."""
    called_twice = [
        chunk(piece_of_call(0, "{}", id="x", name="f"), "tool_calls"),
        chunk(piece_of_call(1, "{}", id="y", name="f"), "stop"),
    ]
    spoken = [
        chunk({"reasoning_content": "h"}, "stop"),
        chunk({"content": "a"}, "stop"),
        chunk({"content": "b"}, "stop"),
    ]

    assert pieces_of(*called_twice)[-2:] == [Finished("tool_calls"), Ended()]
    assert calls_of(pieces_of(*called_twice)) == [("x", "f", "{}"), ("y", "f", "{}")]
    assert pieces_of(*spoken)[3:] == [Text("a"), Text("b"), Finished("stop"), Ended()]
    assert pieces_of(chunk({"content": "a"}, "length"), chunk({}, "stop"))[-2:] == [Finished("length"), Ended()]


def test_content_behind_the_last_word_is_an_error() -> None:
    """Nobody can tell what it belongs to."""
    decoder = Decoder()
    events = [
        json.dumps(chunk({"content": "x"}, "stop")).encode(),
        b"[DONE]",
        json.dumps(chunk({"content": "y"})).encode(),
    ]
    with pytest.raises(MalformedError):
        [piece for data in events for piece in decoder.read(Event(None, data, b""))]


@pytest.mark.parametrize(
    "chunks",
    [
        # OpenAI's own way, one behind the other
        [(0, '{"a"', "x", "f"), (0, ":1}", None, None), (1, '{"b":2}', "y", "g")],
        # mixed, as parallel calls may come
        [(0, '{"a"', "x", "f"), (1, '{"b"', "y", "g"), (0, ":1}", None, None), (1, ":2}", None, None)],
        # Ollama: the index is always 0 (27)
        [(0, '{"a":1}', "x", "f"), (0, '{"b":2}', "y", "g")],
        # no index at all
        [(None, '{"a":1}', "x", "f"), (None, '{"b":2}', "y", "g")],
        [(None, '{"a"', "x", "f"), (None, ":1}", None, None), (None, '{"b":2}', "y", "g")],
        # the id and the name come again with every piece
        [(0, '{"a"', "x", "f"), (0, ":1}", "x", "f"), (1, '{"b"', "y", "g"), (1, ":2}", "y", "g")],
        # mixed, told apart by their ids alone
        [(None, '{"a"', "x", "f"), (None, '{"b"', "y", "g"), (None, ":1}", "x", None), (None, ":2}", "y", None)],
        # arguments as objects
        [(0, {"a": 1}, "x", "f"), (1, {"b": 2}, "y", "g")],
        # the id comes later than the name
        [(0, '{"a":1}', "x", "f"), (1, "", "y", "g"), (1, '{"b":2}', None, None)],
    ],
)
def test_calls_in_a_stream(chunks: list[tuple[int | None, object, str | None, str | None]]) -> None:
    """However pieces say which call they belong to, each call is told whole, one after the other (27)."""
    stream = []
    for index, arguments, call_id, name in chunks:
        stream.append(chunk(piece_of_call(index, arguments, **({"id": call_id} if call_id else {}), name=name)))
    pieces = pieces_of(*stream, chunk({}, "stop"))

    assert calls_of(pieces) == [("x", "f", '{"a":1}'), ("y", "g", '{"b":2}')]
    assert pieces[-2:] == [Finished("tool_calls"), Ended()]


def test_calls_without_ids() -> None:
    """They get ids of their own, the same whenever the same answer is read; a new name or a new object is a new call (8, 26)."""
    stream = [
        chunk(piece_of_call(0, '{"a":1}', name="f")),
        chunk(piece_of_call(0, '{"a":2}', name="f", id="")),
        chunk(piece_of_call(0, '{"b":1}{"b"', name="g", id=None)),
        chunk(piece_of_call(0, ":2}")),
        chunk({}, "stop"),
    ]
    calls = calls_of(pieces_of(*stream))

    assert [call[1:] for call in calls] == [("f", '{"a":1}'), ("f", '{"a":2}'), ("g", '{"b":1}'), ("g", '{"b":2}')]
    assert len({call[0] for call in calls}) == 4
    assert calls_of(pieces_of(*stream)) == calls


@pytest.mark.parametrize(
    ("said", "told"), [([""], "{}"), ([], "{}"), (["nu", "ll"], "{}"), (['"{\\"a', '\\":1}"'], '{"a":1}')]
)
def test_arguments_that_are_no_object_at_first_sight(said: list[str], told: str) -> None:
    """No arguments are an empty object, and a text in a text is what it holds (25)."""
    stream = [chunk(piece_of_call(0, None, id="x", name="f")), *(chunk(piece_of_call(0, text)) for text in said)]
    more = chunk(piece_of_call(1, "{}", id="y", name="g"))

    assert calls_of(pieces_of(*stream, more, chunk({}, "tool_calls"))) == [("x", "f", told), ("y", "g", "{}")]


def test_a_call_that_is_said_in_two_forms() -> None:
    """llama-cpp-python repeats each call in the older form, which counts only where it stands alone."""
    both = {**piece_of_call(0, '{"a":1}', id="x", name="f"), "function_call": {"name": "f", "arguments": '{"a":1}'}}
    (old,) = calls_of(
        pieces_of(
            chunk({"function_call": {"name": "f", "arguments": '{"a'}}), chunk({"function_call": {"arguments": '":1}'}})
        )
    )

    assert calls_of(pieces_of(chunk(both), chunk({}, "stop"))) == [("x", "f", '{"a":1}')]
    assert decode(whole(both)).parts == (ToolCall(id="x", name="f", arguments={"a": 1}),)
    assert old[1:] == ("f", '{"a":1}')


@pytest.mark.parametrize("delta", [piece_of_call(0, "{}"), piece_of_call(3, "{}", id="x")])
def test_a_piece_of_no_call(delta: dict[str, Any]) -> None:
    """Arguments of a call that never began are an error, not a guess."""
    with pytest.raises(MalformedError):
        pieces_of(chunk(delta))


@pytest.mark.parametrize(
    "data", [b"", b'{"error": {"message": "no"}}', b"[1]", b'{"choices": null}', b'{"choices": []}']
)
def test_events_that_tell_nothing(data: bytes) -> None:
    """Comments, errors (which are the runtime's to tell) and chunks without choices add nothing (76)."""
    assert list(Decoder().read(Event(None, data, b""))) == []
    assert list(Decoder().read(Event("error", b"{}", b""))) == []


@pytest.mark.parametrize(("member", "said"), [("stop_reason", "END"), ("matched_stop", "END"), ("stop_reason", 128001)])
def test_which_stop_sequence_it_was(member: str, said: object) -> None:
    """Servers that say which one ended the answer are believed; the number of a token is no sequence (56)."""
    body, last = whole({"content": "x"}), chunk({}, "stop")
    body["choices"][0][member] = last["choices"][0][member] = said
    (finished,) = [piece for piece in pieces_of(chunk({"content": "x"}), last) if isinstance(piece, Finished)]

    assert decode(body).stop_sequence == finished.stop_sequence == (said if said == "END" else None)


TEXTS = st.text(max_size=12)
OBJECTS = st.recursive(
    st.dictionaries(TEXTS, TEXTS | st.integers() | st.none() | st.booleans(), max_size=3),
    lambda inner: st.dictionaries(TEXTS, inner | st.lists(inner, max_size=2), max_size=3),
    max_leaves=4,
)


SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=6)


def cut_up(whole_text: Any, sizes: list[int]) -> Iterator[Any]:
    """Cut a text or bytes into pieces of these sizes, over and over."""
    place = 0
    for size in cycle(sizes):
        if place >= len(whole_text):
            return
        yield whole_text[place : place + size]
        place += size


@given(st.lists(OBJECTS, min_size=1, max_size=4), SIZES, st.sampled_from(["", " ", "\n"]))
def test_objects_in_a_row_are_told_apart_wherever_they_are_cut(
    objects: list[dict[str, Any]], sizes: list[int], between: str
) -> None:
    """Braces in texts, escapes and cuts in the middle of either mislead nobody (26)."""
    texts = [json.dumps(each, ensure_ascii=between == "") for each in objects]
    scanner, found = Scanner(), [""]
    for piece in cut_up(between.join(texts), sizes):
        first, *others = scanner.split(piece)
        found[-1] += first
        found.extend(others)

    assert [text.strip() for text in found] == texts
    assert scanner.complete


@given(
    st.text(max_size=9),
    st.text(max_size=9),
    st.lists(OBJECTS, max_size=3),
    st.sampled_from(["stop", "length"]),
    st.tuples(SIZES, SIZES),
    st.randoms(use_true_random=False),
)
def test_a_stream_says_what_the_whole_answer_says(
    thought: str,
    text: str,
    objects: list[dict[str, Any]],
    finish: str,
    sizes: tuple[list[int], list[int]],
    chance: Random,
) -> None:
    """However the pieces are cut and mixed, and the bytes cut again, the stream tells what the whole answer tells."""
    entries = [called(f"f{place}", json.dumps(each), id=f"id{place}") for place, each in enumerate(objects)]
    answer = decode(whole({"reasoning_content": thought, "content": text, "tool_calls": entries}, finish))
    deltas: list[dict[str, Any]] = [{"reasoning_content": letter} for letter in thought]
    deltas += [{"content": letter} for letter in text]
    left = []
    for place, entry in enumerate(entries):
        deltas.append({"tool_calls": [{**entry, "index": place, "function": {**entry["function"], "arguments": ""}}]})
        left.append((place, list(cut_up(entry["function"]["arguments"], sizes[0]))))
    while left:
        place, pieces = chance.choice(left)
        deltas.append(piece_of_call(place, pieces.pop(0)))
        left = [other for other in left if other[1]]
    chunks = [*map(chunk, deltas), chunk({}, finish), chunk(None, usage=USAGE)]
    raw = b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in chunks) + b"data: [DONE]\n\n"
    splitter, decoder = Splitter(), Decoder()
    told = [p for block in cut_up(raw, sizes[1]) for event in splitter.feed(block) for p in decoder.read(event)]

    assert "".join(p.text for p in told if isinstance(p, Text)) == text
    assert "".join(p.text for p in told if isinstance(p, Thinking)) == thought
    calls = [(call_id, name, json.loads(arguments)) for call_id, name, arguments in calls_of(told)]
    assert calls == [(p.id, p.name, p.arguments) for p in answer.parts if isinstance(p, ToolCall)]
    assert [p.finish for p in told if isinstance(p, Finished)] == [answer.finish]
    assert [p.usage for p in told if isinstance(p, Counted)] == [answer.usage]


def written(*pieces: Piece) -> list[ChatCompletionChunk]:
    """Write pieces for a caller, and have the official SDK read them strictly."""
    raw = Encoder(request={}, model="m", created=1).write((Started("x", None), *pieces))
    return [ChatCompletionChunk.model_validate_json(part[6:], strict=True) for part in raw.split(b"\n\n") if part]


WEIGHT = TokenWeight(token="Hi", logprob=-0.5, bytes=(72, 105), top=(TokenWeight(token="Yo", logprob=-1.5),))


def test_what_a_caller_sees_besides() -> None:
    """Weights, signatures of calls, the stop sequence and what a cache was given reach the caller, whole and streamed (45, 56, 70)."""
    call = ToolCall(id="a", name="f", arguments={}, issuer="gemini", signature="s")
    answer = Answer(
        id="x",
        model="m",
        parts=(Text("Hi"), call),
        finish="stop",
        refusal=None,
        usage=Usage(input=4, written=3),
        logprobs=(WEIGHT,),
        stop_sequence="END",
    )
    body = encode(answer, request={}, model="m", created=1)
    checked = ChatCompletion.model_validate_json(body, strict=True)
    choice = json.loads(body)["choices"][0]
    signed = {"google": {"thought_signature": tagged("gemini", "s")}}
    streamed = written(
        Text("Hi"), Weighed((WEIGHT,)), CallStarted("a", "f", "gemini", "s"), Finished("stop", None, "END")
    )

    assert checked.choices[0].logprobs is not None
    assert streamed[2].choices[0].logprobs is not None
    assert streamed[2].choices[0].logprobs.to_dict() == checked.choices[0].logprobs.to_dict()
    assert decode(json.loads(body)).logprobs == (WEIGHT,)
    assert choice["message"]["tool_calls"][0]["extra_content"] == signed
    assert (streamed[3].choices[0].delta.tool_calls or [])[0].model_extra == {"extra_content": signed}
    assert choice["stop_reason"] == (streamed[4].choices[0].model_extra or {})["stop_reason"] == "END"
    assert json.loads(body)["usage"]["prompt_tokens_details"] == {"cached_tokens": 0, "cache_write_tokens": 3}


def test_a_marked_signature_comes_back_to_its_issuer() -> None:
    """What a caller echoes of such an answer is the issuer's again, and nobody else's (46)."""
    call = ToolCall(id="a", name="f", arguments={}, issuer="gemini", signature="s")
    answer = Answer(id="x", model="m", parts=(call,), finish="tool_calls", refusal=None, usage=Usage())
    echoed = json.loads(encode(answer, request={}, model="m", created=1))["choices"][0]["message"]

    assert list(decode_turns([echoed], [])) == [Turn("assistant", (call,))]
    assert decode(whole(echoed)).parts == (ToolCall(id="a", name="f", arguments={}),)


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["stop", "length", "{}", '{"a', "x", ""]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("index", "delta", "message", "finish_reason", "content", "tool_calls", "function", "name", "id"),
                    *(
                        "arguments",
                        "type",
                        "text",
                        "thinking",
                        "logprobs",
                        "token",
                        "bytes",
                        "refusal",
                        "extra_content",
                    ),
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)
BODIES = st.fixed_dictionaries(
    {"choices": ODD | st.lists(ODD, max_size=1)}, optional={"id": ODD, "model": ODD, "usage": ODD}
)


@settings(max_examples=300)
@given(BODIES)
def test_answers_of_any_shape(body: dict[str, Any]) -> None:
    """Whatever a server sends is an answer or malformed; it never breaks us, and always comes out the same."""
    raw = json_text.write(body)
    try:
        rendered = render_answer("openai-chat", "openai-chat", json_text.read(raw), request={}, model="m", created=1)
    except MalformedError:
        return

    assert isinstance(json.loads(rendered), dict)


@settings(max_examples=300)
@given(st.lists(BODIES, max_size=3))
def test_streams_of_any_shape(bodies: list[dict[str, Any]]) -> None:
    """The same holds for every chunk of a stream."""
    renderer = StreamRenderer("openai-chat", "openai-chat", request={}, model="m", created=1)
    try:
        for body in bodies:
            renderer.feed(Event(None, json_text.write(body), b""))
        end = renderer.close()
    except MalformedError:
        return

    assert end == b"" or end.endswith(b"data: [DONE]\n\n")
