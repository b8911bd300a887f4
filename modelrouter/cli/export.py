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
from modelrouter.cli.opening import fail
from modelrouter.cli.printable import printable
from modelrouter.core.inventory import Inventory
from modelrouter.errors import InventoryError
from modelrouter.governance.backstage import catalogue
from modelrouter.governance.cyclonedx import bill_of_materials
from modelrouter.governance.dora.files import MISSING, files
from modelrouter.governance.dora.gaps import Gap, gaps
from modelrouter.governance.dora.register import register
from modelrouter.governance.openslo import objectives
from modelrouter.inventory.loader import load

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
        Path | None, typer.Option(help="A file, or for dora a folder. By default named after the form.")
    ] = None,
    strict: Annotated[bool, typer.Option(help="dora: exit code 1 while mandatory cells are missing.")] = False,
) -> None:
    """Write the inventory as a register of information (DORA), CycloneDX, Backstage or OpenSLO."""
    if form not in (REGISTER, *FORMS):
        fail(f"there is no form {form!r}; it is one of {', '.join((REGISTER, *FORMS))}")
    try:
        inventory = load(file)
    except InventoryError as error:
        fail(f"{file} cannot be used: {error.problems[0]}", ["modelrouter check shows everything"])
    at = datetime.now(UTC)
    console = Console(highlight=False)
    if form == REGISTER:
        _register(inventory, at, out or Path("dora-register"), console, strict=strict)
        return
    target = out or Path(FORMS[form].file)
    _write({target: FORMS[form].text(inventory, at)})
    console.print(f"wrote {target}", style="green", markup=False, soft_wrap=True)


def _register(inventory: Inventory, at: datetime, folder: Path, console: Console, *, strict: bool) -> None:
    filled = register(inventory, at.date())
    found = gaps(filled)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail(f"{folder} cannot be made: {error.strerror}")
    _write({folder / name: text for name, text in files(filled, found).items()})
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


def _write(texts: Mapping[Path, str]) -> None:
    for path, text in texts.items():
        try:
            path.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            fail(f"{path} cannot be written: {error.strerror}")
