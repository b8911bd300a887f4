"""What a caller is told when nobody answered."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.core.causes import Cause, Scope
from modelrouter.errors import DeadlineError, NoRouteError, RequestFailedError
from modelrouter.wire.dialects import CALLERS, DIALECTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.runtime.calls import Failure
    from modelrouter.runtime.drive import UnservedError

__all__ = ["failed"]

MISTAKE = 400
UNAVAILABLE = 503
TIMED_OUT = 504

STATUSES: Mapping[Cause, int] = MappingProxyType(
    {
        Cause.THROTTLED: 429,
        Cause.BAD_REQUEST: 400,
        Cause.CONTENT_BLOCKED: 400,
        Cause.CONTEXT_OVERFLOW: 400,
        Cause.UNSUPPORTED_FEATURE: 400,
        Cause.REQUEST_TOO_LARGE: 413,
    }
)
"""What the caller can mend, or should wait for; every other cause is ours and a 503."""

LAST = MappingProxyType({"content-type": "application/json", "x-should-retry": "false"})
"""The ladder has been climbed: a retry of the SDK would only multiply it."""


def failed(wire: str, unserved: UnservedError) -> RequestFailedError:
    """The error of a request that nobody served, with the answer for its caller in the caller's wire.

    Where the request itself was at fault and the provider speaks the caller's wire, its own words are
    passed on untouched.
    """
    failure, decision = unserved.failure, unserved.decision
    fault = failure.fault if failure else None
    status = TIMED_OUT if unserved.deadline else STATUSES.get(fault.cause, UNAVAILABLE) if fault else UNAVAILABLE
    headers = {**LAST, **decision.headers()}
    if fault and fault.retry_after_s is not None:
        headers["retry-after"] = str(round(fault.retry_after_s + 0.5))
    kind: type[RequestFailedError] = RequestFailedError
    if unserved.deadline:
        kind = DeadlineError
    elif not decision.calls:
        kind = NoRouteError
    if failure and not unserved.deadline and _speaks(wire, failure):
        return kind(
            str(decision),
            decision=decision,
            fault=fault,
            status=failure.status if failure.status and failure.status >= MISTAKE else status,
            headers=headers,
            body=failure.body,
        )
    cause = "deadline" if unserved.deadline else str(fault.cause) if fault else "no_route"
    body = CALLERS[wire].encode_error(status, cause, str(decision))
    return kind(str(decision), decision=decision, fault=fault, status=status, headers=headers, body=body)


def _speaks(wire: str, failure: Failure) -> bool:
    """Whether the provider's own words say, in the caller's wire, what is wrong with the request."""
    fault = failure.fault
    own = fault.scope is Scope.REQUEST or fault.cause in (STATUSES.keys() - {Cause.THROTTLED})
    return own and bool(failure.body) and DIALECTS.get(failure.wire or "") is DIALECTS[wire]
