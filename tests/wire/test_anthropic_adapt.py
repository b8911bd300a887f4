"""Bodies that stay on the wire of Messages, and what changes in them for the model that gets them."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.inventories import deployment

from modelrouter.core.inventory import Model
from modelrouter.drills.twins.anthropic_rules import check
from modelrouter.errors import BadRequestError
from modelrouter.wire.passing import pass_on
from modelrouter.wire.tags import tagged
from modelrouter.wire.translate import NotPortable, Rendered, render_request

if TYPE_CHECKING:
    from modelrouter.core.inventory import Deployment

CAN = frozenset({"tools", "thinking"})
USER = {"role": "user", "content": "hi"}
CALL = {"type": "tool_use", "id": "a", "name": "f", "input": {}}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "1"}]}
TOOLS = [{"name": "f", "input_schema": {"type": "object"}}]
BUDGET = {"type": "enabled", "budget_tokens": 2000}


def claude(name: str, **facts: Any) -> Deployment:
    """A deployment of a model."""
    model = Model(id=name, developer="x", family="x", context=200_000, **{"capabilities": CAN, **facts})
    return replace(deployment("d", wire="anthropic-messages", model=model), name=name)


def passed(body: dict[str, Any], name: str, **facts: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What a body becomes, held against the rules of the service where these are known, and its losses."""
    whole = {"model": "claims", "max_tokens": 10_000, "messages": [USER], **body}
    rendered = pass_on(json.dumps(whole).encode(), whole, claude(name, **facts))

    assert isinstance(rendered, Rendered)
    sent = json.loads(rendered.body)
    if "claude" in name:
        check(sent, "2023-06-01")
    assert sent.pop("model") == name
    return sent, rendered.losses


@pytest.mark.parametrize("name", ["claude-sonnet-4-5", "claude-opus-4-8", "claude-opus-5", "kimi-k3"])
def test_a_body_that_needs_no_change_passes_byte_for_byte(name: str) -> None:
    """Long integers, spellings and blanks stay: only the name of the model is another (42)."""
    body = b'{ "model":"x", "max_tokens":10, "messages":[{"role":"user","content":"\\u00e9"}], "n":1234567890123456789012.0}'
    rendered = pass_on(body, json.loads(body), claude(name))

    assert rendered == Rendered(body.replace(b'"x"', f'"{name}"'.encode()), ())


def test_what_others_signed_is_taken_out() -> None:
    """Foreign thinking and the marks of calls go, and a message that was nothing else goes with them (40, 41)."""
    foreign = {"type": "thinking", "thinking": "hm", "signature": tagged("openai-responses", "s")}
    sealed = {"type": "redacted_thinking", "data": tagged("x", "d")}
    mark = {"type": "redacted_thinking", "data": tagged("call:gemini", "s")}
    said = [USER, {"role": "assistant", "content": [foreign, mark, CALL]}, RESULT]
    alone = [USER, {"role": "assistant", "content": [sealed]}, USER]

    sent, losses = passed({"messages": said, "tools": TOOLS}, "claude-opus-4-8")
    assert sent["messages"] == [USER, {"role": "assistant", "content": [CALL]}, RESULT]
    assert losses == ("thinking",)
    assert passed({"messages": alone}, "claude-opus-4-8")[0]["messages"] == [USER, USER]
    assert (
        passed({"messages": [USER, {"role": "assistant", "content": [mark, CALL]}, RESULT], "tools": TOOLS}, "kimi")[1]
        == ()
    )


def test_words_that_look_like_a_mark_are_no_mark() -> None:
    """What people and tools say stays as it is, blocks that are none too."""
    said = [
        {"role": "user", "content": [{"type": "text", "text": "mr1.x"}, "mr1."]},
        {"role": "assistant", "content": "mr1."},
    ]

    assert passed({"messages": [*said, USER]}, "kimi-k3") == ({"max_tokens": 10_000, "messages": [*said, USER]}, ())


def test_own_signatures_come_back_bare() -> None:
    """What Anthropic signed and another wire carried is given back as it was."""
    marked = [
        {"type": "thinking", "thinking": "hm", "signature": tagged("anthropic-messages", "s")},
        {"type": "redacted_thinking", "data": tagged("anthropic-messages", "d")},
        {"type": "thinking", "thinking": "sum", "signature": tagged("sealed:anthropic-messages", "e")},
        {"type": "thinking", "thinking": "own", "signature": "o"},
    ]
    sent, losses = passed({"messages": [USER, {"role": "assistant", "content": marked}, USER]}, "kimi-k3")

    assert sent["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "redacted_thinking", "data": "d"},
        {"type": "redacted_thinking", "data": "e"},
        {"type": "thinking", "thinking": "own", "signature": "o"},
    ]
    assert losses == ()


def test_a_loop_that_began_elsewhere_goes_on_without_thinking() -> None:
    """A budget is refused there, and with it what edits thinking; a loop behind it may think again (44)."""
    foreign = {"type": "thinking", "thinking": "hm", "signature": tagged("", "")}
    body = {"thinking": BUDGET, "context_management": {"edits": []}, "tools": TOOLS}
    for begun in ([foreign, CALL], [CALL]):
        loop = [USER, {"role": "assistant", "content": begun}, RESULT]
        sent, losses = passed({**body, "messages": loop}, "claude-sonnet-4-5")

        assert not {"thinking", "context_management"} & sent.keys()
        assert losses == ("thinking", "context_management")
        after = [*loop, {"role": "assistant", "content": "so"}, USER]
        assert passed({**body, "messages": after}, "claude-sonnet-4-5")[0]["thinking"] == BUDGET


@pytest.mark.parametrize(
    ("name", "thinking", "effort", "sent", "losses"),
    [
        ("claude-sonnet-4-5", {"type": "adaptive"}, None, {"type": "enabled", "budget_tokens": 5000}, ("thinking",)),
        (
            "claude-sonnet-4-5",
            {"type": "adaptive", "display": "omitted"},
            "low",
            {"type": "enabled", "budget_tokens": 1024, "display": "omitted"},
            ("thinking", "output_config.effort"),
        ),
        ("claude-opus-4-8", BUDGET, None, {"type": "adaptive"}, ("thinking",)),
        ("claude-sonnet-4-6", BUDGET, None, BUDGET, ()),
        ("claude-opus-5", BUDGET, None, None, ("thinking",)),
        ("claude-opus-5", {"type": "adaptive"}, "max", {"type": "adaptive"}, ()),
        ("claude-opus-4-8", {"type": "disabled"}, None, {"type": "disabled"}, ()),
        ("kimi-k3", {"type": "adaptive"}, "max", {"type": "adaptive"}, ()),
    ],
)
def test_thinking_as_the_model_knows_it(
    name: str, thinking: dict[str, Any], effort: str | None, sent: object, losses: tuple[str, ...]
) -> None:
    """Another generation of Claude is asked in its own way; of models of others nobody knows the rules (38, 58)."""
    body, lost = passed({"thinking": thinking, **({"output_config": {"effort": effort}} if effort else {})}, name)

    assert (body.get("thinking"), lost) == (sent, losses)


def test_thinking_where_there_is_none_to_be_had() -> None:
    """A model that cannot think, a forced tool and a short answer do without."""
    adaptive = {"thinking": {"type": "adaptive"}}
    forced = {**adaptive, "tools": TOOLS, "tool_choice": {"type": "any"}}
    name = "claude-sonnet-4-5"

    assert "thinking" not in passed(adaptive, name, capabilities=frozenset())[0]
    assert "thinking" not in passed(forced, name)[0]
    assert "thinking" not in passed({**adaptive, "max_tokens": 1024}, name)[0]


def test_an_effort_that_the_model_does_not_know() -> None:
    """The next weaker one is named, and what stands beside it stays (58)."""
    config = {
        "effort": "max",
        "format": {"type": "json_schema", "schema": {"type": "object", "additionalProperties": False}},
    }
    sent, losses = passed({"output_config": config}, "claude-opus-4-5")

    assert sent["output_config"] == {**config, "effort": "high"}
    assert losses == ("output_config.effort",)
    assert passed({"output_config": {"effort": "low"}}, "claude-sonnet-4-5")[0].get("output_config") is None
    assert passed({"output_config": config}, "claude-opus-4-8")[0]["output_config"] == config


def test_sampling_that_the_model_refuses() -> None:
    """It is left out with a loss, where it would have been a refusal (52)."""
    drawn = {"temperature": 0.5, "top_p": 0.5, "top_k": 4}

    assert passed(drawn, "claude-opus-4-8")[1] == ("temperature", "top_p", "top_k")
    assert passed(drawn, "claude-sonnet-4-5")[1] == ("top_p",)
    assert passed({**drawn, "top_p": None}, "kimi-k3")[1] == ()


def test_an_answer_no_longer_than_the_model_gives() -> None:
    """A limit beyond the model's own is cut to that, and a budget for thinking with it (54)."""
    long = {"max_tokens": 10_000, "thinking": {**BUDGET, "budget_tokens": 9000}}
    for name in ("kimi-k3", "claude-sonnet-4-5"):
        sent, losses = passed(long, name, output=4000)

        assert (sent["max_tokens"], sent["thinking"]["budget_tokens"]) == (4000, 2000)
        assert losses == ("max_tokens", "thinking")
    assert "thinking" not in passed(long, "kimi-k3", output=1000)[0]
    assert passed({"max_tokens": 10_000}, "kimi-k3", output=4000)[1] == ("max_tokens",)
    assert passed(long, "kimi-k3")[1] == ()
    fits = {"max_tokens": 10_000, "thinking": BUDGET}
    assert passed(fits, "kimi-k3", output=4000) == ({**fits, "max_tokens": 4000, "messages": [USER]}, ("max_tokens",))


WORDS = ["text", "thinking", "tool_use", "tool_result", "document", "image", "enabled", "adaptive", "user", "assistant"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([*WORDS, tagged("x", "y"), "base64", "url", "custom"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "content", "source", "text", "data", "signature", "thinking", "id", "name", "input"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
MEMBERS = st.dictionaries(
    st.sampled_from(
        [
            "thinking",
            "output_config",
            "tools",
            "tool_choice",
            "max_tokens",
            "system",
            "metadata",
            "temperature",
            "top_p",
        ]
    ),
    VALUES,
    max_size=4,
)


@settings(max_examples=300, deadline=None)
@given(
    MEMBERS,
    st.lists(
        st.fixed_dictionaries({}, optional={"role": st.sampled_from(WORDS), "content": VALUES}), min_size=1, max_size=3
    ),
    st.sampled_from(["claude-sonnet-4-5", "claude-opus-4-8", "claude-opus-5", "kimi-k3"]),
)
def test_bodies_of_any_shape(members: dict[str, Any], messages: list[Any], name: str) -> None:
    """Whatever a body holds, it is passed on, put into another wire, refused as unportable, or its caller's mistake."""
    body = {"model": "m", "messages": messages, **members}
    with suppress(BadRequestError):
        assert isinstance(pass_on(json.dumps(body).encode(), body, claude(name, output=4000)), Rendered | NotPortable)
    with suppress(BadRequestError):
        assert isinstance(render_request("anthropic-messages", body, deployment("other")), Rendered | NotPortable)
