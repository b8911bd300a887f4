"""`modelrouter impact`: what breaks if?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from modelrouter.cli.check import InventoryFile
from modelrouter.cli.day import Today, day_of
from modelrouter.cli.graphs import inhabited, read_graph, stop
from modelrouter.cli.impact_facts import compared_facts, impact_facts, independence_facts, remedy_facts
from modelrouter.cli.impact_tables import show_comparison, show_impact, show_independence, show_overview, show_remedy
from modelrouter.cli.losses import Ended, Fenced, Fencing, Suspended, Throttled, Withdrawn, geofences, happened
from modelrouter.cli.opening import AsJson, show_json
from modelrouter.cli.writing import write
from modelrouter.continuity.compare import compare
from modelrouter.continuity.events import Event
from modelrouter.continuity.factors import Graph
from modelrouter.continuity.impact import STOPPED, Impact, Verdict, impact
from modelrouter.continuity.independence import independence
from modelrouter.continuity.overview import Overview, overview
from modelrouter.continuity.remedy import remedy
from modelrouter.errors import UsageError
from modelrouter.pages.impact.page import page

FAILED = 1
"""What --fail-on and --diff look for was found."""


def main(
    file: InventoryFile = Path("providers.yaml"),
    *,
    suspend: Suspended = None,
    withdraw: Withdrawn = None,
    geofence: Fenced = None,
    provider: Fencing = None,
    throttle: Throttled = None,
    lose: Annotated[
        list[str] | None, typer.Option(metavar="FACTOR", help="Any factor, gone with all that stands on it.")
    ] = None,
    end: Ended = None,
    process: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Show this process alone; may be repeated.")
    ] = None,
    independent: Annotated[
        str | None, typer.Option("--independence", metavar="DEPLOYMENT", help="Would it be an independent fallback?")
    ] = None,
    of: Annotated[str | None, typer.Option(metavar="PROCESS", help="With --independence: of which process.")] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Print the YAML after which nothing fails alone, and nothing else.")
    ] = False,
    diff: Annotated[
        tuple[Path, Path] | None,
        typer.Option(metavar="OLD NEW", help="Compare two inventories. Exit code 1 where a process survives less."),
    ] = None,
    fail_on: Annotated[
        Literal["down", "degraded", "spof"] | None,
        typer.Option(help="Exit code 1 where a process is stopped, degraded, or has a single point of failure."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with a picture of the graph as well.")
    ] = None,
    today: Today = None,
    as_json: AsJson = False,
) -> None:
    """Say what breaks if something is lost, and why; without events, what the inventory rests on.

    Events may be given together and repeated; factors are written kind:name, or by name alone where only one is called
    so. Exit code 0; 1 where --fail-on or --diff finds something, 2 where nothing could be judged.
    """
    desk = _Desk(as_json)
    told = {"suspend": suspend, "withdraw": withdraw, "end": end, "lose": lose, "throttle": throttle}
    more = {"geofence": geofence, "provider": provider, "process": process, "html": html, "fail-on": fail_on}
    asked = {"diff": diff, "independence": independent or of, "repair": repair or None}
    desk.refuse_strangers(asked, {**told, **more})
    if diff is not None:
        return desk.compare(*diff, day_of(today))
    graph = inhabited(read_graph(file, day=day_of(today), as_json=as_json), as_json=as_json)
    if independent is not None or of is not None:
        return desk.independence(graph, independent, of)
    if repair:
        return desk.repair(graph, fail_on)
    struck = happened(graph, told, as_json=as_json)
    struck += geofences(graph, geofence or (), provider or (), as_json=as_json)
    only = desk.processes(graph, process or ())
    desk.judge(graph, struck, only, fail_on, html)
    return None


class _Desk:
    """Where a question is read, answered and printed: for people, or for programs."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.console = Console(highlight=False)

    def processes(self, graph: Graph, names: Sequence[str]) -> tuple[str, ...]:
        """Those that are to be shown; an alias means its process."""
        meant = [graph.inventory.aliases.get(name, name) for name in names]
        try:
            for name in meant:
                graph.structure.routes(name)
        except UsageError as error:
            stop(f"--process: {error}", tuple(graph.processes), as_json=self.as_json)
        return tuple(meant)

    def judge(
        self, graph: Graph, struck: Sequence[Event], only: Sequence[str], fail_on: str | None, html: Path | None
    ) -> None:
        """Answer what breaks, or what the inventory rests on."""
        found, seen = impact(graph, struck), overview(graph, pairs=not struck)
        mending = None if struck else remedy(graph)
        if html is not None:
            write(html, page(found, seen, mending), graph.inventory.files, as_json=self.as_json)
        if self.as_json:
            show_json(impact_facts(found, seen, mending, only))
        elif mending is None:
            show_impact(found, self.console, only)
        else:
            show_overview(seen, found, mending, self.console, only)
        if html is not None and not self.as_json:
            self.console.print(f"written: {html}", style="dim", soft_wrap=True)
        raise typer.Exit(FAILED if _fails(found, seen, only, fail_on) else 0)

    def independence(self, graph: Graph, deployment: str | None, process: str | None) -> None:
        """Compare a proposed fallback with a route."""
        if deployment is None or process is None:
            stop("write both: --independence DEPLOYMENT --of PROCESS", (), as_json=self.as_json)
        try:
            found = independence(graph, deployment, graph.inventory.aliases.get(process, process))
        except UsageError as error:
            stop(str(error), (), as_json=self.as_json)
        if self.as_json:
            show_json(independence_facts(found))
        else:
            show_independence(found, self.console)

    def refuse_strangers(self, asked: Mapping[str, object], options: Mapping[str, object]) -> None:
        """One question at a time, and no option that it would not look at."""
        questions = [name for name, value in asked.items() if value]
        if not questions:
            return
        first, *others = questions
        heard = {"fail-on"} if first == "repair" else set[str]()
        others += [name for name, value in options.items() if value and name not in heard]
        if others:
            stop(
                f"--{first} does not go together with {', '.join(f'--{name}' for name in others)}",
                (),
                as_json=self.as_json,
            )

    def repair(self, graph: Graph, fail_on: str | None) -> None:
        """Print what to add."""
        found = remedy(graph)
        if self.as_json:
            show_json(remedy_facts(found))
        else:
            show_remedy(found, self.console, whole=True)
        if fail_on is not None and _fails(impact(graph, ()), overview(graph), (), fail_on):
            raise typer.Exit(FAILED)

    def compare(self, old: Path, new: Path, day: date) -> None:
        """Say what survives less."""
        before, after = (read_graph(each, day=day, as_json=self.as_json) for each in (old, new))
        found = compare(before, after)
        if self.as_json:
            show_json(compared_facts(found, before, after))
        else:
            show_comparison(found, self.console)
        raise typer.Exit(FAILED if found.fell else 0)


def _fails(found: Impact, seen: Overview, only: Sequence[str], fail_on: str | None) -> bool:
    looked_at = only or tuple(found.verdicts)
    given = {found.verdicts[name] for name in looked_at}
    stopped = bool(given & STOPPED)
    if fail_on == "spof":
        return any(seen.depths[name] in {0, 1} for name in looked_at)
    return (fail_on is not None and stopped) or (fail_on == "degraded" and Verdict.DEGRADED in given)
