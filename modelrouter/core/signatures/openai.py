"""OpenAI's API and the codes that its imitators took over."""

from __future__ import annotations

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.signatures.power import BY_ORDER
from modelrouter.core.signatures.rule import Rule
from modelrouter.core.signatures.vendor import Vendor

OPENAI = Vendor(
    "openai",
    ("chatgpt", "openai-compatible", "openai-chat", "chatgpt-codex", "codex"),
    (
        Rule("unsupported_country", Cause.GEOFENCED, Scope.JURISDICTION, codes=("unsupported_country_region_territory",),
             text=("country, region, or territory not supported", "unsupported country")),
        Rule("account_deactivated", Cause.SUSPENDED, Scope.ACCOUNT, codes=("account_deactivated", "deactivated_workspace", "billing_not_active"),
             text=("account associated with this api key has been deactivated", "account is not active")),
        Rule("context_length", Cause.CONTEXT_OVERFLOW, Scope.REQUEST, codes=("context_length_exceeded", "string_above_max_length")),
        Rule("insufficient_quota", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, codes=("insufficient_quota", "billing_hard_limit_reached", "usage_limit_reached"),
             text=("exceeded your current quota", "billing hard limit has been reached")),
        Rule("request_over_rate", Cause.REQUEST_TOO_LARGE, Scope.REQUEST, text=("request too large for",)),
        # The day rolls: a request comes free every few seconds, so the short waits it states are true.
        Rule("requests_per_day", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, shortest_wait_s=0, codes=("rate_limit_exceeded",),
             text=("rate limit reached for",), also=("per day", "(rpd|tpd)")),
        Rule("rate_limit_of_model", Cause.THROTTLED, Scope.MODEL, text=("rate limit reached for",), unless=("default", "per day", "(rpd|tpd)")),
        Rule("rate_limit", Cause.THROTTLED, Scope.ACCOUNT, codes=("rate_limit_exceeded",), unless=("per day", "(rpd|tpd)", "request too large for")),
        Rule("content_policy", Cause.CONTENT_BLOCKED, Scope.REQUEST, codes=("content_policy_violation", "moderation_blocked"),
             text=("limited access to this content for safety", "flagged as potentially violating our usage policy", "rejected as a result of our safety system")),
        Rule("project_without_model", Cause.PERMISSION, Scope.MODEL, text=("(project|organization|team) * does not have access to model",)),
        Rule("no_access_to_model", Cause.MODEL_UNAVAILABLE, Scope.MODEL, codes=("model_not_found",),
             text=("does not exist or you do not have access to it",), unless=BY_ORDER),
        Rule("not_a_member", Cause.AUTH, Scope.ACCOUNT, text=("must be a member of an organization",)),
        Rule("verify_organization", Cause.PERMISSION, Scope.ACCOUNT, text=("organization must be verified",)),
        Rule("missing_scopes", Cause.PERMISSION, Scope.KEY, text=("insufficient permissions for this operation", "missing scopes")),
        Rule("ip_not_authorized", Cause.PERMISSION, Scope.KEY, codes=("ip_not_authorized",)),
        Rule("slow_down", Cause.OVERLOADED, Scope.MODEL, status=(503,), codes=("slow_down",)),
        Rule("server_had_an_error", Cause.OUTAGE, Scope.DEPLOYMENT, text=("the server had an error (while |)processing your request", "an error occurred while processing your request")),
    ),
)  # fmt: skip
