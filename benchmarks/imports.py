"""What importing costs: medians over fresh processes, and which heavy libraries came along.

`python -m benchmarks.imports [--processes N]`. Exits 1 where a limit is broken.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from typing import NamedTuple

HEAVY = ("litellm", "openai", "anthropic", "uvicorn")
"""What neither statement may load."""


class Statement(NamedTuple):
    """An import and the seconds it may take."""

    source: str
    limit_s: float


STATEMENTS = (Statement("import modelrouter", 0.2), Statement("from modelrouter import Router", 0.45))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=9)
    processes = parser.parse_args().processes
    print(
        "| statement | median | fastest to slowest | CPU | limit | heavy libraries loaded |\n| --- | ---: | ---: | ---: | ---: | --- |"
    )
    kept = [_measured(statement, processes) for statement in STATEMENTS]
    sys.exit(0 if all(kept) else 1)


def _measured(statement: Statement, processes: int) -> bool:
    """Print one row; whether the limit held and nothing heavy came along."""
    _seconds(statement.source)  # the first one writes bytecode
    walls, cpus = zip(*(_seconds(statement.source) for _ in range(processes)), strict=True)
    heavy = _loaded(statement.source)
    print(
        f"| `{statement.source}` | {statistics.median(walls):.3f} s | {min(walls):.3f} to {max(walls):.3f} s "
        f"| {statistics.median(cpus):.3f} s | {statement.limit_s} s | {', '.join(heavy) or 'none'} |"
    )
    return statistics.median(walls) < statement.limit_s and not heavy


def _seconds(source: str) -> tuple[float, float]:
    """Wall and CPU time; `-X importtime` leaves out modules that are loaded by name, as our public names are."""
    timed = f"""
from time import perf_counter, process_time
begun = perf_counter(), process_time()
{source}
print(perf_counter() - begun[0], process_time() - begun[1])
"""
    told = subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True, check=True).stdout
    wall, cpu = told.split()
    return float(wall), float(cpu)


def _loaded(source: str) -> list[str]:
    asks = f"{source}\nimport sys\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    return subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True).stdout.split()


if __name__ == "__main__":
    main()
