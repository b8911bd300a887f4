"""What is due, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rich.table import Table
from rich.text import Text

from modelrouter.drills.history import due

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from modelrouter.drills.history import Due, Run
    from modelrouter.drills.plan import Plan

__all__ = ["Row", "as_rows", "table_of"]

DAY = 86_400.0


class Row(NamedTuple):
    """One plan."""

    due: Due

    def told(self) -> dict[str, Any]:
        """For programs."""
        found, last = self.due, self.due.last
        return {
            "plan": found.plan.id,
            "file": found.plan.path,
            "owner": found.plan.owner,
            "level": found.plan.level,
            "due": bool(found.why),
            "why": list(found.why),
            "last": None if last is None else last.began.isoformat(timespec="seconds"),
            "age_days": None if found.age_s is None else round(found.age_s / DAY, 2),
            "passed": None if last is None else last.passed,
            "due_by": None if found.by is None else found.by.isoformat(timespec="seconds"),
        }


def as_rows(plans: Iterable[Plan], past: Callable[[Plan], Sequence[Run]], fingerprint: str, now: datetime) -> list[Row]:
    """Every plan with its last run, what is due first."""
    rows = [Row(due(plan, past(plan), fingerprint, now)) for plan in plans]
    return sorted(rows, key=lambda row: not row.due.why)


def table_of(rows: Iterable[Row]) -> Table:
    """For people."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("drill", "owner", "level", "last played", "came to", "due by", "why it is due"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        found, last = row.due, row.due.last
        age = (
            "never" if last is None or found.age_s is None else f"{last.began:%Y-%m-%d}, {found.age_s / DAY:.0f} d ago"
        )
        passed = Text("") if last is None else Text("passed", "green") if last.passed else Text("failed", "red")
        by = "" if found.by is None else f"{found.by:%Y-%m-%d}"
        why = Text("; ".join(found.why), "red") if found.why else Text("fresh", "green")
        table.add_row(found.plan.id, found.plan.owner, found.plan.level, age, passed, by, why)
    return table
