"""A picture of recovery: for each process its slowest failover against what is allowed, on one scale of time."""

from __future__ import annotations

from html import escape
from math import log10
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.drills.report.duration import duration
from modelrouter.drills.verdict import ALIVE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelrouter.drills.report.findings import Findings

__all__ = ["bars"]

WIDTH = 1000
GUTTER = 200
RIGHT = 90
ROW = 34
TOP = 26
LEAST_S = 0.01
TICKS = (0.01, 0.1, 1.0, 10.0, 60.0, 600.0, 3600.0, 86_400.0, 604_800.0)
UNITS = ((86_400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))


class _Row(NamedTuple):
    process: str
    took_s: float | None
    where: str
    rto_s: float
    tolerance_s: float | None
    never: tuple[str, ...]
    """Scenarios in which it was not served again."""
    spared: bool
    """Whether it moved before it met a fault."""


def bars(found: Findings) -> str:
    """Draw it. The scale is logarithmic: milliseconds and hours stand side by side."""
    rows = [_row(found, name) for name in found.inventory.processes]
    most = max(
        [1.0, *(value for row in rows for value in (row.rto_s, row.tolerance_s, row.took_s) if value is not None)]
    )
    most *= 1.6
    height = TOP + ROW * len(rows) + 8
    label = "The slowest failover of each process beside its recovery time objective, on a logarithmic scale"
    parts = [f'<svg class="timeline bars" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">']
    parts.extend(_scale(most, height))
    for place, row in enumerate(rows):
        parts.extend(_drawn(row, TOP + ROW * place, most))
    return "\n".join([*parts, "</svg>"])


def _row(found: Findings, name: str) -> _Row:
    objectives = found.inventory.processes[name].objectives
    own = [each for each in found.all if each.process == name]
    timed = [each for each in own if each.failover_s is not None]
    slowest = max(timed, key=lambda each: each.failover_s or 0.0, default=None)
    never = tuple(each.scenario for each in own if each.verdict not in ALIVE and each.failover_s is None and each.lost)
    return _Row(
        name,
        None if slowest is None else slowest.failover_s,
        "" if slowest is None else slowest.scenario,
        objectives.rto_s,
        objectives.tolerance_s,
        never,
        any(each.expected.touched for each in own),
    )


def _x(at_s: float, most: float) -> float:
    share = log10(max(at_s, LEAST_S) / LEAST_S) / log10(most / LEAST_S)
    return round(GUTTER + share * (WIDTH - GUTTER - RIGHT), 1)


def _scale(most: float, height: float) -> Iterator[str]:
    for tick in TICKS:
        if tick > most:
            break
        x = _x(tick, most)
        yield f'<line class="tick" x1="{x}" y1="{TOP - 6}" x2="{x}" y2="{height - 8}"/>'
        yield f'<text class="small middle" x="{x}" y="{TOP - 11}">{_spoken(tick)}</text>'


def _drawn(row: _Row, top: float, most: float) -> Iterator[str]:
    middle = top + ROW / 2
    rto = _x(row.rto_s, most)
    yield f'<text class="name" x="{GUTTER - 14}" y="{middle + 4:g}">{escape(row.process)}</text>'
    yield f'<rect class="allowed" x="{GUTTER}" y="{middle - 8:g}" width="{rto - GUTTER:g}" height="16" rx="3"/>'
    if row.took_s is not None:
        x = _x(row.took_s, most)
        tone = "good" if row.took_s <= row.rto_s else "bad"
        title = f"{row.process}: {duration(row.took_s)} in {row.where}; {_spoken(row.rto_s)} allowed"
        yield f'<g><title>{escape(title)}</title><rect class="{tone}" x="{GUTTER}" y="{middle - 5:g}" '
        yield f'width="{max(2.0, x - GUTTER):g}" height="10" rx="2"/></g>'
        yield f'<text class="small strong" x="{x + 6:g}" y="{middle + 4:g}">{duration(row.took_s)}</text>'
    elif not row.never:
        told = "moved before it met a fault" if row.spared else "never in its way"
        yield f'<text class="small" x="{GUTTER + 8}" y="{middle + 4:g}">{told}</text>'
    if row.never:
        where = row.never[0] if len(row.never) == 1 else f"{len(row.never)} scenarios"
        x = GUTTER + 8 if row.took_s is None else _x(row.took_s, most) + 60
        yield f'<text class="small strong bad" x="{x}" y="{middle + 4:g}">not served again in {escape(where)}</text>'
    yield f'<line class="rto" x1="{rto}" y1="{middle - 12:g}" x2="{rto}" y2="{middle + 12:g}"/>'
    yield f'<text class="small" x="{rto + 5:g}" y="{middle + 4:g}">RTO {_spoken(row.rto_s)}</text>'
    if row.tolerance_s is not None:
        x = _x(row.tolerance_s, most)
        yield f'<line class="tolerance" x1="{x}" y1="{middle - 12:g}" x2="{x}" y2="{middle + 12:g}"/>'
        yield f'<text class="small bad" x="{x + 5:g}" y="{middle + 14:g}">borne {_spoken(row.tolerance_s)}</text>'


def _spoken(seconds: float) -> str:
    for size, unit in UNITS:
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1000:g} ms"
