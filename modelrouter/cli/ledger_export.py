"""`modelrouter ledger export`: the ledger in the forms that others read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from modelrouter.cli.graphs import stop
from modelrouter.cli.ledger_facts import newest
from modelrouter.cli.ledger_progress import progress
from modelrouter.cli.ledger_source import Books, File, Inventory, located, opened_all
from modelrouter.cli.ledger_tail import Kinds, Process, Request, begin_of, wanted_of
from modelrouter.cli.moments import Since, Until
from modelrouter.cli.opening import USUAL, AsJson, fail, show_json
from modelrouter.ledger.entry import BrokenError, Sealed
from modelrouter.ledger.export.lines import write_folder, write_lines
from modelrouter.ledger.export.ocsf import write_events
from modelrouter.ledger.export.tables import write_csv, write_parquet
from modelrouter.ledger.plain import ANYTHING, Plain, Wanted, selected

__all__ = ["export"]

FORMS = ("jsonl", "parquet", "csv", "ocsf")
SELECTION = "a part of a ledger: what it leaves out cannot be told from what was removed, so single entries are proved"


def _form(text: str) -> str:
    if text not in FORMS:
        raise typer.BadParameter(f"there is no form {text!r}; it is one of {', '.join(FORMS)}")
    return text


def export(
    file: File = None,
    *,
    to: Annotated[str, typer.Option("--to", metavar="FORM", help="jsonl, parquet, csv or ocsf.", parser=_form)],
    out: Annotated[
        Path, typer.Option(metavar="PATH", help="A folder; for ocsf, or jsonl without its tree, a file .jsonl.")
    ],
    kind: Kinds = None,
    process: Process = None,
    request: Request = None,
    since: Since = None,
    until: Until = None,
    by_day: Annotated[bool, typer.Option("--by-day", help="Parquet: a folder for each day.")] = False,
    inventory: Inventory = USUAL,
    as_json: AsJson = False,
) -> None:
    """Write the ledger as lines with tiles, which anybody can verify, as tables, or as security events.

    Nothing half done is left: files take their places when they are whole.
    """
    wanted = wanted_of(kind, process, request, since, until)
    if by_day and to != "parquet":
        stop("--by-day goes with --to parquet alone", as_json=as_json)
    if to == "jsonl" and wanted != ANYTHING and out.suffix != ".jsonl":
        stop(f"that would be {SELECTION}: name a file .jsonl for its lines alone", as_json=as_json)
    place = located(file, inventory, as_json=as_json)
    with opened_all(place, as_json=as_json) as books, _refused(as_json=as_json):
        total = sum(each.reader.size for each in books)
        with progress(f"exporting to {out}", total) as done:
            written = _written(to, books, wanted, out, done, by_day=by_day, as_json=as_json)
    if as_json:
        show_json({"form": to, "out": str(out), **written})
        return
    told = ", ".join(f"{value} {name}" for name, value in written.items())
    typer.secho(f"wrote {out}: {told}", fg="green")
    if to == "jsonl" and wanted != ANYTHING:
        typer.secho(f"this is {SELECTION}", dim=True)


@contextmanager
def _refused(*, as_json: bool) -> Iterator[None]:
    """A ledger that is not what was written is not exported."""
    try:
        yield
    except BrokenError as error:
        fail(f"not exported: {error}", ["modelrouter ledger verify says where"], as_json=as_json)


def _written(
    form: str, books: Sequence[Books], wanted: Wanted, out: Path, done: Callable[[int], object], **ask: bool
) -> dict[str, Any]:
    """What was written, counted."""
    if form == "parquet":
        return write_parquet(_told(books, wanted), out, done, by_day=ask["by_day"])._asdict()
    if form == "csv":
        return write_csv(_told(books, wanted), out, done)._asdict()
    if form == "ocsf":
        return {"events": write_events(_told(books, wanted), out, done)}
    if out.suffix != ".jsonl":
        return _trees(books, out, done)
    if len(books) > 1 and wanted == ANYTHING:
        stop(f"{len(books)} shards are several ledgers: name a folder", as_json=ask["as_json"])
    return {"entries": write_lines(_chosen(books, wanted), out, done)}


def _trees(books: Sequence[Books], out: Path, done: Callable[[int], object]) -> dict[str, Any]:
    """Lines, tiles and checkpoint: of one shard in the folder itself, of several in a folder each."""
    found = [
        write_folder(
            each.reader.rows(0, each.reader.size - 1),
            each.reader.head,
            newest(each),
            out / each.name if len(books) > 1 else out,
            done,
        )
        for each in books
        if each.reader.size
    ]
    return {
        "entries": sum(each.entries for each in found),
        "new tiles": sum(each.tiles for each in found),
        "signed entries": sum(each.signed for each in found),
    }


def _entries(books: Books, wanted: Wanted) -> Iterator[Plain]:
    begin = begin_of(books.reader, wanted.since) if wanted.since else 0
    return selected(books.reader.rows(begin, books.reader.size - 1), wanted)


def _told(books: Sequence[Books], wanted: Wanted) -> Iterator[tuple[str, Plain]]:
    """The entries that are asked for, each with its ledger's origin."""
    for each in books:
        origin = each.reader.origin if each.reader.size else ""
        for entry in _entries(each, wanted):
            yield origin, entry


def _chosen(books: Sequence[Books], wanted: Wanted) -> Iterator[Sealed]:
    for each in books:
        if wanted == ANYTHING:
            yield from each.reader.rows(0, each.reader.size - 1)
        else:
            yield from (entry.sealed for entry in _entries(each, wanted))
