"""The parts of `modelrouter drill` that play nothing: the list of incidents, and the level `static`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import typer
from rich.table import Table
from rich.text import Text

from modelrouter.cli.narrow import stacked
from modelrouter.continuity.impact import STOPPED, Verdict
from modelrouter.drills.incidents.choice import chosen
from modelrouter.drills.mishap import NotConcerned
from modelrouter.drills.report.counted import counted
from modelrouter.drills.selection import named
from modelrouter.drills.simulate import frame
from modelrouter.drills.static import static
from modelrouter.drills.verdict import BINDING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from modelrouter.core.inventory import Inventory
    from modelrouter.drills.incidents.choice import Found
    from modelrouter.drills.scenario import Scenario
    from modelrouter.drills.static import Foreseen

ROOMY = 110
"""Columns from which on each fact of an incident has a column of its own."""

__all__ = ["foretell", "list_incidents", "show_foreseen", "tell_idle"]


def list_incidents(inventory: Inventory, console: Console, *, as_json: bool) -> None:
    """Every incident: when, what, how long, how far it can be trusted, and whether it concerns this inventory."""
    found = chosen((), inventory, frame(inventory))
    if as_json:
        typer.echo(orjson.dumps([_told(each) for each in found], option=orjson.OPT_INDENT_2).decode())
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for head in ("", "when", "what happened", "lasted", "trust", "here"):
        table.add_column(head, overflow="fold")
    rows = []
    for incident, here in ((each.incident, each.here) for each in found):
        style = "green" if here == "yes" else "dim"
        table.add_row(
            Text(incident.id, "bold"),
            incident.when,
            incident.title,
            incident.lasted,
            incident.confidence,
            Text(here, style),
        )
        told = Text.assemble(incident.title, (f"\n{incident.when}; lasted {incident.lasted}", "dim"))
        told.append(f"\ntrust {incident.confidence}; here: ", "dim").append(here, style)
        rows.append((Text(incident.id, "bold"), told))
    console.print(table if console.width >= ROOMY else stacked(rows))
    touching = sum(not isinstance(each.scenario, NotConcerned) for each in found)
    console.print(f"{counted(len(found), 'incident')}, {touching} of them concern {inventory.name}", style="dim")


def foretell(
    inventory: Inventory, only: Sequence[str], incidents: Sequence[str], console: Console, *, as_json: bool
) -> bool:
    """Say what the factor graph makes of scenarios; answers whether everything critical and important is served.

    Raises UsageError for words that name nothing, InventoryError for a file that is wrong.
    """
    small = frame(inventory)
    scenarios: list[Scenario] = []
    idle: list[NotConcerned] = []
    if only or not incidents:
        scenarios += [each for each in named(inventory, small, only) if each.losses]
    for each in chosen(incidents, inventory, small) if incidents else ():
        (idle if isinstance(each.scenario, NotConcerned) else scenarios).append(each.scenario)  # type: ignore[arg-type] # told apart just now
    foreseen = static(inventory, scenarios)
    if as_json:
        typer.echo(orjson.dumps([_foretold(each) for each in foreseen], option=orjson.OPT_INDENT_2).decode())
    else:
        show_foreseen(inventory, foreseen, idle, console)
    return not any(inventory.processes[name].criticality in BINDING for each in foreseen for name in each.down)


def tell_idle(inventory: Inventory, incidents: Sequence[str], console: Console) -> None:
    """Say of a pattern how many of the incidents that it names are not played here."""
    found = chosen(incidents, inventory, frame(inventory))
    idle = sum(each.here != "yes" for each in found)
    if idle:
        said = f"{idle} of {counted(len(found), 'incident')} cannot be played here; drill --incident list says why"
        console.print(said, style="dim")


def show_foreseen(
    inventory: Inventory, foreseen: Sequence[Foreseen], idle: Sequence[NotConcerned], console: Console
) -> None:
    """What is lost in each scenario, and whom nobody serves then."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for head in ("scenario", "what is lost", "nobody serves", "served by others, or less"):
        table.add_column(head)
    for each in foreseen:
        lost = ", ".join(sorted(each.scenario.factors)) or "nothing that the graph knows of"
        down = [name for name in inventory.processes if name in each.down]
        less = [name for name, verdict in each.verdicts.items() if verdict is Verdict.DEGRADED]
        table.add_row(
            Text(each.scenario.id, "bold"),
            lost,
            Text(", ".join(down), "bold red"),
            ", ".join(less),
        )
    console.print(table)
    for missing in idle:
        console.print(Text(f"{missing.id} does not concern this inventory: {missing.why}", "dim"), soft_wrap=True)


def _told(found: Found) -> dict[str, Any]:
    incident = found.incident
    return {
        "id": incident.id,
        "title": incident.title,
        "when": incident.when,
        "begins": incident.begins,
        "lasted": incident.lasted,
        "what": incident.what,
        "faults": list(map(str, incident.case.mishaps)),
        "confidence": incident.confidence,
        "sources": incident.sources,
        "assumed": incident.assumed,
        "questions": incident.questions,
        "pure": incident.pure,
        "here": found.here,
    }


def _foretold(each: Foreseen) -> dict[str, Any]:
    return {
        "scenario": each.scenario.id,
        "title": each.scenario.title,
        "factors": sorted(each.scenario.factors),
        "verdicts": dict(each.verdicts),
        "stopped": [name for name, verdict in each.verdicts.items() if verdict in STOPPED],
        "notes": each.scenario.notes,
    }
