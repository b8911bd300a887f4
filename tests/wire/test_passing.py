"""Requests that stay on their wire, and what must change in them all the same."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.inventories import deployment, provider
from support.spelling import spelled_out

from modelrouter.errors import BadRequestError
from modelrouter.wire.body import parse
from modelrouter.wire.openai_chat.encode_turns import RECEIVED
from modelrouter.wire.openai_chat.traits import UNSIGNED, traits
from modelrouter.wire.passing import pass_on
from modelrouter.wire.tags import tagged
from modelrouter.wire.translate import NotPortable, Rendered

if TYPE_CHECKING:
    from modelrouter.core.inventory import Deployment


def at(vendor: str = "openai", name: str = "gpt-4.1", wire: Any = "openai-chat") -> Deployment:
    """A deployment of a model at a vendor."""
    return replace(deployment("d", of=provider("p", vendor=vendor), wire=wire), name=name)


HI: list[dict[str, Any]] = [{"role": "user", "content": "hi"}]


def passed(to: Deployment, **body: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Pass a chat request on, and read what is sent and what was lost: the same, however its JSON is spelled."""
    whole = {"model": "m", "messages": HI, **body}
    told = []
    for raw in (json.dumps(whole).encode(), spelled_out(whole)):
        rendered = pass_on(raw, parse(raw), to)
        assert isinstance(rendered, Rendered)
        told.append((json.loads(rendered.body), rendered.losses))

    assert told[0] == told[1]
    return told[0]


def asks(*ids: str, **members: Any) -> dict[str, Any]:
    """An assistant's message with calls."""
    calls = [{"id": each, "type": "function", "function": {"name": "f", "arguments": "{}"}} for each in ids]
    return {"role": "assistant", "content": None, "tool_calls": calls, **members}


def answers(call_id: str) -> dict[str, Any]:
    """A tool's message."""
    return {"role": "tool", "tool_call_id": call_id, "content": "ok"}


BUSY: dict[str, Any] = {
    "messages": [
        {"role": "system", "content": "s"},
        *HI,
        asks("call_1"),
        answers("call_1"),
        {"role": "user", "content": [{"type": "text", "text": "a"}]},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}],
    "temperature": 0.5,
    "seed": 123456789012345678901234,
    "max_completion_tokens": 5,
}


@pytest.mark.parametrize("spacing", [(",", ":"), (" , ", " : ")])
def test_what_nobody_minds_passes_byte_for_byte(spacing: tuple[str, str]) -> None:
    """Where no rule applies, nothing but the model's name changes, whatever the body's spelling."""
    raw = json.dumps({"model": "gpt-4.1", **BUSY}, separators=spacing).encode()
    rendered = pass_on(raw, parse(raw), at())

    assert rendered == Rendered(raw, ())


def test_our_own_member_stays_at_home() -> None:
    """What a caller tells us is not the provider's to see."""
    assert passed(at(), modelrouter={"process": "p"}) == ({"model": "gpt-4.1", "messages": HI}, ())


@pytest.mark.parametrize(
    ("to", "given", "sent"),
    [
        (at("mistral", "m"), {"max_completion_tokens": 5}, {"max_tokens": 5}),
        (at("vllm", "m"), {"max_completion_tokens": 5, "max_tokens": 9}, {"max_tokens": 5}),
        (at("vllm", "m"), {"max_completion_tokens": None, "max_tokens": 9}, {"max_tokens": 9}),
        (at("vllm", "m"), {"max_tokens": 5}, {"max_tokens": 5}),
        (at("openai", "gpt-4.1"), {"max_tokens": 5}, {"max_tokens": 5}),
        (at("openai", "gpt-4.1"), {"max_completion_tokens": 5}, {"max_completion_tokens": 5}),
        (at("openai", "gpt-5"), {"max_tokens": 5}, {"max_completion_tokens": 5}),
        (at("azure", "o3-mini"), {"max_tokens": 5, "max_completion_tokens": 7}, {"max_completion_tokens": 7}),
    ],
)
def test_the_length_of_the_answer(to: Deployment, given: dict[str, Any], sent: dict[str, Any]) -> None:
    """OpenAI's reasoning models refuse the older word, most others do not know the newer one (53)."""
    body, losses = passed(to, **given)

    assert {name: value for name, value in body.items() if name.startswith("max_")} == sent
    assert losses == ()


@pytest.mark.parametrize(
    ("to", "given", "sent", "losses"),
    [
        (at("openai", "o3"), {"temperature": 0.5, "stop": ["a"], "seed": 1}, {"seed": 1}, ("temperature", "stop")),
        (at("openai", "gpt-5"), {"temperature": 1, "presence_penalty": 0, "stop": None}, {}, ()),
        (
            at("openai", "gpt-5.1"),
            {"temperature": 0, "reasoning_effort": "none"},
            {"temperature": 0, "reasoning_effort": "none"},
            (),
        ),
        (
            at("openai", "gpt-5.1"),
            {"temperature": 0, "reasoning_effort": "minimal"},
            {"temperature": 0, "reasoning_effort": "none"},
            ("reasoning_effort",),
        ),
        (
            at("openai", "gpt-5.1"),
            {"temperature": 0, "reasoning_effort": "xhigh"},
            {"reasoning_effort": "high"},
            ("reasoning_effort", "temperature"),
        ),
        (at("xai", "grok-4.5"), {"presence_penalty": 0, "stop": "x"}, {}, ("stop",)),
        (at("xai", "grok-4"), {"reasoning_effort": "low"}, {}, ("reasoning_effort",)),
        (at("openai", "o4-mini"), {"parallel_tool_calls": False}, {}, ("parallel_tool_calls",)),
        (at("openai", "o4-mini"), {"parallel_tool_calls": True}, {}, ()),
        (at("mistral", "m"), {"seed": 7, "user": "u"}, {"random_seed": 7}, ("user",)),
        (
            at("mistral", "m"),
            {"stream": True, "stream_options": {"include_usage": True}},
            {"stream": True},
            ("stream_options",),
        ),
        (
            at("generic", "m"),
            {"top_k": 3, "metadata": {}, "logprobs": True, "odd": 1},
            {"top_k": 3, "metadata": {}, "logprobs": True, "odd": 1},
            (),
        ),
    ],
)
def test_how_the_answer_is_drawn(
    to: Deployment, given: dict[str, Any], sent: dict[str, Any], losses: tuple[str, ...]
) -> None:
    """What the target is known to refuse is left out or said in its word, by name; what nobody knows of passes (53, 57, 58)."""
    body, lost = passed(to, **given)

    assert {name: value for name, value in body.items() if name not in ("model", "messages")} == sent
    assert lost == losses


def test_functions_without_reasoning() -> None:
    """OpenAI's newer models take functions on this wire only where they are told not to think, so they are told."""
    tools = [{"type": "function", "function": {"name": "f"}}]
    said = [
        (body.get("reasoning_effort"), losses)
        for effort in (None, "none", "high")
        for body, losses in [
            passed(at("openai", "gpt-5.6"), tools=tools, **({"reasoning_effort": effort} if effort else {}))
        ]
    ]

    assert said == [("none", ()), ("none", ()), ("none", ("reasoning_effort",))]
    assert "reasoning_effort" not in passed(at("openai", "gpt-5.6"))[0]
    assert "reasoning_effort" not in passed(at("openai", "gpt-5.2"), tools=tools)[0]


def test_demands_that_are_refused() -> None:
    """A target that weighs no tokens is not asked to (57)."""
    raw = json.dumps({"model": "m", "messages": HI, "logprobs": True}).encode()

    assert pass_on(raw, parse(raw), at("groq", "m")) == NotPortable("logprobs is refused there")
    assert passed(at("groq", "m"), logprobs=False)[1] == ()


def test_developers_are_systems_elsewhere() -> None:
    """OpenAI alone knows the newer role (32)."""
    told = [{"role": "developer", "content": "be kind"}, *HI]

    assert passed(at(), messages=told)[0]["messages"] == told
    assert passed(at("deepseek", "m"), messages=told)[0]["messages"][0] == {"role": "system", "content": "be kind"}


def test_ids_that_the_target_refuses() -> None:
    """Mistral's are nine letters and digits, OpenAI's no longer than forty: others become such, the same for result and call (3, 4, 5)."""
    long = "x" * 41
    told = [
        *HI,
        asks(long, "call_2"),
        answers(long),
        answers("call_2"),
        *HI,
        asks("call_2"),
        answers("call_2"),
        answers("odd"),
    ]
    openai = passed(at(), messages=told)[0]["messages"]
    mistral = passed(at("vllm", "Mistral-7B"), messages=told)[0]["messages"]
    ids = [[call["id"] for message in sent for call in message.get("tool_calls", [])] for sent in (openai, mistral)]
    back = [[m["tool_call_id"] for m in sent if m["role"] == "tool"] for sent in (openai, mistral)]

    assert back == [[*ids[0], "odd"], [*ids[1], "odd"]]
    assert ids[0][1] == "call_2"
    assert len(set(ids[0])) == len(set(ids[1])) == 3
    assert all(len(each) <= 40 for each in ids[0])
    assert all(len(each) == 9 and each.isalnum() for each in ids[1])


def test_mistral_wants_the_assistant_between_results_and_the_user() -> None:
    """It refuses a user's message behind a tool's."""
    sent, losses = passed(at("mistral", "m"), messages=[*HI, asks("a23456789"), answers("a23456789"), *HI])

    assert sent["messages"][3:] == [{"role": "assistant", "content": RECEIVED}, *HI]
    assert losses == ()


MARKED = {"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}


def test_marks_of_what_to_cache() -> None:
    """Anthropic's marks stay with those who know them: elsewhere they go, wherever they are, and nothing else does (36)."""
    deep = {"name": "f", "parameters": {"properties": {"cache_control": {"type": "string"}}}}
    tool = {"type": "function", "function": deep, "cache_control": {"type": "ephemeral"}}
    told = [
        {"role": "user", "content": [MARKED]},
        {"role": "user", "content": "x", "cache_control": {"type": "ephemeral"}},
    ]
    sent, losses = passed(at("groq", "m"), messages=told, tools=[tool])

    assert sent["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "hi"}]},
        {"role": "user", "content": "x"},
    ]
    assert sent["tools"] == [{"type": "function", "function": deep}]
    assert losses == ("cache_control",)
    for to in (at("openrouter", "anthropic/claude"), at("bedrock", "bedrock/claude", wire="litellm")):
        assert passed(to, messages=told, tools=[tool])[0]["messages"] == told


def test_reasoning_that_is_echoed() -> None:
    """Who refuses reasoning does not get it back, and who wants it does (40, 50)."""
    told = [*HI, {"role": "assistant", "content": "so", "reasoning_content": "hm", "reasoning": "hm"}, *HI]
    bare = [*HI, {"role": "assistant", "content": "so"}, *HI]

    for to in (at(), at("groq", "m"), at("mistral", "m"), at("cerebras", "m")):
        sent, losses = passed(to, messages=told)
        assert (sent["messages"], losses) == (bare, ("thinking",))
    for to in (at("deepseek", "m"), at("vllm", "m"), at("generic", "m")):
        assert passed(to, messages=told)[0]["messages"] == told


def test_what_clients_return_with_an_answer() -> None:
    """Groq and Mistral refuse members that they do not know, null or not; OpenAI knows its own (35)."""
    echo: dict[str, Any] = {
        "role": "assistant",
        "content": "so",
        "refusal": None,
        "audio": None,
        "function_call": None,
        "annotations": [],
    }
    sent, losses = passed(at("groq", "m"), messages=[*HI, echo, *HI])
    _, lost = passed(at("groq", "m"), messages=[*HI, {**echo, "refusal": "No."}, *HI])

    assert (sent["messages"][1], losses) == ({"role": "assistant", "content": "so"}, ())
    assert lost == ("messages.refusal",)
    assert passed(at(), messages=[*HI, echo, *HI])[0]["messages"][1] == echo


def test_deepseek_does_not_think_over_calls_of_others() -> None:
    """It refuses calls without the reasoning behind them while it thinks (50)."""
    to = at("deepseek", "deepseek-v4")
    foreign, losses = passed(to, messages=[*HI, asks("a"), answers("a")], reasoning_effort="high")
    own, _ = passed(to, messages=[*HI, asks("a", reasoning_content="hm"), answers("a")], reasoning_effort="high")
    told, lost = passed(to, messages=[*HI, asks("a"), answers("a")], thinking={"type": "enabled"})

    assert (foreign["thinking"], "reasoning_effort" in foreign, losses) == (
        {"type": "disabled"},
        False,
        ("reasoning_effort",),
    )
    assert ("thinking" in own, own["reasoning_effort"]) == (False, "high")
    assert (told["thinking"], lost) == ({"type": "enabled"}, ())


def signed(signature: str) -> dict[str, Any]:
    """An assistant's message with two calls, the first of them signed."""
    message = asks("a", "b")
    message["tool_calls"][0]["extra_content"] = {"google": {"thought_signature": signature}}
    return message


def test_signatures_of_calls() -> None:
    """Google's own stay at Google, those of others go, and where the calls of a message bear none, that is said (45, 46, 47)."""

    def sent(to: Deployment, message: dict[str, Any]) -> tuple[list[Any], tuple[str, ...]]:
        body, losses = passed(to, messages=[*HI, message, answers("a"), answers("b")])
        return [call.get("extra_content") for call in body["messages"][1]["tool_calls"]], losses

    own, none = {"google": {"thought_signature": "s"}}, {"google": {"thought_signature": UNSIGNED}}
    gemini, older = at("gemini", "gemini-3-pro"), at("gemini", "gemini-2.5-flash")

    assert sent(gemini, signed("s")) == ([own, None], ())
    assert sent(gemini, signed(tagged("openai-chat", "s"))) == ([own, None], ())
    assert sent(gemini, signed(tagged("gemini", "s"))) == ([none, None], ("thinking",))
    assert sent(gemini, signed("mr1.???")) == ([none, None], ("thinking",))
    assert sent(gemini, asks("a", "b")) == ([none, None], ())
    assert sent(older, asks("a", "b")) == ([None, None], ())
    assert sent(at(), signed("s")) == ([None, None], ("thinking",))


def test_a_request_is_used_more_than_once() -> None:
    """What one target needs does not show in what the next one gets."""
    raw = json.dumps({"model": "m", "messages": [*HI, asks("a"), answers("a")]}).encode()
    parsed = parse(raw)
    for to in (at("gemini", "gemini-3"), at("mistral", "m"), at("deepseek", "m"), at("groq", "m")):
        pass_on(raw, parsed, to)

    assert parsed == json.loads(raw)


def test_what_does_not_pass_through_litellm_is_named() -> None:
    """Members that the library would take for its own, or not know, stay behind by name; values that ask nothing do not."""
    ask = {"messages": [{"role": "user", "content": "hi"}], "seed": 1, "verbosity": "low", "modelrouter": {"x": 1}}
    lost = {"metadata": {"a": "b"}, "store": True, "thinking": {"type": "enabled"}, "api_base": "http://evil.test"}
    raw = json.dumps({"model": "p", **ask, **lost, "web_search_options": None}).encode()
    library = at("bedrock", "x", wire="litellm")
    idle = json.dumps({"model": "p", **ask, "store": False, "metadata": {}, "top_k": None}).encode()

    rendered, nothing = pass_on(raw, parse(raw), library), pass_on(idle, parse(idle), library)

    assert isinstance(rendered, Rendered)
    assert isinstance(nothing, Rendered)
    assert (set(rendered.losses), nothing.losses) == (set(lost), ())


def test_images_by_address_stay_away_from_litellm() -> None:
    """It would fetch them from here; data addresses pass."""
    told = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.test/b.png"}}]}]
    raw = json.dumps({"model": "m", "messages": told}).encode()

    assert isinstance(pass_on(raw, parse(raw), at("bedrock", "x", wire="litellm")), NotPortable)
    assert isinstance(pass_on(raw, parse(raw), at()), Rendered)


def test_thinking_of_others_stays_away_from_claude() -> None:
    """Blocks that bear our mark go, Claude's own stay (40, 41)."""
    own = {"type": "thinking", "thinking": "hm", "signature": "EqQB"}
    foreign = {"type": "thinking", "thinking": "hm", "signature": tagged("gemini", "s")}
    sealed = {"type": "redacted_thinking", "data": tagged("openai-responses", "s")}
    text = {"type": "text", "text": "so"}
    told = [*HI, {"role": "assistant", "content": [own, foreign, sealed, text]}, *HI]
    sent, losses = passed(at("anthropic", "claude-opus-4-5", wire="anthropic-messages"), messages=told, max_tokens=9)

    assert (sent["messages"][1]["content"], losses) == ([own, text], ("thinking",))


def test_reasoning_of_others_stays_away_from_responses() -> None:
    """Items whose encrypted content bears our mark go, OpenAI's own stay (48, 49)."""
    own = {"type": "reasoning", "id": "rs_1", "encrypted_content": "gAAA", "summary": []}
    foreign = {"type": "reasoning", "encrypted_content": tagged("anthropic-messages", "ts"), "summary": []}
    raw = json.dumps({"model": "m", "input": [own, foreign, {"role": "user", "content": "hi"}]}).encode()
    rendered = pass_on(raw, parse(raw), at("openai", "gpt-5", wire="openai-responses"))

    assert isinstance(rendered, Rendered)
    assert json.loads(rendered.body)["input"] == [own, {"role": "user", "content": "hi"}]
    assert rendered.losses == ("thinking",)


def test_thoughts_of_others_stay_away_from_gemini() -> None:
    """Parts signed by somebody else lose the signature, and a call that nobody signed says so (45, 46)."""
    mark = base64.b64encode(tagged("anthropic-messages", "s").encode()).decode()
    contents = [
        {"role": "user", "parts": [{"text": "hi"}]},
        {
            "role": "model",
            "parts": [{"thought": True, "text": "hm", "thoughtSignature": mark}, {"functionCall": {"name": "f"}}],
        },
        {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {}}}]},
    ]
    raw = json.dumps({"contents": contents}).encode()
    rendered = pass_on(raw, parse(raw), at("gemini", "gemini-3-pro", wire="gemini"))

    assert isinstance(rendered, Rendered)
    assert mark.encode() not in rendered.body
    assert rendered.losses == ("thinking",)


SAID_TO: dict[str, dict[str, Any]] = {
    "anthropic-messages": {
        "max_tokens": 9,
        "messages": [{"role": "assistant", "content": [{"type": "redacted_thinking", "data": tagged("gemini", "s")}]}],
    },
    "openai-responses": {"input": [{"type": "reasoning", "encrypted_content": tagged("gemini", "s"), "summary": []}]},
    "gemini": {
        "contents": [
            {
                "role": "model",
                "parts": [
                    {"functionCall": {"name": "f"}, "thought_signature": tagged("anthropic-messages", "s")},
                    {"text": "so"},
                ],
            }
        ]
    },
}
"""By wire: what another provider signed, in our mark."""


@pytest.mark.parametrize("wire", SAID_TO)
def test_our_marks_are_found_in_any_spelling(wire: str) -> None:
    """Neither escapes nor blanks carry a mark of ours past the look that spares most bodies a search."""
    body = {"model": "m", **SAID_TO[wire]}
    raw = json.dumps(body).encode(), spelled_out(body)
    told = [pass_on(each, parse(each), at("openai", "claude-opus-4-5", wire=wire)) for each in raw]

    for rendered in told:
        assert isinstance(rendered, Rendered)
        assert rendered.losses == ("thinking",)
        assert b"mr1." not in json.dumps(json.loads(rendered.body)).encode()


REFUSED = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "stop", "user", "seed", "stream_options")


@given(
    st.dictionaries(st.sampled_from(REFUSED), st.sampled_from([0, 1, "x", ["a"], None]), max_size=3),
    st.dictionaries(st.sampled_from(["max_tokens", "max_completion_tokens"]), st.just(5), max_size=1),
    st.sampled_from(
        [("openai", "gpt-4.1"), ("openai", "o3"), ("openai", "gpt-5"), ("mistral", "m"), ("xai", "grok-4.5")]
    ),
)
def test_nothing_that_is_refused_is_sent(members: dict[str, Any], limit: dict[str, Any], to: tuple[str, str]) -> None:
    """Whatever else is in a body: no member goes out that its target is known to refuse, and the others all do."""
    body, _ = passed(at(*to), **members, **limit)
    taken = traits(at(*to))
    refused = taken.refuses | taken.refuses_while_thinking

    assert refused.isdisjoint(body)
    assert {name: members[name] for name in members if name not in {*refused, "seed"}}.items() <= body.items()
    assert not limit or 5 in (body.get("max_tokens"), body.get("max_completion_tokens"))
    assert body.get(taken.seed) == members.get("seed")
    assert taken.seed == "seed" or "seed" not in body


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["assistant", "tool", "developer", "x", "mr1.x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("role", "content", "tool_calls", "id", "tool_call_id", "extra_content", "google"),
                    *("thought_signature", "cache_control", "reasoning", "reasoning_content", "function"),
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
MEMBERS = st.dictionaries(
    st.sampled_from(
        [
            "messages",
            "tools",
            "temperature",
            "max_tokens",
            "max_completion_tokens",
            "reasoning_effort",
            "stop",
            "logprobs",
            "cache_control",
        ]
    ),
    ODD,
    max_size=5,
)


@given(
    MEMBERS,
    st.lists(
        st.dictionaries(
            st.sampled_from(["role", "content", "tool_calls", "tool_call_id", "reasoning"]), ODD, max_size=4
        ),
        max_size=4,
    ),
    st.sampled_from(
        [at(), at("mistral", "m"), at("groq", "m"), at("deepseek", "m"), at("gemini", "gemini-3"), at("openai", "o3")]
    ),
)
def test_bodies_of_any_shape(members: dict[str, Any], messages: list[Any], to: Deployment) -> None:
    """A body is passed on, not portable or a bad request; it never breaks us."""
    raw = json.dumps({"model": "m", "messages": messages, **members}).encode()
    try:
        rendered = pass_on(raw, parse(raw), to)
    except BadRequestError:
        return

    assert isinstance(rendered, NotPortable) or json.loads(rendered.body)["model"] == to.name
