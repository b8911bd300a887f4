"""Why did a call fail, and how far does that reach? Providers' own words, read without any call."""

from __future__ import annotations

from modelrouter.core.causes import PERMITS
from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence

SEEN = [
    ("openai", 429, '{"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}'),
    ("openai", 429, '{"error": {"message": "Rate limit reached for gpt-5.6", "code": "rate_limit_exceeded"}}'),
    (
        "anthropic",
        400,
        '{"error": {"type": "invalid_request_error", "message": "Your organization has been disabled."}}',
    ),
    ("anthropic", 404, '{"error": {"type": "not_found_error", "message": "model: claude-opus-4-8"}}'),
    (
        "gemini",
        400,
        '{"error": {"status": "FAILED_PRECONDITION", "message": "User location is not supported for the API use."}}',
    ),
]

for vendor, status, body in SEEN:
    fault = classify(Evidence(vendor=vendor, status=status, body=body))
    opens = PERMITS[fault.cause].opens
    hold = f"held from {opens.first_s:g} s, ends by {opens.ending}" if opens else "nothing held"
    print(f"{vendor:9} {status}  {fault.cause}, reaches the {fault.scope}; {hold}  ({fault.rule})")
