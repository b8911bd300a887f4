"""`OpenAI` and `AsyncOpenAI`: the installed SDK's own classes, with a router underneath."""

from __future__ import annotations

import openai

from modelrouter.client.sdk import NOWHERE, Routed, http_clients

__all__ = ["AsyncOpenAI", "OpenAI"]

_SYNC, _ASYNCHRONOUS = http_clients(openai)


class OpenAI(Routed, openai.OpenAI):
    """`openai.OpenAI`, served by the deployments of an inventory.

    `model=` names a business process, an alias or a deployment. `inventory` is a path or a loaded
    inventory (default: `$MODELROUTER_INVENTORY`, else `providers.yaml`), or give a `router` to share one.
    `process` is the process of every request, whatever `model` says. Everything else is the SDK's;
    `api_key`, `base_url` and environment variables of the SDK choose nothing here. Retries of the SDK
    are off: the router has its own.
    """

    _http_client = _SYNC
    _root = f"{NOWHERE}/v1"


class AsyncOpenAI(Routed, openai.AsyncOpenAI):
    """`openai.AsyncOpenAI`, served by the deployments of an inventory; see `OpenAI`."""

    _http_client = _ASYNCHRONOUS
    _root = f"{NOWHERE}/v1"
