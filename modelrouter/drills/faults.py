"""The table of how each vendor fails: status, headers and body for each effect.

The rows are data, one file for each vendor in `twins/vendors`; each names where its shape was seen and
whether it is assumed. A vendor that cannot state a cause (a local server knows no embargo) answers with
the row of a generic OpenAI-compatible service.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.drills.twins.effects import MEANS, Effect
from modelrouter.drills.twins.failure import Dialect, Row
from modelrouter.drills.twins.vendors import anthropic, azure, bedrock, gemini, generic, local, openai

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.causes import Cause

__all__ = ["DIALECTS", "Dialect", "Effect", "Row", "cause", "dialect", "row"]

GENERIC = generic.DIALECT

DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        known.vendor: known
        for known in (
            openai.DIALECT,
            azure.DIALECT,
            anthropic.DIALECT,
            gemini.DIALECT,
            bedrock.DIALECT,
            GENERIC,
            *local.DIALECTS,
        )
    }
)

ALSO: Mapping[str, str] = MappingProxyType(
    {"aws": "bedrock", "google": "gemini", "vertex": "gemini", "llama.cpp": "llamacpp", "azure-openai": "azure"}
)
"""Other names of the same vendors."""


def dialect(vendor: str) -> Dialect:
    """The vendor's table; a vendor that is not known speaks the generic one."""
    return DIALECTS.get(ALSO.get(vendor, vendor), GENERIC)


def row(vendor: Dialect, effect: Effect) -> Row:
    """How that vendor states that effect; raises KeyError for effects that happen to the bytes."""
    return vendor.rows.get(effect) or GENERIC.rows[effect]


def cause(vendor: Dialect, effect: Effect) -> Cause | None:
    """What a router should find; None where nothing failed."""
    stated = vendor.rows.get(effect) or GENERIC.rows.get(effect)
    return stated.cause if stated is not None and stated.cause is not None else MEANS[effect]
