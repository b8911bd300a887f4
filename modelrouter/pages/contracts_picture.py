"""A window of a contract as a picture: a column for each day, a cell for each hour of it; of a year, for each day."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.windows import DAY, Minutes, clock, day_of, maintained, spanned
from modelrouter.governance.contracts.measure import gathered, timeline
from modelrouter.governance.contracts.record import ANSWERED, OUTRUN, cause_of_hold

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping

    from modelrouter.governance.contracts.measure import Minute
    from modelrouter.governance.contracts.promises import Judged, Measured
    from modelrouter.governance.contracts.record import Record

__all__ = ["LEGEND", "Cell", "cells", "picture"]

HOUR = 60
MARKS = 7
"""Days that are named below the picture, about."""
WORDS = {
    "good": "answered",
    "down": "down",
    "part": "calls failed, no minute down",
    "other": "failed for what does not count",
    "work": "maintenance",
    "none": "no call",
}
LEGEND = (
    '<ul class="legend">'
    + "".join(f'<li><i class="key {tone}"></i>{escape(word)}</li>' for tone, word in WORDS.items())
    + "</ul>"
)


class Cell(NamedTuple):
    """One cell of the picture."""

    minutes: Minutes
    tone: str
    """A key of `WORDS`, or `later` where the time has not come."""
    said: str


def cells(measured: Measured, judged: Judged, record: Record, length: int) -> Iterator[Cell]:
    """The window in cells of so many minutes. A cell is as bad as the worst in it."""
    whole = judged.window.minutes
    calls = gathered(record, measured.deployments)
    closed = spanned(maintained(judged.contract.sla.maintenance, whole))
    seen: dict[int, list[Minute]] = {}
    for each in timeline(judged.contract.sla, calls, judged.passed):
        seen.setdefault((each.minute - whole.first) // length, []).append(each)
    for place in range(whole.length // length):
        part = Minutes(whole.first + place * length, whole.first + (place + 1) * length)
        if part.first >= judged.passed.end:
            yield Cell(part, "later", "")
        else:
            yield Cell(part, *_tone(part, seen.get(place, []), calls, closed))


def _tone(
    part: Minutes, seen: list[Minute], calls: Mapping[int, Counter[str]], closed: frozenset[int]
) -> tuple[str, str]:
    down = sum(each.down for each in seen)
    failed = sum(each.counts.failed for each in seen if not each.maintained)
    if down:
        return "down", f"{down} of {part.length} minutes down, {failed} calls failed"
    if failed:
        return "part", f"{failed} calls failed"
    if all(minute in closed for minute in range(part.first, part.end)):
        return "work", "maintenance"
    made = [_failing(calls[each.minute]) for each in seen]
    others = sum(failing for failing, _ in made)
    if others:
        return "other", f"{others} calls failed for what does not count"
    return ("good", "answered") if any(count for _, count in made) else ("none", "no call")


def _failing(endings: Mapping[str, int]) -> tuple[int, int]:
    """How many calls of a minute failed for whatever cause, and how many were made."""
    made = {how: times for how, times in endings.items() if how != OUTRUN and cause_of_hold(how) is None}
    return sum(times for how, times in made.items() if how != ANSWERED), sum(made.values())


def picture(measured: Measured, judged: Judged, record: Record) -> str:
    """The picture as SVG beside its axes. Cells that are as most are, are not drawn but lie beneath."""
    yearly = judged.window.kind == "year"
    length = DAY if yearly else HOUR
    found = list(cells(measured, judged, record, length))
    tall = 7 if yearly else DAY // HOUR
    shift = judged.window.begins.weekday() if yearly else 0
    wide = -(-(len(found) + shift) // tall)
    tones = [each.tone for each in found]
    usual = max(sorted(set(tones)), key=tones.count)
    drawn = "".join(_rect(each, place + shift, tall) for place, each in enumerate(found) if each.tone != usual)
    label = escape(_said(measured, judged))
    hours = ("Mon", "Thu", "Sun") if yearly else ("0 h", "6 h", "12 h", "18 h", "24 h")
    marks = range(0, wide, max(1, wide // MARKS))
    names = "".join(
        f'<i style="left:{100 * mark / wide:.3f}%">{_named(found[max(0, min(mark * tall - shift, len(found) - 1))])}</i>'
        for mark in marks
    )
    lines = "".join(f'<rect class="c-line" x="{mark}" width=".03" height="{tall}"/>' for mark in marks)
    return (
        f'<div class="plot"><div class="hours" aria-hidden="true">{"".join(f"<span>{each}</span>" for each in hours)}</div>'
        f'<svg viewBox="0 0 {wide} {tall}" preserveAspectRatio="none" role="img" aria-label="{label}">'
        f'<rect class="c-{usual}" width="{wide}" height="{tall}"/>{lines}{drawn}</svg>'
        f'<div class="days" aria-hidden="true">{names}</div></div>'
    )


def _named(cell: Cell) -> str:
    return day_of(cell.minutes.first).strftime("%d %b").lstrip("0")


def _rect(cell: Cell, place: int, tall: int) -> str:
    title = f"<title>{escape(f'{clock(cell.minutes.first)}: {cell.said}')}</title>" if cell.said else ""
    x, y = divmod(place, tall)
    return f'<rect class="c-{cell.tone}" x="{x}.06" y="{y}.06" width=".88" height=".88">{title}</rect>'


def _said(measured: Measured, judged: Judged) -> str:
    """The picture in words, for whoever does not see it."""
    outages = [
        f"{clock(each.minutes.first)} to {clock(each.minutes.end)}, {each.down} minutes down"
        for each in measured.level.outages
    ]
    told = "; ".join(outages) or "no outage"
    return f"{measured.about or judged.contract.id} in {judged.window}: {told}"
