"""Requests rendered for deployments that speak Responses; numbers are those of known pitfalls."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.responses.response_create_params import (
    ResponseCreateParamsNonStreaming,
    ResponseCreateParamsStreaming,
)
from pydantic import TypeAdapter
from support.inventories import deployment, provider

from modelrouter.core.inventory import Deployment, Model
from modelrouter.drills.twins.asked import RefusedError
from modelrouter.drills.twins.responses_items import encrypted
from modelrouter.drills.twins.responses_wire import read as twin_read
from modelrouter.wire.conversation import (
    Audio,
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
from modelrouter.wire.openai_responses.encode_request import encode
from modelrouter.wire.openai_responses.ids import item_id
from modelrouter.wire.openai_responses.signatures import packed
from modelrouter.wire.openai_responses.strict import is_strict
from modelrouter.wire.passing import pass_on
from modelrouter.wire.translate import NotPortable, Rendered, render_request

WHOLE = TypeAdapter(ResponseCreateParamsNonStreaming)
STREAMED = TypeAdapter(ResponseCreateParamsStreaming)
HEADERS = {"authorization": "Bearer key"}
HI = (Turn("user", (Text("hi"),)),)
NONE: dict[str, Any] = {"type": "object", "properties": {}}
CLOSED: dict[str, Any] = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def serving(name: str = "gpt-4.1", *, vendor: str = "openai", can: tuple[str, ...] = ("json_schema",)) -> Deployment:
    """A deployment of a model of OpenAI's, or of one that a look-alike serves."""
    model = Model(id=name, developer="openai", family="gpt", context=100_000, capabilities=frozenset({"tools", *can}))
    of = provider("p", vendor=vendor)
    return replace(deployment("d", of=of, wire="openai-responses", model=model), name=name)


def plain(value: object) -> object:
    """Read to the end what the validator reads only on demand, so that nothing goes unchecked."""
    if isinstance(value, Mapping):
        return {key: plain(member) for key, member in value.items()}
    return [plain(member) for member in value] if isinstance(value, list | Iterator) else value


def typed(sent: dict[str, Any]) -> dict[str, Any]:
    """A body with what the SDK's types demand of items and the API does not; agents leave it out too."""
    return {
        **sent,
        "input": [{**_DEMANDED.get(item.get("role", item["type"]), {}), **annotated(item)} for item in sent["input"]],
    }


_DEMANDED = {"assistant": {"id": "msg_1", "status": "completed"}, "reasoning": {"id": "rs_1"}}


def annotated(item: dict[str, Any]) -> dict[str, Any]:
    """A message of the model's with an empty list of annotations in each part."""
    if item.get("role") != "assistant":
        return item
    return {**item, "content": [{"annotations": [], **part} for part in item["content"]]}


def send(conversation: Conversation, to: Deployment | None = None) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Encode a request, have the SDK's types and the rules of the real service check it, and return it with its losses."""
    body, losses = encode(conversation, to or serving())
    sent = json.loads(body)
    whole = sent if isinstance(sent["input"], str) else typed(sent)
    adapter = STREAMED if sent.get("stream") else WHOLE
    assert plain(adapter.validate_python(whole)) == whole
    twin_read(sent, HEADERS)
    return sent, losses


def items(*turns: Turn, to: Deployment | None = None) -> list[dict[str, Any]]:
    """The items that turns become."""
    sent, _ = send(Conversation(turns=turns), to)
    return list(sent["input"])


def asking(**members: Any) -> Conversation:
    """A greeting that asks for something."""
    return Conversation(turns=HI, **members)


def test_the_checks_bite() -> None:
    """What every rendering passes refuses a field that the SDK does not know, and a call that nobody answered."""
    sent = {"model": "m", "input": [{"role": "user", "content": "x", "made_up": 1}]}
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}

    assert plain(WHOLE.validate_python(sent)) != sent
    with pytest.raises(RefusedError):
        twin_read({"model": "m", "input": [call]}, HEADERS)


def test_a_plain_request() -> None:
    """Only what was asked is sent, and nothing is to be stored."""
    assert send(asking()) == (
        {
            "model": "gpt-4.1",
            "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}],
            "store": False,
        },
        (),
    )


def test_who_says_what() -> None:
    """What the system says first are the instructions, later it is the developer; the model's words stay its own (31, 32)."""
    said, _ = send(
        Conversation(
            turns=(
                Turn("system", (Text("be"),)),
                Turn("system", (Text("kind"),)),
                *HI,
                Turn("assistant", (Text("yes"),)),
                Turn("system", (Text("go"),)),
            )
        )
    )

    assert said["instructions"] == "be\n\nkind"
    assert [(item["role"], item["content"][0]["type"], item["content"][0]["text"]) for item in said["input"]] == [
        ("user", "input_text", "hi"),
        ("assistant", "output_text", "yes"),
        ("developer", "input_text", "go"),
    ]


def test_a_look_alike_gets_turns_that_every_template_takes() -> None:
    """Servers with chat templates see the system first alone, and the user first and last (33)."""
    turns = (Turn("assistant", (Text("a"),)), Turn("system", (Text("go"),)), Turn("assistant", (Text("b"),)))
    said = items(*turns, to=serving(vendor="llamacpp"))

    assert [item["role"] for item in said] == ["user", "assistant", "user", "assistant", "user"]
    assert [item["role"] for item in items(*turns)] == ["assistant", "developer", "assistant"]


def test_nothing_said_is_still_a_request() -> None:
    """The API refuses an input without anything in it (34)."""
    assert send(Conversation(turns=()))[0]["input"] == "[no text]"
    sent, _ = send(Conversation(turns=(Turn("system", (Text("be"),)),)))
    assert (sent["instructions"], sent["input"]) == ("be", "[no text]")


def test_media() -> None:
    """Pictures and files go as data addresses or by their own; a recording cannot be sent (66, 67)."""
    (said,) = items(
        Turn(
            "user",
            (
                Image(media_type="image/png", data=DOT),
                Image(url="https://a.test/x.png"),
                Document(media_type="application/pdf", data="JVBERi0=", title="a.pdf"),
                Document(media_type="application/pdf", data="JVBERi0="),
                Document(media_type="application/pdf", url="https://a.test/a.pdf"),
            ),
        )
    )

    assert said["content"] == [
        {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{DOT}"},
        {"type": "input_image", "detail": "auto", "image_url": "https://a.test/x.png"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
        {"type": "input_file", "filename": "file.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
        {"type": "input_file", "file_url": "https://a.test/a.pdf"},
    ]
    with pytest.raises(UnportableError, match="audio"):
        items(Turn("user", (Audio(media_type="audio/wav", data="QQ=="),)))


def test_calls_and_their_results() -> None:
    """Calls and results share ids that the API takes, carry none of their own, and keep media in the result (1, 6, 10, 30)."""
    long = "x" * 69
    said = items(
        *HI,
        Turn(
            "assistant",
            (
                Text("let me"),
                ToolCall(id=long, name="f", arguments={"n": 123456789012345678901234}),
                ToolCall(id="functions.g:0", name="g.h", arguments={}),
            ),
        ),
        Turn("user", (ToolResult(id=long, parts=(Text("a"), Text("b"))),)),
        Turn("user", (ToolResult(id="functions.g:0", parts=(Text("c"), Image(url="https://a.test/x.png"))),)),
    )

    assert [item["type"] for item in said] == [
        *("message", "message", "function_call", "function_call", "function_call_output", "function_call_output")
    ]
    assert not [item for item in said if "id" in item]
    first, second = (item["call_id"] for item in said[2:4])
    assert first != second
    assert [item["call_id"] for item in said[4:]] == [first, second]
    assert all(len(item["call_id"]) <= 64 for item in said[2:])
    assert said[2]["arguments"] == '{"n":123456789012345678901234}'
    assert said[4]["output"] == "a\nb"
    assert [part["type"] for part in said[5]["output"]] == ["input_text", "input_image"]


def test_an_interrupted_loop() -> None:
    """A call that nobody answered gets a result; a tool's own failure, which this wire cannot mark, is a named loss (14)."""
    call = Turn("assistant", (ToolCall(id="c", name="f", arguments={}),))
    failed = Turn("user", (ToolResult(id="c", parts=(Text("boom"),), is_error=True),))
    sent, losses = send(Conversation(turns=(*HI, call)))

    assert (sent["input"][-1]["type"], losses) == ("function_call_output", ())
    assert send(Conversation(turns=(*HI, call, failed)))[1] == ("tool_result.is_error",)


def test_reasoning_goes_back_to_its_issuer() -> None:
    """Own reasoning returns encrypted, without an id, in front of what it led to; anybody else's is dropped by name (11, 40, 48)."""
    sealed = encrypted("key", "rs_1")
    own = Thinking("hm", "openai-responses", sealed, redacted=True)
    call = ToolCall(id="c", name="f", arguments={})
    result = Turn("user", (ToolResult(id="c", parts=(Text("x"),)),))
    said = items(*HI, Turn("assistant", (own, call)), result)

    assert said[1] == {
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "hm"}],
        "encrypted_content": sealed,
    }
    assert said[2]["type"] == "function_call"
    bare = replace(own, text="")
    assert items(*HI, Turn("assistant", (bare, Text("so"))))[1]["summary"] == []
    for foreign in (Thinking("hm"), Thinking("hm", "anthropic-messages", "s"), Thinking("hm", "openai-responses")):
        sent, losses = send(Conversation(turns=(*HI, Turn("assistant", (foreign, call)), result)))
        assert ([item["type"] for item in sent["input"]][1], losses) == ("function_call", ("thinking",))


def test_reasoning_that_led_to_nothing() -> None:
    """A turn that broke off behind its reasoning goes without: the API refuses such reasoning (11)."""
    own = Thinking("hm", "openai-responses", encrypted("key", "rs_1"), redacted=True)
    sent, losses = send(Conversation(turns=(*HI, Turn("assistant", (own,)), Turn("user", (Text("go on"),)))))

    assert [item["type"] for item in sent["input"]] == ["message", "message"]
    assert losses == ("thinking",)


def test_tools() -> None:
    """Names fit, strictness is said either way, and what the API would not enforce is not called strict (12, 61)."""
    tools = (
        Tool(name="f", description="does", schema=CLOSED, strict=True),
        Tool(name="g", description=None, schema={**CLOSED, "required": []}, strict=True),
        Tool(name="shop/buy", description=None, schema={}),
    )
    sent, losses = send(asking(tools=tools))
    f, g, buy = sent["tools"]

    assert f == {"type": "function", "name": "f", "description": "does", "parameters": CLOSED, "strict": True}
    assert (g["strict"], losses) == (False, ("tools.strict",))
    assert (buy["parameters"], buy["strict"]) == (NONE, False)
    chosen, _ = send(asking(tools=tools, choice=ToolChoice(mode="named", name="shop/buy", parallel=False)))
    assert chosen["tool_choice"] == {"type": "function", "name": buy["name"]}
    assert chosen["parallel_tool_calls"] is False
    assert "tool_choice" not in sent
    assert send(asking(tools=tools, choice=ToolChoice(mode="required")))[0]["tool_choice"] == "required"


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        (CLOSED, True),
        ({**NONE, "additionalProperties": False}, True),
        (NONE, False),
        ({"type": "array", "items": CLOSED}, False),
        ({**CLOSED, "properties": {"a": {"type": "array", "items": CLOSED}}}, True),
        ({**CLOSED, "properties": {"a": {"type": "array", "items": NONE}}}, False),
        ({**CLOSED, "properties": {"a": {"anyOf": [CLOSED, {"type": "null"}]}}}, True),
        ({**CLOSED, "properties": {"a": {"anyOf": [NONE]}}}, False),
        ({**CLOSED, "properties": {"a": {"allOf": [CLOSED]}}}, False),
        ({**CLOSED, "properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": CLOSED}}, True),
        ({**CLOSED, "properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": NONE}}, False),
        ({**CLOSED, "properties": {"a": {"type": ["object", "null"]}}}, False),
        ({**CLOSED, "properties": {"a": True}}, False),
        ({**CLOSED, "anyOf": [CLOSED]}, False),
        ({**CLOSED, "properties": {"a": {"enum": list(range(1001))}}}, False),
    ],
)
def test_which_schemas_are_enforced(schema: dict[str, Any], strict: bool) -> None:  # noqa: FBT001 - a column of the table
    """Every object names all its properties, demands each and takes no others (61)."""
    assert is_strict(schema) is strict


def test_schemas_that_are_too_large() -> None:
    """Depth and breadth have the API's own limits (61)."""
    deep = CLOSED
    for _ in range(10):
        deep = {**CLOSED, "properties": {"a": deep}}
    names = [f"p{number}" for number in range(5001)]
    broad = {**CLOSED, "properties": {name: {"type": "string"} for name in names}, "required": names}

    assert not is_strict(deep)
    assert is_strict(deep["properties"]["a"])
    assert not is_strict(broad)


def test_formats() -> None:
    """JSON of a schema needs a model that enforces it; strictness as with tools (61)."""
    sent, losses = send(asking(format=OutputFormat(schema=CLOSED, name="an answer", description="d", strict=True)))
    wanted = sent["text"]["format"]

    assert (wanted["type"], wanted["schema"], wanted["strict"], losses) == ("json_schema", CLOSED, True, ())
    assert wanted["name"].isidentifier()
    loose, losses = send(asking(format=OutputFormat(schema=NONE, strict=True)))
    assert (loose["text"]["format"]["strict"], losses) == (False, ("response_format.strict",))
    assert send(asking(format=OutputFormat()))[0]["text"] == {"format": {"type": "json_object"}}
    with pytest.raises(UnportableError, match="enforces no schema"):
        send(asking(format=OutputFormat(schema=CLOSED)), serving(can=()))


def test_any_json_is_spoken_of_in_the_input() -> None:
    """The API refuses the wish where only the instructions speak of JSON; where the caller does, nothing is added."""
    kind = Turn("system", (Text("Give JSON."),))
    sent, _ = send(Conversation(turns=(kind, *HI), format=OutputFormat()))
    told, _ = send(Conversation(turns=(kind, Turn("user", (Text("as json"),))), format=OutputFormat()))

    assert sent["instructions"] == told["instructions"] == "Give JSON."
    assert [item["role"] for item in sent["input"]] == ["developer", "user"]
    assert "JSON" in sent["input"][0]["content"][0]["text"]
    assert [item["role"] for item in told["input"]] == ["user"]


@pytest.mark.parametrize("name", ["o3", "o4-mini", "gpt-5.6", "gpt-5-codex", "openai/gpt-5-mini", "gpt-10"])
def test_models_that_reason(name: str) -> None:
    """They draw as they like, so sampling is lost by name; their reasoning is asked for encrypted (53)."""
    sampling = Sampling(temperature=0.2, top_p=0.9, effort="max")
    sent, losses = send(asking(sampling=sampling), serving(name))

    assert sent["include"] == ["reasoning.encrypted_content"]
    assert sent["reasoning"] == {"effort": "xhigh"}
    assert not {"temperature", "top_p"} & sent.keys()
    assert losses == ("temperature", "top_p", "reasoning_effort")
    assert send(asking(sampling=Sampling(temperature=1, effort="low")), serving(name))[1] == ()


@pytest.mark.parametrize(
    ("name", "effort", "shown", "reasoning"),
    [
        ("gpt-5.6", "low", True, {"effort": "low", "summary": "auto"}),
        ("gpt-5.6", None, True, {"summary": "auto"}),
        ("gpt-5.6", "none", True, {"effort": "none"}),
        ("gpt-5.6", "low", False, {"effort": "low"}),
        ("gpt-5.6", None, None, None),
        ("gpt-4.1", None, True, None),
    ],
)
def test_reasoning_is_told_where_that_was_asked(
    name: str, effort: str | None, shown: Any, reasoning: dict[str, str] | None
) -> None:
    """A summary is asked for where the caller wants to see reasoning, of a model that reasons."""
    sent, losses = send(asking(sampling=Sampling(effort=effort, shown=shown)), serving(name))

    assert sent.get("reasoning") == reasoning
    assert losses == ()


@pytest.mark.parametrize("name", ["gpt-4.1", "gpt-4o", "gpt-5.2-chat-latest", "qwen3-o1"])
def test_models_that_do_not(name: str) -> None:
    """They take sampling, and an effort is lost by name (53, 58)."""
    sent, losses = send(asking(sampling=Sampling(temperature=0.2, top_p=0.9, effort="high")), serving(name))

    assert (sent["temperature"], sent["top_p"], losses) == (0.2, 0.9, ("reasoning_effort",))
    assert not {"include", "reasoning"} & sent.keys()
    assert send(asking(sampling=Sampling(effort="none")), serving(name))[1] == ()


def test_a_look_alike_that_thinks() -> None:
    """What the inventory says of a model counts where its name tells nothing; such servers take sampling too."""
    to = serving("qwen3", vendor="vllm", can=("thinking",))
    sent, losses = send(asking(sampling=Sampling(temperature=0.2, effort="low")), to)

    assert (sent["include"], sent["reasoning"], sent["temperature"], losses) == (
        ["reasoning.encrypted_content"],
        {"effort": "low"},
        0.2,
        (),
    )


def test_how_the_answer_is_drawn() -> None:
    """Limits below the API's least are raised by name, weights are asked for, unknown wishes are named (53, 57)."""
    sampling = Sampling(limit=1, logprobs=2, top_k=5, seed=7, frequency_penalty=0.5, presence_penalty=0)
    sent, losses = send(asking(sampling=sampling, metadata={"a": "b"}, user="u", stream=True))

    assert sent["max_output_tokens"] == 16
    assert (sent["top_logprobs"], sent["include"]) == (2, ["message.output_text.logprobs"])
    assert losses == ("top_k", "seed", "frequency_penalty", "max_tokens")
    assert (sent["metadata"], sent["safety_identifier"], sent["stream"]) == ({"a": "b"}, "u", True)
    assert len(send(asking(user="u" * 65))[0]["safety_identifier"]) == 64
    assert send(asking(sampling=Sampling(limit=100)))[0]["max_output_tokens"] == 100


def test_a_stop_sequence_is_a_demand() -> None:
    """The wire has none, and an answer that goes on behind it would be a wrong one (56)."""
    with pytest.raises(UnportableError, match="stop"):
        send(asking(sampling=Sampling(stop=("\n",))))


def test_a_chat_request_becomes_a_response_request() -> None:
    """The whole way from another wire, and the refusal where it is too deep."""
    body = {"model": "claims", "messages": [{"role": "user", "content": "hi"}]}
    rendered = render_request("openai-chat", body, serving())

    assert isinstance(rendered, Rendered)
    assert json.loads(rendered.body)["input"][0]["content"] == [{"type": "input_text", "text": "hi"}]
    stopped = render_request("openai-chat", {**body, "stop": "x"}, serving())
    assert isinstance(stopped, NotPortable)


TEXTS = st.text("ab \n", max_size=4).map(Text)
CALLS = st.builds(
    ToolCall,
    id=st.sampled_from(["", "a", "a:b", "x" * 70]),
    name=st.sampled_from(["f", "g/h"]),
    arguments=st.sampled_from([{}, {"a": 1}]),
)
RESULTS = st.builds(
    ToolResult, id=st.sampled_from(["", "a", "a:b", "z"]), parts=st.tuples(TEXTS), is_error=st.booleans()
)
SEALED = encrypted("key", "rs_1")
THOUGHTS: st.SearchStrategy[Part] = st.sampled_from(
    [Thinking("t"), Thinking("t", "gemini", "s"), Thinking("t", "openai-responses", SEALED, redacted=True)]
)
TURNS = st.lists(
    st.one_of(
        st.builds(Turn, st.just("system"), st.tuples(TEXTS)),
        st.builds(Turn, st.just("user"), st.lists(st.one_of(TEXTS, RESULTS), max_size=3).map(tuple)),
        st.builds(Turn, st.just("assistant"), st.lists(st.one_of(TEXTS, CALLS, THOUGHTS), max_size=4).map(tuple)),
    ),
    max_size=6,
).map(tuple)


@settings(max_examples=300, deadline=None)
@given(TURNS, st.sampled_from(["openai", "vllm"]))
def test_any_history_is_taken(turns: tuple[Turn, ...], vendor: str) -> None:
    """Whatever was said by whom, and wherever it broke off, the real service's rules hold for what is sent."""
    send(Conversation(turns=turns), serving(vendor=vendor))


def passed(said: Any) -> tuple[Any, tuple[str, ...]]:
    """An input that stays on its wire."""
    parsed = {"model": "claims", "input": said}
    rendered = pass_on(json.dumps(parsed).encode(), parsed, serving())
    assert isinstance(rendered, Rendered)
    return json.loads(rendered.body)["input"], rendered.losses


def test_a_history_that_stays_on_its_wire() -> None:
    """What the provider itself gave passes byte for byte: ids, reasoning, the form of every item (11, 42, 48)."""
    said = [
        {"type": "reasoning", "id": "rs_68a", "summary": [], "encrypted_content": "gAAAA"},
        {"type": "message", "id": "msg_68a", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]},
        {"type": "function_call", "id": "fc_68a", "call_id": "call_1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "x"},
    ]

    assert passed(said) == (said, ())
    assert passed("hi") == ("hi", ())
    body = json.dumps({"input": [{"role": "user", "content": "é"}], "model": "claims"}, indent=1).encode()
    rendered = pass_on(body, json.loads(body), serving())
    assert isinstance(rendered, Rendered)
    assert rendered.body == body.replace(b'"claims"', b'"gpt-4.1"')


def test_what_agents_say_of_themselves_stays_behind() -> None:
    """The API knows no such field; without it the answer is the same, and the loss is named (38)."""
    parsed = {"model": "claims", "input": "hi", "client_metadata": {"x": "y"}}
    rendered = pass_on(json.dumps(parsed).encode(), parsed, serving())

    assert isinstance(rendered, Rendered)
    assert (json.loads(rendered.body), rendered.losses) == ({"model": "gpt-4.1", "input": "hi"}, ("client_metadata",))


def test_a_history_that_another_wire_answered_in_between() -> None:
    """Our ids, foreign reasoning and ids that are too long never reach the provider; the loss is named (6, 10, 40)."""
    long = "call_" + "x" * 64
    said = [
        {"role": "user", "content": "hi"},
        {"type": "reasoning", "id": item_id("rs", "a", 0), "summary": []},
        {"type": "item_reference", "id": item_id("rs", "a", 0)},
        {"type": "reasoning", "summary": [], "encrypted_content": packed("thinking", "anthropic-messages", "s")},
        {"type": "message", "id": item_id("msg", "a", 1), "role": "assistant", "content": "a"},
        {"type": "function_call", "id": item_id("fc", "a", 2), "call_id": long, "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": long, "output": "x"},
    ]
    cleaned, losses = passed(said)

    assert losses == ("thinking",)
    assert [item.get("type") for item in cleaned] == [None, "message", "function_call", "function_call_output"]
    assert not [item for item in cleaned if "id" in item]
    assert cleaned[2]["call_id"] == cleaned[3]["call_id"]
    assert len(cleaned[2]["call_id"]) == 64
    twin_read({"model": "m", "input": cleaned}, HEADERS)
