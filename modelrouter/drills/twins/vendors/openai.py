"""How OpenAI fails. Sources: its error-code guide, the official SDK's error classes, threads where users quote answers."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.failure import Dialect, Row
from modelrouter.drills.twins.vendors.edge import ROWS as EDGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.drills.twins.failure import Json

GUIDE = "OpenAI's error-code guide"
INVALID = "invalid_request_error"


def error(message: str, kind: str | None, *, code: str | None = None, param: str | None = None) -> Json:
    """OpenAI's envelope."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


BUSY = "The server had an error while processing your request. Sorry about that!"

ROWS: Mapping[Effect, Row] = MappingProxyType(
    {
        **EDGE,
        Effect.THROTTLED: Row(
            status=429,
            body=error(
                "Rate limit reached for {model} in organization org-twin on requests per min (RPM): Limit {limit}, "
                "Used {limit}, Requested 1. Please try again in {wait}s. "
                "Visit https://platform.openai.com/account/rate-limits to learn more.",
                "requests",
                code="rate_limit_exceeded",
            ),
            headers={
                "x-ratelimit-limit-requests": "{limit}",
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "{wait}s",
            },
            retry_s=20,
            source="quoted in langchain and litellm threads; headers of the rate-limit guide",
        ),
        Effect.QUOTA_EXHAUSTED: Row(
            status=429,
            body=error(
                "You exceeded your current quota, please check your plan and billing details. For more information on "
                "this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
                "insufficient_quota",
                code="insufficient_quota",
            ),
            headers={"x-should-retry": "false"},
            source=GUIDE,
        ),
        Effect.SUSPENDED: Row(
            status=401,
            body=error(
                "The OpenAI account associated with this API key has been deactivated. If you are the developer for "
                "this OpenAI app, please check your email for more information.",
                INVALID,
                code="account_deactivated",
            ),
            source="quoted in threads of deactivated organisations",
        ),
        Effect.GEOFENCED: Row(
            status=403,
            body=error(
                "Country, region, or territory not supported",
                "request_forbidden",
                code="unsupported_country_region_territory",
            ),
            source="quoted since July 2024, when access from unsupported countries was cut",
        ),
        Effect.EXPORT_CONTROLLED: Row(
            status=404,
            body=error(
                "The model `{model}` is not available: access has been withdrawn to comply with a United States "
                "export control directive.",
                INVALID,
                code="model_not_found",
            ),
            source="the envelope of a removed model; the directive in its text is assumed",
            assumed=True,
        ),
        Effect.AUTH: Row(
            status=401,
            body=error(
                "Incorrect API key provided: sk-****twin. You can find your API key at "
                "https://platform.openai.com/account/api-keys.",
                INVALID,
                code="invalid_api_key",
            ),
            source=GUIDE,
        ),
        Effect.PERMISSION: Row(
            status=403,
            body=error(
                "Your organization must be verified to use the model `{model}`. Please go to: "
                "https://platform.openai.com/settings/organization/general and click on Verify Organization.",
                INVALID,
            ),
            source="quoted by users of gated models",
        ),
        Effect.MODEL_UNAVAILABLE: Row(
            status=404,
            body=error(
                "The model `{model}` does not exist or you do not have access to it.", INVALID, code="model_not_found"
            ),
            source=GUIDE,
        ),
        Effect.OVERLOADED: Row(
            status=503,
            body=error(
                "That model is currently overloaded with other requests. You can retry your request, or contact us "
                "through our help center at help.openai.com if the error persists.",
                "server_error",
            ),
            source=GUIDE,
        ),
        Effect.OUTAGE: Row(
            status=500,
            body=error(BUSY, "server_error"),
            source=GUIDE,
        ),
        Effect.CONTENT_BLOCKED: Row(
            status=400,
            body=error(
                "Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again "
                "with a different prompt: https://platform.openai.com/docs/guides/reasoning#advice-on-prompting",
                INVALID,
                code="invalid_prompt",
            ),
            source="quoted by users of reasoning models",
        ),
        Effect.CONTEXT_OVERFLOW: Row(
            status=400,
            body=error(
                "This model's maximum context length is {window} tokens. However, your messages resulted in {tokens} "
                "tokens. Please reduce the length of the messages.",
                INVALID,
                code="context_length_exceeded",
                param="messages",
            ),
            source=GUIDE,
        ),
        Effect.REQUEST_TOO_LARGE: Row(
            status=413,
            body=error("Request body is too large: the maximum content size is 26214400 bytes.", INVALID),
            source="the status of the edge; the text is assumed",
            assumed=True,
        ),
        Effect.UNSUPPORTED_FEATURE: Row(
            status=400,
            body=error(
                "Unsupported parameter: 'tools' is not supported with this model.",
                INVALID,
                code="unsupported_parameter",
                param="tools",
            ),
            source="quoted for many parameters of reasoning models",
        ),
        Effect.BAD_REQUEST: Row(status=400, body=error("{message}", INVALID), source=GUIDE),
        Effect.STREAM_ERROR: Row(
            status=200, body=error(BUSY, "server_error"), source="a data event with an error, as the SDK expects it"
        ),
    }
)

DIALECT = Dialect(
    vendor="openai",
    rows=ROWS,
    headers={
        "x-request-id": "req_{hex}",
        "openai-version": "2020-10-01",
        "openai-organization": "org-twin",
        "server": "cloudflare",
    },
    served={
        "openai-processing-ms": "12",
        "x-ratelimit-limit-requests": "{limit}",
        "x-ratelimit-remaining-requests": "{limit}",
        "x-ratelimit-reset-requests": "1s",
    },
    retry={"retry-after": "{wait_whole}", "retry-after-ms": "{wait_ms}"},
)
