"""`modelrouter ledger show`: a ledger as a whole, or everything about one entry or one request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from modelrouter.cli.graphs import stop
from modelrouter.cli.ledger_facts import Facts, facts, newest
from modelrouter.cli.ledger_progress import progress
from modelrouter.cli.ledger_source import (
    Books,
    Inventory,
    Words,
    asked,
    entry_of,
    located,
    opened_all,
    reference,
    shard_of,
)
from modelrouter.cli.ledger_tail import Recorded, as_json_object
from modelrouter.cli.ledger_words import hop, said, sentence
from modelrouter.cli.moments import local
from modelrouter.cli.opening import USUAL, AsJson, show_json
from modelrouter.errors import LedgerError
from modelrouter.ledger.checkpoint import Checkpoint
from modelrouter.ledger.entry import BrokenError, Kind, MalformedError, base64, check, read
from modelrouter.ledger.merkle import leaf_hash
from modelrouter.ledger.plain import Plain, Wanted, selected

__all__ = ["show"]

SHOWN = 5
"""Open requests and gaps that are named."""
_APART = ("trail", "excluded")
"""Values that are shown in lines of their own."""


class _Seen(NamedTuple):
    """An entry to be shown, and what checking it showed."""

    recorded: Recorded
    problem: str
    """Empty where it is what was written."""
    redactions: tuple[str, ...]
    """Who took its values, and why."""


def show(words: Words = None, *, inventory: Inventory = USUAL, as_json: AsJson = False) -> None:
    """Show everything about an entry or a request; without either, the ledger as a whole.

    Exit code 1 where an entry that is shown is not what was written.
    """
    wanted = asked(words)
    place = located(wanted.file, inventory, as_json=as_json)
    if len(wanted.entries) > 1:
        stop("one entry or request at a time", as_json=as_json)
    with opened_all(place, as_json=as_json) as books:
        if not wanted.entries:
            _overview(books, as_json=as_json)
            return
        seen = list(_seen(books, wanted.entries[0], as_json=as_json))
    if not seen:
        stop(f"{place.path} tells of no request {wanted.entries[0]}", as_json=as_json)
    if as_json:
        show_json({"entries": [_facts(each) for each in seen], "verifies": not any(each.problem for each in seen)})
    else:
        console = Console(highlight=False)
        for each in seen:
            _draw(each, console)
    raise typer.Exit(1 if any(each.problem for each in seen) else 0)


def _seen(books: Sequence[Books], word: str, *, as_json: bool) -> Iterator[_Seen]:
    """The entry of a number, or those of a request in every shard."""
    if word.startswith("mr_"):
        for each in books:
            for entry in _of_request(each, word):
                yield _checked(each, entry)
        return
    named = reference(word)
    shard = shard_of(books, named, as_json=as_json)
    for number in range(named.first, named.last + 1):
        yield _checked(shard, entry_of(shard, number))


def _of_request(books: Books, name: str) -> Iterator[Plain]:
    text, size = name.encode(), books.reader.size
    with progress(f"reading {books.name}", size) as done:
        near = (row for row in books.reader.rows() if done(1) or text in row.fields)
        yield from selected(near, Wanted(request=name))


def _checked(books: Books, entry: Plain) -> _Seen:
    reader = books.reader
    recorded = Recorded(books.name, reader.origin, entry)
    redactions = tuple(_redactions(books, entry)) if entry.redacted else ()
    return _Seen(recorded, _problem(books, entry), redactions)


def _problem(books: Books, entry: Plain) -> str:
    """What is wrong with an entry: its values, its hash, or that the next one names another."""
    sealed = entry.sealed
    try:
        check(sealed.raw, sealed.fields)
        if leaf_hash(sealed.raw) != sealed.leaf:
            return "the hash that is kept beside it is not its own"
        for after in books.reader.rows(entry.number + 1, entry.number + 1):
            if read(after.raw).after != sealed.leaf:
                return "the next entry names another one"
    except BrokenError as error:
        return error.what
    except (MalformedError, LedgerError) as error:
        return str(error)
    return ""


def _redactions(books: Books, entry: Plain) -> Iterator[str]:
    """What later entries say of what was taken from it."""
    wanted = Wanted(frozenset([Kind.REDACTION]))
    for each in selected(books.reader.rows(entry.number + 1), wanted):
        spans, names = each.values.get("entries", []), each.values.get("fields", [])
        if any(first <= entry.number <= last for first, last in spans) and set(names) & set(entry.redacted):
            yield f"{', '.join(sorted(set(names) & set(entry.redacted)))} by {said(each.values.get('who'))}: {said(each.values.get('why'))} (entry {each.number}, {local(each.time)})"


def _facts(seen: _Seen) -> dict[str, Any]:
    return {**as_json_object(seen.recorded), "problem": seen.problem or None, "redactions": list(seen.redactions)}


def _draw(seen: _Seen, console: Console) -> None:
    entry, told = seen.recorded.entry, sentence(seen.recorded.entry)
    head = Text.assemble(
        (f"{seen.recorded.shard}#{entry.number}", "bold"), f"  {entry.kind}  ", (local(entry.time), "dim")
    )
    console.print(head, Text(f"  {told.text}", told.style), sep="\n")
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in entry.values.items():
        if name not in _APART:
            table.add_row(name, Text(_written(value)))
    for name in entry.redacted:
        table.add_row(name, Text("redacted", "yellow"))
    for each in seen.redactions:
        table.add_row("", Text(each, "yellow"))
    for name, text in _lines(entry):
        table.add_row(name, text)
    verdict = (
        Text(f"not what was written: {seen.problem}", "bold red")
        if seen.problem
        else Text("is what was written", "green")
    )
    table.add_row("hash", Text.assemble(base64(entry.sealed.leaf), "  ", verdict))
    console.print(table)


def _lines(entry: Plain) -> Iterator[tuple[str, Text]]:
    """Hops and who was left out, one a line."""
    trail, excluded = (entry.values.get(name) for name in _APART)
    for place, each in enumerate(trail if isinstance(trail, list) else ()):
        told = hop(each)
        yield "" if place else "trail", Text(told.text, told.style)
    for place, each in enumerate(excluded if isinstance(excluded, list) else ()):
        out = each if isinstance(each, dict) else {}
        yield (
            "" if place else "excluded",
            Text(f"{said(out.get('deployment'))}: by {said(out.get('rule'))} ({said(out.get('why'))})"),
        )


def _written(value: Any) -> str:
    return said(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _overview(books: Sequence[Books], *, as_json: bool) -> None:
    """Every shard as a whole."""
    found = []
    for each in books:
        with progress(f"reading {each.name}", each.reader.size) as done:
            found.append((each, facts(each.reader, done) if each.reader.size else None, newest(each)))
    if as_json:
        show_json(
            {
                "ledgers": [
                    _summary(each, told, Checkpoint.read(note.text).size if note else 0) for each, told, note in found
                ]
            }
        )
        return
    console = Console(highlight=False)
    for each, told, note in found:
        covered = Checkpoint.read(note.text).size if note is not None else 0
        _draw_overview(each, told, covered, console)


def _summary(books: Books, told: Facts | None, covered: int) -> dict[str, Any]:
    if told is None:
        return {"file": str(books.path), "entries": 0}
    return {
        "file": str(books.path),
        "origin": told.origin,
        "entries": told.size,
        "first": told.first,
        "last": told.last,
        "writers": told.writers,
        "interrupted_writers": told.interrupted,
        "verifier_keys": list(told.keys),
        "signed_entries": covered,
        "gaps": list(told.gaps),
        "open_requests": list(told.open),
        "kinds": dict(told.kinds),
        "outcomes": dict(told.outcomes),
    }


def _draw_overview(books: Books, told: Facts | None, covered: int, console: Console) -> None:
    if told is None:
        console.print(Text.assemble((books.name, "bold"), "  no entries yet"))
        return
    console.print(Text(told.origin, "bold"))
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("file", str(books.path))
    table.add_row("entries", f"{told.size}, from {local(told.first)} to {local(told.last)}")
    table.add_row("kinds", ", ".join(f"{count} {kind}" for kind, count in told.kinds.most_common()))
    if told.outcomes:
        table.add_row(
            "decisions", ", ".join(f"{count} {said(outcome)}" for outcome, count in told.outcomes.most_common())
        )
    interrupted = Text(f", {told.interrupted} of them after an interruption" if told.interrupted else "", "yellow")
    table.add_row("writers", Text.assemble(str(told.writers), interrupted))
    signed = f"entries 0 to {covered - 1}" if covered else "nothing"
    table.add_row("signed", Text(signed, "" if covered else "yellow"))
    for place, key in enumerate(told.keys):
        table.add_row("" if place else "verifier key", key)
    if told.gaps:
        table.add_row("gaps", Text(_named([f"entry {number}" for number in told.gaps]), "red"))
    if told.open:
        table.add_row("open", Text(f"{len(told.open)} requests without a decision: {_named(told.open)}", "yellow"))
    console.print(table)


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(map(said, names[:SHOWN])) + more
