"""What is left when no wording is known: codes that say little, then the status alone."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.signatures.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

RULES = (
    Rule("not_found", Cause.MODEL_UNAVAILABLE, Scope.MODEL, stated=False, vague=True,
         codes=("not_found_error", "NotFoundError", "ResourceNotFoundException", "NOT_FOUND", "resource_not_found_error", "NotFound")),
    Rule("denied", Cause.PERMISSION, Scope.ACCOUNT, stated=False, vague=True,
         codes=("permission_error", "PERMISSION_DENIED", "PermissionDeniedError", "AccessDeniedException", "AccessDenied", "forbidden",
                "permission_denied", "PermissionDenied", "forbidden_error")),
    Rule("exhausted", Cause.THROTTLED, Scope.ACCOUNT, stated=False, vague=True,
         codes=("RESOURCE_EXHAUSTED", "ResourceExhausted", "ServiceQuotaExceededException", "LimitExceededException")),
    Rule("unavailable", Cause.OVERLOADED, Scope.PROVIDER, stated=False, vague=True, codes=("UNAVAILABLE",)),
    Rule("precondition", Cause.BAD_REQUEST, Scope.REQUEST, stated=False, vague=True, codes=("FAILED_PRECONDITION",)),
    Rule("invalid", Cause.BAD_REQUEST, Scope.REQUEST, stated=False, vague=True, status=(400, 409, 415, 422),
         codes=("invalid_request_error", "BadRequestError", "ValidationException", "INVALID_ARGUMENT", "invalid_request", "InvalidParameter",
                "BadRequest", "UnprocessableEntityError", "bad_request", "invalid_parameter_error", "validation_error")),
)  # fmt: skip

BY_STATUS: Mapping[int, tuple[Cause, Scope]] = MappingProxyType(
    {
        400: (Cause.BAD_REQUEST, Scope.REQUEST),
        401: (Cause.AUTH, Scope.KEY),
        402: (Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT),
        403: (Cause.PERMISSION, Scope.ACCOUNT),
        404: (Cause.MODEL_UNAVAILABLE, Scope.MODEL),
        405: (Cause.UNSUPPORTED_FEATURE, Scope.DEPLOYMENT),
        407: (Cause.NETWORK, Scope.DEPLOYMENT),
        408: (Cause.TIMEOUT, Scope.DEPLOYMENT),
        409: (Cause.OUTAGE, Scope.DEPLOYMENT),
        410: (Cause.MODEL_UNAVAILABLE, Scope.MODEL),
        413: (Cause.REQUEST_TOO_LARGE, Scope.REQUEST),
        415: (Cause.UNSUPPORTED_FEATURE, Scope.DEPLOYMENT),
        424: (Cause.OUTAGE, Scope.DEPLOYMENT),
        425: (Cause.THROTTLED, Scope.ACCOUNT),
        429: (Cause.THROTTLED, Scope.ACCOUNT),
        451: (Cause.GEOFENCED, Scope.JURISDICTION),
        498: (Cause.AUTH, Scope.KEY),
        499: (Cause.CANCELLED, Scope.REQUEST),
        501: (Cause.UNSUPPORTED_FEATURE, Scope.DEPLOYMENT),
        503: (Cause.OVERLOADED, Scope.PROVIDER),
        504: (Cause.TIMEOUT, Scope.DEPLOYMENT),
        522: (Cause.NETWORK, Scope.DEPLOYMENT),
        523: (Cause.NETWORK, Scope.DEPLOYMENT),
        524: (Cause.TIMEOUT, Scope.DEPLOYMENT),
        525: (Cause.NETWORK, Scope.DEPLOYMENT),
        526: (Cause.NETWORK, Scope.DEPLOYMENT),
        529: (Cause.OVERLOADED, Scope.PROVIDER),
    }
)
"""What a status says where nothing else does; 5xx that are not listed are outages, other 4xx bad requests."""


def by_status(status: int | None, surface: str) -> tuple[Cause, Scope]:
    """Read the status alone; without one, an exception is the network's and an answer is broken."""
    if status is not None and status in BY_STATUS:
        return BY_STATUS[status]
    if status is not None and 400 <= status < 500:  # noqa: PLR2004  # the classes of HTTP
        return Cause.BAD_REQUEST, Scope.REQUEST
    if status is None and surface == "exception":
        return Cause.NETWORK, Scope.DEPLOYMENT
    return Cause.OUTAGE, Scope.DEPLOYMENT
