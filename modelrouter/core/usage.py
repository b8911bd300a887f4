"""The free endpoints by which vendors tell how much money is left, or whether a key still counts.

Only those that the vendors document for an ordinary key are here: OpenRouter's current key, DeepSeek's
and Moonshot's balance, xAI's key. The others have none, or one for administrators' keys alone.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["VENDORS", "Usage", "usage_of", "usage_url"]


class Usage(NamedTuple):
    """What a usage endpoint said."""

    fault: Fault | None
    """What the next real call would meet, by all that is known."""
    said: str
    """`12.3 left`; empty where the answer could not be read."""


_PATHS: Mapping[str, str] = MappingProxyType(
    {
        "deepseek": "/user/balance",
        "moonshot": "/v1/users/me/balance",
        "openrouter": "/api/v1/key",
        "xai": "/v1/api-key",
    }
)
VENDORS = frozenset(_PATHS)
"""Vendors whose usage can be asked for free."""


def usage_url(vendor: str, base: str) -> str | None:
    """Where to ask, at the host of a deployment's base address; None where the vendor has no such endpoint."""
    path = _PATHS.get(vendor)
    parts = urlsplit(base)
    return f"{parts.scheme}://{parts.netloc}{path}" if path is not None else None


def usage_of(vendor: str, body: Any) -> Usage:
    """Read the answer of a usage endpoint; what is not understood is no evidence."""
    reader = _READERS.get(vendor)
    if reader is None or not isinstance(body, dict):
        return Usage(None, "")
    return reader(body)


def _deepseek(body: dict[str, Any]) -> Usage:
    rows = body.get("balance_infos")
    balances = [
        f"{row.get('total_balance')} {row.get('currency')}"
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict)
    ]
    said = f"{', '.join(balances) or 'balance'} left"
    if body.get("is_available") is False:
        return Usage(_spent("deepseek", "the balance does not suffice for calls", Scope.ACCOUNT), said)
    return Usage(None, said if body.get("is_available") is True else "")


def _moonshot(body: dict[str, Any]) -> Usage:
    return _remaining("moonshot", _at(body, "data", "available_balance"), Scope.ACCOUNT)


def _openrouter(body: dict[str, Any]) -> Usage:
    # A key without a limit of its own says null; what its account holds is asked with another kind of key.
    data = body.get("data")
    if isinstance(data, dict) and data.get("limit_remaining", 0) is None:
        return Usage(None, "the key has no limit")
    return _remaining("openrouter", _at(body, "data", "limit_remaining"), Scope.KEY)


def _xai(body: dict[str, Any]) -> Usage:
    for member, words, scope in (
        ("team_blocked", "the team is blocked", Scope.ACCOUNT),
        ("api_key_blocked", "the key is blocked", Scope.KEY),
        ("api_key_disabled", "the key is disabled", Scope.KEY),
    ):
        if body.get(member) is True:
            fault = Fault(
                cause=Cause.SUSPENDED if scope is Scope.ACCOUNT else Cause.AUTH,
                scope=scope,
                rule="check.usage.xai",
                evidence=words,
                stated=True,
            )
            return Usage(fault, words)
    return Usage(None, "the key counts" if body.get("api_key_disabled") is False else "")


def _remaining(vendor: str, left: object, scope: Scope) -> Usage:
    if isinstance(left, bool) or not isinstance(left, int | float):
        return Usage(None, "")
    said = f"{left:g} left"
    return Usage(_spent(vendor, said, scope) if left <= 0 else None, said)


def _spent(vendor: str, evidence: str, scope: Scope) -> Fault:
    rule = f"check.usage.{vendor}"
    return Fault(cause=Cause.QUOTA_EXHAUSTED, scope=scope, rule=rule, evidence=evidence, stated=True)


def _at(body: object, *path: str) -> object:
    for step in path:
        body = body.get(step) if isinstance(body, dict) else None
    return body


_READERS: Mapping[str, Callable[[dict[str, Any]], Usage]] = MappingProxyType(
    {"deepseek": _deepseek, "moonshot": _moonshot, "openrouter": _openrouter, "xai": _xai}
)
