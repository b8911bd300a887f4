"""Do two readers of the law who share no code agree? On random inventories, requests, deployments and days.

`PYTHONPATH=tests python -m audit.agreement --triples 100000`
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from simulation.estate import draw_estate

from audit.facts import context, lawful
from modelrouter.audit.reader import Law, Who
from modelrouter.core.candidates import process_named
from modelrouter.core.facts import facts
from modelrouter.core.policy import objections

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from modelrouter.core.context import Context
    from modelrouter.core.inventory import Inventory

TODAY = date(2027, 1, 15)
EACH = 40
"""Requests of one inventory."""
ELSEWHERE = frozenset({"routes", "access"})
"""What the reader asks beside policies and contracts, and the router elsewhere: in its routes and at its door."""


class Triple(NamedTuple):
    """One deployment for one request on one day, as both read it: the rules that forbid it."""

    seed: int
    name: str
    """What the request names: a process, or a deployment."""
    context: Context
    deployment: str
    day: date
    enforced: frozenset[str]
    read: frozenset[str]

    @property
    def agreed(self) -> bool:
        """Whether both name the same rules, or none."""
        return self.enforced == self.read


def compared(seed: int) -> Iterator[Triple]:
    """Every deployment of the route of some random requests to one random inventory."""
    rng = Random(f"agreement {seed}")
    estate = draw_estate(Random(f"plain {seed}"), Random(f"choices {seed}"))
    inventory = lawful(rng, estate.inventory, TODAY)
    law = Law(json.loads(json.dumps(facts(inventory))))
    for _ in range(EACH):
        name = rng.choice((*inventory.processes, *inventory.processes, *inventory.deployments))
        yield from _read(seed, inventory, law, name, context(rng, inventory), TODAY + timedelta(rng.randint(-9, 9)))


def _read(seed: int, inventory: Inventory, law: Law, name: str, said: Context, day: date) -> Iterator[Triple]:
    process = process_named(inventory, name)
    who = Who(process.id, tuple(sorted(said.data_classes)), said.country, said.person, said.segment)
    for deployment in process.routes:
        enforced = {each.rule for each in objections(inventory, process, said, deployment, day)}
        read = {each.rule for each in law.objections(who, deployment.id, day)} - ELSEWHERE
        yield Triple(seed, name, said, deployment.id, day, frozenset(enforced), frozenset(read))


def run(triples: int, first: int = 0) -> tuple[Counter[str], list[Triple]]:
    """Compare so many; answers how many are permitted and forbidden, and those on which the two disagree."""
    counted: Counter[str] = Counter()
    apart: list[Triple] = []
    seed = first
    while counted.total() < triples:
        for each in compared(seed):
            counted["forbidden" if each.enforced else "permitted"] += 1
            if not each.agreed:
                apart.append(each)
        seed += 1
    return counted, apart


def main(words: Sequence[str] | None = None) -> int:
    """The command line; 1 where the two disagree."""
    parser = argparse.ArgumentParser(prog="python -m audit.agreement", description=__doc__)
    parser.add_argument("--triples", type=int, default=100_000)
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first seed (0)")
    asked = parser.parse_args(words)
    began = time.process_time()
    counted, apart = run(asked.triples, asked.first)
    for each in apart[:5]:
        sys.stdout.write(f"{each}\n")
    took = time.process_time() - began
    sys.stdout.write(
        f"{counted.total():,} triples: {counted['permitted']:,} permitted, {counted['forbidden']:,} forbidden, "
        f"{len(apart):,} read differently; {took:.1f} s of processor time\n"
    )
    return 1 if apart else 0


if __name__ == "__main__":
    sys.exit(main())
