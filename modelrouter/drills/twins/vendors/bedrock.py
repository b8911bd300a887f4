"""How AWS Bedrock fails: the exception's name in a header, a message in the body, no stated wait."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.core.causes import Cause
from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.failure import Dialect, Row
from modelrouter.drills.twins.vendors.edge import ROWS as EDGE

if TYPE_CHECKING:
    from collections.abc import Mapping

BOTO = "the service model in botocore, and answers quoted by users"
NAMESPACE = "http://internal.amazon.com/coral/com.amazon.bedrock/"


def row(
    status: int, exception: str, message: str, *, source: str = BOTO, cause: Cause | None = None, assumed: bool = False
) -> Row:
    """An exception of the service."""
    return Row(
        status=status,
        body={"message": message},
        headers={"x-amzn-ErrorType": f"{exception}:{NAMESPACE}"},
        cause=cause,
        source=source,
        assumed=assumed,
    )


ROWS: Mapping[Effect, Row] = MappingProxyType(
    {
        **EDGE,
        Effect.THROTTLED: row(429, "ThrottlingException", "Too many requests, please wait before trying again."),
        Effect.QUOTA_EXHAUSTED: row(
            429, "ThrottlingException", "Too many tokens per day, please wait before trying again."
        ),
        Effect.SUSPENDED: row(
            403,
            "AccessDeniedException",
            "Your AWS account is suspended. Contact AWS Support for help.",
            source="AWS support pages speak of suspended accounts; the wording on this service is assumed",
            assumed=True,
        ),
        Effect.GEOFENCED: row(
            400,
            "ValidationException",
            "Access to Anthropic models is not allowed from unsupported countries, regions, or territories. Please refer "
            "to https://www.anthropic.com/supported-countries for more information on the countries and regions "
            "Anthropic currently supports.",
        ),
        Effect.EXPORT_CONTROLLED: row(
            404,
            "ResourceNotFoundException",
            "{model} is not available: the model provider has withdrawn it to comply with a United States export control "
            "directive.",
            source="the envelope of a removed model; the directive in its text is assumed",
            assumed=True,
        ),
        Effect.AUTH: Row(
            status=403,
            body={"Message": "Authentication failed: Please make sure your API Key is valid."},
            headers={"x-amzn-ErrorType": f"AccessDeniedException:{NAMESPACE}"},
            source="anomalyco/opencode#47073: capital M",
        ),
        Effect.PERMISSION: row(
            403,
            "AccessDeniedException",
            "User: arn:aws:iam::000000000000:user/twin is not authorized to perform: bedrock:InvokeModel on resource: "
            "arn:aws:bedrock:eu-central-1::foundation-model/{model} because no identity-based policy allows the "
            "bedrock:InvokeModel action",
        ),
        Effect.MODEL_UNAVAILABLE: row(
            404, "ResourceNotFoundException", "This model version has reached the end of its life. {model}"
        ),
        Effect.OVERLOADED: row(
            503, "ServiceUnavailableException", "Too many connections, please wait before trying again."
        ),
        Effect.OUTAGE: row(
            500,
            "InternalServerException",
            "The system encountered an unexpected error during processing. Try your request again.",
        ),
        Effect.CONTENT_BLOCKED: row(
            400,
            "ValidationException",
            "The content of the request was blocked by the model provider's content filtering policy.",
            source="guardrails answer 200 with a stop reason; as an error it is assumed",
            assumed=True,
        ),
        Effect.CONTEXT_OVERFLOW: row(
            400,
            "ValidationException",
            "The model returned the following errors: Input is too long for requested model.",
        ),
        Effect.REQUEST_TOO_LARGE: row(
            413,
            "RequestEntityTooLargeException",
            "Request body is too large.",
            source="the status; text assumed",
            assumed=True,
        ),
        Effect.UNSUPPORTED_FEATURE: row(
            400, "ValidationException", "This model doesn't support tool use.", source="quoted for older models"
        ),
        Effect.BAD_REQUEST: row(400, "ValidationException", "{message}"),
        Effect.STREAM_ERROR: Row(
            status=200,
            body={"message": "Bedrock is unable to process your request."},
            headers={":exception-type": "serviceUnavailableException"},
            cause=Cause.OVERLOADED,
            source="quoted by litellm users: an exception frame inside the event stream",
        ),
    }
)

DIALECT = Dialect(vendor="bedrock", rows=ROWS, headers={"x-amzn-RequestId": "{uuid}"})
