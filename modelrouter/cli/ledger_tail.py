"""`modelrouter ledger tail`: what was recorded last, and what is being recorded."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from modelrouter.cli.ledger_source import (
    Books,
    File,
    Inventory,
    Place,
    called,
    explained,
    located,
    opened_all,
    paths_of,
)
from modelrouter.cli.ledger_words import sentence
from modelrouter.cli.moments import Since, Until, local
from modelrouter.cli.opening import USUAL, AsJson, show_json
from modelrouter.ledger.entry import Kind, base64
from modelrouter.ledger.plain import Plain, Wanted, first_at, plain, selected
from modelrouter.ledger.reading import Reader, opened

__all__ = ["Kinds", "Process", "Recorded", "Request", "as_json_object", "begin_of", "tail", "wanted_of"]

BLOCK = 500
"""Entries that are read at a time, from the end backwards."""
EVERY_S = 1.0
SHARE = 5
"""A look at a ledger that took long is followed by a pause so many times as long."""
ROOMY = 100
"""Columns from which on an entry is a row; below, it is two lines."""


def _kind(text: str) -> str:
    known = [str(kind) for kind in Kind]
    if text not in known:
        raise typer.BadParameter(f"there is no kind {text!r}; they are {', '.join(known)}")
    return text


Kinds = Annotated[
    list[str] | None,
    typer.Option("--kind", metavar="KIND", help="Such as decision or hold; may be repeated.", parser=_kind),
]
Process = Annotated[str | None, typer.Option("--process", metavar="NAME", help="Of this process alone.")]
Request = Annotated[str | None, typer.Option("--request", metavar="ID", help="Of this request alone.")]


class Recorded(NamedTuple):
    """An entry, and the shard it is in."""

    shard: str
    origin: str
    entry: Plain


def wanted_of(
    kinds: Sequence[str] | None, process: str | None, request: str | None, since: str | None, until: str | None
) -> Wanted:
    """What the options ask for."""
    return Wanted(frozenset(kinds or ()), process, request, since or "", until)


def tail(
    file: File = None,
    *,
    number: Annotated[
        int, typer.Option("--lines", "-n", metavar="N", help="How many of the last entries.", min=0)
    ] = 20,
    follow: Annotated[bool, typer.Option("--follow", help="And what comes, until interrupted.")] = False,
    kind: Kinds = None,
    process: Process = None,
    request: Request = None,
    since: Since = None,
    until: Until = None,
    inventory: Inventory = USUAL,
    as_json: AsJson = False,
) -> None:
    """Show what was recorded last: when, what happened, and how it ended."""
    place = located(file, inventory, as_json=as_json)
    wanted = wanted_of(kind, process, request, since, until)
    with opened_all(place, as_json=as_json) as books:
        found = sorted(
            (each for shard in books for each in last_of(shard, wanted, number)), key=lambda each: each.entry.time
        )
        reached = {shard.path: shard.reader.size for shard in books}
    _show(found[-number:] if number else [], as_json=as_json, lines=follow)
    if follow:
        try:
            _follow(place, wanted, reached, as_json=as_json)
        except KeyboardInterrupt:
            return


def begin_of(reader: Reader, since: str) -> int:
    """The number of the first entry that is not before a time."""
    return first_at(since, reader.size, lambda number: next(plain(row).time for row in reader.rows(number, number)))


def last_of(books: Books, wanted: Wanted, number: int) -> list[Recorded]:
    """The last entries of a shard that are asked for, in order, read from the end."""
    end, found = books.reader.size, list[Recorded]()
    origin = books.reader.origin if end else ""
    begin = begin_of(books.reader, wanted.since) if wanted.since else 0
    while end > begin and len(found) < number:
        first = max(begin, end - BLOCK)
        block = [Recorded(books.name, origin, each) for each in selected(books.reader.rows(first, end - 1), wanted)]
        found, end = block + found, first
    return found[-number:] if number else []


def _follow(place: Place, wanted: Wanted, reached: dict[Path, int], *, as_json: bool) -> None:
    """Show what comes, as it comes; a shard is looked at when its files have changed."""
    seen = dict.fromkeys(reached, "")
    for _ in count():
        begun = time.monotonic()
        with explained(as_json=as_json):
            for path in paths_of(place):
                state = _state(path)
                if state != seen.get(path):
                    seen[path] = state
                    _show(_new(path, wanted, reached), as_json=as_json, lines=True)
        time.sleep(max(EVERY_S, SHARE * (time.monotonic() - begun)))


def _new(path: Path, wanted: Wanted, reached: dict[Path, int]) -> list[Recorded]:
    with opened(path) as reader:
        size, first = reader.size, reached.get(path, 0)
        reached[path] = size
        if size <= first:
            return []
        return [Recorded(called(path), reader.origin, each) for each in selected(reader.rows(first, size - 1), wanted)]


def _state(path: Path) -> str:
    """What changes when a shard is written."""
    files = [each for each in (path, Path(f"{path}-wal")) if each.exists()]
    return " ".join(f"{each.stat().st_size} {each.stat().st_mtime_ns}" for each in files)


def as_json_object(each: Recorded) -> dict[str, Any]:
    """An entry for programs."""
    entry = each.entry
    return {
        "ledger": each.origin,
        "number": entry.number,
        "time": entry.time,
        "kind": entry.kind,
        "said": sentence(entry).text,
        "values": entry.values,
        "redacted": list(entry.redacted),
        "leaf_hash": base64(entry.sealed.leaf),
    }


def _show(found: Sequence[Recorded], *, as_json: bool, lines: bool) -> None:
    if as_json and lines:
        for each in found:
            typer.echo(orjson.dumps(as_json_object(each)).decode())
    elif as_json:
        show_json({"entries": [as_json_object(each) for each in found]})
    elif found:
        console = Console(highlight=False)
        console.print(_table(found) if console.width >= ROOMY else _stacked(found))
    elif not lines:
        typer.secho("nothing is recorded that was asked for", dim=True)


def _table(found: Sequence[Recorded]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for _ in range(3):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for when, name, kind, said in map(_cells, found):
        table.add_row(when, name, kind, said)
    return table


def _stacked(found: Iterable[Recorded]) -> Text:
    """The same where there is little room."""
    lines = []
    for when, name, kind, said in map(_cells, found):
        lines += [Text("  ").join([when, name, kind]), Text.assemble("  ", said)]
    return Text("\n").join(lines)


def _cells(each: Recorded) -> tuple[Text, Text, Text, Text]:
    told = sentence(each.entry)
    name = f"{each.shard}#{each.entry.number}"
    return Text(local(each.entry.time), "dim"), Text(name, "bold"), Text(each.entry.kind), Text(told.text, told.style)
