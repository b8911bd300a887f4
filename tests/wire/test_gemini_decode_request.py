"""What callers of Google's generateContent ask, as a conversation; numbers are those of known pitfalls."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from modelrouter.errors import BadRequestError
from modelrouter.wire.conversation import (
    Audio,
    Conversation,
    Document,
    Image,
    OutputFormat,
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
from modelrouter.wire.gemini.decode_request import decode
from modelrouter.wire.gemini.signatures import handed_out
from modelrouter.wire.tags import tagged

HI = [{"role": "user", "parts": [{"text": "hi"}]}]
OBJECT = {"type": "OBJECT", "properties": {"a": {"type": "STRING", "nullable": True, "maxLength": "5"}}}


def asked(**members: Any) -> Conversation:
    """What a request with these members means."""
    return decode({"model": "claims", "stream": False, "contents": HI, **members})


def turns(*contents: dict[str, Any]) -> tuple[Turn, ...]:
    """What contents mean."""
    return asked(contents=list(contents)).turns


def model(*parts: dict[str, Any]) -> dict[str, Any]:
    """What a model said."""
    return {"role": "model", "parts": list(parts)}


def user(*parts: dict[str, Any]) -> dict[str, Any]:
    """What the user said."""
    return {"role": "user", "parts": list(parts)}


def test_the_least_request() -> None:
    """A text of nobody's is the user's."""
    said = Conversation(turns=(Turn("user", (Text("hi"),)),))

    assert asked() == said
    assert asked(contents={"parts": {"text": "hi"}}) == said
    assert asked(modelrouter={"process": "claims"}, stream=True).stream


@pytest.mark.parametrize(
    "spelled",
    [
        {"systemInstruction": {"parts": [{"text": "be brief"}]}},
        {"system_instruction": {"parts": {"text": "be brief"}}},
        {"systemInstruction": "be brief"},
    ],
)
def test_the_system_slot(spelled: dict[str, Any]) -> None:
    """However it is spelled, it stands above the conversation (32)."""
    assert asked(**spelled).turns[0] == Turn("system", (Text("be brief"),))


def test_calls_and_results_belong_together_without_ids() -> None:
    """A call without an id gets one, the same each time, and its result finds it by the name, in order (8, 9)."""
    contents = [
        *HI,
        model({"functionCall": {"name": "f", "args": {"n": 1}}}, {"functionCall": {"name": "f"}}),
        {
            "role": "function",
            "parts": [
                {"functionResponse": {"name": "f", "response": {"output": "one"}}},
                {"function_response": {"name": "f", "response": {"error": "none"}}},
            ],
        },
        model({"functionCall": {"name": "f", "args": {"n": 1}}}),
        user({"functionResponse": {"name": "f", "response": {"deep": {"n": 12345678901234567890}}}}),
    ]
    first = turns(*contents)

    assert first == turns(*contents)
    calls = [part for turn in first for part in turn.parts if isinstance(part, ToolCall)]
    results = [part for turn in first for part in turn.parts if isinstance(part, ToolResult)]
    assert len({call.id for call in calls}) == 3
    assert [result.id for result in results] == [call.id for call in calls]
    assert [(result.parts, result.is_error, result.name) for result in results] == [
        ((Text("one"),), False, "f"),
        ((Text("none"),), True, "f"),
        ((Text('{"deep":{"n":12345678901234567890}}'),), False, "f"),
    ]


def test_ids_are_kept() -> None:
    """A result that names its call is that call's, wherever it stands."""
    said = turns(
        model({"functionCall": {"id": "a", "name": "f"}}, {"functionCall": {"id": "b", "name": "f"}}),
        user(
            {"functionResponse": {"id": "b", "name": "f", "response": {"result": 2}}},
            {"functionResponse": {"name": "f", "response": {}}},
        ),
    )

    assert said[1].parts == (
        ToolResult(id="b", parts=(Text("2"),), name="f"),
        ToolResult(id="a", parts=(), name="f"),
    )


def test_media() -> None:
    """Bytes in either alphabet of base64 and public addresses are told by their type (66, 67)."""
    data = base64.urlsafe_b64encode(b"\xfb\xff\xfe?").decode().rstrip("=")
    usual = base64.b64encode(b"\xfb\xff\xfe?").decode()
    (said,) = turns(
        user(
            {"inlineData": {"mimeType": "image/png", "data": data}},
            {"inline_data": {"mime_type": "audio/wav", "data": usual}},
            {"inlineData": {"mimeType": "application/pdf", "data": data, "displayName": "t"}},
            {"fileData": {"mimeType": "image/jpeg", "fileUri": "https://a.example/b"}},
            {"fileData": {"mimeType": "text/plain; charset=utf-8", "fileUri": "https://a.example/b"}},
        )
    )

    assert said.parts == (
        Image(media_type="image/png", data=usual),
        Audio(media_type="audio/wav", data=usual),
        Document(media_type="application/pdf", data=usual, title="t"),
        Image(media_type="image/jpeg", url="https://a.example/b"),
        Document(media_type="text/plain", url="https://a.example/b"),
    )


def test_media_in_a_result() -> None:
    """A result may hold pictures and files beside its object (30)."""
    (said,) = turns(
        user(
            {
                "functionResponse": {
                    "id": "a",
                    "name": "f",
                    "response": {"output": "x"},
                    "parts": [{"inlineData": {"mimeType": "image/png", "data": "QQ=="}}],
                }
            }
        )
    )

    assert said.parts == (ToolResult(id="a", name="f", parts=(Text("x"), Image(media_type="image/png", data="QQ=="))),)


@pytest.mark.parametrize(
    "part",
    [
        {"inlineData": {"mimeType": "video/mp4", "data": "QQ=="}},
        {"inlineData": {"data": "QQ=="}},
        {"fileData": {"mimeType": "image/png", "fileUri": "https://generativelanguage.googleapis.com/v1beta/files/x"}},
        {"fileData": {"mimeType": "image/png", "fileUri": "gs://bucket/x.png"}},
        {"fileData": {"mimeType": "audio/wav", "fileUri": "https://a.example/b.wav"}},
        {"fileData": {"fileUri": "https://www.youtube.com/watch?v=1"}},
        {"executableCode": {"code": "1"}},
        {"toolCall": {"id": "x"}},
        {},
    ],
)
def test_parts_that_no_other_wire_has(part: dict[str, Any]) -> None:
    """Videos, Google's own files and what its own tools did are a reason to ask nobody else (29, 68)."""
    with pytest.raises(UnportableError):
        turns(user(part))


def test_signatures() -> None:
    """Its own are its own; ours are read back; thoughts that came in pieces are one again (40, 45, 46)."""
    foreign = handed_out("anthropic", "sig==")
    pieces = [
        model({"text": "a", "thought": True}),
        model({"text": "b", "thought": True}),
        model({"text": "", "thought": True, "thoughtSignature": foreign}),
        model({"text": "", "thought": True, "thoughtSignature": handed_out("openai-responses", "enc", redacted=True)}),
        model({"text": "said", "thoughtSignature": "QUJD"}),
        model({"functionCall": {"id": "1", "name": "f"}, "thought_signature": "REVG"}),
        model({"functionCall": {"id": "2", "name": "f"}, "thoughtSignature": foreign}),
        model({"text": "late", "thought": True}),
    ]

    assert turns(*pieces) == (
        Turn(
            "assistant",
            (
                Thinking("ab", "anthropic", "sig=="),
                Thinking("", "openai-responses", "enc", redacted=True),
                Text("said"),
                Thinking("", "gemini", "QUJD", redacted=True),
                ToolCall(id="1", name="f", arguments={}, issuer="gemini", signature="REVG"),
                ToolCall(id="2", name="f", arguments={}, issuer="anthropic", signature="sig=="),
                Thinking("late"),
            ),
        ),
    )


@pytest.mark.parametrize(
    "spoilt",
    [
        "mr1.%%%",
        base64.b64encode(b"mr1.%%%").decode(),
        base64.urlsafe_b64encode(b"r.mr1.e30").decode(),
        tagged("x", "y"),
    ],
)
def test_signatures_that_were_spoilt(spoilt: str) -> None:
    """A mark of ours that nobody can read is nobody's signature; one that was never wrapped is read all the same."""
    ((_, parts),) = [(turn.role, turn.parts) for turn in turns(model({"text": "t", "thoughtSignature": spoilt}))]

    expected = (Thinking("", "x", "y", redacted=True),) if spoilt == tagged("x", "y") else ()
    assert parts == (Text("t"), *expected)


@pytest.mark.parametrize("word", ["skip_thought_signature_validator", "context_engineering_is_the_way_to_go"])
def test_what_stands_in_for_a_signature_is_none(word: str) -> None:
    """Google's word for what nobody signed is no signature, plain or as clients send it that know bytes alone (45)."""
    wrapped = base64.b64encode(word.encode()).decode()

    for written in (word, wrapped, wrapped.rstrip("=")):
        signed = {"thoughtSignature": written}
        (said,) = turns(model({"functionCall": {"id": "1", "name": "f"}, **signed}, {"text": "t", **signed}))
        assert said.parts == (ToolCall(id="1", name="f", arguments={}), Text("t"))


@pytest.mark.parametrize("length", range(1, 7))
def test_a_signature_survives_other_clients(length: int) -> None:
    """Some decode what they keep and encode it in the other alphabet, or without padding: ours is read all the same."""
    marked = handed_out("anthropic", "~?>" * length)
    again = base64.urlsafe_b64encode(base64.b64decode(marked, validate=True)).decode()

    for kept in (again, again.rstrip("=")):
        (said,) = turns(model({"text": "t", "thought": True, "thoughtSignature": kept}))
        assert said.parts == (Thinking("t", "anthropic", "~?>" * length),)


@pytest.mark.parametrize("spelling", ["camel", "snake"])
def test_the_generation_config(spelling: str) -> None:
    """Everything that the conversation can say is told, in both spellings."""
    config = {
        "maxOutputTokens": 9,
        "temperature": 0,
        "topP": 0.9,
        "topK": 40.0,
        "stopSequences": ["x"],
        "seed": 7,
        "presencePenalty": 0.1,
        "frequencyPenalty": 0.2,
        "responseLogprobs": True,
        "logprobs": 3,
        "thinkingConfig": {"thinkingLevel": "LOW", "includeThoughts": True},
        "candidateCount": 1,
        "responseModalities": ["TEXT"],
    }
    told = {"generationConfig": config}
    if spelling == "snake":
        told = json.loads(
            json.dumps(
                {
                    "generation_config": {
                        "max_output_tokens": 9,
                        "temperature": 0,
                        "top_p": 0.9,
                        "top_k": 40.0,
                        "stop_sequences": ["x"],
                        "seed": 7,
                        "presence_penalty": 0.1,
                        "frequency_penalty": 0.2,
                        "response_logprobs": True,
                        "logprobs": 3,
                        "thinking_config": {"thinking_level": "LOW", "include_thoughts": True},
                        "candidate_count": 1,
                        "response_modalities": ["TEXT"],
                    }
                }
            )
        )

    said = asked(**told)

    assert said.losses == ()
    assert said.sampling == Sampling(
        limit=9,
        temperature=0,
        top_p=0.9,
        top_k=40,
        stop=("x",),
        seed=7,
        presence_penalty=0.1,
        frequency_penalty=0.2,
        logprobs=3,
        effort="low",
        shown=True,
    )


@pytest.mark.parametrize(
    ("thinking", "shown"),
    [
        ({"includeThoughts": True}, True),
        ({"include_thoughts": False}, False),
        ({"thinkingBudget": 9}, None),
        ({"includeThoughts": "yes"}, None),
        (None, None),
    ],
)
def test_whether_thoughts_shall_be_told(thinking: dict[str, Any] | None, shown: Any) -> None:
    """The wish to see thoughts is told, and so is the wish not to."""
    assert asked(generationConfig={"thinkingConfig": thinking}).sampling.shown is shown


@pytest.mark.parametrize(
    ("thinking", "effort"),
    [
        ({"thinkingLevel": "HIGH"}, "high"),
        ({"thinkingLevel": "minimal"}, "minimal"),
        ({"thinkingLevel": "THINKING_LEVEL_UNSPECIFIED"}, None),
        ({"thinkingBudget": 0}, "none"),
        ({"thinkingBudget": -1}, None),
        ({"thinkingBudget": 1024}, "low"),
        ({"thinkingBudget": 8192}, "medium"),
        ({"thinkingBudget": 8193}, "high"),
        ({"includeThoughts": True}, None),
    ],
)
def test_how_much_to_think(thinking: dict[str, Any], effort: str | None) -> None:
    """A level is a word, a number of tokens the nearest one above (58)."""
    said = asked(generationConfig={"thinkingConfig": thinking})

    assert (said.sampling.effort, said.losses) == (effort, ())


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"responseMimeType": "text/plain"}, None),
        ({"responseMimeType": "application/json"}, OutputFormat()),
        (
            {"responseMimeType": "application/json", "responseJsonSchema": {"type": "object"}},
            OutputFormat(schema={"type": "object"}, strict=True),
        ),
        (
            {"responseMimeType": "application/json", "responseSchema": OBJECT},
            OutputFormat(
                schema={"type": "object", "properties": {"a": {"type": ["string", "null"], "maxLength": 5}}},
                strict=True,
            ),
        ),
    ],
)
def test_the_form_of_the_answer(config: dict[str, Any], expected: OutputFormat | None) -> None:
    """Google's own form of a schema becomes JSON Schema (60)."""
    assert asked(generationConfig=config).format == expected


def test_every_word_of_googles_schemas() -> None:
    """Types in capitals, counts in texts, null beside a type, and both spellings of the members (60)."""
    schema = {
        "type": "OBJECT",
        "description": "d",
        "property_ordering": ["l", "e", "gone"],
        "required": ["e"],
        "properties": {
            "e": {"type": "STRING", "format": "enum", "enum": ["a"], "nullable": True, "example": "a"},
            "l": {"type": "ARRAY", "items": {"type": "INTEGER", "minimum": 1}, "min_items": "2"},
            "o": {"anyOf": [{"type": "NUMBER"}, {"type": "BOOLEAN"}], "nullable": True},
            "u": {"type": "TYPE_UNSPECIFIED", "title": None},
            "min_items": {"type": "STRING"},
        },
    }
    (tool,) = asked(tools=[{"function_declarations": [{"name": "f", "parameters": schema}]}]).tools

    assert tool.schema == {
        "type": "object",
        "description": "d",
        "required": ["e"],
        "properties": {
            "e": {"type": ["string", "null"], "format": "enum", "enum": ["a", None], "examples": ["a"]},
            "l": {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 2},
            "o": {"anyOf": [{"type": "number"}, {"type": "boolean"}, {"type": "null"}]},
            "u": {},
            "min_items": {"type": "string"},
        },
    }
    assert list(tool.schema["properties"]) == ["l", "e", "o", "u", "min_items"]


@pytest.mark.parametrize(
    ("calling", "choice", "names", "strict"),
    [
        (None, ToolChoice(), ["f", "g"], False),
        ({"mode": "AUTO"}, ToolChoice(), ["f", "g"], False),
        ({"mode": "NONE"}, ToolChoice(mode="none"), ["f", "g"], False),
        ({"mode": "ANY"}, ToolChoice(mode="required"), ["f", "g"], False),
        ({"mode": "any", "allowed_function_names": ["g"]}, ToolChoice(mode="named", name="g"), ["f", "g"], False),
        ({"mode": "VALIDATED", "allowedFunctionNames": ["g"]}, ToolChoice(), ["g"], True),
        ({"mode": "ANY", "allowedFunctionNames": ["f", "g"]}, ToolChoice(mode="required"), ["f", "g"], False),
    ],
)
def test_the_choice_of_functions(calling: object, choice: ToolChoice, names: list[str], strict: bool) -> None:  # noqa: FBT001 - a parameter of pytest's
    """A mode, a restriction to some, and the one that must be called."""
    tools = [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "object"}}]}]
    tools += [{"functionDeclarations": [{"name": "g", "description": "d"}]}]
    said = asked(tools=tools, toolConfig={"functionCallingConfig": calling})

    assert said.choice == choice
    declared = {
        "f": Tool(name="f", description=None, schema={"type": "object"}, strict=strict),
        "g": Tool(name="g", description="d", schema={"type": "object", "properties": {}}, strict=strict),
    }
    assert said.tools == tuple(declared[name] for name in names)


@pytest.mark.parametrize(
    "members",
    [
        {"cachedContent": "cachedContents/x"},
        {"tools": [{"googleSearch": {}}]},
        {"tools": [{"codeExecution": {}}]},
        {"tools": [{"url_context": {}}]},
        {"generationConfig": {"candidateCount": 2}},
        {"generationConfig": {"responseModalities": ["IMAGE"]}},
        {"generationConfig": {"speechConfig": {"x": 1}}},
        {"generationConfig": {"responseMimeType": "text/x.enum"}},
        {"toolConfig": {"functionCallingConfig": {"mode": "SOMEHOW"}}},
        {"contents": [{"role": "system", "parts": [{"text": "x"}]}]},
    ],
)
def test_demands_that_nobody_else_can_meet(members: dict[str, Any]) -> None:
    """Tools that run at Google, several answers and kept caches are a reason to ask nobody else (29, 57, 68)."""
    with pytest.raises(UnportableError):
        asked(**members)


def test_wishes_are_named() -> None:
    """What only Google knows and nothing depends on is named as lost."""
    said = asked(
        safetySettings=[{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
        labels={"team": "claims"},
        generationConfig={"mediaResolution": "MEDIA_RESOLUTION_LOW"},
        toolConfig={"retrievalConfig": {"languageCode": "de"}},
        tools=[{"functionDeclarations": [{"name": "f", "behavior": "NON_BLOCKING"}]}],
        contents=[user({"text": "x", "videoMetadata": {"fps": 1}})],
    )

    assert set(said.losses) == {
        "safetySettings",
        "generationConfig.mediaResolution",
        "toolConfig.retrievalConfig",
        "tools.functionDeclarations.behavior",
        "contents.parts.videoMetadata",
    }
    assert said.metadata == {"team": "claims"}


def test_a_schema_without_its_type() -> None:
    """Google refuses a schema for plain text, and so do we."""
    with pytest.raises(BadRequestError):
        asked(generationConfig={"responseSchema": OBJECT})
