"""Reasoning that a provider cannot open: the request goes once more without it, and nobody's turn is lost."""

from __future__ import annotations

import asyncio
import json

import pytest
from support.inventories import deployment, inventory, process

from modelrouter import Router
from modelrouter.core.inventory import Model
from modelrouter.errors import RequestFailedError
from modelrouter.testing import ScriptedProvider, status

REFUSALS = {
    "anthropic-messages": '{"type":"error","error":{"type":"invalid_request_error","message":"messages.1.content.0: Invalid `signature` in `thinking` block"}}',
    "openai-responses": '{"error":{"message":"The encrypted content could not be verified.","type":"invalid_request_error","code":"invalid_encrypted_content"}}',
    "gemini": '{"error":{"code":400,"message":"Corrupted thought signature.","status":"INVALID_ARGUMENT"}}',
}
ANSWERS = {
    "anthropic-messages": {"id": "msg_1", "type": "message", "role": "assistant", "model": "a-model", "content": [{"type": "text", "text": "ok"}], "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}},
    "openai-responses": {"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "a-model", "output": [{"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": "ok", "annotations": []}]}], "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}},
    "gemini": {"candidates": [{"content": {"role": "model", "parts": [{"text": "ok"}]}, "finishReason": "STOP"}], "modelVersion": "a-model"},
}  # fmt: skip
NATIVE = {
    wire: Model(id=name, developer="its own", family=family, context=100_000, output=8192, capabilities=frozenset({"tools", "thinking"}))
    for wire, name, family in (
        ("anthropic-messages", "claude-opus-4-5", "claude"), ("openai-responses", "gpt-5.6", "gpt"), ("gemini", "gemini-2.5-pro", "gemini")
    )
}  # fmt: skip
"""Models whose own wire it is: seals of unknown origin are theirs as far as anybody can tell."""
CALL = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "1"}]}
BODIES = {
    "anthropic-messages": {
        "model": "p", "max_tokens": 4096, "thinking": {"type": "enabled", "budget_tokens": 1024},
        "tools": [{"name": "f", "input_schema": {"type": "object"}}],
        "messages": [
            {"role": "user", "content": "go"},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": "c2VhbA=="}, CALL]},
            RESULT,
        ],
    },
    "openai-responses": {
        "model": "p", "store": False,
        "input": [
            {"type": "message", "role": "user", "content": "go"},
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "c2VhbA=="},
            {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_1", "output": "1"},
        ],
    },
    "gemini": {
        "model": "p", "stream": False,
        "contents": [
            {"role": "user", "parts": [{"text": "go"}]},
            {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "c2VhbA=="}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"x": 1}}}]},
        ],
    },
}  # fmt: skip


def asked(wire, scripts):
    """What a caller of the wire gets of a deployment that plays these, and the bodies that it was sent."""
    scripted = ScriptedProvider({"a": scripts})
    described = inventory(process("p", deployment("a", wire=wire, model=NATIVE[wire])))

    async def serve():
        async with Router(described, observers=[], clients=scripted.clients(), hold_file=None) as router:
            answer = await router.ahandle(wire, json.dumps(BODIES[wire]).encode())
            return answer, router.holds()

    answer, holds = asyncio.run(serve())
    return answer, holds, [json.loads(body) for _, body in scripted.calls]


@pytest.mark.parametrize("wire", list(REFUSALS))
def test_once_more_without_what_is_sealed(wire):
    """The second body has no seal in it and is otherwise the first; the answer comes, the loss is named, nothing is held."""
    answer, holds, (first, second) = asked(wire, [status(400, REFUSALS[wire]), status(200, json.dumps(ANSWERS[wire]))])

    assert answer.status == 200
    assert "c2VhbA==" in json.dumps(first)
    assert "c2VhbA==" not in json.dumps(second)
    assert answer.headers["x-modelrouter-losses"] == "thinking"
    assert holds == ()
    assert "thinking" not in second
    assert json.dumps(second).count('"f"') == json.dumps(first).count('"f"')


@pytest.mark.parametrize("wire", list(REFUSALS))
def test_only_once(wire):
    """A provider that refuses that as well is taken at its word."""
    with pytest.raises(RequestFailedError):
        asked(wire, [status(400, REFUSALS[wire])])


def test_items_behind_dropped_reasoning_lose_their_ids():
    """An item may not be named without the reasoning that came before it (11); what ties a call to its result stays."""
    _, _, (_, second) = asked(
        "openai-responses",
        [status(400, REFUSALS["openai-responses"]), status(200, json.dumps(ANSWERS["openai-responses"]))],
    )

    assert [item.get("id") for item in second["input"]] == [None, None, None]
    assert [item.get("call_id") for item in second["input"]] == [None, "call_1", "call_1"]
