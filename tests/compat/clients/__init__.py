"""The clients, one file for each library; those whose library is not in this environment are another's."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from compat.clients.client import Client, Door

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["CLIENTS", "Client", "Door"]

LIBRARIES: Mapping[str, str] = {
    "openai_sdk": "openai",
    "anthropic_sdk": "anthropic",
    "google_sdk": "google.genai",
    "litellm_sdk": "litellm",
    "langchain_models": "langchain_core",
    "pydantic_ai_agents": "pydantic_ai",
    "openai_agents": "agents",
    "instructor_shapes": "instructor",
    "llm_command": "llm",
}
"""The file of each library's clients, and what of it is imported."""


def _there(library: str) -> bool:
    return find_spec(library.partition(".")[0]) is not None and find_spec(library) is not None


CLIENTS: Sequence[type[Client]] = tuple(
    client
    for file, library in LIBRARIES.items()
    if _there(library)
    for client in import_module(f"compat.clients.{file}").CLIENTS
)
