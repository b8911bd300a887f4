"""Past runs of a drill, found by their reports, and whether it is due again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import orjson

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from modelrouter.drills.plan import Plan

__all__ = ["REPORT", "Due", "Run", "due", "folder_of", "runs"]

REPORT = "report.json"
STAMP = "%Y%m%dT%H%M%SZ"
DAY = 86_400.0


class Run(NamedTuple):
    """One report."""

    folder: Path
    plan: str
    level: str
    began: datetime
    fingerprint: str
    """Of the inventory as it was."""
    passed: bool


class Due(NamedTuple):
    """A plan and its last run."""

    plan: Plan
    last: Run | None
    age_s: float | None
    why: tuple[str, ...]
    """Why it is due; empty where it is not."""
    by: datetime | None
    """When it will be due by its age; None where nothing says so."""


def folder_of(plan: Plan, home: Path, began: datetime) -> Path:
    """The folder of one run; `home` is that of the plan's file."""
    return home / plan.evidence.folder / plan.id / began.astimezone(UTC).strftime(STAMP)


def runs(plan: Plan, home: Path) -> tuple[Run, ...]:
    """The runs of a plan whose reports can be read, the latest last."""
    found = [
        run
        for path in (home / plan.evidence.folder / plan.id).glob(f"*/{REPORT}")
        if (run := _run(path)) is not None and run.plan == plan.id
    ]
    return tuple(sorted(found, key=lambda run: run.began))


def due(plan: Plan, past: Sequence[Run], fingerprint: str, now: datetime) -> Due:
    """Whether the plan must be played: never yet at its level, too long ago, or on another inventory."""
    last = next((run for run in reversed(past) if run.level == plan.level), None)
    if last is None:
        other = f"played at level {past[-1].level} alone" if past else "never played"
        return Due(plan, None, None, (other,), None)
    age_s = (now - last.began).total_seconds()
    limits = {"to be played every": plan.schedule.every_s, "its evidence may be no older than": plan.schedule.max_age_s}
    why = [
        f"{what} {limit / DAY:g} d, and it is {age_s / DAY:.0f} d old"
        for what, limit in limits.items()
        if limit is not None and age_s > limit
    ]
    if plan.schedule.on_change and last.fingerprint != fingerprint:
        why.append("the inventory has changed since")
    stated = [limit for limit in limits.values() if limit is not None]
    by = last.began + timedelta(seconds=min(stated)) if stated else None
    return Due(plan, last, age_s, tuple(why), by)


def _run(path: Path) -> Run | None:
    try:
        told = orjson.loads(path.read_bytes())
        return Run(
            folder=path.parent,
            plan=told["plan"]["id"],
            level=told["level"],
            began=datetime.fromisoformat(told["began"]),
            fingerprint=told["inventory"]["fingerprint"],
            passed=told["passed"],
        )
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return None  # no report of ours: it proves nothing
