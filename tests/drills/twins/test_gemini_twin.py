"""The generateContent wire, and what it refuses of turns that come from elsewhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.anyio

ROOT = "https://generativelanguage.googleapis.com/v1beta"
HELLO = {"role": "user", "parts": [{"text": "Hello [[m-4]]"}]}
SHAPE = {"type": "OBJECT", "properties": {"policy": {"type": "STRING"}}, "required": ["policy"]}
TOOLS = [{"functionDeclarations": [{"name": "lookup", "parameters": SHAPE}, {"name": "archive", "parameters": SHAPE}]}]
CALL = {"functionCall": {"name": "lookup", "args": {}}, "thoughtSignature": "skip_thought_signature_validator"}
RESPONSE = {"functionResponse": {"name": "lookup", "response": {"output": "found"}}}
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def turn(role: str, *parts: dict[str, Any]) -> dict[str, Any]:
    """A turn."""
    return {"role": role, "parts": list(parts)}


async def ask(on: Any, body: dict[str, Any], verb: str = "generateContent", key: str | None = None) -> Any:
    """Status and parsed answer; of an event stream its chunks."""
    headers = {"x-goog-api-key": key or on.key}
    url = f"{on.url}/models/{on.deployment.name}:{verb}"
    async with aiohttp.ClientSession(headers=headers) as session, session.post(url, json=body) as response:
        said = await response.text()
    if response.content_type == "text/event-stream":
        return response.status, [json.loads(line[6:]) for line in said.split("\r\n\r\n") if line]
    return response.status, json.loads(said)


def native(stage: Callable[..., Any], **options: Any) -> Any:
    """A stage for this wire."""
    return stage("gemini", wire="gemini", url=ROOT, **options)


def parts(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of the only candidate."""
    found: list[dict[str, Any]] = answer["candidates"][0]["content"]["parts"]
    return found


async def test_whole_answer_names_its_deployment(stage: Callable[..., Any]) -> None:
    """Text, finish and counts; the marker is in the log."""
    async with native(stage) as on:
        status, answer = await ask(on, {"contents": [HELLO]})

    assert (status, parts(answer)[0]["text"][:24]) == (200, "Served by gemini-one. an")
    assert answer["candidates"][0]["finishReason"] == "STOP"
    assert answer["usageMetadata"]["totalTokenCount"] == 11
    assert (on.twin.log[0].marker, on.twin.log[0].model) == ("m-4", on.deployment.name)


async def test_stream_adds_up_in_both_manners(stage: Callable[..., Any]) -> None:
    """With `alt=sse` as events, without as one array; both add up to the whole answer, counts growing."""
    async with native(stage) as on:
        _, whole = await ask(on, {"contents": [HELLO]})
        _, events = await ask(on, {"contents": [HELLO]}, "streamGenerateContent?alt=sse")
        _, array = await ask(on, {"contents": [HELLO]}, "streamGenerateContent")

    for chunks in (events, array):
        assert "".join(part["text"] for chunk in chunks for part in parts(chunk)) == parts(whole)[0]["text"]
        counts = [chunk["usageMetadata"]["candidatesTokenCount"] for chunk in chunks]
        assert counts == sorted(counts)
        assert counts[-1] == whole["usageMetadata"]["candidatesTokenCount"]
        assert [chunk["candidates"][0].get("finishReason") for chunk in chunks][-2:] == [None, "STOP"]


@pytest.mark.parametrize("verb", ["generateContent", "streamGenerateContent?alt=sse"])
async def test_calls_come_signed_and_go_back_so(stage: Callable[..., Any], verb: str) -> None:
    """The first of several calls is signed; with its signature it is taken back, and the results are told."""
    asked = turn("user", {"text": "Ask both tools."})
    async with native(stage) as on:
        _, first = await ask(on, {"contents": [asked], "tools": TOOLS}, verb)
        chunks = first if isinstance(first, list) else [first]
        calls = [part for chunk in chunks for part in parts(chunk) if "functionCall" in part]
        answered = [
            {"functionResponse": {"name": call["functionCall"]["name"], "response": {"output": f"found {place}"}}}
            for place, call in enumerate(calls)
        ]
        history = [asked, turn("model", *calls), turn("user", *answered)]
        _, second = await ask(on, {"contents": history, "tools": TOOLS})
        calls[0].pop("thoughtSignature")
        status, refusal = await ask(on, {"contents": history, "tools": TOOLS})

    assert [call["functionCall"]["name"] for call in calls] == ["lookup", "archive"]
    assert "thoughtSignature" not in calls[1]
    assert "The tool said found 0, found 1." in parts(second)[0]["text"]
    assert (status, "missing a thought_signature" in refusal["error"]["message"]) == (400, True)


async def test_thoughts_are_shown_and_counted_beside_the_answer(stage: Callable[..., Any]) -> None:
    """Thoughts are parts of their own, counted outside the candidates."""
    config = {"thinkingConfig": {"includeThoughts": True, "thinkingLevel": "low"}}
    async with native(stage) as on:
        _, answer = await ask(on, {"contents": [HELLO], "generationConfig": config})

    thought, text = parts(answer)
    usage = answer["usageMetadata"]
    assert (thought["thought"], thought["text"][:5]) == (True, "First")
    assert "thought" not in text
    assert (usage["thoughtsTokenCount"], usage["candidatesTokenCount"]) == (6, 8)


async def test_structured_output_and_media(stage: Callable[..., Any]) -> None:
    """A schema in Google's spelling is met; images are acknowledged, broken ones refused."""
    config = {"responseMimeType": "application/json", "responseSchema": SHAPE}
    image = {"inlineData": {"mimeType": "image/png", "data": DOT}}
    broken = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
    async with native(stage) as on:
        _, shaped = await ask(on, {"contents": [HELLO], "generation_config": config})
        _, seen = await ask(on, {"contents": [turn("user", {"text": "See."}, image)]})
        status, _ = await ask(on, {"contents": [turn("user", broken)]})

    assert parts(shaped)[0]["text"] == '{"policy":"twin"}'
    assert "Saw 1 image (" in parts(seen)[0]["text"]
    assert status == 400


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ([], "contents is not specified"),
        ([HELLO, HELLO], "alternate"),
        ([turn("model", {"text": "x"}), HELLO], "alternate"),
        ([HELLO, turn("model", {"text": "x"})], "end with a user turn"),
        ([{**HELLO, "role": "assistant"}], "valid role"),
        ([turn("user")], "must not be empty"),
        ([turn("user", {})], "oneof field 'data'"),
        ([HELLO, turn("model", CALL), turn("user", RESPONSE, RESPONSE)], "equal to the number of function call parts"),
        ([HELLO, turn("model", CALL), HELLO], "equal to the number of function call parts"),
        ([turn("user", RESPONSE)], "immediately after a function call turn"),
        ([HELLO, turn("model", CALL), turn("user", {"functionResponse": {"name": ""}})], "Name cannot be empty"),
        (
            [HELLO, turn("model", CALL), turn("user", {"functionResponse": {"name": "lookup", "response": "found"}})],
            "Invalid value",
        ),
        ([HELLO, turn("model", {**CALL, "thoughtSignature": "QUJD"}), turn("user", RESPONSE)], "Corrupted"),
        ([HELLO, turn("model", {**CALL, "signature": "x"}), turn("user", RESPONSE)], 'Unknown name "signature"'),
    ],
)
async def test_turns_from_elsewhere_are_checked(stage: Callable[..., Any], contents: list[Any], words: str) -> None:
    """What a conversation moved from another wire gets wrong first is refused, unwrapped as this wire has errors."""
    async with native(stage) as on:
        status, refusal = await ask(on, {"contents": contents, "tools": TOOLS})

    assert (status, refusal["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert words in refusal["error"]["message"]


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"model": "x"}, 'Unknown name "model"'),
        ({"generationConfig": {"max_tokens": 1}}, "Unknown name \"max_tokens\" at 'generation_config'"),
        ({"generationConfig": {"responseSchema": SHAPE}}, "only allowed for JSON output"),
        ({"tools": [{"functionDeclarations": [{"name": "f", "parameters": {"$ref": "#"}}]}]}, 'Unknown name "$ref"'),
        ({"tools": [{"functionDeclarations": [{"name": "1f"}]}]}, "Invalid function name"),
        (
            {"tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": "STRING", "enum": [1]}}]}]},
            "TYPE_STRING",
        ),
        ({"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}, "no function declarations"),
        ({"generationConfig": {"stopSequences": list("abcdef")}}, "at most 5"),
    ],
)
async def test_fields_are_known_or_refused(stage: Callable[..., Any], extra: dict[str, Any], words: str) -> None:
    """One name that the API does not know refuses the request."""
    async with native(stage) as on:
        status, refusal = await ask(on, {"contents": [HELLO], **extra})

    assert status == 400
    assert words in refusal["error"]["message"]


async def test_wrong_key_is_refused_unwrapped(stage: Callable[..., Any]) -> None:
    """Errors are an object here, not the compatible endpoint's list."""
    async with native(stage) as on:
        status, refusal = await ask(on, {"contents": [HELLO]}, key="wrong")

    assert (status, refusal["error"]["code"]) == (400, 400)
