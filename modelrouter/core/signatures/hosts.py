"""Model hosts, relays and developers elsewhere: xAI, Mistral, Cohere, OpenRouter, Groq, …"""

from __future__ import annotations

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.signatures.rule import Rule
from modelrouter.core.signatures.vendor import Vendor

XAI = Vendor("xai", ("grok", "x.ai"), (
    Rule("credits", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, text=("doesn't have any credits", "used all available credits", "monthly spending limit", "does not have * credits")),
    Rule("unsafe", Cause.CONTENT_BLOCKED, Scope.REQUEST, text=("content violates usage guidelines", "safety_check_type")),
    Rule("key_blocked", Cause.AUTH, Scope.KEY, text=("api key is currently blocked", "incorrect api key provided")),
    Rule("rights", Cause.PERMISSION, Scope.KEY, text=("(check|using) * correct credentials", "api key or team * missing permissions", "not authorized to access this endpoint", "doesn't have permission to")),
    Rule("model", Cause.MODEL_UNAVAILABLE, Scope.MODEL, text=("does not exist or your team",)),
))  # fmt: skip

MISTRAL = Vendor("mistral", ("mistralai", "codestral"), (
    Rule("capacity", Cause.THROTTLED, Scope.MODEL, codes=("3505", "service_tier_capacity_exceeded"), text=("service tier capacity exceeded",)),
    Rule("rate", Cause.THROTTLED, Scope.ACCOUNT, codes=("1300",)),
    Rule("model", Cause.MODEL_UNAVAILABLE, Scope.MODEL, codes=("1500", "invalid_model")),
    Rule("length", Cause.CONTEXT_OVERFLOW, Scope.REQUEST, codes=("3051",), text=("too large for model with * maximum context length",)),
    Rule("broken", Cause.OUTAGE, Scope.PROVIDER, codes=("3000", "internal_server_error")),
))  # fmt: skip

COHERE = Vendor("cohere", ("cohereai",), (
    Rule("trial_month", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, text=("api calls / month", "calls / month", "calls per month")),
    Rule("trial_minute", Cause.THROTTLED, Scope.KEY, text=("api calls / minute", "calls / minute", "trial key"), unless=("calls / month", "per month")),
    Rule("model", Cause.MODEL_UNAVAILABLE, Scope.MODEL, text=("model * was removed on", "make sure the correct model id")),
    Rule("waiting", Cause.THROTTLED, Scope.ACCOUNT, text=("wait and try again",)),
    Rule("not_permitted", Cause.PERMISSION, Scope.ACCOUNT, text=("not permitted to", "not eligible for"), unless=("(country|region|location)",)),
))  # fmt: skip

OPENROUTER = Vendor("openrouter", (), (
    Rule("credits", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, status=(402,), text=("insufficient credits", "requires more credits", "never purchased credits")),
    Rule("key_limit", Cause.QUOTA_EXHAUSTED, Scope.KEY, text=("key limit exceeded",)),
    Rule("free_day", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, text=("free models per day", "free-models-per-day")),
    Rule("free_minute", Cause.THROTTLED, Scope.ACCOUNT, text=("free models per min",)),
    Rule("upstream_rate", Cause.THROTTLED, Scope.MODEL, text=("temporarily rate limited upstream", "rate limited upstream")),
    Rule("data_policy", Cause.PERMISSION, Scope.MODEL, text=("matching your data policy", "guardrail restrictions and data policy")),
    Rule("no_endpoint_can", Cause.UNSUPPORTED_FEATURE, Scope.MODEL, text=("no endpoints found that (support|can handle)",)),
    Rule("no_endpoint", Cause.MODEL_UNAVAILABLE, Scope.MODEL, text=("no endpoints found", "no allowed providers are available", "is not a valid model id"), unless=("data policy", "endpoints found that (support|can)")),
    Rule("moderated", Cause.CONTENT_BLOCKED, Scope.REQUEST, text=("requires moderation", "input was flagged")),
    Rule("user", Cause.AUTH, Scope.KEY, status=(401,), text=("user not found", "no auth credentials found", "no cookie auth")),
))  # fmt: skip

ONE_API = Vendor("one-api", ("new-api", "new-api-relay", "one-api-relay", "oai-compat-relay", "sub2api", "chatgpt-relay"), (
    Rule("user_quota", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, codes=("insufficient_user_quota", "pre_consume_token_quota_failed", "token_quota_not_enough")),
    Rule("token_status", Cause.AUTH, Scope.KEY, codes=("token_status_invalid", "invalid_token")),
    Rule("no_channel", Cause.MODEL_UNAVAILABLE, Scope.MODEL, codes=("model_not_found", "get_channel_failed", "no_available_channel"), text=("no available channel", "无可用渠道")),
    Rule("accounts_limited", Cause.THROTTLED, Scope.ACCOUNT, text=("all accounts * (limited|cooling down)",)),
    Rule("no_accounts", Cause.OVERLOADED, Scope.DEPLOYMENT, text=("no available accounts", "all accounts")),
    # A channel is a relay's word for a deployment; its owner switched it off.
    Rule("channel_off", Cause.MODEL_UNAVAILABLE, Scope.DEPLOYMENT, text=("channel (has been|was|is) (disabled|paused|turned off|switched off)", "渠道 * (已被禁用|已禁用|被禁用)")),
    Rule("not_converted", Cause.UNSUPPORTED_FEATURE, Scope.MODEL, codes=("convert_request_failed",), also=("not (implemented|supported)", "unsupported", "(未实现|不支持)")),
))  # fmt: skip

GROQ = Vendor("groq", (), (
    Rule("restricted", Cause.SUSPENDED, Scope.ACCOUNT, codes=("organization_restricted",), text=("organization has been restricted",)),
    Rule("request_over_rate", Cause.REQUEST_TOO_LARGE, Scope.MODEL, text=("request too large for model",)),
    Rule("day", Cause.QUOTA_EXHAUSTED, Scope.MODEL, shortest_wait_s=0, text=("tokens per day", "requests per day")),
    Rule("rate", Cause.THROTTLED, Scope.MODEL, text=("rate limit reached for",), unless=("per day", "(rpd|tpd)")),
    Rule("blocked_by_owner", Cause.PERMISSION, Scope.MODEL, codes=("model_permission_blocked_org", "model_permission_blocked_project")),
    Rule("terms", Cause.PERMISSION, Scope.MODEL, codes=("model_terms_required",), text=("requires terms acceptance",)),
    Rule("model_gone", Cause.MODEL_UNAVAILABLE, Scope.MODEL, codes=("model_decommissioned",)),
    Rule("tool_use_failed", Cause.BAD_REQUEST, Scope.REQUEST, codes=("tool_use_failed", "json_validate_failed")),
    Rule("network_denied", Cause.PERMISSION, Scope.ACCOUNT, text=("check your network settings",)),
    Rule("flex_capacity", Cause.OVERLOADED, Scope.PROVIDER, codes=("capacity_exceeded",), status=(498, 503)),
))  # fmt: skip

CEREBRAS = Vendor("cerebras", (), (
    Rule("queue", Cause.OVERLOADED, Scope.MODEL, codes=("queue_exceeded",), text=("experiencing high traffic",)),
    Rule("day", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, codes=("token_quota_exceeded",), text=("tokens per day", "requests per day")),
    Rule("rate", Cause.THROTTLED, Scope.ACCOUNT, codes=("request_quota_exceeded", "too_many_requests_error"), unless=("queue exceeded",)),
    Rule("model", Cause.MODEL_UNAVAILABLE, Scope.MODEL, codes=("model_not_found",)),
))  # fmt: skip

TOGETHER = Vendor("together", ("togetherai",), (
    Rule("credit", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, text=("credit limit exceeded",)),
    Rule("dedicated_only", Cause.MODEL_UNAVAILABLE, Scope.MODEL, codes=("model_not_available",), text=("unable to access non-serverless model",)),
))  # fmt: skip

FIREWORKS = Vendor("fireworks", ("fireworks-ai",), (
    Rule("suspended_for_money", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, text=("account * suspended * (spending limit|failure to pay|billing)", "possibly due to reaching the monthly spending limit")),
    Rule("model", Cause.MODEL_UNAVAILABLE, Scope.MODEL, text=("model not found, inaccessible, and/or not deployed",)),
))  # fmt: skip

HUGGINGFACE = Vendor("huggingface", ("hf", "hf-inference", "tgi"), (
    Rule("credits", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, text=("exceeded your monthly included credits", "pre-paid credits", "monthly included")),
    Rule("loading", Cause.OVERLOADED, Scope.MODEL, text=("model * is currently loading", "estimated_time")),
    Rule("overloaded", Cause.OVERLOADED, Scope.MODEL, codes=("overloaded",), text=("model is overloaded",)),
    Rule("gated", Cause.PERMISSION, Scope.MODEL, text=("cannot access gated repo", "gated repo", "access to model * is restricted", "in the authorized list")),
    Rule("token_rights", Cause.PERMISSION, Scope.KEY, text=("does not have sufficient permissions to call inference providers",)),
    Rule("not_served", Cause.MODEL_UNAVAILABLE, Scope.MODEL, text=("not supported by any provider you have enabled", "is not supported by provider", "too large to be loaded automatically")),
    Rule("length", Cause.CONTEXT_OVERFLOW, Scope.REQUEST, text=("inputs tokens + max_new_tokens must be", "must have less than * tokens")),
    Rule("generation", Cause.OUTAGE, Scope.DEPLOYMENT, codes=("generation", "incomplete_generation"), text=("request failed during generation",)),
))  # fmt: skip

NVIDIA = Vendor("nvidia", ("nvidia-nim", "nim", "ngc"), (
    Rule("credits", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, text=("cloud credits expired",)),
    Rule("degraded", Cause.OUTAGE, Scope.MODEL, text=("degraded function",)),
    Rule("function", Cause.MODEL_UNAVAILABLE, Scope.MODEL, text=("function * not found for account", "specified function in account", "function id * not found")),
    Rule("workers", Cause.OVERLOADED, Scope.MODEL, text=("worker local total request limit reached", "resourceexhausted: worker")),
))  # fmt: skip

GITHUB = Vendor("github-models", ("github", "github-copilot", "copilot"), (
    Rule("day", Cause.QUOTA_EXHAUSTED, Scope.MODEL, text=("per 86400s", "userbymodelbyday")),
    Rule("minute", Cause.THROTTLED, Scope.MODEL, text=("per 60s", "userbymodelbyminute", "userconcurrentrequests")),
    Rule("tokens_limit", Cause.CONTEXT_OVERFLOW, Scope.REQUEST, codes=("tokens_limit_reached", "model_max_prompt_tokens_exceeded")),
    Rule("feature_flag", Cause.PERMISSION, Scope.ACCOUNT, codes=("feature_flag_blocked", "no_access", "not_authorized")),
    Rule("premium", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, codes=("quota_exceeded",), text=("premium request", "no quota")),
    Rule("model", Cause.MODEL_UNAVAILABLE, Scope.MODEL, codes=("model_not_supported", "unknown_model", "unavailable_model")),
))  # fmt: skip

DATABRICKS = Vendor("databricks", (), (
    Rule("rate_of_none", Cause.PERMISSION, Scope.MODEL, codes=("PERMISSION_DENIED",), text=("rate limit of 0", "temporarily disabled due to a databricks-set rate limit of 0")),
    Rule("serving_off", Cause.UNSUPPORTED_FEATURE, Scope.DEPLOYMENT, text=("(serving|feature) is not (enabled|supported|available)", "either not supported or")),
    Rule("rate", Cause.THROTTLED, Scope.ACCOUNT, codes=("REQUEST_LIMIT_EXCEEDED",)),
    Rule("endpoint", Cause.MODEL_UNAVAILABLE, Scope.DEPLOYMENT, codes=("RESOURCE_DOES_NOT_EXIST", "ENDPOINT_NOT_FOUND")),
    Rule("busy", Cause.OVERLOADED, Scope.DEPLOYMENT, codes=("TEMPORARILY_UNAVAILABLE",)),
))  # fmt: skip

CLOUDFLARE = Vendor("cloudflare", ("cloudflare-workers-ai", "workers-ai"), (
    Rule("neurons", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, codes=("4006",), text=("daily free allocation of", "used up your daily free allocation")),
    Rule("capacity", Cause.OVERLOADED, Scope.MODEL, codes=("3040",), text=("capacity temporarily exceeded",)),
    Rule("model", Cause.MODEL_UNAVAILABLE, Scope.MODEL, codes=("5007", "7000"), text=("no route for that uri", "no such model")),
    Rule("key", Cause.AUTH, Scope.KEY, codes=("10000",)),
    # The account in the address is wrong.
    Rule("address", Cause.AUTH, Scope.DEPLOYMENT, codes=("7003",), text=("object identifier is invalid",)),
    Rule("late", Cause.TIMEOUT, Scope.DEPLOYMENT, codes=("3007", "3008")),
))  # fmt: skip

WATSONX = Vendor("watsonx", ("watson", "watsonx-ai", "ibm"), (
    # One code for two ends: of a pool of requests at one time, and of what a plan includes.
    Rule("plan_spent", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, codes=("consumption_limit_reached",), also=("(token quota|exhausted|used up|period|month|monthly|allowance)",), unless=("concurrent",)),
    Rule("shared_pool", Cause.THROTTLED, Scope.MODEL, codes=("consumption_limit_reached",), unless=("(token quota|exhausted|used up|period|month|monthly|allowance)",)),
    Rule("quota", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, codes=("token_quota_reached", "no_quota")),
    Rule("rate", Cause.THROTTLED, Scope.ACCOUNT, codes=("rate_limit_reached_requests", "rate_limit_reached_tokens")),
    Rule("key", Cause.AUTH, Scope.KEY, codes=("authentication_token_expired", "authentication_token_not_valid", "authentication_token_missing")),
    Rule("rights", Cause.PERMISSION, Scope.ACCOUNT, codes=("authorization_rejected", "user_authorization_failed", "no_associated_service_instance_error")),
    Rule("feature", Cause.UNSUPPORTED_FEATURE, Scope.MODEL, codes=("model_no_support_for_function",)),
    Rule("form", Cause.BAD_REQUEST, Scope.REQUEST, codes=("invalid_request_entity", "invalid_input_argument", "json_type_error", "json_validation_error")),
    Rule("broken", Cause.OUTAGE, Scope.PROVIDER, codes=("downstream_request_failed", "service_under_maintenance")),
))  # fmt: skip

VERCEL = Vendor("vercel-ai-gateway", ("vercel",), (
    Rule("verification", Cause.PERMISSION, Scope.ACCOUNT, codes=("customer_verification_required",)),
    # Said under the code of missing providers, too.
    Rule("not_in_free_tier", Cause.PERMISSION, Scope.MODEL, codes=("free_tier_model_not_available",), text=("free tier (users|accounts|teams) (do not|don't|cannot) * (access|use)",)),
    Rule("providers", Cause.MODEL_UNAVAILABLE, Scope.MODEL, codes=("no_providers_available",), unless=("free tier",)),
    Rule("access", Cause.AUTH, Scope.KEY, text=("gateway (access|authentication) (failed|denied)",)),
    Rule("late", Cause.TIMEOUT, Scope.DEPLOYMENT, codes=("FUNCTION_INVOCATION_TIMEOUT", "INTERNAL_FUNCTION_INVOCATION_TIMEOUT")),
    Rule("broken", Cause.OUTAGE, Scope.PROVIDER, codes=("FUNCTION_INVOCATION_FAILED", "INTERNAL_FUNCTION_INVOCATION_FAILED", "INTERNAL_FUNCTION_SERVICE_UNAVAILABLE",
         "ROUTER_EXTERNAL_TARGET_ERROR", "ROUTER_EXTERNAL_TARGET_CONNECTION_ERROR", "ROUTER_EXTERNAL_TARGET_HANDSHAKE_ERROR")),
    Rule("rate", Cause.THROTTLED, Scope.ACCOUNT, codes=("FUNCTION_THROTTLED",)),
))  # fmt: skip

ALL = (
    XAI,
    MISTRAL,
    COHERE,
    OPENROUTER,
    ONE_API,
    GROQ,
    CEREBRAS,
    TOGETHER,
    FIREWORKS,
    HUGGINGFACE,
    NVIDIA,
    GITHUB,
    DATABRICKS,
    CLOUDFLARE,
    WATSONX,
    VERCEL,
)
