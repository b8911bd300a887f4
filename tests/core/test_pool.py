"""What the deployments of one account carry together: never more, in order, and nobody held up by a deployment that is full."""

from __future__ import annotations

from collections import defaultdict
from copy import deepcopy
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelrouter.core.inventory import Limits
from modelrouter.core.load import BURST_S, LEAST_BURST, MINUTE, NOTHING, RANKS, Load, Want
from modelrouter.core.pool import Pool

EVERYBODY = tuple(RANKS.values())
CRITICAL, DEFERRABLE = Want(RANKS["critical"]), Want(RANKS["deferrable"])
OF = {"a1": "a", "a2": "a", "a3": "a", "b1": "b", "b2": "b"}
"""Deployments, by account."""
LIMITS = st.builds(
    Limits,
    rpm=st.one_of(st.none(), st.integers(1, 120)),
    tpm=st.one_of(st.none(), st.integers(100, 60_000)),
    concurrency=st.one_of(st.none(), st.integers(1, 12)),
)
WANTS = st.builds(Want, rank=st.sampled_from(EVERYBODY), tokens=st.integers(0, 300))
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "ask", "ask", "turn", "leave", "give up"]),
        st.sampled_from(sorted(OF)),
        WANTS,
        st.floats(0, 4),
        st.integers(0, 9),
    ),
    max_size=120,
)


def nobody() -> None:
    """Stands in for whoever would be called."""


def account(limits: Limits, *own: Limits, ranks=EVERYBODY) -> tuple[Pool, list[Load]]:
    """An account with deployments of these limits."""
    pool, numbers = Pool(limits, ranks), count(1)
    loads = [Load(each, ranks, numbers) for each in own]
    for load in loads:
        pool.adopt(load)
    return pool, loads


def admitted(load: Load, want: Want = NOTHING, now: float = 0.0, place=None) -> bool:
    """Whether a call is let in."""
    return load.admit(want, now, place) == 0.0


@pytest.mark.parametrize("limits", [Limits(rpm=10), Limits(concurrency=10), Limits(tpm=10)])
def test_all_deployments_of_an_account_share_what_it_carries(limits):
    """Ten calls in all, however many deployments share the account; what is said of an eleventh is when to come back."""
    _, (first, second) = account(limits, Limits(), Limits())
    want = Want(0, 1)

    assert all(admitted(load, want) for load in (first, second) for _ in range(5))
    assert first.admit(want, 0.0) > 0
    assert second.admit(want, 0.0) > 0
    assert second.shared(want, 0.0)


def test_the_narrower_of_both_binds_and_is_named():
    """Where the deployment has no room, or less than its account, it is what stands in the way; else the account is."""
    _, (narrow, wide) = account(Limits(concurrency=2), Limits(concurrency=1), Limits())

    assert admitted(narrow)
    assert not admitted(narrow)
    assert not narrow.shared(NOTHING, 0.0)
    assert admitted(wide)
    assert not admitted(wide)
    assert wide.shared(NOTHING, 0.0)


def test_who_is_refused_by_either_takes_nothing_of_the_other():
    """A call that its deployment keeps out costs its account nothing, nor the other way round."""
    pool, (full, free) = account(Limits(rpm=60, concurrency=50), Limits(concurrency=1), Limits(rpm=60))
    assert admitted(full)
    for _ in range(100):
        assert not admitted(full)
    assert (1, 1) == (pool.in_flight, full.in_flight)
    for _ in range(9):
        assert admitted(free)
    for _ in range(100):
        assert not admitted(free)
    full.leave(None)
    pool.limit(Limits(), EVERYBODY)

    assert admitted(full), "its own bucket was not emptied by those whom the account refused"
    assert admitted(free), "its own bucket was not emptied by those whom the account refused"


def test_nobody_behind_somebody_of_another_deployment_is_let_in():
    """The gravest waits for one deployment of the account: room of the account is his, whoever asks for another."""
    _, (first, second) = account(Limits(concurrency=1), Limits(), Limits(), ranks=())
    assert admitted(first)
    place = first.enter(CRITICAL, nobody)
    second.leave(None) if second.in_flight else first.leave(1.0)

    assert not admitted(second, DEFERRABLE)
    assert admitted(first, CRITICAL, 0.0, place)


def test_a_deployment_that_is_full_holds_up_nobody_of_another():
    """Who waits for a full deployment, however grave, keeps nobody out of another that has room."""
    _, (full, free) = account(Limits(rpm=600, concurrency=10), Limits(concurrency=1), Limits(), ranks=())
    assert admitted(full)
    for _ in range(20):
        full.enter(CRITICAL, nobody)

    assert all(admitted(free, DEFERRABLE) for _ in range(8))


def test_for_who_waits_for_a_full_deployment_a_call_of_the_account_is_left():
    """The deferrable may not take the last call that the account has for a critical one whose deployment is full."""
    _, (full, free) = account(Limits(rpm=10), Limits(concurrency=1), Limits())
    assert admitted(full)
    place = full.enter(CRITICAL, nobody)

    assert 8 == sum(admitted(free, DEFERRABLE) for _ in range(20))
    full.leave(None)
    assert admitted(full, CRITICAL, 0.0, place)


def test_the_first_who_can_go_is_called_whichever_deployment_he_waits_for():
    """Room of the account goes to the gravest whose own deployment has room; where none has, the gravest learns of it."""
    pool, (full, free, left) = account(Limits(concurrency=2), Limits(concurrency=1), Limits(), Limits())
    assert admitted(full)
    assert admitted(left)
    calls = [lambda: None, lambda: None, lambda: None]
    full.enter(Want(0), calls[0])
    free.enter(Want(2), calls[1])
    free.enter(Want(1), calls[2])
    left.leave(1.0)

    assert left.first(1.0) is calls[2]
    full.leave(1.0)
    assert full.first(1.0) is calls[0]
    pool.limit(Limits(), EVERYBODY)
    assert full.first(1.0) is calls[0]
    assert left.first(1.0) is None


def test_deployments_that_come_under_limits_bring_their_calls_and_their_queues():
    """Limits that are stated later count who is under way; who waited is among those who wait for the account."""
    numbers = count(1)
    loads = [Load(Limits(concurrency=2), EVERYBODY, numbers) for _ in range(2)]
    assert all(admitted(load) for load in loads)
    loads[0].enter(CRITICAL, nobody)
    pool = Pool(Limits(concurrency=2), EVERYBODY)
    for load in loads:
        pool.adopt(load)

    assert 2 == pool.in_flight
    assert not admitted(loads[1])
    loads[1].leave(1.0)
    assert not admitted(loads[1], DEFERRABLE), "one is ahead"
    assert pool.limit(Limits(concurrency=5), EVERYBODY)
    assert not pool.limit(Limits(concurrency=5), EVERYBODY)


def test_an_account_without_limits_lets_everybody_in():
    """Nothing is stated and nothing kept: deployments of it do not know of each other."""
    pool, (first, second) = account(Limits(), Limits(concurrency=1), Limits())
    assert admitted(first)
    first.enter(CRITICAL, nobody)

    assert all(admitted(second, DEFERRABLE) for _ in range(1000))
    assert 1001 == pool.in_flight


def _most_a_minute(limit: int) -> float:
    return limit + min(limit, max(LEAST_BURST, limit * BURST_S / MINUTE))


class World:
    """Deployments of two accounts, and what was let in."""

    def __init__(self, accounts, own):
        self.limits = {**accounts, **own}
        self.pools = {name: Pool(limits, EVERYBODY) for name, limits in accounts.items()}
        numbers = count(1)
        self.loads = {name: Load(own[name], EVERYBODY, numbers) for name in OF}
        for name, load in self.loads.items():
            self.pools[OF[name]].adopt(load)
        self.taken = defaultdict(list)
        self.inside = defaultdict(int)
        self.waiting = {}
        self.now = 0.0

    def ask(self, name, want, place=None):
        """Ask for a call, and compare with what is known."""
        graver = [(rest.rank, at, other) for (other, at), rest in self.waiting.items() if rest.rank < want.rank]
        before = deepcopy(self.loads) if graver else {}
        if self.loads[name].admit(want, self.now, place):
            assert self.loads[name].admit(want, self.now, place) > 0
            return False
        for _, at, other in graver:
            if OF[other] == OF[name]:
                again = deepcopy(before)
                assert again[other].admit(self.waiting[other, at], self.now, at) > 0, "he was passed over"
        for where in (name, OF[name]):
            self.taken[where].append((self.now, want.tokens))
            self.inside[where] += 1
        return True

    def holds(self):
        """Whether nothing carries more than it may."""
        for where, limits in self.limits.items():
            assert limits.concurrency is None or self.inside[where] <= limits.concurrency
            for begin, _ in self.taken[where]:
                within = [tokens for at, tokens in self.taken[where] if begin <= at < begin + MINUTE]
                assert limits.rpm is None or len(within) <= _most_a_minute(limits.rpm) + 1e-3
                assert limits.tpm is None or sum(within) <= _most_a_minute(limits.tpm) + 300 + 1e-3
        for name, load in self.loads.items():
            assert load.in_flight == self.inside[name]
        for name, pool in self.pools.items():
            assert pool.in_flight == self.inside[name]


@settings(max_examples=150, deadline=None)
@given(LIMITS, LIMITS, st.fixed_dictionaries(dict.fromkeys(sorted(OF), LIMITS)), STEPS)
def test_neither_bucket_is_ever_overdrawn_and_nobody_graver_is_passed_over(a, b, own, steps):
    """Whoever comes, waits, goes or gives up: no more at a time or a minute than either limit, no call left counted.

    And nobody is let in while somebody graver, who waits for any deployment of the account, would be.
    """
    world = World({"a": a, "b": b}, own)
    for kind, name, want, gap, which in steps:
        world.now += gap
        places = sorted(place for other, place in world.waiting if other == name)
        if kind == "ask" and not world.ask(name, want):
            world.waiting[name, world.loads[name].enter(want, nobody)] = want
        elif kind == "turn" and places:
            place = places[which % len(places)]
            if world.ask(name, world.waiting[name, place], place):
                del world.waiting[name, place]
        elif kind == "leave" and world.inside[name]:
            world.loads[name].leave(0.5 if which % 2 else None)
            world.inside[name] -= 1
            world.inside[OF[name]] -= 1
        elif kind == "give up" and places:
            place = places[which % len(places)]
            world.loads[name].quit(place)
            del world.waiting[name, place]
        world.holds()


@settings(max_examples=60, deadline=None)
@given(LIMITS, st.fixed_dictionaries(dict.fromkeys(["a1", "a2", "a3"], LIMITS)), st.data())
def test_the_queues_of_an_account_never_starve(limits, own, data):
    """With time passing, calls ending and everybody asking when told to, all who wait are served in the end."""
    pool, loads = account(limits, *own.values())
    crowd = data.draw(st.lists(st.tuples(st.integers(0, 2), WANTS), min_size=1, max_size=15))
    waiting = {}
    for at, want in crowd:
        waiting[loads[at].enter(want, nobody)] = (loads[at], want)
    now, under_way = 0.0, []
    for _ in range(60 * len(crowd)):
        soonest = []
        for place in sorted(waiting):
            load, want = waiting[place]
            wait = load.admit(want, now, place)
            if wait:
                soonest.append(wait)
            else:
                del waiting[place]
                under_way.append(load)
        if not waiting:
            break
        now += min(soonest)
        for load in under_way:
            load.leave(1.0)
        under_way.clear()

    assert not waiting
    assert not pool.queued
