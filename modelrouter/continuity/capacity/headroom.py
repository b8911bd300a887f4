"""How far demand may grow before a minimum is no longer kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from modelrouter.continuity.capacity.forecast import Capacity, Word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelrouter.continuity.capacity.losses import Loss

__all__ = ["headroom"]

MOST = 64.0
"""Beyond this nobody plans."""
HALVINGS = 12


def headroom(capacity: Capacity, losses: Iterable[Loss]) -> float:
    """Times the present demand of all processes together that these losses, one at a time, leave every minimum.

    Below 1 where a minimum is not kept at present. Who is left without anybody permitted is not asked, and what nobody
    has stated a limit for carries all; 64 stands for 64 and more.
    """
    asked = tuple(losses)
    least, most = 0.0, 1.0
    while _keeps(capacity, most, asked):
        if most >= MOST:
            return MOST
        least, most = most, most * 2
    for _ in range(HALVINGS):
        middle = (least + most) / 2
        if _keeps(capacity, middle, asked):
            least = middle
        else:
            most = middle
    return least


def _keeps(capacity: Capacity, times: float, losses: Iterable[Loss]) -> bool:
    grown = Capacity(capacity.graph, replace(capacity.assumed, load=capacity.assumed.load * times))
    outlooks = (grown.under(loss) for loss in losses)
    return not any(each.word is Word.SHORT for outlook in outlooks for each in outlook.served.values())
