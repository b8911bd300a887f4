"""Keep a business running when a model is taken away.

from modelrouter import OpenAI, AsyncOpenAI    the official SDK, with this router underneath
from modelrouter import Router                 the router itself, without an SDK
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelrouter.client.context import context
    from modelrouter.client.decisions import decision_of
    from modelrouter.client.openai import AsyncOpenAI, OpenAI
    from modelrouter.core.context import Context
    from modelrouter.core.decision import Decision
    from modelrouter.core.inventory import Inventory
    from modelrouter.errors import ModelRouterError
    from modelrouter.inventory.loader import load
    from modelrouter.router import Router

__all__ = [
    "AsyncOpenAI",
    "Context",
    "Decision",
    "Inventory",
    "ModelRouterError",
    "OpenAI",
    "Router",
    "context",
    "decision_of",
    "load",
]

_ROOMS = {
    "AsyncOpenAI": "client.openai",
    "Context": "core.context",
    "Decision": "core.decision",
    "Inventory": "core.inventory",
    "ModelRouterError": "errors",
    "OpenAI": "client.openai",
    "Router": "router",
    "context": "client.context",
    "decision_of": "client.decisions",
    "load": "inventory.loader",
}


def __getattr__(name: str) -> Any:
    """Load a public name at its first use, so that importing the package costs nothing."""
    if name not in _ROOMS:
        raise AttributeError(f"module 'modelrouter' has no attribute {name!r}")
    try:
        value = getattr(import_module(f"modelrouter.{_ROOMS[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name != "openai":
            raise
        raise ImportError(f"{name} stands on OpenAI's SDK: pip install 'modelrouter[openai]'", name="openai") from None
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
