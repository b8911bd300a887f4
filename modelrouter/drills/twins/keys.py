"""Dummy keys: what a readdressed deployment sends instead of the account's secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.inventory import Account, Deployment

LITELLM_ROUTES = frozenset({"converse", "invoke", "converse_like"})
"""Words between litellm's provider and the model that name an API, not a part of the model."""


def dummy_key(account: Account) -> str:
    """The key that stands for an account; recognised by every twin of its provider, worthless elsewhere."""
    return f"twin-key.{account.provider}.{account.name}"


def label(account: Account | None) -> str:
    """How a log names the key: by its account."""
    return "" if account is None else f"{account.provider}/{account.name}"


def sent_model(deployment: Deployment) -> str:
    """The model as its provider sees it: litellm's prefixes are for litellm alone."""
    if deployment.wire != "litellm" or "/" not in deployment.name:
        return deployment.name
    _, _, rest = deployment.name.partition("/")
    route, _, model = rest.partition("/")
    return model if route in LITELLM_ROUTES else rest


def key_of(headers: Mapping[str, str]) -> str | None:
    """The key in a request, wherever its vendor has it put; header names are lower case."""
    bearer = headers.get("authorization", "")
    if bearer.lower().startswith("bearer "):
        return bearer[len("bearer ") :].strip() or None
    return next((headers[name] for name in ("x-api-key", "api-key", "x-goog-api-key") if headers.get(name)), None)
