"""Azure OpenAI and Azure AI Foundry."""

from __future__ import annotations

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.signatures.rule import Rule
from modelrouter.core.signatures.vendor import Vendor

AZURE = Vendor(
    "azure",
    ("azure-openai", "azure-foundry", "azure-ai", "azureml", "azure_openai", "azure_ai", "foundry"),
    (
        Rule("content_filter", Cause.CONTENT_BLOCKED, Scope.REQUEST, codes=("content_filter", "ResponsibleAIPolicyViolation"),
             text=("azure openai's content management policy", "content management policy")),
        Rule("subscription_disabled", Cause.SUSPENDED, Scope.ACCOUNT, codes=("SubscriptionDisabled", "ReadOnlyDisabledSubscription"),
             text=("subscription * is (disabled|suspended)", "access to this (resource|model) has been (suspended|disabled) due to * (abuse|misuse)")),
        Rule("resource_blocked", Cause.SUSPENDED, Scope.DEPLOYMENT, text=("resource has been * (blocked|suspended|disabled)", "(resource|deployment) * (blocked|suspended) * (violate|abuse|policy)")),
        Rule("deployment_not_found", Cause.MODEL_UNAVAILABLE, Scope.DEPLOYMENT, codes=("DeploymentNotFound",),
             text=("api deployment for this resource does not exist",)),
        Rule("model_retired", Cause.MODEL_UNAVAILABLE, Scope.MODEL, codes=("ModelDeprecated", "ServiceModelDeprecated", "ServiceModelDeprecating", "DeploymentModelDeprecated")),
        Rule("wrong_key_or_endpoint", Cause.AUTH, Scope.KEY,
             text=("access denied due to invalid subscription key", "wrong api endpoint")),
        Rule("principal", Cause.AUTH, Scope.ACCOUNT, text=("principal does not have access",)),
        Rule("keys_disabled", Cause.AUTH, Scope.DEPLOYMENT, codes=("AuthenticationTypeDisabled",), text=("key based authentication is disabled",)),
        Rule("not_registered", Cause.PERMISSION, Scope.ACCOUNT, codes=("MissingSubscriptionRegistration",)),
        Rule("virtual_network", Cause.PERMISSION, Scope.DEPLOYMENT, text=("access denied due to virtual network", "public access is disabled", "firewall rules")),
        Rule("quota_of_the_subscription", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, codes=("InsufficientQuota", "QuotaExceeded"),
             text=("out of call volume quota",)),
        Rule("pricing_tier", Cause.THROTTLED, Scope.DEPLOYMENT,
             text=("exceeded (token|call|the call) rate limit of your current", "exceeded call rate limit", "(pricing|ai services s0|openai s0) tier"),
             also=("retry after", "exceeded")),
        Rule("no_capacity", Cause.OVERLOADED, Scope.DEPLOYMENT, codes=("NoCapacity",),
             text=("system is currently experiencing high demand", "cannot be processed at this time")),
        Rule("operation_not_supported", Cause.UNSUPPORTED_FEATURE, Scope.MODEL, codes=("OperationNotSupported", "unsupported_parameter")),
    ),
)  # fmt: skip
