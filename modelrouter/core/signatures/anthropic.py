"""Anthropic's API, Claude subscriptions included."""

from __future__ import annotations

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.signatures.kept import NOT_KEPT
from modelrouter.core.signatures.rule import Rule
from modelrouter.core.signatures.vendor import Vendor

ANTHROPIC = Vendor(
    "anthropic",
    ("claude", "claude-code", "anthropic-messages", "anthropic-relay"),
    (
        # A withdrawal by order looks like an ordinary 404; what gives it away is that the reply points to an
        # announcement about access, not to the model list.
        Rule("withdrawn_by_order", Cause.EXPORT_CONTROLLED, Scope.MODEL, text=("anthropic.com/news",),
             also=("not available", "no longer available", "unavailable", "suspended", "disabled", "access"),
             unless=("(deprecated|retired|end of life)",)),
        Rule("organization_disabled", Cause.SUSPENDED, Scope.ACCOUNT,
             text=("(organization|account) has been (disabled|suspended|banned|deactivated)", "organization * (has been|is|was) disabled")),
        Rule("request_not_allowed", Cause.GEOFENCED, Scope.JURISDICTION, status=(403,), text=("request not allowed",)),
        Rule("credit_balance", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, codes=("billing_error",), text=("credit balance is too low",)),
        Rule("usage_limits", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, text=("regain access", "specified api usage limits", "out of extra usage",
             "(weekly|session|5 hour|usage|opus) limit reached", "hit your * limit")),
        Rule("overloaded", Cause.OVERLOADED, Scope.PROVIDER, codes=("overloaded_error",)),
        Rule("prompt_too_long", Cause.CONTEXT_OVERFLOW, Scope.REQUEST, text=("prompt is too long", "input length and max_tokens exceed context limit")),
        Rule("request_too_large", Cause.REQUEST_TOO_LARGE, Scope.REQUEST, codes=("request_too_large",)),
        Rule("oauth_not_allowed", Cause.PERMISSION, Scope.ACCOUNT, text=("oauth authentication is currently not", "oauth * not allowed for this organization")),
        Rule("credential_bound", Cause.PERMISSION, Scope.KEY, text=("credential is only authorized for",)),
        Rule("refused", Cause.CONTENT_BLOCKED, Scope.REQUEST, text=("blocked by content filtering policy", "violate our usage policy")),
        Rule("bad_key", Cause.AUTH, Scope.KEY, codes=("authentication_error",), unless=("(organization|account) * (disabled|suspended|banned)",)),
        Rule("rate_limit", Cause.THROTTLED, Scope.ACCOUNT, codes=("rate_limit_error",), unless=("usage limit", "(daily|weekly|monthly)", "credit", "quota", "context")),
        NOT_KEPT,
        Rule("model_not_found", Cause.MODEL_UNAVAILABLE, Scope.MODEL, codes=("not_found_error",), unless=("anthropic.com/news", *NOT_KEPT.text)),
        # Relays put it beside every status, as the name of whatever they cannot name.
        Rule("internal", Cause.OUTAGE, Scope.DEPLOYMENT, status=(0, 200, *range(500, 600)), codes=("api_error",)),
    ),
)  # fmt: skip
