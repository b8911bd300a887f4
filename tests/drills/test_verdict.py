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

from modelrouter.core.inventory import Demand, Needs, Objectives, Prices, Quality, QualityCheck
from modelrouter.drills.prediction import Prediction, accuracy
from modelrouter.drills.quality import failing, passing_answer
from modelrouter.drills.scenario import Expectation
from modelrouter.drills.twins.effects import Effect
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
    assert judged.why == "2 calls went where they may not: second: claims.data.processing: processing US is not in EU"


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


CHEAP, DEAR = Prices(input=1.0, output=1.0), Prices(input=4.0, output=4.0)


def priced(first: Prices | None, second: Prices | None, **facts):
    """The company, with prices; a request is a thousand tokens in and three hundred out."""
    return company(routes=(replace(FIRST, prices=first), replace(SECOND, prices=second)), **facts)


def test_cost_is_that_of_declared_tokens_at_declared_prices():
    """Before, after, the multiple, and what it makes in an hour of the declared demand."""
    spent = verdict(moved(), priced(CHEAP, DEAR, demand=Demand(rpm=10))).figures.spending

    assert (spent.before, spent.after) == (pytest.approx(0.0013), pytest.approx(0.0052))
    assert (spent.multiple, spent.hourly) == (pytest.approx(4.0), pytest.approx(0.0039 * 600))
    assert spent.unpriced == ()


@pytest.mark.parametrize(
    ("allowed", "first", "second", "of"),
    [
        (3.0, CHEAP, DEAR, Verdict.FAILED_COST),
        (4.5, CHEAP, DEAR, Verdict.SURVIVED),
        (None, CHEAP, DEAR, Verdict.SURVIVED),
        (3.0, CHEAP, None, Verdict.SURVIVED),
        (3.0, None, DEAR, Verdict.SURVIVED),
        (3.0, Prices(), DEAR, Verdict.SURVIVED),
    ],
)
def test_failed_cost(allowed, first, second, of):
    """A request that costs more than its multiple fails; where a price is not known, nothing is claimed."""
    judged = verdict(moved(), priced(first, second, objectives=Objectives(rto_s=10, cost=allowed)))

    assert judged.verdict is of
    if of is Verdict.FAILED_COST:
        assert judged.why == "a request cost 4.0 times what it had cost, 3 times are allowed"
    if None in (first, second):
        assert judged.figures.spending.multiple is None
        assert judged.figures.spending.unpriced == ("first" if first is None else "second",)


def checked(*outcomes: str | None):
    """The usual course, with a check asked once for each outcome after the fault; None passed."""
    played = moved()
    extra = [sent(f"claims#1{n}", 2.6 + n / 10, check="refund", spoilt=flaw) for n, flaw in enumerate(outcomes)]
    calls = [call("second", each.at, each.marker) for each in extra]
    return replace(played, sent=(*played.sent, *extra), calls=(*played.calls, *calls))


REFUND = QualityCheck(id="refund", prompt="How much is refunded?", contains=("42",))


@pytest.mark.parametrize(
    ("floor", "outcomes", "of", "why"),
    [
        (1.0, (None, "'42' does not occur"), Verdict.FAILED_QUALITY, "1 of 2 checks passed, 100% must: refund: '42' does not occur"),
        (0.5, (None, "'42' does not occur"), Verdict.SURVIVED, "met the fault and moved to second"),
        (1.0, (None, None), Verdict.SURVIVED, "met the fault and moved to second"),
    ],
)  # fmt: skip
def test_failed_quality_by_the_checks_of_the_process(floor, outcomes, of, why):
    """The share of checks that passed after the fault, against the floor."""
    judged = verdict(checked(*outcomes), company(quality=Quality(floor=floor, checks=(REFUND,))))

    assert (judged.verdict, judged.why) == (of, why)
    assert judged.figures.checked.after == 2


def test_a_check_that_was_not_asked_is_named():
    """Too few requests to ask it: that is said, and fails nothing."""
    judged = verdict(moved(), company(quality=Quality(checks=(REFUND,))))

    assert judged.verdict is Verdict.SURVIVED
    assert judged.figures.checked.unasked == ("refund",)


@pytest.mark.parametrize(
    ("scores", "of"),
    [
        ({"second": 0.7}, Verdict.FAILED_QUALITY),
        ({"second": 0.9}, Verdict.SURVIVED),
        ({"first": 0.1}, Verdict.SURVIVED),
    ],
)
def test_failed_quality_by_what_a_fallback_scores(scores, of):
    """A fallback that served and is known to score below the floor fails; unknown scores are told."""
    judged = verdict(moved(), company(quality=Quality(floor=0.9, scores=scores)))

    assert judged.verdict is of
    assert judged.figures.checked.scores == (("second", scores.get("second")),)
    if of is Verdict.FAILED_QUALITY:
        assert judged.why == "second scores 70%, 90% must be"


@pytest.mark.parametrize(
    ("tolerance", "why"),
    [
        (5.0, "served again after 0.04 s; 0.03 s are allowed, 5 s can be borne"),
        (0.035, "served again after 0.04 s; 0.03 s are allowed and no more than 0.035 s can be borne"),
    ],
)
def test_what_can_be_borne_stands_beside_the_recovery_time(tolerance, why):
    """Too late for the objective is a failure either way; whether it can be borne is said."""
    judged = verdict(moved(), company(objectives=Objectives(rto_s=0.03, tolerance_s=tolerance)))

    assert (judged.verdict, judged.why) == (Verdict.FAILED_RTO, why)


def test_retries_duplicates_and_broken_streams_are_counted():
    """A request of two calls, one answered twice, one stream that broke off after content."""
    played = recording(
        [sent("claims#1", 0.5), sent("claims#2", 1.5), sent("claims#3", 2.0)._replace(stream=True, error="cut")],
        [
            call("first", 0.5, "claims#1"),
            call("first", 0.5, "claims#2"),
            call("second", 1.6, "claims#2"),
            replace(call("second", 2.0, "claims#3", whole=False, done_at=None), first_at=2.01),
        ],
    )
    found = verdict(played).figures

    assert (found.retried, found.duplicated, found.broken) == (1, 1, 1)
    assert found.model_changes == 1


def test_recovery_is_for_good_and_the_first_choice_comes_back():
    """Recovered is who is served enough for a second on; failback counts from the end of the fault."""
    (fault,) = scenario().faults
    brief = replace(scenario(), faults=(replace(fault, until_s=2.0),))
    played = recording(
        [sent("claims#1", 0.5), sent("claims#2", 1.1), sent("claims#3", 1.2, **LOST), sent("claims#4", 1.3, **LOST),
         sent("claims#5", 1.8), sent("claims#6", 2.4), sent("claims#7", 3.0)],
        [call("first", 0.5, "claims#1"), refused("first", 1.1, "claims#2"), call("second", 1.1, "claims#2"),
         call("second", 1.8, "claims#5"), call("second", 2.4, "claims#6"), call("first", 3.0, "claims#7")],
        brief,
    )  # fmt: skip
    judged = verdict(played, company(objectives=Objectives(rto_s=10, minimum=0.8)))

    assert judged.failover_s == pytest.approx(0.02)
    assert judged.figures.recover_s == pytest.approx(0.72)
    assert judged.figures.failback_s == pytest.approx(1.03)
    assert verdict(moved()).figures.failback_s is None


def test_a_failover_without_a_reason_is_counted():
    """Served by a fallback before anything failed: the control period shows it."""
    played = recording(
        [sent("claims#1", 0.2), sent("claims#2", 0.5)],
        [call("first", 0.2, "claims#1"), call("second", 0.5, "claims#2")],
    )

    assert verdict(played).figures.false_failovers == 1


def crowded(*, lesser: str):
    """A critical request that a full deployment refuses while another process is served there."""
    both = company()
    served = process("other", SECOND, criticality=lesser)
    both = replace(both, processes={**both.processes, "other": served})
    played = moved()
    full = replace(refused("second", 3.0, "claims#9"), effect=Effect.THROTTLED, injected=False)
    scene = replace(
        played.scenario,
        expectations={**played.scenario.expectations, "other": Expectation(("second",), ("second",))},
    )
    return both, replace(
        played,
        scenario=scene,
        sent=(*played.sent, sent("claims#9", 3.0, 0.2, **LOST), sent("other#1", 3.05)),
        calls=(*played.calls, full, call("second", 3.05, "other#1")),
    )


@pytest.mark.parametrize(("lesser", "inverted"), [("deferrable", 1), ("critical", 0)])
def test_priority_turned_round_is_counted(lesser, inverted):
    """A critical request shed while a lesser process is served on the same deployment is an inversion; an equal's is not."""
    both, played = crowded(lesser=lesser)
    claims, _ = judge(both, played)

    assert (claims.figures.shed, claims.figures.inverted) == (1, inverted)


@pytest.mark.parametrize(
    ("played", "said", "seen", "agrees"),
    [
        (moved(), "moves", "moves", True),
        (recording([sent("claims#1", 1.5)], [call("second", 1.5, "claims#1")], scenario(remaining=())), "lost", "moves", False),
        (recording([sent("claims#1", 1.5, error="nobody")], [refused("first", 1.5, "claims#1")], scenario(permitted=("first",), remaining=())), "lost", "lost", True),
        (recording([sent("claims#1", 0.5)], [call("first", 0.5, "claims#1")]), "moves", None, None),
        (recording([sent("claims#1", 1.5)], [call("first", 1.5, "claims#1")], replace(scenario(), faults=tuple(replace(each, share=0.3) for each in scenario().faults))), None, "untouched", None),
    ],
)  # fmt: skip
def test_what_was_said_stands_beside_what_was_seen(played, said, seen, agrees):
    """Untouched, moves or lost by the inventory alone; nothing is said where only a part of the calls fails."""
    found = verdict(played).predicted

    assert (found.said, found.seen, found.agrees) == (said, seen, agrees)


def test_accuracy_is_counted_over_what_was_both_said_and_seen():
    """Precision and recall of who is lost; unknown where there is nothing to count."""
    lost, kept = Prediction("lost", None, "lost", None), Prediction("moves", "b", "moves", "b")
    wrong, missed = lost._replace(seen="moves"), kept._replace(seen="lost")
    found = accuracy([lost, lost, wrong, missed, kept, kept._replace(said=None)])

    assert found == (2, 1, 1, 1)
    assert (found.precision, found.recall) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert (accuracy([kept]).precision, accuracy([kept]).recall) == (None, None)


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (QualityCheck(id="a", prompt="p", contains=("42", "EUR")), "42 EUR", "42 USD"),
        (QualityCheck(id="b", prompt="p", excludes=("sorry",)), "yes", "sorry, no"),
        (QualityCheck(id="c", prompt="p", matches=r"^\d+ EUR$"), "42 EUR", "about 42 EUR"),
        (QualityCheck(id="d", prompt="p", json=True), '{"a": 1}', "{a: 1}"),
    ],
)
def test_checks_are_assertions(check, good, bad):
    """What must occur, must not, must match, must be JSON: nothing is judged."""
    assert failing(check, good) is None
    assert failing(check, bad)


@given(st.lists(st.text(min_size=1, max_size=8), max_size=3), st.booleans())
def test_the_answer_for_a_twin_passes_its_check(texts, as_json):
    """Whatever a check asks for, the answer that is made up for a twin passes, or none is made up."""
    check = QualityCheck(id="a", prompt="p", contains=tuple(texts), json=as_json)
    answer = passing_answer(check)

    assert answer is None or failing(check, answer) is None
    assert answer is not None or not texts or as_json


def test_a_poor_score_counts_beside_checks_that_pass():
    """A twin is told its answers, so that they cannot make up for what a real model was found to score."""
    quality = Quality(floor=0.9, checks=(REFUND,), scores={"second": 0.5})
    judged = verdict(checked(None, None), company(quality=quality))

    assert (judged.verdict, judged.why) == (Verdict.FAILED_QUALITY, "second scores 50%, 90% must be")
