"""Limits that are learned: from refusals, and from slowness in a crowd."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from modelrouter.core.gradient import BACK_OFF, CROWD, ENOUGH, FORGET_S, LEAST, LONG, RECENT, Refusals, Slowness

EVENTS = st.lists(st.tuples(st.booleans(), st.floats(0, 90), st.integers(0, 500)), max_size=200)
SAMPLES = st.lists(st.tuples(st.floats(0, 600), st.integers(0, 2000)), max_size=300)


@given(EVENTS)
def test_refusals_never_shut_a_deployment(events):
    """However often it refuses, a few calls at a time are still let through, and a refusal never raises the limit."""
    refusals, now = Refusals(), 0.0
    for refused, gap, in_flight in events:
        now += gap
        before = refusals.limit
        if refused:
            refusals.refused(now, now, in_flight)
            assert refusals.limit <= max(LEAST, BACK_OFF * min(before or in_flight, max(1, in_flight)))
        else:
            refusals.served(now, in_flight)
            assert (refusals.limit is None) or refusals.limit > before
        assert refusals.limit is None or refusals.limit >= LEAST


def test_calls_refused_together_count_once():
    """A burst that was refused as one lowers the limit once; the next burst lowers it again."""
    refusals = Refusals()
    for _ in range(50):
        refusals.refused(1.0, 2.0, 100)
    once = refusals.limit
    refusals.refused(3.0, 4.0, 100)

    assert BACK_OFF * 100 == once
    assert BACK_OFF * once == refusals.limit


def test_a_round_that_goes_well_adds_one():
    """As many good answers as the limit allows at a time raise it by one."""
    refusals = Refusals()
    refusals.refused(0.0, 0.0, 50)
    for _ in range(45):
        refusals.served(1.0, 45)

    assert 45.9 < refusals.limit <= 46.0


def test_a_limit_that_nobody_needs_is_forgotten():
    """After a minute without a refusal, at less than half of it, there is no limit any more; not before."""
    refusals = Refusals()
    refusals.refused(0.0, 0.0, 50)
    refusals.served(FORGET_S, 1)
    early = refusals.limit
    refusals.served(FORGET_S + 1, 40)
    busy = refusals.limit
    refusals.served(FORGET_S + 1, 1)

    assert early is not None
    assert busy is not None
    assert refusals.limit is None


def test_where_nothing_was_refused_there_is_no_limit():
    """Good answers teach no limit."""
    refusals = Refusals()
    for _ in range(100):
        refusals.served(1.0, 1000)

    assert refusals.limit is None


@given(SAMPLES)
def test_slowness_never_limits_less_than_a_crowd(samples):
    """Whatever times are seen, a limit that follows from them leaves room for a crowd."""
    slowness = Slowness()
    for seconds, in_flight in samples:
        slowness.showed(seconds, in_flight)
        assert slowness.limit is None or slowness.limit >= CROWD


@given(st.floats(0.001, 60), st.integers(1, 5000))
def test_what_is_always_equally_slow_is_not_limited(seconds, in_flight):
    """A steady time to first content is no sign of too many calls, however long it is and however many there are."""
    slowness = Slowness()
    for _ in range(LONG):
        slowness.showed(seconds, in_flight)

    assert slowness.limit is None


def slowed(in_flight: int, samples: int = RECENT * 2) -> Slowness:
    """A deployment that was quick and becomes five times as slow."""
    slowness = Slowness()
    for _ in range(LONG):
        slowness.showed(1.0, in_flight)
    for _ in range(samples):
        slowness.showed(5.0, in_flight)
    return slowness


def test_what_becomes_slow_in_a_crowd_is_limited():
    """A deployment that slows down among many calls is given fewer; among a few it is left alone."""
    assert CROWD <= slowed(200).limit < 200
    assert slowed(int(CROWD)).limit is None


def test_a_few_samples_prove_nothing():
    """Before enough calls were seen no limit follows."""
    slowness = Slowness()
    for place in range(ENOUGH - 1):
        slowness.showed(0.1 if place < RECENT else 10.0, 500)

    assert slowness.limit is None


def test_a_limit_for_slowness_goes_with_it():
    """Once calls are quick again the limit grows, and is gone where nobody comes near it."""
    slowness = slowed(200)
    for _ in range(LONG):
        slowness.showed(1.0, 5)

    assert slowness.limit is None
