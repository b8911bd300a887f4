"""The command: many seeds with figures, or one with its whole story."""

from __future__ import annotations

import argparse
import re
import sys
import time
from typing import TYPE_CHECKING, TextIO

from .life import simulate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .life import Outcome

EVERY_S = 5.0
"""So often progress is told."""
SHOWN = 3
"""Of what broke in one seed, so much is told."""


class Tally:
    """Figures of a run."""

    def __init__(self) -> None:
        self.seeds = 0
        self.requests = 0
        self.calls = 0
        self.simulated_s = 0.0
        self.took_s = 0.0
        self.failing: list[int] = []

    def add(self, outcome: Outcome) -> None:
        """Count one seed."""
        self.seeds += 1
        self.requests += outcome.requests
        self.calls += outcome.calls
        self.simulated_s += outcome.simulated_s
        self.took_s += outcome.took_s
        if outcome.broken:
            self.failing.append(outcome.seed)

    def __str__(self) -> str:
        took = self.took_s or 1e-9
        return (
            f"{self.seeds:,} seeds, {len(self.failing)} failing; {self.requests:,} requests, {self.calls:,} calls; "
            f"{self.seeds / took:.1f} seeds/s, {self.simulated_s / took:,.0f} times real time, {took:.1f} s of processor time"
        )


def say(words: str, where: TextIO | None = None) -> None:
    """Tell a person, at once."""
    where = where or sys.stdout
    where.write(f"{words}\n")
    where.flush()


def run(seeds: Sequence[int], *, stop: bool = False, only: str = "") -> Tally:
    """Live many seeds, and tell of it."""
    tally, told = Tally(), time.monotonic()
    for seed in seeds:
        outcome = simulate(seed)
        tally.add(outcome)
        for words in outcome.broken[:SHOWN]:
            say(f"seed {seed}: {words}")
        if outcome.broken:
            say(f"seed {seed}: again with  python -m tests.simulation --seed {seed} --trace")
            if stop and re.search(only, "\n".join(outcome.broken)):
                break
        if time.monotonic() - told > EVERY_S:
            told = time.monotonic()
            say(f"… {tally}", sys.stderr)
    return tally


def show(seed: int, *, trace: bool) -> int:
    """Live one seed and tell its story."""
    outcome = simulate(seed, keep=trace)
    sys.stdout.writelines(outcome.lines)
    for words in outcome.broken:
        say(f"seed {seed}: {words}")
    say(f"seed {seed}: {outcome.requests} requests, {outcome.calls} calls, fingerprint {outcome.fingerprint}")
    return 1 if outcome.broken else 0


def main(words: Sequence[str] | None = None) -> int:
    """The command line; 1 where a seed fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many seeds to live (1000)")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first of them (0)")
    parser.add_argument("--stop", action="store_true", help="stop at the first that fails")
    parser.add_argument("--only", default="", help="with --stop: that fails in words like these (a regular expression)")
    parser.add_argument("--seed", type=int, help="live this one alone")
    parser.add_argument("--trace", action="store_true", help="with its whole story")
    asked = parser.parse_args(words)
    if asked.seed is not None:
        return show(asked.seed, trace=asked.trace)
    tally = run(range(asked.first, asked.first + asked.seeds), stop=asked.stop, only=asked.only)
    say(str(tally))
    return 1 if tally.failing else 0
