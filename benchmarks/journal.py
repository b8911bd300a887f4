"""What it costs to keep a ledger: `python -m benchmarks.journal [FOLDER]`, on the disk of that folder.

Durable is what was flushed. A loop of bare flushes runs on the same disk in the same run, before and behind each figure: what
the disk gives at that moment is the measure. Producers are threads of the same process, so they share its interpreter.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from benchmarks.ledger import decision
from modelrouter.ledger import chain
from modelrouter.ledger.ed25519 import Secret
from modelrouter.ledger.entry import Draft, Kind
from modelrouter.ledger.journal import Journal
from modelrouter.ledger.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

ORIGIN = "ledger.example/router/0"
ROUNDS = 3
ENTRIES = 30_000
PRODUCERS = 8
FLUSHES = 200
LONE = 200
RATE = 200.0
PAIRS = 2000


def flushes(folder: Path, size: int = 4096) -> list[float]:
    """Seconds of each of many flushes of so many bytes written anew in a file that is there already, as a log is."""
    spent = []
    with (folder / "flush").open("wb") as file:
        file.write(bytes(size * 256))
        os.fsync(file.fileno())
        for turn in range(FLUSHES):
            begin = time.perf_counter()
            os.pwrite(file.fileno(), os.urandom(size), turn % 256 * size)
            os.fdatasync(file.fileno())
            spent.append(time.perf_counter() - begin)
    return spent


def journal(folder: Path) -> Journal:
    """A journal in a new file."""
    place = Path(tempfile.mkdtemp(dir=folder)) / "0.db"
    made = Journal(place, origin=ORIGIN, secret=Secret(os.urandom(32)), writer="benchmark", bound=1_000_000)
    told = Event()
    made.append([decision(0)], lambda _: told.set())
    told.wait(60)
    return made


def many(folder: Path) -> float:
    """Durable entries a second that many producers get, each with a window of a thousand drafts."""
    made = journal(folder)
    done = Event()
    left = [ENTRIES]
    each = ENTRIES // PRODUCERS
    drafts = [decision(number) for number in range(each)]

    def kept(number: int | None) -> None:
        assert number is not None
        left[0] -= 1
        if left[0] == ENTRIES % PRODUCERS:
            done.set()

    def produce() -> None:
        for draft in drafts:
            made.append([draft], kept)

    threads = [Thread(target=produce) for _ in range(PRODUCERS)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    done.wait(300)
    spent = time.perf_counter() - begin
    made.close()
    return each * PRODUCERS / spent


def grouped(folder: Path, size: int) -> float:
    """Entries a second through the store alone, committed in groups of this size."""
    store = Store.open(Path(tempfile.mkdtemp(dir=folder)) / "0.db", ORIGIN)
    head, made = chain.append(store.head, [chain.begin(store.head, 0, "benchmark", None)], os.urandom)
    store.commit(head, made)
    count = max(size * 20, 4000) if size > 8 else 200 * size
    drafts = [decision(number) for number in range(size)]
    begin = time.perf_counter()
    for _ in range(count // size):
        head, made = chain.append(store.head, drafts, os.urandom)
        store.commit(head, made)
        store.settle(pause=False)
    spent = time.perf_counter() - begin
    store.close()
    return count // size * size / spent


def lone(folder: Path) -> list[float]:
    """Seconds from `append` to `kept` of entries that come one by one."""
    made = journal(folder)
    spent = []
    for number in range(LONE):
        told = Event()
        begin = time.perf_counter()
        made.append([decision(number)], lambda _, told=told: told.set())  # type: ignore[misc] # bound in this turn
        told.wait(60)
        spent.append(time.perf_counter() - begin)
    made.close()
    return spent


def paced(folder: Path) -> list[float]:
    """Seconds until the `decision` is durable, of pairs of request and decision that come at random, RATE a second."""
    made = journal(folder)
    chance = random.Random(0)
    spent: list[float] = []
    due = time.perf_counter()
    for number in range(PAIRS):
        due += chance.expovariate(RATE)
        time.sleep(max(due - time.perf_counter(), 0))
        made.append([Draft(Kind.REQUEST, 0, decision(number).values)])
        begin = time.perf_counter()
        made.append([decision(number)], lambda _, begin=begin: spent.append(time.perf_counter() - begin))  # type: ignore[misc] # as above
    made.close()
    assert len(spent) == PAIRS
    return spent


def shown(spent: list[float]) -> str:
    """The median and the slow end, in milliseconds."""
    steps = statistics.quantiles(spent, n=100)
    return f"p50 {steps[49] * 1e3:.2f} ms, p99 {steps[98] * 1e3:.2f} ms, most {max(spent) * 1e3:.1f} ms"


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path())
    table = Table("what", "figure", "a bare flush then")
    with tempfile.TemporaryDirectory(dir=parser.parse_args().folder) as name:
        folder = Path(name)

        def row(what: str, work: Callable[[Path], float | list[float]]) -> None:
            bare = flushes(folder)
            found = [work(folder) for _ in range(ROUNDS)]
            bare += flushes(folder)
            rates = [each for each in found if isinstance(each, float)]
            spent = [one for each in found if isinstance(each, list) for one in each]
            figure = f"{statistics.median(rates):,.0f} entries/s" if rates else shown(spent)
            table.add_row(what, figure, shown(bare))

        row(f"{PRODUCERS} producers", many)
        for size in (1, 16, 64, 256, 512):
            row(f"the store alone, groups of {size}", lambda place, size=size: grouped(place, size))  # type: ignore[misc] # as above
        row("a lone entry", lone)
        row(f"{RATE:g} pairs/s at random", paced)
    Console(width=160).print(table)
    print(f"an entry: a decision of ten fields; {ROUNDS} rounds of each, rates are the median")


if __name__ == "__main__":
    main()
