"""Free probes: whatever becomes of event loops, a hold that a probe can end is probed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support.inventories import deployment, inventory, process

from modelrouter.core.causes import Cause, Ending, Scope
from modelrouter.core.checks import Answer, Told
from modelrouter.core.domains import Domain, Kind
from modelrouter.core.faults import Fault
from modelrouter.core.holds import Hold, Phase
from modelrouter.runtime.asking import Asking
from modelrouter.runtime.leases import Lease, Refusal, Terms
from modelrouter.runtime.probes import MOST, Prober
from modelrouter.runtime.state import State
from modelrouter.testing import ScriptedProvider, ScriptedReply, VirtualTime, status

if TYPE_CHECKING:
    from modelrouter.core.inventory import Inventory

A = deployment("a")
DESCRIBED = inventory(process("p", A))
ACCOUNT = Domain(Kind.ACCOUNT, "a-provider/main")


class Desk:
    """A prober, and the state whose holds it probes, in virtual time."""

    def __init__(
        self,
        provider: ScriptedProvider | None = None,
        time: VirtualTime | None = None,
        described: Inventory = DESCRIBED,
    ) -> None:
        self.time = time or VirtualTime()
        self.provider = provider or ScriptedProvider({})
        self.state = State(described, self.time)
        self.changes: list[Any] = []
        self.shared: list[Any] = []
        self.asking = asking = Asking(self.provider.clients(), self.time)
        self.told: list[Any] = []
        self.prober = Prober(self.state, asking, self.time, self.changes.extend, self.share)

    def share(self, changes) -> None:
        """Tell other routers."""
        self.shared.extend(changes)
        for tell in self.told:
            tell(changes)

    def suspend(self) -> None:
        """The account is suspended now."""
        hold = Hold(domain=ACCOUNT, cause=Cause.SUSPENDED, since=0.0, until=300.0, ending=Ending.RELEASE)
        self.state.place([hold])
        self.prober.attend([hold])

    def serve(self, seconds: float) -> None:
        """One event loop of its own, that serves a request and lives for so long."""

        async def life():
            self.prober.attend(())
            await asyncio.sleep(seconds)

        self.time.run(life())

    @property
    def phases(self) -> list[Phase]:
        """Where the holds stand."""
        return [hold.phase for hold in self.state.holds()]


def test_a_hold_seen_where_no_loop_runs_is_probed_by_the_next_loop():
    """A hold placed in a thread without an event loop is probed once a loop serves."""
    desk = Desk()
    desk.suspend()
    desk.serve(310)

    assert (["a"], [Phase.TRIAL]) == (desk.provider.listings, desk.phases)


@pytest.mark.parametrize("seconds", [400, 10])
def test_a_probe_outlives_its_loop(seconds):
    """A process that runs each request on a loop of its own still gets a suspended account back."""
    desk = Desk()
    desk.provider.listed = False
    desk.suspend()
    for _ in range(2000 // seconds):
        desk.serve(seconds)
    refused = len(desk.provider.listings)
    desk.provider.listed = True
    for _ in range(800 // seconds):
        desk.serve(seconds)

    assert 3 <= refused <= 7
    assert [Phase.TRIAL] == desk.phases


def test_a_loop_that_only_paused_hands_its_probes_over():
    """A loop that is neither closed nor running does not keep a probe from the loop that runs."""
    desk = Desk()
    paused = asyncio.new_event_loop()

    async def suspend():
        desk.suspend()

    async def serve():
        desk.prober.attend(())
        await asyncio.sleep(0)
        return len(asyncio.all_tasks())

    async def resume():
        await asyncio.sleep(0)
        return len(asyncio.all_tasks())

    paused.run_until_complete(suspend())
    with asyncio.Runner() as runner:
        assert 2 == runner.run(serve())
        assert 1 == paused.run_until_complete(resume())
    paused.close()


def test_a_hold_that_ended_is_not_probed():
    """Once released, a hold costs no listing, and none of its tasks goes on."""
    desk = Desk()
    desk.suspend()
    desk.state.lift([ACCOUNT])
    desk.serve(4000)

    assert [] == desk.provider.listings


def test_a_hold_that_opens_again_is_probed_again():
    """A trial that failed after a good probe begins the probing anew."""
    desk = Desk()
    for _ in range(2):
        desk.suspend()
        desk.serve(310)

    assert ["a", "a"] == desk.provider.listings
    assert [Phase.TRIAL] * 2 == [change.after.phase for change in desk.changes]


class Keeping(ScriptedProvider):
    """Remembers what it answered to probes."""

    def __init__(self) -> None:
        super().__init__({})
        self.replies: list[Any] = []

    async def listing(self, deployment):
        """Answer a free probe."""
        self.replies.append(await super().listing(deployment))
        return self.replies[-1]


@pytest.mark.parametrize("listed", [True, False])
def test_listings_are_let_go(listed):
    """Neither a listing that was read nor one that was refused keeps its connection."""
    provider = Keeping()
    provider.listed = listed
    desk = Desk(provider)
    desk.suspend()
    desk.serve(1000)

    assert provider.replies
    assert all(reply.closed for reply in provider.replies)


class Failing(ScriptedProvider):
    """Counts listings, and answers 503 to all."""

    def __init__(self) -> None:
        super().__init__({})
        self.replies: list[Any] = []

    async def listing(self, deployment):
        """Answer a free probe."""
        self.listings.append(deployment.id)
        return ScriptedReply(status(503, "no"))


def down(now: float) -> Hold:
    """The hold of an outage that has just begun."""
    domain = Domain(Kind.DEPLOYMENT, "a")
    return Hold(domain=domain, cause=Cause.OUTAGE, since=now, until=now + 0.5, ending=Ending.TRIAL)


def two_minutes_of_outage(*, connected: bool) -> list[int]:
    """How often two routers ask in two minutes, each alone or told by the other."""
    time = VirtualTime()
    desks = [Desk(Failing(), time), Desk(Failing(), time)]

    def tell(to, changes):
        holds = [change.after for change in changes]
        to.state.place(holds)
        to.prober.attend(holds)

    if connected:
        for desk, other in (desks, desks[::-1]):
            desk.told.append(lambda changes, other=other: tell(other, changes))

    async def life():
        for desk in desks:
            desk.state.place([down(time.now())])
            desk.prober.attend([down(time.now())])
        await asyncio.sleep(120)

    time.run(life())
    return [len(desk.provider.listings) for desk in desks]


def test_routers_that_hear_of_each_other_take_turns():
    """Of two routers that share their holds one asks for both; alone, each asks every five seconds."""
    alone, together = sum(two_minutes_of_outage(connected=False)), sum(two_minutes_of_outage(connected=True))

    assert 40 <= alone <= 60
    assert 20 <= together <= 32


def gone(desk: Desk) -> None:
    """The provider says that it has no such model."""
    desk.state.apply(lease_of(desk), Fault(cause=Cause.MODEL_UNAVAILABLE, scope=Scope.MODEL))
    desk.prober.attend(desk.state.holds())


def lease_of(desk: Desk, **asked: Any) -> Lease:
    """Leave for a call of `a`, which must be given."""
    lease = desk.state.acquire(A, Terms(**asked))
    assert isinstance(lease, Lease)
    return lease


class Catalogue(ScriptedProvider):
    """Lists these names and no others."""

    def __init__(self, *names: str) -> None:
        super().__init__({})
        self.names = names

    async def listing(self, deployment):
        """Answer a free probe."""
        self.listings.append(deployment.id)
        return ScriptedReply(status(200, " ".join(self.names) or "nothing"))


def test_a_listing_that_knows_spares_the_trials_of_a_model_that_is_gone():
    """What it has named before and does not now is not tried; once it is named again, the next call may."""
    desk = Desk(Catalogue("a-model"))

    async def listed_before():
        await desk.asking.ask(A, desk.provider.listing, lambda *_: Answer(Told.PASSED, ""))

    desk.time.run(listed_before())
    desk.provider.names = ()
    gone(desk)
    desk.serve(20_000)
    absent = desk.state.acquire(A)
    desk.provider.names = ("a-model",)
    desk.serve(40_000)

    assert isinstance(absent, Refusal)
    assert len(desk.provider.listings) < 12  # the pace of the cause, and no question for a trial that is not to come
    assert lease_of(desk).trials


def test_a_listing_that_never_named_the_model_leaves_its_trials_to_time():
    """Some never name all that they serve: their silence on a model is no word against it."""
    desk = Desk(Catalogue("another-model"))
    gone(desk)
    desk.serve(590)
    early = desk.state.acquire(A)
    desk.serve(15)

    assert isinstance(early, Refusal)
    assert lease_of(desk).trials


def test_a_stated_wait_outlasts_whatever_a_listing_says():
    """A wait that is stated while a free question is under way binds to its end, though the listing answers well."""
    desk = Desk()
    desk.state.place([down(desk.time.now())])
    under_way = lease_of(desk, waive=True)

    async def life():
        desk.prober.attend(desk.state.holds())
        desk.state.apply(under_way, Fault(cause=Cause.OUTAGE, scope=Scope.DEPLOYMENT, retry_after_s=3.0))
        tried = []
        for _ in range(40):
            await asyncio.sleep(0.1)
            tried.append(isinstance(desk.state.acquire(A, Terms(waive=True)), Lease))
        return tried

    tried = desk.time.run(life())

    assert ["a"] == desk.provider.listings
    assert not any(tried[:29])
    assert any(tried)


def test_every_listing_of_a_domain_has_its_turn():
    """Where a domain has more addresses than are asked at a time, the next question goes to the others."""
    many = [deployment(f"d{number}", url=f"http://d{number}.test/v1") for number in range(MOST + 2)]
    family = Domain(Kind.FAMILY, "shared")
    many = [replace(each, model=replace(each.model, family="shared")) for each in many]
    desk = Desk(Catalogue(), described=inventory(process("p", *many)))
    desk.state.place(
        [Hold(domain=family, cause=Cause.EXPORT_CONTROLLED, since=0.0, until=600.0, ending=Ending.RELEASE)]
    )
    desk.prober.attend(desk.state.holds())
    desk.serve(700)
    first = set(desk.provider.listings)
    desk.serve(800)

    assert MOST == len(first)
    assert {each.id for each in many} == set(desk.provider.listings)


def test_places_without_a_listing_take_nobodys_turn():
    """A domain whose one listing stands behind many places that have none is asked there all the same."""

    class One(ScriptedProvider):
        async def listing(self, deployment):
            """Only the last one has any."""
            return await super().listing(deployment) if deployment.id == "last" else None

    many = [deployment(f"d{number}", url=f"http://d{number}.test/v1") for number in range(3 * MOST)]
    many = [replace(each, model=replace(each.model, family="shared")) for each in (*many, deployment("last"))]
    desk = Desk(One({}), described=inventory(process("p", *many)))
    family = Domain(Kind.FAMILY, "shared")
    desk.state.place(
        [Hold(domain=family, cause=Cause.EXPORT_CONTROLLED, since=0.0, until=600.0, ending=Ending.RELEASE)]
    )
    desk.prober.attend(desk.state.holds())
    desk.serve(700)

    assert [Phase.TRIAL] == desk.phases
