"""One seed, lived from beginning to end."""

from __future__ import annotations

import asyncio
import random
import tempfile
import threading
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modelrouter import Router
from modelrouter.core.causes import Ending
from modelrouter.core.holds import Admission, admission
from modelrouter.testing import VirtualTime

from .callers import Callers
from .invariants import Ears, Watch
from .journal import OPEN, Journal
from .provider import Providers
from .world import Asking, draw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .world import World

REST_S = 65.0
"""A trial may go on for so long after another call has answered its request."""
HEALED_S = 2400.0
"""After so long every hold of a short life has come due: half an hour for a geofence that was met twice."""
ASKED_S = 30.0
"""By then every free question has its answer."""
ROUNDS = 8
ROUND_S = 5.0
"""A ramp takes less."""
MEMORY = Path("/dev/shm")
"""Where it exists: a file system that never gives an inode twice, so that a file that changed is seen to have."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a seed."""

    seed: int
    broken: tuple[str, ...]
    fingerprint: str
    lines: tuple[str, ...]
    requests: int
    calls: int
    simulated_s: float
    """Under load; what passes in between, with nobody asking, does not count."""
    took_s: float
    kinds: frozenset[str]
    """What providers played."""
    ends: frozenset[str]
    """How requests ended."""
    hedges: int
    """Calls made beside another that was only slow."""
    waited: int
    """Calls let in where others waited for room."""


class Clock:
    """The time of one router, and its chance. A look at it comes after everything that threads were writing."""

    def __init__(self, life: Life, seed: str) -> None:
        self._life = life
        self._chance = random.Random(seed)

    def now(self) -> float:
        """Monotonic seconds."""
        self._life.settle()
        return self._life.time.now()

    def wall(self) -> float:
        """Seconds since 1970."""
        return self._life.time.wall()

    def chance(self) -> float:
        """Drawn from the seed."""
        return self._chance.random()


class Life:
    """The routers of one world, those who ask them and those whom they ask."""

    def __init__(self, world: World, *, keep: bool = False) -> None:
        self.world = world
        self.time = VirtualTime(settle=self._pass)
        self.journal = Journal(self.time.now, keep=keep)
        self.watch = Watch(world, self.journal)
        self.providers = Providers(world, self.journal)
        self.providers.watch = self.watch
        self.ears = [Ears(self.watch, number) for number in range(world.routers)]
        self.routers: list[Router] = []
        self._thread = threading.get_ident()

    def _pass(self) -> None:
        """Time is about to pass."""
        self.settle()
        self.watch.time_passes()

    def settle(self) -> None:
        """Let the threads that write hold files finish what they began: no time passes meanwhile."""
        if len(self.routers) < 2 or threading.get_ident() != self._thread:
            return
        for router in self.routers:
            if router._board is not None and router._board._writer is not None:
                router._board.close()  # writes what is left to write

    def live(self) -> None:
        """From the first request to the last word."""
        if self.world.routers == 1:
            self.time.run(self._live(None))
            return
        place = MEMORY if MEMORY.is_dir() else None
        with tempfile.TemporaryDirectory(prefix="simulated-", dir=place) as folder:
            self.time.run(self._live(Path(folder) / "holds.json"))

    async def _live(self, hold_file: Path | None) -> None:
        self.routers += [
            Router(
                self.world.inventory,
                observers=[ears],
                clients=self.providers.clients(number),
                clock=Clock(self, f"chance {self.world.seed}/{number}"),
                hold_file=hold_file,
            )
            for number, ears in enumerate(self.ears)
        ]
        self.watch.queues = {
            (number, post.deployment.id): post.load._queue
            for number, router in enumerate(self.routers)
            for post in router._state.posts.everybody()
            if post.deployment.limits.concurrency is not None
        }
        callers = Callers(self.world, self.routers, self.journal, self.watch)
        await callers.play()
        await asyncio.sleep(REST_S)
        self._at_rest()
        await self._heal(callers)
        self._at_rest()
        for router in self.routers:
            await router.aclose()
        await asyncio.sleep(0)
        self._nothing_left()

    def _at_rest(self) -> None:
        """Nobody asks any more: no call, no trial and nothing that waits may be left."""
        for call in self.providers.calls:
            if call.over == OPEN:
                self.watch.fail(f"call {call.number} of {call.deployment} ({call.play.kind}) was never let go")
        for number, router in enumerate(self.routers):
            for hold in router.holds():
                if hold.trial_since is not None:
                    self.watch.fail(f"router {number} holds {hold.domain} for a trial that nobody makes")
            posts = list(router._state.posts.everybody())
            waiting = {post.deployment.id for post in posts if post.waiting}
            if waiting:
                self.watch.fail(f"router {number} still counts on calls of {', '.join(sorted(waiting))}")
            for name, load in ((post.deployment.id, post.load) for post in posts):
                if load.in_flight or load._queue:
                    self.watch.fail(f"router {number} counts {load.in_flight} calls of {name}, {len(load._queue)} wait")

    async def _heal(self, callers: Callers) -> None:
        """Everything is well again and people release what they held: does all of it come back?"""
        self.providers.healed = True
        self.watch.quiet = True
        for router in self.routers:
            self._release(router)
        await asyncio.sleep(HEALED_S)
        for router in self.routers:
            router.holds()  # what others wrote long ago is asked about before it is tried
        await asyncio.sleep(ASKED_S)
        now = self.time.now()
        for number, router in enumerate(self.routers):
            for hold in router.holds():
                if (
                    not hold.by_operator
                    and admission(hold, now, 0.0) is Admission.NO
                    and not self._unlisted(hold.domain)
                ):
                    self.watch.fail(f"router {number} holds {hold.domain} ({hold.cause}) for ever")
            self._release(router)
        for round_ in range(ROUNDS):
            requests = []
            for asking in self._everybody(round_):
                requests.append(callers.start(asking))
                await callers.idle()
            await asyncio.sleep(ROUND_S)
        for request in requests:
            first = request.served_by in request.permitted[:1] or (request.hedged and request.served_by)
            if request.permitted and (request.outcome != "served" or not first):
                told = request.told or f"{request.outcome} by {request.served_by}"
                self.watch.fail(f"all is well, and the first of {request.asking.process} does not serve: {told}")

    def _everybody(self, round_: int) -> list[Asking]:
        """One plain request to each process of each router."""
        number = len(self.world.askings) + round_ * 1000
        names = [
            (router, process)
            for router in range(self.world.routers)
            for process in sorted(self.world.inventory.processes)
        ]
        return [
            Asking(number + at, self.time.now(), router, process, False, None, None, False, "reads", 0.0, None)
            for at, (router, process) in enumerate(names)
        ]

    def _release(self, router: Router) -> None:
        """A person releases what only a person can end."""
        for hold in router.holds():
            if hold.by_operator or (hold.ending is Ending.RELEASE and self._unlisted(hold.domain)):
                router.release(str(hold.domain))
                self.watch.released(self.routers.index(router), str(hold.domain))

    def _unlisted(self, domain: object) -> bool:
        """Whether no free listing can speak for a domain."""
        estate = self.world.estate
        return not any(site.lists for name, site in estate.sites.items() if str(domain) in estate.domains[name])

    def _nothing_left(self) -> None:
        loop = asyncio.get_running_loop()
        tasks = [task.get_coro() for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        if tasks:
            self.watch.fail(f"{len(tasks)} tasks are left, such as {tasks[0]}")
        scheduled: Sequence[asyncio.TimerHandle] = loop._scheduled  # type: ignore[attr-defined] # nobody else knows the timers
        timers = [timer for timer in scheduled if not timer.cancelled()]
        if timers:
            self.watch.fail(f"{len(timers)} timers are left, such as {timers[0]}")


def simulate(seed: int, *, keep: bool = False) -> Outcome:
    """Live one seed; whatever breaks is in the outcome, a crash of the simulation itself included."""
    begun = time.process_time()
    world = draw(seed)
    life = Life(world, keep=keep)
    chance = random.getstate()
    random.seed(f"everything else {seed}")  # of those who use the chance that all share
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # of streams that callers drop, as they mean to
            life.live()
    except Exception as error:  # noqa: BLE001 - it belongs to the seed, which shows it again
        life.watch.fail(f"crashed: {error!r}")
    finally:
        random.setstate(chance)
    return Outcome(
        seed=seed,
        broken=tuple(life.watch.broken),
        fingerprint=life.journal.fingerprint,
        lines=tuple(life.journal.lines or ()),
        requests=len(life.watch.requests),
        calls=len(life.providers.calls),
        simulated_s=world.loaded_s,
        took_s=time.process_time() - begun,
        kinds=frozenset(call.play.kind for call in life.providers.calls),
        ends=frozenset(request.outcome for request in life.watch.requests.values()),
        hedges=sum(map(len, life.watch.hedges)),
        waited=life.watch.passed,
    )
