"""Google's generateContent in shapes that nobody meant: told as a mistake, and never an accident of ours."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from support.inventories import deployment

from modelrouter.errors import BadRequestError
from modelrouter.wire.dialects import CALLERS, DIALECTS
from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.passing import pass_on
from modelrouter.wire.sse import Event
from modelrouter.wire.translate import NotPortable, Rendered, StreamRenderer, render_answer, render_request

REQUEST: dict[str, Any] = {
    "model": "claims",
    "stream": False,
    "systemInstruction": {"parts": [{"text": "s"}]},
    "contents": [
        {"role": "user", "parts": [{"text": "hi"}, {"inlineData": {"mimeType": "image/png", "data": "QQ=="}}]},
        {"role": "model", "parts": [{"text": "t", "thought": True, "thoughtSignature": "QQ=="}]},
        {"role": "model", "parts": [{"functionCall": {"id": "a", "name": "f", "args": {"n": 1}}}]},
        {"role": "user", "parts": [{"functionResponse": {"id": "a", "name": "f", "response": {"output": "x"}}}]},
    ],
    "tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT", "required": ["n"]}}]}],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
    "generationConfig": {
        "topK": 4,
        "stopSequences": ["x"],
        "thinkingConfig": {"thinkingBudget": 5, "includeThoughts": True},
        "responseMimeType": "application/json",
        "responseSchema": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}, "propertyOrdering": ["a"]},
        "responseLogprobs": True,
        "logprobs": 2,
    },
    "labels": {"a": "b"},
    "safetySettings": [],
}
ANSWER: dict[str, Any] = {
    "candidates": [
        {
            "content": {
                "role": "model",
                "parts": [{"text": "x", "thoughtSignature": "QQ=="}, {"functionCall": {"name": "f"}}],
            },
            "finishReason": "STOP",
            "finishMessage": "m",
            "logprobsResult": {
                "chosenCandidates": [{"token": "x", "logProbability": -1}],
                "topCandidates": [{"candidates": [{"token": "x"}]}],
            },
        }
    ],
    "usageMetadata": {"promptTokenCount": 1},
    "promptFeedback": {"blockReason": "OTHER"},
    "modelVersion": "m",
    "responseId": "r",
}

ODD: list[Any] = [None, True, 0, -1, 1.5, "", "x", "\ud800", "é", [], [None], ["x"], [[]], {}, {"x": None}, [{}]]


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, member in inner for place in _places(member, (*path, key)))]


def _with(whole: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    changed = copy.deepcopy(whole)
    at = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = odd
    return changed


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_requests_of_any_shape(odd: object) -> None:
    """Whatever stands at whichever place, a request is served, refused as unportable, or refused as a mistake."""
    wires = ("gemini", "openai-chat", "anthropic-messages")
    for path, wire in product(_places(REQUEST)[1:], wires):
        request = _with(REQUEST, path, odd)
        target = replace(deployment("g", wire=wire, capabilities=frozenset({"tools", "json_schema"})), name="gemini-3")
        try:
            CALLERS["gemini"].read_request(request)
            rendered = (
                pass_on(json.dumps(request).encode(), request, target)
                if wire == "gemini"
                else render_request("gemini", request, target)
            )
        except BadRequestError:
            continue
        assert isinstance(rendered, Rendered | NotPortable)


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_answers_of_any_shape(odd: object) -> None:
    """Whatever stands at whichever place, an answer is read, and rendered or told as malformed."""
    for path, target in product(_places(ANSWER)[1:], ("gemini", "openai-chat", "anthropic-messages")):
        answer = _with(ANSWER, path, odd)
        event = Event(None, json.dumps(answer).encode(), b"")
        DIALECTS["gemini"].read_answer(answer)
        DIALECTS["gemini"].read_event(event)
        try:
            render_answer("gemini", target, answer, request=REQUEST, model="m", created=1)
            StreamRenderer("gemini", target, request=REQUEST, model="m", created=1).feed(event)
        except MalformedError:
            continue
