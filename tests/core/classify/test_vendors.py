"""Each vendor's envelope, with values of our own, and what it means."""

from __future__ import annotations

import json

import pytest

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence


def openai(message: str, code: str | None = None, kind: str = "invalid_request_error") -> str:
    """An error in OpenAI's envelope."""
    return json.dumps({"error": {"message": message, "type": kind, "param": None, "code": code}}, ensure_ascii=False)


def anthropic(kind: str, message: str) -> str:
    """An error in Anthropic's envelope."""
    return json.dumps({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"})


def google(code: int, status: str, message: str, reason: str | None = None, **details: str) -> str:
    """An error in Google's envelope."""
    info = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}] if reason else []
    return json.dumps({"error": {"code": code, "message": message, "status": status, "details": [*info, details]}})


CASES = [
    # OpenAI
    ("openai", 403, openai("Country, region, or territory not supported", "unsupported_country_region_territory"), Cause.GEOFENCED, Scope.JURISDICTION),
    ("openai", 429, openai("You exceeded your current quota.", "insufficient_quota", "insufficient_quota"), Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT),
    ("openai", 429, openai("Rate limit reached for gpt-x on tokens per min (TPM).", "rate_limit_exceeded", "tokens"), Cause.THROTTLED, Scope.MODEL),
    ("openai", 401, openai("Incorrect API key provided: sk-x.", "invalid_api_key"), Cause.AUTH, Scope.KEY),
    ("openai", 401, openai("The OpenAI account associated with this API key has been deactivated.", "account_deactivated"), Cause.SUSPENDED, Scope.ACCOUNT),
    ("openai", 404, openai("The model `x` does not exist or you do not have access to it.", "model_not_found"), Cause.MODEL_UNAVAILABLE, Scope.MODEL),
    ("openai", 400, openai("This model's maximum context length is 8192 tokens.", "context_length_exceeded"), Cause.CONTEXT_OVERFLOW, Scope.REQUEST),
    ("openai", 400, openai("Invalid prompt: it was flagged as potentially violating our usage policy."), Cause.CONTENT_BLOCKED, Scope.REQUEST),
    ("openai", 400, openai("Unsupported parameter: 'top_k' is not supported with this model.", "unsupported_parameter"), Cause.UNSUPPORTED_FEATURE, Scope.MODEL),
    ("openai", 503, openai("The engine is currently overloaded, please try again later", None, "server_error"), Cause.OVERLOADED, Scope.MODEL),
    ("openai", 500, openai("The server had an error while processing your request", None, "server_error"), Cause.OUTAGE, Scope.DEPLOYMENT),
    # Azure
    ("azure", 429, openai("Requests have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after 9 seconds.", "429"), Cause.THROTTLED, Scope.DEPLOYMENT),
    ("azure", 404, openai("The API deployment for this resource does not exist.", "DeploymentNotFound"), Cause.MODEL_UNAVAILABLE, Scope.DEPLOYMENT),
    ("azure", 400, openai("The response was filtered.", "content_filter"), Cause.CONTENT_BLOCKED, Scope.REQUEST),
    ("azure", 401, openai("Access denied due to invalid subscription key or wrong API endpoint.", "401"), Cause.AUTH, Scope.KEY),
    ("azure", 403, openai("Public access is disabled. Please configure private endpoint.", "403"), Cause.PERMISSION, Scope.DEPLOYMENT),
    ("azure", 403, openai("Your resource has been temporarily blocked because of abuse.", "403"), Cause.SUSPENDED, Scope.DEPLOYMENT),
    # Anthropic
    ("anthropic", 400, anthropic("invalid_request_error", "This organization has been disabled."), Cause.SUSPENDED, Scope.ACCOUNT),
    ("anthropic", 529, anthropic("overloaded_error", "Overloaded"), Cause.OVERLOADED, Scope.PROVIDER),
    ("anthropic", 400, anthropic("invalid_request_error", "Your credit balance is too low."), Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT),
    ("anthropic", 400, anthropic("invalid_request_error", "You have reached your specified API usage limits."), Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT),
    ("anthropic", 400, anthropic("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"), Cause.CONTEXT_OVERFLOW, Scope.REQUEST),
    ("anthropic", 404, anthropic("not_found_error", "model: claude-x"), Cause.MODEL_UNAVAILABLE, Scope.MODEL),
    ("anthropic", 413, anthropic("request_too_large", "Request exceeds the maximum size"), Cause.REQUEST_TOO_LARGE, Scope.REQUEST),
    ("anthropic", 429, anthropic("rate_limit_error", "Too many requests for now."), Cause.THROTTLED, Scope.ACCOUNT),
    ("anthropic", 401, anthropic("authentication_error", "invalid x-api-key"), Cause.AUTH, Scope.KEY),
    ("anthropic", 403, anthropic("permission_error", "OAuth authentication is currently not allowed for this organization."), Cause.PERMISSION, Scope.ACCOUNT),
    ("anthropic", 403, anthropic("forbidden", "Request not allowed"), Cause.GEOFENCED, Scope.JURISDICTION),
    ("anthropic", 500, anthropic("api_error", "Internal server error"), Cause.OUTAGE, Scope.DEPLOYMENT),
    ("anthropic", 400, anthropic("invalid_request_error", "messages: roles must alternate"), Cause.BAD_REQUEST, Scope.REQUEST),
    # Bedrock
    ("bedrock", 429, '{"__type": "ThrottlingException", "message": "Too many requests, please wait before trying again."}', Cause.THROTTLED, Scope.MODEL),
    ("bedrock", 429, '{"message": "Too many tokens per day, please wait before trying again."}', Cause.QUOTA_EXHAUSTED, Scope.MODEL),
    ("bedrock", 403, '{"message": "You don\'t have access to the model with the specified model ID."}', Cause.PERMISSION, Scope.MODEL),
    ("bedrock", 400, '{"message": "The provided model identifier is invalid."}', Cause.MODEL_UNAVAILABLE, Scope.MODEL),
    ("bedrock", 400, '{"message": "Access to these models is not allowed from unsupported countries, regions, or territories."}', Cause.GEOFENCED, Scope.JURISDICTION),
    ("bedrock", 403, '{"message": "The security token included in the request is expired"}', Cause.AUTH, Scope.KEY),
    ("bedrock", 400, '{"message": "Malformed input request: #: required key [messages] not found"}', Cause.BAD_REQUEST, Scope.REQUEST),
    # Google
    ("gemini", 400, google(400, "FAILED_PRECONDITION", "User location is not supported for the API use."), Cause.GEOFENCED, Scope.JURISDICTION),
    ("gemini", 403, google(403, "PERMISSION_DENIED", "Consumer has been suspended.", "CONSUMER_SUSPENDED"), Cause.SUSPENDED, Scope.ACCOUNT),
    ("gemini", 400, google(400, "INVALID_ARGUMENT", "API key not valid.", "API_KEY_INVALID"), Cause.AUTH, Scope.KEY),
    ("gemini", 429, google(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", quotaId="GenerateRequestsPerDayPerProjectPerModel"), Cause.QUOTA_EXHAUSTED, Scope.MODEL),
    ("gemini", 429, google(429, "RESOURCE_EXHAUSTED", "Quota exceeded for requests per minute."), Cause.THROTTLED, Scope.ACCOUNT),
    ("gemini", 503, google(503, "UNAVAILABLE", "The model is overloaded. Please try again later."), Cause.OVERLOADED, Scope.MODEL),
    ("gemini", 404, google(404, "NOT_FOUND", "models/x is not found for API version v1beta"), Cause.MODEL_UNAVAILABLE, Scope.MODEL),
    ("vertex", 403, google(403, "PERMISSION_DENIED", "Permission 'aiplatform.endpoints.predict' denied on resource.", "IAM_PERMISSION_DENIED"), Cause.PERMISSION, Scope.ACCOUNT),
    ("vertex", 429, google(429, "RESOURCE_EXHAUSTED", "Resource exhausted. Please try again later."), Cause.THROTTLED, Scope.MODEL),
    ("vertex", 504, google(504, "DEADLINE_EXCEEDED", "Deadline exceeded"), Cause.TIMEOUT, Scope.DEPLOYMENT),
    # The Chinese vendors
    ("dashscope", 400, '{"code": "DataInspectionFailed", "message": "Input may contain inappropriate content."}', Cause.CONTENT_BLOCKED, Scope.REQUEST),
    ("dashscope", 400, '{"code": "Arrearage", "message": "Access denied, overdue payment."}', Cause.SUSPENDED, Scope.ACCOUNT),
    ("dashscope", 429, '{"code": "Throttling.RateQuota", "message": "Requests rate limit exceeded"}', Cause.THROTTLED, Scope.ACCOUNT),
    ("zhipu", 429, '{"error": {"code": "1113", "message": "x"}}', Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT),
    ("zhipu", 429, '{"error": {"code": "1302", "message": "x"}}', Cause.THROTTLED, Scope.ACCOUNT),
    ("zhipu", 400, '{"error": {"code": "1261", "message": "x"}}', Cause.CONTEXT_OVERFLOW, Scope.REQUEST),
    ("z.ai", 200, '{"stop_reason": "model_context_window_exceeded", "content": []}', Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT),
    ("moonshot", 429, '{"error": {"type": "exceeded_current_quota_error", "message": "x"}}', Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT),
    ("moonshot", 429, '{"error": {"type": "engine_overloaded_error", "message": "x"}}', Cause.OVERLOADED, Scope.PROVIDER),
    ("minimax", 200, '{"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}', Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT),
    ("minimax", 200, '{"base_resp": {"status_code": 1004, "status_msg": "login fail"}}', Cause.AUTH, Scope.KEY),
    ("volcengine", 403, '{"error": {"code": "AccountOverdueError", "message": "x"}}', Cause.SUSPENDED, Scope.ACCOUNT),
    ("volcengine", 429, '{"error": {"code": "ModelAccountTpmRateLimitExceeded", "message": "x"}}', Cause.THROTTLED, Scope.ACCOUNT),
    ("volcengine", 404, '{"error": {"code": "ModelNotOpen", "message": "x"}}', Cause.PERMISSION, Scope.MODEL),
    ("qianfan", 200, '{"error_code": 18, "error_msg": "Open api qps request limit reached"}', Cause.THROTTLED, Scope.ACCOUNT),
    ("qianfan", 200, '{"error_code": 110, "error_msg": "Access token invalid or no longer valid"}', Cause.AUTH, Scope.KEY),
    ("siliconflow", 403, '{"code": 30001, "message": "x"}', Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT),
    ("deepseek", 402, openai("Insufficient Balance"), Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT),
    ("generic", 429, openai("请求过于频繁、请稍后再试"), Cause.THROTTLED, Scope.ACCOUNT),
    ("generic", 403, openai("账号已被封禁"), Cause.SUSPENDED, Scope.ACCOUNT),
    ("generic", 403, openai("账户余额不足、请充值"), Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT),
    ("generic", 403, openai("您所在的地区不支持使用该服务"), Cause.GEOFENCED, Scope.JURISDICTION),
    ("generic", 503, openai("服务繁忙"), Cause.OVERLOADED, Scope.PROVIDER),
    ("generic", 401, openai("无效的令牌"), Cause.AUTH, Scope.KEY),
    # Hosts and relays
    ("xai", 403, '{"code": "x", "error": "Your team has used all available credits."}', Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT),
    ("mistral", 429, '{"message": "Service tier capacity exceeded for this model.", "code": "3505"}', Cause.THROTTLED, Scope.MODEL),
    ("cohere", 429, '{"message": "You are using a Trial key, which is limited to 9 API calls / month."}', Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT),
    ("openrouter", 402, '{"error": {"code": 402, "message": "Insufficient credits."}}', Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT),
    ("openrouter", 404, '{"error": {"code": 404, "message": "No endpoints found for x/y."}}', Cause.MODEL_UNAVAILABLE, Scope.MODEL),
    ("one-api", 403, '{"error": {"code": "insufficient_user_quota", "message": "user quota is not enough"}}', Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT),
    ("groq", 400, openai("Organization has been restricted.", "organization_restricted"), Cause.SUSPENDED, Scope.ACCOUNT),
    ("groq", 413, openai("Request too large for model `x` on tokens per minute (TPM): Limit 6000", "rate_limit_exceeded"), Cause.REQUEST_TOO_LARGE, Scope.MODEL),
    ("cerebras", 429, '{"code": "queue_exceeded", "message": "x"}', Cause.OVERLOADED, Scope.MODEL),
    ("together", 402, openai("Credit limit exceeded."), Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT),
    ("huggingface", 503, '{"error": "Model x/y is currently loading", "estimated_time": 20.0}', Cause.OVERLOADED, Scope.MODEL),
    ("nvidia", 400, '{"detail": "Function id x: DEGRADED function cannot be invoked"}', Cause.OUTAGE, Scope.MODEL),
    ("github-models", 429, '{"error": {"code": "RateLimitReached", "message": "Rate limit of 50 per 86400s exceeded for UserByModelByDay."}}', Cause.QUOTA_EXHAUSTED, Scope.MODEL),
    ("databricks", 429, '{"error_code": "REQUEST_LIMIT_EXCEEDED", "message": "x"}', Cause.THROTTLED, Scope.ACCOUNT),
    ("cloudflare", 429, '{"errors": [{"code": 4006, "message": "you have used up your daily free allocation"}]}', Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT),
    # Our own servers
    ("ollama", 404, '{"error": "model \'x\' not found"}', Cause.MODEL_UNAVAILABLE, Scope.MODEL),
    ("ollama", 500, '{"error": "model requires more system memory (9 GiB) than is available (4 GiB)"}', Cause.OVERLOADED, Scope.DEPLOYMENT),
    ("ollama", 400, '{"error": "x does not support tools"}', Cause.UNSUPPORTED_FEATURE, Scope.MODEL),
    ("vllm", 400, '{"object": "error", "message": "This model\'s maximum context length is 9 tokens.", "code": 400}', Cause.CONTEXT_OVERFLOW, Scope.REQUEST),
    ("llamacpp", 503, '{"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}', Cause.OVERLOADED, Scope.DEPLOYMENT),
    ("lmstudio", 404, '{"error": {"message": "No models loaded. Please load a model."}}', Cause.MODEL_UNAVAILABLE, Scope.DEPLOYMENT),
    ("tgi", 422, '{"error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 9", "error_type": "validation"}', Cause.CONTEXT_OVERFLOW, Scope.REQUEST),
    ("triton", 400, '{"error": "Request for unknown model: \'x\' is not found"}', Cause.MODEL_UNAVAILABLE, Scope.MODEL),
    # What stands before them
    ("openai", 403, "<!DOCTYPE html><html><title>Attention Required!</title><body>Sorry, you have been blocked</body></html>", Cause.NETWORK, Scope.DEPLOYMENT),
    ("openai", 403, "<html><body>Access denied. Error 1009: the owner has banned the country or region your IP address is in</body></html>", Cause.GEOFENCED, Scope.JURISDICTION),
    ("anthropic", 520, "<html><body>Web server is returning an unknown error. Error code 520</body></html>", Cause.OUTAGE, Scope.PROVIDER),
    ("openai", 503, "upstream connect error or disconnect/reset before headers. reset reason: overflow", Cause.OUTAGE, Scope.DEPLOYMENT),
    ("generic", 200, "<html><body>Welcome to our hotel network</body></html>", Cause.NETWORK, Scope.DEPLOYMENT),
    ("generic", 451, "", Cause.GEOFENCED, Scope.JURISDICTION),
    ("generic", 200, '{"id": "x", "choices": []}', Cause.OUTAGE, Scope.DEPLOYMENT),
]  # fmt: skip

EXCEPTIONS = [
    (
        "aiohttp.client_exceptions.ClientConnectorError: Cannot connect to host x:443 ssl:default [Connect call failed]",
        Cause.NETWORK,
    ),
    (
        "aiohttp.client_exceptions.ClientConnectorDNSError: Cannot connect to host x:443 [Name or service not known]",
        Cause.NETWORK,
    ),
    ("aiohttp.client_exceptions.ServerDisconnectedError: Server disconnected", Cause.NETWORK),
    ("ConnectionResetError: [Errno 104] Connection reset by peer", Cause.NETWORK),
    ("ConnectionRefusedError: [Errno 111] Connect call failed ('127.0.0.1', 11434)", Cause.NETWORK),
    ("ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", Cause.NETWORK),
    ("httpx.ConnectError: [Errno -2] Name or service not known", Cause.NETWORK),
    ("httpx.RemoteProtocolError: peer closed connection without sending complete message body", Cause.NETWORK),
    ("httpx.ProxyError: 407 Proxy Authentication Required", Cause.NETWORK),
    (
        "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='x', port=443): Max retries exceeded",
        Cause.NETWORK,
    ),
    ("httpx.ReadTimeout", Cause.TIMEOUT),
    ("asyncio.TimeoutError", Cause.TIMEOUT),
    ("openai.APITimeoutError: Request timed out.", Cause.TIMEOUT),
    ("openai.APIConnectionError: Connection error.", Cause.NETWORK),
    (
        "openai.RateLimitError: Error code: 429 - {'error': {'code': 'insufficient_quota', 'message': 'x'}}",
        Cause.QUOTA_EXHAUSTED,
    ),
    (
        "anthropic.BadRequestError: Error code: 400 - {'error': {'message': 'This organization has been disabled.'}}",
        Cause.SUSPENDED,
    ),
    ("litellm.ContextWindowExceededError: OpenAIException - too long", Cause.CONTEXT_OVERFLOW),
    ("litellm.ContentPolicyViolationError: AzureException", Cause.CONTENT_BLOCKED),
    ("litellm.AuthenticationError: AnthropicException - no", Cause.AUTH),
    ("litellm.Timeout: Connection timed out after 600 seconds", Cause.TIMEOUT),
    ("litellm.ServiceUnavailableError: VertexAIException", Cause.OUTAGE),
    ("asyncio.exceptions.CancelledError", Cause.CANCELLED),
    ("AbortError: This operation was aborted", Cause.CANCELLED),
]


@pytest.mark.parametrize(("vendor", "status", "body", "cause", "scope"), CASES)
def test_an_answer_is_understood(vendor: str, status: int | None, body: str, cause: Cause, scope: Scope) -> None:
    """A vendor's own envelope names its cause and how far it reaches."""
    fault = classify(Evidence(vendor=vendor, surface="http", status=status, body=body))

    assert (cause, scope) == (fault.cause, fault.scope), fault


@pytest.mark.parametrize(("text", "cause"), EXCEPTIONS)
def test_an_exception_is_understood(text: str, cause: Cause) -> None:
    """The text of a client's exception names its cause without a status."""
    assert cause == classify(Evidence(vendor="generic", surface="exception", body=text)).cause


def test_a_stream_event_is_understood() -> None:
    """An error event inside a 200 stream is read like an answer of its own."""
    event = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'

    fault = classify(Evidence(vendor="anthropic", surface="stream", status=200, body=event))

    assert fault.cause == Cause.OVERLOADED
    assert fault.stated


def test_headers_name_the_exception() -> None:
    """Bedrock's exception may stand in a header alone."""
    evidence = Evidence(
        vendor="bedrock", status=400, headers={"x-amzn-errortype": "ThrottlingException:http://x/"}, body="{}"
    )

    assert classify(evidence).cause == Cause.THROTTLED


def test_a_relays_upstream_is_not_our_account() -> None:
    """What a relay reports of its own upstream never reaches our account or key."""
    raw = json.dumps({"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}})
    body = json.dumps(
        {
            "error": {
                "message": "Provider returned error",
                "code": 429,
                "metadata": {"raw": raw, "provider_name": "OpenAI"},
            }
        }
    )
    ours = '{"error": {"code": 402, "message": "Insufficient credits"}}'

    upstream = classify(Evidence(vendor="openrouter", status=429, body=body))

    assert (upstream.cause, upstream.scope) == (Cause.QUOTA_EXHAUSTED, Scope.PROVIDER)
    assert classify(Evidence(vendor="openrouter", status=402, body=ours)).scope == Scope.ACCOUNT


def test_numbers_speak_for_their_vendor_alone() -> None:
    """A numeric code means nothing in another vendor's answer."""
    body = '{"error": {"code": "1301", "message": "x"}}'

    assert classify(Evidence(vendor="zhipu", status=500, body=body)).cause == Cause.CONTENT_BLOCKED
    assert classify(Evidence(vendor="mistral", status=500, body=body)).cause == Cause.OUTAGE


def test_the_status_alone_is_a_guess() -> None:
    """Without a word to go by the status decides, with low certainty and nothing stated."""
    fault = classify(Evidence(vendor="generic", status=403, body="{}"))

    assert (fault.cause, fault.rule) == (Cause.PERMISSION, "status.403")
    assert fault.certainty < 0.5
    assert not fault.stated
