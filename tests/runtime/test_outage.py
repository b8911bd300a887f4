"""An outage of a minute: what it costs the provider that is down, and how soon it is used again."""

from __future__ import annotations

import asyncio
from random import Random
from typing import NamedTuple

import pytest
from support.inventories import deployment, inventory, process

from modelrouter.core.inventory import Objectives
from modelrouter.providers.base import PLAIN
from modelrouter.router import Router
from modelrouter.testing import ScriptedProvider, ScriptedReply, VirtualTime, broken, silent, status, text

A, B = deployment("a"), deployment("b")
DESCRIBED = inventory(process("p", A, B, objectives=Objectives(deadline_s=30.0)))
BEGINS_S, LASTS_S, WATCHED_S = 20.0, 60.0, 150.0
BACK_S = BEGINS_S + LASTS_S
REFUSED = broken()
UNAVAILABLE = status(503, '{"error": {"message": "Service unavailable"}}')
SEEDS = range(50)


class Dice(VirtualTime):
    """Virtual time whose chance is that of a seed."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = Random(seed)

    def chance(self) -> float:
        """A number in [0, 1)."""
        return self._random.random()


class Provider(ScriptedProvider):
    """`a` fails for a minute; what its listing says meanwhile is another matter."""

    def __init__(self, time: VirtualTime, fails, listing) -> None:
        super().__init__({"a": [text("a")], "b": [text("b")]})
        self.time = time
        self.fails = fails
        self.listing_meanwhile = listing
        self.sent: list[float] = []
        self.asked: list[float] = []

    @property
    def down(self) -> bool:
        """Whether `a` is down."""
        return BEGINS_S <= self.time.now() < BACK_S

    async def send(self, deployment, body, options=PLAIN):
        """As its provider does now."""
        if deployment.id == "a":
            self.sent.append(self.time.now())
            self.play("a", [self.fails if self.down else text("a")])
        return await super().send(deployment, body, options)

    async def listing(self, deployment):
        """As its provider does now."""
        self.asked.append(self.time.now())
        script = self.listing_meanwhile if self.down else status(200, f'{{"data": [{{"id": "{deployment.name}"}}]}}')
        if script is None:
            return None
        reply = ScriptedReply(script)
        if not script.code:
            await reply.block()
        return reply


class Seen(NamedTuple):
    """What a minute of outage came to."""

    attempts: int
    """Real calls of `a` while it was down."""
    back_after: float
    """Seconds from its recovery to the first answer by it."""
    all_after: float
    """Seconds from its recovery until every answer is its own again."""
    probes: int
    """Listings while it was down."""
    unserved: int


def outage(seed, fails, listing, *, rate=3.0) -> Seen:
    """Requests at so many a second through a minute of outage."""
    time = Dice(seed)
    provider = Provider(time, fails, listing)
    served: list[tuple[float, str]] = []

    async def life():
        async with Router(DESCRIBED, observers=[], clients=provider.clients(), clock=time, hold_file=None) as router:
            while time.now() < WATCHED_S:
                answer = await router.achat("p", "x")
                served.append((time.now(), answer.decision.served_by))
                await asyncio.sleep(1 / rate * (0.5 + time.chance()))

    time.run(life())
    after = [(at, by) for at, by in served if at >= BACK_S]
    return Seen(
        attempts=sum(1 for at in provider.sent if BEGINS_S <= at < BACK_S),
        back_after=next(at for at, by in after if by == "a") - BACK_S,
        all_after=max((at for at, by in after if by == "b"), default=BACK_S) - BACK_S,
        probes=sum(1 for at in provider.asked if BEGINS_S <= at < BACK_S),
        unserved=sum(1 for _, by in served if by not in ("a", "b")),
    )


@pytest.mark.parametrize("fails", [UNAVAILABLE, REFUSED], ids=["503", "refused"])
def test_an_outage_of_a_minute_costs_what_opened_the_hold_and_nothing_more(fails):
    """Whatever chance says: 3 calls of the primary in the whole minute, and it is used again within 10 s."""
    for seed in SEEDS:
        seen = outage(seed, fails, fails)

        assert seen.attempts <= 3, (seed, seen)
        assert seen.back_after <= 10, (seed, seen)
        assert seen.all_after <= 15, (seed, seen)
        assert 10 <= seen.probes <= 20, (seed, seen)
        assert 0 == seen.unserved


def test_nobody_tries_before_the_first_answer():
    """A listing that hangs fails after 5 s; the hold's own second is over by then, and still no request is tried on it."""
    for seed in SEEDS[:10]:
        seen = outage(seed, UNAVAILABLE, silent())

        assert seen.attempts <= 3, (seed, seen)
        assert seen.back_after <= 10, (seed, seen)


@pytest.mark.parametrize(
    "listing",
    [status(200, '{"data": []}'), None, status(404, "no such path"), status(429, "slow down")],
    ids=["passes", "none", "404", "429"],
)
def test_a_listing_that_tells_nothing_leaves_the_trials_to_time(listing):
    """A provider whose listing answers while its models do not is tried by time: rarely, and found back in a minute."""
    for seed in SEEDS[:5]:
        seen = outage(seed, UNAVAILABLE, listing)

        assert 4 <= seen.attempts <= 16, (seed, seen)
        assert seen.back_after <= 61, (seed, seen)
