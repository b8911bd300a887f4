"""Mistakes planted on purpose, one of each kind: the simulation finds every one, and its seed shows it again.

The package is copied and one passage of it replaced; the passage must stand there exactly once, so that
a mistake that no longer fits the code fails here instead of passing unseen.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
SEEDS = 400


class Mistake(NamedTuple):
    """A passage, what it becomes, and what the simulation says of it."""

    file: str
    passage: str
    becomes: str
    found: str
    first: int = 0
    """The seed to begin with, where few lives show the mistake: a little before one that does. Others follow it."""


MISTAKES = {
    "trial not single": Mistake(
        "core/holds.py", "return Admission.NO if in_flight else Admission.TRIAL", "return Admission.TRIAL", r" tries \S+ while call "
    ),
    "stated wait ignored": Mistake(
        "core/holds.py", "length = min(fault.retry_after_s, ", "length = 0.2 * min(fault.retry_after_s, ", "before the wait was over"
    ),
    "deadline not kept": Mistake(
        "core/request.py",
        "not any(map(self._stands, self.options)):\n            return self.deadline",
        "not any(map(self._stands, self.options)):\n            return self.deadline + 3",
        "by its deadline",
    ),
    "policy skipped on failover": Mistake(
        "core/candidates.py", "if not reasons:", "if not reasons or permitted:", "is forbidden"
    ),
    "operator's hold waived": Mistake(
        "core/holds.py", "return self.cause is not None  # ", "return True  # ", "an operator holds"
    ),
    "definitive hold waived": Mistake(
        "core/holds.py", "return opens is not None and opens.waivable and not ", "return opens is not None and not ", "is closed"
    ),
    "retry budget not counted": Mistake(
        "core/budget.py", "taken[self._second % WINDOW_S] += cost", "taken[self._second % WINDOW_S] += 0", "is retry number", 240
    ),
    "hedge after hedge": Mistake(
        "core/request.py",
        "self.hedge_at = None\n        return self._untried(now, hedge=True)",
        "self.hedge_at = now + 0.01\n        return self._untried(now)",
        "is its second",
    ),
    "hedge where tools may act twice": Mistake(
        "runtime/parts.py", 'if "tools" not in asked.capabilities else None', "", "is none that its process allows"
    ),
    "hedges not budgeted": Mistake(
        "core/budget.py", "return self._take(self._hedges, now, HEDGE_RATIO, HEDGE_FLOOR, 1)", "return True", r"a hedge .* is number \d+ in"
    ),
    "nobody's turn kept": Mistake(
        "core/load.py", "ahead = bisect_left(self._queue, place or Place(want.rank + 1, 0))", "ahead = 0", "while somebody graver waited", 250
    ),
    "cut stream ended cleanly": Mistake(
        "runtime/streams.py", 'return self._break(cut("the stream closed without its end"))', "return self._finish()", "ended cleanly"
    ),
    "answer given twice": Mistake(
        "runtime/streams.py",
        'if event.data or event.raw[:1] == b":"])',
        'if event.data or event.raw[:1] == b":"]) * 2',
        "its stream is that of 0 calls",
    ),
    "answer lost": Mistake(
        "runtime/underway.py", "run.tell(Showed(self.index))", "run.results.pop(self.index)", "had answered it"
    ),
    "generation not compared": Mistake(
        "runtime/state.py",
        "if record is not None and lease.generation < record.generation:",
        "if record is not None and lease.generation < 0:",
        "had changed since it began",
    ),
    "one attempt too many": Mistake(
        "core/request.py",
        "exhausted = self.stopped or self.calls >= self.process.attempts",
        "exhausted = self.stopped or self.calls > self.process.attempts",
        "is one more than",
    ),
    "lease leaked on cancellation": Mistake(
        "runtime/underway.py",
        "self.run.driver.state.abandon(self.lease)\n        self.task.cancel()",
        "self.task.cancel()",
        r"(for a trial that nobody makes|counts -?\d+ calls)",
    ),
    "connection leaked": Mistake(
        "runtime/calls.py", "except BaseException:\n            reply.close()\n", "except BaseException:\n", "was never let go"
    ),
    "ramp without end": Mistake(
        "core/holds.py", "return hold.until is not None and now >= hold.until", "return False", "(all is well|for ever)"
    ),
}  # fmt: skip


def plant(mistake: Mistake, place: Path) -> Path:
    """A copy of the package with one mistake in it."""
    shutil.copytree(ROOT / "modelrouter", place / "modelrouter")
    shutil.copytree(ROOT / "tests" / "simulation", place / "tests" / "simulation")
    file = place / "modelrouter" / mistake.file
    text = file.read_text()
    assert text.count(mistake.passage) == 1, (
        f"{mistake.file} has {mistake.passage!r} {text.count(mistake.passage)} times"
    )
    file.write_text(text.replace(mistake.passage, mistake.becomes))
    return place


def told(place: Path, *words: str) -> tuple[int, str]:
    """The simulation's exit status and words, over the package in a folder."""
    environment = {**os.environ, "PYTHONPATH": str(place)}
    command = [sys.executable, "-m", "tests.simulation", *words]
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


@pytest.mark.parametrize("name", MISTAKES)
def test_a_planted_mistake_is_found_and_shown_again(name: str, tmp_path: Path) -> None:
    """The simulation stops at a seed that breaks the promise in question, and that seed breaks it again."""
    mistake = MISTAKES[name]
    place = plant(mistake, tmp_path)

    failed, words = told(place, "--from", str(mistake.first), "--seeds", str(SEEDS), "--stop", "--only", mistake.found)
    seeds = re.findall(r"--seed (\d+) --trace", words)

    assert failed == 1, words
    again, shown = told(place, "--seed", seeds[-1])
    assert again == 1
    assert re.search(mistake.found, shown)


def test_the_copy_is_what_runs_and_finds_nothing_unplanted(tmp_path: Path) -> None:
    """Without a mistake the copy passes the first seeds: what the others find is what was planted."""
    place = plant(Mistake("core/holds.py", "Three rules.", "Three rules.", ""), tmp_path)
    command = [sys.executable, "-c", "import modelrouter; print(modelrouter.__file__)"]
    environment = {**os.environ, "PYTHONPATH": str(place)}
    where = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=True).stdout

    assert where.startswith(str(place))
    assert told(place, "--seeds", "20")[0] == 0
