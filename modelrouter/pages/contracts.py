"""What contracts promised in a month, beside what was recorded, as one HTML page that needs nothing else.

Everything that comes from the inventory or the ledger passes `escape`.
"""

from __future__ import annotations

from html import escape
from string import Template
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.windows import clock
from modelrouter.governance.contracts.claim import definition, money
from modelrouter.governance.contracts.promises import percent
from modelrouter.pages.contracts_picture import LEGEND, picture
from modelrouter.pages.style import STYLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from modelrouter.governance.contracts.measure import Outage
    from modelrouter.governance.contracts.promises import Allowance, Due, Judged, Measured, Promise
    from modelrouter.governance.contracts.record import Record

__all__ = ["Shown", "page", "span"]

OWN = """
.contract { margin-top: 46px; padding-top: 6px; border-top: 1px solid var(--line); }
.contract h2 { margin: 22px 0 2px; font-size: 22px; overflow-wrap: anywhere; }
.contract h3 { margin: 22px 0 8px; }
.contract p { margin: 8px 0; } .contract p.definition { max-width: 110ch; }
.figure { display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: baseline; margin: 18px 0 8px; }
.figure b { font-size: 25px; font-weight: 680; letter-spacing: -.02em; }
.month { padding: 14px 16px 10px; }
.month svg { display: block; width: 100%; height: 216px; border-radius: 5px; }
.month .plot { display: grid; grid-template-columns: 46px 1fr; gap: 4px 8px; }
.hours { display: flex; flex-direction: column; justify-content: space-between; color: var(--soft); font-size: 12px; line-height: 1; text-align: right; }
.days { grid-column: 2; position: relative; height: 18px; color: var(--soft); font-size: 12px; }
.days i { position: absolute; font-style: normal; white-space: nowrap; }
.c-good { fill: var(--good-bg); } .c-down { fill: var(--bad); } .c-part { fill: var(--warn); }
.c-other { fill: var(--odd); } .c-work { fill: var(--soft); opacity: .45; } .c-none { fill: var(--lane); } .c-later { fill: var(--card); }
.c-line { fill: var(--line); }
.key { display: inline-block; width: 14px; height: 14px; margin-right: 7px; border-radius: 3px; flex: none; border: 1px solid var(--line); }
.key.good { background: var(--good-bg); } .key.down { background: var(--bad); } .key.part { background: var(--warn); }
.key.other { background: var(--odd); } .key.work { background: var(--soft); opacity: .45; } .key.none { background: var(--lane); }
tbody tr + tr { border-top: 1px solid var(--line); } td.number, th.number { text-align: right; white-space: nowrap; }
td.name { font-weight: 620; } td.when { white-space: nowrap; }
@media (max-width: 640px) {
  .month { padding: 10px; } .month svg { height: 168px; } .month .plot { grid-template-columns: 36px 1fr; }
  .days i:nth-child(even) { display: none; }
  thead { display: none; } tr { display: block; padding: 8px 4px; }
  td, td.when { display: block; padding: 2px 10px; white-space: normal; } td.number { display: block; text-align: left; }
  td[data-head]::before { content: attr(data-head) ": "; color: var(--soft); font-weight: 400; } td:empty { display: none; }
}
@media print { .contract { break-inside: avoid-page; } tr, .tile { break-inside: avoid; } }
"""
PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>What was promised, and what came: $name</title>
<style>$style</style>
</head>
<body>
<header>
<p class="over">What was promised, and what came</p>
<h1>$name: $window</h1>
<p class="soft" style="margin:0">$read</p>
<div class="banner $tone"><span class="sign" aria-hidden="true">$sign</span><span>$conclusion</span></div>
<dl class="tiles">$tiles</dl>
</header>
<main>$contracts</main>
<footer>Times are UTC. Every call that a deployment failed counts against it, also where another deployment saved the
request. The same for programs: <code>modelrouter contracts --json</code>; to claim with:
<code>modelrouter contracts --claim FOLDER</code>.</footer>
</body>
</html>
""")
TONES = {"kept": "good", "broken": "bad", "open": "odd", "unknown": "warn", "stated": "calm"}
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400


class Shown(NamedTuple):
    """A contract as it is shown: judged, with its term and what is next to know of it."""

    judged: Judged
    term: str
    next: str
    """A date and what it is; empty where none is known."""


def page(name: str, window: str, shown: Sequence[Shown], record: Record, sources: Iterable[str]) -> str:
    """The whole page. `sources` are the ledgers that were read, as they were named."""
    judged = [each.judged for each in shown]
    broken = [(each.contract.id, promise) for each in judged for promise in each.broken]
    unknown = [each.contract.id for each in judged if not each.recorded]
    tone = "bad" if broken else "warn" if unknown else "good"
    return PAGE.substitute(
        name=escape(name),
        window=escape(window),
        style=STYLE + OWN + ".banner.warn { color: var(--warn); background: var(--warn-bg); }",
        read=escape(_read(record, sources)),
        tone=tone,
        sign={"bad": "✗", "warn": "?", "good": "✓"}[tone],
        conclusion=escape(_conclusion(broken, unknown, len(shown))),
        tiles=_tiles(judged, len(broken)),
        contracts="".join(_contract(each, record) for each in shown),
    )


def span(seconds: float) -> str:
    """A length of time as people say it: `43 min 12 s`, `2 h 30 min`, `9 h`."""
    whole = round(seconds)
    for unit, above, length in (("d", "h", DAY_S), ("h", "min", HOUR_S), ("min", "s", MINUTE_S)):
        if whole >= length:
            rest = round((whole % length) / {"h": HOUR_S, "min": MINUTE_S, "s": 1}[above], 1)
            return f"{whole // length} {unit}" + (f" {rest:g} {above}" if rest else "")
    return f"{seconds:g} s"


def _read(record: Record, sources: Iterable[str]) -> str:
    named = ", ".join(sources)
    if record.first is None or record.last is None:
        return f"Nothing is recorded in {named}." if named else "No ledger was read: nothing is measured."
    first, last = (clock(int(each // MINUTE_S)) for each in (record.first, record.last))
    return f"{record.entries:,} entries that tell of promises, from {first} to {last}, read from {named}"


def _conclusion(broken: Sequence[tuple[str, Promise]], unknown: Sequence[str], count: int) -> str:
    if broken:
        told = [f"{who} on {promise.name}{f' ({promise.about})' if promise.about else ''}" for who, promise in broken]
        return f"{_plural(len(broken), 'promise')} not kept: {', '.join(told)}"
    if unknown:
        return f"Nothing was recorded of {', '.join(unknown)}"
    return f"Every promise that can be measured was kept, by {_plural(count, 'contract')}"


def _tiles(judged: Sequence[Judged], broken: int) -> str:
    sums: dict[str, float] = {}
    for each in judged:
        for due in each.dues:
            if due.amount is not None:
                sums[each.contract.currency or ""] = sums.get(each.contract.currency or "", 0.0) + due.amount
    levels = [measured.level for each in judged for measured in each.measured]
    worst = max((outage.minutes.length for level in levels for outage in level.outages), default=0)
    figures = (
        (len(judged), "contracts"),
        (broken, "promises not kept"),
        (" + ".join(f"{amount:,.0f} {currency}" for currency, amount in sums.items()) or "0", "credits due"),
        (f"{sum(level.counts.valid for level in levels):,}", "calls that count"),
        (f"{sum(level.counts.failed for level in levels):,}", "of them failed"),
        (span(worst * MINUTE_S), "the longest outage"),
    )
    return "".join(f'<div class="tile"><dd>{figure}</dd><dt>{escape(what)}</dt></div>' for figure, what in figures)


def _contract(shown: Shown, record: Record) -> str:
    judged = shown.judged
    so_far = "" if judged.is_over else f", as far as {clock(judged.passed.end)}"
    following = f" · next: {shown.next}" if shown.next else ""
    parts = [
        f'<section class="contract"><h2>{escape(judged.contract.id)}</h2>',
        f'<p class="soft">{escape(f"{shown.term}{following} · judged over {judged.window}{so_far}")}</p>',
        *(_figure(each, judged, record) for each in judged.measured),
        f'<p class="soft definition">{escape(definition(judged.contract.sla))}</p>' if judged.measured else "",
        *_dues(judged),
        "<h3>Promises</h3>",
        _table(
            ("promise", "promised", "recorded", "verdict"),
            (_promise(each) for each in judged.promises if not each.is_silent),
        ),
        _silent(judged),
        *_allowances(judged),
        "</section>",
    ]
    return "".join(parts)


def _figure(measured: Measured, judged: Judged, record: Record) -> str:
    level, promised = measured.level, judged.contract.sla.availability
    said = "nothing recorded" if level.availability is None else percent(level.availability)
    tone = next(
        (
            TONES[each.verdict]
            for each in judged.promises
            if each.name == "availability" and each.about == measured.about
        ),
        "calm",
    )
    words = [
        f"{measured.about}:" if measured.about else "",
        f"{percent(promised)} promised" if promised is not None else "nothing promised",
        f"{level.counts.failed:,} of {level.counts.valid:,} calls failed",
        f"{level.down:,} of {level.minutes:,} minutes down",
        f"{level.maintenance:,} more in maintenance" if level.maintenance else "",
        f"{level.counts.left_out:,} calls left out" if level.counts.left_out else "",
        f"{level.counts.kept_away:,} calls kept away" if level.counts.kept_away else "",
    ]
    told = " · ".join(each for each in words if each)
    return (
        f'<div class="figure"><b class="{tone}">{escape(said)}</b><span class="soft">{escape(told)}</span></div>'
        f'<div class="scroll"><div class="month">{picture(measured, judged, record)}</div></div>{LEGEND}'
        f"{_outages(level.outages)}"
    )


def _outages(outages: Sequence[Outage]) -> str:
    if not outages:
        return ""
    return "<h3>When calls failed</h3>" + _table(
        ("from", "to", "minutes", "down", "in maintenance", "calls", "failed and counting", "causes"),
        map(_outage, outages),
    )


def _outage(outage: Outage) -> Iterator[tuple[str, str]]:
    yield "when", clock(outage.minutes.first)
    yield "when", clock(outage.minutes.end)
    for figure in (outage.minutes.length, outage.down, outage.maintenance, outage.calls, outage.failed):
        yield "number", f"{figure:,}"
    yield "", escape(", ".join(f"{cause} {times:,}" for cause, times in outage.causes.items()))


def _dues(judged: Judged) -> Iterator[str]:
    for due in judged.dues:
        yield f'<div class="finding"><b>Credit due.</b> {escape(_due(due, judged))}</div>'


def _due(due: Due, judged: Judged) -> str:
    what = f"{due.about}: " if due.about else ""
    amount = f": {money(due.amount, judged.contract.currency)}" if due.amount is not None else ""
    until = f", to be claimed by {due.until}" if due.until is not None else ""
    return (
        f"{what}{percent(due.availability)} is less than {percent(due.below)}, so {percent(due.credit)} of the fee of"
        f" {judged.window} comes back{amount}{until}."
    )


def _silent(judged: Judged) -> str:
    names = ", ".join(each.name for each in judged.promises if each.is_silent)
    return f'<p class="soft">Not said: {escape(names)}.</p>' if names else ""


def _promise(promise: Promise) -> Iterator[tuple[str, str]]:
    yield "name", escape(f"{promise.name}{f' ({promise.about})' if promise.about else ''}")
    yield "", escape(promise.promised)
    yield "", escape(promise.measured)
    word = "" if promise.verdict == "stated" else promise.verdict
    yield "", f'<span class="verdict {TONES[promise.verdict]}">{word}</span>' if word else ""


def _allowances(judged: Judged) -> Iterator[str]:
    if judged.allowances:
        yield "<h3>A credit is not continuity</h3>"
        heads = ("process", "can bear", f"the promise allows in {judged.window}", "longest outage", "requests lost")
        yield _table(heads, map(_allowance, judged.allowances))


def _allowance(each: Allowance) -> Iterator[tuple[str, str]]:
    yield "name", escape(each.process)
    yield "number", span(each.rto_s)
    far = each.allowed_s is not None and each.allowed_s > each.rto_s
    allowed = "everything" if each.allowed_s is None else span(each.allowed_s)
    yield "number", f'<span class="{"warn" if far or each.allowed_s is None else "good"}">{allowed}</span>'
    tone = "warn" if each.worst_s > each.rto_s else "good"
    yield "number", f'<span class="{tone}">{span(each.worst_s) if each.worst_s else "none"}</span>'
    yield "number", f"{each.lost:,}"


def _table(heads: Sequence[str], rows: Iterable[Iterable[tuple[str, str]]]) -> str:
    """Cells come with their class, and are already safe."""
    made = []
    numbers: set[int] = set()
    for row in rows:
        cells = list(row)
        numbers |= {place for place, (kind, _) in enumerate(cells) if kind == "number"}
        told = (
            f'<td class="{kind}" data-head="{escape(head)}">{text}</td>'
            if kind
            else f'<td data-head="{escape(head)}">{text}</td>'
            for head, (kind, text) in zip(heads, cells, strict=True)
        )
        made.append(f"<tr>{''.join(told)}</tr>")
    head = "".join(
        f"<th{' class=number' if place in numbers else ''}>{escape(word)}</th>" for place, word in enumerate(heads)
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(made)}</tbody></table></div>'


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
