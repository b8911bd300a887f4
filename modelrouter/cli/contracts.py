"""`modelrouter contracts`: what was promised, beside what was recorded; what is due, and what to claim it with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console

from modelrouter.cli.contracts_facts import facts
from modelrouter.cli.contracts_proofs import FOLDER, proofs
from modelrouter.cli.contracts_tables import show
from modelrouter.cli.day import Today, day_of
from modelrouter.cli.graphs import read_graph, stop
from modelrouter.cli.ledger_source import Place, paths_of
from modelrouter.cli.opening import USUAL, AsJson, InventoryFile, show_json
from modelrouter.cli.writing import spared, write
from modelrouter.continuity.calendar import LASTING, Entry, calendar
from modelrouter.continuity.factors import Graph
from modelrouter.core.contracts import Contract
from modelrouter.core.inventory import Inventory
from modelrouter.core.windows import Window, minute_of, window, window_of
from modelrouter.core.windows import day_of as day_of_minute
from modelrouter.errors import LedgerError
from modelrouter.governance.contracts.claim import failures_of, pack
from modelrouter.governance.contracts.promises import Judged, covered, judge
from modelrouter.governance.contracts.record import Record, Recorded, read
from modelrouter.ledger.entry import MalformedError, Sealed
from modelrouter.ledger.plain import Wanted, selected
from modelrouter.ledger.reading import opened
from modelrouter.pages.contracts import Shown, page

KINDS = frozenset({"request", "decision", "stream", "hold", "gap"})
"""Of entries: those that say something of promises."""
REQUEST, TRUE, TAIL = b'"kind":"request"', b",true]", 160
"""How an entry of that kind ends, and how a field with that value: nine of ten need not be read further."""
BROKEN = 1


class _Asked(NamedTuple):
    """What the command is about."""

    graph: Graph
    contracts: tuple[Contract, ...]
    today: date
    now: int
    """The minute up to which windows have passed."""

    @property
    def inventory(self) -> Inventory:
        return self.graph.inventory


class _Seen(NamedTuple):
    """What was read, and where."""

    record: Record
    sources: tuple[str, ...]


def main(
    names: Annotated[list[str] | None, typer.Argument(metavar="[CONTRACT]...", help="These alone; else all.")] = None,
    file: InventoryFile = USUAL,
    *,
    ledger: Annotated[
        Path | None,
        typer.Option(
            "--ledger", metavar="PATH", help="A shard (0.db), a folder of shards or an export; else the inventory's."
        ),
    ] = None,
    asked: Annotated[
        str | None,
        typer.Option(
            "--window", metavar="WHEN", help="2026-09, 2026-Q3 or 2026; else the last whole month that was recorded."
        ),
    ] = None,
    html: Annotated[Path | None, typer.Option("--page", metavar="FILE", help="Write it as a page, too.")] = None,
    claim: Annotated[
        Path | None,
        typer.Option("--claim", metavar="FOLDER", help="Write for each contract what its credits are claimed with."),
    ] = None,
    unkept: bool = typer.Option(
        False, "--unkept", help="Only promises that were not kept; exit code 1 if there are any."
    ),
    today: Today = None,
    as_json: AsJson = False,
) -> None:
    """Show each promise of a contract beside what the ledger recorded, the credits that are due, and the next date."""
    graph = read_graph(file, as_json=as_json)
    contracts = _named(graph.inventory, names or (), as_json=as_json)
    asking = _Asked(graph, contracts, day_of(today), _now(today))
    wanted = _wanted(asked, as_json=as_json)
    seen = _read(graph.inventory, ledger, as_json=as_json)
    chosen = wanted or _usual(seen.record, asking)
    judged = [judge(graph.inventory, each, seen.record, chosen.last, asking.now) for each in contracts]
    shown = [_shown(each, asking) for each in judged]
    written = []
    if html is not None:
        write(html, page(graph.inventory.name, str(chosen), shown, seen.record, seen.sources), graph.inventory.files)
        written.append(html)
    if claim is not None:
        written += _claim(claim, graph.inventory, shown, seen, as_json=as_json)
    if unkept:
        shown = [each for each in shown if each.judged.broken]
    if as_json:
        show_json(facts(str(chosen), shown, seen.record, seen.sources, unkept=unkept))
    else:
        console = Console(highlight=False)
        show(console, str(chosen), shown, seen.record, seen.sources, unkept=unkept)
        for each in written:
            typer.secho(f"written: {each}", dim=True)
    if unkept and shown:
        raise typer.Exit(BROKEN)


def _named(inventory: Inventory, names: Sequence[str], *, as_json: bool) -> tuple[Contract, ...]:
    for name in names:
        if name not in inventory.contracts:
            known = ", ".join(inventory.contracts) or "none"
            stop(f"the inventory has no contract {name!r}; it has {known}", as_json=as_json)
    found = [inventory.contracts[name] for name in dict.fromkeys(names)] or list(inventory.contracts.values())
    if not found:
        stop(f"{inventory.path} describes no contract: add one under contracts", as_json=as_json)
    return tuple(found)


def _now(today: date | None) -> int:
    """This minute; of another day, its first."""
    at = datetime.now(UTC) if today is None else datetime.combine(today, time(), UTC)
    return minute_of(at.timestamp())


def _read(inventory: Inventory, path: Path | None, *, as_json: bool) -> _Seen:
    """What the ledger says; nothing where the inventory keeps none, or nothing was recorded there yet."""
    section = inventory.ledger
    if path is None and section is None:
        return _Seen(Record(), ())
    place = Place(path or Path(section.beside(inventory.path) if section else "."), section)
    if path is None and not place.path.exists():
        return _Seen(Record(), ())
    try:
        paths = paths_of(place)
        return _Seen(read(_entries(paths)), tuple(map(str, paths)))
    except LedgerError as error:
        stop(f"{error.what}: {error.advice}", as_json=as_json)
    except MalformedError as error:
        stop(f"not what a ledger holds: {error}; modelrouter ledger verify says where", as_json=as_json)
    except OSError as error:
        stop(f"{error.filename or place.path}: {error.strerror or error}", as_json=as_json)


def _entries(paths: Iterable[Path]) -> Iterator[Recorded]:
    for path in paths:
        with opened(path) as reader:
            origin = reader.origin
            for each in selected(filter(_matters, reader.rows()), Wanted(kinds=KINDS)):
                at = datetime.fromisoformat(each.time).timestamp()
                yield Recorded(origin, each.number, each.kind, at, each.values)


def _matters(row: Sealed) -> bool:
    """Of requests only those are looked at that asked for a stream: such a one holds the value `true`."""
    return REQUEST not in row.raw[-TAIL:] or TRUE in row.fields


def _wanted(asked: str | None, *, as_json: bool) -> Window | None:
    """The window that was asked for, if any was."""
    try:
        return None if asked is None else window(asked)
    except ValueError as error:
        stop(f"--window: {error}", as_json=as_json)


def _usual(record: Record, asking: _Asked) -> Window:
    """The last month that is over, if anything was recorded in it or before; else this one."""
    if record.last is None:
        return window_of("month", asking.today)
    latest = window_of("month", min(asking.today, day_of_minute(minute_of(record.last))))
    began = record.first is not None and minute_of(record.first) < latest.minutes.first
    return latest.before if asking.now < latest.minutes.end and began else latest


def _shown(judged: Judged, asking: _Asked) -> Shown:
    contract = judged.contract
    begins = str(contract.begins) if contract.begins is not None else "?"
    renews = ", then renewed" if contract.renews_s is not None else ""
    ends = f"to {contract.ends}{renews}" if contract.ends is not None else "without an end that is stated"
    entry = _next(contract, asking)
    return Shown(judged, f"{begins} {ends}", f"{entry.day} {entry.said}" if entry is not None else "")


def _next(contract: Contract, asking: _Asked) -> Entry | None:
    """What is to be known of it next: what is overdue comes first."""
    mine = (f"contract:{contract.id}", f"claim:{contract.id}/")
    for entry in calendar(asking.graph, asking.today).entries:
        own = entry.subject == mine[0] or entry.subject.startswith(mine[1])
        if own and (entry.day >= asking.today or entry.kind in LASTING):
            return entry
    return None


def _claim(folder: Path, inventory: Inventory, shown: Sequence[Shown], seen: _Seen, *, as_json: bool) -> list[Path]:
    """A folder for each contract of which anything was recorded."""
    made = []
    for each in shown:
        judged = each.judged
        if not judged.recorded or not covered(inventory, judged.contract):
            continue
        target = folder / f"{judged.contract.id}-{judged.window}"
        spared(target, inventory.files, as_json=as_json)
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            stop(f"{target} cannot be made: {error.strerror}", as_json=as_json)
        texts = pack(judged, seen.record, seen.sources)
        texts["summary.html"] = page(inventory.name, str(judged.window), [each], seen.record, seen.sources)
        for name, text in texts.items():
            write(target / name, text, inventory.files, as_json=as_json)
        _prove(target, inventory, judged, seen, as_json=as_json)
        made.append(target)
    return made


def _prove(target: Path, inventory: Inventory, judged: Judged, seen: _Seen, *, as_json: bool) -> None:
    """The proofs of a claim, in a folder of their own."""
    entries = [(each.origin, each.number) for each in failures_of(judged, seen.record)]
    files = proofs(entries, [Path(each) for each in seen.sources], as_json=as_json)
    try:
        (target / FOLDER).mkdir(exist_ok=True)
    except OSError as error:
        stop(f"{target / FOLDER} cannot be made: {error.strerror}", as_json=as_json)
    for name, content in files.items():
        write(target / FOLDER / name, content, inventory.files, as_json=as_json)
