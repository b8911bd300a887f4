"""How Google's OpenAI-compatible endpoint fails: a list of one error with a google.rpc status and details."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.failure import Dialect, Row
from modelrouter.drills.twins.vendors.edge import ROWS as EDGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.drills.twins.failure import Json

RPC = "type.googleapis.com/google.rpc."
SERVICE = "generativelanguage.googleapis.com"


def error(code: int, status: str, message: str, *details: Json) -> Json:
    """The compatible endpoint wraps Google's error in a list; the native one sends the object alone."""
    body: dict[str, Json] = {"code": code, "message": message, "status": status}
    if details:
        body["details"] = list(details)
    return [{"error": body}]


def info(reason: str, **metadata: str) -> Json:
    """google.rpc.ErrorInfo."""
    return {
        "@type": RPC + "ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": SERVICE, **metadata},
    }


def quota(identifier: str, metric: str) -> Json:
    """google.rpc.QuotaFailure."""
    violation: Json = {
        "quotaMetric": f"{SERVICE}/{metric}",
        "quotaId": identifier,
        "quotaDimensions": {"location": "global", "model": "{model}"},
        "quotaValue": "{limit}",
    }
    return {"@type": RPC + "QuotaFailure", "violations": [violation]}


HELP: Json = {
    "@type": RPC + "Help",
    "links": [
        {
            "description": "Learn more about Gemini API quotas",
            "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
        }
    ],
}
RETRY: Json = {"@type": RPC + "RetryInfo", "retryDelay": "{wait}s"}

ROWS: Mapping[Effect, Row] = MappingProxyType(
    {
        **EDGE,
        Effect.THROTTLED: Row(
            status=429,
            body=error(
                429,
                "RESOURCE_EXHAUSTED",
                f"Quota exceeded for metric: {SERVICE}/generate_content_requests_per_minute, limit: {{limit}}, "
                "model: {model}\nPlease retry in {wait}s.",
                HELP,
                quota("GenerateRequestsPerMinutePerProjectPerModel", "generate_content_requests_per_minute"),
                RETRY,
            ),
            retry_s=28,
            source="answers quoted with 'Error code: 429 - [{'error': …}]' by users of the OpenAI SDK",
        ),
        Effect.QUOTA_EXHAUSTED: Row(
            status=429,
            body=error(
                429,
                "RESOURCE_EXHAUSTED",
                "Your project has exceeded its monthly spending cap. Please go to AI Studio at https://ai.studio/spend "
                "to manage your project spend cap.",
            ),
            source="quoted by users of the OpenAI SDK in 2026",
        ),
        Effect.SUSPENDED: Row(
            status=403,
            body=error(
                403,
                "PERMISSION_DENIED",
                "Permission denied: Consumer 'api_key:AIza****' has been suspended.",
                info("CONSUMER_SUSPENDED", consumer="projects/000000000000", containerInfo="api_key:AIza****"),
            ),
            source="google/generative-ai-docs#356",
        ),
        Effect.GEOFENCED: Row(
            status=400,
            body=error(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
            source="quoted since 2023",
        ),
        Effect.EXPORT_CONTROLLED: Row(
            status=404,
            body=error(
                404,
                "NOT_FOUND",
                "models/{model} is not available: it has been withdrawn to comply with a United States export control "
                "directive.",
            ),
            source="the envelope of a missing model; the directive in its text is assumed",
            assumed=True,
        ),
        Effect.AUTH: Row(
            status=400,
            body=error(
                400,
                "INVALID_ARGUMENT",
                "API key not valid. Please pass a valid API key.",
                info("API_KEY_INVALID"),
                {
                    "@type": RPC + "LocalizedMessage",
                    "locale": "en-US",
                    "message": "API key not valid. Please pass a valid API key.",
                },
            ),
            source="continuedev/continue#10530",
        ),
        Effect.PERMISSION: Row(
            status=403,
            body=error(
                403,
                "PERMISSION_DENIED",
                "Requests to this API generativelanguage.googleapis.com method "
                "google.ai.generativelanguage.v1beta.GenerativeService.GenerateContent are blocked.",
                info("API_KEY_SERVICE_BLOCKED", consumer="projects/000000000000"),
            ),
            source="keys restricted to other services",
        ),
        Effect.MODEL_UNAVAILABLE: Row(
            status=404,
            body=error(
                404,
                "NOT_FOUND",
                "models/{model} is not found for API version v1main, or is not supported for generateContent. Call "
                "ListModels to see the list of available models and their supported methods.",
            ),
            source="quoted for retired models",
        ),
        Effect.OVERLOADED: Row(
            status=503,
            body=error(503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
            source="google-gemini/gemini-cli threads",
        ),
        Effect.OUTAGE: Row(
            status=500,
            body=error(
                500,
                "INTERNAL",
                "An internal error has occurred. Please retry or report in "
                "https://developers.generativeai.google/guide/troubleshooting",
            ),
            source="quoted by users",
        ),
        Effect.CONTENT_BLOCKED: Row(
            status=400,
            body=error(400, "INVALID_ARGUMENT", "The prompt was blocked: PROHIBITED_CONTENT."),
            source="the native API answers 200 with a blockReason; as an error it is assumed",
            assumed=True,
        ),
        Effect.CONTEXT_OVERFLOW: Row(
            status=400,
            body=error(
                400,
                "INVALID_ARGUMENT",
                "The input token count ({tokens}) exceeds the maximum number of tokens allowed ({window}).",
            ),
            source="google-gemini/gemini-cli threads",
        ),
        Effect.REQUEST_TOO_LARGE: Row(
            status=400,
            body=error(400, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes."),
            source="quoted for inline files above 20 MB",
        ),
        Effect.UNSUPPORTED_FEATURE: Row(
            status=400,
            body=error(400, "INVALID_ARGUMENT", "Function calling is not enabled for models/{model}"),
            source="quoted for small open models behind the same service",
        ),
        Effect.BAD_REQUEST: Row(status=400, body=error(400, "INVALID_ARGUMENT", "{message}"), source="google.rpc"),
        Effect.STREAM_ERROR: Row(
            status=200,
            body=error(500, "INTERNAL", "An internal error has occurred."),
            source="the same list inside a data event; assumed",
            assumed=True,
        ),
    }
)

DIALECT = Dialect(
    vendor="gemini",
    rows=ROWS,
    headers={"server": "scaffolding on HTTPServer2", "x-content-type-options": "nosniff", "vary": "Origin"},
    served={"server-timing": "gfet4t7; dur=12"},
)
