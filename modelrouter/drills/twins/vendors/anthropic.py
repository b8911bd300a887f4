"""How Anthropic fails. Sources: its error reference, SDK threads, answers that users of its command line quote."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.core.causes import Cause
from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.failure import Dialect, Row
from modelrouter.drills.twins.vendors.edge import ROWS as EDGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.drills.twins.failure import Json

REFERENCE = "Anthropic's error reference"
CLI = "quoted in anthropics/claude-code threads"
INVALID = "invalid_request_error"


def error(kind: str, message: str) -> Json:
    """Anthropic's envelope."""
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_{id}"}


LIMITS: Mapping[str, str] = MappingProxyType(
    {
        "anthropic-ratelimit-requests-limit": "{limit}",
        "anthropic-ratelimit-requests-reset": "{reset}",
        "anthropic-ratelimit-tokens-limit": "400000",
        "anthropic-ratelimit-tokens-remaining": "400000",
        "anthropic-ratelimit-tokens-reset": "{reset}",
    }
)

ROWS: Mapping[Effect, Row] = MappingProxyType(
    {
        **EDGE,
        Effect.THROTTLED: Row(
            status=429,
            body=error(
                "rate_limit_error",
                "This request would exceed the rate limit for your organization (twin) of {limit} requests per minute. "
                "For details, refer to: https://docs.claude.com/en/api/rate-limits. You can see the response headers "
                "for current usage. Please reduce the prompt length or the maximum tokens requested, or try again later.",
            ),
            headers={**LIMITS, "anthropic-ratelimit-requests-remaining": "0", "x-should-retry": "true"},
            retry_s=15,
            source="body: SDK threads; headers: anthropics/anthropic-sdk-typescript#357",
        ),
        Effect.QUOTA_EXHAUSTED: Row(
            status=400,
            body=error(
                INVALID,
                "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade "
                "or purchase credits.",
            ),
            headers={"x-should-retry": "false"},
            source="anthropics/claude-code#4684 and #88711",
        ),
        Effect.SUSPENDED: Row(
            status=400,
            body=error(INVALID, "This organization has been disabled."),
            headers={"x-should-retry": "false"},
            source="anthropics/claude-code#8327, #72457",
        ),
        Effect.GEOFENCED: Row(
            status=403,
            body={"error": {"type": "forbidden", "message": "Request not allowed"}},
            source="enricoros/big-AGI#485: no outer type, no request id",
        ),
        Effect.EXPORT_CONTROLLED: Row(
            status=404,
            body=error(
                "not_found_error",
                "{title} is not available. Please use another model. Learn more: "
                "https://www.anthropic.com/news/fable-mythos-access",
            ),
            source="anthropics/claude-code#68131, the withdrawal of 12 June 2026",
        ),
        Effect.AUTH: Row(
            status=401,
            body=error("authentication_error", "invalid x-api-key"),
            headers={"x-should-retry": "false"},
            source=REFERENCE,
        ),
        Effect.PERMISSION: Row(
            status=403,
            body=error("permission_error", "Your API key does not have permission to use the specified resource."),
            source=REFERENCE,
        ),
        Effect.MODEL_UNAVAILABLE: Row(
            status=404,
            body=error("not_found_error", "model: {model}"),
            headers={"x-should-retry": "false"},
            source="SDK threads on retired models",
        ),
        Effect.OVERLOADED: Row(
            status=529,
            body=error("overloaded_error", "Overloaded"),
            headers={"x-should-retry": "true"},
            source=CLI + "; headers of November 2024",
        ),
        Effect.OUTAGE: Row(
            status=500,
            body=error("api_error", "Internal server error"),
            headers={"x-should-retry": "true"},
            source=CLI,
        ),
        Effect.CONTENT_BLOCKED: Row(
            status=400, body=error(INVALID, "Output blocked by content filtering policy"), source=CLI
        ),
        Effect.CONTEXT_OVERFLOW: Row(
            status=400,
            body=error(INVALID, "prompt is too long: {tokens} tokens > {window} maximum"),
            source="litellm threads",
        ),
        Effect.REQUEST_TOO_LARGE: Row(
            status=413,
            body=error("request_too_large", "Request exceeds the maximum size"),
            source=REFERENCE + ", 32 MB",
        ),
        Effect.UNSUPPORTED_FEATURE: Row(
            status=400,
            body=error(INVALID, "adaptive thinking is not supported on this model"),
            source="quoted by users of smaller models",
        ),
        Effect.BAD_REQUEST: Row(status=400, body=error(INVALID, "{message}"), source=REFERENCE),
        Effect.STREAM_ERROR: Row(
            status=200,
            body=error("overloaded_error", "Overloaded"),
            cause=Cause.OVERLOADED,
            source="anthropics/anthropic-sdk-python#688",
        ),
    }
)

DIALECT = Dialect(
    vendor="anthropic",
    rows=ROWS,
    headers={
        "request-id": "req_{id}",
        "anthropic-organization-id": "{uuid}",
        "server": "cloudflare",
        "via": "1.1 google",
    },
    served={**LIMITS, "anthropic-ratelimit-requests-remaining": "{limit}"},
    retry={"retry-after": "{wait_whole}"},
)
