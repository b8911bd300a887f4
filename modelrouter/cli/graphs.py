"""From a command line to the graph of an inventory, and to what is said to happen to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import typer

from modelrouter.cli.opening import show_json
from modelrouter.cli.printable import printable
from modelrouter.continuity.factors import Graph
from modelrouter.errors import InventoryError
from modelrouter.inventory.loader import load

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from modelrouter.core.inventory import Inventory

__all__ = ["UNJUDGED", "inhabited", "read_graph", "read_inventory", "stop"]

UNJUDGED = 2
"""The exit code where nothing could be judged: the inventory, or what was asked, is wrong."""
KNOWN = 30
"""So many names that might have been meant are listed."""


def read_graph(file: Path, *, day: date | None = None, as_json: bool = False) -> Graph:
    """The graph of an inventory, on a day or on any; one that cannot be used ends the command with exit code 2."""
    return Graph.of(read_inventory(file, as_json=as_json), day)


def inhabited(graph: Graph, *, as_json: bool = False) -> Graph:
    """The same graph; where no process is described there is nothing to judge, and the command ends with exit code 2."""
    if not graph.processes:
        file = graph.inventory.path
        stop(f"{file} describes no process, so there is nothing to judge: add one under processes", as_json=as_json)
    return graph


def read_inventory(file: Path, *, as_json: bool = False) -> Inventory:
    """An inventory; one that cannot be used ends the command with exit code 2."""
    try:
        return load(file)
    except InventoryError as error:
        first, *more = error.problems
        others = f" and {len(more)} more" if more else ""
        stop(f"{file} cannot be used: {first}{others}; modelrouter check {file} shows everything", as_json=as_json)


def stop(message: str, known: Sequence[str] | None = None, *, as_json: bool = False) -> NoReturn:
    """Nothing can be judged: one line on standard error and the names that might have been meant; or one JSON object."""
    if as_json:
        show_json({"error": message} | ({} if known is None else {"known": list(known)}))
    else:
        typer.secho(f"error: {printable(message)}", fg="red", err=True)
        if known:
            shown = ", ".join(known[:KNOWN]) + (f" and {len(known) - KNOWN} more" if len(known) > KNOWN else "")
            typer.secho(f"  known: {printable(shown)}", dim=True, err=True)
    raise typer.Exit(UNJUDGED)
