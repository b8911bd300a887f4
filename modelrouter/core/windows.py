"""Calendar months, quarters and years as minutes in UTC, and the maintenance within them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from modelrouter.core.contracts import Maintenance
    from modelrouter.core.contracts import Window as Kind

__all__ = ["DAY", "Minutes", "Window", "clock", "day_of", "maintained", "minute_of", "spanned", "window", "window_of"]

DAY = 1440
"""Minutes."""
MINUTE_S = 60
MONTHS = {"month": 1, "quarter": 3, "year": 12}
NAME = re.compile(r"([0-9]{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_EPOCH = date(1970, 1, 1)


class Minutes(NamedTuple):
    """A stretch of minutes, the end not among them."""

    first: int
    end: int

    @property
    def length(self) -> int:
        """How many there are."""
        return max(0, self.end - self.first)

    def __contains__(self, minute: object) -> bool:
        return isinstance(minute, int) and self.first <= minute < self.end

    def within(self, other: Minutes) -> Minutes:
        """The part that lies in another stretch."""
        first = min(max(self.first, other.first), other.end)
        return Minutes(first, max(first, min(self.end, other.end)))


class Window(NamedTuple):
    """A month, a quarter or a year of the calendar."""

    kind: Kind
    begins: date
    after: date
    """The first day after it."""

    @property
    def minutes(self) -> Minutes:
        """All of it."""
        return Minutes(_minute(self.begins), _minute(self.after))

    @property
    def last(self) -> date:
        """Its last day."""
        return self.after - timedelta(days=1)

    @property
    def share_of_year(self) -> float:
        """The share of a year's fee that falls to it: all months are paid alike."""
        return MONTHS[self.kind] / 12

    @property
    def before(self) -> Window:
        """The one before."""
        return window_of(self.kind, self.begins - timedelta(days=1))

    def __str__(self) -> str:
        """As it is asked for: `2026-09`, `2026-Q3`, `2026`."""
        if self.kind == "year":
            return f"{self.begins:%Y}"
        return f"{self.begins:%Y}-Q{(self.begins.month + 2) // 3}" if self.kind == "quarter" else f"{self.begins:%Y-%m}"


def window_of(kind: Kind, day: date) -> Window:
    """The one that a day falls into."""
    length = MONTHS[kind]
    first = day.month - (day.month - 1) % length
    following = first + length
    after = date(day.year, following, 1) if following <= 12 else date(day.year + 1, 1, 1)  # noqa: PLR2004 - months
    return Window(kind, date(day.year, first, 1), after)


def window(text: str) -> Window:
    """Read `2026-09`, `2026-Q3` or `2026`. Raises ValueError."""
    match = NAME.fullmatch(text)
    if match is None or match[1] in ("0000", "9999"):
        raise ValueError(f"{text!r} is no month, quarter or year: write 2026-09, 2026-Q3 or 2026")
    year, quarter, month = int(match[1]), match[2], match[3]
    if quarter:
        return window_of("quarter", date(year, 3 * int(quarter), 1))
    return window_of("month", date(year, int(month), 1)) if month else window_of("year", date(year, 1, 1))


def minute_of(seconds: float) -> int:
    """The minute that a time falls into; seconds since 1970."""
    return int(seconds // MINUTE_S)


def day_of(minute: int) -> date:
    """The day that a minute falls into."""
    return _EPOCH + timedelta(days=minute // DAY)


def clock(minute: int) -> str:
    """A minute as people write it, in UTC: `2026-09-08 09:00`."""
    return datetime.fromtimestamp(minute * MINUTE_S, UTC).strftime("%Y-%m-%d %H:%M")


def maintained(windows: Iterable[Maintenance], within: Minutes) -> tuple[Minutes, ...]:
    """The minutes of announced work in a stretch, in order, none of them twice. A minute that is begun is whole."""
    found = sorted(part for each in windows for part in _times(each, within) if part.length)
    merged: list[Minutes] = []
    for part in found:
        if merged and part.first <= merged[-1].end:
            merged[-1] = Minutes(merged[-1].first, max(merged[-1].end, part.end))
        else:
            merged.append(part)
    return tuple(merged)


def spanned(parts: Iterable[Minutes]) -> frozenset[int]:
    """Every minute of some stretches."""
    return frozenset(minute for part in parts for minute in range(part.first, part.end))


def _times(work: Maintenance, within: Minutes) -> Iterator[Minutes]:
    """Each time that it takes place, cut to the stretch; what began before it reaches into it."""
    reach = ceil((work.at_s + work.length_s) / (DAY * MINUTE_S))
    for day in range(within.first // DAY - reach, (within.end - 1) // DAY + 1):
        when = _EPOCH + timedelta(days=day)
        if work.day in (WEEKDAYS[when.weekday()], str(when)):
            begins = day * DAY * MINUTE_S + work.at_s
            ends = begins + work.length_s
            yield Minutes(int(begins // MINUTE_S), ceil(ends / MINUTE_S)).within(within)


def _minute(day: date) -> int:
    return (day - _EPOCH).days * DAY
