"""PostgreSQL away for minutes under load, on real clocks: `python -m ledger.outage --minutes 10`, with `tests` on the path.

Two hundred requests a second write three entries each, and wait for the last of them as a strict gateway does. What is
measured is how long they wait before, during and after the outage, how long the copy takes to catch up
while they go on, and what memory that costs. Ends with 1 where an entry is missing, changed or out of order.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, NamedTuple

from support.postgres import Server

from benchmarks.ledger import decision
from ledger.fleet_desk import Fleet, same
from modelrouter.ledger.shipping import Pace

if TYPE_CHECKING:
    from modelrouter.ledger.entry import Draft

RATE = 200.0
ENTRIES = 3
QUIET_S = 5.0
BACKLOG = 60_000


class Phase(NamedTuple):
    """What was measured for a while."""

    name: str
    waited: list[float]
    memory: int


class Load:
    """Requests at a rate, each waiting for its last entry to be durable."""

    def __init__(self, made: Fleet) -> None:
        self.waited: list[float] = []
        self.refused = 0
        self._made = made
        self._over = Event()
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        begin = time.perf_counter()
        number = 0
        while not self._over.is_set():
            number += 1
            self._over.wait(max(0.0, begin + number / RATE - time.perf_counter()))
            self._made.journal.append([decision(number)] * (ENTRIES - 1))
            self._made.journal.append([decision(number)], self._kept(time.perf_counter()))

    def _kept(self, since: float):  # type: ignore[no-untyped-def] # a closure for `kept`
        def kept(number: int | None) -> None:
            self.waited.append(time.perf_counter() - since)
            self.refused += number is None

        return kept

    def phase(self, name: str) -> Phase:
        """What was measured since the last."""
        waited, self.waited = self.waited, []
        return Phase(name, waited, _memory())

    def end(self) -> None:
        """No more."""
        self._over.set()
        self._thread.join()


def _memory() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no memory to be read")


def backlog(server: Server, folder: Path) -> float:
    """Entries a second from a shard that PostgreSQL has nothing of."""
    dsn = server.database()
    made = Fleet(folder / "backlog" / "0.db", dsn, pace=Pace())
    drafts: list[Draft] = [decision(number) for number in range(BACKLOG)]
    for first in range(0, BACKLOG, 5000):
        made.desk.write(*drafts[first : first + 5000])
    begin = time.perf_counter()
    made.start()
    while made.shipping.progress.shipped <= BACKLOG:
        time.sleep(0.01)
    spent = time.perf_counter() - begin
    made.close()
    same(server, dsn, made.path)
    return BACKLOG / spent


def outage(server: Server, folder: Path, seconds: float) -> tuple[list[Phase], float, int, int]:
    """The phases, how long the copy took to catch up, its entries, and how many it was behind."""
    dsn = server.database()
    made = Fleet(folder / "outage" / "0.db", dsn, pace=Pace())
    made.desk.write(decision(0))
    made.start()
    load = Load(made)
    time.sleep(QUIET_S)
    load.phase("warming up")
    time.sleep(QUIET_S)
    phases = [load.phase("before")]
    server.stop()
    time.sleep(seconds)
    phases.append(load.phase("away"))
    behind = made.shipping.progress.behind
    server.start()
    begin = time.perf_counter()
    while made.shipping.progress.away_since is not None:
        time.sleep(0.01)
    noticed = time.perf_counter()
    while made.shipping.progress.behind > RATE * ENTRIES:
        time.sleep(0.01)
    drained = time.perf_counter()
    phases.append(load.phase(f"catching up ({noticed - begin:.1f} s until it was noticed, {drained - noticed:.1f} s)"))
    time.sleep(QUIET_S)
    phases.append(load.phase("after"))
    load.end()
    made.close()
    if load.refused or made.desk.alarms:
        raise AssertionError(f"{load.refused} requests were not recorded")
    return phases, drained - begin, same(server, dsn, made.path), behind


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Measure, and say it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    seconds = parser.parse_args().minutes * 60
    server = Server()
    try:
        with tempfile.TemporaryDirectory() as folder:
            _say(f"{backlog(server, Path(folder)):,.0f} entries/s into PostgreSQL on the same {os.cpu_count()} cores")
            phases, drained, size, behind = outage(server, Path(folder), seconds)
    finally:
        server.remove()
    for phase in phases:
        p50, p99 = statistics.median(phase.waited), statistics.quantiles(phase.waited, n=100)[98]
        _say(
            f"{phase.name}: {len(phase.waited):,} requests, durable after {p50 * 1e3:.1f} ms (p99 {p99 * 1e3:.1f}), "
            f"{phase.memory >> 20} MiB"
        )
    _say(f"away {seconds:g} s: {behind:,} entries behind, copied {drained:.1f} s after it was back")
    _say(f"{size:,} entries, each of them the same in both, in order")
    return 0


if __name__ == "__main__":
    sys.exit(main())
