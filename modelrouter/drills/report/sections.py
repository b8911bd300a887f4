"""The parts of the page that are about the drill itself: scope, precedent, findings, deviations, provenance, clauses."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING

from modelrouter.drills.incidents import incidents
from modelrouter.drills.incidents.schema import CONFIDENCES
from modelrouter.drills.plan import Plan
from modelrouter.drills.report.clauses import CLAUSES
from modelrouter.drills.report.counted import counted
from modelrouter.drills.report.facts import agreed
from modelrouter.drills.report.html import Cell, pairs, section, sentence, table, verdict
from modelrouter.drills.report.steady import steady

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelrouter.drills.incidents import Incident
    from modelrouter.drills.report.document import Steady
    from modelrouter.drills.report.findings import Findings

__all__ = ["clauses", "deviations", "findings_table", "precedents", "provenance", "scope", "signature"]

NONE = "\N{EN DASH}"
LEVELS = {
    "simulated": "simulated: the router that ships, in simulated time, against simulated providers",
    "twin": "twin: the router that ships, over real HTTP, against twins of the providers on this machine",
    "canary": "canary: a share of real requests",
    "live": "live: all real requests",
}
DEVIATIONS = 20
"""Shown at most; the document has all."""
HYPOTHESIS = (
    "Every process that something permitted remains for is served again within its recovery time, whatever its "
    "criticality; no call goes where it may not."
)


def scope(found: Findings) -> str:
    """What is rehearsed, at which level, for whom, by whose leave."""
    plan = found.plan or Plan(id="", owner="")
    about = [name for name in found.inventory.processes if name in found.binding]
    told: list[tuple[str, str | Cell]] = [
        (
            "Drill",
            " \N{MIDDLE DOT} ".join(filter(None, (plan.id, plan.title))) or "no plan: everything that was asked for",
        ),
        ("Level", LEVELS.get(found.rehearsal.level, found.rehearsal.level)),
        ("Owner", plan.owner or NONE),
        ("Change", plan.ticket or NONE),
        ("Approved by", "; ".join(map(agreed, plan.approvals)) or "nobody: no real request was touched"),
        ("It fails for", ", ".join(about) or "no process: none is critical or important"),
        ("Hypothesis", plan.hypothesis or HYPOTHESIS),
        ("It would have ended at once", _abort(plan)),
    ]
    return section("scope", "Scope and authority", pairs(told))


def _abort(plan: Plan) -> str:
    rate = plan.abort.error_rate
    if plan.id == "":
        return "at nothing: it touches no real request"
    told = [] if rate is None else [f"over {rate:.0%} errors for {plan.abort.for_s:g} s on a critical process"]
    if plan.abort.cost_per_minute is not None:
        told.append(f"over {plan.abort.cost_per_minute:g} USD a minute")
    told.append(f"over {counted(plan.abort.violations, 'call')} against policy")
    return f"{'; '.join(told)}. Lease {plan.lease.length_s:g} s, rollback {plan.rollback.when}"


def precedents(found: Findings) -> str:
    """The incidents that were repeated: with their sources, and what was assumed."""
    wanted = [recording.scenario for recording in found.recordings if recording.scenario.precedent]
    known = {incident.id: incident for incident in incidents()} if wanted else {}
    shown = "".join(
        _precedent(known[scenario.precedent], scenario.notes, scenario.compress)
        for scenario in wanted
        if scenario.precedent in known
    )
    return section("precedent", "It has happened before", shown) if shown else ""


def _precedent(incident: Incident, notes: tuple[str, ...], compress: float) -> str:
    assumed = "".join(f"<li>{_marked(each, incident.case.notes)}</li>" for each in notes)
    sources = ", ".join(map(escape, incident.sources))
    return (
        f'<article class="precedent"><h3>{escape(incident.id)} · {escape(incident.title)}</h3>'
        f'<p class="soft">{escape(incident.when)} · lasted {escape(incident.lasted)}</p>'
        f"<p>{escape(incident.what)}</p>"
        f'<p class="soft">Sources: {sources} ({escape(CONFIDENCES[incident.confidence])}). '
        f"One second here is {compress:,.0f} s of what happened.</p>"
        + (f'<ul class="assumed">{assumed}</ul>' if assumed else "")
        + "</article>"
    )


def _marked(note: str, assumptions: tuple[str, ...]) -> str:
    """A note with a mark where it says what nobody reported, or what is not here."""
    for mark in ("assumed", "not here"):
        if note.startswith(f"{mark}: "):
            return f'<span class="mark">{mark}</span> {escape(sentence(note.removeprefix(f"{mark}: ")))}'
    return f'<span class="mark">assumed</span> {escape(note)}' if note in assumptions else escape(sentence(note))


def findings_table(found: Findings) -> str:
    """What is to be mended, by whom, until when."""
    rows = [
        (
            Cell(f"<b>{escape(each.process)}</b><br><small>{each.criticality}</small>"),
            verdict(each.verdict, "bad" if each.binding else "warn"),
            Cell(", ".join(f'<a href="#{escape(one)}">{escape(one)}</a>' for one in each.scenarios)),
            f"{sentence(each.why)}.",
            each.owner,
            Cell(f'<span class="whole">{each.due.isoformat()}</span>'),
        )
        for each in found.weaknesses()
    ]
    lead = "Mended, or accepted in writing, by the day named: 14 days for critical processes, 30, 90 and 180 for the others."
    heads = ("process", "finding", "in", "why", "owner", "due")
    drawn = table(heads, rows, wide=860) if rows else '<p class="soft">No process failed in anything.</p>'
    return section("findings", "Findings", drawn, lead if rows else "")


def deviations(found: Findings) -> str:
    """What went otherwise than it should."""
    told = list(found.deviations())
    items = "".join(f"<li>{escape(sentence(each))}.</li>" for each in told[:DEVIATIONS])
    more = f"<li>… and {len(told) - DEVIATIONS} more in report.json.</li>" if len(told) > DEVIATIONS else ""
    drawn = f'<ul class="told">{items}{more}</ul>' if told else '<p class="soft">Nothing did.</p>'
    lead = "Beside the verdicts: predictions that failed, priorities turned round, failovers and holds without a reason, causes mistaken."
    before, after = steady(found)
    states = pairs([("Steady state before", _state(before)), ("Steady state after", _state(after))])
    return section("deviations", "What went otherwise than it should", drawn + states, lead)


def _state(measured: Steady) -> str:
    if not measured.sent or measured.error_rate is None:
        return "not measured: every fault stays to the end"
    took = NONE if measured.p95_s is None else f"{measured.p95_s:.2f} s"
    met = "; ".join(measured.departures) or "as it must be"
    return f"{counted(measured.sent, 'request')}, {measured.error_rate:.1%} failed, 19 of 20 within {took}: {met}"


def provenance(found: Findings) -> str:
    """What is needed to play it again and to get the same."""
    small = found.rehearsal.miniature
    sizes = Counter(each.process for each in found.all)
    sent = {name: sum(each.sent for each in found.all if each.process == name) for name in sizes}
    again = "the same bytes" if found.rehearsal.level == "simulated" else "the same verdicts; times are this machine's"
    refused = ", ".join(found.rehearsal.refused) or "none"
    told: list[tuple[str, str | Cell]] = [
        ("Inventory", Cell(f"<code>{escape(found.inventory.path)}</code>")),
        ("Its fingerprint", Cell(f"<code>{escape(found.origin.fingerprint or NONE)}</code>")),
        ("Software", f"modelrouter {found.origin.version or NONE}"),
        ("Environment", found.origin.host or NONE),
        ("Seed", f"{found.rehearsal.seed}: with the same inventory and version it gives {again}"),
        ("Began, took", f"{found.began:%Y-%m-%d %H:%M:%S} UTC, {found.took_s:.1f} s"),
        ("Demand", f"{small.scale:.0%} of the declared calls a minute, {small.duration_s:.1f} s a scenario"),
        ("Sample", "; ".join(f"{name} {counted(count, 'request')}" for name, count in sent.items())),
        ("How far times can be off", f"{found.lag_s:.2f} s: so late was the event loop at worst"),
        ("Left this machine", f"connections refused: {refused}"),
    ]
    return section("provenance", "To play it again", pairs(told))


def clauses() -> str:
    """Which part answers which clause."""
    rows = [
        (
            each.name,
            each.asks,
            Cell(", ".join(f'<a href="#{name}">{name}</a>' for name in each.sections)),
            each.leaves,
        )
        for each in CLAUSES
    ]
    lead = "A help for whoever files this report, in our own words; not legal advice."
    heads = ("clause", "asks for", "shown under", "not shown here")
    return section("clauses", "Which clause this answers", table(heads, rows, wide=760), lead)


def signature(found: Findings) -> str:
    """Who signed, and how anybody checks."""
    return section("signature", "Signature", "".join(_signed(found.origin.signer)))


def _signed(signer: str | None) -> Iterator[str]:
    if signer is None:
        yield '<p class="soft">Nobody signed: <code>signature.json</code> lists the SHA-256 of every file, and that is all. '
    else:
        yield f"<p>The files beside this page are signed by <code>{escape(signer)}</code>. "
    yield "<code>modelrouter drill --verify FOLDER</code> says which file was changed since, if any.</p>"
