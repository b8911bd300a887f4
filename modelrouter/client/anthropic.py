"""`Anthropic` and `AsyncAnthropic`: the installed SDK's own classes, with a router underneath."""

from __future__ import annotations

import anthropic

from modelrouter.client.sdk import Routed, http_clients

__all__ = ["Anthropic", "AsyncAnthropic"]

CREDENTIALS = ("auth_token", "credentials", "config", "profile")

_SYNC, _ASYNCHRONOUS = http_clients(anthropic)


class Anthropic(Routed, anthropic.Anthropic):
    """`anthropic.Anthropic`, served by the deployments of an inventory, whatever wire they speak.

    `model=` names a business process, an alias or a deployment; the other arguments are those of
    `modelrouter.OpenAI`. `api_key`, `auth_token`, `base_url`, profiles and environment variables of the SDK choose
    nothing here. Retries of the SDK are off: the router has its own.
    """

    _http_client = _SYNC
    _credentials = CREDENTIALS


class AsyncAnthropic(Routed, anthropic.AsyncAnthropic):
    """`anthropic.AsyncAnthropic`, served by the deployments of an inventory; see `Anthropic`."""

    _http_client = _ASYNCHRONOUS
    _credentials = CREDENTIALS
