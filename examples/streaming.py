"""Before the first content a failover is invisible; after it, a stream that breaks never ends cleanly."""

from __future__ import annotations

from pathlib import Path

from openai import OpenAIError

from modelrouter import OpenAI, Router, decision_of
from modelrouter.testing import ScriptedProvider, stream

provider = ScriptedProvider(
    {
        "gpt-direct": [
            stream([], breaks="connection reset"),  # the first request: cut before any content
            stream(["Water ", "dam"], breaks="connection reset"),  # the second: cut in the middle of a word
        ],
        "claude-direct": [stream([], breaks="connection reset")],
        "qwen-local": [stream(["Urgent, ", "please call."])],
    }
)

router = Router(Path(__file__).with_name("providers.yaml"), observers=(), clients=provider.clients(), hold_file=None)
with router, OpenAI(router=router) as client:
    for number in (1, 2):
        chunks = client.chat.completions.create(
            model="claims-triage", messages=[{"role": "user", "content": "How urgent?"}], stream=True
        )
        print(f"request {number}, from {decision_of(chunks).served_by}: ", end="")
        try:
            for chunk in chunks:
                print(chunk.choices[0].delta.content or "", end="")
            print()
        except OpenAIError as error:
            print(f" -- cut: {error}")
