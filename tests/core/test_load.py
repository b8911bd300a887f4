"""Load: buckets that keep their rate, and a queue in which nobody is passed over."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.core.inventory import Limits
from modelrouter.core.load import BURST_S, LEAST_BURST, MINUTE, RANKS, SHARES, SOONEST_S, Bucket, Load, Want

EVERYBODY = tuple(RANKS.values())
RATES = st.integers(1, 100_000_000)
GAPS = st.floats(0, 120, allow_nan=False)
CROWD = st.lists(st.sampled_from(EVERYBODY), min_size=1, max_size=30)
LIMITS = st.builds(
    Limits,
    rpm=st.one_of(st.none(), st.integers(1, 600)),
    tpm=st.one_of(st.none(), st.integers(1, 60_000)),
    concurrency=st.one_of(st.none(), st.integers(1, 20)),
)


def nobody() -> None:
    """Stands in for whoever would be called."""


def admitted(load: Load, want: Want, now: float, place=None) -> bool:
    """Whether a call is let in."""
    return load.admit(want, now, place) == 0.0


@given(RATES, st.lists(st.tuples(GAPS, st.integers(1, 100_000)), max_size=30), st.floats(0, 1e7), st.integers(1, 9999))
def test_a_buckets_wait_is_honest(rate, takings, now, amount):
    """After exactly the wait that it states, a bucket gives what was asked for; half way there it does not."""
    bucket = Bucket(rate)
    for gap, taking in takings:
        now += gap
        if not bucket.wait(taking, now):
            bucket.take(taking)
    wait = bucket.wait(amount, now)

    assert wait >= 0
    if wait > SOONEST_S:
        assert bucket.wait(amount, now + wait / 2) > 0
    assert bucket.wait(amount, now + wait) == 0


@pytest.mark.parametrize("now", [0.3, 1e6 + 0.1, 1e7 / 3])
@given(rate=st.integers(10_000_000, 1_000_000_000), amount=st.integers(1, 100_000))
def test_a_fast_buckets_wait_is_honest_after_months(now, rate, amount):
    """Where a clock that has run for long is too coarse for a fast rate, its wait is honest all the same."""
    bucket = Bucket(rate)
    bucket.wait(rate, now)
    bucket.take(rate / MINUTE * BURST_S)

    assert bucket.wait(amount, now + bucket.wait(amount, now)) == 0


@given(st.integers(1, 3000), st.lists(st.floats(0, 10), min_size=1, max_size=400))
def test_calls_of_any_minute_stay_within_the_rate_and_its_burst(rpm, gaps):
    """However they come, no 60 s see more calls than the rate a minute and one burst."""
    load, now, times = Load(Limits(rpm=rpm), EVERYBODY), 0.0, []
    for gap in gaps:
        now += gap / 10
        times += [now for _ in range(8) if admitted(load, Want(), now)]
    most = rpm + min(rpm, max(LEAST_BURST, rpm * BURST_S / MINUTE))

    for place, begin in enumerate(times):
        assert sum(1 for at in times[place:] if at < begin + MINUTE) <= most + 1e-3


def test_a_call_larger_than_the_bucket_needs_a_full_one_and_is_paid_for():
    """A prompt larger than a burst is let in when the bucket is full; those after it wait until it is paid."""
    load = Load(Limits(tpm=6000), EVERYBODY)

    assert admitted(load, Want(0, 5000), 0.0)
    assert 40.0 == pytest.approx(load.admit(Want(0, 1000), 0.0) - 10.0)
    assert not admitted(load, Want(0, 1000), 49.9)
    assert admitted(load, Want(0, 1000), 50.1)


@given(st.integers(1, 20), st.lists(st.tuples(st.booleans(), st.sampled_from(EVERYBODY)), max_size=200))
def test_no_more_are_in_flight_than_the_limit(limit, steps):
    """Whoever comes and goes, the declared limit holds for all, and its share for each rank."""
    load = Load(Limits(concurrency=limit), EVERYBODY)
    for comes, rank in steps:
        if not comes and load.in_flight:
            load.leave(1.0)
        elif comes and admitted(load, Want(rank), 0.0):
            assert load.in_flight <= max(1, int(limit * SHARES[rank]))

        assert 0 <= load.in_flight <= limit


@given(st.lists(st.sampled_from(EVERYBODY), min_size=1, unique=True), st.integers(1, 100))
def test_a_rank_with_nobody_above_it_may_fill_everything(ranks, limit):
    """The share kept for graver processes is kept only where there are any."""
    load = Load(Limits(concurrency=limit), ranks)
    want = Want(min(ranks))

    assert all(admitted(load, want, 0.0) for _ in range(limit))
    assert not admitted(load, want, 0.0)


@given(LIMITS, st.integers(1, 40), CROWD, st.lists(st.integers(0, 5000), min_size=30, max_size=30), st.data())
def test_nobody_is_let_in_before_those_ahead(limits, learned, crowd, tokens, data):
    """Whoever asks, and however often: while others are ahead by rank or arrival, he is not let in."""
    load = Load(limits, EVERYBODY)
    if limits == Limits():
        load.refusals.refused(0.0, 0.0, learned)
    waiting = {
        load.enter(Want(rank, size), nobody): Want(rank, size) for rank, size in zip(crowd, tokens, strict=False)
    }
    for _ in range(40):
        if not waiting:
            break
        place = data.draw(st.sampled_from(sorted(waiting)))
        now = data.draw(GAPS)
        if admitted(load, waiting[place], now, place):
            assert place == min(waiting)
            del waiting[place]
        newcomer = data.draw(st.sampled_from(EVERYBODY))
        if admitted(load, Want(newcomer), now):
            assert all(each.rank > newcomer for each in waiting)
        if load.in_flight and data.draw(st.booleans()):
            load.leave(0.5)


@given(LIMITS, CROWD, st.integers(0, 5000))
def test_a_queue_never_starves(limits, crowd, tokens):
    """With time passing, calls ending and the head asking when it was told to, everybody is let in, in order."""
    load, now = Load(limits, EVERYBODY), 0.0
    waiting = {load.enter(Want(rank, tokens), nobody): Want(rank, tokens) for rank in crowd}
    order = []
    for _ in range(50 * len(crowd)):
        if not waiting:
            break
        head = min(waiting)
        wait = load.admit(waiting[head], now, head)
        if wait:
            assert wait >= SOONEST_S
            now += wait
            if load.in_flight:
                load.leave(1.0)
        else:
            order.append(head)
            del waiting[head]

    assert not waiting
    assert order == sorted(order)
    assert load.head is None


@given(CROWD, st.data())
def test_leaving_the_queue_twice_is_once(crowd, data):
    """Quitting again takes nobody else's place; the head is whoever is first of those who are left."""
    load, calls = Load(Limits(concurrency=1), EVERYBODY), {}
    for rank in crowd:
        call = partial(nobody)
        calls[load.enter(Want(rank), call)] = call
    for gone in data.draw(st.permutations(sorted(calls))):
        assert load.head is calls[min(calls)]
        load.quit(gone)
        load.quit(gone)
        del calls[gone]

    assert load.head is None


def test_the_gravest_are_first_and_then_who_came_first():
    """The queue is ordered by criticality, and within one by arrival."""
    load = Load(Limits(concurrency=1), EVERYBODY)
    later, first, second = (load.enter(Want(rank), nobody) for rank in (3, 0, 0))

    assert [first, second, later] == sorted([later, first, second])
    assert not admitted(load, Want(3), 0.0, later)
    assert admitted(load, Want(0), 0.0, first)


def test_without_limits_everybody_is_let_in():
    """Where nothing is declared and nothing was learned, nobody waits."""
    load = Load(Limits(), EVERYBODY)

    assert all(admitted(load, Want(3, 10**9), 0.0) for _ in range(1000))
    assert 1000 == load.in_flight


def test_a_learned_limit_binds_below_the_declared_one():
    """What refusals taught keeps calls out that the declared limit would let in."""
    load = Load(Limits(concurrency=100), EVERYBODY)
    for _ in range(20):
        load.admit(Want(), 0.0)
    load.refusals.refused(0.0, 1.0, load.in_flight)

    assert not admitted(load, Want(), 1.0)
    for _ in range(3):
        load.leave(None)
    assert admitted(load, Want(), 1.0)
