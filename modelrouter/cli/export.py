"""`modelrouter export`: the inventory in the forms that registers, catalogues and auditors read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from modelrouter.cli.check import InventoryFile
from modelrouter.cli.graphs import read_inventory, stop
from modelrouter.cli.printable import printable
from modelrouter.cli.writing import STANDARD_OUTPUT, spared, write
from modelrouter.core.inventory import Inventory
from modelrouter.governance.backstage import catalogue
from modelrouter.governance.cyclonedx import bill_of_materials
from modelrouter.governance.dora.files import MISSING, files
from modelrouter.governance.dora.gaps import Gap, gaps
from modelrouter.governance.dora.register import register
from modelrouter.governance.openslo import objectives

INCOMPLETE = 1


class _Form(NamedTuple):
    """One file in a form that others read."""

    file: str
    text: Callable[[Inventory, datetime], str]


def _bill(inventory: Inventory, at: datetime) -> str:
    return bill_of_materials(inventory, version=version("modelrouter"), at=at)


FORMS: Mapping[str, _Form] = MappingProxyType(
    {
        "cyclonedx": _Form("bom.cdx.json", _bill),
        "backstage": _Form("catalog-info.yaml", lambda inventory, _: catalogue(inventory)),
        "openslo": _Form("openslo.yaml", lambda inventory, _: objectives(inventory)),
    }
)
REGISTER = "dora"


def main(
    form: Annotated[str, typer.Argument(metavar="FORM", help="dora, cyclonedx, backstage or openslo.")],
    file: InventoryFile = Path("providers.yaml"),
    *,
    out: Annotated[
        Path | None,
        typer.Option(help="A file, - for standard output, or for dora a folder. By default named after the form."),
    ] = None,
    strict: Annotated[bool, typer.Option(help="dora: exit code 1 while mandatory cells are missing.")] = False,
) -> None:
    """Write the inventory as a register of information (DORA), CycloneDX, Backstage or OpenSLO."""
    if form not in (REGISTER, *FORMS):
        stop(f"there is no form {form!r}; it is one of {', '.join((REGISTER, *FORMS))}")
    if strict and form != REGISTER:
        stop(f"--strict asks for mandatory cells, which {form} does not have: it goes with {REGISTER} alone")
    inventory = read_inventory(file)
    at = datetime.now(UTC)
    console = Console(highlight=False)
    if form == REGISTER:
        _register(inventory, at, out or Path("dora-register"), console, strict=strict)
        return
    target = out or Path(FORMS[form].file)
    text = FORMS[form].text(inventory, at)
    if target == STANDARD_OUTPUT:
        typer.echo(text, nl=False)
        return
    write(target, text, inventory.files)
    console.print(f"wrote {target}", style="green", markup=False, soft_wrap=True)


def _register(inventory: Inventory, at: datetime, folder: Path, console: Console, *, strict: bool) -> None:
    filled = register(inventory, at.date())
    found = gaps(filled)
    if folder == STANDARD_OUTPUT:
        stop("the register is a folder of files: name one")
    spared(folder, inventory.files)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        stop(f"{folder} cannot be made: {error.strerror}")
    texts = {folder / name: text for name, text in files(filled, found).items()}
    for path in texts:
        spared(path, inventory.files)
    for path, text in texts.items():
        write(path, text, inventory.files)
    console.print(_table(found))
    rows = sum(map(len, filled.values()))
    console.print(
        f"wrote {folder}: {len(filled)} templates, {rows} rows; {len(found)} cells to fill, each in {folder / MISSING}",
        style="yellow" if found else "green",
        markup=False,
        soft_wrap=True,
    )
    if strict and found:
        raise typer.Exit(INCOMPLETE)


def _table(found: tuple[Gap, ...]) -> Table:
    """What is missing, a line for each column, with the key that fills it."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in ("template", "column", "", "rows", "where the inventory says it"):
        table.add_column(head, justify="right" if head == "rows" else "left", overflow="fold")
    counted: dict[tuple[str, str, str, str], int] = {}
    for gap in found:
        told = gap.title if gap.problem == "missing" else gap.problem
        key = (gap.template, gap.column, told, gap.fill)
        counted[key] = counted.get(key, 0) + 1
    for (template, column, told, fill), rows in counted.items():
        table.add_row(template, column, printable(told), str(rows), fill or "[dim]nowhere yet[/dim]")
    return table
