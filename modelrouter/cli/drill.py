"""`modelrouter drill`: what happens to each process when each provider, model family or server is lost?"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from modelrouter.cli.check import InventoryFile
from modelrouter.cli.printable import printable
from modelrouter.core.inventory import Inventory
from modelrouter.drills.recording import Recording
from modelrouter.drills.rehearse import JOBS, Rehearsal, plan, rehearse
from modelrouter.drills.report.counted import counted
from modelrouter.drills.report.facts import as_json as facts_as_json
from modelrouter.drills.report.findings import Findings, findings
from modelrouter.drills.report.page import page
from modelrouter.drills.report.terminal import outcome, show
from modelrouter.drills.scenario import Scenario
from modelrouter.drills.verdict import judge
from modelrouter.errors import InventoryError
from modelrouter.inventory.loader import load

NOT_SURVIVED = 1
NOT_PLAYED = 2
WIDE = 120
"""Columns where nobody reads on a screen and $COLUMNS says nothing: files and CI logs fold nothing."""
BAR = 20
"""Columns of the bar that fills."""


def main(
    file: InventoryFile = Path("providers.yaml"),
    *,
    out: Annotated[Path, typer.Option(help="The folder of the report.")] = Path("drill-report"),
    as_json: Annotated[bool, typer.Option("--json", help="Print report.json instead of tables.")] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="SCENARIO", help="Play these alone: an id, or a pattern as suspended-*; may be repeated."),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Scenarios side by side.")] = JOBS,
) -> None:
    """Rehearse the loss of each provider, model family and local server, against twins on this machine.

    Needs no key and reaches nothing but loopback. Exit code 1 where a critical or important process did
    not survive, 2 where nothing could be played.
    """
    inventory = _loaded(file)
    scenarios = _chosen(plan(inventory), only)
    _ready(out)
    began, clock = datetime.now(UTC), time.monotonic()
    console = Console(highlight=False, stderr=as_json)
    if not console.is_terminal and not os.environ.get("COLUMNS", "").isdigit():
        console = Console(highlight=False, stderr=as_json, width=WIDE)
    rehearsal = _played(inventory, scenarios, jobs, console)
    found = findings(rehearsal, began=began, took_s=time.monotonic() - clock)
    _write(found, out)
    if as_json:
        typer.echo(facts_as_json(found).decode(), nl=False)
    else:
        show(found, console)
        console.print(f"  {found.took_s:.0f} s; the whole story: {out / 'index.html'}", style="dim", soft_wrap=True)
    raise typer.Exit(0 if found.passed else NOT_SURVIVED)


def _loaded(file: Path) -> Inventory:
    try:
        inventory = load(file)
    except InventoryError as error:
        first, *more = error.problems
        others = f" and {len(more)} more" if more else ""
        _stop(f"{file} cannot be used: {first}{others}; modelrouter check {file} shows everything")
    if not inventory.processes:
        _stop(f"{file} describes no process, so there is nothing to rehearse: add one under processes")
    return inventory


def _chosen(scenarios: Sequence[Scenario], patterns: Sequence[str] | None) -> list[Scenario]:
    """Those that the patterns name, in the order of the catalogue; all where there are none."""
    known = [scenario.id for scenario in scenarios]
    for pattern in patterns or ():
        if not any(fnmatchcase(name, pattern) for name in known):
            near = get_close_matches(pattern, known, 3) or known
            _stop(f"there is no scenario {pattern!r}; did you mean {', '.join(near)}?")
    return [each for each in scenarios if not patterns or any(fnmatchcase(each.id, pattern) for pattern in patterns)]


def _played(inventory: Inventory, scenarios: Sequence[Scenario], jobs: int, console: Console) -> Rehearsal:
    """Play them, and show how far it has come."""
    size = f"{counted(len(scenarios), 'scenario')}, {counted(len(inventory.processes), 'process')}"
    console.print(f"[bold]{inventory.name}[/bold]: {size}")
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(BAR),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        refresh_per_second=4,  # drawing takes time from the rehearsal
        disable=not console.is_terminal,
    )
    with progress:
        task = progress.add_task("", total=len(scenarios))

        def doing(what: str) -> None:
            progress.update(task, description=what)

        def told(recording: Recording) -> None:
            progress.update(task, advance=1)
            progress.console.print(outcome(recording.scenario, judge(inventory, recording)), soft_wrap=True)

        return rehearse(inventory, scenarios, jobs=jobs, told=told, doing=doing)


def _ready(folder: Path) -> None:
    """Make the folder before anything is played for nothing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _stop(f"the report cannot be written to {folder}: {error.strerror}")


def _write(found: Findings, folder: Path) -> None:
    try:
        (folder / "report.json").write_bytes(facts_as_json(found))
        (folder / "index.html").write_text(page(found), encoding="utf-8")
    except OSError as error:
        _stop(f"the report cannot be written to {folder}: {error.strerror}")


def _stop(message: str) -> NoReturn:
    typer.secho(f"error: {printable(message)}", fg="red", err=True)
    raise typer.Exit(NOT_PLAYED)
