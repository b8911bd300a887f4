"""A drill as data: what is rehearsed, by whose leave, when it must stop, what is expected, when it is due again.

Pure: nothing here sends, waits or reads a clock. Whoever plays a drill (twins, simulated time, a canary on a
running gateway) asks whom it concerns (`targeted`, `expecting`) and whether it may begin (`objections`); while it
is played, `watching` says whether all is well and whether it must end. `planfile` reads one from YAML.

Durations are seconds (`_s`), shares fractions of one, costs US dollars.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from modelrouter.core.inventory import Criticality

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from modelrouter.core.inventory import Inventory, Process
    from modelrouter.drills.mishap import Case

__all__ = [
    "CRITICALITIES",
    "LEVELS",
    "REAL",
    "Abort",
    "Approval",
    "Bounds",
    "Evidence",
    "Expect",
    "Freeze",
    "Lease",
    "Level",
    "Plan",
    "Radius",
    "Rollback",
    "Schedule",
    "Steady",
    "Targets",
    "expecting",
    "objections",
    "targeted",
]

Level = Literal["static", "simulated", "twin", "canary", "live"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""From what touches nothing to what touches real traffic."""
REAL = frozenset({"canary", "live"})
"""Levels at which real requests are concerned: leave must be given, and the blast radius binds."""
CRITICALITIES: tuple[Criticality, ...] = get_args(Criticality)
"""The gravest first."""
APPROVALS: Mapping[Level, int] = {"canary": 1, "live": 2}
"""People who must have agreed before a critical process is drilled at that level."""


@dataclass(frozen=True, slots=True)
class Targets:
    """The processes that the drill is about; both empty: all."""

    processes: tuple[str, ...] = ()
    criticality: tuple[Criticality, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounds:
    """What counts as all being well; None does not ask."""

    error_rate: float | None = 0.0
    """The highest share of requests that may fail."""
    p95_s: float | None = None
    """The longest that 19 of 20 requests take."""
    share: float | None = None
    """The least share of requests that are served."""


@dataclass(frozen=True, slots=True)
class Steady:
    """The steady state that must hold before the fault, and again when all is over."""

    for_s: float = 60.0
    """How long it is watched each time, where requests are real."""
    before: Bounds = Bounds()
    after: Bounds = Bounds()


@dataclass(frozen=True, slots=True)
class Abort:
    """When a drill ends at once."""

    error_rate: float | None = 0.05
    """More than this share of the requests of a critical process fails…"""
    for_s: float = 30.0
    """…for so long."""
    cost_per_minute: float | None = None
    violations: int = 0
    """More calls than this went where they may not."""
    incident: bool = True
    """Something really failed."""
    operator: bool = True
    """Somebody said so."""


class Freeze(NamedTuple):
    """Days on which nothing real is drilled, both included."""

    begins: date
    ends: date
    why: str = ""


@dataclass(frozen=True, slots=True)
class Radius:
    """The most that a drill may touch."""

    processes: int | None = None
    share: float = 0.05
    """Of the requests of a process."""
    exclude: tuple[str, ...] = ()
    """Processes that no drill touches, targeted or not."""
    freeze: tuple[Freeze, ...] = ()


@dataclass(frozen=True, slots=True)
class Lease:
    """A fault ends by itself when nobody has renewed it for so long: the drill may be dead."""

    length_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Rollback:
    """How everything becomes as it was."""

    when: Literal["always", "aborted"] = "always"
    within_s: float = 60.0
    verify: bool = True
    """The steady state is measured again."""


@dataclass(frozen=True, slots=True)
class Expect:
    """What is expected of a process, where that differs from its inventory; None: as the inventory has it.

    A call that goes where it may not is never expected.
    """

    rto_s: float | None = None
    minimum: float | None = None
    cost: float | None = None
    quality: float | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """When the drill is due again; None: not for that reason."""

    every_s: float | None = None
    max_age_s: float | None = None
    on_change: bool = False
    """When the inventory is no longer that of the last run."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where reports go, how long they are kept, and who signs them."""

    folder: str = "reports"
    """Relative to the plan's own folder."""
    keep_s: float | None = None
    sign: str | None = None
    """A reference to the key: `env:NAME` or `file:PATH`."""


class Approval(NamedTuple):
    """Who agreed, and when."""

    by: str
    role: str = ""
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One drill; every part but its name, owner and scenario has a default that is safe."""

    id: str
    owner: str
    title: str = ""
    level: Level = "twin"
    ticket: str | None = None
    approvals: tuple[Approval, ...] = ()
    hypothesis: str = ""
    scenarios: tuple[str, ...] = ()
    """Ids and patterns of the catalogue, ids of incidents, `fault@scope`, files of scenarios."""
    case: Case | None = None
    """The scenario, where it is written in the plan itself."""
    seed: int = 0
    targets: Targets = Targets()
    steady: Steady = Steady()
    abort: Abort = Abort()
    radius: Radius = Radius()
    lease: Lease = Lease()
    rollback: Rollback = Rollback()
    expect: Expect = Expect()
    """Of every targeted process."""
    expects: Mapping[str, Expect] = field(default_factory=dict)
    """Of single ones, instead."""
    schedule: Schedule = Schedule()
    evidence: Evidence = Evidence()
    path: str = ""
    """The file it was read from."""


def targeted(plan: Plan, inventory: Inventory) -> tuple[Process, ...]:
    """The processes that the drill is about, in the order of the inventory; what is excluded is not among them."""
    named, ranks = plan.targets.processes, plan.targets.criticality
    return tuple(
        process
        for name, process in inventory.processes.items()
        if name not in plan.radius.exclude
        if not (named or ranks) or name in named or process.criticality in ranks
    )


def expecting(plan: Plan, inventory: Inventory) -> Inventory:
    """The inventory with the objectives that the plan states in place of its own."""
    concerned = {process.id for process in targeted(plan, inventory)}
    processes = {
        name: _expected(process, plan.expects.get(name, plan.expect)) if name in concerned else process
        for name, process in inventory.processes.items()
    }
    return replace(inventory, processes=processes)


def _expected(process: Process, wanted: Expect) -> Process:
    stated = {"rto_s": wanted.rto_s, "minimum": wanted.minimum, "cost": wanted.cost}
    objectives = replace(process.objectives, **{name: value for name, value in stated.items() if value is not None})
    quality = process.quality if wanted.quality is None else replace(process.quality, floor=wanted.quality)
    return replace(process, objectives=objectives, quality=quality)


def objections(plan: Plan, inventory: Inventory, now: datetime, *, share: float = 0.0) -> tuple[str, ...]:
    """Why the drill may not begin; empty where it may. `share` is that of the requests that would be touched.

    What touches no real request needs no leave: there only targets that do not exist are objected to.
    """
    found = [
        f"it targets {name}, which the inventory does not know"
        for name in dict.fromkeys((*plan.targets.processes, *plan.radius.exclude, *plan.expects))
        if name not in inventory.processes
    ]
    processes = targeted(plan, inventory)
    if not processes:
        found.append("it targets no process at all")
    if plan.level in REAL:
        found.extend(_unsafe(plan, processes, now, share))
    return tuple(found)


def _unsafe(plan: Plan, processes: Sequence[Process], now: datetime, share: float) -> Iterable[str]:
    radius = plan.radius
    if radius.processes is not None and len(processes) > radius.processes:
        yield f"processes touched: {len(processes)}, and at most {radius.processes} may be"
    if share > radius.share:
        yield f"it touches {share:.1%} of the requests, and at most {radius.share:.1%} may be"
    for freeze in radius.freeze:
        if freeze.begins <= now.date() <= freeze.ends:
            yield f"nothing is drilled from {freeze.begins} to {freeze.ends}{freeze.why and f': {freeze.why}'}"
    needed = APPROVALS[plan.level] if any(process.criticality == "critical" for process in processes) else 1
    people = len({approval.by for approval in plan.approvals})
    if people < needed:
        yield f"it needs the leave of {needed}, and {people} gave it"
