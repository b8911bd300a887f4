"""What a regulator takes away, in words of our own, after the dated cases of 2023 to 2026."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence

if TYPE_CHECKING:
    from collections.abc import Callable

WITHDRAWN: list[tuple[str, int | None, str]] = [
    (
        "anthropic",
        404,
        "Claude Fable 5 is not available. Use Opus instead. Details: https://www.anthropic.com/news/fable-access",
    ),
    ("anthropic", 400, "model: Mythos 5 is currently unavailable, see https://www.anthropic.com/news/mythos-statement"),
    (
        "anthropic",
        403,
        "Access to Fable is suspended for every customer while we comply with a US export control directive.",
    ),
    ("anthropic", 404, "This model was disabled at the direction of the Bureau of Industry and Security."),
    ("anthropic", 403, "Under a government directive this model may not be provided to foreign persons."),
    ("bedrock", 403, "AccessDeniedException: the model was withdrawn in compliance with U.S. export regulations."),
    (
        "bedrock",
        400,
        "ValidationException: this foundation model is restricted under the Export Administration Regulations.",
    ),
    ("bedrock", 404, "ResourceNotFoundException: the model provider disabled this model following a federal order."),
    (
        "vertex",
        404,
        "Publisher model claude-fable-5 was taken offline to comply with an order from the Department of Commerce.",
    ),
    ("vertex", 403, "PERMISSION_DENIED: an export licence is required before this model can be offered."),
    ("azure", 403, "This model is unavailable because of a regulatory directive issued to its publisher."),
    ("azure", 404, "DeploymentNotFound: the model has been removed by order of US authorities."),
    ("azure", 451, "The model cannot be served: export compliance hold."),
    ("openai", 403, "gpt-5.6 is subject to export controls and cannot be used by foreign nationals."),
    ("openai", 403, "This model needs a deemed export review for your staff."),
    ("openai", 404, "The model was pulled after a national security directive."),
    ("openai", 403, "Your company appears on the BIS Entity List; access to this model is closed."),
    ("gemini", 403, "The requested model is held under 15 CFR 744 until a licence is granted."),
    ("gemini", 403, "Model weights of ECCN 4E091 may not be accessed by this project."),
    ("xai", 403, "Grok was switched off following an injunction by the regulator."),
    ("deepseek", 403, "The service was stopped after an order of the Garante; all models are affected."),
    ("openrouter", 404, "No endpoints found: the provider withdrew this model due to an export-control directive."),
    ("openrouter", 502, "Provider returned error: model suspended by government order"),
    ("mistral", 403, "We were ordered by the authorities to withdraw this model."),
    ("cohere", 403, "The model is under an is-informed letter and cannot be served at present."),
    ("dashscope", 403, "该模型因出口管制已停止提供服务"),
    ("zhipu", 403, "根据政府指令、该模型已暂停服务"),
    ("generic", 403, "このモデルは輸出規制により提供を停止しました"),
    ("generic", 403, "이 모델은 수출 통제로 인해 중단되었습니다"),
    ("generic", 403, "Das Modell wurde wegen einer behördlichen Anordnung abgeschaltet; Exportkontrolle."),
    ("generic", 403, "Ce modèle est suspendu en raison du contrôle des exportations."),
    ("generic", 403, "El modelo fue retirado por control de exportaciones."),
    ("generic", 403, "Модель отключена из-за экспортного контроля."),
    (
        "litellm",
        None,
        "litellm.NotFoundError: AnthropicException - model disabled worldwide under an export-control directive",
    ),
    ("anthropic", 404, "This model has been made unavailable pursuant to a US directive."),
    ("anthropic", 403, "A legal requirement obliges us to stop serving this model to everyone."),
]

ORDINARY = [
    ("anthropic", 404, "model: claude-sonnet-9", Cause.MODEL_UNAVAILABLE, Scope.MODEL),
    (
        "anthropic",
        404,
        "Claude 2 was retired; see https://www.anthropic.com/news/deprecations",
        Cause.MODEL_UNAVAILABLE,
        Scope.MODEL,
    ),
    (
        "openai",
        404,
        "The model `gpt-9` does not exist or you do not have access to it.",
        Cause.MODEL_UNAVAILABLE,
        Scope.MODEL,
    ),
    (
        "openai",
        403,
        "Not available in your country due to government regulations.",
        Cause.GEOFENCED,
        Scope.JURISDICTION,
    ),
    ("gemini", 400, "The model does not support exporting audio.", Cause.UNSUPPORTED_FEATURE, Scope.MODEL),
    ("bedrock", 403, "You don't have access to the model with the specified model ID.", Cause.PERMISSION, Scope.MODEL),
    ("anthropic", 529, "Fable 5 is at capacity.", Cause.OVERLOADED, Scope.PROVIDER),
    (
        "anthropic",
        429,
        "This request would exceed your rate limit for claude-fable-5 tokens per minute.",
        Cause.THROTTLED,
        Scope.ACCOUNT,
    ),
    ("generic", 500, "failed to export traces to the collector", Cause.OUTAGE, Scope.DEPLOYMENT),
]


def envelope(message: str) -> str:
    """Wrap a message as most vendors do."""
    return json.dumps({"type": "error", "error": {"type": "error", "message": message}}, ensure_ascii=False)


@pytest.mark.parametrize("wrap", [str, envelope, lambda message: repr({"error": {"message": message}})])
@pytest.mark.parametrize(("vendor", "status", "message"), WITHDRAWN)
def test_an_order_is_recognised(vendor: str, status: int | None, message: str, wrap: Callable[[str], str]) -> None:
    """A withdrawal by order is told from other faults in bare, JSON and repr form, and reaches the model."""
    fault = classify(Evidence(vendor=vendor, surface="http", status=status, body=wrap(message)))

    assert (fault.cause, fault.scope) == (Cause.EXPORT_CONTROLLED, Scope.MODEL)
    assert fault.stated


@pytest.mark.parametrize(("vendor", "status", "message", "cause", "scope"), ORDINARY)
def test_an_ordinary_fault_is_no_order(
    vendor: str, status: int | None, message: str, cause: Cause, scope: Scope
) -> None:
    """What only looks like a withdrawal by order keeps its own cause."""
    fault = classify(Evidence(vendor=vendor, surface="http", status=status, body=envelope(message)))

    assert (cause, scope) == (fault.cause, fault.scope)
