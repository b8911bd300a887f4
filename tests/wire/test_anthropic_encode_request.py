"""Conversations as requests of Messages, held against what the service refuses; numbers are known pitfalls."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.inventories import deployment

from modelrouter.core.inventory import Model
from modelrouter.drills.twins.anthropic_rules import check
from modelrouter.drills.twins.anthropic_thinking import account_of, prefix, redaction, signature
from modelrouter.wire.anthropic_messages.encode_request import encode
from modelrouter.wire.conversation import (
    Audio,
    Conversation,
    Document,
    Image,
    OutputFormat,
    Part,
    Role,
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

if TYPE_CHECKING:
    from modelrouter.core.inventory import Deployment

OWN = "anthropic-messages"
CAN = frozenset({"tools", "vision", "documents", "json_schema", "thinking"})
HI = (Turn("user", (Text("hi"),)),)
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
F = Tool(name="f", description=None, schema=SCHEMA)
CALL = ToolCall(id="a", name="f", arguments={"a": 1})
RESULT = ToolResult(id="a", parts=(Text("1"),))
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
PDF = "JVBERi0xLjQKJSVFT0YK"


def claude(name: str, **facts: Any) -> Deployment:
    """A deployment of a model."""
    headers = facts.pop("headers", {})
    model = Model(
        id=name, developer="x", family="x", context=200_000, **{"capabilities": CAN, "output": 32_000, **facts}
    )
    return replace(deployment("d", wire="anthropic-messages", model=model, headers=headers), name=name)


def sent(
    conversation: Conversation, name: str = "claude-sonnet-4-5", *, version: str = "2023-06-01", **facts: Any
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Write a request, hold it against the rules of the service, and return it with its losses."""
    body, losses = encode(conversation, claude(name, **facts))
    request = json.loads(body)
    check(request, version)
    return dict(request), losses


def asks(effort: str | None = None, **members: Any) -> Conversation:
    """A conversation with an effort."""
    turns = members.pop("turns", HI)
    return Conversation(turns=turns, sampling=Sampling(effort=effort, **members.pop("sampling", {})), **members)


@pytest.mark.parametrize(
    ("name", "effort", "thinking", "word", "lost"),
    [
        ("claude-sonnet-4-5", "low", {"type": "enabled", "budget_tokens": 1024}, None, ()),
        ("claude-sonnet-4-5", "medium", {"type": "enabled", "budget_tokens": 8192}, None, ()),
        ("claude-sonnet-4-5", "high", {"type": "enabled", "budget_tokens": 16_000}, None, ("reasoning_effort",)),
        ("claude-sonnet-4-5", "minimal", {"type": "enabled", "budget_tokens": 1024}, None, ("reasoning_effort",)),
        ("claude-sonnet-4-5", "none", None, None, ()),
        ("claude-opus-4-5", "low", {"type": "enabled", "budget_tokens": 1024}, "low", ()),
        ("claude-sonnet-4-6", "high", {"type": "adaptive"}, "high", ()),
        ("claude-opus-4-8", "xhigh", {"type": "adaptive"}, "xhigh", ()),
        ("claude-opus-4-8", "none", {"type": "disabled"}, None, ()),
        ("claude-opus-5", "high", None, "high", ()),
        ("claude-fable-5", "none", None, "low", ("reasoning_effort",)),
        ("deepseek-v4", "low", {"type": "enabled", "budget_tokens": 1024}, None, ()),
    ],
)
def test_how_thinking_is_switched_on(
    name: str, effort: str, thinking: dict[str, Any] | None, word: str | None, lost: tuple[str, ...]
) -> None:
    """Each generation is asked in its own way: a budget, its own judgement, or an effort alone (58)."""
    request, losses = sent(asks(effort), name)

    assert request.get("thinking") == thinking
    assert request.get("output_config", {}).get("effort") == word
    assert losses == lost


def test_nothing_said_of_thinking() -> None:
    """Without an effort the model does as it does, and one that cannot think is not asked to."""
    assert "thinking" not in sent(asks())[0]
    request, losses = sent(asks("high"), capabilities=frozenset())

    assert "thinking" not in request
    assert losses == ("reasoning_effort",)
    assert sent(asks("none"), capabilities=frozenset())[1] == ()


def test_room_for_thinking() -> None:
    """The answer keeps half of its length, and where nothing would be left, there is no thinking (54)."""
    short, lost = sent(asks("high", sampling={"limit": 4000}))
    none, lost_all = sent(asks("low", sampling={"limit": 1024}))

    assert (short["thinking"]["budget_tokens"], lost) == (2000, ("reasoning_effort",))
    assert ("thinking" in none, lost_all) == (False, ("reasoning_effort",))


@pytest.mark.parametrize(("mode", "name"), [("required", None), ("named", "f")])
@pytest.mark.parametrize(
    ("model", "thinking"), [("claude-sonnet-4-5", None), ("claude-opus-4-8", {"type": "disabled"})]
)
def test_a_forced_tool_goes_before_thinking(mode: Any, name: str | None, model: str, thinking: object) -> None:
    """The two may not stand together: the tool is what the caller waits for (24)."""
    request, losses = sent(asks("high", tools=(F,), choice=ToolChoice(mode=mode, name=name)), model)

    assert request.get("thinking") == thinking
    assert "reasoning_effort" in losses


def test_a_loop_that_began_with_thinking_goes_on_with_it() -> None:
    """Own thinking is given back as it was, redacted too, and the budget is asked for again."""
    name = "claude-sonnet-4-5"
    account = account_of(name)

    def loop(thinking: str, redacted: str) -> Conversation:
        """Thinking bound to what came before it."""
        own = Thinking("hm", OWN, signature(account, "hm", "1", thinking))
        sealed = Thinking("", OWN, redaction(account, "x", "2", redacted), redacted=True)
        turns = (
            *HI,
            Turn("assistant", (own, sealed, CALL)),
            Turn("user", (RESULT,)),
            Turn("assistant", (replace(CALL, id="b"),)),
            Turn("user", (replace(RESULT, id="b"),)),
        )
        return asks("low", tools=(F,), turns=turns)

    body = json.loads(encode(loop("", ""), claude(name))[0])
    first = prefix(body, body["messages"][:1])
    question, answer = json.loads(encode(loop(first, ""), claude(name))[0])["messages"][:2]
    second = prefix(body, [question, {**answer, "content": answer["content"][:1]}])
    request, losses = sent(loop(first, second), name)

    assert [block["type"] for block in request["messages"][1]["content"]] == [
        "thinking",
        "redacted_thinking",
        "tool_use",
    ]
    assert request["thinking"]["type"] == "enabled"
    assert losses == ()


@pytest.mark.parametrize(
    "thought", [(), (Thinking("hm", "openai-responses", "s"),), (Thinking("hm", OWN),), (Thinking("hm"),)]
)
def test_a_loop_that_began_elsewhere_goes_on_without_thinking(thought: tuple[Part, ...]) -> None:
    """What others signed, or nobody, stays away, and so does the budget until the user speaks again (40, 41, 44)."""
    loop = (*HI, Turn("assistant", (*thought, CALL)), Turn("user", (RESULT,)))
    request, losses = sent(asks("low", tools=(F,), turns=loop))
    after, _ = sent(asks("low", tools=(F,), turns=(*loop, Turn("assistant", (Text("so"),)), *HI)))
    adaptive, _ = sent(asks("low", tools=(F,), turns=loop), "claude-opus-4-8")

    assert "thinking" not in request
    assert losses == ((("thinking",) if thought else ()) + ("reasoning_effort",))
    assert after["thinking"]["type"] == "enabled"
    assert adaptive["thinking"] == {"type": "adaptive"}


@pytest.mark.parametrize(
    ("name", "effort", "shown", "thinking"),
    [
        ("claude-opus-4-8", "high", True, {"type": "adaptive", "display": "summarized"}),
        ("claude-opus-4-8", "high", False, {"type": "adaptive", "display": "omitted"}),
        ("claude-opus-4-8", "high", None, {"type": "adaptive"}),
        ("claude-opus-4-8", "none", True, {"type": "disabled"}),
        ("claude-opus-4-8", None, True, None),
        ("claude-opus-5", "high", True, {"type": "adaptive", "display": "summarized"}),
        ("claude-opus-5", None, False, {"type": "adaptive", "display": "omitted"}),
        ("claude-opus-5", "high", None, None),
        ("claude-sonnet-4-5", "low", True, {"type": "enabled", "budget_tokens": 1024}),
        ("claude-sonnet-4-5", "low", False, {"type": "enabled", "budget_tokens": 1024}),
    ],
)
def test_thinking_is_told_where_that_was_asked(name: str, effort: str, shown: Any, thinking: object) -> None:
    """The newest models keep what they thought to themselves unless asked; those with a budget tell it unasked."""
    request, losses = sent(asks(effort, sampling={"shown": shown}), name)

    assert request.get("thinking") == thinking
    assert losses == ()


def test_a_forced_tool_goes_before_thinking_that_would_be_told() -> None:
    """Where a tool is forced, nothing is said of thinking: the two may not stand together (24)."""
    choice = ToolChoice(mode="required")
    request, _ = sent(asks("high", sampling={"shown": True}, tools=(F,), choice=choice), "claude-opus-5")

    assert "thinking" not in request


def test_sampling_beside_thinking() -> None:
    """With thinking nothing but a wide `top_p` may say how the answer is drawn (52)."""
    drawn = {"temperature": 0.5, "top_k": 4}

    assert sent(asks("low", sampling={**drawn, "top_p": 0.5}), "claude-sonnet-4-20250514")[1] == (
        "temperature",
        "top_p",
        "top_k",
    )
    assert sent(asks("low", sampling={"top_p": 0.97}), "claude-sonnet-4-20250514")[0]["top_p"] == 0.97
    assert sent(asks("none", sampling=drawn))[0]["top_k"] == 4


def test_the_version_that_an_inventory_chose() -> None:
    """In the version that knows no sampling no model is sent any (section 0.2)."""
    drawn = asks(sampling={"temperature": 0.5, "top_p": 0.5, "top_k": 4})
    headers = {"Anthropic-Version": "2026-10-21"}
    request, losses = sent(drawn, "kimi-k3", version="2026-10-21", headers=headers)

    assert losses == ("temperature", "top_p", "top_k")
    assert not {"temperature", "top_p", "top_k"} & request.keys()
    assert sent(drawn, "kimi-k3", headers={"Anthropic-Version": "2023-06-01"})[1] == ()


def test_strict_tools() -> None:
    """A strict tool is enforced in the schema's form that can be, and asked for where it cannot (61, 62)."""
    loose = {**SCHEMA, "properties": {"a": {"type": "integer", "minimum": 1}}}
    endless = {"type": "object", "properties": {"a": {"$ref": "#"}}}
    tool = sent(asks(tools=(replace(F, strict=True),)))[0]["tools"][0]

    assert (tool["strict"], tool["input_schema"]["additionalProperties"]) == (True, False)
    assert sent(asks(tools=(replace(F, strict=True, schema=loose),)))[1] == ("tools.minimum",)
    assert sent(asks(tools=(replace(F, strict=True, schema=endless),)))[1] == ("tools.strict",)
    request, losses = sent(asks(tools=(replace(F, strict=True),)), capabilities=frozenset({"tools"}))
    assert (request["tools"][0], losses) == ({"name": "f", "input_schema": SCHEMA}, ("tools.strict",))


def test_names_that_the_service_refuses() -> None:
    """Tools, calls and the choice get the same other name (12)."""
    tool = replace(F, name="a.b")
    turns = (*HI, Turn("assistant", (replace(CALL, name="a.b"),)), Turn("user", (RESULT,)))
    request, _ = sent(asks(tools=(tool,), turns=turns, choice=ToolChoice(mode="named", name="a.b")))
    names = {request["tools"][0]["name"], request["tool_choice"]["name"], request["messages"][1]["content"][0]["name"]}

    assert len(names) == 1
    assert names != {"a.b"}


def test_files_by_their_address() -> None:
    """A PDF by its address is fetched by the service; of other files nobody knows whether it could (66, 67)."""
    address = "https://a.example/b"
    request, _ = sent(asks(turns=(Turn("user", (Document(media_type="application/pdf", url=address, title="t"),)),)))

    assert request["messages"][0]["content"] == [
        {"type": "document", "source": {"type": "url", "url": address}, "title": "t"}
    ]
    with pytest.raises(UnportableError, match="text/csv"):
        sent(asks(turns=(Turn("user", (Document(media_type="text/csv", url=address),)),)))


@pytest.mark.parametrize(
    ("conversation", "reason"),
    [
        (asks(turns=(Turn("user", (Audio(media_type="audio/wav", data=""),)),)), "audio/wav"),
        (asks(turns=(*HI, Turn("assistant", (Image(url="https://a.example/b"),)), *HI)), "a model made"),
        (asks(sampling={"logprobs": 0}), "logprobs"),
    ],
)
def test_what_cannot_be_asked(conversation: Conversation, reason: str) -> None:
    """Recordings, pictures that a model made, and weights of tokens skip the target (57)."""
    with pytest.raises(UnportableError, match=reason):
        sent(conversation)


def test_wishes_that_this_wire_does_not_know() -> None:
    """What has no place here is named, and what asks for nothing is not."""
    wishes = {"seed": 0, "frequency_penalty": 0.5, "presence_penalty": 0.5}

    assert sent(asks(sampling=wishes, metadata={"a": "b"}))[1] == (
        "metadata",
        "seed",
        "frequency_penalty",
        "presence_penalty",
    )
    assert sent(asks(sampling={"frequency_penalty": 0, "presence_penalty": 0.0}))[1] == ()


TEXTS = st.sampled_from(["", " ", "x", "grün\n", "a" * 70, "call:é"])
OUTPUTS = st.builds(Text, TEXTS) | st.just(Image(media_type="image/png", data=PNG))
PARTS = st.one_of(
    OUTPUTS,
    st.just(Document(media_type="application/pdf", data=PDF)),
    st.builds(Thinking, TEXTS, st.sampled_from([None, "gemini", OWN])),
    st.builds(ToolCall, id=TEXTS, name=st.sampled_from(["f", "a.b", "x" * 70]), arguments=st.just({"a": 1})),
    st.builds(ToolResult, id=TEXTS, parts=st.lists(OUTPUTS, max_size=2).map(tuple), is_error=st.booleans()),
)
ROLES: list[Role] = ["system", "user", "assistant"]


def told(role: Role, parts: list[Part]) -> Turn:
    """A turn of a side, with what that side can say."""
    sides: dict[Role, tuple[type[Part], ...]] = {
        "system": (Text,),
        "user": (Text, Image, Document, ToolResult),
        "assistant": (Text, Thinking, ToolCall),
    }
    return Turn(role, tuple(part for part in parts if isinstance(part, sides[role])))


CONVERSATIONS = st.builds(
    Conversation,
    turns=st.lists(st.builds(told, st.sampled_from(ROLES), st.lists(PARTS, max_size=4)), max_size=6).map(tuple),
    tools=st.sampled_from([(), (F,), (F, Tool(name="a.b", description=None, schema={}, strict=True))]),
    choice=st.sampled_from(
        [ToolChoice(), ToolChoice(mode="none"), ToolChoice(mode="named", name="f"), ToolChoice(parallel=False)]
    ),
    sampling=st.builds(
        Sampling,
        limit=st.none() | st.integers(1, 99_999),
        temperature=st.none() | st.floats(0, 2),
        top_p=st.none() | st.floats(0, 1),
        top_k=st.none() | st.integers(1, 99),
        stop=st.lists(TEXTS, max_size=2).map(tuple),
        effort=st.sampled_from([None, "none", "minimal", "low", "medium", "high", "xhigh", "max", "made-up"]),
    ),
    format=st.sampled_from([None, OutputFormat(), OutputFormat(schema=SCHEMA)]),
    user=st.none() | TEXTS,
    stream=st.booleans(),
)
MODELS = [
    "claude-sonnet-4-20250514",
    "claude-sonnet-4-5",
    "claude-opus-4-6",
    "claude-opus-4-8",
    "claude-opus-5",
    "kimi-k3",
]


@settings(max_examples=300, deadline=None)
@given(CONVERSATIONS, st.sampled_from(MODELS), st.sampled_from(["2023-06-01", "2026-10-21"]))
def test_whatever_was_said_is_taken(conversation: Conversation, name: str, version: str) -> None:
    """No conversation, whoever led it and wherever it broke off, becomes a request that the service refuses."""
    sent(conversation, name, version=version, headers={"anthropic-version": version})
