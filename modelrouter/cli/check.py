"""`modelrouter check`: is the inventory right? Everything that is wrong with it, at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, get_args

import orjson
import typer
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from modelrouter.cli.day import Today, day_of
from modelrouter.cli.findings import Told, told
from modelrouter.cli.reloads import drawn
from modelrouter.cli.sarif import sarif
from modelrouter.cli.writing import write
from modelrouter.continuity.lint import RULES
from modelrouter.core.inventory import Criticality
from modelrouter.inventory import Examined, examine
from modelrouter.inventory.diff import diff
from modelrouter.inventory.excerpt import excerpts

if TYPE_CHECKING:
    from modelrouter.core.inventory import Inventory
    from modelrouter.inventory.diff import Edit
    from modelrouter.inventory.excerpt import Excerpt

COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}
INDENTED = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE

InventoryFile = Annotated[
    Path,
    typer.Argument(
        metavar="[FILE]", help="The inventory.", envvar="MODELROUTER_INVENTORY", show_default="providers.yaml"
    ),
]


Ignored = Annotated[
    list[str] | None, typer.Option("--ignore", metavar="RULE", help="Leave a viability rule out: R09. May be repeated.")
]


def main(
    file: InventoryFile = Path("providers.yaml"),
    *,
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object, for programs."),
    old: Annotated[
        Path | None, typer.Option("--diff", metavar="OLD", help="Say what differs from this inventory as well.")
    ] = None,
    strict: bool = typer.Option(False, "--strict", help="Exit with 1 for warnings, too."),
    ignore: Ignored = None,
    notes: bool = typer.Option(False, "--notes", help="Show notes, too; without it they are counted."),
    sarif_file: Annotated[
        Path | None, typer.Option("--sarif", metavar="FILE", help="Write everything found as SARIF 2.1.0 as well.")
    ] = None,
    today: Today = None,
) -> None:
    """Read the inventory and say everything that is wrong with it. Exit code 1 if there are errors.

    A file that can be used is asked for its viability as well: would its fallbacks work on the day they are needed?
    """
    day = day_of(today)
    examined = examine(file)
    found = told(examined, day, _known(ignore or ()))
    edits = _edits(old, examined)
    if sarif_file is not None:
        made = orjson.dumps(sarif(found, usable=examined.inventory is not None), option=INDENTED)
        write(sarif_file, made, examined.files, as_json=as_json)
    if as_json:
        changes = [{"path": edit.path, "kind": edit.kind, "said": str(edit)} for edit in edits or ()]
        report = _report(file, examined, found) | ({} if edits is None else {"changes": changes})
        typer.echo(orjson.dumps(report, option=orjson.OPT_INDENT_2).decode())
    else:
        console = Console(highlight=False)
        _show(file, examined, _Shown(found, notes), console)
        if edits is not None:
            console.print(Text(f"{_plural(len(edits), 'change')} since {old}", "bold"), soft_wrap=True)
            console.print(Group(*drawn(edits, len(edits))), soft_wrap=True)
    wrong = {"error", "warning"} if strict else {"error"}
    raise typer.Exit(1 if any(each.problem.severity in wrong for each in found) else 0)


def _known(rules: Sequence[str]) -> frozenset[str]:
    """The rules to leave out, in capitals; more than one may stand in a text, with commas between."""
    asked = {word.strip().upper() for text in rules for word in text.split(",") if word.strip()}
    unknown = sorted(asked - {rule.id for rule in RULES})
    if unknown:
        ids = f"{RULES[0].id} to {RULES[-1].id}"
        raise typer.BadParameter(f"there is no rule {', '.join(unknown)}; they are {ids}", param_hint="--ignore")
    return frozenset(asked)


def _edits(old: Path | None, examined: Examined) -> tuple[Edit, ...] | None:
    """What differs from an older inventory; None where there is nothing to compare."""
    if old is None or examined.inventory is None:
        return None
    before = examine(old)
    if before.inventory is None:
        why = f"{before.errors[0]} modelrouter check {old} shows everything"
        raise typer.BadParameter(f"{old} cannot be used: {why}", param_hint="--diff")
    return diff(before.inventory, examined.inventory)


def _report(file: Path, examined: Examined, found: Sequence[Told]) -> dict[str, Any]:
    inventory = examined.inventory
    rules = {rule.id: rule for rule in RULES}
    return {
        "file": str(file),
        "inventory": inventory.name if inventory else None,
        "usable": inventory is not None,
        "counts": _counts(inventory) if inventory else {},
        "problems": [asdict(problem) for problem in examined.problems],
        "findings": [
            {"rule": each.rule, "name": rules[each.rule].name, **asdict(each.problem)} for each in found if each.rule
        ],
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


class _Shown(NamedTuple):
    """What was found, and whether notes are to be seen."""

    found: Sequence[Told]
    notes: bool

    @property
    def seen(self) -> list[Told]:
        """What is drawn."""
        return [each for each in self.found if self.notes or each.problem.severity != "note"]

    def count(self, severity: str) -> int:
        """How many there are."""
        return sum(each.problem.severity == severity for each in self.found)


def _show(file: Path, examined: Examined, shown: _Shown, console: Console) -> None:
    found = excerpts(each.problem for each in shown.seen)
    for each in shown.seen:
        console.print(_drawn(each, found.get(each.problem)), soft_wrap=True)
        console.print()
    if examined.inventory is not None:
        console.print(_summary(examined.inventory))
        console.print()
    console.print(_verdict(file, examined, shown), soft_wrap=True)


def _drawn(each: Told, excerpt: Excerpt | None) -> Group:
    """A problem as compilers draw it: what, where, the line with the place underlined, what to write."""
    problem = each.problem
    colour = COLOURS[problem.severity]
    margin = " " * len(str(problem.line))
    rule = f"[{each.rule}]" if each.rule else ""
    lines = [
        Text.assemble((f"{problem.severity}{rule}", f"bold {colour}"), (f": {problem.message}", "bold")),
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


def _verdict(file: Path, examined: Examined, shown: _Shown) -> Text:
    errors, warnings, notes = map(shown.count, ("error", "warning", "note"))
    noted = f", {_plural(warnings, 'warning')}" if warnings else ""
    if notes:
        noted += f", {_plural(notes, 'note')}" + ("" if shown.notes else " (--notes shows them)")
    if not errors:
        return Text(f"✓ {file} is right{noted}", "bold green")
    if examined.inventory is None:
        verdict = "cannot be used"
    elif examined.errors:
        verdict = "loads, but not every process can be served"
    else:
        verdict = "loads, but names what cannot be used"
    return Text(f"✗ {file} {verdict}: {_plural(errors, 'error')}{noted}", "bold red")


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
