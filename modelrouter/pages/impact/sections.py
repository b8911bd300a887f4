"""The tables of the impact page."""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from modelrouter.continuity.concentration import HIGH, concentration
from modelrouter.continuity.impact import STOPPED, Verdict, impact
from modelrouter.continuity.remedy_text import lines
from modelrouter.pages.impact.words import sets, some

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from modelrouter.continuity.concentration import Index
    from modelrouter.continuity.impact import Effect, Impact
    from modelrouter.continuity.overview import Overview
    from modelrouter.continuity.remedy import Remedy

__all__ = ["concentrations", "depths", "mended", "pairs", "reasons", "singles", "verdicts"]

TONES = {Verdict.DOWN: "bad", Verdict.NO_PERMITTED_ROUTE: "bad", Verdict.DEGRADED: "warn", Verdict.SAFE: "good"}
LISTED = 200
"""Rows of a table, and reason trees; the JSON has all."""
PAIRS = 25
NAMES = 4
"""Names of one weak spot that are written out."""
SHARES = 4
MINUTE, HOUR, DAY = 60, 3600, 86_400


def verdicts(found: Impact) -> str:
    """What becomes of each process."""
    rows = [
        (
            f"<b>{escape(effect.process.id)}</b><small>{effect.process.criticality} · {escape(effect.process.owner)}</small>",
            f'<span class="verdict {TONES[effect.verdict]}">{effect.verdict}</span>',
            escape(", ".join(effect.served_by)) or '<span class="bad">nobody</span>',
            "?" if effect.capacity is None else f"{effect.capacity:.0%}",
            _spoken(effect.process.objectives.rto_s),
            escape(effect.why),
        )
        for effect in _first(found)
    ]
    return _table(("process", "verdict", "served by", "left", "back in", "why"), rows, numbers=(3, 4))


def reasons(found: Impact) -> str:
    """The reason tree of each process that is not safe."""
    told = [_reason(effect) for effect in _first(found) if effect.verdict is not Verdict.SAFE]
    return "".join(told) or '<p class="soft">Nothing is touched.</p>'


def _reason(effect: Effect) -> str:
    items = [("✕", "bad", "the process itself", f" ← {cause}") for cause in effect.own]
    for branch in effect.branches:
        if branch.state in {"serves", "throttled"}:
            serving = branch.deployment in effect.served_by
            left = f" at {branch.left:.0%}" if branch.state == "throttled" else " serves" if serving else " stands"
            items.append(("✓" if serving else "·", "good" if serving else "calm", branch.deployment, left))
        items += [("✕", "bad", branch.deployment, f" ← {cause}") for cause in branch.causes]
        items += [
            ("⊘", "warn", branch.deployment, f" not permitted by {each.rule}: {each.why}") for each in branch.refusals
        ]
    if effect.verdict in STOPPED and effect.standby:
        items.append(("+", "good", some(effect.standby), " may serve it, and is not in its route"))
    elif effect.verdict in STOPPED and effect.barred:
        items.append(("·", "calm", some(effect.barred), " could, outside its route, and may not"))
    listed = "".join(
        f'<li><i class="{tone}">{sign}</i>{escape(what)}<span class="way">{escape(why)}</span></li>'
        for sign, tone, what, why in items
    )
    return (
        f'<section class="reason"><h3>{escape(effect.process.id)} '
        f'<span class="verdict {TONES[effect.verdict]}">{effect.verdict}</span></h3><ul>{listed}</ul></section>'
    )


def singles(seen: Overview) -> str:
    """What takes a process down alone."""
    if not seen.points:
        return '<p class="soft">None: at least two things must fail together to stop any process.</p>'
    rows = [(f"{each.weight:g}", _spot(each.factors), escape(some(each.processes))) for each in seen.points[:LISTED]]
    return _table(("weight", "what is lost", "takes down"), rows, numbers=(0,))


def pairs(seen: Overview) -> str:
    """What only together takes a process down."""
    rows = [
        (f"{each.weight:g}", _spot(each.first), _spot(each.second), escape(some(each.processes)))
        for each in seen.couples[:PAIRS]
    ]
    more = len(seen.couples) - PAIRS
    rest = f'<p class="soft">{more:,} more; the JSON has all.</p>' if more > 0 else ""
    if not rows:
        return '<p class="soft">No two failures stop what neither stops alone.</p>'
    return _table(("weight", "what is lost", "and with it", "takes down"), rows, numbers=(0,)) + rest


def depths(found: Impact, seen: Overview) -> str:
    """How deep each process stands."""
    rows = []
    for name, standing in list(found.graph.processes.items())[:LISTED]:
        depth, counted = seen.depths[name], seen.counts[name]
        told = "not counted" if counted is None else sets(counted)
        tone = "good" if depth is None or depth > 1 else "bad"
        rules = groupby(standing.refused, key=lambda each: each.deployment.id)
        refused = ", ".join(f"{refused} ({', '.join(each.rule for each in by)})" for refused, by in rules)
        rows.append(
            (
                f"<b>{escape(name)}</b><small>{standing.process.criticality} · {escape(standing.process.owner)}</small>",
                escape(", ".join(standing.permitted)) or '<span class="bad">nobody</span>',
                escape(refused) or "-",
                f'<b class="{tone}">{"nothing known" if depth is None else depth}</b>',
                told or "-",
            )
        )
    return _table(
        ("process", "may serve", "in the route and refused", "must fail", "minimal sets that stop it"),
        rows,
        numbers=(3,),
    )


def mended(mending: Remedy) -> str:
    """The fewest additions, and the lines that say so."""
    said = [f"<p>{escape(name)}: {escape(why)}.</p>" for name, why in mending.helpless.items()]
    said += [
        f"<p>{escape(name)} depends itself on {escape(some(own))}; no deployment mends that.</p>"
        for name, own in mending.own.items()
    ]
    if not mending.size:
        return "".join(said) or '<p class="soft">Nothing is to be mended.</p>'
    yaml = escape("\n".join(lines(mending)))
    many = f"{mending.size:,} additions are" if mending.size > 1 else "One addition is"
    fewest = "the fewest" if mending.exact else "what was found (the search for fewer was cut short)"
    said.insert(
        0,
        f"<p>{many} {fewest} after which nothing fails alone. To be merged into the inventory:</p><pre>{yaml}</pre>",
    )
    return "".join(said)


def concentrations(found: Impact) -> str:
    """Shares, with the share before the events as a thin line."""
    after = concentration(found)
    before = concentration(impact(found.graph)) if found.events else after
    both = groupby(zip(before, after, strict=True), key=lambda pair: pair[1].measure)
    return "".join(_measure(measure, list(pairs_of)) for measure, pairs_of in both)


MEASURES = {"spend": "By spend", "tokens": "By tokens", "processes": "By weight of processes"}


def _measure(measure: str, indexes: Sequence[tuple[Index, Index]]) -> str:
    now = indexes[0][1]
    left_out = [
        f"{some(now.unknown)}: no price is stated" if now.unknown else "",
        f"{some(now.unserved)}: not served" if now.unserved else "",
    ]
    said = "; ".join(each for each in left_out if each)
    noted = f'<p class="soft">Left out: {escape(said)}.</p>' if said else ""
    bars = "".join(_bars(then, each) for then, each in indexes)
    return f'<h3 class="measure">{MEASURES[measure]}</h3><div class="bars">{bars}</div>{noted}'


def _bars(before: Index, after: Index) -> str:
    earlier = {each.name: each.share for each in before.shares}
    changed = before.shares != after.shares
    rows = "".join(
        f'<div class="bar"><div><span>{escape(each.name)}</span><span>{each.share:.0%}</span></div>'
        f'<i style="width:{each.share:.1%}"></i>'
        + (f'<i class="was" style="width:{earlier.get(each.name, 0.0):.1%}"></i>' if changed else "")
        + "</div>"
        for each in after.shares[:SHARES]
    )
    more = len(after.shares) - SHARES
    rest = f'<p class="soft" style="margin:6px 0 0">and {more:,} more</p>' if more > 0 else ""
    index = _hhi(after) if before.hhi == after.hhi else f"{_hhi(before)} → {_hhi(after)}"
    return f"<section><h3>{after.dimension}<span>{index}</span></h3>{rows or 'nothing known'}{rest}</section>"


def _hhi(index: Index) -> str:
    if index.hhi is None:
        return "?"
    return f'<b class="warn">{index.hhi:,.0f}</b>' if index.hhi > HIGH else f"{index.hhi:,.0f}"


def _spot(names: Sequence[str]) -> str:
    """A weak spot under its widest names."""
    shown = escape(names[0].replace(":", " ", 1))
    others = ", ".join(name.replace(":", " ", 1) for name in names[1:NAMES])
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return f"<b>{shown}</b>" + (f"<small>also {escape(others)}{more}</small>" if others else "")


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int]) -> str:
    def cell(tag: str, place: int, text: str) -> str:
        named = f' data-head="{escape(heads[place])}"' if tag == "td" and (place or place in numbers) else ""
        return f"<{tag}{' class=number' if place in numbers else ''}{named}>{text}</{tag}>"

    head = "".join(cell("th", place, text) for place, text in enumerate(heads))
    body = "".join("<tr>" + "".join(cell("td", *each) for each in enumerate(row)) + "</tr>" for row in rows)
    return f'<div class="scroll"><table class="wide"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _first(found: Impact) -> Iterator[Effect]:
    return (found.effect(name) for name in found.ranked()[:LISTED])


def _spoken(length_s: float) -> str:
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if length_s >= unit and length_s % unit == 0:
            return f"{length_s / unit:g} {name}"
    return f"{length_s:g} s"
