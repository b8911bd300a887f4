"""Learned durations: quantiles that are right to a fifth, and limits that keep to their bounds."""

from __future__ import annotations

from math import ceil, inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.core.latency import EVERY, FIRST_TOKEN, IDLE, LEAST_S, PATIENCE, REMEMBERED, WHOLE, Latency

LONGEST_S = 1e6
DURATIONS = st.floats(LEAST_S, 1800.0)
BOUNDS = pytest.mark.parametrize("bounds", [FIRST_TOKEN, IDLE, WHOLE])


def learned(bounds, durations) -> Latency:
    """What has seen these durations."""
    latency = Latency(bounds)
    for seconds in durations:
        latency.took(seconds)
    return latency


@given(st.lists(DURATIONS, min_size=EVERY, max_size=REMEMBERED - 1))
def test_the_quantile_is_right_to_a_fifth(durations):
    """Nineteen of twenty calls take no longer than is said, and what is said is no more than a fifth too long."""
    whole = durations[: len(durations) // EVERY * EVERY]
    exact = sorted(whole)[ceil(0.95 * len(whole)) - 1]

    assert exact * (1 - 1e-9) <= learned(WHOLE, whole).p95_s <= exact * 1.2 * (1 + 1e-9)


@BOUNDS
@given(durations=st.lists(st.floats(0, LONGEST_S), max_size=3 * EVERY), given_up=st.booleans())
def test_a_limit_keeps_to_its_bounds(bounds, durations, given_up):
    """Whatever was seen, a learned limit is neither shorter nor longer than its kind allows."""
    latency = learned(bounds, durations)
    if given_up:
        for _ in range(EVERY):
            latency.outlasted(min(latency.limit_s, LONGEST_S))

    assert bounds.least <= latency.limit_s <= bounds.most


@BOUNDS
def test_little_is_no_knowledge(bounds):
    """Before enough calls were seen the limit is the longest, and nothing is usual."""
    latency = learned(bounds, [0.1] * (EVERY - 1))

    assert (bounds.most, None) == (latency.limit_s, latency.p95_s)
    latency.took(0.1)
    assert bounds.least == latency.limit_s
    assert 0.1 <= latency.p95_s <= 0.12


def test_silence_teaches_where_it_was_unusual():
    """A call let go before it had answered tells how slow it was at least; one let go sooner than usual tells nothing."""
    usual = [0.1] * (EVERY - 1)
    little = learned(WHOLE, usual)
    little.silent(9.0)
    little.took(0.1)  # what is usual was not known before
    known = learned(WHOLE, [*usual, 0.1])
    for _ in range(EVERY):
        known.silent(0.01)
    unmoved = known.p95_s
    for _ in range(EVERY):
        known.silent(3.0)

    assert little.p95_s <= 0.12
    assert unmoved <= 0.12
    assert 3.0 <= known.p95_s <= 3.6


def test_the_limit_is_twice_what_nearly_all_take():
    """Between its bounds the limit is twice what 99 of 100 calls take."""
    assert PATIENCE * 2.0 <= learned(FIRST_TOKEN, [2.0] * EVERY).limit_s <= PATIENCE * 2.4


@BOUNDS
def test_what_outlasts_its_limit_lets_it_grow(bounds):
    """A deployment that became slower than its limit is not given up for ever."""
    latency = learned(bounds, [0.1] * REMEMBERED)
    enough = min(3 * bounds.least, bounds.most)
    for _ in range(REMEMBERED):
        if latency.limit_s >= enough:
            break
        latency.outlasted(latency.limit_s)

    assert latency.limit_s >= enough


def test_what_is_old_fades():
    """A deployment that was slow for a thousand calls is quick again in the figures after as many quick ones."""
    latency = learned(FIRST_TOKEN, [4.0] * REMEMBERED + [0.1] * 10 * REMEMBERED)

    assert FIRST_TOKEN.least == latency.limit_s
    assert latency.p95_s <= 0.12


def test_fading_does_not_lose_the_slow():
    """Where one call in fifty is slow, each in its own way, the limit still covers them after old calls faded."""
    tail = [3.0 * 1.2**place for place in range(20)]
    calls = ([1.0] * 49 * len(tail)) + tail

    assert REMEMBERED == len(calls)
    assert learned(WHOLE, calls).limit_s >= PATIENCE * tail[9]


def test_a_whole_answer_has_all_the_time_there_is_until_one_was_seen():
    """Nothing is concluded of whole answers beforehand."""
    assert inf == Latency(WHOLE).limit_s
