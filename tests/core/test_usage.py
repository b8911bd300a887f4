"""What vendors say is left: read as they document it, and never guessed."""

from __future__ import annotations

import pytest

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.usage import VENDORS, usage_of, usage_url

ROWS = [{"currency": "USD", "total_balance": "0.00"}]
SPENT = [
    ("deepseek", {"is_available": False, "balance_infos": ROWS}, Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT),
    ("moonshot", {"data": {"available_balance": -0.2}}, Cause.QUOTA_EXHAUSTED, Scope.ACCOUNT),
    ("openrouter", {"data": {"limit": 10, "limit_remaining": 0}}, Cause.QUOTA_EXHAUSTED, Scope.KEY),
    ("xai", {"team_blocked": True}, Cause.SUSPENDED, Scope.ACCOUNT),
    ("xai", {"api_key_disabled": True, "team_blocked": False}, Cause.AUTH, Scope.KEY),
]
LEFT = [
    ("deepseek", {"is_available": True, "balance_infos": [{"currency": "USD", "total_balance": "3"}]}, "3 USD left"),
    ("moonshot", {"data": {"available_balance": 12.5}}, "12.5 left"),
    ("openrouter", {"data": {"limit": None, "limit_remaining": None}}, "the key has no limit"),
    ("xai", {"team_blocked": False, "api_key_blocked": False, "api_key_disabled": False}, "the key counts"),
]


@pytest.mark.parametrize(("vendor", "body", "cause", "scope"), SPENT)
def test_what_the_next_call_would_meet(vendor, body, cause, scope):
    """An empty balance or a blocked key is a fault before anybody has called."""
    fault = usage_of(vendor, body).fault

    assert (cause, scope, True) == (fault.cause, fault.scope, fault.stated)


@pytest.mark.parametrize(("vendor", "body", "said"), LEFT)
def test_what_is_left(vendor, body, said):
    """Where something is left there is no fault, and it is told."""
    assert (None, said) == usage_of(vendor, body)


@pytest.mark.parametrize("vendor", sorted(VENDORS))
@pytest.mark.parametrize("body", [None, [], {}, {"data": None}, {"data": {"available_balance": "lots"}}, "text"])
def test_what_is_not_understood_is_no_evidence(vendor, body):
    """An answer of another shape neither holds anything nor is called good."""
    assert (None, "") == usage_of(vendor, body) or (vendor == "deepseek" and usage_of(vendor, body).fault is None)


def test_it_is_asked_at_the_host_of_the_deployment_and_nowhere_else():
    """The key goes where the inventory says; a vendor without such an endpoint is not asked."""
    assert "https://proxy.example:8443/user/balance" == usage_url("deepseek", "https://proxy.example:8443/v1")
    assert usage_url("openai", "https://api.openai.com/v1") is None
