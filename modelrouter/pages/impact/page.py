"""What some events break, or what an inventory rests on, as one HTML page that needs nothing else.

Everything that comes from the inventory or from the command line passes `escape`.
"""

from __future__ import annotations

from html import escape
from string import Template
from typing import TYPE_CHECKING

from modelrouter.continuity.concentration import concentration
from modelrouter.continuity.impact import Verdict
from modelrouter.pages.impact.graph import drawn
from modelrouter.pages.impact.picture import PICTURE, picture
from modelrouter.pages.impact.sections import concentrations, depths, mended, pairs, reasons, singles, verdicts
from modelrouter.pages.impact.words import STYLE as OWN
from modelrouter.pages.impact.words import counted, some
from modelrouter.pages.style import STYLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelrouter.continuity.impact import Impact
    from modelrouter.continuity.overview import Overview
    from modelrouter.continuity.remedy import Remedy
    from modelrouter.pages.impact.graph import Drawn

__all__ = ["page"]

PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Impact: $name</title>
<style>$style</style>
</head>
<body>
<header>
<p class="over">$over</p>
<h1>$name</h1>
<p class="soft" style="margin:0">$summary</p>
$happened
<div class="banner $tone"><span class="sign" aria-hidden="true">$sign</span><span>$conclusion</span></div>
<dl class="tiles four">$tiles</dl>
$unknown
</header>
<main>
<h2>$pictured</h2>
<div class="scroll pad">$picture</div>
<ul class="legend">$legend</ul>
<p class="soft">$left_out</p>
$sections
<h2>How to read this</h2>
<dl class="notes">$notes</dl>
</main>
<footer>Inventory: <code>$file</code>. The same facts for programs: <code>modelrouter impact --json</code>.</footer>
</body>
</html>
""")

NOTES = (
    ("DOWN", "Nothing that may serve the process is left, or it depends itself on what is lost."),
    (
        "NO_PERMITTED_ROUTE",
        "Nothing that may serve it is left; something stands that could, but policy, residency or its needs refuse it.",
    ),
    ("DEGRADED", "Part of what may serve it is lost or throttled. The rest serves on."),
    ("SAFE", "Everything that may serve it stands."),
    (
        "Left",
        "The share of calls (else tokens) a minute that its permitted route still carries; ? where a limit is not stated.",
    ),
    (
        "Weight",
        "How much the loss of a process counts: critical 8, important 4, standard 2, deferrable 1. A convention.",
    ),
    (
        "Alike",
        "Factors that take down the same processes are one weak spot under several names, and told together.",
    ),
    (
        "Index",
        "Herfindahl-Hirschman: the squared shares in percent, summed. 10,000 where all is one; above 1,800 it is high.",
    ),
)  # fmt: skip


def page(found: Impact, seen: Overview, mending: Remedy | None) -> str:
    """The whole page: of some events, or (where there are none) of what the inventory rests on."""
    graph, shown = found.graph, drawn(found, seen)
    happened = bool(found.events)
    weak = [name for name, depth in seen.depths.items() if depth in {0, 1}]
    bad = bool(found.stopped if happened else weak)
    return PAGE.substitute(
        name=escape(graph.inventory.name),
        file=escape(graph.inventory.path),
        style=STYLE + PICTURE + OWN,
        over="What breaks if" if happened else "What it rests on",
        summary=_summary(found),
        happened=_happened(found),
        tone="bad" if bad else "good",
        sign="✗" if bad else "✓",
        conclusion=escape(_conclusion(found) if happened else _rests(weak)),
        tiles=_tiles(found, seen),
        unknown="".join(f'<p class="finding odd">Not known: {escape(each)}.</p>' for each in found.unknown),
        pictured="What is lost, and whom it takes along" if happened else "Who depends on what",
        picture=picture(shown, _label(found)),
        legend=_legend(happened=happened),
        left_out=escape(_left_out(shown)),
        sections="\n".join(_sections(found, seen, mending)),
        notes="".join(f"<div><dt>{escape(what)}</dt><dd>{escape(why)}</dd></div>" for what, why in NOTES),
    )


def _sections(found: Impact, seen: Overview, mending: Remedy | None) -> Iterable[str]:
    if found.events:
        yield f"<h2>Every process</h2>{verdicts(found)}"
        yield f"<h2>Why</h2>{reasons(found)}"
    else:
        yield f"<h2>Single points of failure</h2>{singles(seen)}"
        if mending is not None:
            yield f"<h2>What would mend it</h2>{mended(mending)}"
        yield f"<h2>Every process</h2>{depths(found, seen)}"
        yield f"<h2>Worse together than alone</h2>{pairs(seen)}"
    yield f"<h2>Concentration of whoever serves first</h2>{concentrations(found)}"


def _summary(found: Impact) -> str:
    graph = found.graph
    return " · ".join(
        (
            counted(len(graph.processes), "process"),
            counted(len(graph.inventory.deployments), "deployment"),
            counted(len(graph.factors), "factor"),
        )
    )


def _happened(found: Impact) -> str:
    said = "".join(f"<li>{escape(each.said)}</li>" for each in found.events)
    return f'<ul class="events">{said}</ul>' if said else ""


def _conclusion(found: Impact) -> str:
    touched = found.counts[Verdict.DEGRADED]
    served = f"{counted(touched, 'process')} served by less than before"
    if found.stopped:
        return f"Stopped: {some(found.stopped)}" + (f"; {served}" if touched else "")
    return f"Every process goes on; {served}" if touched else "Nothing is touched"


def _rests(weak: list[str]) -> str:
    if not weak:
        return "No single failure stops a process"
    return f"One failure is enough to stop {some(weak)}"


def _tiles(found: Impact, seen: Overview) -> str:
    if found.events:
        figures = [(str(count), f"{verdict}") for verdict, count in found.counts.items()]
    else:
        whole = list(seen.depths.values())
        figures = [
            (str(sum(depth in {0, 1} for depth in whole)), "processes that one failure stops"),
            (str(len(seen.points)), "single points of failure, each under all its names"),
            (f"{sum(each.number for each in seen.couples):,}", "pairs that are worse than their members"),
            (f"{_together(found):,.0f}", "index of providers by weight: 10,000 where all is one"),
        ]
    return "".join(f'<div class="tile"><dd>{value}</dd><dt>{escape(what)}</dt></div>' for value, what in figures)


def _together(found: Impact) -> float:
    indexes = {(each.dimension, each.measure): each.hhi for each in concentration(found)}
    return indexes["provider", "processes"] or 0.0


def _label(found: Impact) -> str:
    if not found.events:
        return "Processes, the deployments of their routes, whose those are, and what they stand on"
    return f"What depends on what is lost when {' and '.join(each.said for each in found.events)}"


def _legend(*, happened: bool) -> str:
    keys = [('<i class="key"></i>', "first choice"), ('<i class="key thin"></i>', "further choice, or stands on")]
    keys.append(('<i class="key dotted"></i>', "in the route, and not permitted"))
    keys.append(
        ('<i class="key red"></i>', "lost" if happened else "the only ones that may serve where one failure stops")
    )
    signs = (
        [("✕", "lost or stopped"), ("~", "degraded"), ("✓", "safe")]
        if happened
        else [("!", "one failure here stops a process")]
    )
    drawn_keys = "".join(f"<li>{key}{escape(what)}</li>" for key, what in keys)
    return drawn_keys + "".join(f'<li><b class="signkey">{sign}</b>{escape(what)}</li>' for sign, what in signs)


def _left_out(shown: Drawn) -> str:
    said = []
    if shown.unaffected:
        said.append(f"Not affected, and not drawn: {some(shown.unaffected)}.")
    if shown.omitted:
        said.append(f"{counted(shown.omitted, 'more process')} of lesser weight, not drawn.")
    return " ".join(said)
