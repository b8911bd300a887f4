"""What differs between generations of Claude, read off the model's name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

_VERSION = re.compile(r"claude-(?:[a-z]+-)?(\d)(?:[-.](\d{1,2})(?!\d))?(?!\d)")
_NEWEST = (99, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What a model takes."""

    sampling: bool = True
    """`temperature`, `top_p`, `top_k`; refused from 4.7 on."""
    both: bool = True
    """`temperature` beside `top_p`; refused from 4.1 on."""
    efforts: tuple[str, ...] = ()
    """Words for `output_config.effort`, weakest first."""
    thinking: Literal["manual", "adaptive", "always"] = "manual"
    """How it is made to think: with a budget of tokens, as it sees fit, or unasked; from 4.7 on budgets are refused."""


_EFFORTS = ("low", "medium", "high", "xhigh", "max")

_TRAITS = (
    ((5, 0), Traits(sampling=False, both=False, efforts=_EFFORTS, thinking="always")),
    ((4, 7), Traits(sampling=False, both=False, efforts=_EFFORTS, thinking="adaptive")),
    ((4, 6), Traits(both=False, efforts=("low", "medium", "high", "max"), thinking="adaptive")),
    ((4, 1), Traits(both=False)),
    ((0, 0), Traits()),
)
"""From which generation on; the first that fits counts."""

_OPUS_4_5 = Traits(both=False, efforts=("low", "medium", "high"))
"""The one model of its generation that knows efforts."""


def traits(names: Iterable[str]) -> Traits:
    """Say what the model takes that goes by these names.

    A Claude without a version in its name counts as the newest. Other models that speak this wire take
    sampling parameters, know no effort and think on a budget.
    """
    claudes = [name.lower() for name in names if is_claude((name,))]
    if not claudes:
        return Traits()
    if any("opus-4-5" in name or "opus-4.5" in name for name in claudes):
        return _OPUS_4_5
    generation = next((found for name in claudes if (found := _generation(name))), _NEWEST)
    return next(taken for least, taken in _TRAITS if generation >= least)


def is_claude(names: Iterable[str]) -> bool:
    """Whether one of a model's names says that it is a Claude."""
    return any("claude" in name.lower() for name in names)


def _generation(name: str) -> tuple[int, int] | None:
    match = _VERSION.search(name)
    return (int(match[1]), int(match[2] or 0)) if match else None
