"""Chat requests rendered for the Messages wire; numbers are those of known pitfalls."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming, MessageCreateParamsStreaming
from pydantic import TypeAdapter
from support.inventories import deployment

from modelrouter.core.inventory import Deployment, Model
from modelrouter.errors import BadRequestError
from modelrouter.wire.translate import NotPortable, Rendered, render_request

NON_STREAMING = TypeAdapter(MessageCreateParamsNonStreaming)
STREAMING = TypeAdapter(MessageCreateParamsStreaming)

OPUS = Model(
    id="claude-opus-4-8",
    developer="anthropic",
    family="claude",
    context=200_000,
    output=32_000,
    capabilities=frozenset({"tools", "vision", "json_schema", "thinking"}),
)
OLD = Model(id="claude-haiku-4-5", developer="anthropic", family="claude", context=200_000, output=None)
HI = [{"role": "user", "content": "hi"}]
TOOL = {
    "type": "function",
    "function": {"name": "f", "description": "does", "parameters": {"type": "object", "properties": {}}},
}


def claude(model: Model, name: str | None = None) -> Deployment:
    """A deployment of a model that its provider calls by its own id, or by another name."""
    return replace(deployment("claude", wire="anthropic-messages", model=model), name=name or model.id)


def plain(value: object) -> object:
    """Read to the end what the validator reads only on demand, so that nothing goes unchecked."""
    if isinstance(value, Mapping):
        return {key: plain(member) for key, member in value.items()}
    return [plain(member) for member in value] if isinstance(value, list | Iterator) else value


def render(
    body: dict[str, Any], model: Model = OPUS, name: str | None = None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Render a request, have the official SDK's types check every field of it, and return it with its losses."""
    request = {"model": "claims", "messages": HI, **body}
    rendered = render_request("openai-chat", request, claude(model, name))

    assert isinstance(rendered, Rendered)
    sent = json.loads(rendered.body)
    # The SDK's types are those of the next API version, which has no sampling parameters.
    typed = {field: value for field, value in sent.items() if field not in {"temperature", "top_p"}}
    adapter = STREAMING if sent.get("stream") else NON_STREAMING
    assert plain(adapter.validate_python(typed)) == typed
    return sent, rendered.losses


def refusal(body: dict[str, Any], model: Model = OPUS) -> str:
    """Say why a request cannot be rendered."""
    request = {"model": "claims", "messages": HI, **body}
    rendered = render_request("openai-chat", request, claude(model))

    assert isinstance(rendered, NotPortable)
    return rendered.reason


def messages(*said: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages that a history becomes."""
    sent, _ = render({"messages": list(said)})
    return list(sent["messages"])


def a_file(address: str) -> dict[str, Any]:
    """A file part."""
    return {"type": "file", "file": {"file_data": address}}


def test_the_sdk_types_bite() -> None:
    """The check that every rendering passes refuses a field that the SDK does not know, at any depth."""
    block = {"type": "text", "text": "x", "made_up": 1}
    sent = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": [block]}]}

    assert plain(NON_STREAMING.validate_python(sent)) != sent


def test_a_plain_request() -> None:
    """Only what was asked is sent, with the length that this wire demands, and nothing is lost (54)."""
    assert render({}, name="claude-opus-4-8@eu") == (
        {
            "model": "claude-opus-4-8@eu",
            "max_tokens": 32_000,
            "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
        },
        (),
    )


def test_fields_that_are_null_or_neutral_ask_nothing() -> None:
    """Null is what an absent field is, and defaults spelled out are no losses (35)."""
    body = {
        "temperature": None,
        "stop": None,
        "tools": None,
        "n": 1,
        "logprobs": False,
        "top_logprobs": None,
        "modalities": ["text"],
        "frequency_penalty": 0,
        "response_format": {"type": "text"},
        "stream_options": {"include_usage": True},
        "store": False,
        "stream": False,
        "modelrouter": {"process": "x"},
    }

    assert render(body) == render({})


@pytest.mark.parametrize(
    ("body", "model", "limit", "losses"),
    [
        ({"max_tokens": 5}, OPUS, 5, ()),
        ({"max_tokens": 5, "max_completion_tokens": 6}, OPUS, 6, ()),
        ({"max_tokens": 99_999}, OPUS, 32_000, ("max_tokens",)),
        ({"max_tokens": 99_999}, OLD, 99_999, ()),
        ({}, OLD, 4096, ()),
    ],
)
def test_the_length_of_the_answer(body: dict[str, Any], model: Model, limit: int, losses: tuple[str, ...]) -> None:
    """The limit is the request's, at most the model's, and stated where the request is silent (54)."""
    sent, lost = render(body, model)

    assert (sent["max_tokens"], lost) == (limit, losses)


@pytest.mark.parametrize(
    ("name", "sent", "losses"),
    [
        ("claude-opus-4-8", {}, ("temperature", "top_p")),
        ("eu.anthropic.claude-opus-5-v1:0", {}, ("temperature", "top_p")),
        ("claude-mythos-preview", {}, ("temperature", "top_p")),
        ("claude-sonnet-4-6", {"temperature": 1}, ("temperature", "top_p")),
        ("claude-sonnet-4-20250514", {"temperature": 1, "top_p": 0.9}, ("temperature",)),
        ("claude-3-5-sonnet-20241022", {"temperature": 1, "top_p": 0.9}, ("temperature",)),
        ("kimi-k3", {"temperature": 1, "top_p": 0.9}, ("temperature",)),
    ],
)
def test_sampling_is_sent_where_it_is_taken(name: str, sent: dict[str, float], losses: tuple[str, ...]) -> None:
    """New models refuse sampling, those before take one of the two parameters; what is beyond the range is cut (52, 55)."""
    model = Model(id=name, developer="x", family="x", context=1000)
    got, lost = render({"temperature": 1.5, "top_p": 0.9}, model)

    assert {field: got[field] for field in ("temperature", "top_p") if field in got} == sent
    assert lost == losses


def test_a_temperature_of_zero_is_sent() -> None:
    """Zero is a value and not an absence."""
    sent, losses = render({"temperature": 0}, OLD)

    assert (sent["temperature"], losses) == (0, ())


@pytest.mark.parametrize(
    ("stop", "sent", "losses"),
    [("END", ["END"], ()), (["a", "b"], ["a", "b"], ()), (["a", "\n"], ["a"], ("stop",)), (["\n"], None, ("stop",))],
)
def test_stop_sequences(stop: object, sent: object, losses: tuple[str, ...]) -> None:
    """One or several are sent; blank ones are refused there and lost here (56)."""
    got, lost = render({"stop": stop})

    assert (got.get("stop_sequences"), lost) == (sent, losses)


@pytest.mark.parametrize(
    ("name", "asked", "sent"),
    [
        ("claude-opus-4-8", "high", "high"),
        ("claude-opus-4-8", "xhigh", "xhigh"),
        ("claude-opus-4-6", "xhigh", "high"),
        ("claude-opus-4-6", "max", "max"),
        ("claude-opus-4-5-20251101", "max", "high"),
        ("claude-opus-4-8", "minimal", "low"),
        ("claude-opus-4-8", "none", None),
        ("claude-opus-5", "none", "low"),
        ("claude-sonnet-4-5", "high", None),
        ("claude-opus-4-8", "made-up", "low"),
    ],
)
def test_reasoning_effort(name: str, asked: str, sent: str | None) -> None:
    """The nearest effort that the model knows and that is no stronger is sent; anything but the same is a loss (58)."""
    model = Model(id=name, developer="x", family="claude", context=1000, capabilities=frozenset({"thinking"}))
    got, losses = render({"reasoning_effort": asked}, model)

    assert got.get("output_config", {}).get("effort") == sent
    assert losses == (() if asked in (sent, "none") and "opus-5" not in name else ("reasoning_effort",))


def test_effort_for_a_model_that_does_not_think() -> None:
    """A model without thinking in the inventory gets no effort, and the loss is stated."""
    sent, losses = render({"reasoning_effort": "low"}, OLD)

    assert ("output_config" in sent, losses) == (False, ("reasoning_effort",))


@pytest.mark.parametrize(
    ("body", "choice"),
    [
        ({}, None),
        ({"tool_choice": "auto"}, None),
        ({"tool_choice": "required"}, {"type": "any"}),
        ({"tool_choice": "none"}, {"type": "none"}),
        ({"tool_choice": {"type": "function", "function": {"name": "f"}}}, {"type": "tool", "name": "f"}),
        ({"parallel_tool_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}),
        ({"parallel_tool_calls": True}, None),
        (
            {"tool_choice": "required", "parallel_tool_calls": False},
            {"type": "any", "disable_parallel_tool_use": True},
        ),
    ],
)
def test_tool_choice(body: dict[str, Any], choice: object) -> None:
    """Every way of choosing tools has its counterpart, parallel calls included (21, 59)."""
    sent, losses = render({"tools": [TOOL], **body})

    assert (sent.get("tool_choice"), losses) == (choice, ())
    assert sent["tools"] == [{"name": "f", "description": "does", "input_schema": {"type": "object", "properties": {}}}]


def test_allowed_tools() -> None:
    """A restriction to some of the tools leaves the others out."""
    other = {"type": "function", "function": {"name": "g"}}
    allowed = {"mode": "required", "tools": [{"type": "function", "function": {"name": "g"}}]}
    sent, _ = render({"tools": [TOOL, other], "tool_choice": {"type": "allowed_tools", "allowed_tools": allowed}})

    assert [tool["name"] for tool in sent["tools"]] == ["g"]
    assert sent["tool_choice"] == {"type": "any"}


def test_calls_in_the_history_without_tools() -> None:
    """Tools that were called are declared though none may be called now (20)."""
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    history = [*HI, {"role": "assistant", "tool_calls": [call]}, {"role": "tool", "tool_call_id": "a", "content": "1"}]
    sent, _ = render({"messages": history})

    assert sent["tools"] == [{"name": "f", "input_schema": {"type": "object"}}]
    assert sent["tool_choice"] == {"type": "none"}


def a_recording(form: str) -> dict[str, Any]:
    """A recording in a message."""
    return {"type": "input_audio", "input_audio": {"data": "AA", "format": form}}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"n": 2}, "n has no equivalent"),
        ({"logprobs": True}, "logprobs"),
        ({"logit_bias": {"1": 2}}, "logit_bias"),
        ({"modalities": ["text", "audio"], "audio": {"voice": "x"}}, "audio"),
        ({"functions": [{"name": "f"}]}, "functions"),
        ({"web_search_options": {}}, "web_search_options"),
        ({"tools": [{"type": "custom", "custom": {"name": "f"}}]}, "'custom'"),
        ({"tools": [{"type": "web_search"}]}, "'web_search'"),
        ({"tool_choice": {"type": "custom"}}, "tool_choice"),
        ({"response_format": {"type": "grammar"}}, "'grammar'"),
        ({"messages": [{"role": "function", "name": "f", "content": "1"}]}, "'function'"),
        ({"messages": [{"role": "assistant", "function_call": {"name": "f"}}]}, "function_call"),
        ({"messages": [{"role": "assistant", "tool_calls": [{"type": "custom", "id": "a"}]}]}, "'custom'"),
        ({"messages": [{"role": "user", "content": [a_recording("mp3")]}]}, "recording"),
        ({"messages": [{"role": "user", "content": [a_recording("midi")]}]}, "'midi'"),
        ({"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]}, "by its id"),
        ({"messages": [{"role": "user", "content": [a_file("data:application/zip;base64,AA")]}]}, "'application/zip'"),
        ({"messages": [{"role": "user", "content": [a_file("data:text/plain;base64,/w==")]}]}, "UTF-8"),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "image_url", "image_url": "data:image/bmp;base64,AA"}]}
                ]
            },
            "'image/bmp'",
        ),
    ],
)
def test_what_cannot_be_asked_is_not_asked(body: dict[str, Any], reason: str) -> None:
    """A demand without an equivalent skips the target before a call is spent (29, 57, 66, 68)."""
    assert reason in refusal(body)


def test_wishes_that_are_lost_are_named() -> None:
    """What the target does not know is left out and stated, never sent (38)."""
    tool = {"type": "function", "function": {"name": "f", "strict": True}}
    sent, losses = render(
        {"seed": 1, "presence_penalty": 0.5, "top_k": 4, "verbosity": "low", "thinking": {"type": "x"}, "tools": [tool]}
    )

    assert set(sent) == {"model", "max_tokens", "messages", "tools"}
    assert set(losses) == {"seed", "presence_penalty", "top_k", "verbosity", "thinking"}


@pytest.mark.parametrize(
    ("body", "user"),
    [
        ({"user": "u-1f"}, "u-1f"),
        ({"user": "old", "safety_identifier": "new"}, "new"),
        ({"user": "jane@example.com"}, sha256(b"jane@example.com").hexdigest()),
        ({"user": "+4930123"}, sha256(b"+4930123").hexdigest()),
        ({"user": "4930123"}, sha256(b"4930123").hexdigest()),
    ],
)
def test_the_end_user(body: dict[str, Any], user: str) -> None:
    """An opaque word passes; what could identify a person is hashed, for the API refuses it."""
    sent, losses = render(body)

    assert (sent["metadata"], losses) == ({"user_id": user}, ())


def test_a_stream_is_asked_for() -> None:
    """Streaming is asked for in the target's word."""
    assert render({"stream": True})[0]["stream"] is True


def test_a_schema_for_the_answer() -> None:
    """Objects are closed, what is not enforced goes into the description and is stated (61, 62, 63)."""
    schema = {
        "$schema": "x",
        "type": "object",
        "properties": {
            "minimum": {"type": "integer", "minimum": 3, "description": "count"},
            "item": {"$ref": "#/definitions/Item", "description": "dropped beside a reference"},
            "when": {"type": "string", "format": "date", "pattern": "^2"},
            "any": True,
            "some": {"type": "array", "items": {"oneOf": [{"const": 1}, {"type": "null"}]}, "minItems": 1},
        },
        "required": ["minimum"],
        "definitions": {"Item": {"type": "object", "properties": {}, "additionalProperties": True}},
    }
    sent, losses = render({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}})

    assert sent["output_config"]["format"]["schema"] == {
        "type": "object",
        "properties": {
            "minimum": {"type": "integer", "description": "count\n\n{minimum: 3}"},
            "item": {"$ref": "#/$defs/Item"},
            "when": {"type": "string", "format": "date", "description": '{pattern: "^2"}'},
            "any": True,
            "some": {"type": "array", "items": {"anyOf": [{"const": 1}, {"type": "null"}]}, "minItems": 1},
        },
        "required": ["minimum"],
        "additionalProperties": False,
        "$defs": {
            "Item": {
                "type": "object",
                "properties": {},
                "additionalProperties": False,
                "description": "{additionalProperties: true}",
            }
        },
    }
    assert losses == (
        "response_format.minimum",
        "response_format.pattern",
        "response_format.additionalProperties",
    )


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"$ref": "#/$defs/A", "$defs": {"A": {"properties": {"next": {"$ref": "#/$defs/A"}}}}}, "refers to itself"),
        (
            {"$defs": {"A": {"items": {"$ref": "#/$defs/B"}}, "B": {"items": {"$ref": "#/$defs/A"}}}},
            "refers to itself",
        ),
        ({"properties": {"next": {"$ref": "#"}}}, "refers to itself"),
        ({"$ref": "https://example.com/schema"}, "https://example.com/schema"),
    ],
)
def test_a_schema_that_cannot_be_enforced(schema: dict[str, Any], reason: str) -> None:
    """Recursion and foreign references are refused there, so the target is skipped."""
    assert reason in refusal({"response_format": {"type": "json_schema", "json_schema": {"schema": schema}}})


def test_a_schema_for_a_model_that_enforces_none() -> None:
    """A schema is a demand: a model that does not enforce it is skipped (64)."""
    body = {"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "object"}}}}

    assert "enforces no schema" in refusal(body, OLD)


def test_json_without_a_schema_is_asked_for_in_words() -> None:
    """OpenAI's JSON mode is emulated by an instruction, and that is stated."""
    messages = [{"role": "developer", "content": "be brief"}, *HI]
    sent, losses = render({"messages": messages, "response_format": {"type": "json_object"}})

    assert sent["system"].startswith("be brief\n\nAnswer with one JSON object")
    assert losses == ("response_format",)


def test_images_and_files() -> None:
    """Data addresses become base64, addresses stay, PDFs and texts become documents (66, 67)."""
    pdf = {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBE"}
    content = [
        {"type": "image_url", "image_url": {"url": "data:image/JPG;base64,AAAA", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "auto"}},
        {"type": "file", "file": pdf},
        {"type": "file", "file": {"file_data": "data:text/plain;charset=utf-8;base64,aMOp"}},
        {"type": "text", "text": "look"},
    ]
    sent, losses = render({"messages": [{"role": "user", "content": content}]})

    assert sent["messages"][0]["content"] == [
        {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "AAAA"}},
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"},
            "title": "a.pdf",
        },
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "hé"}},
        {"type": "text", "text": "look"},
    ]
    assert losses == ("image_url.detail",)


@pytest.mark.parametrize(
    ("arguments", "sent", "losses"),
    [
        ('{"a":1}', [{"a": 1}], ()),
        ("", [{}], ()),
        (None, [{}], ()),
        ({"a": 1}, [{"a": 1}], ()),
        ('{"n":123456789012345678901234}', [{"n": 123456789012345678901234}], ()),
        ('{"a":1}{"a":2}', [{"a": 1}, {"a": 2}], ()),
        ('{"a":', [{}], ("tool_calls.arguments",)),
        ("[1]", [{}], ("tool_calls.arguments",)),
    ],
)
def test_arguments_of_calls(arguments: object, sent: list[object], losses: tuple[str, ...]) -> None:
    """Texts, objects, nothing, several in one, and those cut off: each is sent as an object (25, 26)."""
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": arguments}}
    got, lost = render(
        {"messages": [*HI, {"role": "assistant", "content": None, "tool_calls": [call]}], "tools": [TOOL]}
    )

    assert [block["input"] for block in got["messages"][1]["content"]] == sent
    assert lost == losses


def test_surrogates_survive() -> None:
    """A lone surrogate, which JSON can write and UTF-8 cannot, reaches the target."""
    assert messages({"role": "user", "content": "a\ud800"})[0]["content"][0]["text"] == "a\ud800"


def test_foreign_extras_stay_behind() -> None:
    """Cache marks, names, annotations, reasoning and refusals of other wires do not leak (36, 39, 40)."""
    part = {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}
    said = {"role": "assistant", "content": "y", "reasoning_content": "hm", "annotations": [], "phase": "final"}
    sent, losses = render({"messages": [{"role": "user", "name": "jo", "content": [part]}, said, *HI]})

    assert [block for message in sent["messages"] for block in message["content"]] == [
        {"type": "text", "text": "x"},
        {"type": "text", "text": "y"},
        {"type": "text", "text": "hi"},
    ]
    assert losses == ("messages.name", "thinking")


def test_a_refusal_in_the_history_is_what_was_said() -> None:
    """A refusal, as a field or as a part, is text."""
    parts = [{"type": "refusal", "refusal": "no"}]
    history = messages(*HI, {"role": "assistant", "refusal": "no"}, *HI, {"role": "assistant", "content": parts}, *HI)

    assert [history[1], history[3]] == [{"role": "assistant", "content": [{"type": "text", "text": "no"}]}] * 2


@pytest.mark.parametrize(
    "body",
    [
        {"messages": ["hi"]},
        {"messages": [{"role": "user", "content": 5}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "ftp://x"}]}]},
        {"tools": [{"type": "function"}]},
        {"response_format": {"type": "json_schema"}},
        {"temperature": "hot"},
    ],
)
def test_a_request_that_its_own_wire_does_not_know(body: dict[str, Any]) -> None:
    """A part that is missing or of the wrong kind is the caller's mistake and said to be."""
    request = {"model": "claims", "messages": HI, **body}

    with pytest.raises(BadRequestError):
        render_request("openai-chat", request, claude(OLD))


def test_nesting_beyond_reason() -> None:
    """A request nested more deeply than can be written is skipped, not crashed on."""
    schema: dict[str, Any] = {}
    for _ in range(5000):
        schema = {"items": schema}

    assert "nested" in refusal({"response_format": {"type": "json_schema", "json_schema": {"schema": schema}}})
