"""The report as a journal of the Chaos Toolkit, for whoever collects those: one experiment, its faults as activities.

Its `status` is `completed`, or `aborted` where it ended before its time, its `deviated` whether the drill failed; times are those of the wall clock, taken from
when the drill began and the scenario's own seconds, as if the scenarios had been played one after the other.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson

from modelrouter.drills.report.steady import steady

if TYPE_CHECKING:
    from datetime import datetime

    from modelrouter.drills.recording import Recording
    from modelrouter.drills.report.document import Steady
    from modelrouter.drills.report.findings import Findings

__all__ = ["journal"]


def journal(found: Findings) -> bytes:
    """The whole file."""
    return orjson.dumps(_journal(found), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _journal(found: Findings) -> dict[str, Any]:
    before, after = steady(found)
    end = found.began + timedelta(seconds=found.took_s)
    return {
        "chaoslib-version": f"modelrouter/{found.origin.version}",
        "platform": found.origin.host,
        "node": "",
        "experiment": _experiment(found),
        "start": _stamp(found.began),
        "status": "completed" if found.origin.ended is None else "aborted",
        "deviated": not found.passed,
        "steady_states": {
            "before": _state(before, found.began),
            "after": _state(after, end) if after.sent else None,
            "during": [],
        },
        "run": _run(found),
        "rollbacks": [],
        "end": _stamp(end),
        "duration": round(found.took_s, 3),
    }


def _experiment(found: Findings) -> dict[str, Any]:
    plan = found.plan
    return {
        "version": "1.0.0",
        "title": (plan.title or plan.id) if plan else f"Continuity drill of {found.inventory.name}",
        "description": (plan.hypothesis if plan else "") or found.conclusion(),
        "tags": ["modelrouter", found.rehearsal.level],
        "contributions": {"reliability": "high", "availability": "high"},
        "steady-state-hypothesis": {"title": "Every request is served", "probes": [_probe()]},
        "method": [_activity(recording, place) for recording in found.recordings for place in _places(recording)],
        "rollbacks": [],
    }


def _probe() -> dict[str, Any]:
    return {
        "type": "probe",
        "name": "error-rate",
        "tolerance": {"type": "range", "range": [0.0, 0.0]},
        "provider": {"type": "process", "path": "modelrouter", "arguments": ["drill"]},
    }


def _places(recording: Recording) -> range:
    return range(len(recording.scenario.faults))


def _activity(recording: Recording, place: int) -> dict[str, Any]:
    fault = recording.scenario.faults[place]
    return {
        "type": "action",
        "name": f"{recording.scenario.id}: {fault.effect} at {fault.scope}",
        "provider": {
            "type": "process",
            "path": "modelrouter",
            "arguments": ["drill", "--only", recording.scenario.id],
        },
        "pauses": {"before": round(fault.from_s, 3)},
    }


def _state(measured: Steady, at: datetime) -> dict[str, Any]:
    met = not measured.departures
    return {
        "steady_state_met": met,
        "probes": [
            {
                "activity": _probe(),
                "output": measured.error_rate,
                "status": "succeeded",
                "start": _stamp(at),
                "end": _stamp(at),
                "duration": 0.0,
                "tolerance_met": met,
            }
        ],
    }


def _run(found: Findings) -> list[dict[str, Any]]:
    runs, began = [], found.began
    for recording in found.recordings:
        judged = found.judgements[recording.scenario.id]
        for place in _places(recording):
            fault = recording.scenario.faults[place]
            start = began + timedelta(seconds=fault.from_s)
            until = recording.ended if fault.until_s is None else fault.until_s
            runs.append(
                {
                    "activity": _activity(recording, place),
                    "output": {each.process: str(each.verdict) for each in judged},
                    "status": "succeeded",
                    "start": _stamp(start),
                    "end": _stamp(began + timedelta(seconds=until)),
                    "duration": round(until - fault.from_s, 3),
                }
            )
        began += timedelta(seconds=recording.ended)
    return runs


def _stamp(at: datetime) -> str:
    return at.replace(tzinfo=None).isoformat(timespec="milliseconds")
