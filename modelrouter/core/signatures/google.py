"""Google's Gemini API and Vertex AI: `google.rpc.Status` with reasons in its details."""

from __future__ import annotations

from math import inf

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.signatures.kept import NOT_KEPT
from modelrouter.core.signatures.rule import Rule
from modelrouter.core.signatures.vendor import Vendor

GOOGLE_RULES = (
    Rule("location", Cause.GEOFENCED, Scope.JURISDICTION, text=("user location is not supported", "location is not supported for the api use")),
    Rule("consumer_suspended", Cause.SUSPENDED, Scope.ACCOUNT, codes=("CONSUMER_SUSPENDED",),
         text=("consumer * has been suspended", "disabled in this account for violation", "violation of terms of service", "project has been denied access")),
    Rule("api_disabled", Cause.PERMISSION, Scope.ACCOUNT, codes=("SERVICE_DISABLED", "CONSUMER_INVALID"),
         text=("has not been used in project", "api is disabled", "it is disabled. enable it")),
    Rule("billing_disabled", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, codes=("BILLING_DISABLED", "BILLING_NOT_ENABLED"),
         text=("requires billing to be enabled", "billing account * disabled", "(dunning|prepayment credits)", "enable billing", "billing to be enabled")),
    Rule("key_leaked", Cause.AUTH, Scope.KEY, text=("api key was reported as leaked", "reported as leaked")),
    Rule("bad_key", Cause.AUTH, Scope.KEY, codes=("API_KEY_INVALID", "ACCESS_TOKEN_EXPIRED", "ACCESS_TOKEN_TYPE_UNSUPPORTED", "CREDENTIALS_MISSING"),
         text=("api key (not found|not valid|expired)", "unregistered callers", "without established identity")),
    Rule("key_restricted", Cause.PERMISSION, Scope.KEY, codes=("API_KEY_SERVICE_BLOCKED", "API_KEY_HTTP_REFERRER_BLOCKED", "API_KEY_IP_ADDRESS_BLOCKED",
         "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), text=("requests to this api * are blocked", "requests from (referer|this ip)")),
    Rule("capacity", Cause.OVERLOADED, Scope.MODEL, codes=("MODEL_CAPACITY_EXHAUSTED",), text=("no capacity available for model",)),
    Rule("quota_of_none", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, shortest_wait_s=inf, text=("limit: 0", 'quota_limit_value * 0"')),
    Rule("quota_a_day_of_model", Cause.QUOTA_EXHAUSTED, Scope.MODEL, shortest_wait_s=3600, text=("per day",), also=("(perprojectpermodel|permodel)", "per base model")),
    Rule("quota_a_day", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, shortest_wait_s=3600, codes=("QUOTA_EXHAUSTED",),
         text=("(perday|perdayperproject|perdayperuser|perdayperprojectpermodel)", "per day", "daily limit")),
    Rule("quota_a_minute_of_model", Cause.THROTTLED, Scope.MODEL, text=("per minute", "online_prediction_requests_per_base_model"),
         also=("(perprojectpermodel|permodel)", "per base model")),
    Rule("quota_a_minute", Cause.THROTTLED, Scope.ACCOUNT, codes=("RATE_LIMIT_EXCEEDED",), text=("perminute", "per minute", "online_prediction_requests_per_base_model"),
         unless=("request too large for",)),
    # Where no day is named the limit is as often one of a minute, and the wait it states is true.
    Rule("quota", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, shortest_wait_s=0, text=("exceeded your current quota", "spending cap", "monthly spending")),
    Rule("shared_capacity", Cause.THROTTLED, Scope.MODEL, text=("resource exhausted. please try again",)),
    Rule("exhausted", Cause.THROTTLED, Scope.ACCOUNT, text=("resource has been exhausted",), unless=("(credits|spending)",)),
    NOT_KEPT,
    Rule("model_unknown", Cause.MODEL_UNAVAILABLE, Scope.MODEL,
         text=("is not found for api version", "publisher model * (not found|was not found|does not have access)", "no longer available to new users")),
    Rule("token_count", Cause.CONTEXT_OVERFLOW, Scope.REQUEST, text=("input token count", "maximum number of tokens allowed")),
    Rule("blocked", Cause.CONTENT_BLOCKED, Scope.REQUEST, codes=("PROHIBITED_CONTENT", "BLOCKLIST", "SPII"),
         text=("blockreason", "block_reason", "finish_reason: safety", "finishreason * safety")),
    Rule("permission", Cause.PERMISSION, Scope.ACCOUNT, codes=("IAM_PERMISSION_DENIED",)),
    Rule("overloaded", Cause.OVERLOADED, Scope.MODEL, text=("model is overloaded", "experiencing high demand")),
)  # fmt: skip

GOOGLE = Vendor(
    "gemini",
    ("google", "google-ai", "googleai", "vertex", "vertex-ai", "vertex_ai", "gemini-cli", "google-vertex"),
    GOOGLE_RULES,
)
