"""What `modelrouter contracts` found, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from modelrouter.cli.narrow import fits, stacked
from modelrouter.cli.printable import printable
from modelrouter.core.windows import clock
from modelrouter.governance.contracts.claim import money
from modelrouter.governance.contracts.promises import Allowance, Judged, Promise, percent
from modelrouter.governance.contracts.record import Record
from modelrouter.pages.contracts import Shown, span

__all__ = ["show"]

STYLES = {"kept": "green", "broken": "red", "open": "cyan", "unknown": "yellow", "stated": "dim"}
INDENT = (0, 0, 0, 2)


def show(
    console: Console, window: str, shown: Sequence[Shown], record: Record, sources: Sequence[str], *, unkept: bool
) -> None:
    """Contract by contract; of the unkept alone, what was not kept."""
    for each in shown:
        _contract(console, each, unkept=unkept)
    if unkept and not shown:
        console.print(Text(f"no promise is known to have been broken in {window}", "green"))
    console.print(Text(_read(record, sources), "dim"), soft_wrap=True)


def _contract(console: Console, shown: Shown, *, unkept: bool) -> None:
    judged = shown.judged
    so_far = "" if judged.is_over else f", so far to {clock(judged.passed.end)}"
    console.print(
        Text.assemble((judged.contract.id, "bold"), f"  {shown.term}; {judged.window}{so_far}"), soft_wrap=True
    )
    if shown.next and not unkept:
        console.print(Padding(Text(f"next: {shown.next}"), INDENT))
    promises = judged.broken if unkept else [each for each in judged.promises if not each.is_silent]
    console.print(_promises(promises, console))
    if silent := [each.name for each in judged.promises if each.is_silent and not unkept]:
        console.print(Padding(Text(f"not said: {', '.join(silent)}", "dim"), INDENT))
    for line in _dues(judged):
        console.print(Padding(Text(line, "red"), INDENT))
    if not unkept:
        for line in map(_allowance, judged.allowances):
            console.print(Padding(Text(line, "dim"), INDENT))
    console.print()


def _promises(promises: Sequence[Promise], console: Console) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for head in ("  promise", "promised", "recorded", ""):
        table.add_column(head, no_wrap=True)
    rows = []
    for each in promises:
        name = f"{each.name} ({each.about})" if each.about else each.name
        verdict = Text("" if each.verdict == "stated" else each.verdict, STYLES[each.verdict])
        told = printable(each.measured)
        table.add_row(f"  {name}", printable(each.promised), told, verdict)
        line = f"{name}: {printable(each.promised)}" + (f"\n{told}" if told else "")
        rows.append((Text.assemble("  ", verdict), Text(line)))
    return table if fits(table, console) else stacked(rows)


def _dues(judged: Judged) -> Iterator[str]:
    for due in judged.dues:
        what = f"{due.about}: " if due.about else ""
        amount = f", {money(due.amount, judged.contract.currency)}" if due.amount is not None else ""
        until = f", to be claimed by {due.until}" if due.until is not None else ""
        yield f"credit due: {what}{percent(due.credit)} of the fee of {judged.window}{amount}{until}"


def _allowance(each: Allowance) -> str:
    allowed = "nothing is promised" if each.allowed_s is None else f"the promise allows {span(each.allowed_s)}"
    worst = f"; the longest outage was {span(each.worst_s)}" if each.worst_s else ""
    lost = f", {each.lost} requests lost" if each.lost else ""
    return f"{each.process} can bear {span(each.rto_s)}: {allowed}{worst}{lost}"


def _read(record: Record, sources: Sequence[str]) -> str:
    if not sources:
        return (
            "nothing is measured: the inventory keeps no ledger, or nothing was recorded there yet (--ledger names one)"
        )
    notes = [
        f"{number} {what}"
        for number, what in (
            (record.unreadable, "could not be read"),
            (record.interrupted, "requests were interrupted"),
            (record.lost, "were lost"),
        )
        if number
    ]
    return f"read {record.entries} entries that tell of promises from {', '.join(sources)}" + (
        f"; {', '.join(notes)}" if notes else ""
    )
