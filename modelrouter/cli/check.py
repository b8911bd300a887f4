"""`modelrouter check`: is the inventory right? Everything that is wrong with it, at once."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import orjson
import typer
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from modelrouter.cli.reloads import drawn
from modelrouter.core.inventory import Criticality
from modelrouter.inventory import Examined, Problem, examine
from modelrouter.inventory.diff import diff
from modelrouter.inventory.excerpt import excerpts

if TYPE_CHECKING:
    from modelrouter.core.inventory import Inventory
    from modelrouter.inventory.diff import Edit
    from modelrouter.inventory.excerpt import Excerpt

COLOURS = {"error": "red", "warning": "yellow"}

InventoryFile = Annotated[
    Path,
    typer.Argument(
        metavar="[FILE]", help="The inventory.", envvar="MODELROUTER_INVENTORY", show_default="providers.yaml"
    ),
]


def main(
    file: InventoryFile = Path("providers.yaml"),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object, for programs."),
    old: Annotated[
        Path | None, typer.Option("--diff", metavar="OLD", help="Say what differs from this inventory as well.")
    ] = None,
) -> None:
    """Read the inventory and say everything that is wrong with it. Exit code 1 if there are errors."""
    examined = examine(file, datetime.now(UTC).astimezone().date())
    edits = _edits(old, examined)
    if as_json:
        told = [{"path": edit.path, "kind": edit.kind, "said": str(edit)} for edit in edits or ()]
        report = _report(file, examined) | ({} if edits is None else {"changes": told})
        typer.echo(orjson.dumps(report, option=orjson.OPT_INDENT_2).decode())
    else:
        console = Console(highlight=False)
        _show(file, examined, console)
        if edits is not None:
            console.print(Text(f"{_plural(len(edits), 'change')} since {old}", "bold"), soft_wrap=True)
            console.print(Group(*drawn(edits, len(edits))), soft_wrap=True)
    raise typer.Exit(1 if examined.errors else 0)


def _edits(old: Path | None, examined: Examined) -> tuple[Edit, ...] | None:
    """What differs from an older inventory; None where there is nothing to compare."""
    if old is None or examined.inventory is None:
        return None
    before = examine(old).inventory
    if before is None:
        raise typer.BadParameter(f"{old} cannot be used: modelrouter check {old} says why", param_hint="--diff")
    return diff(before, examined.inventory)


def _report(file: Path, examined: Examined) -> dict[str, Any]:
    inventory = examined.inventory
    return {
        "file": str(file),
        "inventory": inventory.name if inventory else None,
        "usable": inventory is not None,
        "counts": _counts(inventory) if inventory else {},
        "problems": [asdict(problem) for problem in examined.problems],
    }


def _counts(inventory: Inventory) -> dict[str, int]:
    return {
        "providers": len(inventory.providers),
        "models": len(inventory.models),
        "deployments": len(inventory.deployments),
        "processes": len(inventory.processes),
        "aliases": len(inventory.aliases),
        "contracts": len(inventory.contracts),
        "policies": len(inventory.policies),
    }


def _show(file: Path, examined: Examined, console: Console) -> None:
    found = excerpts(examined.problems)
    for problem in examined.problems:
        console.print(_drawn(problem, found.get(problem)), soft_wrap=True)
        console.print()
    if examined.inventory is not None:
        console.print(_summary(examined.inventory))
        console.print()
    console.print(_verdict(file, examined), soft_wrap=True)


def _drawn(problem: Problem, excerpt: Excerpt | None) -> Group:
    """A problem as compilers draw it: what, where, the line with the place underlined, what to write."""
    colour = COLOURS[problem.severity]
    margin = " " * len(str(problem.line))
    lines = [
        Text.assemble((problem.severity, f"bold {colour}"), (f": {problem.message}", "bold")),
        Text.assemble(
            (f"{margin}──▶ ", "blue"), f"{problem.file}:{problem.line}:{problem.column}", (f"  {problem.path}", "dim")
        ),
    ]
    if excerpt is not None:
        lines.append(Text.assemble((f"{problem.line} │ ", "blue"), excerpt.text))
        lines.append(
            Text.assemble((f"{margin} │ ", "blue"), " " * excerpt.start, ("^" * excerpt.width, f"bold {colour}"))
        )
    if problem.hint:
        lines.append(Text.assemble((f"{margin} ╰─ ", "blue"), (problem.hint, "green")))
    return Group(*lines)


def _summary(inventory: Inventory) -> Table:
    table = Table(
        title=inventory.name, title_justify="left", title_style="bold", box=None, show_header=False, pad_edge=False
    )
    table.add_column()
    table.add_column(justify="right", style="bold")
    table.add_column(style="dim", overflow="fold")
    remarks = _remarks(inventory)
    for section, count in _counts(inventory).items():
        table.add_row(section, str(count), remarks.get(section, ""))
    return table


def _remarks(inventory: Inventory) -> dict[str, str]:
    """What else a reader wants to see at a glance."""
    levels = Counter(process.criticality for process in inventory.processes.values())
    families = Counter(model.family for model in inventory.models.values())
    providers = Counter(deployment.provider.id for deployment in inventory.deployments.values())
    return {
        "providers": ", ".join(inventory.providers),
        "models": ", ".join(families),
        "deployments": ", ".join(f"{count} {name}" for name, count in providers.items()),
        "processes": ", ".join(f"{levels[level]} {level}" for level in get_args(Criticality) if levels[level]),
        "aliases": ", ".join(inventory.aliases),
        "contracts": ", ".join(inventory.contracts),
        "policies": ", ".join(policy.id for policy in inventory.policies),
    }


def _verdict(file: Path, examined: Examined) -> Text:
    errors = len(examined.errors)
    warnings = len(examined.problems) - errors
    noted = f", {_plural(warnings, 'warning')}" if warnings else ""
    if errors:
        verdict = "cannot be used" if examined.inventory is None else "loads, but not every process can be served"
        return Text(f"✗ {file} {verdict}: {_plural(errors, 'error')}{noted}", "bold red")
    return Text(f"✓ {file} is right{noted}", "bold green")


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
