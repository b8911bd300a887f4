"""`modelrouter capacity`: when something is lost, is what lands on the others carried?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.text import Text

from modelrouter.cli.capacity_tables import show_bill, show_limits, show_loss, show_losses
from modelrouter.cli.check import InventoryFile
from modelrouter.cli.duration import seconds
from modelrouter.cli.graphs import inhabited, read_graph, stop
from modelrouter.cli.losses import Ended, Fenced, Fencing, Suspended, Throttled, Withdrawn, geofences, happened
from modelrouter.cli.opening import AsJson, show_json
from modelrouter.continuity.capacity import (
    ORDINARY,
    Assumed,
    Bill,
    Capacity,
    Loss,
    Outlook,
    bill,
    headroom,
    of_events,
    single,
)
from modelrouter.continuity.factors import Graph

FAILED = 1
BUYING = 20_000
"""Processes times those that fall short: about a minute of work. Of more, what to buy is not worked out."""
GROWING = 2_000
"""Processes times losses: about ten seconds of work. Of more, the headroom is not worked out."""


def main(
    file: InventoryFile = Path("providers.yaml"),
    *,
    lose: Annotated[
        list[str] | None, typer.Option(metavar="FACTOR", help="Only this loss, in full; several are lost together.")
    ] = None,
    suspend: Suspended = None,
    withdraw: Withdrawn = None,
    throttle: Throttled = None,
    end: Ended = None,
    geofence: Fenced = None,
    provider: Fencing = None,
    surge: Annotated[
        float,
        typer.Option(
            help="Others flee, too: what remote survivors carry for us is divided by this, where others lose it."
        ),
    ] = 1.0,
    load: Annotated[float, typer.Option(help="So many times the demand of every process.")] = 1.0,
    peak: bool = typer.Option(False, "--peak", help="Every process at its own `demand.peak`, at the same time."),
    call_takes: Annotated[
        float | None,
        typer.Option(
            metavar="DURATION", help="How long a call takes: counts limits of calls at a time, too.", parser=seconds
        ),
    ] = None,
    fail_on: Annotated[
        Literal["minimum"] | None, typer.Option(help="Exit code 1 where a process is not known to keep its minimum.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say, for each loss, what lands on whom, whether it is carried, who is shed, and what would have to be bought.

    Without a loss, every single factor is lost in turn. Demand is served by criticality, along the routes, as the router
    does. Exit code 0; 1 where --fail-on finds something, 2 where nothing could be judged.
    """
    if not (isfinite(surge) and surge >= 1 and isfinite(load) and load >= 0):
        stop("--surge is a number of 1 or more, and --load one not below 0", as_json=as_json)
    graph = inhabited(read_graph(file, as_json=as_json), as_json=as_json)
    assumed = Assumed(surge=surge, load=load, at_peak=peak, call_s=call_takes)
    told = {"suspend": suspend, "withdraw": withdraw, "end": end, "lose": lose, "throttle": throttle}
    struck = happened(graph, told, as_json=as_json)
    struck += geofences(graph, geofence or (), provider or (), as_json=as_json)
    losses = (of_events(graph, struck),) if struck else (ORDINARY, *single(graph))
    desk = Desk(graph, assumed, losses)
    if as_json:
        show_json(desk.facts())
    else:
        desk.show(Console(highlight=False))
    short = any(outlook.falls_short for outlook in desk.outlooks)
    raise typer.Exit(FAILED if fail_on is not None and short else 0)


class Desk:
    """A question about capacity, worked out; for people or for programs."""

    def __init__(self, graph: Graph, assumed: Assumed, losses: Sequence[Loss]) -> None:
        self.assumed = assumed
        self.capacity = Capacity(graph, assumed)
        self.peakless = assumed.at_peak and all(each.process.demand.peak == 1 for each in graph.processes.values())
        self.ordinary: Outlook = self.capacity.under(ORDINARY)
        self.outlooks = [self.capacity.under(loss) if loss.names else self.ordinary for loss in losses]
        self.losses = tuple(losses)
        processes = len(graph.processes)
        short = sum(len(outlook.falls_short) for outlook in self.outlooks)
        self.bill: Bill | None = bill(self.capacity, self.losses) if short * processes <= BUYING else None
        self.headroom = headroom(self.capacity, (ORDINARY,)) if processes <= GROWING else None
        all_kept = processes * len(losses) <= GROWING and any(each.names for each in losses)
        self.headroom_after = headroom(self.capacity, self.losses) if all_kept else None

    def show(self, console: Console) -> None:
        """Tables."""
        show_loss(self.outlooks[0], self.ordinary, console)
        if len(self.outlooks) > 1:
            show_losses(self.outlooks[1:], console)
            show_limits(self.ordinary, self.outlooks[1:], console)
        if self.bill is not None:
            show_bill(self.bill, self.losses, console)
        for line in (*self._growth(), *self._unknown()):
            console.print(Text(line, "dim"), soft_wrap=True)

    def _growth(self) -> Iterator[str]:
        if self.bill is None:
            yield "what to buy is not worked out: too many processes fall short at once; mend the first, or ask one --lose"
        what = "through any one of these losses" if len(self.losses) > 1 else "through this loss"
        for times, when in ((self.headroom, "in ordinary times"), (self.headroom_after, what)):
            if times is not None:
                yield f"headroom {when}: minima are kept up to {times:.3g} times this demand"

    def _unknown(self) -> list[str]:
        said = []
        if self.peakless:
            said.append("--peak changes nothing: no process states demand.peak")
        pools = self.capacity.pools
        used = {name for outlook in self.outlooks for each in outlook.served.values() for name in each.by}
        if unlimited := sorted(pools.unlimited & used):
            said.append(
                f"nobody has said what these carry a minute, so they are taken to carry all: {', '.join(unlimited)}"
            )
        if pools.left_out:
            said.append(f"not counted without --call-takes: {', '.join(pools.left_out)}")
        return said

    def facts(self) -> dict[str, Any]:
        """The same for programs."""
        assumed = self.assumed
        return {
            "assumed": {
                "surge": assumed.surge,
                "load": assumed.load,
                "at_peak": assumed.at_peak,
                "call_s": assumed.call_s,
            },
            "ordinary": _outlook(self.ordinary),
            "losses": [_outlook(each) for each in self.outlooks if each.loss.names],
            "buy": [
                {"owner": each.pool.owner, "limit": each.pool.word, "from": each.limit, "to": each.to}
                for each in self.bill.purchases
            ]
            if self.bill is not None
            else None,
            "hopeless": [
                {"lost": loss.name, "process": served.process.id, "word": str(served.word)}
                for loss, served in self.bill.hopeless
            ]
            if self.bill is not None
            else None,
            "headroom": {"ordinary": self.headroom, "losses": self.headroom_after},
            "unlimited": sorted(self.capacity.pools.unlimited),
            "no_peak_stated": self.peakless,
            "not_counted": list(self.capacity.pools.left_out),
        }


def _outlook(outlook: Outlook) -> dict[str, Any]:
    return {
        "lost": list(outlook.loss.names),
        "said": outlook.loss.said,
        "others_flee": outlook.loss.shared,
        "processes": {
            name: {
                "word": str(each.word),
                "criticality": each.process.criticality,
                "wanted_rpm": each.wanted,
                "served_rpm": each.rpm,
                "share": each.share,
                "minimum": each.process.objectives.minimum,
                "keeps_minimum": each.keeps,
                "by": dict(each.by),
                "unknown_rpm": each.unknown,
                "used_up": [{"owner": pool.owner, "limit": pool.word} for pool in each.bound],
            }
            for name, each in outlook.served.items()
        },
        "limits": [
            {"owner": each.pool.owner, "limit": each.pool.word, "used": each.used, "worth": each.limit}
            for each in outlook.carried
        ],
        "cost_usd_an_hour": outlook.cost,
        "unpriced_rpm": dict(outlook.unpriced),
    }
