"""What breaks if, for a large company: `python -m benchmarks.continuity`.

10,000 processes with one to five routes over 500 deployments and about 620 factors, by chance from a seed (`large.py`). Each
question is asked several times, the whole answer made every time; shown are the median and the worst CPU time. The answers are
checked on a sample against the fault-tree engine, which works another way. Ends with 1 if a figure is missed.
"""

from __future__ import annotations

import argparse
import gc
import resource
import sys
import time
import tracemalloc
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.large import Company, company
from benchmarks.machine import described
from modelrouter.continuity.cutsets import counts, depths, families, minimal, pairs, single_points
from modelrouter.continuity.faulttree import FaultTree
from modelrouter.continuity.repair import Candidate, repair
from modelrouter.continuity.solution import solve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from modelrouter.continuity.structure import Structure

REPAIRED = 200
SAMPLE = 100


class Row(NamedTuple):
    question: str
    times: Sequence[float]
    answer: str
    within: float | None = None

    @property
    def missed(self) -> bool:
        return self.within is not None and median(self.times) > self.within

    def __str__(self) -> str:
        within = "" if self.within is None else f"{1000 * self.within:,.0f} ms"
        middle, worst = (f"{1000 * each:,.1f} ms" for each in (median(self.times), max(self.times)))
        return f"| {self.question} | {middle} | {worst} | {within} | {self.answer} |"


def timed(ask: Callable[[], object], rounds: int) -> list[float]:
    found = []
    for _ in range(rounds):
        gc.collect()
        begun = time.process_time()
        answer = ask()
        found.append(time.process_time() - begun)
        del answer
    return found


def scenarios(structure: Structure) -> list[float]:
    """The loss of every shared factor, one scenario after the other."""
    shared = [name for name in structure.factors if not name.startswith("deployment:")]
    return [each for name in shared for each in timed(lambda name=name: structure.lost([name]), 1)]


def offers(large: Company) -> dict[str, list[Candidate]]:
    """Every deployment that a process has not, one in twenty-five of them not bought yet."""
    every = [
        Candidate(name, factors, float(place % 7), new=place % 25 == 0)
        for place, (name, factors) in enumerate(large.deployments.items())
    ]
    return {
        name: [each for each in every if each.factors not in large.routes[name]]
        for name in list(large.routes)[:REPAIRED]
    }


def rows(large: Company, structure: Structure, rounds: int) -> list[Row]:
    every = counts(structure)
    orders = [
        sum(numbers[order] for numbers in every.values() if numbers and order < len(numbers)) for order in range(6)
    ]
    told = ", ".join(f"{number:,}" for number in orders[1:])
    singles, doubles = single_points(structure), pairs(structure)
    few = dict(list(large.routes.items())[:REPAIRED])
    small, offered = type(structure).of(few, {name: large.weights[name] for name in few}), offers(large)
    mended = repair(small, offered)
    names = list(structure.processes)
    return [
        Row("build the structure", timed(large.structure, rounds), f"{len(structure.factors)} factors"),
        Row("one scenario (each shared factor lost once)", scenarios(structure), "down and degraded, by name", 0.1),
        Row(
            "all single points of failure",
            timed(lambda: single_points(structure), rounds),
            f"{len(singles):,} factors, {sum(len(each.processes) for each in singles):,} times a process",
            1.0,
        ),
        Row(
            "all pairs",
            timed(lambda: pairs(structure), rounds),
            f"{len(doubles):,} pairs, {sum(len(each.processes) for each in doubles):,} times a process",
            3.0,
        ),
        Row(
            "exact minimal cut sets of every order: counts",
            timed(lambda: counts(structure), rounds),
            f"{sum(orders):,} (by order: {told})",
            1.0,
        ),
        Row(
            "the same as products of interchangeable factors",
            timed(lambda: [list(families(structure, name)) for name in names], rounds),
            f"{sum(sum(1 for _ in families(structure, name)) for name in names):,} products",
            1.0,
        ),
        Row(
            "the same up to order 3, each spelled out",
            timed(lambda: [minimal(structure, name) for name in names], max(rounds // 3, 1)),
            f"{sum(orders[:4]):,} sets",
        ),
        Row("how many must fail at least", timed(lambda: depths(structure), rounds), "by process"),
        Row(
            f"smallest repair of {REPAIRED} processes, {len(large.deployments)} candidates each",
            timed(lambda: repair(small, offered), max(rounds // 3, 1)),
            f"{len(mended.additions)} additions, {len(mended.new)} new, {'exact' if mended.exact else 'greedy'}, "
            f"{len(mended.remaining)} processes not wholly",
            10.0,
        ),
    ]


def memory(large: Company) -> str:
    gc.collect()
    tracemalloc.start()
    structure = large.structure()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    answers = (single_points(structure), pairs(structure), counts(structure))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (
        f"The structure holds {held / 1e6:.1f} MB; with {len(answers)} answers at once (single points, pairs, counts) "
        f"it is {peak / 1e6:.1f} MB at most."
    )


def check(structure: Structure) -> str:
    every = counts(structure)
    chosen = list(structure.processes)[:: len(structure.processes) // SAMPLE][:SAMPLE]
    for name in chosen:
        solution = solve(FaultTree.of_process(structure, name))
        if solution.counts() != every[name] or solution.minimal() != minimal(structure, name):
            raise SystemExit(f"two ways, two answers: {name}")
    return f"{len(chosen)} processes solved as fault trees as well: the same counts, the same sets up to order 3."


def main() -> int:
    reading = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    reading.add_argument("--seed", type=int, default=1)
    reading.add_argument("--rounds", type=int, default=9)
    told = reading.parse_args()
    large = company(told.seed)
    structure = large.structure()
    print(f"{described()}; seed {told.seed}, {told.rounds} rounds")
    peak_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print("\n| question | CPU, median | worst | asked | answer |\n|---|---:|---:|---:|---|")
    missed = False
    for row in rows(large, structure, told.rounds):
        print(row)
        missed = missed or row.missed
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nThe process held {peak:.0f} MB at most, {peak_before:.0f} MB before the first question. {memory(large)}")
    print(check(structure))
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
