"""The gateway beside a bare pass-through of the same stack and beside other gateways, all in one run.

`python -m benchmarks.gateway [--rounds N] [--write]` prints Markdown, and writes it to `benchmarks/results/gateway.md`;
with `--write` also into `docs/performance.md`. About eight minutes with the usual five rounds and all peers
(`python -m benchmarks.peers` installs them; those that are not there are left out), a third of that without them.
Needs two cores and Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from benchmarks.gateways import FIELD, FLOOR, OURS, Gateway, Running
from benchmarks.machine import cores, described
from benchmarks.page import put
from benchmarks.processes import ROOT, Process, Upstream, WorkerError
from benchmarks.prompt import CHUNKS

RESULTS = ROOT / "benchmarks/results"
MICRO = 1e6


class Cell(NamedTuple):
    """One kind of load."""

    name: str
    kind: str
    """Of the question: see `Gateway.ask`."""
    connections: int
    seconds: float
    rate: float = 0.0


FULL = Cell("full", "whole", 32, 2.0)
CALM = Cell("calm", "whole", 8, 6.0, 50.0)
BURST = Cell("burst", "stream", 16, 1.5)
PACED = Cell("paced", "paced", 16, 2.5)
CELLS = (FULL, CALM, BURST, PACED)


class Load(Process):
    """The generator of load; see `benchmarks.load`."""

    def __init__(self, core: int) -> None:
        super().__init__(sys.executable, "benchmarks.load", str(core))

    def run(self, order: dict[str, object]) -> dict[str, float]:
        """Carry out one order. Raises WorkerError where it cannot be, or where an answer was not what it should be."""
        self.say(json.dumps(order))
        answer: dict[str, Any] = json.loads(self.line())
        if "error" in answer or answer["failures"] or not answer["calls"]:
            raise WorkerError(str(answer))
        return answer


class Measured:
    """What came of one gateway: for each cell one measurement a round, None where that round had none."""

    def __init__(self, running: Running) -> None:
        self.name = running.gateway.name
        self.running = running
        self.rounds: dict[Cell, list[dict[str, float] | None]] = {cell: [] for cell in CELLS}
        self.memory_mb = 0.0

    def figure(self, cell: Cell, what: str) -> list[float | None]:
        """One figure of each round: `rate` a second, `cpu` in µs a call or chunk, `p50` and `p99` in µs."""
        return [_figure(cell, told, what) if told else None for told in self.rounds[cell]]

    def median(self, cell: Cell, what: str) -> float | None:
        figures = [figure for figure in self.figure(cell, what) if figure is not None]
        return statistics.median(figures) if figures else None


def _figure(cell: Cell, told: dict[str, float], what: str) -> float:
    if what == "rate":
        return told["calls"] / told["wall_s"]
    if what == "cpu":
        return told["cpu_s"] / told["calls"] / (1 if cell.kind == "whole" else CHUNKS) * MICRO
    return told[f"{what}_s"] * MICRO


def main() -> None:
    options = _options()
    RESULTS.mkdir(exist_ok=True)
    load_before = os.getloadavg()[0]
    with TemporaryDirectory() as folder, ExitStack() as stack:
        other, own = cores()
        upstream = stack.enter_context(Upstream(other))
        load = stack.enter_context(Load(other))
        field = []
        for place, gateway in enumerate(gateway for gateway in FIELD if gateway.present):
            started = _started(gateway, own, upstream.root, Path(folder) / str(place))
            if started is not None:
                field.append(Measured(stack.enter_context(started)))
        begun = time.monotonic()
        for place in range(options.rounds):
            print(f"round {place + 1} of {options.rounds}, {time.monotonic() - begun:.0f} s", file=sys.stderr)
            _round(load, field, options.scale)
        for measured in field:
            measured.memory_mb = measured.running.memory_mb
    text = _markdown(field, options, load_before)
    (RESULTS / "gateway.md").write_text(text)
    print(text)
    if options.write:
        put("gateway", text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="of every duration; 0.2 says whether the script works")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/performance.md")
    return parser.parse_args()


def _started(gateway: Gateway, core: int, root: str, folder: Path) -> Running | None:
    try:
        return Running(gateway, core, root, folder)
    except (OSError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return None


def _round(load: Load, field: list[Measured], scale: float) -> None:
    """Every cell of every gateway once, the gateways in an order of chance; nobody else of the run is at work."""
    for cell in CELLS:
        for measured in random.sample(field, len(field)):
            seconds = cell.seconds * scale
            order = measured.running.order(
                cell.kind, connections=cell.connections, seconds=seconds, warm=seconds / 4, rate=cell.rate
            )
            told = None
            try:
                told = load.run(order)
            except WorkerError as error:
                print(f"{measured.name}, {cell.name}: {error}", file=sys.stderr)
            measured.rounds[cell].append(told)


HEADS = (
    "gateway",
    "requests/s",
    "CPU µs a request",
    "p50 at 50/s",
    "p99 at 50/s",
    "streams/s",
    "CPU µs a chunk, paced",
    "MB",
    "start",
)


def _markdown(field: list[Measured], options: argparse.Namespace, load: float) -> str:
    rounds = f"medians of {options.rounds} rounds taken in turns"
    method = f"the gateway on one core, upstream and load on the other; {rounds}; load before the run {load:.1f}"
    rows = [_row(HEADS), _row(["---", *["---:"] * (len(HEADS) - 1)]), *(_row(_cells(each)) for each in field)]
    return "\n".join([f"Measured on {described()}; {method}.", "", *rows, "", *_goals(field)]) + "\n"


def _cells(measured: Measured) -> list[str]:
    ours = measured.running.pid != 0
    cpu = [_told(measured.median(cell, "cpu"), ",.0f") if ours else "-" for cell in (FULL, PACED)]
    return [
        measured.name,
        _told(measured.median(FULL, "rate"), ",.0f"),
        cpu[0],
        _told(measured.median(CALM, "p50"), ",.0f", " µs"),
        _told(measured.median(CALM, "p99"), ",.0f", " µs"),
        _told(measured.median(BURST, "rate"), ",.0f"),
        cpu[1],
        f"{measured.memory_mb:.0f}" if ours else "-",
        f"{measured.running.started_s:.2f} s" if ours else "-",
    ]


def _told(figure: float | None, form: str, unit: str = "") -> str:
    return "-" if figure is None else f"{figure:{form}}{unit}"


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _goals(field: list[Measured]) -> list[str]:
    """Our own figures beside the floor of the same round, and what they are to be."""
    by_name = {measured.name: measured for measured in field}
    floor, ours = by_name.get(FLOOR.name), by_name.get(OURS.name)
    if floor is None or ours is None:
        return []
    rate = _pairs(ours.figure(FULL, "rate"), floor.figure(FULL, "rate"))
    chunk = _pairs(ours.figure(PACED, "cpu"), floor.figure(PACED, "cpu"))
    cpu = _pairs(ours.figure(FULL, "cpu"), floor.figure(FULL, "cpu"))
    added = [a - b for a, b in zip(ours.figure(CALM, "p50"), floor.figure(CALM, "p50"), strict=True) if a and b]
    aims = (
        Aim("requests/s, of the bare pass-through's", rate, 0.6, ".2f", least=True),
        Aim("CPU a request, of the bare pass-through's", cpu, 1 / 0.6, ".2f"),
        Aim("CPU a paced chunk, of the bare pass-through's", chunk, 1.3, ".2f"),
        Aim("µs added to its p50 at 50/s", added, 1000, ",.0f"),
        Aim("MB", [ours.memory_mb], 100, ",.0f"),
        Aim("seconds to the first answer", [ours.running.started_s], 1.0, ".2f"),
    )
    head = [_row(["modelrouter", "measured", "lowest to highest", "goal", ""]), "|---|---:|---:|---:|---|"]
    return head + [_row(aim.cells()) for aim in aims if aim.figures]


class Aim(NamedTuple):
    """A figure that is to stay on one side of a bound."""

    what: str
    figures: list[float]
    bound: float
    form: str
    least: bool = False

    def cells(self) -> list[str]:
        """The figure, its range, its goal and whether it is met."""
        middle = statistics.median(self.figures)
        span = f"{min(self.figures):{self.form}} to {max(self.figures):{self.form}}"
        goal = f"at {'least' if self.least else 'most'} {self.bound:{self.form}}"
        met = middle >= self.bound if self.least else middle <= self.bound
        return [self.what, f"{middle:{self.form}}", span, goal, "✓" if met else "✗"]


def _pairs(ours: list[float | None], floor: list[float | None]) -> list[float]:
    return [a / b for a, b in zip(ours, floor, strict=True) if a and b]


if __name__ == "__main__":
    main()
