"""The pack with which credits are claimed: what was promised, what was measured, and every failed call.

A provider that asks for evidence within thirty days gets files: a summary in words, the failed calls with their times,
causes, statuses and ids, the counts of every minute, and the numbers of the ledger's entries that tell of them, each of
which can be proven to be in the signed ledger.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from modelrouter.core.windows import clock, maintained, spanned
from modelrouter.governance.contracts.measure import ending, gathered, timeline
from modelrouter.governance.contracts.promises import percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from modelrouter.core.contracts import ServiceLevel
    from modelrouter.governance.contracts.measure import Outage
    from modelrouter.governance.contracts.promises import Due, Judged, Measured
    from modelrouter.governance.contracts.record import Failure, Record

__all__ = ["ENTRIES", "FAILURES", "MINUTES", "SUMMARY", "definition", "failures_of", "money", "pack", "summary"]

SUMMARY, FAILURES, MINUTES, ENTRIES = "summary.md", "failures.csv", "minutes.csv", "entries.csv"
COLUMNS = (
    "time",
    "deployment",
    "process",
    "cause",
    "status",
    "counts",
    "took_s",
    "request",
    "provider_request",
    "cut",
    "evidence",
    "ledger",
    "entry",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula."""


def pack(judged: Judged, record: Record, sources: Iterable[str]) -> dict[str, str]:
    """Texts by file name. `sources` are the ledgers that were read, as they were named."""
    failures = failures_of(judged, record)
    return {
        SUMMARY: summary(judged, record, failures, sources),
        FAILURES: _csv(COLUMNS, _failures(judged, failures)),
        MINUTES: _csv(
            ("minute", "about", "answered", "failed", "left_out", "kept_away", "maintenance", "down"),
            _minutes(judged, record),
        ),
        ENTRIES: _csv(("ledger", "entry"), sorted({(each.origin, each.number) for each in failures})),
    }


def failures_of(judged: Judged, record: Record) -> list[Failure]:
    """Every failed call to what the contract's promises are about, in the part of the window that has passed."""
    asked = {name for each in judged.measured for name in each.deployments}
    found = [each for each in record.failures if each.deployment in asked and each.minute in judged.passed]
    return sorted(found, key=lambda each: (each.at, each.origin, each.number, each.deployment))


def definition(sla: ServiceLevel) -> str:
    """How the contract counts, in a sentence or two."""
    causes = ", ".join(sla.counts) or "none"
    if sla.excludes is None:
        rest = "calls that failed for any other cause are left out"
    else:
        rest = f"calls that failed for {', '.join(sla.excludes) or 'no cause'} are left out, any other is an answer"
    counted = f"A call counts as failed where its cause is one of {causes}; {rest}."
    return f"{_formula(sla)} {counted}"


def _formula(sla: ServiceLevel) -> str:
    match sla.measured:
        case "requests":
            return "Availability is the share of the calls asked about that were answered."
        case "minutes":
            end = f", {sla.consecutive} such minutes on end" if sla.consecutive > 1 else ""
            calls = "call" if sla.least_requests == 1 else "calls"
            return (
                "Availability is the share of the window's minutes, maintenance aside, that were not down. A minute is"
                f" down with at least {sla.least_requests} {calls} of which {percent(sla.failing)} or more failed{end}."
                " A minute without a call is not down."
            )
        case "intervals":
            return (
                "Availability is what the mean failure rate of all intervals of"
                f" {sla.interval_s / 60:g} min, maintenance aside, leaves; an interval without a call has the rate 0."
            )


def summary(judged: Judged, record: Record, failures: Sequence[Failure], sources: Iterable[str]) -> str:
    """The claim in words, as Markdown."""
    contract, sla = judged.contract, judged.contract.sla
    providers = ", ".join(dict.fromkeys(each.provider.company for each in judged.deployments))
    state = "" if judged.is_over else f", as far as {clock(judged.passed.end)} UTC"
    lines = [
        f"# {contract.reference or contract.id}: {judged.window}{state}",
        "",
        f"Contract {contract.id} with {providers or 'nobody named'}, {judged.window.begins} to {judged.window.last}, UTC.",
        "",
        f"Promised: {percent(sla.availability) if sla.availability is not None else 'nothing'}. {definition(sla)}",
        "",
    ]
    for each in judged.measured:
        lines += [*_level(each, judged), ""]
    lines += ["## Credits", "", *(_due(each, judged) for each in judged.dues)]
    if not judged.dues:
        lines.append("None is due." if judged.is_over else "None is due before the window is over.")
    lines += ["", "## Evidence", "", *_evidence(record, failures, sources), ""]
    return "\n".join(lines)


def _level(measured: Measured, judged: Judged) -> Iterator[str]:
    level = measured.level
    counts = level.counts
    said = "no call recorded" if level.availability is None else percent(level.availability)
    felt = "" if level.felt is None or level.felt == level.availability else f"; {percent(level.felt)} had those failed"
    yield f"## {measured.about or judged.contract.id}: {said}"
    yield ""
    yield f"- deployments: {', '.join(measured.deployments)}"
    yield f"- calls that count: {counts.valid}, of which {counts.failed} failed"
    yield f"- calls left out: {counts.left_out}; in announced maintenance: {level.maintained}"
    yield f"- calls that were kept away while it failed, and are not counted: {counts.kept_away}{felt}"
    yield (
        f"- minutes: {level.minutes}, of which {level.down} down and {level.unmeasured} without a call that counts;"
        f" {level.maintenance} of maintenance aside"
    )
    if level.outages:
        yield ""
        yield "| from (UTC) | to | minutes | of these down | in maintenance | calls | failed and counting | causes |"
        yield "|---|---|---|---|---|---|---|---|"
        yield from map(_outage, level.outages)


def _outage(outage: Outage) -> str:
    causes = ", ".join(f"{cause} {times}" for cause, times in outage.causes.items())
    cells = (
        clock(outage.minutes.first),
        clock(outage.minutes.end),
        outage.minutes.length,
        outage.down,
        outage.maintenance,
        outage.calls,
        outage.failed,
        causes,
    )
    return f"| {' | '.join(map(str, cells))} |"


def _due(due: Due, judged: Judged) -> str:
    what = f"- {due.about or judged.contract.id}: {percent(due.availability)} is less than {percent(due.below)}:"
    amount = "" if due.amount is None else f", which is {money(due.amount, judged.contract.currency)}"
    until = "" if due.until is None else f", to be claimed by {due.until}"
    return f"{what} {percent(due.credit)} of the fee of {judged.window}{amount}{until}."


def money(amount: float, currency: str | None) -> str:
    """An amount as people write it: `1,000.00 EUR`."""
    return f"{amount:,.2f} {currency or 'of the currency that the contract is in'}"


def _evidence(record: Record, failures: Sequence[Failure], sources: Iterable[str]) -> Iterator[str]:
    first, last = (_stamp(each) if each is not None else "never" for each in (record.first, record.last))
    yield f"- `{FAILURES}`: {len(failures)} failed calls, with the ids of their requests and the entries that tell of them"
    yield f"- `{MINUTES}`: what was counted in each minute"
    yield f"- `{ENTRIES}`: the numbers of the ledger's entries; `proofs/` has what shows that they are in it, or how to get it"
    yield f"- read from {', '.join(sources) or 'no ledger'}: {record.entries} entries that tell of promises, from {first} to {last}"
    for number, what in (
        (record.unreadable, "entries could not be read and are not counted"),
        (record.interrupted, "requests were interrupted: nobody knows how they would have ended"),
        (record.lost, "entries were lost while the ledger could not be written"),
    ):
        if number:
            yield f"- {number} {what}"


def _failures(judged: Judged, failures: Iterable[Failure]) -> Iterator[tuple[object, ...]]:
    sla = judged.contract.sla
    closed = spanned(maintained(sla.maintenance, judged.passed))
    for each in failures:
        counts = "maintenance" if each.minute in closed else {"failed": "yes"}.get(ending(sla, each.cause), "no")
        yield (
            _stamp(each.at),
            each.deployment,
            each.process,
            each.cause,
            "" if each.status is None else each.status,
            counts,
            f"{each.took_s:.4f}",
            each.id,
            each.request_id,
            "yes" if each.cut else "no",
            " ".join(each.evidence.split()),
            each.origin,
            each.number,
        )


def _minutes(judged: Judged, record: Record) -> Iterator[tuple[object, ...]]:
    for about, deployments, _ in judged.measured:
        for each in timeline(judged.contract.sla, gathered(record, deployments), judged.passed):
            yield clock(each.minute), about, *each.counts, int(each.maintained), int(each.down)


def _stamp(at: float) -> str:
    """A time to the millisecond, in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """RFC 4180 with LF; a text of somebody else's never begins a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return text.getvalue()


def _plain(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
