"""How a fault runs in time: at once, growing, on and off, at certain hours; pure, seconds in and seconds out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["STEPS", "Shape", "Stretch"]

STEPS = 4
"""A ramp is climbed in so many steps of the same height."""
DAY_S = 86_400.0
MOST = 400
"""Stretches of one fault: more could not be told apart, and are played as the share of the time that they take."""


class Stretch(NamedTuple):
    """A time in which a share of it stands."""

    from_s: float
    until_s: float | None
    """None: to the end."""
    share: float
    """Of the share that the fault itself has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """When a fault stands. Seconds of what happened, since it began."""

    at_s: float = 0.0
    until_s: float | None = None
    """None: it stays."""
    ramp_s: float = 0.0
    """It grows from nothing to its whole within so long."""
    down_s: float | None = None
    """On and off: it stands for so long…"""
    up_s: float | None = None
    """…and is away for so long, again and again."""
    hours: tuple[float, float] | None = None
    """It stands each day between these hours alone, counted from the beginning."""

    def stretches(self, end_s: float) -> tuple[Stretch, ...]:
        """When it stands, in order, within a time that ends then."""
        last = end_s if self.until_s is None else min(self.until_s, end_s)
        drawn = self._hours(last) if self.hours else self._flaps(last) if self.down_s else self._climb(last)
        found = tuple(each for each in drawn if each.until_s is None or each.from_s < each.until_s)
        stays = self.until_s is None and not self.hours and not self.down_s
        if stays and found:
            found = (*found[:-1], found[-1]._replace(until_s=None))
        return found

    def _climb(self, last: float) -> Iterator[Stretch]:
        if not self.ramp_s:
            yield Stretch(self.at_s, last, 1.0)
            return
        step = self.ramp_s / STEPS
        for number in range(STEPS):
            start = self.at_s + step * (number + 1)
            if start < last:
                end = last if number == STEPS - 1 else min(start + step, last)
                yield Stretch(start, end, (number + 1) / STEPS)

    def _flaps(self, last: float) -> Iterator[Stretch]:
        down = self.down_s or 0.0
        cycle = down + (down if self.up_s is None else self.up_s)
        if last - self.at_s > cycle * MOST:
            yield Stretch(self.at_s, last, down / cycle)
            return
        start = self.at_s
        while start < last:
            yield Stretch(start, min(start + down, last), 1.0)
            start += cycle

    def _hours(self, last: float) -> Iterator[Stretch]:
        opens, closes = self.hours or (0.0, 0.0)
        if last - self.at_s > DAY_S * MOST:
            yield Stretch(self.at_s, last, (closes - opens) / 24)
            return
        day = 0
        while (start := self.at_s + day * DAY_S + opens * 3600) < last:
            yield Stretch(start, min(self.at_s + day * DAY_S + closes * 3600, last), 1.0)
            day += 1
