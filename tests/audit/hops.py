"""Random hops, recorded by the router that ships and judged by whoever knows nothing of it: none may be forbidden.

A seed makes an inventory with random facts and laws, providers to whom things happen, and callers with random
circumstances; the router serves them in virtual time, some lives across midnight, some across a reload, some beside a
drill. `PYTHONPATH=tests python -m audit.hops --hops 100000`
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import sys
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import structlog
from simulation.journal import Journal
from simulation.provider import Providers
from simulation.world import draw

from audit.facts import context, lawful
from modelrouter import Router
from modelrouter.audit.reader import Auditor
from modelrouter.core.facts import facts
from modelrouter.core.moment import day_at, midnight
from modelrouter.core.rehearsal import Strike
from modelrouter.errors import ModelRouterError
from modelrouter.inventory.diff import fingerprint
from modelrouter.ledger.canonical import canonical
from modelrouter.ledger.entry import written_time
from modelrouter.ledger.recorder import Account, Recorder
from modelrouter.providers.struck import struck
from modelrouter.recording.record import Beside
from modelrouter.testing import VirtualTime

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulation.world import Asking, World

    from modelrouter.core.context import Context
    from modelrouter.core.inventory import Inventory
    from modelrouter.ledger.entry import Draft
    from modelrouter.ledger.journal import Journal as Written
    from modelrouter.recording.record import Recording
    from modelrouter.runtime.answer import Answer
    from modelrouter.runtime.leases import Change

BEGINS = 1_800_000_000.0
"""A Friday in January 2027, 8 o'clock in UTC."""
LASTS_S = 2000.0
"""Nobody waits longer for anything."""


class Pages:
    """A journal that keeps its entries in a list, as an export would have them."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def append(self, made: Sequence[Draft], kept: Callable[[int], object], *_: object) -> None:
        """The next entries, through the form that they would be written in."""
        for draft in made:
            values = json.loads(canonical(dict(draft.values)))
            entry = {"number": len(self.entries), "kind": str(draft.kind), "time": written_time(draft.time)}
            self.entries.append({**entry, "values": values})
        kept(len(self.entries) - 1)

    def ask(self, _: object) -> None:
        """There was no writer before."""


class Ears(Recorder):
    """The recorder that ships, as one of a router's observers."""

    def __init__(self, pages: Pages, clock: Clock, account: Account) -> None:
        super().__init__(cast("Written", pages), clock, account)
        self.trials = 0

    def changed(self, change: Change) -> None:
        """Count the holds that let somebody try."""
        super().changed(change)
        after = change.after
        if after is not None and (change.before is None or change.before.phase is not after.phase):
            self.trials += str(after.phase) == "trial"


class Clock:
    """Virtual time, on a day of one's choice."""

    def __init__(self, virtual: VirtualTime, begins: float, chance: Random) -> None:
        self.now = virtual.now
        self.chance = chance.random
        self._begins = begins

    def wall(self) -> float:
        """Seconds since 1970."""
        return self._begins + self.now()


class Outcome(NamedTuple):
    """What became of a seed."""

    seed: int
    auditor: Auditor
    entries: list[dict[str, Any]]
    inventories: tuple[Inventory, ...]
    """Those in force, one after the other: as the ledger has them."""
    left_out: int
    """Deployments that a law kept out of routes."""
    trials: int


@dataclass(slots=True)
class Life:
    """One seed; with `lax`, the router is given an inventory in which one thing is forgotten that the ledger knows."""

    seed: int
    lax: Any = None
    world: World = field(init=False)
    rng: Random = field(init=False)
    virtual: VirtualTime = field(default_factory=VirtualTime)
    clock: Clock = field(init=False)
    pages: Pages = field(default_factory=Pages)
    record: Ears = field(init=False)
    inventories: list[Inventory] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = Random(f"hops {self.seed}")
        world = draw(self.seed)
        begins = BEGINS
        if self.rng.random() < 0.5:  # midnight comes while they ask
            begins = midnight(day_at(BEGINS)) + 86400.0 - self.rng.uniform(0, world.end)
        inventory = lawful(self.rng, world.inventory, day_at(begins))
        self.world = replace(world, estate=replace(world.estate, inventory=inventory), routers=1)
        self.clock = Clock(self.virtual, begins, Random(f"chance {self.seed}"))
        named = fingerprint if self.lax is None else lambda _: "the whole"
        self.record = Ears(self.pages, self.clock, Account(named, facts))

    def live(self) -> Outcome:
        """From the first request to the last."""
        self.virtual.run(self._live())
        auditor = Auditor()
        for entry in self.pages.entries:
            auditor.read(entry)
        left_out = sum(
            len({each["deployment"] for each in entry["values"]["excluded"]})
            for entry in self.pages.entries
            if entry["kind"] == "decision"
        )
        return Outcome(self.seed, auditor, self.pages.entries, tuple(self.inventories), left_out, self.record.trials)

    def _enforced(self, inventory: Inventory) -> Inventory:
        """What the router gets; the ledger keeps the whole."""
        self.inventories.append(inventory)
        return inventory if self.lax is None else self.lax(inventory)

    async def _live(self) -> None:
        providers = Providers(self.world, Journal(self.virtual.now))
        inventory = self.world.inventory
        self.record.begin(inventory)
        router = Router(
            self._enforced(inventory),
            observers=[self.record],
            clients=providers.clients(0),
            clock=self.clock,
            hold_file=None,
        )
        drill = router.aside(lambda client: struck(client, self._strike))
        drill._observers.join(Beside(cast("Recording", self.record), inventory))
        async with asyncio.TaskGroup() as callers:
            reloads = self.rng.random() < 0.3 and self.lax is None
            reload_at = self.rng.uniform(0, self.world.loaded[0][1])
            for asking in self.world.askings:
                if (left := asking.at - self.virtual.now()) > 0:
                    await asyncio.sleep(left)
                if reloads and asking.at >= reload_at:
                    reloads = False
                    self.record.reloaded(router.reload(self._enforced(self._another())).after, [], {})
                callers.create_task(self._ask(router, drill, asking))
        await drill.aclose()
        await router.aclose()

    def _another(self) -> Inventory:
        """The same deployments under other laws."""
        return lawful(self.rng, self.world.inventory, day_at(self.clock.wall()))

    def _strike(self, deployment: str) -> Strike | None:
        """What the drill lets calls meet: every other deployment refuses."""
        if int(deployment[1:]) % 2:
            return None
        return Strike(deployment=deployment, kind="reply", from_s=0, until_s=1e9, status=529, body=b"{}")

    async def _ask(self, router: Router, drill: Router, asking: Asking) -> None:
        asked = drill if self.rng.random() < 0.15 else router
        inventory = asked.inventory
        today = day_at(self.clock.wall())
        good = [each for each in inventory.access.values() if each.ends is None or each.ends > today]
        key = self.rng.choice((None, *good))  # a door lets nobody in whose key has ended
        names = (*[asking.process] * 8, *inventory.aliases, *inventory.deployments)
        said = context(
            self.rng,
            inventory,
            principal=key and key.id,
            allowed=key and key.processes,
            restart=self.rng.random() < 0.5,
            deadline_s=asking.deadline_s,
        )
        words: dict[str, Any] = {"stream": True} if asking.stream else {}
        task = asyncio.create_task(self._answer(asked, self.rng.choice(names), asking, said, words))
        _, waiting = await asyncio.wait([task], timeout=asking.leaves_after_s or LASTS_S)
        for each in waiting:
            each.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _answer(self, router: Router, name: str, asking: Asking, said: Context, words: dict[str, Any]) -> None:
        try:
            answer = await router.achat(name, f"request {asking.number}.", context=said, **words)
            await _read(answer, asking)
        except ModelRouterError:
            return  # whatever it is, the ledger tells of it


async def _read(answer: Answer, asking: Asking) -> None:
    blocks = 0
    try:
        while answer.streamed and await answer.block():
            blocks += 1
            if asking.manner == "closes" and blocks > 1:
                return
    finally:
        answer.close()


def live(seed: int, lax: Any = None) -> Outcome:
    """One seed, from beginning to end."""
    chance = random.getstate()
    random.seed(f"everything else {seed}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            return Life(seed, lax).live()
    finally:
        random.setstate(chance)


@dataclass(slots=True)
class Tally:
    """Figures of many seeds."""

    seeds: int = 0
    hops: int = 0
    paths: Counter[str] = field(default_factory=Counter)
    doors: Counter[str] = field(default_factory=Counter)
    named: int = 0
    left_out: int = 0
    trials: int = 0
    late: int = 0
    breaches: int = 0
    unjudged: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count one seed."""
        auditor = outcome.auditor
        self.seeds += 1
        self.hops += auditor.hops
        self.paths += auditor.paths
        self.doors += Counter(entry["values"]["door"] for entry in outcome.entries if entry["kind"] == "request")
        self.named += auditor.named
        self.left_out += outcome.left_out
        self.trials += outcome.trials
        self.late += auditor.late
        self.breaches += auditor.breaches
        self.unjudged += auditor.unjudged.total()
        wrong = [*map(str, auditor.forbidden), *map(str, auditor.orphans), *map(str, auditor.undecided)]
        self.wrong += [f"seed {outcome.seed}: {each}" for each in wrong]

    def __str__(self) -> str:
        paths = ", ".join(f"{count:,} {path}" for path, count in self.paths.most_common())
        doors = ", ".join(f"{count:,} by {door}" for door, count in self.doors.most_common())
        return (
            f"{self.seeds:,} seeds, {self.hops:,} hops ({paths}; requests {doors}; {self.trials:,} trials), "
            f"{self.named:,} places in routes, {self.left_out:,} left out of them by law: {self.breaches:,} forbidden, "
            f"{self.unjudged:,} not judged, {self.late:,} by the day or inventory before"
        )


def run(hops: int, first: int = 0) -> Tally:
    """Live seeds until so many hops are judged."""
    tally = Tally()
    told = time.monotonic()
    while tally.hops < hops:
        tally.add(live(first + tally.seeds))
        if time.monotonic() - told > 10.0:
            told = time.monotonic()
            sys.stderr.write(f"… {tally}\n")
    return tally


def main(words: Sequence[str] | None = None) -> int:
    """The command line; 1 where a hop was forbidden, or anything is out of order."""
    parser = argparse.ArgumentParser(prog="python -m audit.hops", description=__doc__)
    parser.add_argument("--hops", type=int, default=100_000)
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first seed (0)")
    asked = parser.parse_args(words)
    began = time.monotonic()
    tally = run(asked.hops, asked.first)
    for each in tally.wrong[:5]:
        sys.stdout.write(f"{each}\n")
    sys.stdout.write(f"{tally}; {time.monotonic() - began:.0f} s\n")
    return 1 if tally.wrong or tally.unjudged else 0


if __name__ == "__main__":
    # What routers log of made-up failures is nothing anybody wants to read.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    sys.exit(main())
