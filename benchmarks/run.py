"""The benchmark: every client asks the same of the same upstream, in turns, in one run.

`python -m benchmarks.run [--rounds N] [--seconds S] [--only TEXT] [--write]` prints Markdown, and writes it to
`benchmarks/results/latest.md`; with `--write` also into `docs/performance.md`. About five minutes.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import NamedTuple

from benchmarks.field import ENVIRONMENTS, TABLES, Cell, Client, Table
from benchmarks.machine import cores, described
from benchmarks.page import put
from benchmarks.processes import ROOT, Upstream, Worker, WorkerError
from benchmarks.results import Results

RESULTS = ROOT / "benchmarks/results"
MANY = 256
LIBRARIES = ("openai", "httpx", "httpx2", "aiohttp", "uvloop", "orjson", "litellm", "tensorzero")
VERSIONS = (
    "from importlib.metadata import version, PackageNotFoundError as Missing\n"
    "def told(name):\n"
    "    try: return f'{name} {version(name)}'\n"
    "    except Missing: return ''\n"
    f"print(', '.join(filter(None, map(told, {LIBRARIES!r}))))"
)


class Turn(NamedTuple):
    """One client in one cell; turns are taken in an order of chance."""

    results: Results
    client: Client
    worker: Worker
    cell: Cell


def main() -> None:
    options = _options()
    RESULTS.mkdir(exist_ok=True)
    begun = time.monotonic()
    load = os.getloadavg()[0]
    tables = [Results(table) for table in TABLES]
    upstream_core, client_core = cores()
    with ExitStack() as stack:
        upstream = stack.enter_context(Upstream(upstream_core))
        turns: list[Turn] = []
        for results in tables:
            for client in _present(results.table, options.only):
                worker = _worker(client, client_core, upstream.root)
                stack.enter_context(worker).ready()
                turns += [Turn(results, client, worker, cell) for cell in results.table.cells]
        for place in range(options.rounds):
            print(f"round {place + 1} of {options.rounds}, {time.monotonic() - begun:.0f} s", file=sys.stderr)
            for turn in sorted(turns, key=lambda turn: (turn.cell, random.random())):
                _take(turn, place, options.seconds)
    text = "\n".join([_head(options.rounds, load), *(table.markdown() for table in tables if table.measured)])
    (RESULTS / "latest.md").write_text(text)
    print(text)
    if options.write:
        put("calls", text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.2, help="for one client in one cell of one round")
    parser.add_argument("--only", default="", help="only tables whose title holds this text")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/performance.md")
    return parser.parse_args()


def _present(table: Table, only: str) -> list[Client]:
    if only.lower() not in table.title.lower():
        return []
    return [client for client in table.clients if (ROOT / ENVIRONMENTS[client.environment]).exists()]


def _worker(client: Client, core: int, root: str) -> Worker:
    python = str(ROOT / ENVIRONMENTS[client.environment])
    return Worker(python, "benchmarks.worker", str(core), client.loop, client.module, client.make, root)


def _take(turn: Turn, place: int, seconds: float) -> None:
    measured = None
    rounds = turn.client.many if turn.cell.tasks >= MANY else turn.client.rounds
    if place < rounds:
        try:
            measured = turn.worker.measure(turn.cell, seconds, seconds / 3 if turn.client.warm else 0.0)
        except WorkerError as error:
            print(f"{turn.client.name}, {turn.cell}: {error}", file=sys.stderr)
    turn.results.add(turn.client, turn.cell, measured)


def _head(rounds: int, load: float) -> str:
    method = f"client on one core, upstream on another; medians of {rounds} rounds taken in turns"
    lines = [f"Measured on {described()}; {method}; load before the run {load:.1f}."]
    for name, python in ENVIRONMENTS.items():
        path = ROOT / python
        if path.exists():
            told = subprocess.run([path, "-c", VERSIONS], capture_output=True, text=True, check=True).stdout.strip()
            lines.append(f"{name}: {told}.")
    lines.append(
        "CPU time of the client's process a call (a chunk, for streams of 60), its ratio to the first row in the same round (lowest to highest), and calls a second."
    )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
