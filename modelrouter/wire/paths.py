"""Which wire an HTTP path speaks; the doors share this table."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

WIRE_OF_PATH: Mapping[str, str] = MappingProxyType({"/chat/completions": "openai-chat"})
"""The end of a path, after any of `PREFIXES`, and the wire of its requests."""

PREFIXES = ("", "/v1", "/openai/v1")
"""Base addresses as clients are given them: bare, OpenAI's, and the one that gateways of several wires use."""

_WIRES = {prefix + path: wire for path, wire in WIRE_OF_PATH.items() for prefix in PREFIXES}


def wire_of(path: str) -> str | None:
    """Name the wire that requests on `path` speak; None where no model is asked there.

    `path` is the path alone, without a query. A trailing slash changes nothing.
    """
    return _WIRES.get(path.rstrip("/"))
