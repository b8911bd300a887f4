"""AWS Bedrock: exception names carry the cause, save for the catch-all `ValidationException`."""

from __future__ import annotations

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.signatures.rule import Rule
from modelrouter.core.signatures.vendor import Vendor

BEDROCK = Vendor(
    "bedrock",
    ("aws", "amazon", "amazon-bedrock", "aws-bedrock", "sagemaker"),
    (
        Rule("unsupported_place", Cause.GEOFENCED, Scope.JURISDICTION, text=("access to * not allowed from unsupported countries", "unsupported countries")),
        Rule("account_held", Cause.SUSPENDED, Scope.ACCOUNT,
             text=("account is currently blocked", "operation not allowed", "account is not authorized to perform this operation", "account * verification"),
             unless=("(inference profile|throughput)",)),
        Rule("too_many_tokens_a_day", Cause.QUOTA_EXHAUSTED, Scope.MODEL, text=("too many tokens per day", "tokens per day")),
        Rule("quota", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, codes=("ServiceQuotaExceededException",)),
        Rule("too_many", Cause.THROTTLED, Scope.MODEL, text=("too many (requests|tokens), please wait", "rate exceeded")),
        Rule("on_demand_unsupported", Cause.UNSUPPORTED_FEATURE, Scope.MODEL, text=("on demand throughput isn't supported", "with on demand throughput")),
        # A field of fixed length, such as a text to embed; where the prompt is meant, the pointer says so.
        Rule("field_too_long", Cause.REQUEST_TOO_LARGE, Scope.REQUEST, text=("expected (maxlength|maxitems)",), also=("request: #/",), unless=("#/(prompt|inputtext|messages|system)",)),
        Rule("too_long", Cause.CONTEXT_OVERFLOW, Scope.REQUEST, text=("input is too long", "expected maxlength", "too many input tokens", "prompt is too long")),
        Rule("model_end_of_life", Cause.MODEL_UNAVAILABLE, Scope.MODEL,
             text=("end of its life", "marked by provider as legacy", "model identifier is invalid", "model id * (isn't|not) supported"), unless=("on demand throughput",)),
        Rule("no_access_to_model", Cause.PERMISSION, Scope.MODEL,
             text=("don't have access to the model", "access to the model with the specified model id", "model access is denied", "is not authorized to invoke this",
                   "marketplace", "model access")),
        Rule("no_rights", Cause.PERMISSION, Scope.KEY, text=("not authorized to perform: bedrock", "not authorized to perform * invokemodel")),
        Rule("forms_missing", Cause.PERMISSION, Scope.ACCOUNT, text=("use case details", "account is not authorized to invoke")),
        Rule("bad_key", Cause.AUTH, Scope.KEY, codes=("UnrecognizedClientException", "ExpiredTokenException", "InvalidSignatureException",
             "IncompleteSignatureException", "MissingAuthenticationTokenException"), text=("security token included in the request", "signature we calculated")),
        Rule("throttled", Cause.THROTTLED, Scope.ACCOUNT, codes=("ThrottlingException", "TooManyRequestsException", "ThrottledException"), unless=("per day",)),
        Rule("not_ready", Cause.OVERLOADED, Scope.MODEL, codes=("ModelNotReadyException",), text=("model is not ready",)),
        Rule("busy", Cause.OVERLOADED, Scope.PROVIDER, text=("unable to process your request",), codes=("ServiceUnavailableException",)),
        Rule("model_timeout", Cause.TIMEOUT, Scope.MODEL, codes=("ModelTimeoutException",)),
        Rule("model_error", Cause.OUTAGE, Scope.MODEL, codes=("ModelErrorException", "ModelStreamErrorException")),
    ),
)  # fmt: skip
