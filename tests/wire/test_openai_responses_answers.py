"""Answers and streams in Responses, written and read; numbers are those of known pitfalls."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai import BaseModel
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

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
    Weighed,
)
from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.openai_responses.decode_answer import Decoder, decode
from modelrouter.wire.openai_responses.decode_request import decode as decode_request
from modelrouter.wire.openai_responses.encode_answer import Encoder, encode
from modelrouter.wire.openai_responses.signatures import unpacked
from modelrouter.wire.reading import Usage
from modelrouter.wire.sse import Event, Splitter
from modelrouter.wire.translate import StreamRenderer, render_answer

if TYPE_CHECKING:
    from collections.abc import Iterable

EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
SPENT = Usage(input=8, written=3, cached=4, output=4, reasoning=5)
REQUEST: dict[str, Any] = {
    "model": "claims",
    "input": "hi",
    "instructions": "be kind",
    "metadata": {"a": "b"},
    "temperature": 0.5,
    "top_p": 0.9,
    "max_output_tokens": 99,
    "parallel_tool_calls": False,
    "reasoning": {"effort": "low", "summary": "auto"},
    "text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}, "verbosity": "low"},
    "tool_choice": {"type": "function", "name": "f"},
    "truncation": "auto",
    "prompt_cache_key": "k",
    "tools": [
        {"type": "function", "name": "f"},
        {"type": "custom", "name": "apply_patch", "description": "Edits."},
        {"type": "web_search"},
        {
            "type": "namespace",
            "name": "mcp__shop",
            "description": "A shop.",
            "tools": [{"type": "function", "name": "buy", "parameters": {}}, {"type": "custom", "name": "note"}],
        },
    ],
}


def saying(*parts: Text | Thinking | ToolCall, **members: Any) -> Answer:
    """An answer of another wire."""
    members = {"id": "msg_01A", "model": "claude", "finish": "stop", "refusal": None, "usage": SPENT, **members}
    return Answer(parts=parts, **members)


def surplus(value: object, place: str = "") -> list[str]:
    """Every member, at any depth, that the SDK does not know."""
    if isinstance(value, BaseModel):
        inner = {name: getattr(value, name) for name in type(value).model_fields}
        extra = [f"{place}.{name}" for name in value.model_extra or {}]
        return extra + [found for name, member in inner.items() for found in surplus(member, f"{place}.{name}")]
    if isinstance(value, list):
        return [found for member in value for found in surplus(member, place)]
    return []


def whole(answer: Answer, request: dict[str, Any] | None = None) -> dict[str, Any]:
    """Write an answer, have the SDK check it strictly, and return it."""
    written = encode(answer, request=REQUEST if request is None else request, model="asked", created=7)
    checked = Response.model_validate_json(written, strict=True)
    assert surplus(checked) == []
    return dict(json.loads(written))


def streamed(pieces: Iterable[Piece], request: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Write a stream piece by piece, have the SDK check every event strictly and the grammar hold, and return the events."""
    encoder = Encoder(request=REQUEST if request is None else request, model="asked", created=7)
    written = b"".join(encoder.write([piece]) for piece in pieces) + encoder.close()
    found = Splitter().feed(written)
    for event in found:
        assert surplus(EVENT.validate_json(event.data, strict=True)) == []
    said = [json.loads(event.data) for event in found]
    assert [event.name for event in found] == [event["type"] for event in said]
    assert [event["sequence_number"] for event in said] == list(range(len(said)))
    check_grammar(said)
    return said


def check_grammar(said: list[dict[str, Any]]) -> None:
    """Each item is opened once, in order, before anything in it, and closed once behind it; so is each part (77)."""
    items: list[str] = []
    closed: set[str] = set()
    parts: dict[tuple[str, int], str] = {}
    for event in said:
        kind = event["type"].removeprefix("response.")
        if kind == "output_item.added":
            assert event["output_index"] == len(items)
            items.append(event["item"]["id"])
        elif kind == "output_item.done":
            assert items[event["output_index"]] == event["item"]["id"]
            assert event["item"]["id"] not in closed
            closed.add(event["item"]["id"])
        elif "item_id" in event:
            assert items[event["output_index"]] == event["item_id"]
            assert event["item_id"] not in closed
            at = (event["item_id"], event.get("content_index", event.get("summary_index", -1)))
            if kind.endswith("part.added"):
                assert at not in parts
                parts[at] = "open"
            elif kind.endswith("part.done"):
                assert parts[at] == "open"
                parts[at] = "done"
            elif at[1] >= 0:
                assert parts[at] == "open"
    assert len(items) == len(set(items))
    if said and said[-1]["type"] in {"response.completed", "response.incomplete"}:
        assert closed == set(items)
        assert set(parts.values()) <= {"done"}


def pieces_of(answer: Answer) -> list[Piece]:
    """The pieces as which a stream would have told an answer, each text in two."""
    found: list[Piece] = [Started(answer.id, answer.model)]
    for part in answer.parts:
        if isinstance(part, ToolCall):
            text = json_text.text(part.arguments)
            found.append(CallStarted(part.id, part.name, part.issuer, part.signature))
            found += [ArgumentsPiece(text[:3]), ArgumentsPiece(text[3:])]
        else:
            half = len(part.text) // 2
            found += [type(part)(part.text[:half]), type(part)(part.text[half:])]
            if isinstance(part, Thinking) and part.signature is not None and part.issuer is not None:
                found.append(Signed(part.signature, part.issuer, part.redacted))
    return [*found, Finished(answer.finish, answer.refusal), Counted(answer.usage), Ended()]


EVERYTHING = saying(
    Thinking("hm", "anthropic-messages", "S"),
    Thinking("", "anthropic-messages", "R", redacted=True),
    Text("Grüß 🌍"),
    ToolCall(id="toolu_1", name="f", arguments={"n": 123456789012345678901234}),
    ToolCall(id="toolu_2", name="mcp__shop__buy", arguments={}, issuer="gemini", signature="C"),
    ToolCall(id="toolu_3", name="apply_patch", arguments={"input": "*** Begin\n"}),
    ToolCall(id="toolu_4", name="mcp__shop__note", arguments={"input": "x"}),
    finish="tool_calls",
)


def test_the_checks_bite() -> None:
    """What every answer passes refuses an unknown member at any depth, and a part that nobody opened."""
    answer = whole(saying(Text("x")))
    answer["output"][0]["content"][0]["made_up"] = 1
    delta = {"type": "response.output_text.delta", "item_id": "m", "output_index": 0, "content_index": 0}
    item = {"type": "response.output_item.added", "output_index": 0, "item": {"id": "m"}}

    assert surplus(Response.model_validate(answer)) == [".output.content.made_up"]
    with pytest.raises((AssertionError, KeyError)):
        check_grammar([item, delta])


def test_a_plain_answer() -> None:
    """Everything that the schema demands is there, the request repeated, what nobody told null (35, 77)."""
    answer = whole(saying(Text("Hel"), Text("lo")), {"model": "claims", "input": "hi"})
    (message,) = answer.pop("output")

    assert message.pop("id").startswith("msg_")
    assert message == {
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "Hello", "annotations": [], "logprobs": []}],
    }
    assert answer.pop("id").startswith("resp_")
    assert answer == {
        "object": "response",
        "created_at": 7,
        "status": "completed",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": "claude",
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "temperature": None,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "truncation": "disabled",
        "usage": {
            "input_tokens": 12,
            "input_tokens_details": {"cache_write_tokens": 3, "cached_tokens": 4},
            "output_tokens": 9,
            "output_tokens_details": {"reasoning_tokens": 5},
            "total_tokens": 21,
        },
    }


def test_the_request_is_repeated() -> None:
    """Clients read back what they asked for."""
    answer = whole(saying(Text("x")))
    same = [name for name in REQUEST if name not in {"model", "input", "tools"}]

    assert {name: answer[name] for name in same} == {name: REQUEST[name] for name in same}
    assert answer["tools"] == [{"parameters": None, "strict": None, **REQUEST["tools"][0]}, *REQUEST["tools"][1:]]


def test_calls_have_the_names_that_the_request_gave() -> None:
    """Functions, tools in a namespace and tools of free text come back as what they were declared; ids stay (10, 29)."""
    output = whole(EVERYTHING)["output"]
    calls = [{name: value for name, value in item.items() if name != "id"} for item in output if "call_id" in item]

    assert calls == [
        {
            "type": "function_call",
            "status": "completed",
            "arguments": '{"n":123456789012345678901234}',
            "call_id": "toolu_1",
            "name": "f",
        },
        {
            "type": "function_call",
            "status": "completed",
            "arguments": "{}",
            "call_id": "toolu_2",
            "name": "buy",
            "namespace": "mcp__shop",
        },
        {"type": "custom_tool_call", "call_id": "toolu_3", "input": "*** Begin\n", "name": "apply_patch"},
        {"type": "custom_tool_call", "call_id": "toolu_4", "input": "x", "name": "note", "namespace": "mcp__shop"},
    ]
    assert [item["id"].partition("_")[0] for item in output] == ["rs", "rs", "msg", "fc", "rs", "fc", "ctc", "ctc"]
    assert len({item["id"] for item in output}) == len(output)
    assert all(len(item["id"]) <= 64 for item in output)


def test_reasoning_carries_the_signature_of_its_issuer() -> None:
    """What is shown is a summary; what was signed comes along, marked; a signed call has its own carrier in front (40, 45)."""
    output = whole(EVERYTHING)["output"]
    reasoning = [item for item in output if item["type"] == "reasoning"]

    assert [item["summary"] for item in reasoning] == [[{"type": "summary_text", "text": "hm"}], [], []]
    assert [unpacked(item["encrypted_content"]) for item in reasoning] == [
        ("thinking", "anthropic-messages", "S"),
        ("redacted", "anthropic-messages", "R"),
        ("call", "gemini", "C"),
    ]
    assert whole(saying(Thinking("hm"), Text("x")))["output"][0]["encrypted_content"] is None


def test_an_answer_comes_back_as_it_was() -> None:
    """A caller that sends the output back with its next request gives every part to whom it belongs (1, 40, 46)."""
    said = [*whole(EVERYTHING)["output"], {"type": "function_call_output", "call_id": "toolu_1", "output": "x"}]
    turns = decode_request({**REQUEST, "input": said, "tool_choice": "auto"}).turns[1:-1]

    assert tuple(part for turn in turns for part in turn.parts) == EVERYTHING.parts


@pytest.mark.parametrize(
    ("arguments", "text"),
    [({"input": "x"}, "x"), ({"patch": "x"}, "x"), ({"input": 7}, '{"input":7}'), ({}, "{}"), ({"a": "x", "b": "y"}, '{"a":"x","b":"y"}')],
)  # fmt: skip
def test_free_text_that_the_model_put_elsewhere(arguments: dict[str, Any], text: str) -> None:
    """A model that did not keep to the one argument is still understood, or shown as it spoke."""
    answer = whole(saying(ToolCall(id="c", name="apply_patch", arguments=arguments), finish="tool_calls"))

    assert answer["output"][0]["input"] == text


@pytest.mark.parametrize(
    ("finish", "status", "reason"),
    [
        ("stop", "completed", None),
        ("tool_calls", "completed", None),
        ("length", "incomplete", "max_output_tokens"),
        ("content_filter", "incomplete", "content_filter"),
    ],
)
def test_why_it_stopped(finish: Any, status: str, reason: str | None) -> None:
    """Each finish is a state with its reason, of the response and of what it was saying (69)."""
    answer = whole(saying(Text("x"), finish=finish))

    assert (answer["status"], answer["output"][0]["status"]) == (status, status)
    assert answer["incomplete_details"] == (reason and {"reason": reason})
    assert streamed(pieces_of(saying(Text("x"), finish=finish)))[-1]["type"] == f"response.{status}"


def test_a_refusal() -> None:
    """A refusal is a part of its own behind what was said, or stands alone (69)."""
    after = whole(saying(Text("well"), refusal="No.", finish="content_filter"))["output"]
    alone = whole(saying(refusal="No."))

    assert [part["type"] for part in after[0]["content"]] == ["output_text", "refusal"]
    assert alone["output"][0]["content"] == [{"type": "refusal", "refusal": "No."}]
    assert alone["status"] == "completed"
    kinds = [event["type"] for event in streamed(pieces_of(saying(refusal="No.")))]
    assert [kind for kind in kinds if "refusal" in kind] == ["response.refusal.delta", "response.refusal.done"]


WEIGHTS = (
    TokenWeight(token="Hel", logprob=-0.5, bytes=(72, 101, 108), top=(TokenWeight(token="Hal", logprob=-2.0),)),
    TokenWeight(token="lo", logprob=-0.25),
    TokenWeight(token="you", logprob=-1.0),
)


def test_weights_of_tokens() -> None:
    """They stand with the text that they belong to, with bytes where nobody told them (57)."""
    call = ToolCall(id="c", name="f", arguments={})
    output = whole(saying(Text("Hello"), call, Text("you"), logprobs=WEIGHTS))["output"]
    first, second = (item["content"][0]["logprobs"] for item in output if item["type"] == "message")

    assert first[0] == {
        "token": "Hel",
        "logprob": -0.5,
        "bytes": [72, 101, 108],
        "top_logprobs": [{"token": "Hal", "logprob": -2.0, "bytes": [72, 97, 108]}],
    }
    assert [weight["token"] for weight in first] == ["Hel", "lo"]
    assert [weight["token"] for weight in second] == ["you"]


def test_weights_in_a_stream() -> None:
    """They come with the piece of text that they follow, also where they come later than it."""
    encoder = Encoder(request={}, model="m", created=1)
    together = encoder.write([Text("Hel"), Weighed(WEIGHTS[:1]), Text("lo")])
    later = encoder.write([Weighed(WEIGHTS[1:2])])
    deltas = [
        (said["delta"], [weight["token"] for weight in said["logprobs"]])
        for said in (json.loads(event.data) for event in Splitter().feed(together + later))
        if said["type"].endswith("text.delta")
    ]

    assert deltas == [("Hel", ["Hel"]), ("lo", []), ("", ["lo"])]


def test_the_stream_of_everything_is_the_whole_answer() -> None:
    """A stream ends with the very response that a whole answer would have been; each closed item is in it (77)."""
    said = streamed(pieces_of(EVERYTHING))
    done = [event["item"] for event in said if event["type"] == "response.output_item.done"]

    assert said[-1]["response"] == whole(EVERYTHING)
    assert done == said[-1]["response"]["output"]
    assert [event["type"] for event in said[:2]] == ["response.created", "response.in_progress"]
    assert said[0]["response"] == {**said[-1]["response"], "status": "in_progress", "output": [], "usage": None}


TEXT = st.text(min_size=1, max_size=8)
ARGUMENTS = st.dictionaries(st.sampled_from(["input", "a", "b"]), st.one_of(TEXT, st.integers()), max_size=2)
NAMES = st.sampled_from(["f", "other", "apply_patch", "mcp__shop__buy", "mcp__shop__note"])
SIGNERS = st.sampled_from([(None, None), ("gemini", "s"), ("anthropic-messages", "t")])
PARTS = st.one_of(
    TEXT.map(Text),
    st.builds(lambda text, by: Thinking(text, *by), TEXT, SIGNERS),
    st.builds(
        lambda name, arguments, by: ToolCall(id="c", name=name, arguments=arguments, issuer=by[0], signature=by[1]),
        NAMES,
        ARGUMENTS,
        SIGNERS,
    ),
)
ANSWERS = st.builds(
    lambda parts, finish, refusal: saying(*parts, finish=finish, refusal=refusal),
    st.lists(PARTS, max_size=6),
    st.sampled_from(["stop", "tool_calls", "length", "content_filter"]),
    st.sampled_from([None, "No."]),
)


@settings(max_examples=200, deadline=None)
@given(ANSWERS)
def test_any_stream_is_its_whole_answer(answer: Answer) -> None:
    """Whatever the model says in whatever order, the grammar holds and the end equals the whole answer."""
    assert streamed(pieces_of(answer))[-1]["response"] == whole(answer)


@settings(max_examples=60, deadline=None)
@given(ANSWERS)
def test_the_sdk_puts_a_stream_together(answer: Answer) -> None:
    """The SDK's own helper accumulates every stream, and ends with what the whole answer says."""
    encoder = Encoder(request=REQUEST, model="asked", created=7)
    body = encoder.write(pieces_of(answer)) + encoder.close()
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body)
    )
    client = openai.OpenAI(
        api_key="unused", base_url="http://twin.test/v1", http_client=httpx.Client(transport=transport)
    )
    with client.responses.stream(model="m", input="hi") as stream:
        snapshots = [(event.type, getattr(event, "snapshot", None)) for event in stream]
        final = stream.get_final_response() if answer.finish in ("stop", "tool_calls") else None

    expected = whole(answer)
    texts = [part["text"] for item in expected["output"] for part in item.get("content") or () if "text" in part]
    last = [
        text
        for (kind, text), (after, _) in pairwise([*snapshots, ("", None)])
        if kind != after and "text.delta" in kind and text
    ]
    assert last == texts
    if final is not None:
        assert [item.to_dict()["id"] for item in final.output] == [item["id"] for item in expected["output"]]
        assert final.output_text == "".join(texts)
        assert final.usage is not None
        assert final.usage.total_tokens == 21


def test_a_cut_stream_never_ends_cleanly() -> None:
    """Wherever the pieces stop, nothing that looks like an end is written without the provider's own (75)."""
    pieces = pieces_of(EVERYTHING)

    for upto in range(len(pieces)):
        said = streamed(pieces[:upto])
        assert not [event for event in said if event["type"] in ("response.completed", "response.incomplete")]


def test_a_call_that_a_limit_cut_off() -> None:
    """It is incomplete; one of free text, whose kind has no such state, is not told at all."""
    begun: list[Piece] = [Started("a", None), CallStarted("c", "f"), ArgumentsPiece('{"a":')]
    cut: list[Piece] = [Finished("length"), Ended()]
    (call,) = streamed([*begun, *cut])[-1]["response"]["output"]

    assert (call["status"], call["arguments"]) == ("incomplete", '{"a":')
    free = [Started("a", None), Text("x"), CallStarted("c", "apply_patch"), ArgumentsPiece('{"input": "*** '), *cut]
    last = streamed(free)[-1]
    assert (last["type"], [item["type"] for item in last["response"]["output"]]) == ("response.incomplete", ["message"])


def test_what_is_told_late_or_never() -> None:
    """Without a start, a finish, a count or arguments a stream is still whole; blank pieces open nothing."""
    said = streamed([Text(""), Thinking(""), CallStarted("c", "g"), Ended()])
    response = said[-1]["response"]

    assert said[0]["type"] == "response.created"
    assert (response["status"], response["model"], response["usage"]["total_tokens"]) == ("completed", "asked", 0)
    assert [(item["type"], item["arguments"]) for item in response["output"]] == [("function_call", "{}")]
    assert [event["type"] for event in streamed([Ended()])] == [
        *("response.created", "response.in_progress", "response.completed")
    ]


def test_an_answer_that_another_provider_goes_on_with() -> None:
    """The id and the model that were told first stay, so that callers see one response (77)."""
    said = streamed([Started("a", "one"), Text("x"), Started("b", "two"), Text("y"), Ended()])
    alone = streamed([Started("a", "one"), Text("x"), Text("y"), Ended()])

    assert said == alone


def test_thinking_goes_on_until_it_is_signed() -> None:
    """Pieces in a row are one item; a signature closes it, and one without thinking has an item of its own."""
    signed = Signed("s", "anthropic-messages")
    pieces: list[Piece] = [
        Thinking("a"),
        Thinking("b"),
        signed,
        Thinking("c"),
        signed,
        signed,
        Thinking("d"),
        Text("x"),
        Ended(),
    ]
    output = streamed(pieces)[-1]["response"]["output"]

    assert ["".join(part["text"] for part in item["summary"]) for item in output[:-1]] == ["ab", "c", "", "d"]
    assert [bool(item["encrypted_content"]) for item in output[:-1]] == [True, True, True, False]


USAGE = {"input_tokens": 12, "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 3}, "output_tokens": 9, "output_tokens_details": {"reasoning_tokens": 5}}  # fmt: skip
CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": '{"a":1}'}
REASONING = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "gA"}  # fmt: skip
SAID: dict[str, Any] = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "hi", "annotations": [], "logprobs": []}],
}


def given_by(*output: dict[str, Any], status: str = "completed", **members: Any) -> dict[str, Any]:
    """A whole answer of a deployment."""
    return {"id": "resp_1", "model": "gpt", "status": status, "output": list(output), "usage": USAGE, **members}


def test_a_whole_answer_is_read() -> None:
    """Reasoning, text and calls in their order; what the provider ran itself is none of the caller's (29)."""
    answer = decode(given_by(REASONING, {"type": "web_search_call", "id": "ws_1"}, SAID, CALL))

    assert answer == Answer(
        id="resp_1",
        model="gpt",
        parts=(
            Thinking("hm", "openai-responses", "gA", redacted=True),
            Text("hi"),
            ToolCall(id="call_1", name="f", arguments={"a": 1}),
        ),
        finish="tool_calls",
        refusal=None,
        usage=SPENT,
    )


def test_an_answer_without_id() -> None:
    """Local servers leave things out: the id comes from the content, the same each time."""
    body = given_by(SAID)
    del body["id"], body["usage"]

    assert len(decode(body).id) == 24
    assert decode(body) == decode(dict(body))
    assert decode(body).usage == Usage()


@pytest.mark.parametrize(
    ("members", "finish"),
    [
        ({}, "stop"),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "length"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "content_filter"),
        ({"status": "incomplete"}, "length"),
    ],
)
def test_why_a_deployment_stopped(members: dict[str, Any], finish: str) -> None:
    """States and reasons are finishes, whole and in a stream (69)."""
    body = given_by(SAID, **members)
    kind = f"response.{body['status']}"

    assert decode(body).finish == finish
    assert Finished(finish) in read([{"type": kind, "response": body}])


def test_a_refusal_of_a_deployment() -> None:
    """A refusal is told apart from text, whole and in a stream, whether or not its pieces came."""
    body = given_by({**SAID, "content": [{"type": "refusal", "refusal": "No."}]})
    deltas = [{"type": "response.refusal.delta", "delta": piece} for piece in ("N", "o.")]
    done = {"type": "response.output_item.done", "item": body["output"][0]}
    end = {"type": "response.completed", "response": body}

    assert (decode(body).refusal, decode(body).parts, decode(body).finish) == ("No.", (), "stop")
    for stream in ([*deltas, done, end], [done, end], [end]):
        assert Finished("stop", "No.") in read(stream)


def test_weights_of_a_deployment() -> None:
    """Weights are read with their alternatives, whole and in a stream."""
    weight = {"token": "hi", "logprob": -0.5, "bytes": [104, 105], "top_logprobs": [{"token": "ho", "logprob": -1.0}]}
    part = {**SAID["content"][0], "logprobs": [weight]}
    expected = TokenWeight(token="hi", logprob=-0.5, bytes=(104, 105), top=(TokenWeight(token="ho", logprob=-1.0),))

    assert decode(given_by({**SAID, "content": [part]})).logprobs == (expected,)
    delta = {"type": "response.output_text.delta", "delta": "hi", "logprobs": [weight]}
    assert read([delta]) == [Text("hi"), Weighed((expected,))]


@pytest.mark.parametrize("arguments", ['{"a":', "[1]", '"x"'])
def test_arguments_that_are_none(arguments: str) -> None:
    """A call that makes no sense fails the answer, so that another deployment answers; one that a limit cut off is left out (25)."""
    broken = {**CALL, "arguments": arguments}

    with pytest.raises(MalformedError):
        decode(given_by(broken))
    assert decode(given_by(SAID, broken, status="incomplete")).parts == (Text("hi"),)


def test_arguments_of_several_calls_in_one() -> None:
    """They become calls of their own (26)."""
    parts = decode(given_by({**CALL, "arguments": '{"a":1} {"a":2}'})).parts

    assert parts == (
        ToolCall(id="call_1", name="f", arguments={"a": 1}),
        ToolCall(id="call_1_1", name="f", arguments={"a": 2}),
    )
    assert decode(given_by({**CALL, "arguments": ""})).parts == (ToolCall(id="call_1", name="f", arguments={}),)


def wire(events: Iterable[dict[str, Any]]) -> bytes:
    """A stream, as a server sends it."""
    return b"".join(f"event: {body['type']}\ndata: {json.dumps(body)}\n\n".encode() for body in events)


def read(events: Iterable[dict[str, Any]]) -> list[Piece]:
    """The pieces that a stream tells."""
    decoder = Decoder()
    return [piece for event in Splitter().feed(wire(events)) for piece in decoder.read(event)]


def added(index: int, item: dict[str, Any]) -> dict[str, Any]:
    """The event that opens an item."""
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def done(index: int, item: dict[str, Any]) -> dict[str, Any]:
    """The event that closes an item."""
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def delta(kind: str, index: int, text: str, item_id: str = "x") -> dict[str, Any]:
    """The event that adds to an item."""
    return {"type": f"response.{kind}.delta", "output_index": index, "item_id": item_id, "delta": text}


CREATED = {"type": "response.created", "response": {"id": "resp_1", "model": "gpt", "status": "in_progress"}}
COMPLETED = {"type": "response.completed", "response": given_by(REASONING, SAID, CALL)}
OPEN_CALL = {**CALL, "arguments": ""}
STREAM = [
    CREATED,
    added(0, {**REASONING, "summary": [], "encrypted_content": "begun"}),
    {"type": "response.reasoning_summary_part.added", "output_index": 0, "summary_index": 0},
    delta("reasoning_summary_text", 0, "h"),
    delta("reasoning_summary_text", 0, "m"),
    done(0, REASONING),
    added(1, {**SAID, "content": []}),
    delta("output_text", 1, "hi"),
    done(1, SAID),
    added(2, OPEN_CALL),
    delta("function_call_arguments", 2, '{"a"'),
    delta("function_call_arguments", 2, ":1}"),
    {"type": "response.function_call_arguments.done", "output_index": 2, "arguments": '{"a":1}'},
    done(2, CALL),
    COMPLETED,
]
PIECES: list[Piece] = [
    Started("resp_1", "gpt"),
    Thinking("h", "openai-responses"),
    Thinking("m", "openai-responses"),
    Signed("gA", "openai-responses", redacted=True),
    Text("hi"),
    CallStarted("call_1", "f"),
    ArgumentsPiece('{"a"'),
    ArgumentsPiece(":1}"),
    Finished("tool_calls"),
    Counted(SPENT),
    Ended(),
]


def test_a_stream_is_read() -> None:
    """Each piece once and in order; only the ciphertext of the end counts."""
    assert read(STREAM) == PIECES


def test_a_stream_without_indices() -> None:
    """Local servers number nothing: items are told apart by their ids, or by which is open (77)."""
    bare = [{name: value for name, value in event.items() if name != "output_index"} for event in STREAM]
    named = [{**event, "item_id": event["item"]["id"]} if "item" in event else event for event in bare]
    anonymous = [{name: value for name, value in event.items() if name != "item_id"} for event in bare]

    assert read(anonymous) == PIECES
    assert read([event if event.get("item_id") != "x" else {**event, "item_id": None} for event in named]) == PIECES


def test_parts_of_a_summary_are_apart() -> None:
    """The parts of one summary are paragraphs."""
    part = {"type": "response.reasoning_summary_part.added", "output_index": 0, "summary_index": 1}
    pieces = read([added(0, REASONING), delta("reasoning_summary_text", 0, "a"), part, delta("reasoning_text", 0, "b")])

    assert "".join(piece.text for piece in pieces if isinstance(piece, Thinking)) == "a\n\nb"


def test_calls_that_come_mixed_are_told_one_after_the_other() -> None:
    """Arguments follow their own call, however the provider shuffles them (27)."""
    other = {**OPEN_CALL, "id": "fc_2", "call_id": "call_2", "name": "g"}
    pieces = read(
        [
            added(0, OPEN_CALL),
            added(1, other),
            delta("function_call_arguments", 1, "{"),
            delta("function_call_arguments", 0, '{"a"'),
            delta("function_call_arguments", 1, "}"),
            done(1, {**other, "arguments": "{}"}),
            delta("function_call_arguments", 0, ":1}"),
            done(0, CALL),
        ]
    )

    assert pieces == [
        *(CallStarted("call_1", "f"), ArgumentsPiece('{"a"'), ArgumentsPiece(":1}")),
        *(CallStarted("call_2", "g"), ArgumentsPiece("{"), ArgumentsPiece("}")),
    ]


@pytest.mark.parametrize(
    "events",
    [
        [CREATED, done(0, REASONING), done(1, SAID), done(2, CALL), COMPLETED],
        [CREATED, added(0, REASONING), done(0, REASONING), added(1, SAID), done(1, SAID), added(2, OPEN_CALL), done(2, CALL), COMPLETED],
        [CREATED, COMPLETED],
    ],
    ids=["closed only", "without deltas", "the end only"],
)  # fmt: skip
def test_what_a_server_tells_only_at_the_end(events: list[dict[str, Any]]) -> None:
    """An item that was never added to is told from its end, once."""
    assert read(events) == [
        Started("resp_1", "gpt"),
        Thinking("hm", "openai-responses"),
        Signed("gA", "openai-responses", redacted=True),
        Text("hi"),
        CallStarted("call_1", "f"),
        ArgumentsPiece('{"a":1}'),
        Finished("tool_calls"),
        Counted(SPENT),
        Ended(),
    ]


def test_an_item_that_nobody_closed() -> None:
    """The end closes what is open."""
    assert read([added(0, OPEN_CALL), added(1, {**SAID, "content": []}), delta("output_text", 1, "hi"), COMPLETED])[:2] == [
        CallStarted("call_1", "f"),
        Text("hi"),
    ]  # fmt: skip


def test_events_that_say_nothing_to_callers() -> None:
    """Errors are the runtime's to tell, and what is new disturbs nobody; neither ends a stream (74, 76)."""
    failed: dict[str, Any] = {"type": "response.failed", "response": {}}
    events = [{"type": "error", "message": "x"}, failed, {"type": "keepalive"}]

    assert read(events) == []
    decoder = Decoder()
    assert list(decoder.read(Event(None, b"", b": c\n\n"))) == list(decoder.read(Event(None, b"[DONE]", b""))) == []


def rendered(data: bytes, cuts: tuple[int, ...] = (), target: str = "openai-chat") -> bytes:
    """Render a stream for a caller of another wire that arrives in blocks ending at the cuts."""
    splitter = Splitter()
    renderer = StreamRenderer("openai-responses", target, request={}, model="asked", created=1)
    places = [0, *sorted(cut % len(data) for cut in cuts), len(data)]
    parts = [renderer.feed(event) for start, end in pairwise(places) for event in splitter.feed(data[start:end])]
    return b"".join(parts) + renderer.close()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 10_000), max_size=15).map(tuple))
def test_blocks_change_nothing(cuts: tuple[int, ...]) -> None:
    """However the provider's bytes are cut, the caller gets the same ones."""
    assert rendered(wire(STREAM), cuts) == rendered(wire(STREAM))


@pytest.mark.parametrize("data", [b'{"type":"response.output_text.delta"}', b"[1]", b'{"type":'])
def test_an_event_that_is_none(data: bytes) -> None:
    """What breaks the wire's promise is malformed."""
    renderer = StreamRenderer("openai-responses", "openai-chat", request={}, model="m", created=1)

    with pytest.raises(MalformedError):
        renderer.feed(Event(None, data, b""))


@pytest.mark.parametrize(
    "output", [[{"type": "message", "content": [{"type": "output_text"}]}], [{"type": "function_call"}]]
)
def test_an_answer_that_is_none(output: Any) -> None:
    """What breaks the wire's promise is malformed, never half an answer."""
    body = given_by(*output)
    with pytest.raises(MalformedError):
        render_answer("openai-responses", "openai-chat", body, request={}, model="m", created=1)


@settings(max_examples=100, deadline=None)
@given(ANSWERS)
def test_what_is_written_can_be_read(answer: Answer) -> None:
    """Texts, shown thinking, plain calls, usage and finish survive being written and read, whole and in a stream alike."""
    plain = {"model": "m", "input": "hi", "tools": [{"type": "function", "name": "f"}]}
    body = whole(answer, plain)
    encoder = Encoder(request=plain, model="asked", created=7)
    stream = encoder.write(pieces_of(answer)) + encoder.close()
    decoder = Decoder()
    pieces = [piece for event in Splitter().feed(stream) for piece in decoder.read(event)]
    back = decode(body)

    assert back.usage == answer.usage
    assert [part for part in back.parts if isinstance(part, ToolCall)] == [
        ToolCall(id=part.id, name=part.name, arguments=part.arguments)
        for part in answer.parts
        if isinstance(part, ToolCall)
    ]
    for kind in (Text, Thinking):
        told = "".join(part.text for part in answer.parts if isinstance(part, kind))
        assert "".join(part.text for part in back.parts if isinstance(part, kind)) == told
        assert "".join(piece.text for piece in pieces if isinstance(piece, kind)) == told
    assert [piece.id for piece in pieces if isinstance(piece, CallStarted)] == [
        part.id for part in answer.parts if isinstance(part, ToolCall)
    ]
    assert Finished(back.finish, back.refusal) in pieces
