"""The timeline of one scenario as an SVG picture: a lane for each process, a mark for each request."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.drills.report.duration import duration
from modelrouter.drills.trace import hit, trace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from modelrouter.core.inventory import Inventory
    from modelrouter.drills.recording import Mark, Recording
    from modelrouter.drills.trace import Case, Trace
    from modelrouter.drills.verdict import Judgement

__all__ = ["Ink", "inks", "picture"]

PALETTE = (
    "#2563a8",
    "#b3541e",
    "#2f7d4f",
    "#7a4aa3",
    "#86670f",
    "#177780",
    "#a63a6b",
    "#566575",
    "#6b4f3a",
    "#4646ad",
    "#66691a",
    "#9c3b3b",
)
"""White letters on each are readable (contrast of at least 4.5), on light and dark pages alike."""

WIDTH = 1000
GUTTER = 172
RIGHT = 14
LANE = 36
TOP = 30
LABEL = 15
BOTTOM = 24
STEPS = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
TICKS = 16
"""Lines of the scale at most; every second one is named."""
LARGE, SMALL = 8.5, 3.5
"""Half the width of a mark where there is room, and where there is little."""
LABELS = 3
"""Holds that are named; of more the lines alone are drawn."""


class Ink(NamedTuple):
    """How a deployment is drawn: never by colour alone."""

    letter: str
    colour: str


def inks(inventory: Inventory) -> Mapping[str, Ink]:
    """A letter and a colour for each deployment, in the order of the inventory."""
    return {
        name: Ink(chr(ord("A") + place) if place < 26 else str(place + 1), PALETTE[place % len(PALETTE)])  # noqa: PLR2004 - the alphabet
        for place, name in enumerate(inventory.deployments)
    }


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The measures of one picture."""

    recording: Recording
    opened: Sequence[Mark]
    lanes: int

    @property
    def seconds(self) -> float:
        return max(self.recording.scenario.duration_s, self.recording.ended)

    @property
    def top(self) -> float:
        return LABEL * min(LABELS, len(self.opened)) + (2 if self.recording.fault_at is None else TOP)

    @property
    def bottom(self) -> float:
        return self.top + LANE * self.lanes

    @property
    def height(self) -> float:
        return self.bottom + BOTTOM

    def x(self, at_s: float) -> float:
        share = min(max(at_s / self.seconds, 0.0), 1.0)
        return round(GUTTER + share * (WIDTH - GUTTER - RIGHT), 1)

    def y(self, lane: int) -> float:
        return self.top + LANE * (lane + 0.5)


def picture(inventory: Inventory, recording: Recording, judged: Sequence[Judgement], ink: Mapping[str, Ink]) -> str:
    """Draw a scenario. Every text from the inventory is escaped."""
    first = {mark.domain: mark for mark in reversed(recording.marks) if mark.phase == "open"}
    sheet = _Sheet(recording, sorted(first.values(), key=lambda mark: mark.at), len(judged))
    label = escape(f"Timeline of {recording.scenario.id}: {recording.scenario.title}")
    parts = [
        f'<svg class="timeline" viewBox="0 0 {WIDTH} {sheet.height:g}" role="img" aria-label="{label}">',
        *_ground(sheet, judged),
        *_window(sheet),
        *_holds(sheet),
    ]
    for lane, process in enumerate(inventory.processes.values()):
        parts.extend(_lane(sheet, lane, trace(inventory, recording, process), ink))
    return "\n".join([*parts, "</svg>"])


def _ground(sheet: _Sheet, judged: Sequence[Judgement]) -> Iterator[str]:
    for lane, each in enumerate(judged):
        y = sheet.y(lane)
        if lane % 2 == 0:
            yield f'<rect class="lane" x="0" y="{y - LANE / 2:g}" width="{WIDTH}" height="{LANE}"/>'
        yield f'<text class="name" x="{GUTTER - 14}" y="{y - 1:g}">{escape(each.process)}</text>'
        yield f'<text class="small end {tone(each)}" x="{GUTTER - 14}" y="{y + 11:g}">{each.verdict}</text>'
    step = next((each for each in STEPS if sheet.seconds / each <= TICKS), STEPS[-1])
    for tick in range(ceil(sheet.seconds / step) + 1):
        at = tick * step
        if at > sheet.seconds:
            break
        x = sheet.x(at)
        yield f'<line class="tick" x1="{x}" y1="{sheet.top:g}" x2="{x}" y2="{sheet.bottom:g}"/>'
        if tick % 2 == 0:
            yield f'<text class="small middle" x="{x}" y="{sheet.bottom + 15:g}">{at:g} s</text>'


def tone(judged: Judgement) -> str:
    """The class of a judgement's colour."""
    tones = {"SURVIVED": "good", "DEGRADED": "warn", "NOT_TESTED": "odd", "INCONCLUSIVE": "odd"}
    return "calm" if judged.calm else tones.get(judged.verdict, "bad")


def _window(sheet: _Sheet) -> Iterator[str]:
    since = sheet.recording.fault_at
    if since is None:
        return
    scenario = sheet.recording.scenario
    ends = [fault.until_s for fault in scenario.faults]
    until = max((end for end in ends if end is not None), default=None) if None not in ends else None
    x, width = sheet.x(since), sheet.x(until or sheet.seconds) - sheet.x(since)
    yield f'<rect class="fault" x="{x}" y="{TOP - 10}" width="{width:g}" height="{sheet.bottom - TOP + 10:g}"/>'
    yield f'<line class="faultline" x1="{x}" y1="{TOP - 10}" x2="{x}" y2="{sheet.bottom:g}"/>'
    yield f'<text class="small strong bad" x="{x}" y="{TOP - 15}">{escape(scenario.title)}</text>'


def _holds(sheet: _Sheet) -> Iterator[str]:
    for place, mark in enumerate(sheet.opened):
        x = sheet.x(mark.at)
        row = TOP + LABEL * place + 3
        named = place < LABELS
        yield f'<line class="hold" x1="{x}" y1="{row if named else sheet.top:g}" x2="{x}" y2="{sheet.bottom:g}"/>'
        if named:
            yield f'<text class="small hold" x="{x + 5:g}" y="{row + 7:g}">hold {escape(mark.domain)}</text>'


def _lane(sheet: _Sheet, lane: int, read: Trace, ink: Mapping[str, Ink]) -> Iterator[str]:
    y = sheet.y(lane) + 1
    room = (WIDTH - GUTTER - RIGHT) / max(1, len(read.cases))
    size = min(LARGE, max(SMALL, round(room * 0.55, 1)))
    for case in read.cases:
        yield from _mark(sheet, y, case, ink, size)
    moved = _first_failover(read)
    if moved is not None and read.failover_s is not None:
        x = sheet.x(moved.sent.at)
        yield f'<text class="small strong" x="{x + 13:g}" y="{y - 8:g}">over in {duration(read.failover_s)}</text>'


def _first_failover(read: Trace) -> Case | None:
    """The request that was served first once the fault stood in the way."""
    if read.began is None or read.failover_s is None:
        return None
    at = read.began + read.failover_s
    served = (case for case in read.cases if case.server is not None)
    return min(served, key=lambda case: abs(case.sent.ended - at), default=None)


def _mark(sheet: _Sheet, y: float, case: Case, ink: Mapping[str, Ink], size: float) -> Iterator[str]:
    x = sheet.x(case.sent.at)
    yield f"<g><title>{escape(_told(sheet.recording, case))}</title>"
    yield f'<line class="wait" x1="{x}" y1="{y:g}" x2="{sheet.x(case.sent.ended)}" y2="{y:g}"/>'
    if any(hit(sheet.recording, call) for call in case.calls):
        yield f'<circle class="hit" cx="{x}" cy="{y:g}" r="{size + 3:g}"/>'
    if case.server is None or case.server.deployment is None:
        inner = round(size * 0.47, 1)
        yield f'<rect class="lost" x="{x - size:g}" y="{y - size:g}" width="{2 * size:g}" height="{2 * size:g}" rx="3"/>'
        yield f'<path class="cross" d="M{x - inner:g} {y - inner:g}l{2 * inner:g} {2 * inner:g}m0 -{2 * inner:g}l-{2 * inner:g} {2 * inner:g}"/>'
    else:
        letter, colour = ink[case.server.deployment]
        fine = "" if size == LARGE else f' style="font-size:{size * 1.2:.1f}px"'
        yield f'<circle cx="{x}" cy="{y:g}" r="{size:g}" fill="{colour}"/>'
        yield f'<text class="letter" x="{x}" y="{y + size * 0.41:g}"{fine}>{letter}</text>'
    yield "</g>"


def _told(recording: Recording, case: Case) -> str:
    """A request in words."""
    took = case.sent.ended - case.sent.at
    met = "met the fault, " if any(hit(recording, call) for call in case.calls) else ""
    end = f"served by {case.server.deployment}" if case.server else f"lost: {case.sent.error or 'no whole answer'}"
    return f"{case.sent.marker} at {case.sent.at:.2f} s: {met}{end} after {took:.2f} s"
