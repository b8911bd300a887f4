"""How Azure OpenAI fails: API Management in front, OpenAI's envelope behind, Azure's codes in between."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.failure import Dialect, Row
from modelrouter.drills.twins.vendors import openai

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.drills.twins.failure import Json


def error(code: str, message: str) -> Json:
    """The envelope of Azure's own layers; OpenAI's is used where the model itself speaks."""
    return {"error": {"code": code, "message": message}}


FILTERED: Json = {
    "error": {
        "message": "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. "
        "Please modify your prompt and retry. To learn more about our content filtering policies please read our "
        "documentation: https://go.microsoft.com/fwlink/?linkid=2198766",
        "type": None,
        "param": "prompt",
        "code": "content_filter",
        "status": 400,
        "innererror": {
            "code": "ResponsibleAIPolicyViolation",
            "content_filter_result": {
                "hate": {"filtered": False, "severity": "safe"},
                "violence": {"filtered": True, "severity": "medium"},
            },
        },
    }
}

ROWS: Mapping[Effect, Row] = MappingProxyType(
    {
        **openai.ROWS,
        Effect.THROTTLED: Row(
            status=429,
            body=error(
                "429",
                "Your requests to {model} for {model} in {region} have exceeded the call rate limit for your current "
                "AIServices S0 pricing tier. This request was for ChatCompletions_Create under Azure OpenAI API version "
                "2025-04-01-preview. Please retry after {wait_whole} seconds.",
            ),
            headers={
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "{wait_whole}",
                "policy-id": "DeploymentRatelimit-Call",
            },
            retry_s=9,
            source="body: icereed/paperless-gpt#814; headers: openai/openai-python#937",
        ),
        Effect.QUOTA_EXHAUSTED: Row(
            status=403,
            body=error(
                "QuotaExceeded",
                "Out of call volume quota for this resource. Quota will be replenished when the billing period renews.",
            ),
            source="the quota policy of API Management; this service's wording is assumed",
            assumed=True,
        ),
        Effect.SUSPENDED: Row(
            status=403,
            body=error("Forbidden", "Your resource has been temporarily blocked because we detected unusual behavior."),
            source="quoted with its headers in May 2026",
        ),
        Effect.GEOFENCED: Row(
            status=403,
            body=error("Forbidden", "Access to this service is not allowed from your country, region, or territory."),
            source="no sample from Azure's data plane is known",
            assumed=True,
        ),
        Effect.EXPORT_CONTROLLED: Row(
            status=404,
            body=error(
                "DeploymentNotFound",
                "The model '{model}' of this deployment is not available: it has been withdrawn to comply with a United "
                "States export control directive.",
            ),
            source="the envelope of a missing deployment; the directive in its text is assumed",
            assumed=True,
        ),
        Effect.AUTH: Row(
            status=401,
            body=error(
                "401",
                "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key "
                "for an active subscription and use a correct regional API endpoint for your resource.",
            ),
            source="RussellCanfield/wingman-ai-vscode-extension#73",
        ),
        Effect.PERMISSION: Row(
            status=401,
            body=error(
                "PermissionDenied",
                "The principal `70f1e000-0000-4000-8000-000000000000` lacks the required data action "
                "`Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action` to perform "
                "`POST /openai/deployments/{{deployment-id}}/chat/completions` operation.",
            ),
            source="quoted by users of Entra identities without a role",
        ),
        Effect.MODEL_UNAVAILABLE: Row(
            status=404,
            body=error(
                "DeploymentNotFound",
                "The API deployment for this resource does not exist. If you created the deployment within the last 5 "
                "minutes, please wait a moment and try again.",
            ),
            source="chatboxai/chatbox#646",
        ),
        Effect.OVERLOADED: Row(
            status=429,
            body=error(
                "NoCapacity",
                "The system is currently experiencing high demand and cannot process your request. Your request exceeds "
                "the maximum usage size allowed during peak load. For improved capacity reliability, consider switching "
                "to Provisioned Throughput.",
            ),
            retry_s=20,
            source="relayed samples of December 2025; the code differs between regions",
        ),
        Effect.OUTAGE: Row(
            status=500,
            body=openai.error(
                "The server had an error while processing your request. Sorry about that! You can retry your request, or "
                "contact us through an Azure support request if the error persists. (Please include the request ID "
                "{uuid} in your message.)",
                "server_error",
            ),
            source="quoted by users",
        ),
        Effect.CONTENT_BLOCKED: Row(status=400, body=FILTERED, source="Azure's content filtering guide"),
        Effect.REQUEST_TOO_LARGE: Row(
            status=413,
            body=error("RequestEntityTooLarge", "Request body too large for {model} model. Max size: 8000 tokens."),
            source="quoted by users of the model catalogue",
        ),
    }
)

DIALECT = Dialect(
    vendor="azure",
    rows=ROWS,
    headers={
        "apim-request-id": "{uuid}",
        "x-ms-region": "{region}",
        "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
        "x-content-type-options": "nosniff",
    },
    served={
        "x-request-id": "{uuid}",
        "x-ratelimit-limit-requests": "{limit}",
        "x-ratelimit-remaining-requests": "{limit}",
        "azureml-model-session": "d001-twin",
    },
    retry={"retry-after": "{wait_whole}", "retry-after-ms": "{wait_ms}"},
)
