"""Availability by a contract's own definition: formulas, what counts, and that nothing hangs on order or division."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.core.causes import Cause
from modelrouter.core.contracts import Credit, Maintenance, ServiceLevel
from modelrouter.core.windows import Minutes, window
from modelrouter.governance.contracts.measure import credit_due, gathered, measure, timeline
from modelrouter.governance.contracts.promises import percent
from modelrouter.governance.contracts.record import ANSWERED, HELD, OUTRUN, Record

FIRST = window("2026-09").minutes.first
"""A Tuesday, midnight."""
HOUR = Minutes(FIRST, FIRST + 60)
BY_REQUESTS = ServiceLevel(availability=0.999)
BY_MINUTES = ServiceLevel(availability=0.999, measured="minutes")
BY_INTERVALS = ServiceLevel(availability=0.999, measured="intervals", interval_s=300)

ENDINGS = [ANSWERED, OUTRUN, HELD, f"{HELD}outage", f"{HELD}throttled", "outage", "timeout", "throttled", "bad_request"]
CALLS = st.dictionaries(
    st.integers(FIRST - 30, FIRST + 150),
    st.dictionaries(st.sampled_from(ENDINGS), st.integers(1, 5), min_size=1).map(Counter),
    max_size=60,
)
LEVELS = st.builds(
    ServiceLevel,
    availability=st.just(0.999),
    measured=st.sampled_from(["requests", "minutes", "intervals"]),
    interval_s=st.sampled_from([60.0, 300.0, 900.0]),
    counts=st.sets(st.sampled_from(["outage", "timeout", "throttled"])).map(tuple),
    excludes=st.none() | st.sets(st.sampled_from(["throttled", "bad_request"])).map(tuple),
    least_requests=st.integers(1, 3),
    failing=st.sampled_from([0.05, 0.5, 1.0]),
    consecutive=st.integers(1, 4),
    maintenance=st.sampled_from([(), (Maintenance(day="tuesday", at_s=1800, length_s=900),)]),
)


def minutes(*endings: str | Counter[str]) -> dict[int, Counter[str]]:
    """What happened minute by minute from midnight on; an empty text: nothing."""
    each = (Counter([ending] if isinstance(ending, str) else ending) for ending in endings)
    return {FIRST + place: counts for place, counts in enumerate(each) if counts != Counter([""])}


def test_by_requests_it_is_the_share_that_was_answered() -> None:
    """1,000 calls of which one failed are 99.9%, to the last digit of the number; one more failure is less."""
    calls = {FIRST: Counter({ANSWERED: 999, "outage": 1})}
    level = measure(BY_REQUESTS, calls, HOUR)

    assert level.availability == 0.999
    calls[FIRST + 1] = Counter({"outage": 1})
    assert measure(BY_REQUESTS, calls, HOUR).availability == pytest.approx(999 / 1001)


def test_by_minutes_what_nobody_asked_is_available() -> None:
    """Of 60 minutes three are down, and 55 without a call are not; how many those are is told."""
    level = measure(BY_MINUTES, minutes("outage", "outage", ANSWERED, "", "timeout", ANSWERED), HOUR)

    assert (level.down, level.minutes, level.unmeasured, level.availability) == (3, 60, 55, 57 / 60)


def test_by_intervals_a_busy_one_counts_as_much_as_a_quiet_one() -> None:
    """Twelve of five minutes: one fails wholly with one call, one by a tenth of a thousand: 1 - (1 + 0.1) / 12."""
    calls = {FIRST: Counter({"outage": 1}), FIRST + 5: Counter({ANSWERED: 900, "outage": 100})}

    assert measure(BY_INTERVALS, calls, HOUR).availability == pytest.approx(1 - 1.1 / 12)


def test_without_a_call_nothing_is_known() -> None:
    """Neither that it was available nor that it was not, whatever the definition; calls that were not made are none."""
    for sla in (BY_REQUESTS, BY_MINUTES, BY_INTERVALS):
        assert measure(sla, {}, HOUR).availability is None
        assert measure(sla, minutes(f"{HELD}outage", OUTRUN, "bad_request"), HOUR).availability is None


def test_what_is_not_the_providers_fault_is_left_out_unless_the_contract_says_otherwise() -> None:
    """A bad request is no call to judge by; where only throttled ones are excluded, it is an answer."""
    calls = {FIRST: Counter({ANSWERED: 8, "outage": 1, "bad_request": 1, "throttled": 5})}
    usual = measure(BY_REQUESTS, calls, HOUR)
    own = measure(replace(BY_REQUESTS, excludes=("throttled",)), calls, HOUR)

    assert (usual.counts.answered, usual.counts.failed, usual.counts.left_out) == (8, 1, 6)
    assert (own.counts.answered, own.counts.failed, own.counts.left_out) == (9, 1, 5)


@pytest.mark.parametrize("cause", sorted(Cause))
def test_each_cause_counts_where_the_contract_names_it(cause: str) -> None:
    """Every cause there is, named and not named."""
    calls = {FIRST: Counter({cause: 1, ANSWERED: 1})}

    assert measure(replace(BY_REQUESTS, counts=(cause,)), calls, HOUR).availability == 0.5
    assert measure(replace(BY_REQUESTS, counts=()), calls, HOUR).availability == 1.0


def test_a_minute_is_down_from_the_share_and_the_number_that_the_contract_names() -> None:
    """At least ten calls, a twentieth of which failed: 1 of 20 is enough, 1 of 21 and 1 of 9 are not."""
    sla = replace(BY_MINUTES, least_requests=10, failing=0.05)
    told = [Counter({ANSWERED: good, "outage": 1}) for good in (19, 20, 8, 9)]

    assert [each.down for each in timeline(sla, minutes(*told), HOUR)] == [True, False, False, True]


def test_too_few_down_minutes_on_end_are_none() -> None:
    """Three on end are asked for: two, a minute without a call, and two more are not; three are."""
    sla = replace(BY_MINUTES, consecutive=3)
    calls = minutes("outage", "outage", "", "outage", "outage", ANSWERED, "outage", "outage", "outage")

    assert [each.minute - FIRST for each in timeline(sla, calls, HOUR) if each.down] == [6, 7, 8]


def test_minutes_on_end_may_have_begun_in_the_window_before() -> None:
    """Two before midnight and one after are three on end: the one counts for its own window."""
    sla = replace(BY_MINUTES, consecutive=3)
    calls = {FIRST + each: Counter({"outage": 1}) for each in (-2, -1, 0)}

    assert measure(sla, calls, HOUR).down == 1
    assert measure(sla, calls, Minutes(FIRST - 60, FIRST)).down == 2


def test_what_fails_in_maintenance_does_not_count_and_its_minutes_are_none() -> None:
    """Half an hour of the hour is announced: 30 minutes are asked about, and the failure in it is told apart."""
    sla = replace(BY_MINUTES, maintenance=(Maintenance(day="2026-09-01", at_s=0, length_s=1800),))
    level = measure(sla, {FIRST + 5: Counter({"outage": 3}), FIRST + 40: Counter({"outage": 1})}, HOUR)

    assert (level.minutes, level.maintenance, level.down, level.maintained) == (30, 30, 1, 3)
    assert level.availability == 29 / 30


def test_what_a_hold_kept_away_is_told_beside() -> None:
    """A trial a minute failed, nine calls were not made: one of ten by the contract, nothing at all had they been made."""
    calls = {FIRST: Counter({ANSWERED: 9}), FIRST + 1: Counter({"outage": 1, f"{HELD}outage": 9})}
    level = measure(BY_REQUESTS, calls, HOUR)

    assert (level.counts.kept_away, level.availability, level.felt) == (9, 0.9, 9 / 19)
    for ours in (HELD, f"{HELD}throttled"):  # a person's hold, and one for what does not count
        calls[FIRST + 1] = Counter({"outage": 1, ours: 9})
        assert measure(BY_REQUESTS, calls, HOUR).felt == 0.9


def test_an_outage_lasts_from_the_first_failure_to_the_last_without_an_answer_between() -> None:
    """Minutes without a call, or with none that was made, do not end it, an answer does; what it was for is told."""
    calls = minutes("throttled", "", "outage", f"{HELD}outage", "outage", ANSWERED, "timeout")
    found = measure(BY_MINUTES, calls, HOUR).outages

    assert [(each.minutes.first - FIRST, each.minutes.length, each.down, each.causes) for each in found] == [
        (0, 5, 2, {"outage": 2, "throttled": 1}),
        (6, 1, 1, {"timeout": 1}),
    ]


@given(LEVELS, CALLS, st.randoms(use_true_random=False))
def test_the_order_of_what_was_seen_does_not_matter(sla: ServiceLevel, calls: dict[int, Counter[str]], random) -> None:
    """Calls are counted, so whichever comes first, and through whichever of several deployments, it is the same."""
    singles = [(minute, how) for minute, each in calls.items() for how, times in each.items() for _ in range(times)]
    random.shuffle(singles)
    record = Record()
    for minute, how in singles:
        record.call(random.choice(["a", "b"]), minute * 60.0 + 30, how)

    assert measure(sla, gathered(record, ["a", "b"]), HOUR) == measure(sla, calls, HOUR)


@given(LEVELS, CALLS, st.integers(0, 120))
def test_parts_add_up_to_the_whole(sla: ServiceLevel, calls: dict[int, Counter[str]], at: int) -> None:
    """Wherever a stretch is divided: calls, minutes, what is down, maintained and not measured add up."""
    whole = Minutes(FIRST, FIRST + 120)
    one, other = (measure(sla, calls, part) for part in (Minutes(FIRST, FIRST + at), Minutes(FIRST + at, FIRST + 120)))
    all_ = measure(sla, calls, whole)

    for name in ("minutes", "maintenance", "unmeasured", "down", "maintained"):
        assert getattr(one, name) + getattr(other, name) == getattr(all_, name)
    assert [a + b for a, b in zip(one.counts, other.counts, strict=True)] == list(all_.counts)
    shares = [each for each in (one.availability, other.availability) if each is not None]
    if sla.measured != "intervals" and len(shares) == 2 and all_.availability is not None:
        assert min(shares) <= all_.availability <= max(shares)


@given(LEVELS, CALLS, st.integers(FIRST, FIRST + 59))
def test_one_more_failure_never_makes_it_better(sla: ServiceLevel, calls: dict[int, Counter[str]], minute: int) -> None:
    """Where an answer becomes a failure that counts, availability stays or falls, and lies between nothing and all."""
    sla = replace(sla, counts=("outage",))
    good = {**calls, minute: calls.get(minute, Counter()) + Counter({ANSWERED: 1})}
    bad = {**calls, minute: calls.get(minute, Counter()) + Counter({"outage": 1})}
    better, worse = measure(sla, good, HOUR), measure(sla, bad, HOUR)

    if better.availability is None or worse.availability is None:
        assert better.availability == worse.availability  # in maintenance: it counts for nothing
    else:
        assert 0 <= worse.availability <= better.availability <= 1
    if worse.availability is not None and worse.felt is not None:
        assert worse.felt <= worse.availability


@given(LEVELS, CALLS)
def test_by_minutes_it_is_what_is_counted_one_by_one(sla: ServiceLevel, calls: dict[int, Counter[str]]) -> None:
    """Against the definition written down a second time, minute by minute, for minutes that need not be on end."""
    sla = replace(sla, measured="minutes", consecutive=1)
    excluded = sla.excludes
    down = asked = 0
    seen = False
    for minute in range(FIRST, FIRST + 60):
        if sla.maintenance and 30 <= minute - FIRST < 45:
            continue
        asked += 1
        endings = calls.get(minute, Counter())
        failed = sum(endings[each] for each in sla.counts)
        rest = [each for each in ("outage", "timeout", "throttled", "bad_request") if each not in sla.counts]
        answered = endings[ANSWERED] + sum(
            endings[each] for each in rest if excluded is not None and each not in excluded
        )
        seen = seen or failed + answered > 0
        enough = failed + answered >= sla.least_requests
        down += bool(enough and failed and failed / (failed + answered) >= sla.failing)

    assert measure(sla, calls, HOUR).availability == ((asked - down) / asked if seen else None)


@pytest.mark.parametrize(
    ("availability", "credit"),
    [(1.0, None), (0.999, None), (0.9989999, 0.1), (0.99, 0.1), (0.9899, 0.25), (0.0, 1.0), (None, None)],
)
def test_the_largest_credit_that_is_earned_is_due(availability: float | None, credit: float | None) -> None:
    """Below, not at, and in whatever order the contract lists them; of what is not known none is."""
    sla = replace(
        BY_REQUESTS,
        credits=(Credit(below=0.99, credit=0.25), Credit(below=0.999, credit=0.1), Credit(below=0.95, credit=1.0)),
    )
    due = credit_due(sla, availability)

    assert (due.credit if due is not None else None) == credit


@given(st.integers(1, 10**7).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_a_share_is_never_written_better_than_it_is(parts: tuple[int, int]) -> None:
    """Four digits, rounded down: 99.89999% is not 99.9%."""
    share = parts[0] / parts[1]
    written = float(percent(share).removesuffix("%")) / 100

    assert written <= share + 1e-12
    assert share - written < 1.1e-6
    assert (percent(0.9989999), percent(0.999), percent(1.0)) == ("99.8999%", "99.9%", "100%")
