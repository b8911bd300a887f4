"""A conversation with tools begun on OpenAI's wire goes on at Anthropic's, and comes back in OpenAI's shape."""

from __future__ import annotations

import json
from pathlib import Path

from modelrouter import OpenAI, Router, decision_of
from modelrouter.testing import ScriptedProvider, status

CLAUDE_CALLS_A_TOOL = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-4-8", "stop_reason": "tool_use",
    "content": [{"type": "tool_use", "id": "toolu_1", "name": "find_claim", "input": {"number": "K-4711"}}],
    "usage": {"input_tokens": 90, "output_tokens": 20},
}  # fmt: skip
NO_CREDIT = '{"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}'
NUMBER: dict[str, object] = {"type": "object", "properties": {"number": {"type": "string"}}, "required": ["number"]}

provider = ScriptedProvider(
    {"gpt-direct": [status(429, NO_CREDIT)], "claude-direct": [status(200, json.dumps(CLAUDE_CALLS_A_TOOL))]}
)
router = Router(Path(__file__).with_name("providers.yaml"), observers=(), clients=provider.clients(), hold_file=None)
with router, OpenAI(router=router) as client:
    completion = client.chat.completions.create(
        model="claims-triage",
        messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Claim K-4711?"}],
        tools=[{"type": "function", "function": {"name": "find_claim", "parameters": NUMBER}}],
    )

print("what Claude was sent:", json.dumps(json.loads(provider.calls[-1][1]), indent=1))
print("what the SDK returns:", completion.choices[0].message.tool_calls)
print("who served:", decision_of(completion))
