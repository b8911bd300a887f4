"""What others may do to us, as plausible vendors would word it: suspended, geofenced, withdrawn by order, unproven."""

from __future__ import annotations

import json

import pytest

from modelrouter.core.causes import Cause
from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence

TEXTS: list[tuple[Cause, int | None, str]] = [
    # suspensions
    (Cause.SUSPENDED, 403, "Access for your company has been suspended pending a review by our trust team."),
    (Cause.SUSPENDED, 403, "We closed your account after repeated breaches of the service agreement."),
    (Cause.SUSPENDED, 401, "Your workspace is on hold. Write to support to have it released."),
    (Cause.SUSPENDED, 403, "This tenant has been placed under restriction by our fraud department."),
    (Cause.SUSPENDED, 403, "Your API access was revoked because of suspected abuse."),
    (Cause.SUSPENDED, 402, "Service paused: an invoice of this account is overdue."),
    (Cause.SUSPENDED, 403, "您的账号因违反服务条款已被封禁"),
    (Cause.SUSPENDED, 403, "该企业已被冻结,请联系客服"),
    (Cause.SUSPENDED, 403, "您的帳戶已遭停權"),
    (Cause.SUSPENDED, 403, "お客様のアカウントは利用規約違反のため停止されました"),
    (Cause.SUSPENDED, 403, "이용 약관 위반으로 계정이 정지되었습니다"),
    (Cause.SUSPENDED, 403, "Ваш аккаунт заблокирован за нарушение правил"),
    (Cause.SUSPENDED, 403, "Ihr Konto wurde wegen eines Verstoßes gesperrt"),
    (Cause.SUSPENDED, 403, "Ihr Zugang wurde vorübergehend gesperrt"),
    (Cause.SUSPENDED, 403, "Votre compte a été suspendu par notre équipe"),
    (Cause.SUSPENDED, 403, "Su cuenta ha sido bloqueada por actividad inusual"),
    (Cause.SUSPENDED, 403, "A sua conta foi suspensa por falta de pagamento"),
    (Cause.SUSPENDED, 403, "Il tuo account è stato sospeso"),
    # geofences
    (Cause.GEOFENCED, 403, "Sorry, we do not offer this service where you are located."),
    (Cause.GEOFENCED, 403, "Requests from your country cannot be served."),
    (Cause.GEOFENCED, 451, "Because of where your address is registered, the service may not be used from there."),
    (Cause.GEOFENCED, 403, "Your IP address belongs to a region that we do not support."),
    (
        Cause.GEOFENCED,
        403,
        "This product is not launched in your market yet: country RU is not on the list of supported countries.",
    ),
    (Cause.GEOFENCED, 403, "We block traffic from embargoed countries."),
    (Cause.GEOFENCED, 403, "抱歉,您所在的国家或地区暂不支持使用本服务"),
    (Cause.GEOFENCED, 403, "本服務未在您的地區提供"),
    (Cause.GEOFENCED, 403, "お住まいの地域ではご利用いただけません"),
    (Cause.GEOFENCED, 403, "해당 국가에서는 서비스를 이용할 수 없습니다"),
    (Cause.GEOFENCED, 403, "Сервис недоступен в вашей стране"),
    (Cause.GEOFENCED, 403, "Dieser Dienst ist in Ihrem Land nicht verfügbar"),
    (Cause.GEOFENCED, 403, "Ce service n'est pas disponible dans votre pays"),
    (Cause.GEOFENCED, 403, "El servicio no está disponible en su país"),
    (Cause.GEOFENCED, 403, "O serviço não está disponível no seu país"),
    (Cause.GEOFENCED, 403, "Il servizio non è disponibile nel tuo paese"),
    # orders
    (Cause.EXPORT_CONTROLLED, 403, "Export laws keep us from serving this model to you."),
    (Cause.EXPORT_CONTROLLED, 403, "This model is classified as a controlled item and needs an export authorization."),
    (Cause.EXPORT_CONTROLLED, 404, "The vendor withdrew the model after the Commerce Department's instruction."),
    (Cause.EXPORT_CONTROLLED, 403, "Serving was halted at the request of the regulator."),
    (Cause.EXPORT_CONTROLLED, 403, "依据出口管制条例,该模型不再对外提供"),
    (Cause.EXPORT_CONTROLLED, 403, "应监管部门要求,该模型已下线"),
    (Cause.EXPORT_CONTROLLED, 403, "政府の要請によりこのモデルの提供を中止しました"),
    (Cause.EXPORT_CONTROLLED, 403, "정부 명령에 따라 모델 제공이 중단되었습니다"),
    (Cause.EXPORT_CONTROLLED, 403, "Модель отключена по требованию регулятора"),
    (Cause.EXPORT_CONTROLLED, 403, "Das Modell unterliegt der Ausfuhrkontrolle"),
    (Cause.EXPORT_CONTROLLED, 403, "Modèle retiré sur décision administrative"),
    (Cause.EXPORT_CONTROLLED, 403, "Modelo retirado por orden del gobierno"),
    (Cause.EXPORT_CONTROLLED, 403, "Modelo retirado por ordem judicial"),
    # sanctions
    (Cause.GEOFENCED, 403, "Sanctions forbid us to serve users from this place."),
    (Cause.GEOFENCED, 403, "受制裁地区无法使用本服务"),
    (Cause.GEOFENCED, 403, "Из-за санкций сервис недоступен"),
    # proofs
    (Cause.PERMISSION, 403, "Complete the business verification to unlock this model."),
    (Cause.PERMISSION, 403, "Phone verification required before the first call."),
    (Cause.PERMISSION, 403, "该模型需完成企业认证后使用"),
    (Cause.PERMISSION, 403, "Please confirm your identity in the console first."),
    (Cause.PERMISSION, 403, "Vérification de l'identité requise"),
]


ORDINARY: list[tuple[int | None, str]] = [
    (503, "Some users see errors; this is under investigation."),
    (503, "サービスは一時停止されています"),
    (403, "Доступ заблокирован межсетевым экраном"),
    (404, "The deployment is not in the list of supported versions."),
    (429, "Your requests are on hold until the minute is over."),
    (400, "The prompt is blocked: it mentions your account."),
    (403, "model acme-7b is blocked at the project"),
    (500, "the exporter could not be found where you expect it"),
    (402, "team-blocked: add credits to go on"),
    (None, "connection to eu-region was closed"),
]
POWERS = {Cause.SUSPENDED, Cause.GEOFENCED, Cause.EXPORT_CONTROLLED}


@pytest.mark.parametrize(("status", "message"), ORDINARY)
def test_what_sounds_alike_is_no_power(status: int | None, message: str) -> None:
    """Near relatives of these wordings hold no account, place or model by a power that nobody used."""
    assert classify(Evidence(vendor="generic", surface="http", status=status, body=message)).cause not in POWERS


def openai(message: str) -> str:
    """Wrap a message as most vendors do."""
    return json.dumps({"error": {"message": message, "type": "forbidden", "code": None}})


@pytest.mark.parametrize("wrap", [str, openai])
@pytest.mark.parametrize(("cause", "status", "message"), TEXTS)
def test_what_others_may_do_to_us_is_recognised(
    cause: Cause, status: int | None, message: str, wrap: type[str]
) -> None:
    """Plain or escaped in JSON, in any of ten languages, the cause is the one a reader would name."""
    assert classify(Evidence(vendor="generic", surface="http", status=status, body=wrap(message))).cause == cause
