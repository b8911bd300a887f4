"""`modelrouter impact`: what breaks if?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, NoReturn

import typer
from rich.console import Console

from modelrouter.cli.check import InventoryFile
from modelrouter.cli.graphs import inhabited
from modelrouter.cli.impact_facts import compared_facts, impact_facts, independence_facts, remedy_facts
from modelrouter.cli.impact_tables import show_comparison, show_impact, show_independence, show_overview, show_remedy
from modelrouter.cli.opening import AsJson, show_json
from modelrouter.cli.printable import printable
from modelrouter.cli.writing import write
from modelrouter.continuity import events
from modelrouter.continuity.compare import compare
from modelrouter.continuity.events import Event
from modelrouter.continuity.factors import Graph
from modelrouter.continuity.impact import STOPPED, Impact, Verdict, impact
from modelrouter.continuity.independence import independence
from modelrouter.continuity.overview import Overview, overview
from modelrouter.continuity.remedy import remedy
from modelrouter.errors import InventoryError, UsageError
from modelrouter.inventory.loader import load
from modelrouter.pages.impact.page import page

FAILED = 1
"""What --fail-on and --diff look for was found."""
UNJUDGED = 2
"""Nothing could be judged: the inventory or what was asked is wrong."""
KNOWN = 30
"""So many names that might have been meant are listed."""

WORDS: Mapping[str, Callable[[Graph, str], Event]] = MappingProxyType(
    {
        "suspend": events.suspend,
        "withdraw": events.withdraw,
        "end": events.end,
        "lose": events.lose,
        "throttle": events.throttle,
    }
)


def main(
    file: InventoryFile = Path("providers.yaml"),
    *,
    suspend: Annotated[
        list[str] | None, typer.Option(metavar="WHO", help="A provider, account, company or key that stops serving us.")
    ] = None,
    withdraw: Annotated[
        list[str] | None, typer.Option(metavar="WHAT", help="A family, model or developer that is served nowhere.")
    ] = None,
    geofence: Annotated[
        list[str] | None, typer.Option(metavar="PLACE", help="A country or region that providers stop serving.")
    ] = None,
    provider: Annotated[
        list[str] | None, typer.Option(metavar="WHO", help="With --geofence: by this one; else by every one.")
    ] = None,
    throttle: Annotated[
        list[str] | None, typer.Option(metavar="FACTOR=SHARE", help="What is left of it, as in account:azure/eu=50%.")
    ] = None,
    lose: Annotated[
        list[str] | None, typer.Option(metavar="FACTOR", help="Any factor, gone with all that stands on it.")
    ] = None,
    end: Annotated[list[str] | None, typer.Option(metavar="CONTRACT", help="A contract that ends.")] = None,
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
        return desk.compare(*diff)
    graph = inhabited(desk.read(file), as_json=as_json)
    if independent is not None or of is not None:
        return desk.independence(graph, independent, of)
    if repair:
        return desk.repair(graph, fail_on)
    happened = [event for word, texts in told.items() for event in desk.events(graph, word, texts or ())]
    happened += desk.geofences(graph, geofence or (), provider or ())
    only = desk.processes(graph, process or ())
    desk.judge(graph, happened, only, fail_on, html)
    return None


class _Desk:
    """Where a question is read, answered and printed: for people, or for programs."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.console = Console(highlight=False)

    def read(self, file: Path) -> Graph:
        """The graph of an inventory."""
        try:
            return Graph.of(load(file))
        except InventoryError as error:
            first, *more = error.problems
            others = f" and {len(more)} more" if more else ""
            self.stop(f"{file} cannot be used: {first}{others}; modelrouter check {file} shows everything")

    def stop(self, message: str, known: Sequence[str] = ()) -> NoReturn:
        """Nothing can be judged: one line, and the names that might have been meant."""
        if self.as_json:
            show_json({"error": message, "known": list(known)})
        else:
            typer.secho(f"error: {printable(message)}", fg="red", err=True)
            shown = ", ".join(known[:KNOWN]) + (f" and {len(known) - KNOWN} more" if len(known) > KNOWN else "")
            if known:
                typer.secho(f"  known: {printable(shown)}", dim=True, err=True)
        raise typer.Exit(UNJUDGED)

    def events(self, graph: Graph, word: str, texts: Sequence[str]) -> list[Event]:
        """What one option said."""
        happened = []
        for text in texts:
            try:
                happened.append(WORDS[word](graph, text))
            except UsageError as error:
                self.stop(f"--{word} {text}: {error}", events.known(graph, text, word))
        return happened

    def geofences(self, graph: Graph, places: Sequence[str], providers: Sequence[str]) -> list[Event]:
        """Places that all of these providers stop serving."""
        if providers and not places:
            self.stop("--provider says who geofences: write --geofence PLACE as well")
        try:
            return [events.geofence(graph, place, providers) for place in places]
        except UsageError as error:
            self.stop(f"--geofence: {error}", events.known(graph, "", "geofence by") if providers else ())

    def processes(self, graph: Graph, names: Sequence[str]) -> tuple[str, ...]:
        """Those that are to be shown; an alias means its process."""
        meant = [graph.inventory.aliases.get(name, name) for name in names]
        try:
            for name in meant:
                graph.structure.routes(name)
        except UsageError as error:
            self.stop(f"--process: {error}", tuple(graph.processes))
        return tuple(meant)

    def judge(
        self, graph: Graph, happened: Sequence[Event], only: Sequence[str], fail_on: str | None, html: Path | None
    ) -> None:
        """Answer what breaks, or what the inventory rests on."""
        found, seen = impact(graph, happened), overview(graph, pairs=not happened)
        mending = None if happened else remedy(graph)
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
            self.stop("write both: --independence DEPLOYMENT --of PROCESS")
        try:
            found = independence(graph, deployment, graph.inventory.aliases.get(process, process))
        except UsageError as error:
            self.stop(str(error))
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
            self.stop(f"--{first} does not go together with {', '.join(f'--{name}' for name in others)}")

    def repair(self, graph: Graph, fail_on: str | None) -> None:
        """Print what to add."""
        found = remedy(graph)
        if self.as_json:
            show_json(remedy_facts(found))
        else:
            show_remedy(found, self.console, whole=True)
        if fail_on is not None and _fails(impact(graph, ()), overview(graph), (), fail_on):
            raise typer.Exit(FAILED)

    def compare(self, old: Path, new: Path) -> None:
        """Say what survives less."""
        before, after = self.read(old), self.read(new)
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
