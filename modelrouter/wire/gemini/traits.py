"""What differs between generations of Gemini, read off the model's name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_VERSION = re.compile(r"gemini-(\d+)(?:\.(\d+))?(?!\d)")
_NEWEST = (99, 0)
_LEVELLED = (3, 0)

LEVELS = ("none", "minimal", "low", "medium", "high", "xhigh")
"""Efforts, weakest first."""

BUDGETS: Mapping[str, int] = {"none": 0, "minimal": 512, "low": 1024, "medium": 8192, "high": 24576}
"""Tokens of thinking for an effort where a model takes no levels: those that Google's own OpenAI endpoint gives, and
for `minimal` the least that all of these models take."""

_LEAST_OF_PRO = 128
"""Tokens of thinking below which the larger model of that generation does not go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What a model takes."""

    signed_calls: bool = False
    """It refuses a history in which the calls of the current turn carry no signature."""
    json_beside_tools: bool = False
    """It answers in a given form although tools are offered."""
    penalties: bool = False
    """`frequencyPenalty` and `presencePenalty`; refused from 2.5 on."""
    levels: tuple[str, ...] = ()
    """The efforts that it takes as levels, weakest first; empty where it takes a number of tokens."""
    least: int = 0
    """The fewest tokens of thinking, where it takes a number."""


def traits(names: Iterable[str]) -> Traits:
    """Say what the model takes that goes by these names.

    A Gemini without a version in its name counts as the newest. Other models that speak this wire sign nothing.
    """
    geminis = [name.lower() for name in names if "gemini" in name.lower()]
    if not geminis:
        return Traits(penalties=True)
    generation = next((found for name in geminis if (found := _generation(name))), _NEWEST)
    is_pro = any("-pro" in name for name in geminis)
    if generation < _LEVELLED:
        return Traits(penalties=generation < (2, 5), least=_LEAST_OF_PRO if is_pro else 0)
    return Traits(signed_calls=True, json_beside_tools=True, levels=_levels(generation, is_pro=is_pro))


def _levels(generation: tuple[int, int], *, is_pro: bool) -> tuple[str, ...]:
    if not is_pro:
        return ("minimal", "low", "medium", "high")
    return ("low", "high") if generation == _LEVELLED else ("low", "medium", "high")


def _generation(name: str) -> tuple[int, int] | None:
    match = _VERSION.search(name)
    return (int(match[1]), int(match[2] or 0)) if match else None
