"""Requests rendered for Google's generateContent; numbers are those of known pitfalls."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.gemini_shapes import Request
from support.inventories import deployment

from modelrouter.core.inventory import Deployment, Model
from modelrouter.wire.body import parse
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
from modelrouter.wire.gemini import decode_request, encode_request
from modelrouter.wire.gemini.signatures import handed_out, hidden
from modelrouter.wire.passing import pass_on
from modelrouter.wire.translate import Rendered

DUMMY = "skip_thought_signature_validator"
ALL = frozenset({"tools", "vision", "json_schema", "thinking", "audio", "documents"})
HI = (Turn("user", (Text("hi"),)),)
F = Tool(name="f", description="does", schema={"type": "object", "properties": {"a": {"type": "integer"}}})


def gemini(name: str = "gemini-3-pro", **facts: Any) -> Deployment:
    """A deployment of a model that can do everything."""
    facts = {"context": 1_000_000, "output": 65_536, "capabilities": ALL, **facts}
    model = Model(id=name, developer="google", family="gemini", **facts)
    return replace(deployment("g", wire="gemini", model=model), name=name)


def sent(
    turns: tuple[Turn, ...] = HI, name: str = "gemini-3-pro", **members: Any
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Write a request, check it against the wire's own rules, and return it with its losses."""
    body, losses = encode_request.encode(Conversation(turns=turns, **members), gemini(name))
    Request.model_validate_json(body)
    return json.loads(body), losses


def config(name: str = "gemini-3-pro", **members: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The generation config that some sampling becomes."""
    body, losses = sent(name=name, **members)
    return body.get("generationConfig", {}), losses


def call(wire_id: str, name: str = "f", **facts: Any) -> ToolCall:
    """A call without arguments."""
    return ToolCall(id=wire_id, name=name, arguments={}, **facts)


def result(wire_id: str, *parts: Any) -> ToolResult:
    """What a tool answered."""
    return ToolResult(id=wire_id, parts=parts or (Text("ok"),))


def test_the_least_request() -> None:
    """Nothing is sent that was not said; the model stands in the address alone."""
    assert sent() == ({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}, ())


def test_system_turns_share_one_slot() -> None:
    """Leading instructions are joined, a later one becomes the user's text (31, 32)."""
    body, _ = sent((Turn("system", (Text("a"),)), Turn("system", (Text("b"),)), *HI, Turn("system", (Text("c"),))))

    assert body["systemInstruction"] == {"parts": [{"text": "a\n\nb"}]}
    assert body["contents"][0]["parts"] == [{"text": "hi"}, {"text": "[System message] c"}]


def test_as_many_results_as_calls_in_one_turn_under_their_names() -> None:
    """Results are folded, in the order of the calls, named after them, and objects (17, 18)."""
    body, _ = sent(
        (
            *HI,
            Turn("assistant", (call("c:1", "one"), call("c_1", "two"), call("", "three"))),
            Turn("user", (result("c_1", Text("zwei")),)),
            Turn("user", (result("c:1", Text("eins")), Text("go on"))),
        )
    )

    answers = [part["functionResponse"] for part in body["contents"][2]["parts"] if "functionResponse" in part]
    assert [(answer["name"], answer["response"]) for answer in answers] == [
        ("one", {"output": "eins"}),
        ("two", {"output": "zwei"}),
        ("three", {"error": "[interrupted: this call has no result]"}),
    ]
    assert len({answer["id"] for answer in answers}) == 3
    assert body["contents"][2]["parts"][-1] == {"text": "go on"}


def test_the_user_begins_and_ends() -> None:
    """A history never opens with the model's turn and never ends with it (19)."""
    body, losses = sent(
        (Turn("assistant", (call("a"),)), Turn("user", (result("a"),)), Turn("assistant", (Text("x"),)))
    )

    assert [content["role"] for content in body["contents"]] == ["user", "model", "user", "model", "user"]
    assert losses == ("prefill",)


def test_names_that_google_refuses() -> None:
    """A tool's name is conformed alike in the declaration, the choice and the history (12)."""
    bad = "1. tool/of mine"
    body, _ = sent(
        (*HI, Turn("assistant", (call("a", bad),)), Turn("user", (result("a"),))),
        tools=(replace(F, name=bad),),
        choice=ToolChoice(mode="named", name=bad),
    )

    declared = body["tools"][0]["functionDeclarations"][0]["name"]
    assert declared != bad
    assert body["toolConfig"]["functionCallingConfig"]["allowedFunctionNames"] == [declared]
    assert body["contents"][1]["parts"][0]["functionCall"]["name"] == declared


def test_own_signatures_come_back_where_they_were() -> None:
    """Thoughts, texts and calls that this wire's provider signed are sent back as they came (45, 47)."""
    said = (
        Thinking("hm", "gemini"),
        Text("well"),
        Thinking("", "gemini", "U0lHMQ==", redacted=True),
        call("a", issuer="gemini", signature="U0lHMg=="),
        call("b"),
    )
    body, losses = sent((*HI, Turn("assistant", said), Turn("user", (result("a"), result("b")))))

    assert body["contents"][1]["parts"] == [
        {"thought": True, "text": "hm"},
        {"text": "well", "thoughtSignature": "U0lHMQ=="},
        {"functionCall": {"id": "a", "name": "f", "args": {}}, "thoughtSignature": "U0lHMg=="},
        {"functionCall": {"id": "b", "name": "f", "args": {}}},
    ]
    assert losses == ()


def test_a_signature_without_its_text() -> None:
    """A lone signature stands in an empty text, as the provider itself sends it."""
    body, _ = sent((*HI, Turn("assistant", (Thinking("", "gemini", "U0lH", redacted=True),)), *HI))

    assert body["contents"][1]["parts"] == [{"text": "", "thoughtSignature": "U0lH"}]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gemini-3-pro", DUMMY),
        ("gemini-3.1-flash", DUMMY),
        ("publishers/google/models/gemini-4", DUMMY),
        ("gemini-flash-latest", DUMMY),
        ("gemini-2.5-pro", None),
        ("gemma-3-27b-it", None),
    ],
)
@pytest.mark.parametrize("facts", [{}, {"issuer": "anthropic", "signature": "U0lH"}])
def test_calls_that_google_did_not_sign(name: str, expected: str | None, facts: dict[str, Any]) -> None:
    """The first of them carries Google's word for that, where the model demands one; no foreign one goes (45, 46)."""
    said = (call("a", **facts), call("b", **facts))
    body, losses = sent((*HI, Turn("assistant", said), Turn("user", (result("a"), result("b")))), name)

    parts = body["contents"][1]["parts"]
    assert [part.get("thoughtSignature") for part in parts] == [expected, None]
    assert losses == (("thinking",) if facts else ())


def test_foreign_thinking_stays_behind() -> None:
    """Thoughts of another issuer, or of nobody's, are dropped whole, and named (40, 41)."""
    said = (Thinking("a", "anthropic", "U0lH"), Thinking("b"), Text("ok"))
    body, losses = sent((*HI, Turn("assistant", said), *HI))

    assert body["contents"][1]["parts"] == [{"text": "ok"}]
    assert losses == ("thinking",)


def test_empty_results_and_texts() -> None:
    """Blank texts are left out, an empty result says so (23, 34)."""
    body, _ = sent((*HI, Turn("assistant", (Text(" "), call("a"))), Turn("user", (ToolResult(id="a", parts=()),))))

    assert len(body["contents"][1]["parts"]) == 1
    assert body["contents"][2]["parts"][0]["functionResponse"]["response"] == {"output": "[no output]"}


def test_an_image_in_a_result_follows_the_results() -> None:
    """Only the newest models take media in a result: it comes behind all of them, labelled (30)."""
    image = Image(media_type="image/png", data="QUJD")
    body, _ = sent(
        (*HI, Turn("assistant", (call("a"), call("b"))), Turn("user", (result("a", Text("seen"), image), result("b"))))
    )

    parts = body["contents"][2]["parts"]
    assert [next(iter(part)) for part in parts] == ["functionResponse", "functionResponse", "text", "inlineData"]
    assert "a" in parts[2]["text"]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (Image(media_type="image/jpg", data="QQ=="), {"inlineData": {"mimeType": "image/jpeg", "data": "QQ=="}}),
        (
            Image(url="https://a.example/b.PNG?size=1"),
            {"fileData": {"mimeType": "image/png", "fileUri": "https://a.example/b.PNG?size=1"}},
        ),
        (
            Image(media_type="image/webp", url="https://a.example/b"),
            {"fileData": {"mimeType": "image/webp", "fileUri": "https://a.example/b"}},
        ),
        (
            Document(media_type="application/pdf", data="QQ==", title="t"),
            {"inlineData": {"mimeType": "application/pdf", "data": "QQ=="}},
        ),
        (
            Document(media_type="application/pdf", url="https://a.example/b"),
            {"fileData": {"mimeType": "application/pdf", "fileUri": "https://a.example/b"}},
        ),
        (Document(media_type="text/csv", data="QQ=="), {"inlineData": {"mimeType": "text/csv", "data": "QQ=="}}),
        (Audio(media_type="audio/mpeg", data="QQ=="), {"inlineData": {"mimeType": "audio/mp3", "data": "QQ=="}}),
    ],
)
def test_media(part: Part, expected: dict[str, Any]) -> None:
    """Bytes go inline, public addresses with their type (66, 67)."""
    body, _ = sent((Turn("user", (part,)),))

    assert body["contents"][0]["parts"] == [expected]


@pytest.mark.parametrize(
    "part",
    [
        Image(media_type="image/gif", data="QQ=="),
        Image(url="https://a.example/picture"),
        Image(url="http://a.example/b.png"),
        Image(url="https://127.0.0.1/b.png"),
        Image(url="https://10.1.2.3/b.png"),
        Image(url="https://intranet/b.png"),
        Image(url="https://files.internal/b.png"),
        Document(media_type="application/zip", data="QQ=="),
        Audio(media_type="audio/midi", data="QQ=="),
    ],
)
def test_media_that_google_cannot_read(part: Part) -> None:
    """A type that it refuses, or an address that it cannot reach, is known before anything is sent."""
    with pytest.raises(UnportableError):
        sent((Turn("user", (part,)),))


def test_sampling_under_googles_names() -> None:
    """Every wish that the wire knows is passed; the seed and both penalties among them (57)."""
    sampling = Sampling(
        limit=9, temperature=0.5, top_p=0.9, top_k=40, stop=("x",), seed=7, frequency_penalty=0.1, presence_penalty=0.2
    )

    assert config("gemini-2.0-flash", sampling=sampling) == (
        {
            "maxOutputTokens": 9,
            "temperature": 0.5,
            "topP": 0.9,
            "topK": 40,
            "seed": 7,
            "stopSequences": ["x"],
            "frequencyPenalty": 0.1,
            "presencePenalty": 0.2,
        },
        (),
    )


def test_what_is_beyond_the_limits_is_cut_and_named() -> None:
    """Ranges are clamped, a sixth stop and an empty one left out, penalties dropped where they are refused (55, 56)."""
    sampling = Sampling(
        limit=99_999_999,
        temperature=2.5,
        stop=("", *"abcdef"),
        frequency_penalty=0.1,
        presence_penalty=0,
        logprobs=99,
    )
    told, losses = config("gemini-2.5-pro", sampling=sampling)

    assert told == {
        "maxOutputTokens": 65_536,
        "temperature": 2.0,
        "stopSequences": list("abcde"),
        "responseLogprobs": True,
        "logprobs": 20,
    }
    assert losses == ("stop", "max_tokens", "temperature", "frequency_penalty", "top_logprobs")


@pytest.mark.parametrize(("asked", "expected"), [(0, {"responseLogprobs": True}), (None, {})])
def test_weights_of_the_tokens_alone(asked: int | None, expected: dict[str, Any]) -> None:
    """No alternatives is not the same as no weights."""
    assert config(sampling=Sampling(logprobs=asked))[0] == expected


@pytest.mark.parametrize(
    ("name", "effort", "expected", "is_lost"),
    [
        ("gemini-3-pro", "high", {"thinkingLevel": "HIGH", "includeThoughts": True}, False),
        ("gemini-3-pro", "medium", {"thinkingLevel": "LOW", "includeThoughts": True}, True),
        ("gemini-3.1-pro", "medium", {"thinkingLevel": "MEDIUM", "includeThoughts": True}, False),
        ("gemini-3-flash", "minimal", {"thinkingLevel": "MINIMAL", "includeThoughts": True}, False),
        ("gemini-3-flash", "xhigh", {"thinkingLevel": "HIGH", "includeThoughts": True}, True),
        ("gemini-3-flash", "none", {"thinkingLevel": "MINIMAL"}, True),
        ("gemini-2.5-flash", "none", {"thinkingBudget": 0}, False),
        ("gemini-2.5-pro", "none", {"thinkingBudget": 128}, True),
        ("gemini-2.5-pro", "medium", {"thinkingBudget": 8192, "includeThoughts": True}, False),
        ("gemini-2.5-pro", "xhigh", {"thinkingBudget": 24576, "includeThoughts": True}, True),
    ],
)
def test_how_much_to_think(name: str, effort: str, expected: dict[str, Any], is_lost: bool) -> None:  # noqa: FBT001 - a parameter of pytest's
    """A level for the newer models, tokens for the others, never more than asked where less exists (58)."""
    told, losses = config(name, sampling=Sampling(effort=effort))

    assert told == {"thinkingConfig": expected}
    assert losses == (("reasoning_effort",) if is_lost else ())


@pytest.mark.parametrize(
    ("effort", "shown", "expected"),
    [
        ("low", True, {"thinkingLevel": "LOW", "includeThoughts": True}),
        ("low", False, {"thinkingLevel": "LOW"}),
        (None, True, {"includeThoughts": True}),
        (None, False, None),
        ("none", True, {"thinkingLevel": "MINIMAL"}),
    ],
)
def test_thoughts_are_told_where_that_was_asked(
    effort: str | None, shown: Any, expected: dict[str, Any] | None
) -> None:
    """Whoever wants to see thoughts does, with an effort or without; whoever does not is sent none."""
    told, _ = config("gemini-3-flash", sampling=Sampling(effort=effort, shown=shown))

    assert told.get("thinkingConfig") == expected


def test_a_model_that_does_not_think() -> None:
    """Where the inventory knows no thinking, none is asked for, and that is said."""
    plain = gemini(capabilities=frozenset({"tools"}))
    body, losses = encode_request.encode(Conversation(turns=HI, sampling=Sampling(effort="low")), plain)

    assert "generationConfig" not in json.loads(body)
    assert losses == ("reasoning_effort",)


SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "kind": {"const": "a"},
        "n": {"type": "integer", "exclusiveMinimum": 0, "description": "count"},
        "of": {"$ref": "#/definitions/Other", "description": "gone"},
        "maybe": {"type": ["string", "null"], "pattern": "^x$"},
        "either": {"oneOf": [{"type": "string"}, {"type": "number"}]},
    },
    "required": ["kind"],
    "additionalProperties": False,
    "definitions": {"Other": {"allOf": [{"type": "string", "enum": ["u", "v"]}]}},
}
CUT = {
    "type": "object",
    "properties": {
        "kind": {"enum": ["a"]},
        "n": {"type": "integer", "description": "count\n\n{exclusiveMinimum: 0}"},
        "of": {"$ref": "#/$defs/Other"},
        "maybe": {"type": ["string", "null"], "description": '{pattern: "^x$"}'},
        "either": {"anyOf": [{"type": "string"}, {"type": "number"}]},
    },
    "required": ["kind"],
    "additionalProperties": False,
    "$defs": {"Other": {"type": "string", "enum": ["u", "v"]}},
}


def test_schemas_go_as_json_schema_and_are_cut() -> None:
    """What the API does not list moves into the description and is named; references keep pointing somewhere (60, 63)."""
    told, losses = config(format=OutputFormat(schema=SCHEMA))

    assert told == {"responseMimeType": "application/json", "responseJsonSchema": CUT}
    assert set(losses) == {"response_format.exclusiveMinimum", "response_format.pattern"}

    body, losses = sent(tools=(replace(F, schema=SCHEMA),))
    assert body["tools"][0]["functionDeclarations"][0]["parametersJsonSchema"] == CUT
    assert set(losses) == {"tools.exclusiveMinimum", "tools.pattern"}


@pytest.mark.parametrize(
    "schema", [{}, {"type": "object"}, {"type": "object", "properties": {}, "additionalProperties": False}]
)
def test_a_function_without_parameters(schema: dict[str, Any]) -> None:
    """An object without members is refused as parameters, so none are declared."""
    body, _ = sent(tools=(replace(F, schema=schema, description=None),))

    assert body["tools"] == [{"functionDeclarations": [{"name": "f"}]}]


def test_json_without_a_schema() -> None:
    """Any object: the wire has a type for that."""
    assert config(format=OutputFormat())[0] == {"responseMimeType": "application/json"}


def test_json_beside_tools() -> None:
    """Models before the third generation give no JSON where tools are offered; later ones do."""
    with pytest.raises(UnportableError):
        sent(name="gemini-2.5-pro", tools=(F,), format=OutputFormat())
    sent(name="gemini-3-pro", tools=(F,), format=OutputFormat())


def test_a_schema_that_nobody_enforces() -> None:
    """A model that the inventory does not know to enforce schemas is not asked."""
    plain = gemini(capabilities=frozenset())
    with pytest.raises(UnportableError):
        encode_request.encode(Conversation(turns=HI, format=OutputFormat(schema={"type": "object"})), plain)


@pytest.mark.parametrize(
    ("choice", "strict", "expected"),
    [
        (ToolChoice(), False, None),
        (ToolChoice(), True, {"mode": "VALIDATED"}),
        (ToolChoice(mode="required"), True, {"mode": "ANY"}),
        (ToolChoice(mode="none"), False, {"mode": "NONE"}),
        (ToolChoice(mode="named", name="f"), False, {"mode": "ANY", "allowedFunctionNames": ["f"]}),
    ],
)
def test_the_choice_of_tools(choice: ToolChoice, strict: bool, expected: object) -> None:  # noqa: FBT001 - a parameter of pytest's
    """Every choice has its mode; a binding schema has one too."""
    body, losses = sent(tools=(replace(F, strict=strict),), choice=choice)

    assert body.get("toolConfig", {}).get("functionCallingConfig") == expected
    assert losses == ()


def test_wishes_without_an_equivalent() -> None:
    """One call at a time, a user's name and what shall be remembered are named as lost (59)."""
    _, losses = sent(
        tools=(F,), choice=ToolChoice(parallel=False), user="u", metadata={"a": "b"}, losses=("service_tier",)
    )

    assert losses == ("service_tier", "user", "metadata", "parallel_tool_calls")


PARTS = st.one_of(
    st.builds(Text, st.text(max_size=5)),
    st.builds(
        ToolCall, id=st.sampled_from(["a", "b", ":", ""]), name=st.sampled_from(["f", "/"]), arguments=st.just({})
    ),
    st.builds(Thinking, st.text(max_size=3), st.sampled_from(["gemini", "anthropic", None]), st.just("QQ==")),
)
ANSWERS = st.one_of(
    st.builds(Text, st.text(max_size=5)),
    st.builds(
        ToolResult,
        id=st.sampled_from(["a", "b", ":", ""]),
        parts=st.sampled_from([(), (Text("x"),), (Image(media_type="image/png", data="QQ=="),)]),
    ),
)
TURNS = st.lists(
    st.one_of(
        st.builds(Turn, st.just("assistant"), st.lists(PARTS, max_size=4).map(tuple)),
        st.builds(Turn, st.just("user"), st.lists(ANSWERS, max_size=4).map(tuple)),
        st.builds(Turn, st.just("system"), st.builds(Text, st.text(max_size=3)).map(lambda text: (text,))),
    ),
    max_size=8,
).map(tuple)


@given(TURNS)
def test_any_history_is_in_order(turns: tuple[Turn, ...]) -> None:
    """Whatever a history holds, what is sent obeys the wire, and comes back as a conversation of the same calls."""
    body, _ = sent(turns)

    again = decode_request.decode({"model": "m", **body})
    calls = [part.name for turn in again.turns for part in turn.parts if isinstance(part, ToolCall)]
    said = [part for content in body["contents"] for part in content["parts"] if "functionCall" in part]
    assert calls == [part["functionCall"]["name"] for part in said]
    json.dumps(body, ensure_ascii=True).encode()


def test_a_history_from_elsewhere_on_its_own_wire() -> None:
    """Our marks and what they mark go before Google sees them; unsigned calls get the word for that; all else stays."""
    foreign = marked_by("anthropic", "sig")
    contents = [
        {"role": "user", "parts": [{"text": "hi"}]},
        {"role": "model", "parts": [{"text": "hm", "thought": True}, {"text": "", "thought": True, **foreign}]},
        {
            "role": "model",
            "parts": [{"functionCall": {"name": "f", "args": {"n": 12345678901234567890123}}, **foreign}],
        },
        {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"output": "x"}}}]},
        {"role": "model", "parts": [{"functionCall": {"name": "f"}, "thought_signature": "QUJD"}]},
    ]
    body = json.dumps({"model": "claims", "stream": False, "contents": contents}).encode()

    rendered = pass_on(body, parse(body), gemini())

    assert isinstance(rendered, Rendered)
    assert b"12345678901234567890123" in rendered.body
    told = json.loads(rendered.body)
    assert (
        told
        == {
            "contents": [
                contents[0],
                {"role": "model", "parts": [{**contents[2]["parts"][0], "thoughtSignature": DUMMY}]},  # type: ignore[dict-item] # JSON
                *contents[3:],
            ]
        }
    )
    assert rendered.losses == ("thinking",)


def marked_by(issuer: str, signature: str) -> dict[str, str]:
    """A foreign signature as a caller of this wire keeps it."""
    return {"thoughtSignature": handed_out(issuer, signature)}


def test_hidden_thoughts_go_before_google_sees_them() -> None:
    """A text or a call that carries them stays, without what is no signature of Google's."""
    packed = hidden([Thinking("hm", "anthropic", "s")])
    parts = [{"text": "x", "thoughtSignature": packed}, {"text": "", "thoughtSignature": packed}]
    contents = [{"role": "model", "parts": parts}, {"role": "user", "parts": [{"text": "go on"}]}]
    body = json.dumps({"contents": contents}).encode()

    rendered = pass_on(body, parse(body), gemini())

    assert isinstance(rendered, Rendered)
    assert json.loads(rendered.body)["contents"][0] == {"role": "model", "parts": [{"text": "x"}]}


def test_a_history_of_its_own_is_not_touched() -> None:
    """Where nothing is foreign, every byte of the contents stays what it was (42)."""
    contents = b'[ {"role":"user","parts":[{"text":"hi"}]}, {"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":1.10}},"thoughtSignature":"QUJD"},{"functionCall":{"name":"g"}}]} ]'
    body = b'{"model":"claims","stream":true,"contents":' + contents + b"}"

    rendered = pass_on(body, parse(body), gemini())

    assert rendered == Rendered(b'{"contents":' + contents + b"}", ())


@pytest.mark.parametrize("word", [DUMMY, "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="])
def test_what_stands_in_for_a_signature_stays_on_its_wire(word: str) -> None:
    """A caller who knows Google's word for calls that nobody signed has said it already, and nothing is lost."""
    call = {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": word}
    contents = json.dumps([{"role": "model", "parts": [call]}]).encode()
    body = b'{"model":"claims","contents":' + contents + b"}"

    for name in ("gemini-3-pro", "gemini-2.5-pro"):
        assert pass_on(body, parse(body), gemini(name)) == Rendered(b'{"contents":' + contents + b"}", ())
