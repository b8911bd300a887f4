"""What understanding an error costs: `python -m benchmarks.classify [ERRORS.jsonl] [--rounds N]`.

Without a file, a few hundred made-up errors in all shapes, and bodies meant to keep the classifier busy.
A line of a file is a JSON object: body, and where known provider, surface, status, headers.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from benchmarks.error_texts import WORST, own
from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROUNDS = 15
SHORTEST_S = 0.02
"""A round takes so long at least: few errors are read several times."""
MICRO = 1e6
NOW = datetime(2026, 3, 2, 8, 15, 30, tzinfo=UTC)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("errors", type=Path, nargs="?")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    shapes = by_shape(options.errors) if options.errors else own()
    table = Table("one error", "errors", "characters", "µs", "fastest to slowest", box=None, pad_edge=False)
    for name, errors in [*shapes.items(), ("all", list(chain(*shapes.values())))]:
        add(table, name, errors, options.rounds)
    if not options.errors:
        for name, body in WORST.items():
            add(table, name, [Evidence(vendor="openai", surface="exception", body=body)], options.rounds)
    Console().print(table)


def by_shape(path: Path) -> Mapping[str, list[Evidence]]:
    """Read a file of errors, and part them by what their bodies look like."""
    shapes: dict[str, list[Evidence]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            error = read(json.loads(line))
            shapes.setdefault(shape(error.body.lstrip()), []).append(error)
    return dict(sorted(shapes.items()))


def read(row: Mapping[str, object]) -> Evidence:
    """Read one line; a surface that is none of ours is an exception's text."""
    surface = row.get("surface", "http")
    status = row.get("status")
    headers = row.get("headers")
    return Evidence(
        vendor=str(row.get("provider") or "generic"),
        surface="http" if surface == "http" else "stream" if surface in {"stream", "sse"} else "exception",
        status=status if isinstance(status, int) else None,
        headers={str(name).lower(): str(value) for name, value in headers.items()} if isinstance(headers, dict) else {},
        body=str(row["body"]),
    )


def shape(body: str) -> str:
    """Say what a body looks like."""
    if body.startswith(("{", "[")):
        return "JSON"
    if body.startswith("<"):
        return "a page"
    if body.startswith(("data:", "event:")):
        return "an event of a stream"
    return "text with JSON or a repr" if "{" in body else "text"


def add(table: Table, name: str, errors: Sequence[Evidence], rounds: int) -> None:
    """Measure some errors and add the row."""
    costs = micros(errors, rounds)
    length = statistics.mean(len(error.body) for error in errors)
    span = f"{min(costs):,.1f} to {max(costs):,.1f}"
    table.add_row(name, str(len(errors)), f"{length:,.0f}", f"{statistics.median(costs):,.1f}", span)


def micros(errors: Sequence[Evidence], rounds: int) -> list[float]:
    """The CPU time of one classification in each round, in microseconds, once everything has been seen before."""
    once = sum(_seconds(errors) for _ in range(2)) / 2
    turns = max(1, round(SHORTEST_S / max(once, 1e-6)))
    return [_seconds(errors, turns) / turns / len(errors) * MICRO for _ in range(rounds)]


def _seconds(errors: Sequence[Evidence], turns: int = 1) -> float:
    begun = time.thread_time()
    for _ in range(turns):
        for error in errors:
            classify(error, now=NOW)
    return time.thread_time() - begun


if __name__ == "__main__":
    main()
