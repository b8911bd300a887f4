"""From a command line to a router, and from what goes wrong to one line and exit code 1."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import orjson
import typer

from modelrouter.cli.printable import printable
from modelrouter.core.inventory import Inventory
from modelrouter.errors import InventoryError, UsageError
from modelrouter.inventory.loader import load
from modelrouter.router import Router
from modelrouter.runtime.observers import Observer

InventoryFile = Annotated[
    Path,
    typer.Option(
        "--inventory",
        "--file",
        "-f",
        metavar="FILE",
        help="The inventory.",
        envvar="MODELROUTER_INVENTORY",
        show_default="providers.yaml",
    ),
]
USUAL = Path("providers.yaml")
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")]


@contextmanager
def opened(
    file: Path,
    *,
    as_json: bool = False,
    observers: Sequence[Observer] = (),
    adapted: Callable[[Inventory], Inventory] | None = None,
) -> Iterator[Router]:
    """A router over an inventory, as it is or adapted; what the user can mend ends the command with one line."""
    try:
        with Router(adapted(load(file)) if adapted else file, observers=observers) as router:
            yield router
    except InventoryError as error:
        first, *more = error.problems
        others = f" and {len(more)} more" if more else ""
        fail(f"{file} cannot be used: {first}{others}; modelrouter check {file} shows everything", as_json=as_json)
    except UsageError as error:
        fail(str(error), as_json=as_json)


def fail(message: str, details: Iterable[str] = (), *, as_json: bool = False, **more: Any) -> NoReturn:
    """End the command with exit code 1: a line and its details on standard error, or one object on standard output."""
    if as_json:
        show_json({"error": message, **more})
        raise typer.Exit(1)
    typer.secho(f"error: {printable(message)}", fg="red", err=True)
    for detail in details:
        typer.secho(f"  {printable(detail)}", dim=True, err=True)
    raise typer.Exit(1)


def show_json(values: dict[str, Any]) -> None:
    """Print one object."""
    typer.echo(orjson.dumps(values, option=orjson.OPT_INDENT_2).decode())
