"""Budgets of extra calls never exceed their share."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from modelrouter.core.budget import HEDGE_FLOOR, HEDGE_RATIO, RETRY_FLOOR, RETRY_RATIO, WINDOW_S, Budget

STEPS = st.lists(
    st.tuples(st.floats(0, 3), st.integers(0, 120), st.integers(0, 25), st.integers(0, 5), st.booleans()), max_size=40
)


@given(STEPS, st.floats(0, 1e6))
def test_extra_calls_stay_within_their_share_of_any_ten_seconds(steps, now):
    """Of the requests of the last ten seconds, or of the floor, no more are retried or hedged than is said."""
    budget, requests, retries, hedges = Budget(), [], [], []

    def recent(times):
        return sum(1 for second in times if second > int(now) - WINDOW_S)

    for gap, asked, repeated, hedged, held in steps:
        now += gap
        for _ in range(asked):
            budget.request(now)
            requests.append(int(now))
        for _ in range(repeated):
            if budget.retry(now, held=held):
                retries += [int(now)] * (2 if held else 1)
                assert recent(retries) <= max(RETRY_FLOOR, RETRY_RATIO * recent(requests))
        for _ in range(hedged):
            if budget.hedge(now):
                hedges.append(int(now))
                assert recent(hedges) <= max(HEDGE_FLOOR, HEDGE_RATIO * recent(requests))


def test_a_quiet_service_may_retry_and_hedge():
    """The floors are granted where there were no requests at all, and again when the window has passed."""
    budget = Budget()
    for now in (0.0, 10.0, 1e6):
        assert RETRY_FLOOR == sum(budget.retry(now) for _ in range(100))
        assert HEDGE_FLOOR == sum(budget.hedge(now) for _ in range(100))
        assert not budget.retry(now + 9.0)


def test_a_busy_service_may_use_its_whole_share():
    """Of a thousand requests a hundred are retried and twenty hedged, not one fewer."""
    budget = Budget()
    for _ in range(1000):
        budget.request(5.0)

    assert 100 == sum(budget.retry(5.0) for _ in range(1000))
    assert 20 == sum(budget.hedge(5.0) for _ in range(1000))


def test_a_call_of_what_is_held_costs_two():
    """Retries of deployments that are held are half as many."""
    budget = Budget()

    assert RETRY_FLOOR // 2 == sum(budget.retry(0.0, held=True) for _ in range(100))


def test_a_clock_read_earlier_takes_nothing_back():
    """A thread that read the clock a second ago neither empties the window nor is counted in the future."""
    budget = Budget()
    for _ in range(1000):
        budget.request(20.0)
    budget.request(19.0)

    assert 100 == sum(budget.retry(19.0) for _ in range(1000))
