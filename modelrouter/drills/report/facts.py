"""The report for programs: `report.json`.

One object. Times are seconds, in a scenario since it began; causes and verdicts are the words of the
house (`core.causes.Cause`, `drills.verdict.Verdict`). Keys keep the order shown here.

    version       1; a change that breaks readers raises it
    inventory     name, file
    began         when, in RFC 3339
    took_s
    passed        whether every critical and important process lived through everything
    conclusion    the same in a sentence
    verdicts      how often each verdict was given
    miniature     scale (of the declared calls a minute), steady_s, duration_s, requests by process
    machine       lag_s (how late the event loop was at worst), refused (connections that would have left it)
    unrehearsed   [what, why] pairs
    scenarios     for each:
        id, title, kind, subject
        faults        effect, cause, scope (the fault domain), deployments, from_s, until_s
        fault_at_s    when the twins had been told; null in the steady state
        ended_s, lag_s
        processes     for each, in the order of the inventory:
            process, owner, criticality, verdict, why
            permitted, remaining    deployments, in order: by the inventory alone, and without those that are hit
            touched                 whether its first choice is hit
            sent, lost, hits, wasted, detect_s, failover_s, share, breaches
            served_before, served_after    answers by deployment
        holds         at_s, domain, cause, phase: as the router told it
        requests      marker, process, stream, at_s, ended_s, served_by, hits, error
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import orjson

from modelrouter.drills.report.findings import UNREHEARSED
from modelrouter.drills.trace import trace
from modelrouter.drills.verdict import Verdict

if TYPE_CHECKING:
    from modelrouter.core.inventory import Inventory
    from modelrouter.drills.recording import Recording
    from modelrouter.drills.report.findings import Findings
    from modelrouter.drills.scenario import Blow
    from modelrouter.drills.trace import Case
    from modelrouter.drills.verdict import Judgement

__all__ = ["VERSION", "as_json", "facts"]

VERSION = 1
DIGITS = 4


def as_json(found: Findings) -> bytes:
    """The report as it stands in the file."""
    return orjson.dumps(facts(found), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def facts(found: Findings) -> dict[str, Any]:
    """The report as plain values; see the top of this file."""
    given = Counter(each.verdict for each in found.all)
    small = found.rehearsal.miniature
    return {
        "version": VERSION,
        "inventory": {"name": found.inventory.name, "file": found.inventory.path},
        "began": found.began.isoformat(timespec="seconds"),
        "took_s": _seconds(found.took_s),
        "passed": found.passed,
        "conclusion": found.conclusion(),
        "verdicts": {str(verdict): given[verdict] for verdict in Verdict},
        "miniature": {
            "scale": round(small.scale, DIGITS),
            "steady_s": _seconds(small.steady_s),
            "duration_s": _seconds(small.duration_s),
            "requests": dict(small.requests),
        },
        "machine": {"lag_s": _seconds(found.lag_s), "refused": list(found.rehearsal.refused)},
        "unrehearsed": [list(pair) for pair in UNREHEARSED],
        "scenarios": [
            _scenario(found.inventory, recording, found.judgements[recording.scenario.id])
            for recording in found.recordings
        ],
    }


def _scenario(inventory: Inventory, recording: Recording, judged: tuple[Judgement, ...]) -> dict[str, Any]:
    scenario = recording.scenario
    cases = [case for process in inventory.processes.values() for case in trace(inventory, recording, process).cases]
    return {
        "id": scenario.id,
        "title": scenario.title,
        "kind": scenario.kind,
        "subject": scenario.subject,
        "faults": [_fault(fault) for fault in scenario.faults],
        "fault_at_s": _seconds(recording.fault_at),
        "ended_s": _seconds(recording.ended),
        "lag_s": _seconds(recording.lag_s),
        "processes": [_judged(inventory, each) for each in judged],
        "holds": [
            {"at_s": _seconds(mark.at), "domain": mark.domain, "cause": mark.cause, "phase": mark.phase}
            for mark in recording.marks
        ],
        "requests": [_request(case) for case in sorted(cases, key=lambda case: case.sent.at)],
    }


def _fault(fault: Blow) -> dict[str, Any]:
    return {
        "effect": str(fault.effect),
        "cause": fault.cause and str(fault.cause),
        "scope": fault.scope,
        "deployments": sorted(fault.deployments),
        "from_s": _seconds(fault.from_s),
        "until_s": _seconds(fault.until_s),
    }


def _judged(inventory: Inventory, judged: Judgement) -> dict[str, Any]:
    return {
        "process": judged.process,
        "owner": inventory.processes[judged.process].owner,
        "criticality": judged.criticality,
        "verdict": str(judged.verdict),
        "why": judged.why,
        "permitted": list(judged.expected.permitted),
        "remaining": list(judged.expected.remaining),
        "touched": judged.expected.touched,
        "sent": judged.sent,
        "lost": judged.lost,
        "hits": judged.hits,
        "wasted": judged.wasted,
        "detect_s": _seconds(judged.detect_s),
        "failover_s": _seconds(judged.failover_s),
        "share": judged.share if judged.share is None else round(judged.share, DIGITS),
        "breaches": judged.breaches,
        "served_before": dict(judged.served_before),
        "served_after": dict(judged.served_after),
    }


def _request(case: Case) -> dict[str, Any]:
    return {
        "marker": case.sent.marker,
        "process": case.sent.process,
        "stream": case.sent.stream,
        "at_s": _seconds(case.sent.at),
        "ended_s": _seconds(case.sent.ended),
        "served_by": case.server.deployment if case.server else None,
        "hits": sum(call.injected for call in case.calls),
        "error": case.sent.error,
    }


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
