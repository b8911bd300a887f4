"""What a loss takes of the month's budget, how old the queue became, and the one figure with its parts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.inventories import deployment, process, provider
from support.recordings import FIRST, call, company, moved, recording, refused, sent

from modelrouter.core.inventory import Objectives
from modelrouter.drills.detection import Detection
from modelrouter.drills.score import score
from modelrouter.drills.verdict import Verdict, judge

LOST: dict[str, Any] = {"error": "InternalServerError: nobody"}
OUT = [
    [sent("claims#1", 0.5), sent("claims#2", 1.5, **LOST), sent("claims#3", 2.5), sent("claims#4", 3.0)],
    [
        call("first", 0.5, "claims#1"),
        refused("first", 1.5, "claims#2"),
        call("second", 2.5, "claims#3"),
        call("second", 3.0, "claims#4"),
    ],
]


ABROAD = deployment("second", of=provider("two", headquarters="DE"), region="eu")


def figures(played, rto_s):
    """What was counted of the one process."""
    (judged,) = judge(company(objectives=Objectives(rto_s=rto_s)), played)
    return judged.figures


def test_a_loss_takes_its_share_of_the_months_budget():
    """One request of three lost is a third of the time watched; the budget is one recovery time objective a month."""
    played = replace(recording(*OUT), ended=4.0)
    watched_s = 4.0 - played.fault_at

    assert figures(played, 10).burnt == pytest.approx(watched_s / 3 / 10)
    assert figures(played, 1).burnt == pytest.approx(watched_s / 3)
    longer = replace(played, scenario=replace(played.scenario, compress=60.0))
    assert figures(longer, 10).burnt == pytest.approx(watched_s / 3 / 10 * 60)
    assert figures(moved(), 10).burnt == 0
    assert figures(replace(played, fault_at=None), 10).burnt is None


def test_how_old_the_queue_became():
    """The longest that a request sent after the fault was under way, served or not."""
    slow = sent("claims#2", 1.5, took=4.75, **LOST)

    assert figures(recording([OUT[0][0], slow, *OUT[0][2:]], OUT[1]), 10).oldest_s == pytest.approx(4.75)


def two():
    """A critical process with two ways, and a deferrable one with one way that nothing rehearses."""
    lone = process("other", ABROAD, criticality="deferrable")
    both = company(routes=(FIRST, ABROAD))
    return replace(both, processes={**both.processes, "other": lone})


def shares(reached):
    """Of each part."""
    return [each.share and round(each.share, 4) for each in reached.parts]


def test_each_part_counts_processes_by_criticality():
    """Design, rehearsal, survival and detection; a critical process counts eight times a deferrable one."""
    judged = judge(company(), moved())
    right = Detection("suspended-one", "account:one/main", "suspended", "suspended", whole=True, after_s=0.1)
    wrong = right._replace(found="outage")
    reached = score(two(), judged, [right, wrong])

    assert shares(reached) == [0.8889, 0.8889, 1.0, 0.5]
    assert reached.total == pytest.approx(0.4 * 8 / 9 + 0.3 * 8 / 9 + 0.2 + 0.05)
    assert reached.worst == "other"


def test_what_failed_did_not_come_through():
    """A verdict that is no survival takes the process out of those that came through, and names it the worst."""
    (judged,) = judge(company(), moved())
    reached = score(two(), [judged, replace(judged, verdict=Verdict.FAILED_RTO)], [])

    assert shares(reached) == [0.8889, 0.8889, 0.0, None]
    assert reached.worst == "claims"


@pytest.mark.parametrize("verdict", [Verdict.NOT_TESTED, Verdict.INCONCLUSIVE])
def test_parts_without_anything_to_look_at_count_for_nothing(verdict):
    """Nothing judged: the design alone speaks, and rehearsal is nought."""
    (judged,) = judge(company(), moved())
    reached = score(company(routes=(FIRST, ABROAD)), [replace(judged, verdict=verdict)], [])

    assert shares(reached) == [1.0, 0.0, None, None]
    assert reached.total == pytest.approx(0.4 / 0.7)
