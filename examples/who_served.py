"""Who served a request, and why not the others: every answer leads back to its decision."""

from __future__ import annotations

from pathlib import Path

from modelrouter import OpenAI, Router, decision_of
from modelrouter.testing import ScriptedProvider, status, text

GEOFENCED = """{"error": {"message": "Country, region, or territory not supported",
                "type": "request_forbidden", "code": "unsupported_country_region_territory"}}"""

provider = ScriptedProvider({"gpt-direct": [status(403, GEOFENCED)], "qwen-local": [text("Urgent.")]})

router = Router(Path(__file__).with_name("providers.yaml"), observers=(), clients=provider.clients(), hold_file=None)
with router, OpenAI(router=router) as client:
    router.hold("provider:anthropic", "contract under negotiation")
    completion = client.chat.completions.create(
        model="claims-triage", messages=[{"role": "user", "content": "How urgent?"}]
    )
    decision = decision_of(completion)

print(f"served by {decision.served_by} after {decision.calls} calls")
for attempt in decision.trail:
    print(f"  {attempt}")
    if attempt.fault:
        print(f"    rule {attempt.fault.rule}, certainty {attempt.fault.certainty:.0%}")
