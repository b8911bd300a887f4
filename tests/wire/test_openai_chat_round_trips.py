"""What callers of the chat wire ask, and that nothing of a conversation is lost in it."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.inventories import deployment, provider

from modelrouter.core.inventory import Model
from modelrouter.wire.conversation import (
    Audio,
    Conversation,
    Document,
    Image,
    OutputFormat,
    Part,
    Sampling,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from modelrouter.wire.openai_chat.calls import ISSUER
from modelrouter.wire.openai_chat.decode_request import decode
from modelrouter.wire.openai_chat.encode_request import encode
from modelrouter.wire.tags import tagged

CAPABLE = frozenset({"tools", "vision", "json_schema", "thinking"})
GPT = deployment(
    "gpt", model=Model(id="gpt-4.1", developer="openai", family="gpt", context=9000, output=4096, capabilities=CAPABLE)
)
GOOGLE = deployment(
    "g",
    of=provider("g", vendor="gemini"),
    model=Model(id="gemini-3", developer="google", family="gemini", context=9000, capabilities=CAPABLE),
)
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}

WORDS = st.text(min_size=1, max_size=9).filter(str.strip)
IDS = st.text("abcXYZ019_-:.", min_size=1, max_size=40)
NAMES = st.text("abcXYZ019_-", min_size=1, max_size=64)
DATA = st.sampled_from(["AAAA", "BBBB"])
MEDIA = (
    st.builds(Image, media_type=st.sampled_from(["image/png", "image/jpeg"]), data=DATA)
    | st.builds(Image, url=st.sampled_from(["https://a.test/b.png", "http://a.test/c"]))
    | st.builds(Audio, media_type=st.sampled_from(["audio/wav", "audio/mpeg"]), data=DATA)
    | st.builds(Document, media_type=st.just("application/pdf"), data=DATA, title=WORDS)
)
ARGUMENTS = st.dictionaries(WORDS, st.integers() | st.text(max_size=5) | st.booleans() | st.none(), max_size=2)
TOOLS = st.builds(Tool, name=NAMES, description=st.none() | WORDS, schema=st.just(SCHEMA), strict=st.booleans())
SAMPLING = st.builds(
    Sampling,
    limit=st.none() | st.integers(1, 4096),
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0, 1),
    stop=st.lists(WORDS, max_size=4).map(tuple),
    effort=st.sampled_from([None, "none", "minimal", "low", "medium", "high", "xhigh"]),
    seed=st.none() | st.integers(),
    frequency_penalty=st.none() | st.floats(0.1, 2),
    presence_penalty=st.none() | st.floats(-2, -0.1),
    logprobs=st.none() | st.integers(0, 20),
)
FORMATS = st.none() | st.builds(
    OutputFormat, schema=st.just(SCHEMA), name=NAMES, description=st.none() | WORDS, strict=st.booleans()
)


@st.composite
def rounds(draw: st.DrawFn) -> tuple[Turn, ...]:
    """Turns in order: now and then a word of the system, calls with all their results, the user last."""
    turns: list[Turn] = []
    used: set[str] = set()
    for _ in range(draw(st.integers(0, 3))):
        if draw(st.booleans()):
            turns.append(Turn("system", (Text(draw(WORDS)),)))
        turns.append(Turn("user", draw(st.one_of(WORDS.map(lambda text: (Text(text),)), media()))))
        ids = [each for each in draw(st.lists(IDS, max_size=3, unique=True)) if each not in used]
        used.update(ids)
        calls = [ToolCall(id=each, name=draw(NAMES), arguments=draw(ARGUMENTS)) for each in ids]
        spoken: list[Part] = [Text(draw(WORDS))] if not calls or draw(st.booleans()) else []
        turns.append(Turn("assistant", (*spoken, *calls)))
        if ids:
            turns.append(Turn("user", tuple(ToolResult(id=each, parts=(Text(draw(WORDS)),)) for each in ids)))
    return (*turns, Turn("user", (Text(draw(WORDS)),)))


def media() -> st.SearchStrategy[tuple[Part, ...]]:
    """Parts of which one is no text."""
    return st.tuples(st.lists(WORDS.map(Text) | MEDIA, max_size=2), MEDIA).map(lambda parts: (*parts[0], parts[1]))


def merged(turns: tuple[Turn, ...]) -> list[tuple[str, tuple[Part, ...]]]:
    """Turns of one side as one, for results are messages of their own."""
    sides = groupby(turns, key=lambda turn: turn.role)
    return [(role, tuple(part for turn in group for part in turn.parts)) for role, group in sides]


@given(
    rounds(), st.lists(TOOLS, max_size=2, unique_by=lambda tool: tool.name), SAMPLING, FORMATS, st.booleans(), st.data()
)
def test_a_conversation_comes_back_as_it_went(
    turns: tuple[Turn, ...],
    tools: list[Tool],
    sampling: Sampling,
    wanted: OutputFormat | None,
    stream: bool,  # noqa: FBT001 - drawn
    data: st.DataObject,
) -> None:
    """Encoded for OpenAI and decoded again, it says the same, and nothing was lost."""
    choices = [
        ToolChoice(mode="required"),
        ToolChoice(mode="none"),
        *(ToolChoice(mode="named", name=t.name) for t in tools),
    ]
    choice = data.draw(st.sampled_from(choices)) if tools else ToolChoice()
    told = Conversation(
        turns=turns, tools=tuple(tools), choice=choice, sampling=sampling, format=wanted, user="u", stream=stream
    )
    body, losses = encode(told, GPT)
    back = decode(json.loads(body))

    assert losses == ()
    assert merged(back.turns) == merged(turns)
    assert (back.tools, back.choice, back.sampling) == (told.tools, told.choice, told.sampling)
    assert (back.format, back.user, back.stream, back.losses) == (wanted, "u", stream, ())


def asked(**body: Any) -> Conversation:
    """Decode a request."""
    return decode({"model": "m", "messages": [{"role": "user", "content": "hi"}], **body})


@pytest.mark.parametrize(
    ("body", "logprobs"),
    [
        ({}, None),
        ({"logprobs": False}, None),
        ({"logprobs": True}, 0),
        ({"logprobs": True, "top_logprobs": 3}, 3),
        ({"top_logprobs": 3}, 3),
    ],
)
def test_weights_are_asked_for(body: dict[str, Any], logprobs: int | None) -> None:
    """The token alone, or with alternatives, or nothing."""
    assert asked(**body).sampling.logprobs == logprobs


def test_wishes_are_told() -> None:
    """Seed, penalties, top_k and metadata are said; a penalty of nothing is none, and metadata that is no text is lost."""
    told = asked(seed=7, frequency_penalty=0, presence_penalty=0.5, top_k=3, metadata={"k": "v"})

    assert told.sampling == Sampling(seed=7, presence_penalty=0.5, top_k=3)
    assert (told.metadata, told.losses) == ({"k": "v"}, ())
    assert (asked(metadata={"k": 1}).metadata, asked(metadata={"k": 1}).losses) == ({}, ("metadata",))
    assert (asked(metadata=None).metadata, asked(metadata=None).losses) == ({}, ())


SIGNED = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("extra", "read"),
    [
        ({"google": {"thought_signature": tagged("gemini", "s")}}, ("gemini", "s")),
        ({"google": {"thought_signature": "s"}}, (ISSUER, "s")),
        ({"google": {"thought_signature": "mr1.???"}}, (None, None)),
        ({"google": {"thought_signature": ""}}, (None, None)),
        ({"google": {}}, (None, None)),
        ({"google": "x"}, (None, None)),
        ("x", (None, None)),
        (None, (None, None)),
    ],
)
def test_signatures_of_calls_come_back(extra: object, read: object) -> None:
    """A marked signature belongs to its issuer, an unmarked one to this wire, and a broken mark to nobody (45, 46)."""
    turns = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "tool_calls": [{**SIGNED, "extra_content": extra}]},
    ]
    (call,) = asked(messages=turns).turns[1].parts

    assert isinstance(call, ToolCall)
    assert (call.issuer, call.signature) == read


def test_a_signature_of_this_wire_survives_a_round() -> None:
    """What Google's chat server signed goes back to it as it came."""
    call = ToolCall(id="a", name="f", arguments={}, issuer=ISSUER, signature="s")
    turns = (
        Turn("user", (Text("hi"),)),
        Turn("assistant", (call,)),
        Turn("user", (ToolResult(id="a", parts=(Text("x"),)),)),
    )

    assert decode(json.loads(encode(Conversation(turns=turns), GOOGLE)[0])).turns == turns


def test_calls_that_are_said_in_both_forms() -> None:
    """Servers that answer in the older form besides get it back besides; the newer one counts."""
    both = {"role": "assistant", "tool_calls": [SIGNED], "function_call": {"name": "f", "arguments": "{}"}}

    assert asked(messages=[{"role": "user", "content": "hi"}, both]).turns[1].parts == (
        ToolCall(id="a", name="f", arguments={}),
    )
