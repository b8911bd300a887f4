"""What was seen against what must be seen, for each case and over all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from battery.case import FIRST

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from battery.case import Case
    from battery.play import Played, Shown


@dataclass(slots=True)
class Row:
    """One case over all its repeats and doors."""

    case: Case
    played: list[Played] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """What was not as it must be, with the door and the mode."""

    @property
    def shown(self) -> list[Shown]:
        """Every request."""
        return [shown for played in self.played for shown in played.shown]

    @property
    def truncated(self) -> int:
        """Requests whose caller was given part of an answer as a whole one."""
        return sum(shown.outcome == "truncated" for shown in self.shown)

    @property
    def needless(self) -> int:
        """Failures shown though a permitted, healthy deployment stood."""
        if self.case.expect.sees in ("error", "refusal"):
            return 0
        allowed = {"answer", "truncated", "cut"} if self.case.expect.sees == "cut" else {"answer", "truncated"}
        return sum(shown.outcome not in allowed for shown in self.shown)

    @property
    def calls(self) -> int:
        """The most calls of the first deployment in one repeat."""
        return max((played.calls for played in self.played), default=0)

    def first_s(self, door: str) -> tuple[float, float] | None:
        """Median and worst wait of first requests at a door."""
        waits = [played.shown[0].waited_s for played in self.played if played.door == door and played.shown]
        return (median(waits), max(waits)) if waits else None

    def then_s(self) -> float | None:
        """The worst wait of the last requests."""
        waits = [played.shown[-1].waited_s for played in self.played if len(played.shown) > 1]
        return max(waits) if waits else None


def judge(played: Played, *, timed: bool) -> list[str]:
    """What is wrong with one play of a case; without `timed` no clock is looked at."""
    case, expect = played.case, played.case.expect
    wrong: list[str] = []
    if case.plan == "leaves":
        if played.closed_s is None:
            wrong.append("the provider's connection stays open after the caller left")
        elif timed and played.closed_s > expect.within_s:
            wrong.append(f"the provider's connection is closed {played.closed_s:.1f} s after the caller left")
    for shown in played.shown:
        wrong += _request(case, shown)
    if expect.sees == "cut" and case.requests > 1 and all(shown.outcome != "answer" for shown in played.shown):
        wrong.append("every request is sent to where streams break")
    if played.calls > expect.calls:
        wrong.append(f"{played.calls} calls of the failing deployment, at most {expect.calls} are expected")
    wrong += [f"{role} was called" for role in expect.spared if played.others.get(role)]
    if case.plan == "outage":
        wrong += _return(played)
    elif timed:
        wrong += _late(played)
    return list(dict.fromkeys(wrong))


def _request(case: Case, shown: Shown) -> Iterable[str]:
    expect = case.expect
    if shown.outcome == "truncated":
        yield "part of an answer was passed as whole"
    elif shown.outcome == "answer":
        if expect.sees == "error":
            yield f"{shown.by} answered, and an error is expected"
        elif case.plan != "outage" and shown.by != expect.by and expect.sees != "cut":
            yield f"{shown.by} answered, and {expect.by} is expected"
    elif shown.outcome != expect.sees:
        yield f"the caller saw {shown.outcome} ({shown.error} {shown.status or ''}: {shown.message[:120]})"
    if shown.cause not in (None, "served") and expect.cause and shown.cause != expect.cause and case.plan != "outage":
        yield f"the cause is taken for {shown.cause}, not {expect.cause}"
    if expect.status and shown.outcome == "error" and shown.status != expect.status:
        yield f"the status is {shown.status}, not {expect.status}"
    if expect.verbatim and expect.verbatim not in shown.message:
        yield f"the provider's words do not reach the caller: {shown.message[:120]}"


def _late(played: Played) -> Iterable[str]:
    expect = played.case.expect
    for place, shown in enumerate(played.shown):
        limit = expect.then_within_s if place else expect.within_s
        if shown.waited_s > limit:
            yield f"request {place + 1} waited {shown.waited_s:.0f} s, at most {limit:g} s are expected"


def _return(played: Played) -> Iterable[str]:
    if played.returned_s is None:
        yield "it does not serve again after the outage"
    elif played.returned_s > played.case.expect.within_s:
        yield f"it serves again {played.returned_s:.1f} s after the outage, within {played.case.expect.within_s:g} s is expected"


def rows(all_played: Sequence[Played], *, timed: bool) -> list[Row]:
    """One row for each case, in the order of the battery."""
    found: dict[str, Row] = {}
    for played in all_played:
        row = found.setdefault(played.case.name, Row(played.case))
        row.played.append(played)
        row.wrong += [f"{played.door}, {played.mode}: {wrong}" for wrong in judge(played, timed=timed)]
    return list(found.values())


def causes_shown(row: Row) -> list[str]:
    """What the trail called it, most often first."""
    told = [shown.cause for shown in row.shown if shown.cause not in (None, "served")]
    return sorted({cause for cause in told if cause}, key=told.count, reverse=True)


def served_by_first(row: Row) -> bool:
    """Whether the first deployment is the one to serve."""
    return row.case.expect.by == FIRST
