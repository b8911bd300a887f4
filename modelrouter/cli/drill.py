"""`modelrouter drill`: what happens to each process when each provider, model family or server is lost?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from modelrouter.cli.check import InventoryFile
from modelrouter.cli.drilling import Wish, console_for, drill, foretold, loaded, planned, told_due, verified
from modelrouter.cli.foretelling import list_incidents, tell_idle
from modelrouter.drills.incidents.choice import ALL, EVERY
from modelrouter.drills.rehearse import JOBS

__all__ = ["main"]

NOT_SURVIVED = 1
LIST = "list"

Out = Annotated[
    Path | None, typer.Option("--out", "--report", help="The folder of the report.", show_default="drill-report")
]
Json = Annotated[bool, typer.Option("--json", help="Print report.json instead of tables.")]
Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        "--scenario",
        metavar="SCENARIO",
        help="Play these alone: an id, a pattern as suspended-*, FAULT@SCOPE, or a scenario's file; repeatable.",
    ),
]
Incident = Annotated[
    list[str] | None,
    typer.Option(metavar="ID", help="Play what happened to others: F40, a pattern, or all; `list` lists them."),
]
PlanFile = Annotated[Path | None, typer.Option("--plan", help="Play the drill that this file describes.")]
DueFolder = Annotated[
    Path | None, typer.Option("--due", metavar="FOLDER", help="Say which plans of a folder are due, and play nothing.")
]
Level = Annotated[
    Literal["static", "simulated", "twin"] | None, typer.Option(help="How real it is.", show_default="twin")
]
Seed = Annotated[int | None, typer.Option(min=0, help="From which chance is drawn, where time is simulated.")]
Jobs = Annotated[int, typer.Option(min=1, max=64, help="Scenarios side by side.")]
Baseline = Annotated[Path | None, typer.Option(help="Compare with this earlier report.json.")]
Sign = Annotated[
    str | None, typer.Option(metavar="KEY", help="Sign the report with env:NAME or file:PATH, an Ed25519 key.")
]
Ledger = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Keep every request, and the verdicts, in this ledger; signed with the key of --sign."
    ),
]
Verify = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Say whether a report was changed, and play nothing.")
]
Signer = Annotated[
    str | None, typer.Option(metavar="KEY", help="With --verify: whose signature it must be, ed25519:… or a file.")
]


def main(
    file: InventoryFile = Path("providers.yaml"),
    *,
    out: Out = None,
    as_json: Json = False,
    only: Only = None,
    incident: Incident = None,
    plan: PlanFile = None,
    due: DueFolder = None,
    level: Level = None,
    seed: Seed = None,
    jobs: Jobs = JOBS,
    baseline: Baseline = None,
    sign: Sign = None,
    ledger: Ledger = None,
    verify: Verify = None,
    signer: Signer = None,
) -> None:
    """Rehearse the loss of each provider, model family and local server, against twins on this machine.

    Needs no key and reaches nothing but loopback. Exit code 1 where a process that it is about did not survive
    (the critical and important ones, or those that a plan targets), where a plan is due, or where a report was
    changed; 2 where nothing could be played.
    """
    if verify is not None:
        raise typer.Exit(0 if verified(verify, signer, as_json=as_json) else NOT_SURVIVED)
    inventory, console = loaded(file), console_for(as_json=as_json)
    if due is not None:
        raise typer.Exit(NOT_SURVIVED if told_due(due, inventory, console, as_json=as_json) else 0)
    if incident == [LIST]:
        list_incidents(inventory, console, as_json=as_json)
        raise typer.Exit(0)
    written = planned(plan)
    if level == "static" and written is None:
        wish = Wish(out, tuple(only or ()), tuple(incident or ()), level, seed, jobs, baseline, sign, ledger)
        raise typer.Exit(0 if foretold(inventory, wish, console, as_json=as_json) else NOT_SURVIVED)
    happened = tuple(EVERY if each == ALL else each for each in incident or ())
    if EVERY in happened:
        tell_idle(inventory, happened, console)
    wish = Wish(out, tuple(only or ()), happened, level, seed, jobs, baseline, sign, ledger)
    passed = drill(inventory, wish, written, console, as_json=as_json)
    raise typer.Exit(0 if passed else NOT_SURVIVED)
