"""Vendors of China and Korea: DashScope, Zhipu, Moonshot, MiniMax, Volcengine, Qianfan, Spark, HyperCLOVA, …

Their numeric codes come from the error tables of their documentation; the same number means
something else elsewhere, so those count only for the vendor that uses them.
"""

from __future__ import annotations

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.signatures.rule import Rule
from modelrouter.core.signatures.vendor import Vendor

DASHSCOPE = Vendor(
    "dashscope",
    ("alibaba", "qwen", "aliyun", "bailian", "dify-tongyi", "tongyi"),
    (
        Rule("inspection", Cause.CONTENT_BLOCKED, Scope.REQUEST, codes=("DataInspectionFailed", "data_inspection_failed", "InvalidParameter.DataInspection", "IPInfringementSuspect")),
        Rule("arrearage", Cause.SUSPENDED, Scope.ACCOUNT, codes=("Arrearage", "PrepaidBillOverdue", "PostpaidBillOverdue"), text=("account is in good standing", "overdue payment")),
        Rule("allocation", Cause.QUOTA_EXHAUSTED, Scope.MODEL, codes=("AllocationQuota.FreeTierOnly", "CommodityNotPurchased"), text=("free tier of the model has been exhausted", "free tier only")),
        Rule("rate", Cause.THROTTLED, Scope.ACCOUNT, codes=("Throttling", "Throttling.RateQuota", "Throttling.BurstRate", "LimitRequests", "limit_requests",
             "limit_burst_rate", "Throttling.User", "Throttling.AllocationQuota")),
        Rule("model", Cause.MODEL_UNAVAILABLE, Scope.MODEL, codes=("ModelNotFound", "model_not_found", "WorkSpaceNotFound", "ModelUnavailable")),
        Rule("access", Cause.PERMISSION, Scope.ACCOUNT, codes=("Model.AccessDenied", "Workspace.AccessDenied", "AccessDenied.Unpurchased", "AccessDenied", "App.AccessDenied", "access_denied"), unless=("rate limit", "too many", "quota")),
        Rule("key", Cause.AUTH, Scope.KEY, codes=("InvalidApiKey", "invalid_api_key")),
        Rule("length", Cause.CONTEXT_OVERFLOW, Scope.REQUEST, text=("range of input length should be",)),
        Rule("too_big", Cause.REQUEST_TOO_LARGE, Scope.REQUEST, text=("multimodal file size is too large", "exceeded limit on max bytes")),
        Rule("busy", Cause.OVERLOADED, Scope.MODEL, codes=("ServiceUnavailable", "ModelServingError"), text=("too many requests. batch requests are being throttled",)),
    ),
)  # fmt: skip

ZHIPU = Vendor(
    "zhipu",
    ("zai", "z.ai", "z-ai", "glm", "bigmodel", "zhipuai"),
    (
        Rule("auth", Cause.AUTH, Scope.KEY, codes=("1000", "1001", "1002", "1003", "1004")),
        Rule("account_locked", Cause.SUSPENDED, Scope.ACCOUNT, codes=("1110", "1111", "1112", "1121")),
        Rule("balance", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, codes=("1113", "1304", "1308", "1309", "1310", "1316", "1317", "1318", "1319")),
        # A used-up plan answers 200 with a stop reason that speaks of the context window and no content.
        Rule("quota_as_a_stop", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, status=(200,), codes=("model_context_window_exceeded",)),
        Rule("model", Cause.MODEL_UNAVAILABLE, Scope.MODEL, codes=("1211", "1212")),
        Rule("model_rights", Cause.PERMISSION, Scope.MODEL, codes=("1220", "1221", "1222", "1311")),
        Rule("length", Cause.CONTEXT_OVERFLOW, Scope.REQUEST, codes=("1261",)),
        Rule("unsafe", Cause.CONTENT_BLOCKED, Scope.REQUEST, codes=("1301",)),
        Rule("busy", Cause.OVERLOADED, Scope.MODEL, codes=("1305", "1312")),
        Rule("rate", Cause.THROTTLED, Scope.ACCOUNT, codes=("1302", "1303")),
        Rule("fair_use", Cause.SUSPENDED, Scope.ACCOUNT, codes=("1313",)),
        Rule("broken", Cause.OUTAGE, Scope.PROVIDER, codes=("500", "1120", "1200", "1230", "1234")),
    ),
)  # fmt: skip

MOONSHOT = Vendor(
    "moonshot",
    ("kimi", "moonshotai"),
    (
        Rule("unsafe", Cause.CONTENT_BLOCKED, Scope.REQUEST, codes=("content_filter",), text=("considered high risk",)),
        Rule("balance", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, codes=("exceeded_current_quota_error",)),
        Rule("rate", Cause.THROTTLED, Scope.ACCOUNT, codes=("rate_limit_reached_error",)),
        Rule("busy", Cause.OVERLOADED, Scope.PROVIDER, codes=("engine_overloaded_error",)),
        Rule("length", Cause.CONTEXT_OVERFLOW, Scope.REQUEST, text=("exceeded model token limit",)),
        Rule("model", Cause.MODEL_UNAVAILABLE, Scope.MODEL, codes=("resource_not_found_error",), text=("not found the model",)),
        Rule("key", Cause.AUTH, Scope.KEY, codes=("invalid_authentication_error", "incorrect_api_key_error")),
        Rule("rights", Cause.PERMISSION, Scope.ACCOUNT, codes=("permission_denied_error", "access_terminated_error")),
    ),
)  # fmt: skip

MINIMAX = Vendor(
    "minimax",
    ("minimaxi", "hailuo"),
    (
        Rule("balance", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, codes=("1008", "2056", "2061")),
        Rule("rate", Cause.THROTTLED, Scope.ACCOUNT, codes=("1002", "1039", "1041", "2045")),
        Rule("key", Cause.AUTH, Scope.KEY, codes=("1004", "2049")),
        Rule("unsafe", Cause.CONTENT_BLOCKED, Scope.REQUEST, codes=("1026", "1027", "new_sensitive")),
        Rule("length", Cause.CONTEXT_OVERFLOW, Scope.REQUEST, text=("context window exceeds limit",)),
        Rule("late", Cause.TIMEOUT, Scope.DEPLOYMENT, codes=("1001",)),
        Rule("broken", Cause.OUTAGE, Scope.PROVIDER, codes=("1000", "1024", "1033")),
    ),
)  # fmt: skip

VOLCENGINE = Vendor(
    "volcengine",
    ("ark", "doubao", "doubao-ast", "bytedance", "volcano"),
    (
        Rule("overdue", Cause.SUSPENDED, Scope.ACCOUNT, codes=("AccountOverdueError", "AccountOverdue", "OperationDenied.ServiceOverdue")),
        Rule("balance", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, codes=("InsufficientBalance",)),
        Rule("limit_set_by_owner", Cause.QUOTA_EXHAUSTED, Scope.MODEL, text=("(reached|exceeded) the set * limit", "safe experience mode", "model service has been paused"), codes=("SetLimitExceeded", "QuotaExceeded", "InferenceLimitExceeded", "FreeTierQuotaExceeded")),
        Rule("endpoint_rate", Cause.THROTTLED, Scope.DEPLOYMENT, codes=("RateLimitExceeded.EndpointRPMExceeded", "RateLimitExceeded.EndpointTPMExceeded",
             "EndpointRPMExceeded", "EndpointTPMExceeded")),
        Rule("rate", Cause.THROTTLED, Scope.ACCOUNT, codes=("ModelAccountRpmRateLimitExceeded",
             "ModelAccountTpmRateLimitExceeded", "ModelAccountIpmRateLimitExceeded", "APIAccountRpmRateLimitExceeded", "AccountRateLimitExceeded", "RequestBurstTooFast",
             "RateLimitExceeded")),
        Rule("busy", Cause.OVERLOADED, Scope.MODEL, codes=("ServerOverloaded", "ModelLoadingError")),
        Rule("unsafe", Cause.CONTENT_BLOCKED, Scope.REQUEST, codes=("SensitiveContentDetected", "InputTextSensitiveContentDetected", "InputImageSensitiveContentDetected",
             "OutputTextSensitiveContentDetected", "ContentSecurityDetectionError", "InputImageRiskDetection", "OutputImageSensitiveContentDetected")),
        Rule("not_open", Cause.PERMISSION, Scope.MODEL, codes=("ModelNotOpen", "AccessDenied", "OperationDenied.ServiceNotOpen", "OperationDenied.PermissionDenied")),
        Rule("model", Cause.MODEL_UNAVAILABLE, Scope.MODEL, codes=("InvalidEndpointOrModel.NotFound", "InvalidEndpointOrModel", "InvalidEndpointOrModel.ModelIDAccessDisabled")),
        Rule("endpoint", Cause.MODEL_UNAVAILABLE, Scope.DEPLOYMENT, codes=("InvalidEndpoint.NotFound", "InvalidEndpoint.ClosedEndpoint", "InvalidEndpoint")),
        Rule("key", Cause.AUTH, Scope.KEY, codes=("AuthenticationError", "InvalidAccountStatus", "MissingAuthentication")),
        Rule("broken", Cause.OUTAGE, Scope.PROVIDER, codes=("InternalServiceError",)),
    ),
)  # fmt: skip

QIANFAN = Vendor(
    "qianfan",
    ("baidu", "wenxin", "ernie", "yiyan", "yiyan-web"),
    (
        Rule("day", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, codes=("17", "19"), text=("open api (daily|total) request limit reached", "qps request limit reached day")),
        Rule("rate", Cause.THROTTLED, Scope.ACCOUNT, codes=("4", "18", "336501", "336502", "rpm_rate_limit_exceeded", "tpm_rate_limit_exceeded", "preemptible_rate_limit_exceeded")),
        Rule("key", Cause.AUTH, Scope.KEY, codes=("14", "100", "110", "111", "13", "15", "336008", "invalid_iam_token")),
        Rule("rights", Cause.PERMISSION, Scope.ACCOUNT, codes=("6",), text=("no permission to access data",)),
        Rule("busy", Cause.OVERLOADED, Scope.PROVIDER, codes=("336100", "2"), text=("server high load", "service temporarily unavailable")),
        Rule("length", Cause.CONTEXT_OVERFLOW, Scope.REQUEST, codes=("336103", "336007"), text=("prompt tokens too long", "the max length of")),
        Rule("model", Cause.MODEL_UNAVAILABLE, Scope.MODEL, codes=("3", "336004", "invalid_model"), text=("unsupported openapi method",)),
        Rule("broken", Cause.OUTAGE, Scope.PROVIDER, codes=("1", "336000")),
    ),
)  # fmt: skip

SILICONFLOW = Vendor(
    "siliconflow",
    ("siliconcloud",),
    (
        Rule("balance", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, codes=("30001", "30011")),
        Rule("model", Cause.MODEL_UNAVAILABLE, Scope.MODEL, codes=("20012", "30003")),
        Rule("rate", Cause.THROTTLED, Scope.ACCOUNT, codes=("30014",)),
        Rule("busy", Cause.OVERLOADED, Scope.MODEL, codes=("50505", "50508", "50603")),
        Rule("late", Cause.TIMEOUT, Scope.MODEL, codes=("50504",)),
    ),
)  # fmt: skip

DEEPSEEK = Vendor(
    "deepseek",
    (),
    (
        Rule("balance", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, status=(402,), text=("insufficient balance",)),
        Rule("model_names", Cause.MODEL_UNAVAILABLE, Scope.MODEL, text=("model not exist", "supported api model names are")),
        Rule("unsafe", Cause.CONTENT_BLOCKED, Scope.REQUEST, text=("content exists risk",)),
        # Under load it sends blank lines to keep the connection, then nothing.
        Rule("blank", Cause.OVERLOADED, Scope.PROVIDER, status=(0, 200), text=("expecting value", "unexpected end of json", "invalid json response body")),
        Rule("governor", Cause.AUTH, Scope.KEY, text=("authentication fails",)),
    ),
)  # fmt: skip

SPARK = Vendor(
    "spark",
    ("xfyun", "iflytek", "xunfei"),
    (
        Rule("unsafe", Cause.CONTENT_BLOCKED, Scope.REQUEST, codes=("10013", "10014", "10019", "10021", "10022")),
        Rule("length", Cause.CONTEXT_OVERFLOW, Scope.REQUEST, codes=("10907",)),
        Rule("volume", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, codes=("11201",)),
        Rule("rate", Cause.THROTTLED, Scope.ACCOUNT, codes=("10006", "10007", "11202", "11203")),
        Rule("busy", Cause.OVERLOADED, Scope.PROVIDER, codes=("10008", "10110")),
        Rule("rights", Cause.PERMISSION, Scope.ACCOUNT, codes=("11200", "10016", "AppIdNoAuthError")),
        Rule("form", Cause.BAD_REQUEST, Scope.REQUEST, codes=("10003", "10004", "10005", "10163")),
        Rule("blacklisted", Cause.SUSPENDED, Scope.ACCOUNT, codes=("10015",)),
        Rule("broken", Cause.OUTAGE, Scope.PROVIDER, codes=("10009", "10010", "10011", "10012", "10222", "10223")),
    ),
)  # fmt: skip

HYPERCLOVA = Vendor(
    "hyperclova",
    ("clova", "clova-studio", "clovastudio", "naver", "ncloud"),
    (
        Rule("length", Cause.CONTEXT_OVERFLOW, Scope.REQUEST, codes=("40003", "64400", "65400"), text=("text too long",), unless=("(image|images)",)),
        Rule("images", Cause.REQUEST_TOO_LARGE, Scope.REQUEST, codes=("40003",), also=("(image|images)",)),
        Rule("unsafe", Cause.CONTENT_BLOCKED, Scope.REQUEST, codes=("40005", "40006"), text=("unavailable output",)),
        Rule("feature", Cause.UNSUPPORTED_FEATURE, Scope.MODEL, codes=("40002", "40009")),
        Rule("model", Cause.MODEL_UNAVAILABLE, Scope.MODEL, codes=("40080", "40082"), text=("model (fade out|faded out)",)),
        Rule("key", Cause.AUTH, Scope.KEY, codes=("40100", "40101", "40102", "40103", "40104")),
        Rule("not_subscribed", Cause.PERMISSION, Scope.ACCOUNT, codes=("40170", "40300", "40301"), text=("no subscription request history", "no ownership")),
        Rule("tokens_used_up", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, codes=("40380",), text=("used all your",)),
        Rule("rate", Cause.THROTTLED, Scope.ACCOUNT, codes=("64429",)),
        Rule("form", Cause.BAD_REQUEST, Scope.REQUEST, codes=("40000", "40001", "40004", "40055", "40060", "40061")),
    ),
)  # fmt: skip

HUNYUAN = Vendor(
    "hunyuan",
    ("tencent", "tencentcloud", "tencent-hunyuan"),
    (
        Rule("arrears", Cause.SUSPENDED, Scope.ACCOUNT, codes=("FailedOperation.ServiceStopArrears", "ResourceUnavailable.InArrears")),
        Rule("pack", Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT, codes=("FailedOperation.ResourcePackExhausted", "FailedOperation.FreeResourcePackExhausted",
             "ResourceInsufficient.ChargeResourceExhaust")),
        Rule("not_open", Cause.PERMISSION, Scope.ACCOUNT, codes=("FailedOperation.ServiceNotActivated", "FailedOperation.ServiceStop", "AuthFailure.UnauthorizedOperation",
             "FailedOperation.UserUnAuthError", "FailedOperation.PartnerAccountUnSupport", "UnsupportedOperation.NonWhitelistAccount")),
        Rule("key", Cause.AUTH, Scope.KEY, codes=("AuthFailure", "AuthFailure.SignatureFailure", "AuthFailure.SecretIdNotFound", "AuthFailure.TokenFailure", "AuthFailure.SignatureExpire",
             "AuthFailure.InvalidSecretId", "AuthFailure.MFAFailure")),
        Rule("unsafe", Cause.CONTENT_BLOCKED, Scope.REQUEST, codes=("OperationDenied.TextIllegalDetected", "OperationDenied.ImageIllegalDetected", "FailedOperation.GenerateImageFailed")),
        Rule("rate", Cause.THROTTLED, Scope.ACCOUNT, codes=("RequestLimitExceeded", "LimitExceeded", "RequestLimitExceeded.UinLimitExceeded", "RequestLimitExceeded.IPLimitExceeded")),
        Rule("busy", Cause.OVERLOADED, Scope.PROVIDER, codes=("FailedOperation.EngineServerLimitExceeded",)),
        Rule("late", Cause.TIMEOUT, Scope.DEPLOYMENT, codes=("FailedOperation.EngineRequestTimeout",)),
        Rule("model", Cause.MODEL_UNAVAILABLE, Scope.MODEL, codes=("InvalidParameterValue.Model", "ResourceNotFound.Model")),
        Rule("broken", Cause.OUTAGE, Scope.PROVIDER, codes=("FailedOperation.EngineServerError", "FailedOperation.ConsoleServerError", "InternalError")),
    ),
)  # fmt: skip

ALL = (DASHSCOPE, ZHIPU, MOONSHOT, MINIMAX, VOLCENGINE, QIANFAN, SILICONFLOW, DEEPSEEK, SPARK, HYPERCLOVA, HUNYUAN)
