"""The ledger of a drill, from the command line: begun before anything is played, read by the auditor's reader at the end."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from modelrouter.core.inventory import Inventory
from modelrouter.drills.logbook import Logbook
from modelrouter.drills.plan import REAL, Level, Plan
from modelrouter.drills.report.facts import agreed
from modelrouter.drills.report.findings import Findings
from modelrouter.drills.scenario import Scenario
from modelrouter.drills.signing import Key

__all__ = ["Course", "begun", "concluded"]


class Course(NamedTuple):
    """What is about to be played."""

    plan: Plan | None
    level: Level
    seed: int
    scenarios: Sequence[Scenario]
    key: Key | None


def begun(path: Path, inventory: Inventory, course: Course) -> Logbook:
    """A ledger that tells what is about to be played. Raises LedgerError where it cannot be written."""
    plan, level, seed, scenarios, key = course
    book = Logbook(path, inventory, key.secret if key is not None else None, real=level in REAL)
    try:
        book.begin(
            {
                "drill": plan.id if plan is not None else inventory.name,
                "plan": None if plan is None else _told(plan),
                "level": level,
                "seed": seed,
                "scenarios": [each.id for each in scenarios],
            }
        )
    except BaseException:
        with suppress(Exception):
            book.close()
        raise
    return book


def _told(plan: Plan) -> dict[str, object]:
    return {
        "id": plan.id,
        "title": plan.title,
        "owner": plan.owner,
        "ticket": plan.ticket,
        "hypothesis": plan.hypothesis,
        "approvals": [agreed(each) for each in plan.approvals],
    }


def concluded(book: Logbook, found: Findings) -> Findings:
    """Write the verdicts, let the reader judge every hop, and write how the drill ended. Raises LedgerError."""
    for recording in found.recordings:
        book.judged(recording, found.judgements[recording.scenario.id])
    recorded = book.audited()
    found = replace(found, origin=replace(found.origin, recorded=recorded))
    book.note(
        {
            "event": "ended",
            "drill": found.plan.id if found.plan is not None else found.inventory.name,
            "passed": found.passed,
            "ended": found.origin.ended,
            "conclusion": found.conclusion(),
            "audited": None if recorded is None else recorded._asdict(),
        }
    )
    return found
