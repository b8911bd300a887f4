"""A test of what your application does during a hold need not wait for its end: time passes when told."""

from __future__ import annotations

from pathlib import Path

from modelrouter import Router
from modelrouter.testing import ManualClock, ScriptedProvider, status, text

LIMIT = '{"error": {"message": "Rate limit reached for gpt-5.6", "code": "rate_limit_exceeded"}}'

clock = ManualClock()
provider = ScriptedProvider(
    {
        "gpt-direct": [status(429, LIMIT, {"retry-after": "7"}), text("from OpenAI")],
        "claude-direct": [status(200, '{"type": "message", "content": [{"type": "text", "text": "from Anthropic"}]}')],
    }
)

with Router(
    Path(__file__).with_name("providers.yaml"), observers=(), clients=provider.clients(), clock=clock, hold_file=None
) as router:
    for seconds in (0, 6, 1):
        clock.advance(seconds)
        answer = router.chat("claims-triage", "How urgent?")
        print(f"{seconds} s later: {answer.text}; OpenAI was called {provider.count('gpt-direct')} times so far")
