"""Families of wordings: siblings of what vendors were seen to say, in several languages, in words of our own."""

from __future__ import annotations

import pytest

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence

FAMILIES: list[tuple[Cause, str, int | None, str]] = [
    # keys and logins
    (Cause.AUTH, "generic", None, "该密钥状态不可用"),
    (Cause.AUTH, "generic", 401, "令牌已被禁用"),
    (Cause.AUTH, "generic", None, "This client requires valid credentials before the first call."),
    (Cause.AUTH, "generic", None, "Please set ACME_API_KEY in your environment."),
    (Cause.AUTH, "generic", None, '{"error": "unauthorized_client"}'),
    (Cause.AUTH, "qianfan", None, "Token call failed: unknown client id"),
    # who has to prove who it is
    (
        Cause.PERMISSION,
        "generic",
        400,
        '{"message": "Your account must be verified to use tools", "code": "unsupported_parameter"}',
    ),
    (Cause.PERMISSION, "generic", 403, "请先完成实名认证后再调用"),
    (Cause.PERMISSION, "generic", 403, "本人確認が完了していません"),
    (Cause.PERMISSION, "generic", 403, "본인 인증을 완료해 주세요"),
    (Cause.PERMISSION, "generic", 403, "Bitte zuerst Ihre Identität bestätigen"),
    (Cause.PERMISSION, "generic", 403, "Veuillez vérifier votre identité"),
    (Cause.PERMISSION, "generic", 403, "Verifique su identidad para continuar"),
    (Cause.PERMISSION, "generic", 403, "Сначала подтвердите личность"),
    (Cause.PERMISSION, "generic", 403, "This preview requires an explicit opt-in by an owner."),
    (Cause.PERMISSION, "generic", 400, "You must first accept the updated licence of this family."),
    (Cause.PERMISSION, "generic", None, "Your membership doesn't currently include the large model"),
    (Cause.PERMISSION, "zhipu", 403, "当前套餐暂未开放该功能"),
    (Cause.PERMISSION, "openai", 403, "Team `t_1` does not have access to model `acme-7b`"),
    # money that looks like a block, blocks that look like content
    (Cause.QUOTA_EXHAUSTED, "xai", 403, "workspace-blocked: the team is out of credits"),
    (Cause.SUSPENDED, "openai", None, "Use of this model has been temporarily restricted due to possible abuse"),
    (Cause.NETWORK, "generic", 403, "The request has been blocked."),
    (Cause.CONTENT_BLOCKED, "generic", 403, "The request was blocked by our content filter."),
    (Cause.OUTAGE, "ollama", None, "could not start the inference server"),
    (Cause.PERMISSION, "generic", 403, "u_7 is not a member of this workspace"),
    (Cause.PERMISSION, "generic", 404, "We could not find any such member; ask the owner to invite you."),
    (Cause.AUTH, "bedrock", None, "The instance role: credential refresh failed"),
    (Cause.AUTH, "generic", None, "Could not retrieve AWS credentials in time"),
    (Cause.QUOTA_EXHAUSTED, "generic", 403, "扣费失败:账户剩余积分 3"),
    (Cause.TIMEOUT, "generic", 524, "The origin server timed out; its database may be overloaded."),
    (Cause.PERMISSION, "generic", None, "You need to be a licensed colleague: only those may ask it."),
    (Cause.PERMISSION, "groq", 403, "The model acme-7b is disabled at the project level; an owner can allow it."),
    (Cause.CONTENT_BLOCKED, "generic", 403, "The prompt was refused because of a violation of our terms of service."),
    (
        Cause.UNSUPPORTED_FEATURE,
        "generic",
        400,
        "With api key sk-x: invalid call, the parameter is not supported by this model: seed",
    ),
    (Cause.REQUEST_TOO_LARGE, "generic", None, "payload refused: size limit exceeded"),
    (Cause.MODEL_UNAVAILABLE, "azure", None, "Error: model acme-7b is retiring and takes no new calls"),
    (Cause.OUTAGE, "lmstudio", None, "The engine exited without a word"),
    # what stands before a provider
    (Cause.OUTAGE, "generic", 503, "upstream_reset_after_response_started{remote_reset}"),
    (Cause.OUTAGE, "generic", 502, "An invalid response was received from the upstream server"),
    (Cause.OUTAGE, "generic", 502, "no live upstreams while serving the client"),
    # models that are gone, addresses where none ever was
    (Cause.MODEL_UNAVAILABLE, "generic", None, "所选模型已于本月停用"),
    (Cause.MODEL_UNAVAILABLE, "generic", 400, "模型 acme-7b 已废弃"),
    (Cause.MODEL_UNAVAILABLE, "generic", 404, '{"message": "Cannot POST /v2/chat"}'),
    (Cause.MODEL_UNAVAILABLE, "generic", 404, "404 page not found"),
    # money and volume
    (Cause.QUOTA_EXHAUSTED, "generic", 400, "monthly-character-cap reached for the workspace"),
    (Cause.QUOTA_EXHAUSTED, "generic", 403, "Daily request quota used"),
    # load, whatever the class is called
    (Cause.OVERLOADED, "generic", 429, "acme.RateLimitError: the engine is currently overloaded"),
    (Cause.OVERLOADED, "generic", 429, "RateLimitError: our servers are over capacity"),
    (Cause.OVERLOADED, "one-api", None, '{"error": {"message": "当前线路负载已满", "code": "billing_not_active"}}'),
    # what a client cannot read
    (Cause.OUTAGE, "generic", None, "2 validation errors for ChatCompletionChunk: choices: field required"),
    (Cause.OUTAGE, "generic", None, "json: cannot unmarshal array into Go value of type string"),
    (Cause.OUTAGE, "generic", 200, "could not parse the response: Unexpected token '<' is not valid JSON"),
    # content
    (Cause.CONTENT_BLOCKED, "gemini", None, "No text to return: the candidate was blocked, see safety_ratings."),
    (Cause.CONTENT_BLOCKED, "generic", None, "Our safeguards flagged your question; rephrase it."),
    (Cause.CONTENT_BLOCKED, "generic", 400, "您的问题被安全策略拦截"),
    (Cause.CONTENT_BLOCKED, "generic", 400, "コンテンツポリシーにより応答できません"),
    (Cause.CONTENT_BLOCKED, "generic", 400, "콘텐츠 정책에 따라 답변할 수 없습니다"),
    (Cause.CONTENT_BLOCKED, "generic", 400, "Die Antwort wurde vom Inhaltsfilter gestoppt"),
    (Cause.CONTENT_BLOCKED, "generic", 400, "La demande ne respecte pas la politique de contenu"),
    (Cause.CONTENT_BLOCKED, "generic", 400, "La pregunta no cumple la política de contenido"),
    (Cause.CONTENT_BLOCKED, "generic", 400, "O pedido viola a política de conteúdo"),
    (Cause.CONTENT_BLOCKED, "generic", 400, "Запрос нарушает политику безопасности"),
    # length
    (Cause.CONTEXT_OVERFLOW, "generic", None, "Too much to read at once. Shorten your message."),
    (Cause.CONTEXT_OVERFLOW, "generic", 400, "请精简对话内容后再发送"),
    # what a model or a place cannot do
    (Cause.UNSUPPORTED_FEATURE, "generic", 400, "acme-7b is not available for batch inference."),
    (Cause.GEOFENCED, "generic", None, "Acme is only offered in select countries for now."),
    (Cause.GEOFENCED, "generic", 403, "The assistant is not yet available in all regions."),
]


@pytest.mark.parametrize(("cause", "vendor", "status", "body"), FAMILIES)
def test_a_sibling_is_recognised(cause: Cause, vendor: str, status: int | None, body: str) -> None:
    """A wording that another vendor might use means what its family means."""
    seen = Evidence(vendor=vendor, surface="exception" if status is None else "http", status=status, body=body)

    assert classify(seen).cause == cause


def test_an_address_without_models_is_one_deployments_fault() -> None:
    """A path that a server does not know says nothing about the model: only this deployment is held."""
    assert classify(Evidence(vendor="generic", status=404, body="Cannot POST /v2/chat")).scope == Scope.DEPLOYMENT


@pytest.mark.parametrize(
    ("cause", "quota"),
    [
        (Cause.QUOTA_EXHAUSTED, "GenerateRequestsPerDayPerProjectPerModel-FreeTier"),
        (Cause.THROTTLED, "GenerateContentInputTokensPerMinutePerProjectPerModel"),
    ],
)
def test_a_quota_of_one_model_spares_the_others(cause: Cause, quota: str) -> None:
    """Google names in a quota what it counts: one of a model holds the model, not the account."""
    body = f'{{"error": {{"code": 429, "details": [{{"quotaId": "{quota}"}}]}}}}'
    fault = classify(Evidence(vendor="gemini", surface="http", status=429, body=body))

    assert (fault.cause, fault.scope) == (cause, Scope.MODEL)
