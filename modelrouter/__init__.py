"""Keep a business running when a model is taken away.

from modelrouter import OpenAI, AsyncOpenAI          the official SDK, with this router underneath
from modelrouter import Anthropic, AsyncAnthropic    the same for Anthropic's
from modelrouter import transport                    for any other SDK that takes an HTTP client
from modelrouter import Router                       the router itself, without an SDK
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelrouter.client.anthropic import Anthropic, AsyncAnthropic
    from modelrouter.client.context import context
    from modelrouter.client.decisions import decision_of
    from modelrouter.client.openai import AsyncOpenAI, OpenAI
    from modelrouter.client.transport import transport
    from modelrouter.core.context import Context
    from modelrouter.core.decision import Decision
    from modelrouter.core.inventory import Inventory
    from modelrouter.errors import ModelRouterError
    from modelrouter.inventory.loader import load
    from modelrouter.router import Router

__all__ = [
    "Anthropic",
    "AsyncAnthropic",
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
    "transport",
]

_ROOMS = {
    "Anthropic": "client.anthropic",
    "AsyncAnthropic": "client.anthropic",
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
    "transport": "client.transport",
}
_SDKS = {"openai": "OpenAI's SDK", "anthropic": "Anthropic's SDK"}


def __getattr__(name: str) -> Any:
    """Load a public name at its first use, so that importing the package costs nothing."""
    if name not in _ROOMS:
        raise AttributeError(f"module 'modelrouter' has no attribute {name!r}")
    try:
        value = getattr(import_module(f"modelrouter.{_ROOMS[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name not in _SDKS:
            raise
        message = f"{name} stands on {_SDKS[error.name]}: pip install 'modelrouter[{error.name}]'"
        raise ImportError(message, name=error.name) from None
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
