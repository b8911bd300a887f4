"""The door for plans of drills: from a YAML file to a `Plan`, or to everything that is wrong with it.

As strict as the inventory's, and with the same kinds of values: durations have units, shares a percent sign,
unknown keys are errors, every problem has its file, line and column.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Discriminator, Tag

from modelrouter.drills import plan as drill
from modelrouter.drills.entries import parse, refuse
from modelrouter.drills.incidents import case_of, wrong_in
from modelrouter.drills.incidents.schema import StoryEntry
from modelrouter.drills.report.schema import trimmed
from modelrouter.inventory.document import Entries
from modelrouter.inventory.entry import Entry, about
from modelrouter.inventory.fields import (
    Day,
    Duration,
    Flag,
    Line,
    Name,
    Number,
    Reference,
    Share,
    Tally,
    Words,
)
from modelrouter.inventory.source import checked, read_file
from modelrouter.inventory.words import Criticality, reads

if TYPE_CHECKING:
    from modelrouter.inventory.problems import Problem

__all__ = ["PlanEntry", "load_plan", "parse_plan", "plan_schema"]


def _how(value: object) -> str:
    """Which kind of scenario it is: names, or faults written out."""
    return WRITTEN if isinstance(value, Entries | StoryEntry) else NAMED


NAMED, WRITTEN = "[named]", "[written]"
LevelWord = Annotated[drill.Level, reads(drill.LEVELS)]
When = Annotated[Literal["always", "aborted"], reads(("always", "aborted"))]
WHO = {"by": "A. Brandt", "role": "head of operations", "date": "2026-11-16"}
DAYS = {"begins": "2026-12-18", "ends": "2027-01-06", "why": "year end"}


class ApprovalEntry(Entry):
    """Who agreed that this is done."""

    by: Line = about("Who.", "A. Brandt")
    role: Line | None = about("In which capacity.", "head of operations", None)
    date: Day | None = about("On which day.", "2026-11-16", None)


class TargetsEntry(Entry):
    """Whom the drill is about; by default every process. The others send their demand as well."""

    processes: list[Name] = about("By name.", ["claims-triage"], [])
    criticality: list[Criticality] = about("By criticality.", ["critical", "important"], [])


class BoundsEntry(Entry):
    """What counts as all being well."""

    error_rate: Share = about("The highest share of requests that may fail.", "1%", 0.0, unit="share", written="0%")
    p95: Duration | None = about("The longest that 19 of 20 requests may take.", "4s", None, unit="duration")
    share: Share | None = about("The least share of requests that must be served.", "99%", None, unit="share")


class SteadyEntry(Entry):
    """The steady state, measured before the fault and after it. It must hold before, or the drill proves nothing."""

    for_: Duration = about(
        "How long it is watched, where requests are real.", "2m", 60.0, unit="duration", written="60s", alias="for"
    )
    before: BoundsEntry = about("Before anything fails.", {"error_rate": "1%", "p95": "4s"}, {})
    after: BoundsEntry = about("When all is over.", {"error_rate": "1%", "p95": "4s"}, {})


class AbortEntry(Entry):
    """When the drill ends at once."""

    error_rate: Share = about(
        "More than this share of a critical process's requests fails…", "5%", 0.05, unit="share", written="5%"
    )
    for_: Duration = about("…for so long.", "30s", 30.0, unit="duration", written="30s", alias="for")
    cost_per_minute: Number | None = about("More than this is spent.", 50, None, unit="US dollars a minute")
    policy_violations: Tally = about("More calls than this went where they may not.", 0, 0, unit="calls")
    real_incident: Flag = about("Something really failed meanwhile.", True, default=True)
    operator: Flag = about("Somebody may stop it by hand.", True, default=True)


class FreezeEntry(Entry):
    """Days on which nothing real is drilled."""

    begins: Day = about("The first day.", "2026-12-18")
    ends: Day = about("The last day.", "2027-01-06")
    why: Line | None = about("The reason.", "year end", None)


class RadiusEntry(Entry):
    """The most that the drill may touch, where requests are real."""

    processes: Tally | None = about("How many processes.", 5, None, unit="processes")
    share: Share = about("Which share of their requests.", "5%", 0.05, unit="share", written="5%")
    exclude: list[Name] = about("Processes that are never touched, at any level.", ["payment-screening"], [])
    freeze: list[FreezeEntry] = about("When nothing may be touched.", [DAYS], [])


class LeaseEntry(Entry):
    """The dead man's lease."""

    length: Duration = about(
        "A fault ends by itself when the drill has not been heard of for so long.",
        "30s",
        30.0,
        unit="duration",
        written="30s",
    )


class RollbackEntry(Entry):
    """How everything becomes as it was."""

    when: When = about("Always, or only when it was aborted.", "always", "always")
    within: Duration = about("How long that may take.", "60s", 60.0, unit="duration", written="60s")
    verify: Flag = about("Whether the steady state is measured again.", True, default=True)


class ExpectEntry(Entry):
    """What is expected of a process, where that differs from its inventory. A call against policy is never expected."""

    rto: Duration | None = about("After so long it must be served again.", "30s", None, unit="duration")
    minimum: Share | None = about("The share of throughput that must survive.", "30%", None, unit="share")
    cost: Number | None = about("The highest multiple of its ordinary cost a request.", 3, None, unit="times")
    quality: Share | None = about("The least share of its checks that answers must pass.", "90%", None, unit="share")


class ScheduleEntry(Entry):
    """When the drill is due again."""

    every: Duration | None = about("How often it is to be played.", "90d", None, unit="duration")
    max_age: Duration | None = about("How old its evidence may become.", "100d", None, unit="duration")
    on_change: Flag = about(
        "Whether it is due when the inventory has changed since.", True, default=False, written="false"
    )


class EvidenceEntry(Entry):
    """Where reports go."""

    folder: Line = about("A folder, relative to this file; each run has one of its own in it.", "reports", "reports")
    keep: Duration | None = about("How long reports must be kept.", "1825d", None, unit="duration")
    sign: Reference | None = about("The key that signs them.", "env:DRILL_KEY", None)


class PlanEntry(Entry):
    """A drill: what is rehearsed, by whose leave, when it must stop, what is expected, when it is due again."""

    drill: Name = about("The name of this drill.", "q4-us-cutoff")
    title: Line | None = about("What it is about, in a few words.", "The United States are cut off", None)
    owner: Line = about("Who answers for it.", "business-continuity")
    level: LevelWord = about("How real it is.", "twin", "twin")
    ticket: Line | None = about("The change that it belongs to.", "CHG-1234", None)
    approvals: list[ApprovalEntry] = about("Who agreed.", [WHO], [])
    hypothesis: Line | None = about("What is believed to happen.", "Claims are served from Hamburg within 30 s.", None)
    scenario: Annotated[Annotated[Words, Tag(NAMED)] | Annotated[StoryEntry, Tag(WRITTEN)], Discriminator(_how)] = (
        about(
            "What fails: scenarios of the catalogue by id or pattern, incidents by their ids, FAULT@SCOPE, files of scenarios, or one written out.",
            ["suspended-openai", "withdrawn-*"],
        )
    )
    seed: Tally = about("From which chance is drawn.", 7, 0)
    targets: TargetsEntry = about("Whom it is about.", {"criticality": ["critical"]}, {})
    steady: SteadyEntry = about("What counts as all being well.", {"before": {"error_rate": "1%"}}, {})
    abort: AbortEntry = about("When it ends at once.", {"error_rate": "5%", "for": "30s"}, {})
    blast_radius: RadiusEntry = about("The most that it may touch.", {"processes": 5, "share": "5%"}, {})
    lease: LeaseEntry = about("When a fault ends because the drill died.", {"length": "30s"}, {})
    rollback: RollbackEntry = about("What is done when it is over.", {"within": "60s"}, {})
    expect: ExpectEntry = about("What is expected of every targeted process.", {"cost": 3}, {})
    expects: dict[Name, ExpectEntry] = about(
        "What is expected of single processes instead.", {"claims-triage": {"rto": "10s"}}, {}
    )
    schedule: ScheduleEntry = about("When it is due again.", {"max_age": "100d"}, {})
    evidence: EvidenceEntry = about("Where reports go, how long they stay, who signs.", {"folder": "reports"}, {})


def load_plan(path: str | os.PathLike[str]) -> drill.Plan:
    """Read a plan; raises InventoryError with every problem and its place."""
    return _parsed(read_file(Path(path), os.fspath(path)), os.fspath(path))


def parse_plan(text: str, path: str = "plan.yaml") -> drill.Plan:
    """Read a plan from a text, as if it stood in that file; raises InventoryError."""
    return _parsed(checked(text, path), path)


def plan_schema() -> dict[str, Any]:
    """The JSON Schema of a plan, for editors: draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **trimmed(PlanEntry.model_json_schema()),
        "title": "modelrouter drill",
    }


def _parsed(text: str | Problem, path: str) -> drill.Plan:
    entry, tree = parse(text, path, PlanEntry, "Begin with `drill: NAME`.")
    if isinstance(entry.scenario, StoryEntry):
        refuse((each._replace(path=("scenario", *each.path)) for each in wrong_in(entry.scenario)), tree, path)
    return _plan(entry, path)


def _plan(entry: PlanEntry, path: str) -> drill.Plan:
    story = entry.scenario if isinstance(entry.scenario, StoryEntry) else None
    return drill.Plan(
        id=entry.drill,
        owner=entry.owner,
        title=entry.title or "",
        level=entry.level,
        ticket=entry.ticket,
        approvals=tuple(drill.Approval(each.by, each.role or "", each.date) for each in entry.approvals),
        hypothesis=entry.hypothesis or "",
        scenarios=() if isinstance(entry.scenario, StoryEntry) else tuple(entry.scenario),
        case=None if story is None else case_of(story, entry.drill, "written", None),
        seed=entry.seed,
        targets=drill.Targets(tuple(entry.targets.processes), tuple(entry.targets.criticality)),
        steady=drill.Steady(entry.steady.for_, _bounds(entry.steady.before), _bounds(entry.steady.after)),
        abort=_abort(entry.abort),
        radius=_radius(entry.blast_radius),
        lease=drill.Lease(entry.lease.length),
        rollback=drill.Rollback(entry.rollback.when, entry.rollback.within, entry.rollback.verify),
        expect=_expect(entry.expect),
        expects={name: _expect(each) for name, each in entry.expects.items()},
        schedule=drill.Schedule(entry.schedule.every, entry.schedule.max_age, entry.schedule.on_change),
        evidence=drill.Evidence(entry.evidence.folder, entry.evidence.keep, entry.evidence.sign),
        path=path,
    )


def _bounds(entry: BoundsEntry) -> drill.Bounds:
    return drill.Bounds(entry.error_rate, entry.p95, entry.share)


def _abort(entry: AbortEntry) -> drill.Abort:
    return drill.Abort(
        error_rate=entry.error_rate,
        for_s=entry.for_,
        cost_per_minute=entry.cost_per_minute,
        violations=entry.policy_violations,
        incident=entry.real_incident,
        operator=entry.operator,
    )


def _radius(entry: RadiusEntry) -> drill.Radius:
    freeze = tuple(drill.Freeze(each.begins, each.ends, each.why or "") for each in entry.freeze)
    return drill.Radius(entry.processes, entry.share, tuple(entry.exclude), freeze)


def _expect(entry: ExpectEntry) -> drill.Expect:
    return drill.Expect(entry.rto, entry.minimum, entry.cost, entry.quality)
