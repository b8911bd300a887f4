"""Holds: how they open, merge, end and come back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.core import holds
from modelrouter.core.causes import PERMITS, Cause, Ending, Scope
from modelrouter.core.domains import Domain, Kind
from modelrouter.core.faults import Fault
from modelrouter.core.holds import Admission, Hold, Phase

DOMAIN = Domain(Kind.ACCOUNT, "acme/main")
HOLDING = [cause for cause in Cause if PERMITS[cause].opens]


def opened(cause: Cause, *, before: Hold | None = None, now: float = 0.0, retry_after_s: float | None = None) -> Hold:
    """A hold as the table opens it, at its longest."""
    fault = Fault(cause=cause, scope=Scope.ACCOUNT, retry_after_s=retry_after_s)
    return holds.opened(before, DOMAIN, fault, now, chance=1.0)


@pytest.mark.parametrize("cause", HOLDING)
def test_a_fresh_hold_admits_nobody(cause):
    """Whatever its cause, a hold that has just opened lets no call through."""
    assert Admission.NO is holds.admission(opened(cause), 0.0, chance=0.0)


@pytest.mark.parametrize("cause", [cause for cause in Cause if not PERMITS[cause].opens])
def test_faults_of_the_request_open_none(cause):
    """A fault of the request alone cannot open a hold."""
    with pytest.raises(ValueError, match="opens no hold"):
        opened(cause)


def test_stated_wait_is_kept_to_the_second():
    """A wait that the provider states binds exactly, then ends by itself."""
    hold = opened(Cause.THROTTLED, retry_after_s=7.0)

    assert Admission.NO is holds.admission(hold, 6.99, chance=0.0)
    assert Admission.YES is holds.admission(hold, 7.0, chance=0.99)
    assert not hold.waivable


def test_one_trial_at_a_time():
    """At its end a hold lets one call through, and nobody else until that one reports."""
    hold = opened(Cause.GEOFENCED)
    due = hold.until or 0.0
    tried = holds.trial_begun(hold, due)

    assert Admission.TRIAL is holds.admission(hold, due, chance=0.99)
    assert Admission.NO is holds.admission(tried, due + 1, chance=0.0)
    assert Admission.TRIAL is holds.admission(holds.trial_abandoned(tried, due), due + 1, chance=0.99)
    assert Admission.TRIAL is holds.admission(tried, due + holds.TRIAL_LEASE_S, chance=0.99)


def test_failed_trials_wait_twice_as_long_up_to_the_longest():
    """Each failed trial doubles the hold, and the table's longest bounds it."""
    hold, lengths = opened(Cause.OUTAGE), []
    for _ in range(9):
        now = hold.until or 0.0
        hold = opened(Cause.OUTAGE, before=holds.trial_begun(hold, now), now=now)
        lengths.append((hold.until or 0.0) - now)

    assert [2, 4, 8, 16, 32, 60, 60, 60, 60] == lengths


def test_a_good_trial_ramps_up_and_ends():
    """After a good trial traffic returns in steps, and the hold is then over."""
    ramp = holds.trial_passed(holds.trial_begun(opened(Cause.OUTAGE), 1.0), 1.0)
    assert ramp is not None

    assert [Admission.YES, Admission.NO] == [holds.admission(ramp, 1.5, chance) for chance in (0.04, 0.06)]
    assert [Admission.YES, Admission.NO] == [holds.admission(ramp, 3.5, chance) for chance in (0.24, 0.26)]
    assert holds.expired(ramp, 5.0)


def test_a_trial_may_be_put_off_and_the_hold_keeps_its_own_end():
    """Whatever is asked first, the hold's own end stays what it was, and no trial comes before either moment."""
    hold = replace(opened(Cause.QUOTA_EXHAUSTED), put_off=400.0)
    sooner = replace(hold, put_off=10.0)

    assert [300.0, 400.0] == [hold.until, hold.due]
    assert [Admission.NO, Admission.TRIAL] == [holds.admission(hold, now, 0.0) for now in (399.0, 400.0)]
    assert [Admission.NO, Admission.TRIAL] == [holds.admission(sooner, now, 0.0) for now in (299.0, 300.0)]
    assert Admission.TRIAL is holds.admission(holds.ready(hold), 1.0, 0.0)


def test_causes_without_a_ramp_end_at_once():
    """Where the table asks for no ramp, a good trial ends the hold."""
    assert holds.trial_passed(holds.trial_begun(opened(Cause.QUOTA_EXHAUSTED), 1.0), 1.0) is None


def test_only_a_probe_or_a_person_ends_a_suspension():
    """Time alone never lets a call try a suspended account; a passed probe makes room for one."""
    hold = opened(Cause.SUSPENDED)

    assert Admission.NO is holds.admission(hold, 1e9, chance=0.0)
    assert Admission.TRIAL is holds.admission(holds.ready(hold), 1.0, chance=0.99)


def test_an_operator_holds_for_as_long_as_said():
    """An operator's hold ends at its time, or not before it is released, and is never waived."""
    timed = holds.by_operator(DOMAIN, "maintenance", 0.0, until=60.0)
    lasting = holds.by_operator(DOMAIN, "do not use", 0.0, until=None)

    assert Admission.YES is holds.admission(timed, 60.0, chance=0.99)
    assert Admission.NO is holds.admission(lasting, 1e9, chance=0.0)
    assert not timed.waivable


HOLDS = st.builds(
    Hold,
    domain=st.just(DOMAIN),
    cause=st.one_of(st.none(), st.sampled_from(HOLDING)),
    since=st.floats(0, 100),
    until=st.one_of(st.none(), st.floats(100, 200)),
    ending=st.sampled_from(Ending),
    times=st.integers(1, 9),
    stated=st.booleans(),
    reason=st.sampled_from("abc"),
    rule=st.sampled_from("xyz"),
    put_off=st.one_of(st.none(), st.floats(0, 300)),
)


@given(HOLDS, HOLDS, HOLDS)
def test_merging_is_lawful(one, two, three):
    """Merging holds does not depend on order, grouping or repetition, so replicas agree."""
    merged = holds.merged

    assert merged(one, merged(two, three)) == merged(merged(one, two), three)
    assert merged(one, two) == merged(two, one)
    assert merged(one, one) == one


@given(HOLDS, HOLDS)
def test_merging_keeps_the_latest_end_and_the_gravest_cause(one, two):
    """No merge shortens a hold or makes it milder."""
    both = holds.merged(one, two)
    ends = [hold.until if hold.until is not None else float("inf") for hold in (one, two, both)]
    gravities = [PERMITS[hold.cause].gravity if hold.cause else 99 for hold in (one, two, both)]

    assert max(ends[:2]) == ends[2]
    assert max(gravities[:2]) == gravities[2]
    assert Phase.OPEN is both.phase
