"""Verdicts on logs written by hand: every rule, every figure."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.inventories import deployment, process, provider
from support.recordings import (
    FIRST,
    SECOND,
    call,
    company,
    moved,
    recording,
    refused,
    scenario,
    sent,
    steady,
)

from modelrouter.core.inventory import Needs, Objectives
from modelrouter.drills.scenario import Expectation
from modelrouter.drills.verdict import Verdict, judge, passed

LOST = {"error": "InternalServerError: nobody"}


def verdict(played, inventory=None):
    """The judgement on the one process."""
    (judged,) = judge(inventory or company(), played)
    return judged


def test_survived_and_its_figures():
    """One call met the fault, its request and all others were served elsewhere; the figures are those of the logs."""
    judged = verdict(moved())

    assert judged.verdict is Verdict.SURVIVED
    assert judged.why == "met the fault and moved to second"
    assert (judged.sent, judged.lost, judged.hits, judged.wasted, judged.breaches) == (3, 0, 1, 0, 0)
    assert judged.detect_s == pytest.approx(0.002)
    assert judged.failover_s == pytest.approx(0.04)
    assert (judged.served_before, judged.served_after, judged.share) == ({"first": 1}, {"second": 2}, 1.0)


def test_survived_without_being_touched():
    """In the steady state nothing is in the way, and nothing is measured."""
    judged = verdict(recording([sent("claims#1", 0.5)], [call("first", 0.5, "claims#1")], steady()))

    assert (judged.verdict, judged.why, judged.calm) == (Verdict.SURVIVED, "served throughout", True)
    assert (judged.detect_s, judged.failover_s) == (None, None)


def test_spared_by_what_another_process_found():
    """A process that moves before it meets the fault survived, and neither figure applies to it."""
    played = recording(
        [sent("claims#1", 0.5), sent("claims#2", 1.5)],
        [call("first", 0.5, "claims#1"), call("second", 1.5, "claims#2")],
    )
    judged = verdict(played)

    assert (judged.verdict, judged.why) == (Verdict.SURVIVED, "moved before it met the fault")
    assert (judged.hits, judged.detect_s, judged.failover_s, judged.calm) == (0, None, None, False)


def test_degraded_where_some_are_lost():
    """Served again in time, and one request lost on the way."""
    played = recording(
        [sent("claims#1", 0.5), sent("claims#2", 1.5, **LOST), sent("claims#3", 2.5), sent("claims#4", 3.0)],
        [
            call("first", 0.5, "claims#1"),
            refused("first", 1.5, "claims#2"),
            call("second", 2.5, "claims#3"),
            call("second", 3.0, "claims#4"),
        ],
    )
    judged = verdict(played)

    assert (judged.verdict, judged.lost) == (Verdict.DEGRADED, 1)
    assert judged.failover_s == pytest.approx(1.02)
    assert judged.share == pytest.approx(2 / 3)


def test_an_answer_that_the_caller_never_had_is_lost():
    """What a twin sent whole and the caller saw fail counts as lost: the router is believed neither way."""
    played = recording(
        [sent("claims#1", 0.5), sent("claims#2", 1.5, **LOST), sent("claims#3", 2.5)],
        [call("first", 0.5, "claims#1"), call("second", 1.5, "claims#2"), call("second", 2.5, "claims#3")],
    )

    assert verdict(played).lost == 1


def test_failed_rto_where_it_never_came_back():
    """Something permitted stood, and nothing was served again: that fails, however long the objective."""
    played = recording(
        [sent("claims#1", 0.5), sent("claims#2", 1.5, **LOST), sent("claims#3", 2.5, **LOST)],
        [call("first", 0.5, "claims#1"), refused("first", 1.5, "claims#2"), refused("first", 2.5, "claims#3")],
    )
    judged = verdict(played)

    assert judged.verdict is Verdict.FAILED_RTO
    assert judged.why == "not served again before the rehearsal was over; 10 s are allowed"
    assert (judged.detect_s, judged.failover_s) == (None, None)


def test_failed_rto_where_it_took_too_long():
    """Served again, but later than its recovery time allows."""
    hasty = company(objectives=Objectives(rto_s=0.03))

    assert verdict(moved(), hasty).verdict is Verdict.FAILED_RTO
    assert verdict(moved(), hasty).why == "served again after 0.04 s; 0.03 s are allowed"


def test_failed_rto_where_too_little_survived():
    """Once it is served again, its minimum share of the requests must be."""
    numbers = range(3, 8)
    lost = {4, 5, 6, 7}
    played = recording(
        [
            sent("claims#1", 0.5),
            sent("claims#2", 1.2),
            *(sent(f"claims#{n}", 1 + n / 10, **(LOST if n in lost else {})) for n in numbers),
        ],
        [
            call("first", 0.5, "claims#1"),
            refused("first", 1.2, "claims#2"),
            call("second", 1.21, "claims#2"),
            call("second", 1.3, "claims#3"),
        ],
    )
    judged = verdict(played, company(objectives=Objectives(rto_s=10, minimum=0.5)))

    assert (judged.verdict, judged.why) == (Verdict.FAILED_RTO, "20% of its requests were served, 50% must be")
    assert verdict(played, company(objectives=Objectives(rto_s=10, minimum=0.2))).verdict is Verdict.DEGRADED


def test_failed_policy_whatever_else_happened():
    """One call to a place where the data may not be is enough, served or refused, and it is counted."""
    abroad = replace(SECOND, processing=("US",))
    judged = verdict(moved(), company(routes=(FIRST, abroad)))

    assert (judged.verdict, judged.breaches) == (Verdict.FAILED_POLICY, 2)
    assert judged.why == "2 calls went where they may not: second: processed in US"


def test_no_permitted_route():
    """The scenario takes the only deployment that may serve, and nothing was served."""
    played = recording(
        [sent("claims#1", 0.5), sent("claims#2", 1.5, **LOST)],
        [call("first", 0.5, "claims#1"), refused("first", 1.5, "claims#2")],
        scenario(permitted=("first",), remaining=()),
    )
    judged = verdict(played, company(routes=(FIRST,)))

    assert judged.verdict is Verdict.NO_PERMITTED_ROUTE
    assert judged.why == "it may be served by first alone, and that is what fails"


def test_no_permitted_route_that_never_was():
    """A process that nothing may serve has no route in the steady state either; each deployment's rules are named."""
    calm = scenario(faults=(), expectations={"claims": Expectation((), ())})
    lost = recording([sent("claims#1", 0.5, **LOST)], [], calm)
    abroad = company(routes=(replace(FIRST, processing=("US",)), SECOND), needs=Needs(context=200_000))
    judged = verdict(lost, abroad)

    assert judged.verdict is Verdict.NO_PERMITTED_ROUTE
    assert judged.why == (
        "nothing may serve it: first is kept out by context (first-model holds 100,000 tokens, 200,000 are needed), "
        "claims.data.processing (processing US is not in EU); "
        "second is kept out by context (second-model holds 100,000 tokens, 200,000 are needed)"
    )
    assert verdict(lost, company(routes=())).why == "nothing may serve it: its route is empty"


def test_inconclusive_where_it_did_not_work_before():
    """What was lost before anything failed speaks of the rehearsal, not of the fault."""
    played = recording(
        [sent("claims#1", 0.5, **LOST), sent("claims#2", 1.5)],
        [call("second", 1.5, "claims#2")],
    )
    judged = verdict(played)

    assert (judged.verdict, judged.why) == (
        Verdict.INCONCLUSIVE,
        "1 request lost before anything failed: InternalServerError: nobody",
    )


def test_inconclusive_where_the_fault_did_not_work():
    """A deployment that should have failed and went on serving proves nothing."""
    played = recording(
        [sent("claims#1", 0.5), sent("claims#2", 1.5)],
        [call("first", 0.5, "claims#1"), call("first", 1.5, "claims#2")],
    )

    assert verdict(played).verdict is Verdict.INCONCLUSIVE


def test_not_tested():
    """Where nothing was sent after the fault, nothing is known."""
    played = recording([sent("claims#1", 0.5)], [call("first", 0.5, "claims#1")])

    assert verdict(played).verdict is Verdict.NOT_TESTED


@pytest.mark.parametrize(
    ("needs", "spoilt", "why"),
    [
        (Needs(), "no call of the tool that was asked for", "claims#3 had no call of the tool that was asked for"),
        (Needs(capabilities=frozenset({"thinking"})), None, "first-model lacks thinking"),
        (Needs(context=200_000), None, "first-model holds 100,000 tokens"),
    ],
)
def test_failed_quality(needs, spoilt, why):
    """An answer without what was asked for, or from a model that is not enough for the process."""
    played = moved()
    *before, last = played.sent
    judged = verdict(replace(played, sent=(*before, last._replace(spoilt=spoilt))), company(needs=needs))

    assert judged.verdict is Verdict.FAILED_QUALITY
    assert why in judged.why


def test_wasted_calls_are_those_after_the_first_refusal_was_read():
    """Calls in flight when the first refusal came are not wasted, those afterwards are, one by one."""
    played = recording(
        [sent("claims#1", 0.5), *(sent(f"claims#{n}", at, 0.5) for n, at in ((2, 1.5), (3, 1.55), (4, 2.0), (5, 3.0)))],
        [
            call("first", 0.5, "claims#1"),
            *(refused("first", at, f"claims#{n}") for n, at in ((2, 1.5), (3, 1.55), (4, 2.0))),
            *(call("second", at + 0.1, f"claims#{n}") for n, at in ((2, 1.5), (3, 1.55), (4, 2.0), (5, 3.0))),
        ],
    )
    judged = verdict(played)

    assert (judged.hits, judged.wasted) == (3, 1)
    assert judged.detect_s == pytest.approx(0.502)
    assert judged.failover_s == pytest.approx(0.12)


def test_a_closed_door_is_measured_by_who_was_under_way():
    """A server that is gone writes no log: the clock starts with the first request that was open or sent."""
    played = recording(
        [sent("claims#1", 0.5), sent("claims#2", 0.9, 0.4), sent("claims#3", 1.5)],
        [
            call("first", 0.5, "claims#1"),
            call("first", 0.9, "claims#2", whole=False, done_at=None, status=None),
            call("second", 1.2, "claims#2"),
            call("second", 1.5, "claims#3"),
        ],
        scenario(closed=True),
    )
    judged = verdict(played)

    assert judged.verdict is Verdict.SURVIVED
    assert judged.failover_s == pytest.approx(0.22)
    assert judged.detect_s is None


def test_a_fault_that_ends_may_be_outlived():
    """Where the fault ends, an answer from the same deployment ends the failure."""
    (fault,) = scenario().faults
    brief = replace(scenario(), faults=(replace(fault, until_s=2.0),))
    played = recording(
        [sent("claims#1", 0.5), sent("claims#2", 1.5, **LOST), sent("claims#3", 2.5)],
        [call("first", 0.5, "claims#1"), refused("first", 1.5, "claims#2"), call("first", 2.5, "claims#3")],
        brief,
    )
    judged = verdict(played)

    assert (judged.verdict, judged.lost) == (Verdict.DEGRADED, 1)
    assert judged.failover_s == pytest.approx(1.02)


@pytest.mark.parametrize(
    ("criticality", "of", "result"),
    [
        ("critical", Verdict.SURVIVED, True),
        ("critical", Verdict.DEGRADED, True),
        ("important", Verdict.FAILED_RTO, False),
        ("important", Verdict.INCONCLUSIVE, False),
        ("critical", Verdict.NO_PERMITTED_ROUTE, False),
        ("standard", Verdict.NO_PERMITTED_ROUTE, True),
        ("deferrable", Verdict.FAILED_POLICY, True),
    ],
)
def test_what_passes(criticality, of, result):
    """Critical and important processes must be shown to live; what befalls others is reported and passes."""
    judged = replace(verdict(moved()), criticality=criticality, verdict=of)

    assert passed([judged]) is result


@given(st.lists(st.tuples(st.floats(0, 4), st.sampled_from(["first", "second", "lost", "moved"])), max_size=12))
def test_every_log_has_a_verdict(course):
    """Whatever happened, there is one verdict with a reason, and its figures fit together."""
    requests, calls = [], []
    for number, (at, how) in enumerate(course):
        marker = f"claims#{number}"
        requests.append(sent(marker, at, **(LOST if how == "lost" else {})))
        if how in ("lost", "moved"):
            calls.append(refused("first", at, marker))
        if how != "lost":
            calls.append(call(how if how != "moved" else "second", at + 0.01, marker))
    judged = verdict(recording(requests, calls))

    assert judged.why
    assert judged.lost <= judged.sent == len(course)
    assert judged.wasted <= judged.hits
    assert sum(judged.served_before.values()) + sum(judged.served_after.values()) == judged.sent - judged.lost
    assert judged.failover_s is None or judged.failover_s >= 0


def test_each_process_is_judged_by_its_own_requests():
    """Two processes in one recording: the order is that of the inventory, and neither pays for the other."""
    both = company()
    other = process("other", deployment("third", of=provider("three")))
    both = replace(both, processes={**both.processes, "other": other})
    played = moved()
    played = replace(
        played,
        scenario=replace(
            played.scenario,
            expectations={**played.scenario.expectations, "other": Expectation(("third",), ("third",))},
        ),
        sent=(*played.sent, sent("other#1", 2.0, **LOST)),
    )
    claims, other_judged = judge(both, played)

    assert (claims.process, claims.verdict, claims.lost) == ("claims", Verdict.SURVIVED, 0)
    assert (other_judged.process, other_judged.lost) == ("other", 1)
    assert other_judged.verdict is Verdict.FAILED_RTO
