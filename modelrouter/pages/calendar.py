"""What ends when, and who serves whom until then, as one HTML page that needs nothing else.

Everything that comes from the inventory passes `escape`.
"""

from __future__ import annotations

from datetime import timedelta
from html import escape
from string import Template
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.continuity.calendar import LASTING
from modelrouter.pages.style import STYLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from modelrouter.continuity.calendar import Calendar, Entry, Route

__all__ = ["Span", "page", "spans"]

OWN = """
.tiles.four { grid-template-columns: repeat(4, 1fr); }
.lanes { min-width: 620px; padding: 14px 16px; }
.lane { display: grid; grid-template-columns: 190px 1fr; gap: 12px; align-items: center; margin: 7px 0; }
.lane b { font-weight: 620; overflow-wrap: anywhere; line-height: 1.25; }
.run { position: relative; display: flex; height: 22px; border-radius: 5px; overflow: hidden; background: var(--lane); }
.run span {
  display: block; overflow: hidden; white-space: nowrap; text-overflow: ellipsis; padding: 1px 0 0 6px; font-size: 12px;
  border-right: 2px solid var(--card);
}
.run .first { background: var(--good-bg); color: var(--good); }
.run .later { background: var(--warn-bg); color: var(--warn); }
.run .nobody { background: var(--bad-bg); color: var(--bad); }
.axis { position: relative; height: 20px; color: var(--soft); font-size: 12px; }
.axis i { position: absolute; font-style: normal; padding-left: 4px; border-left: 1px solid var(--line); white-space: nowrap; }
.key { display: inline-block; width: 22px; height: 12px; border-radius: 3px; margin-right: 7px; }
.key.first { background: var(--good-bg); border: 1px solid var(--good); }
.key.later { background: var(--warn-bg); border: 1px solid var(--warn); }
.key.nobody { background: var(--bad-bg); border: 1px solid var(--bad); }
tbody tr + tr { border-top: 1px solid var(--line); } td.day { white-space: nowrap; font-weight: 620; }
@media (max-width: 860px) { .tiles.four { grid-template-columns: repeat(2, 1fr); } .banner { font-size: 16px; } }
@media (max-width: 640px) {
  .axis i:nth-child(even) { display: none; }
  .lanes { min-width: 0; } .lane { grid-template-columns: 1fr; gap: 2px; }
  thead { display: none; } tr { display: block; padding: 8px 4px; } td, td.day { display: block; padding: 2px 10px; white-space: normal; }
}
@media print { .lane, tr, .tile { break-inside: avoid; } }
"""
PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>What ends when: $name</title>
<style>$style</style>
</head>
<body>
<header>
<p class="over">What ends when</p>
<h1>$name</h1>
<p class="soft" style="margin:0">$period</p>
<div class="banner $tone"><span class="sign" aria-hidden="true">$sign</span><span>$conclusion</span></div>
<dl class="tiles four">$tiles</dl>
</header>
<main>
<h2>Who serves whom</h2>
<div class="scroll"><div class="lanes">$axis$lanes</div></div>
<ul class="legend">
<li><i class="key first"></i>first choice</li><li><i class="key later"></i>a fallback</li><li><i class="key nobody"></i>nobody is left</li>
</ul>
<h2>Day by day</h2>
$table
</main>
<footer>$listed. A last day is still served. The same for programs: <code>modelrouter calendar --json</code>.</footer>
</body>
</html>
""")
TICKS = 6


class Span(NamedTuple):
    """A stretch of days in which the same deployment serves a process."""

    begins: date
    ends: date
    """The last day of it."""
    deployment: str | None
    is_first: bool

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.ends - self.begins).days + 1

    @property
    def tone(self) -> str:
        """How it is drawn."""
        return "nobody" if self.deployment is None else "first" if self.is_first else "later"


def spans(route: Route, begins: date, ends: date) -> Iterator[Span]:
    """Who serves a process from one day to another, without a gap."""
    turns = {each.day for each in route.endings if each.day is not None and begins <= each.day < ends}
    day = begins
    for last in (*sorted(turns), ends):
        serving = route.serving(day)
        if last < ends and route.serving(last + timedelta(days=1)) == serving:
            continue  # what ends here did not serve
        first = route.first is not None and serving == route.first.deployment
        yield Span(day, last, serving, first)
        day = last + timedelta(days=1)


def page(name: str, found: Calendar, begins: date, ends: date, listed: str) -> str:
    """The whole page. `listed` says where retirements that the inventory does not state were looked up."""
    near = [each for each in found.entries if begins <= each.day <= ends or (each.day < begins and _lasts(each))]
    stopped = [each.process for each in found.routes.values() if each.serving(ends) is None]
    moved = [each.process for each in found.routes.values() if each.process not in stopped and _moves(each, ends)]
    days = (ends - begins).days
    return PAGE.substitute(
        name=escape(name),
        style=STYLE + OWN,
        period=f"from {begins} to {ends}, {days} days",
        tone="bad" if stopped else "good",
        sign="✗" if stopped else "✓",
        conclusion=escape(_conclusion(stopped, moved, ends)),
        tiles=_tiles(near, stopped, moved, len(found.entries) - len(near)),
        axis=_axis(begins, ends),
        lanes="".join(_lane(each, begins, ends) for each in found.routes.values()),
        table=_table(near, begins),
        listed=escape(listed[:1].upper() + listed[1:]),
    )


def _lasts(entry: Entry) -> bool:
    return bool(entry.takes) or entry.kind in LASTING


def _moves(route: Route, ends: date) -> bool:
    return route.first is not None and route.serving(ends) != route.first.deployment


def _conclusion(stopped: Sequence[str], moved: Sequence[str], ends: date) -> str:
    if stopped:
        return f"By {ends} nobody is left to serve {', '.join(stopped)}"
    if moved:
        return f"Every process is served to {ends}; {', '.join(moved)} by a fallback by then"
    return f"Every process keeps its first choice to {ends}"


def _tiles(near: Sequence[Entry], stopped: Sequence[str], moved: Sequence[str], others: int) -> str:
    figures = (
        (len(near), "days to know of"),
        (len(stopped), "of the processes: no route left at the end"),
        (len(moved), "of the processes: a fallback at the end"),
        (others, "days beyond"),
    )
    return "".join(f'<div class="tile"><dd>{figure}</dd><dt>{escape(what)}</dt></div>' for figure, what in figures)


def _axis(begins: date, ends: date) -> str:
    length = (ends - begins).days
    ticks = (
        f'<i style="left:{100 * tick / TICKS:.3f}%">{begins + timedelta(days=length * tick // TICKS)}</i>'
        for tick in range(TICKS)
    )
    return f'<div class="lane" aria-hidden="true"><b></b><div class="axis">{"".join(ticks)}</div></div>'


def _lane(route: Route, begins: date, ends: date) -> str:
    runs = tuple(spans(route, begins, ends))
    whole = sum(each.days for each in runs)
    parts = (
        f'<span class="{each.tone}" style="width:{100 * each.days / whole:.3f}%" title="{escape(_said(each))}">'
        f"{escape(each.deployment or 'nobody')}</span>"
        for each in runs
    )
    told = "; ".join(_said(each) for each in runs)
    label = f"{route.process}: {told}"
    return (
        f'<div class="lane"><b>{escape(route.process)}</b>'
        f'<div class="run" role="img" aria-label="{escape(label)}">{"".join(parts)}</div></div>'
    )


def _said(span: Span) -> str:
    return f"{span.deployment or 'nobody'} from {span.begins} to {span.ends}"


def _table(near: Sequence[Entry], begins: date) -> str:
    if not near:
        return '<p class="soft">Nothing ends in this time.</p>'
    head = "".join(f"<th>{word}</th>" for word in ("day", "when", "what", "takes", "from"))
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(_row(each, begins) for each in near)}</tbody></table></div>'


def _row(entry: Entry, begins: date) -> str:
    sure = "" if entry.sure == "stated" else f' <span class="soft">({entry.sure})</span>'
    cells = (
        f'<td class="day">{entry.day}</td>',
        f"<td>{_left((entry.day - begins).days)}</td>",
        f"<td>{escape(entry.said)}{sure}</td>",
        f"<td>{escape(', '.join(entry.takes))}</td>",
        f"<td>{escape(', '.join(entry.processes))}</td>",
    )
    return f"<tr>{''.join(cells)}</tr>"


def _left(days: int) -> str:
    return f"{-days} days ago" if days < 0 else f"in {days} days"
