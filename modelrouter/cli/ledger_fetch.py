"""`modelrouter ledger fetch`: a fleet's ledgers out of PostgreSQL, as files that every other verb reads."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from modelrouter.cli.graphs import stop
from modelrouter.cli.ledger_progress import progress
from modelrouter.cli.ledger_source import Inventory, explained, located
from modelrouter.cli.opening import USUAL, AsJson, show_json
from modelrouter.inventory.secrets import resolve
from modelrouter.ledger.entry import line
from modelrouter.ledger.export.files import replaced
from modelrouter.ledger.export.lines import CHECKPOINT, LINES
from modelrouter.ledger.fleet import Held, fetched, held

__all__ = ["fetch"]

STEP = 1000
_ODD = re.compile(r"[^A-Za-z0-9.-]+")


def fetch(
    origin: Annotated[
        list[str] | None, typer.Argument(metavar="ORIGIN", help="Only ledgers whose origin is or begins with this.")
    ] = None,
    *,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where a folder is written for each of them.")],
    inventory: Inventory = USUAL,
    as_json: AsJson = False,
) -> None:
    """Write every ledger that PostgreSQL has as an export: `verify`, `show`, `tail`, `prove` and `export` read it.

    The database is the one that the inventory's ledger names. Nothing is judged on the way: entries come as they are there.
    """
    place = located(None, inventory, as_json=as_json)
    reference = place.section.postgres if place.section is not None else None
    if reference is None:
        stop(f"{inventory} names no PostgreSQL: add `postgres:` to its section ledger", as_json=as_json)

    def dsn() -> str:
        return resolve(reference).reveal()

    with explained(as_json=as_json):
        found = [each for each in held(dsn) if not origin or any(_is(each.origin, name) for name in origin)]
        if not found:
            stop("PostgreSQL has no ledger of that origin" if origin else "PostgreSQL has no ledger", as_json=as_json)
        written = [(each, _written(dsn, each, out / _ODD.sub("_", each.origin))) for each in found]
    if as_json:
        show_json({"ledgers": [{"origin": each.origin, "entries": size} for each, size in written], "out": str(out)})
        return
    for each, size in written:
        typer.secho(f"wrote {out / _ODD.sub('_', each.origin)}: {size} entries of {each.origin}", fg="green")


def _is(origin: str, name: str) -> bool:
    return origin == name or origin.startswith(f"{name}/")


def _written(dsn: Callable[[], str], each: Held, folder: Path) -> int:
    """The lines of a ledger and its newest checkpoint; how many lines."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with fetched(dsn, each.origin) as reader, progress(f"fetching {each.origin}", reader.size) as done:
        with replaced(folder / LINES) as file:
            for count, row in enumerate(reader.rows(), 1):
                file.write(line(row.raw, row.fields) + b"\n")
                if not count % STEP:
                    done(STEP)
        if each.checkpoint is not None:
            with replaced(folder / CHECKPOINT) as file:
                file.write(each.checkpoint.encode())
    return count
