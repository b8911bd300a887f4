"""Requests of callers of Messages as conversations, and back; numbers are those of known pitfalls."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from support.inventories import deployment

from modelrouter.core.inventory import Model
from modelrouter.errors import BadRequestError
from modelrouter.wire.anthropic_messages.decode_request import decode
from modelrouter.wire.anthropic_messages.encode_request import encode
from modelrouter.wire.conversation import (
    Conversation,
    Document,
    Image,
    OutputFormat,
    Part,
    Sampling,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
    UnportableError,
)
from modelrouter.wire.tags import tagged

PARAMS = TypeAdapter(MessageCreateParamsNonStreaming)
OWN = "anthropic-messages"
HI = [{"role": "user", "content": "hi"}]
EVERYTHING = frozenset({"tools", "vision", "documents", "json_schema", "thinking"})
KIMI = Model(id="kimi-k3", developer="moonshot", family="kimi", context=200_000, capabilities=EVERYTHING)


def read(**members: Any) -> Conversation:
    """What a request with these members means."""
    return decode({"model": "claims", "max_tokens": 100, "messages": HI, **members})


def parts(*blocks: dict[str, Any], role: str = "user") -> tuple[Part, ...]:
    """What the blocks of one message mean."""
    return read(messages=[{"role": role, "content": list(blocks)}]).turns[0].parts


def losses(*blocks: dict[str, Any], role: str = "user", **members: Any) -> tuple[str, ...]:
    """What of a request cannot be told."""
    return read(messages=[{"role": role, "content": list(blocks)}], **members).losses


def test_a_plain_request() -> None:
    """Nothing is there that was not said, and nothing is lost."""
    assert read() == Conversation(turns=(Turn("user", (Text("hi"),)),), sampling=Sampling(limit=100))


def test_what_the_system_says() -> None:
    """The system's text or blocks open the conversation; system turns stay where they are, even at the end (31)."""
    said = [{"role": "system", "content": "a"}, *HI, {"role": "system", "content": [{"type": "text", "text": "z"}]}]
    blocks = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]

    assert read(system="one").turns[0] == Turn("system", (Text("one"),))
    assert read(system=blocks).turns[0] == Turn("system", (Text("one"), Text("two")))
    assert [turn.role for turn in read(messages=said).turns] == ["system", "user", "system"]


def test_pictures_and_files() -> None:
    """Each source of a picture or a document has its part (66)."""
    found = parts(
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}},
        {"type": "image", "source": {"type": "url", "url": "https://a.example/b.png"}},
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": "AA=="},
            "title": "t",
            "context": "c",
        },
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "grün"}},
        {"type": "document", "source": {"type": "url", "url": "https://a.example/b.pdf"}},
        {
            "type": "document",
            "title": "t",
            "source": {"type": "content", "content": ["x", {"type": "text", "text": "y"}][1:]},
        },
        {"type": "document", "source": {"type": "content", "content": "plain"}},
    )

    assert found == (
        Image(media_type="image/png", data="AA=="),
        Image(url="https://a.example/b.png"),
        Text("c"),
        Document(media_type="application/pdf", data="AA==", title="t"),
        Document(media_type="text/plain", data=base64.b64encode("grün".encode()).decode()),
        Document(media_type="application/pdf", url="https://a.example/b.pdf"),
        Text("t"),
        Text("y"),
        Text("plain"),
    )


def test_calls_and_results() -> None:
    """Calls keep their arguments, results their parts, texts and pictures alike (25, 30)."""
    picture = {"type": "image", "source": {"type": "url", "url": "https://a.example/b.png"}}
    call = {"type": "tool_use", "id": "a", "name": "f", "input": {"n": 123456789012345678901234}}
    result = {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": "x"}, picture]}
    bad = {"type": "tool_result", "tool_use_id": "b", "content": "no", "is_error": True}

    assert parts(call, role="assistant") == (ToolCall(id="a", name="f", arguments={"n": 123456789012345678901234}),)
    assert parts(result, bad, {"type": "tool_result", "tool_use_id": "c"}) == (
        ToolResult(id="a", parts=(Text("x"), Image(url="https://a.example/b.png"))),
        ToolResult(id="b", parts=(Text("no"),), is_error=True),
        ToolResult(id="c", parts=()),
    )


@pytest.mark.parametrize(
    ("block", "thinking"),
    [
        ({"type": "thinking", "thinking": "hm", "signature": "s"}, Thinking("hm", OWN, "s")),
        ({"type": "thinking", "thinking": "", "signature": "s"}, Thinking("", OWN, "s")),
        ({"type": "redacted_thinking", "data": "d"}, Thinking("", OWN, "d", redacted=True)),
        ({"type": "thinking", "thinking": "hm", "signature": ""}, Thinking("hm")),
        ({"type": "thinking", "thinking": "hm"}, Thinking("hm")),
        ({"type": "thinking", "thinking": "hm", "signature": tagged("gemini", "s")}, Thinking("hm", "gemini", "s")),
        ({"type": "thinking", "thinking": "hm", "signature": tagged("", "")}, Thinking("hm")),
        ({"type": "thinking", "thinking": "hm", "signature": "mr1.!"}, Thinking("hm")),
        (
            {"type": "thinking", "thinking": "hm", "signature": tagged("sealed:openai-responses", "s")},
            Thinking("hm", "openai-responses", "s", redacted=True),
        ),
        ({"type": "redacted_thinking", "data": tagged("x", "d")}, Thinking("", "x", "d", redacted=True)),
    ],
)
def test_whose_thinking_it_is(block: dict[str, Any], thinking: Thinking) -> None:
    """A mark of ours tells the issuer, any other signature is Anthropic's, and without one nothing tells (40, 41)."""
    assert parts(block, role="assistant") == (thinking,)


def test_the_signature_of_a_call_comes_back() -> None:
    """It stands in a block of its own right before the call, and belongs to that call alone (45, 47)."""
    mark = {"type": "redacted_thinking", "data": tagged("call:gemini", "s")}
    call = {"type": "tool_use", "id": "a", "name": "f", "input": {}}
    signed = ToolCall(id="a", name="f", arguments={}, issuer="gemini", signature="s")
    plain = ToolCall(id="b", name="f", arguments={})

    assert parts(mark, call, {**call, "id": "b"}, role="assistant") == (signed, plain)
    assert parts(mark, {"type": "text", "text": "x"}, {**call, "id": "b"}, role="assistant") == (Text("x"), plain)


def test_tools_of_the_provider_in_the_history() -> None:
    """They are told in plain text without what only their provider can read, and never become calls (29)."""
    use = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}}
    found = {
        "type": "web_search_tool_result",
        "tool_use_id": "s",
        "content": [{"type": "web_search_result", "url": "https://a.example", "encrypted_content": "zzz"}],
    }
    asked, answered = {**use, "type": "mcp_tool_use"}, {**found, "type": "mcp_tool_result", "content": []}
    told = parts(use, found, asked, answered, role="assistant")

    assert all(isinstance(part, Text) for part in told)
    assert "q" in str(told[0])
    assert "https://a.example" in str(told[1])
    assert "zzz" not in str(told)
    assert losses(use, found, role="assistant") == ("server_tool_use",)


@pytest.mark.parametrize(
    ("block", "text", "lost"),
    [
        (
            {"type": "search_result", "title": "T", "source": "S", "content": [{"type": "text", "text": "x"}]},
            "T\nS\n\nx",
            "search_result",
        ),
        ({"type": "tool_reference", "tool_name": "f"}, "[Tool found: f]", "tool_reference"),
        ({"type": "compaction", "content": "what was said"}, "what was said", "compaction"),
        ({"type": "text", "text": "x", "citations": [{"type": "char_location"}]}, "x", "citations"),
        ({"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}, "x", "cache_control"),
        (
            {
                "type": "document",
                "source": {"type": "content", "content": "x"},
                "citations": {"enabled": True},
            },
            "x",
            "citations",
        ),
    ],
)
def test_what_is_told_with_a_loss(block: dict[str, Any], text: str, lost: str) -> None:
    """What has a meaning in plain text keeps that, and what it loses is named (36)."""
    assert parts(block) == (Text(text),)
    assert losses(block) == (lost,)


@pytest.mark.parametrize(
    ("block", "lost"),
    [
        ({"type": "fallback", "from": {"model": "a"}, "to": {"model": "b"}}, "fallback"),
        ({"type": "compaction", "content": None, "encrypted_content": "z"}, "compaction"),
    ],
)
def test_what_is_left_out_with_a_loss(block: dict[str, Any], lost: str) -> None:
    """A seam between models says nothing to others, and what is encrypted cannot be told."""
    assert (parts(block), losses(block)) == ((), (lost,))


def test_what_a_picture_or_a_call_says_besides() -> None:
    """How a picture is to be cut, and that a program at the provider made a call, is lost by name."""
    source = {"type": "url", "url": "https://a.example/b.png"}
    call = {"type": "tool_use", "id": "a", "name": "f", "input": None, "caller": {"type": "code_execution_20250825"}}

    assert losses({"type": "image", "source": source, "transformations": {"crop": [0, 0, 1, 1]}}) == (
        "image.transformations",
    )
    assert losses(call, role="assistant") == ("tool_use.caller",)
    assert parts(call, role="assistant") == (ToolCall(id="a", name="f", arguments={}),)
    assert losses({**call, "caller": {"type": "direct"}}, role="assistant") == ()


def test_marks_for_a_cache_are_named_once() -> None:
    """Wherever they stand, they do not go along, and one loss says so (36, 37)."""
    mark: dict[str, Any] = {"cache_control": {"type": "ephemeral"}}
    result = {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": "x", **mark}]}
    tool = {"name": "f", "input_schema": {}, **mark}

    assert losses(result, system=[{"type": "text", "text": "x", **mark}], tools=[tool], **mark) == ("cache_control",)
    assert losses(result) == read(tools=[tool]).losses == read(**mark).losses == ("cache_control",)
    assert read(cache_control=None).losses == ()


def test_what_clients_add_is_dropped_and_named() -> None:
    """What Claude Code and the library send besides is no reason to refuse them (38)."""
    told = read(
        context_management={"edits": []},
        betas=["x"],
        diagnostics={"y": 1},
        service_tier="standard_only",
        metadata={"user_id": "u", "z": 1},
        made_up=True,
        speed="standard",
        inference_geo=None,
        stop_sequences=[],
        modelrouter={"process": "p"},
    )

    assert told.losses == (
        "context_management",
        "betas",
        "diagnostics",
        "service_tier",
        "made_up",
        "metadata.z",
    )
    assert told.user == "u"


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "web_search_20250305"),
        ({"tools": [{"type": "bash_20250124", "name": "bash"}]}, "bash_20250124"),
        ({"mcp_servers": [{"url": "x"}]}, "mcp_servers"),
        ({"container": "c_1"}, "container"),
        ({"inference_geo": "eu"}, "inference_geo"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"tool_choice": {"type": "made_up"}}, "tool_choice"),
        ({"output_format": {"type": "grammar"}}, "grammar"),
        ({"messages": [{"role": "user", "content": [{"type": "hologram"}]}]}, "hologram"),
        (
            {"messages": [{"role": "user", "content": [{"type": "container_upload", "file_id": "f"}]}]},
            "container_upload",
        ),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "image", "source": {"type": "file", "file_id": "f"}}]}
                ]
            },
            "file",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "document", "source": {"type": "file"}}]}]},
            "file",
        ),
    ],
)
def test_what_no_other_wire_can_give(members: dict[str, Any], reason: str) -> None:
    """A demand without an equivalent makes the router skip the target (29, 68)."""
    with pytest.raises(UnportableError, match=reason):
        read(**members)


@pytest.mark.parametrize(
    "message",
    [
        {"role": "tool", "content": "x"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": "{}"}]},
    ],
)
def test_what_this_wire_does_not_know(message: dict[str, Any]) -> None:
    """Other roles, and arguments that are text, are the caller's mistake."""
    with pytest.raises(BadRequestError):
        read(messages=[message])


def test_tools_and_the_choice_among_them() -> None:
    """Tools, strict ones too, and each choice with and without parallel calls are told (59)."""
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    tools = [
        {"name": "f", "description": "does", "input_schema": schema, "strict": True, "type": "custom"},
        {
            "name": "g",
            "input_schema": schema,
            "defer_loading": True,
            "input_examples": [{}],
            "allowed_callers": ["direct"],
        },
    ]
    told = read(tools=tools, tool_choice={"type": "tool", "name": "f", "disable_parallel_tool_use": True})

    assert told.tools == (
        Tool(name="f", description="does", schema=schema, strict=True),
        Tool(name="g", description=None, schema=schema),
    )
    assert told.losses == ("tools.defer_loading", "tools.input_examples")
    assert told.choice == ToolChoice(mode="named", name="f", parallel=False)
    assert [read(tool_choice={"type": kind}).choice.mode for kind in ("auto", "any", "none")] == [
        "auto",
        "required",
        "none",
    ]


@pytest.mark.parametrize(
    ("thinking", "effort", "told", "lost"),
    [
        (None, None, None, ()),
        ({"type": "disabled"}, None, "none", ()),
        ({"type": "disabled"}, "high", "none", ("output_config.effort",)),
        ({"type": "adaptive"}, None, "high", ()),
        ({"type": "adaptive", "display": "omitted"}, "low", "low", ()),
        (None, "medium", "medium", ()),
        (None, "max", "xhigh", ("output_config.effort",)),
        (None, "made_up", None, ("output_config.effort",)),
        ({"type": "enabled", "budget_tokens": 1024}, None, "low", ("thinking.budget_tokens",)),
        ({"type": "enabled", "budget_tokens": 1025}, None, "medium", ("thinking.budget_tokens",)),
        ({"type": "enabled", "budget_tokens": 24_576}, None, "high", ("thinking.budget_tokens",)),
        ({"type": "enabled", "budget_tokens": 64_000}, None, "xhigh", ("thinking.budget_tokens",)),
        ({"type": "enabled", "budget_tokens": 64_000}, "low", "low", ("thinking.budget_tokens",)),
        ({"type": "between_tools"}, None, None, ("thinking",)),
    ],
)
def test_how_much_to_think(
    thinking: dict[str, Any] | None, effort: str | None, told: str | None, lost: tuple[str, ...]
) -> None:
    """Budgets and this wire's words become efforts; what is no longer the same is named (58)."""
    conversation = read(thinking=thinking, output_config={"effort": effort} if effort else None)

    assert (conversation.sampling.effort, conversation.losses) == (told, lost)


@pytest.mark.parametrize(
    ("thinking", "shown"),
    [
        ({"type": "adaptive", "display": "summarized"}, True),
        ({"type": "adaptive", "display": "omitted"}, False),
        ({"type": "enabled", "budget_tokens": 2000, "display": "omitted"}, False),
        ({"type": "enabled", "budget_tokens": 2000}, True),
        ({"type": "adaptive"}, None),
        ({"type": "disabled"}, None),
        (None, None),
    ],
)
def test_whether_thinking_shall_be_told(thinking: dict[str, Any] | None, shown: Any) -> None:
    """The wish is told; who sets a budget is used to models that tell what they think unasked."""
    assert read(thinking=thinking).sampling.shown is shown


def test_how_the_answer_is_drawn_and_what_it_keeps_to() -> None:
    """Sampling, stops and the schema are told; both places of the schema mean the same."""
    wanted = {"type": "json_schema", "schema": {"type": "object"}}
    told = read(
        temperature=0.5, top_p=0.9, top_k=4, stop_sequences=["a"], stream=True, output_config={"format": wanted}
    )

    assert told.sampling == Sampling(limit=100, temperature=0.5, top_p=0.9, top_k=4, stop=("a",))
    assert told.stream
    assert told.format == read(output_format=wanted).format == OutputFormat(schema={"type": "object"}, strict=True)


TEXTS = st.text(min_size=1, max_size=6).map(lambda text: f"x{text}")
DATA = st.binary(max_size=6).map(lambda raw: base64.b64encode(raw).decode())
URLS = st.sampled_from(["https://a.example/b", "http://c.example/d"])
SAID = st.one_of(
    st.builds(Text, TEXTS),
    st.builds(Image, media_type=st.sampled_from(["image/png", "image/webp"]), data=DATA),
    st.builds(Image, url=URLS),
    st.builds(Document, media_type=st.just("application/pdf"), data=DATA, title=st.none() | TEXTS),
    st.builds(Document, media_type=st.just("application/pdf"), url=URLS),
    st.builds(
        Document,
        media_type=st.just("text/plain"),
        data=st.text("grün\n", max_size=5).map(lambda text: base64.b64encode(text.encode()).decode()),
    ),
)
THOUGHT = st.builds(Thinking, st.text(max_size=5), st.just(OWN), TEXTS) | st.builds(
    lambda data: Thinking("", OWN, data, redacted=True), TEXTS
)
NAMES = ["f", "g-1", "h_2"]
ARGUMENTS = st.dictionaries(TEXTS, st.integers() | TEXTS | st.booleans() | st.none(), max_size=3)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Turn, ...]:
    """Turns as a strict provider demands them, every call answered."""
    turns: list[Turn] = []
    if draw(st.booleans()):
        turns.append(Turn("system", (Text(draw(TEXTS)),)))
    turns.append(Turn("user", tuple(draw(st.lists(SAID, min_size=1, max_size=3)))))
    for round_ in range(draw(st.integers(0, 3))):
        calls = [
            ToolCall(id=f"call_{round_}_{place}", name=draw(st.sampled_from(NAMES)), arguments=draw(ARGUMENTS))
            for place in range(draw(st.integers(0, 2)))
        ]
        spoken: list[Part] = [*draw(st.lists(THOUGHT, max_size=2)), *draw(st.lists(st.builds(Text, TEXTS), max_size=2))]
        spoken = spoken if spoken or calls else [Text("x")]
        results = [
            ToolResult(
                id=call.id, parts=tuple(draw(st.lists(SAID, min_size=1, max_size=2))), is_error=draw(st.booleans())
            )
            for call in calls
        ]
        replies = draw(st.lists(SAID, min_size=0 if calls else 1, max_size=2))
        turns += [Turn("assistant", (*spoken, *calls)), Turn("user", (*results, *replies))]
    return tuple(turns)


SCHEMAS = st.sampled_from(
    [
        {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False},
        {"type": "object", "properties": {}, "additionalProperties": False},
    ]
)
TOOLS = st.tuples(
    *(
        st.builds(Tool, name=st.just(name), description=st.none() | TEXTS, schema=SCHEMAS, strict=st.booleans())
        for name in NAMES
    )
)
CHOICES = st.builds(ToolChoice, mode=st.sampled_from(["auto", "required"]), parallel=st.booleans()) | st.sampled_from(
    [ToolChoice(mode="none"), ToolChoice(mode="named", name="f", parallel=False)]
)
SHARES = st.floats(0, 1, allow_nan=False)
CONVERSATIONS = st.builds(
    Conversation,
    turns=histories(),
    tools=TOOLS,
    choice=CHOICES,
    sampling=st.builds(
        Sampling,
        limit=st.integers(1, 9999),
        temperature=st.none() | SHARES,
        top_p=st.none() | SHARES,
        top_k=st.none() | st.integers(1, 99),
        stop=st.lists(TEXTS, max_size=2).map(tuple),
    ),
    format=st.none() | st.builds(OutputFormat, schema=SCHEMAS, strict=st.just(True)),
    user=st.none() | st.just("user-1"),
    stream=st.booleans(),
)


@settings(max_examples=150, deadline=None)
@given(CONVERSATIONS)
def test_there_and_back(conversation: Conversation) -> None:
    """A conversation that this wire can say whole comes back as it was, and the official types know all of it."""
    body, lost = encode(
        conversation, replace(deployment("kimi", wire="anthropic-messages", model=KIMI), name="kimi-k3")
    )
    sent = json.loads(body)

    assert lost == ()
    assert decode(sent) == conversation
    typed = {name: value for name, value in sent.items() if name not in {"temperature", "top_p", "top_k", "stream"}}
    PARAMS.validate_python(typed)
