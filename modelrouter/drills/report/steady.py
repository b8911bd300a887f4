"""The steady state before the faults and after them, over all scenarios together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.drills.plan import Plan
from modelrouter.drills.report import document
from modelrouter.drills.trace import trace
from modelrouter.drills.watching import Sample, departures, measure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from modelrouter.drills.plan import Bounds
    from modelrouter.drills.report.findings import Findings

__all__ = ["samples", "steady"]

DIGITS = 4
ENOUGH_S = 0.5
"""After the last fault; what is sent sooner may still meet holds that end."""


def steady(found: Findings) -> tuple[document.Steady, document.Steady]:
    """What was measured before anything failed, and when all was over, beside what the plan wants."""
    wanted = (found.plan or Plan(id="", owner="")).steady
    before = [each for each, when in samples(found) if when == "before"]
    after = [each for each, when in samples(found) if when == "after"]
    return _told(before, wanted.before), _told(after, wanted.after)


def samples(found: Findings) -> Iterator[tuple[Sample, str]]:
    """Every request of a process that the drill is about, of all of them where it is about none, and when it was sent."""
    concerned = found.binding or frozenset(found.inventory.processes)
    for recording in found.recordings:
        since = recording.fault_at
        ends = [fault.until_s for fault in recording.scenario.faults]
        over = None if None in ends or not ends else max(end for end in ends if end is not None) + ENOUGH_S
        for name, process in found.inventory.processes.items():
            if name not in concerned:
                continue
            for case in trace(found.inventory, recording, process).cases:
                when = "during"
                if since is None or case.sent.ended < since:
                    when = "before"
                elif over is not None and case.sent.at >= over:
                    when = "after"
                took = case.sent.ended - case.sent.at
                served = case.server is not None
                critical = process.criticality == "critical"
                yield Sample(case.sent.ended, name, critical, served, took), when


def _told(seen: Iterable[Sample], wanted: Bounds) -> document.Steady:
    found = measure(seen)
    return document.Steady(
        sent=found.sent,
        error_rate=_rounded(found.error_rate),
        p95_s=_rounded(found.p95_s),
        share=_rounded(found.share),
        departures=list(departures(wanted, found)) if found.sent else [],
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
