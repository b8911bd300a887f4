"""The steps of `modelrouter drill`: what is wished for, playing it, writing it down; what is due, what was changed."""

from __future__ import annotations

import os
import platform
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from modelrouter.cli.canarying import OnGateway, on_gateway
from modelrouter.cli.drill_ledger import Course, begun, concluded
from modelrouter.cli.foretelling import foretell, show_foreseen
from modelrouter.cli.opening import show_json
from modelrouter.cli.printable import printable
from modelrouter.cli.writing import spared
from modelrouter.core.inventory import Inventory
from modelrouter.drills.fingerprint import fingerprint
from modelrouter.drills.history import REPORT, folder_of, runs
from modelrouter.drills.incidents.choice import chosen
from modelrouter.drills.level import How, frame, play
from modelrouter.drills.logbook import Logbook
from modelrouter.drills.plan import REAL, Level, Plan, expecting, objections
from modelrouter.drills.planfile import load_plan
from modelrouter.drills.recording import Recording
from modelrouter.drills.rehearse import Rehearsal
from modelrouter.drills.report.compare import usable
from modelrouter.drills.report.counted import counted
from modelrouter.drills.report.due import as_rows, table_of
from modelrouter.drills.report.evidence import FILES, write
from modelrouter.drills.report.facts import as_json as facts_as_json
from modelrouter.drills.report.findings import Findings, Origin, findings
from modelrouter.drills.report.foretold import stopped
from modelrouter.drills.report.foretold import told as foretold_document
from modelrouter.drills.report.foretold import write as write_foretold
from modelrouter.drills.report.terminal import outcome, show
from modelrouter.drills.scenario import Scenario
from modelrouter.drills.selection import named, of_plan
from modelrouter.drills.signing import SIGNATURE, Key, key_from, public_from, verify_folder
from modelrouter.drills.static import static
from modelrouter.drills.verdict import judge
from modelrouter.errors import InventoryError, LedgerError, UsageError
from modelrouter.inventory.loader import load

__all__ = ["Wish", "console_for", "drill", "foretold", "loaded", "planned", "told_due", "verified"]

NOT_PLAYED = 2
WIDE = 120
"""Columns where nobody reads on a screen and $COLUMNS says nothing: files and CI logs fold nothing."""
BAR = 20
"""Columns of the bar that fills."""
USUAL = Path("drill-report")


class Wish(NamedTuple):
    """What was typed."""

    out: Path | None
    only: tuple[str, ...]
    incidents: tuple[str, ...]
    level: Level | None
    seed: int | None
    jobs: int
    baseline: Path | None
    sign: str | None
    ledger: Path | None = None


def console_for(*, as_json: bool) -> Console:
    """Where people read; standard error where programs read the other."""
    console = Console(highlight=False, stderr=as_json)
    if console.is_terminal or os.environ.get("COLUMNS", "").isdigit():
        return console
    return Console(highlight=False, stderr=as_json, width=WIDE)


def loaded(file: Path) -> Inventory:
    """The inventory, with something to rehearse in it."""
    try:
        inventory = load(file)
    except InventoryError as error:
        first, *more = error.problems
        others = f" and {len(more)} more" if more else ""
        _stop(f"{file} cannot be used: {first}{others}; modelrouter check {file} shows everything")
    if not inventory.processes:
        _stop(f"{file} describes no process, so there is nothing to rehearse: add one under processes")
    return inventory


def planned(file: Path | None) -> Plan | None:
    """The plan, where one was named; every problem of it is printed."""
    if file is None:
        return None
    try:
        return load_plan(file)
    except InventoryError as error:
        _stop("\n".join(map(str, error.problems)))


class _Evidence(NamedTuple):
    """Where evidence goes, and what it says of itself."""

    origin: Origin
    began: datetime
    out: Path
    key: Key | None


def drill(inventory: Inventory, wish: Wish, plan: Plan | None, console: Console, *, as_json: bool) -> bool:
    """Play what is wished for, write it down and show it; answers whether everything that it is about lived."""
    began, clock = datetime.now(UTC), time.monotonic()
    level = _level(wish, plan)
    share = 1.0 if level == "live" else plan.radius.share if plan else 0.0
    if plan is not None and (against := objections(plan, inventory, began, share=share)):
        _stop(f"{plan.path} may not be played: {'; '.join(against)}")
    asked = inventory if plan is None else expecting(plan, inventory)
    scenarios = [] if level in REAL else _scenarios(asked, wish, plan, level)
    evidence = _evidence(inventory, wish, plan, level, began)
    spared(evidence.out, inventory.files)
    _ready(evidence.out)
    ended = None
    if plan is not None and level == "static":
        return _foretold(asked, plan, scenarios, evidence, console, as_json=as_json)
    seed = wish.seed if wish.seed is not None else plan.seed if plan else 0
    with ExitStack() as after:
        book = _book(wish, asked, Course(plan, level, seed, scenarios, evidence.key), after)
        if plan is not None and level in REAL:
            rehearsal, ended = _on_gateway(asked, wish, plan, console)
        else:
            rehearsal = _played(asked, scenarios, level, How(jobs=wish.jobs, seed=seed, book=book), console)
        origin = replace(evidence.origin, ended=ended)
        found = findings(rehearsal, began=began, took_s=time.monotonic() - clock, origin=origin)
        found = _recorded(book, found)
    _storing(evidence.out, lambda: write(found, evidence.out, evidence.key))
    if as_json:
        typer.echo(facts_as_json(found).decode(), nl=False)
    else:
        show(found, console)
        where = evidence.out / "index.html"
        console.print(f"  {found.took_s:.0f} s; the whole story: {where}", style="dim", soft_wrap=True)
    return found.passed


def _book(wish: Wish, inventory: Inventory, course: Course, after: ExitStack) -> Logbook | None:
    """The drill's own ledger, where one is wished for; ended whatever happens."""
    if wish.ledger is None:
        return None
    try:
        book = begun(wish.ledger, inventory, course)
    except LedgerError as error:
        _stop(f"{error.what}: {error.advice}")
    after.callback(book.close)
    return book


def _recorded(book: Logbook | None, found: Findings) -> Findings:
    try:
        return found if book is None else concluded(book, found)
    except LedgerError as error:
        _stop(f"{error.what}: {error.advice}")


def _evidence(inventory: Inventory, wish: Wish, plan: Plan | None, level: Level, began: datetime) -> _Evidence:
    key = _key(wish, plan)
    origin = Origin(
        version=version("modelrouter"),
        host=f"Python {platform.python_version()} on {platform.system()} {platform.machine()}",
        fingerprint=fingerprint(inventory),
        plan=plan,
        signer=None if key is None else key.name,
        baseline=None if level == "static" else _baseline(wish, plan, level),
    )
    out = wish.out or (USUAL if plan is None else folder_of(plan, Path(plan.path).parent, began))
    return _Evidence(origin, began, out, key)


def _foretold(
    inventory: Inventory, plan: Plan, scenarios: list[Scenario], evidence: _Evidence, console: Console, *, as_json: bool
) -> bool:
    """A plan at level `static`: what the graph says, written down so that it is found again."""
    foreseen = static(inventory, scenarios)
    document = foretold_document(plan, inventory, foreseen, evidence.origin, evidence.began)
    _storing(evidence.out, lambda: write_foretold(document, evidence.out, evidence.key))
    lost = stopped(plan, inventory, foreseen)
    if as_json:
        typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
    else:
        show_foreseen(inventory, foreseen, (), console)
        said = f"✗ nobody would serve {', '.join(lost)}" if lost else "✓ every process targeted would be served"
        console.print(Text(said, "bold red" if lost else "bold green"), soft_wrap=True)
    return not lost


def foretold(inventory: Inventory, wish: Wish, console: Console, *, as_json: bool) -> bool:
    """Say what the factor graph makes of scenarios, and play nothing; answers whether what matters is served."""
    asked = {"--out": wish.out, "--sign": wish.sign, "--baseline": wish.baseline, "--ledger": wish.ledger}
    if given := [name for name, value in asked.items() if value is not None]:
        _stop(f"--level static writes no evidence without --plan, so it does not go together with {', '.join(given)}")
    try:
        return foretell(inventory, wish.only, wish.incidents, console, as_json=as_json)
    except InventoryError as error:
        _stop("\n".join(map(str, error.problems)))
    except UsageError as error:
        _stop(str(error))


def told_due(folder: Path, inventory: Inventory, console: Console, *, as_json: bool) -> bool:
    """Say of each plan in a folder when it was played and whether it is due; answers whether any is."""
    files = [file for file in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]) if not _is_scenario(file)]
    plans = [plan for file in files if (plan := planned(file)) is not None]
    if not plans:
        _stop(f"there is no plan in {folder}: a plan is a YAML file that begins with `drill: NAME`")
    for name, count in Counter(plan.id for plan in plans).items():
        if count > 1:
            _stop(
                f"{count} plans in {folder} are called {name}: each needs a name of its own, its reports are kept by it"
            )
    rows = as_rows(plans, lambda plan: runs(plan, Path(plan.path).parent), fingerprint(inventory), datetime.now(UTC))
    if as_json:
        typer.echo(orjson.dumps([row.told() for row in rows], option=orjson.OPT_INDENT_2).decode())
        return any(row.due.why for row in rows)
    console.print(table_of(rows))
    late = [row for row in rows if row.due.why]
    said = f"{counted(len(late), 'plan')} due" if late else f"nothing is due; {counted(len(rows), 'plan')} fresh"
    console.print(Text(said, "bold red" if late else "bold green"))
    return bool(late)


def _is_scenario(file: Path) -> bool:
    """Whether a file beside the plans is a scenario of one's own; whatever else is no plan is reported as a wrong one."""
    try:
        keys = {line.partition(":")[0] for line in file.read_text(encoding="utf-8").splitlines()}
    except (OSError, UnicodeDecodeError):
        return False
    return "scenario" in keys and "drill" not in keys


def verified(folder: Path, signer: str | None, *, as_json: bool) -> bool:
    """Say whether the report in a folder is what it was when it was written; where there is none, exit code 2."""
    expected = None
    if signer is not None:
        path = Path(signer)
        expected = public_from(path.read_text(encoding="utf-8") if path.is_file() else signer)
        if expected is None:
            _stop(f"{signer} is no public key: write ed25519: and base64, or name a file that holds it")
    if not any((folder / name).is_file() for name in (SIGNATURE, REPORT)):
        _stop(f"there is no report of a drill in {folder}: it would hold {REPORT} and {SIGNATURE}")
    checked = verify_folder(folder, expected)
    if as_json:
        show_json({"folder": str(folder), "whole": not checked.wrong, "wrong": checked.wrong, "signer": checked.signer})
        return not checked.wrong
    for wrong in checked.wrong:
        typer.secho(f"✗ {printable(wrong)}", fg="red")
    if checked.wrong:
        return False
    if checked.signer is None:
        typer.echo(f"✓ {folder}: nothing was changed, as far as a list that nobody signed can tell")
    else:
        whose = "" if expected is not None else "; compare that with the key you know"
        typer.echo(f"✓ {folder}: nothing was changed since {checked.signer} signed it{whose}")
    return True


def _level(wish: Wish, plan: Plan | None) -> Level:
    level: Level = wish.level or (plan.level if plan else "twin")
    if level == "static" and wish.baseline is not None:
        _stop("--baseline compares what was played, and level static plays nothing")
    if level == "static" and wish.ledger is not None:
        _stop("--ledger keeps what was played, and level static plays nothing")
    if level in REAL and (plan is None or plan.level != level):
        _stop(f"level {level} touches real requests: it is played by a plan that says so, with leave")
    return level


def _on_gateway(inventory: Inventory, wish: Wish, plan: Plan, console: Console) -> OnGateway:
    try:
        return on_gateway(inventory, plan, (*wish.only, *wish.incidents), console)
    except InventoryError as error:
        _stop("\n".join(map(str, error.problems)))
    except UsageError as error:
        _stop(str(error))


def _scenarios(inventory: Inventory, wish: Wish, plan: Plan | None, level: Level) -> list[Scenario]:
    small = frame(level, inventory)
    try:
        if plan is not None and not (wish.only or wish.incidents):
            return of_plan(plan, inventory, small)
        if wish.incidents:
            chosen(wish.incidents, inventory, small)  # refuses a name that no incident has
        return named(inventory, small, (*wish.only, *wish.incidents))
    except InventoryError as error:
        _stop("\n".join(map(str, error.problems)))
    except UsageError as error:
        _stop(str(error))


def _key(wish: Wish, plan: Plan | None) -> Key | None:
    reference = wish.sign or (plan.evidence.sign if plan else None)
    try:
        return None if reference is None else key_from(reference)
    except UsageError as error:
        _stop(str(error))


def _baseline(wish: Wish, plan: Plan | None, level: Level) -> Mapping[str, Any] | None:
    """The report to compare with: the one that was named, else the last run of the plan at this level."""
    file = wish.baseline
    if file is None and plan is not None:
        past = [run for run in runs(plan, Path(plan.path).parent) if run.level == level]
        file = past[-1].folder / REPORT if past else None
    if file is None:
        return None
    try:
        told = orjson.loads(file.read_bytes())
    except OSError as error:
        _stop(f"{file} cannot be read: {error.strerror}")
    except orjson.JSONDecodeError:
        told = None
    if not usable(told):
        _stop(f"{file} is no report of a drill, so nothing can be compared with it")
    return dict(told)


def _played(inventory: Inventory, scenarios: list[Scenario], level: Level, how: How, console: Console) -> Rehearsal:
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

        return play(level, inventory, scenarios, how._replace(told=told, doing=doing))


def _ready(folder: Path) -> None:
    """Make the folder before anything is played for nothing."""
    _storing(folder, lambda: folder.mkdir(parents=True, exist_ok=True))
    if strangers := sorted({each.name for each in folder.iterdir()} - {*FILES}):
        _stop(f"{folder} holds more than a report ({strangers[0]}): a report is its whole folder, so name another")


def _storing(folder: Path, store: Callable[[], None]) -> None:
    try:
        store()
    except OSError as error:
        _stop(f"the report cannot be written to {folder}: {error.strerror}")


def _stop(message: str) -> NoReturn:
    typer.secho(f"error: {printable(message)}", fg="red", err=True)
    raise typer.Exit(NOT_PLAYED)
