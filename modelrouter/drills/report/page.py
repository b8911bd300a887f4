"""The report for people: one HTML page that needs nothing else.

Everything that comes from the inventory, from providers or from the command line passes `escape`.
"""

from __future__ import annotations

from html import escape
from itertools import groupby
from string import Template
from typing import TYPE_CHECKING

from modelrouter.drills.report.bars import bars
from modelrouter.drills.report.counted import counted
from modelrouter.drills.report.duration import duration
from modelrouter.drills.report.html import breakable, sentence, table
from modelrouter.drills.report.notes import notes
from modelrouter.drills.report.picture import inks, picture, tone
from modelrouter.drills.report.sections import (
    clauses,
    deviations,
    findings_table,
    precedents,
    provenance,
    scope,
    signature,
)
from modelrouter.drills.report.style import STYLE
from modelrouter.drills.report.tables import (
    capacity,
    comparison,
    cost,
    detection,
    policy,
    prediction,
    quality,
    standing,
)
from modelrouter.drills.verdict import BINDING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from modelrouter.drills.recording import Recording
    from modelrouter.drills.report.findings import Findings
    from modelrouter.drills.report.picture import Ink
    from modelrouter.drills.verdict import Judgement

__all__ = ["page"]

PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Continuity drill: $name</title>
<style>$style</style>
</head>
<body>
<header>
<p class="over">Continuity drill</p>
<h1>$name</h1>
<p class="soft" style="margin:0">$summary</p>
<div class="banner $tone"><span class="sign" aria-hidden="true">$sign</span><span>$conclusion</span></div>
<dl class="tiles">$tiles</dl>
$weaknesses
<nav aria-label="Parts of this report">$contents</nav>
</header>
<main>
$precedents
<section class="part" id="matrix"><h2>Every process in every scenario</h2>
$matrix
<p class="soft">Pale: the scenario does not touch the process's first choice. Time to fail over → who served instead.</p>
</section>
$scope
<section class="part" id="recovery"><h2>Recovery, measured against what is allowed</h2>
<p class="lead">The slowest failover of each process in any scenario; the pale bar is its recovery time objective.</p>
<div class="scroll" tabindex="0">$bars</div></section>
$findings
<section class="part" id="timelines"><h2>What happened, scenario by scenario</h2>
<ul class="legend">$legend</ul>
$scenarios
</section>
$tables
<section class="part" id="limits"><h2>What this leaves unrehearsed</h2>
<dl class="notes">$unrehearsed</dl></section>
<section class="part" id="reading"><h2>How to read this</h2>
<dl class="notes">$notes</dl></section>
$closing
</main>
<footer>$footer</footer>
</body>
</html>
""")

KINDS = {
    "steady": "Steady state",
    "throttled": "A provider throttles",
    "suspended": "A provider suspends our account",
    "geofenced": "A provider shuts out our region",
    "gone": "Our own servers are gone",
    "withdrawn": "A model family is withdrawn",
    "incident": "It happened to others",
    "written": "Written for this drill",
    "own": "Scenarios of our own",
}
KNOWN = frozenset({"steady", "throttled", "suspended", "geofenced", "gone", "withdrawn"})
"""Kinds that say together with the subject what happens."""
PARTS = (
    ("matrix", "verdicts"),
    ("scope", "scope"),
    ("recovery", "recovery"),
    ("findings", "findings"),
    ("timelines", "timelines"),
    ("standing", "score"),
    ("policy", "policy"),
    ("capacity", "capacity"),
    ("cost", "cost"),
    ("quality", "quality"),
    ("prediction", "prediction"),
    ("detection", "detection"),
    ("deviations", "deviations"),
    ("comparison", "last run"),
    ("limits", "limits"),
    ("provenance", "again"),
    ("clauses", "clauses"),
    ("signature", "signature"),
)

FIRST, FIRST_NARROW = 180, 130
"""Pixels of the matrix for the names of scenarios, and where there is little room."""
ROOMY, NARROW = 240, 135
"""Pixels for each process: no more than the former, and no less than the latter, where the matrix scrolls instead."""


def page(found: Findings) -> str:
    """The whole page."""
    ink = inks(found.inventory)
    return PAGE.substitute(
        name=escape(found.inventory.name),
        style=STYLE,
        summary=_summary(found),
        tone="good" if found.passed else "bad",
        sign="✓" if found.passed else "✗",
        conclusion=escape(sentence(found.conclusion())),
        tiles=_tiles(found),
        weaknesses=_weaknesses(found),
        contents=" ".join(f'<a href="#{name}">{title}</a>' for name, title in PARTS),
        precedents=precedents(found),
        scope=scope(found),
        bars=bars(found),
        findings=findings_table(found),
        tables="\n".join(draw(found) for draw in TABLES),
        closing=provenance(found) + clauses() + signature(found),
        matrix=_matrix(found),
        legend=_legend(ink, ink),
        scenarios="\n".join(_scenario(found, recording, ink) for recording in found.recordings),
        notes=_notes(notes(found.rehearsal.level)),
        unrehearsed=_notes((what, sentence(why) + ".") for what, why in found.unrehearsed),
        footer=_footer(found),
    )


TABLES: tuple[Callable[[Findings], str], ...] = (
    standing,
    policy,
    capacity,
    cost,
    quality,
    prediction,
    detection,
    deviations,
    comparison,
)
"""In the order of the page."""


def _summary(found: Findings) -> str:
    sent = sum(each.sent for each in found.all)
    return (
        f"{counted(len(found.recordings), 'scenario')} · {counted(len(found.inventory.processes), 'process')} · "
        f"{counted(len(found.inventory.deployments), 'deployment')} · {counted(sent, 'request')} · "
        f"{found.began:%d %B %Y, %H:%M} UTC · {found.took_s:.0f} s"
    )


def _tiles(found: Findings) -> str:
    binding = [each for each in found.all if each.criticality in BINDING]
    slowest = max((each.failover_s for each in found.all if each.failover_s is not None), default=None)
    figures = (
        (_share(len(found.all) - len(found.failed), len(found.all)), "verdicts SURVIVED or DEGRADED"),
        (str(sum(each.lost for each in binding)), "requests lost by critical and important processes"),
        (str(sum(each.lost for each in found.all if each not in binding)), "requests lost by all others"),
        (duration(slowest), "slowest failover of any process"),
        (str(sum(each.wasted for each in found.all)), "calls wasted on what had failed"),
        (str(sum(each.breaches for each in found.all)), "calls against residency or policy"),
    )
    return "".join(f'<div class="tile"><dd>{value}</dd><dt>{what}</dt></div>' for value, what in figures)


def _weaknesses(found: Findings) -> str:
    return "".join(
        f'<p class="finding"><b>{escape(weak.process)}</b> ({weak.criticality}): <b>{weak.verdict}</b> in '
        + ", ".join(f'<a href="#{escape(scenario)}">{escape(scenario)}</a>' for scenario in weak.scenarios)
        + f": {escape(weak.why)}.</p>"
        for weak in found.weaknesses()
    )


def _matrix(found: Findings) -> str:
    processes = found.inventory.processes
    heads = "".join(
        f'<th scope="col"><strong>{breakable(name)}</strong>{process.criticality}</th>'
        for name, process in processes.items()
    )
    rows = []
    for kind, recordings in groupby(found.recordings, key=lambda recording: recording.scenario.kind):
        title = escape(KINDS.get(kind, kind))
        rows.append(f'<tr class="kind"><th scope="colgroup" colspan="{len(processes) + 1}">{title}</th></tr>')
        rows.extend(_row(recording, found.judgements[recording.scenario.id]) for recording in recordings)
    return (
        f'<div class="scroll" style="max-width:{FIRST + ROOMY * len(processes)}px">'
        f'<table class="matrix" style="min-width:{FIRST_NARROW + NARROW * len(processes)}px">'
        f'<thead><tr><th scope="col">scenario</th>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def _row(recording: Recording, judged: Sequence[Judgement]) -> str:
    scenario = recording.scenario
    cells = "".join(
        f'<td><a class="{tone(each)}" href="#{escape(scenario.id)}"><b>{breakable(each.verdict)}</b>'
        f"<small>{_brief(each)}</small></a></td>"
        for each in judged
    )
    name = scenario.subject or (scenario.id if scenario.faults else "nothing fails")
    told = f"<small>{escape(scenario.title)}</small>" if scenario.kind not in KNOWN else ""
    return f'<tr><th scope="row">{escape(name)}{told}</th>{cells}</tr>'


def _brief(judged: Judgement) -> str:
    """The cell's second line."""
    if judged.calm:
        return '<span class="hidden">not touched</span>'
    if not judged.served_after:
        return f"{judged.lost} lost"
    servers = ", ".join(judged.served_after)
    lost = f"{judged.lost} lost, " if judged.lost else ""
    took = "spared " if judged.failover_s is None else f"{duration(judged.failover_s)} "
    return escape(f"{lost}{took}→ {servers}")


def _legend(ink: Mapping[str, Ink], names: Iterable[str]) -> str:
    served = "".join(
        f'<li><i style="background:{ink[name].colour}">{ink[name].letter}</i>{escape(name)}</li>' for name in names
    )
    return served + '<li><i class="hitmark"></i>met the fault</li><li><i class="lostmark">✕</i>lost</li>'


def _scenario(found: Findings, recording: Recording, ink: Mapping[str, Ink]) -> str:
    scenario = recording.scenario
    judged = found.judgements[scenario.id]
    shown = [each for each in judged if not each.calm]
    calm = [each.process for each in judged if each.calm]
    rest = (
        f"Not touched, and served throughout: {escape(', '.join(calm) if shown else 'every process')}." if calm else ""
    )
    used = [name for name in ink if any(name in {**each.served_before, **each.served_after} for each in judged)]
    return (
        f'<section class="scenario" id="{escape(scenario.id)}"><details{" open" if shown else ""}>'
        f"<summary><h3>{escape(sentence(scenario.title))}</h3> {_noted(shown)}</summary><p>{_injected(recording)}</p>{_noticed(recording)}"
        f'<div class="scroll">{picture(found.inventory, recording, judged, ink)}</div>'
        f'<ul class="legend">{_legend(ink, used)}</ul>'
        f'<div class="scroll">{_figures(shown) if shown else ""}</div>{_more(shown) if shown else ""}'
        f'<p class="soft">{rest}</p></details></section>'
    )


def _noted(shown: Sequence[Judgement]) -> str:
    """What a closed section still says."""
    if not shown:
        return '<span class="soft">touches no first choice; every process was served throughout</span>'
    return " ".join(
        f'<span class="verdict {tone(each)}">{each.verdict}</span>'
        for each in {judged.verdict: judged for judged in shown}.values()
    )


def _noticed(recording: Recording) -> str:
    """What is noted of a scenario that repeats no incident; of others it stands beside what happened."""
    told = () if recording.scenario.precedent else recording.scenario.notes
    items = "".join(f"<li>{escape(sentence(each))}</li>" for each in told)
    return f'<ul class="told">{items}</ul>' if items else ""


def _injected(recording: Recording) -> str:
    """What was done, in a sentence."""
    faults = recording.scenario.faults
    if not faults:
        return "Every process sends its demand, and every deployment answers."
    scopes = ", ".join(dict.fromkeys(f"<code>{escape(fault.scope)}</code>" for fault in faults))
    effect = escape(", ".join(dict.fromkeys(str(fault.effect) for fault in faults)))
    hit = ", ".join(escape(name) for name in sorted(recording.scenario.targets))
    since = "" if recording.fault_at is None else f" from {recording.fault_at:.1f} s on"
    return f"<b>{effect}</b>{since}: {scopes}. Hit: {hit}."


def _figures(judged: Iterable[Judgement]) -> str:
    rows = "".join(
        f'<tr><td>{escape(each.process)} <span class="soft">{each.criticality}</span></td>'
        f'<td><span class="verdict {tone(each)}">{each.verdict}</span></td>'
        f'<td class="number">{duration(each.detect_s)}</td><td class="number">{duration(each.failover_s)}</td>'
        f'<td class="number">{each.lost} of {each.sent}</td><td class="number">{each.wasted}</td>'
        f"<td>{escape(_servers(each))}</td><td>{escape(each.why)}</td></tr>"
        for each in judged
    )
    heads = "".join(
        f'<th scope="col"{style}>{name}</th>'
        for name, style in (
            ("process", ""),
            ("verdict", ""),
            ("detect", NUMBER),
            ("fail over", NUMBER),
            ("lost", NUMBER),
            ("wasted", NUMBER),
            ("served after", ""),
            ("why", ""),
        )
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


NUMBER = ' class="number"'


def _more(judged: Iterable[Judgement]) -> str:
    """The figures that matter less often."""
    heads = (
        "process",
        "#recovered",
        "#failed back",
        "#retried",
        "#twice",
        "#streams cut",
        "#shed",
        "#turned round",
        "#p95 before",
        "#after",
    )
    rows = [
        (
            each.process,
            duration(each.figures.recover_s),
            duration(each.figures.failback_s),
            f"{each.figures.retried}",
            f"{each.figures.duplicated}",
            f"{each.figures.broken}",
            f"{each.figures.shed}",
            f"{each.figures.inverted}",
            duration(each.figures.before.p95_s),
            duration(each.figures.after.p95_s),
        )
        for each in judged
    ]
    return f"<details><summary>More figures</summary>{table(heads, rows, wide=760)}</details>"


def _servers(judged: Judgement) -> str:
    return ", ".join(f"{name} ({count})" for name, count in judged.served_after.items()) or "nobody"


def _notes(notes: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<div><dt>{escape(what)}</dt><dd>{escape(why)}</dd></div>" for what, why in notes)


def _footer(found: Findings) -> str:
    refused = found.rehearsal.refused
    outside = escape(", ".join(refused)) if refused else "none"
    return (
        f"Inventory: <code>{escape(found.inventory.path)}</code>. Connections that would have left this machine: {outside}. "
        "The same facts for programs: <code>report.json</code>, <code>junit.xml</code>, <code>journal.json</code>."
    )


def _share(part: int, whole: int) -> str:
    return f"{part} / {whole}"
