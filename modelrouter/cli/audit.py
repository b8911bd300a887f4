"""`modelrouter audit`: judge every recorded hop anew, by a reader that shares no code with the router."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from modelrouter.audit.reader import PATHS, Auditor, Forbidden
from modelrouter.cli.graphs import stop
from modelrouter.cli.ledger_progress import progress
from modelrouter.cli.ledger_source import Books, File, Inventory, explained, located, opened_all, paths_of
from modelrouter.cli.opening import USUAL, AsJson, show_json
from modelrouter.cli.printable import printable
from modelrouter.cli.writing import write
from modelrouter.errors import LedgerError
from modelrouter.ledger.plain import plain

__all__ = ["main"]

NOT_CLEAN = 1
STEP = 1000
"""Entries between two reports of progress."""
SHOWN = 20
"""Of what is wrong, so much is shown; --json has more."""


class _Judged(NamedTuple):
    """A shard, read."""

    name: str
    path: Path
    auditor: Auditor


def main(
    ledger: File = None,
    *,
    inventory: Inventory = USUAL,
    reader: Annotated[
        Path | None, typer.Option("--reader", metavar="FILE", help="Only write out the reader, for an auditor.")
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Exit code 1 also for what cannot be judged, and for entries that were given up."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Judge every recorded hop by the policies and contracts of its time, and say what is missing.

    Exit code 1 where a request was offered to a deployment where it might not go, where a decision stands without its
    request, or where entries are missing; 2 where there is no ledger. Whether entries were bent, `ledger verify` says.
    """
    if reader is not None:
        write(reader, files("modelrouter.audit").joinpath("reader.py").read_bytes(), (), as_json=as_json)
        typer.echo(f"wrote {reader}: it needs Python 3.11 and nothing else")
        return
    place = located(ledger, inventory, as_json=as_json)
    try:
        paths_of(place)
    except LedgerError as error:
        stop(f"{error.what}: {error.advice}", as_json=as_json)
    if not place.path.exists():
        stop(f"{place.path} is not there", as_json=as_json)
    with opened_all(place, as_json=as_json) as books, explained(as_json=as_json):
        judged = [_Judged(each.name, each.path, _read(each)) for each in books]
    if as_json:
        show_json(_facts(judged))
    else:
        _show(judged, Console(highlight=False))
    clean = all(each.auditor.clean and not (strict and _unsure(each.auditor)) for each in judged)
    raise typer.Exit(0 if clean else NOT_CLEAN)


def _unsure(auditor: Auditor) -> bool:
    """Whether something was recorded that nobody can judge, or was not recorded."""
    return bool(auditor.unjudged) or any(gap["lost"] for gap in auditor.gaps)


def _read(books: Books) -> Auditor:
    auditor = Auditor()
    with progress(f"judging {books.name}", books.reader.size) as done:
        for place, entry in enumerate(_entries(books), 1):
            auditor.read(entry)
            if not place % STEP:
                done(STEP)
    return auditor


def _entries(books: Books) -> Iterator[dict[str, Any]]:
    """What the reader takes: the number, the kind, the time and the values that are not redacted."""
    for row in books.reader.rows():
        entry = plain(row)
        yield {"number": entry.number, "kind": entry.kind, "time": entry.time, "values": entry.values}


def _facts(judged: list[_Judged]) -> dict[str, Any]:
    return {
        "clean": all(each.auditor.clean for each in judged),
        "hops": sum(each.auditor.hops for each in judged),
        "breaches": sum(each.auditor.breaches for each in judged),
        "ledgers": [{"file": str(each.path), **each.auditor.told()} for each in judged],
    }


def _show(judged: list[_Judged], console: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("ledger", overflow="fold")
    for heading in ("entries", "requests", "hops", "in routes", "forbidden", "unjudged", "undecided"):
        table.add_column(heading, justify="right")
    for each in judged:
        found = each.auditor
        unjudged, undecided = found.unjudged.total(), len(found.undecided)
        table.add_row(
            printable(each.name),
            f"{found.entries:,}",
            f"{found.kinds['request']:,}",
            f"{found.hops:,}",
            f"{found.named:,}",
            Text(f"{found.breaches:,}", "bold red" if found.breaches else "green"),
            Text(f"{unjudged:,}", "yellow" if unjudged else ""),
            Text(f"{undecided:,}", "yellow" if undecided else ""),
        )
    console.print(table)
    for each in judged:
        for line in _said(each, several=len(judged) > 1):
            console.print(line, soft_wrap=True)


def _said(judged: _Judged, *, several: bool) -> Iterator[Text]:
    """What is wrong, or noteworthy, in the words of people."""
    found, name = judged.auditor, f"{judged.name}#" if several else "entry "
    for each in found.forbidden[:SHOWN]:
        yield Text.assemble(("forbidden  ", "bold red"), printable(f"{name}{each.entry}: {_sentence(each)}"))
    if found.breaches > SHOWN:
        yield Text(f"and {found.breaches - SHOWN:,} more: --json lists them", "dim")
    wrong = [f"{name}{entry}: {what}" for entry, what in found.orphans]
    wrong += [f"entries {first} to {last} of {judged.name} are missing" for first, last in found.missing]
    for what in wrong[:SHOWN]:
        yield Text.assemble(("wrong  ", "bold red"), printable(what))
    if len(wrong) > SHOWN:
        yield Text(f"and {len(wrong) - SHOWN:,} more: --json lists them", "dim")
    for why, count in found.unjudged.items():
        yield _note("not judged", f"{count:,} times, first at {name}{found.unjudged_at[why]}: {why}")
    for gap in found.gaps:
        yield _note("gap", f"{name}{gap['entry']}: {gap['lost']} entries were lost ({gap['why']})")
    for entry, request in found.undecided[:SHOWN]:
        yield _note("undecided", f"{name}{entry}: nothing was decided for {request} so far")
    if interrupted := found.outcomes["interrupted"]:
        yield _note("interrupted", f"{interrupted:,} requests ended with the process that served them")
    if found.excused:
        yield _note("excused", f"{found.excused:,} decisions without their request, which a gap or an earlier part has")
    if found.late:
        yield _note(
            "late", f"{found.late:,} places permitted only by the day or inventory that was over within a second"
        )
    reached = ", ".join(f"{found.paths[path]:,} {path}" for path in PATHS if found.paths[path])
    if reached:
        yield Text(f"hops of {judged.name}: {reached}", "dim")


def _sentence(each: Forbidden) -> str:
    how = "was named as permitted" if each.path == "route" else f"was called ({each.path})"
    request = f" for {each.request}" if each.request else ""
    return f"{each.deployment} {how}{request}, and is forbidden to {each.process} by {each.rule}: {each.why}"


def _note(word: str, what: str) -> Text:
    return Text.assemble((f"{word}  ", "yellow"), printable(what))
