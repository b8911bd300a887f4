"""The shape of `report.json`, for programs that read it and for the JSON Schema that is made of it.

Times are seconds, in a scenario since it began; shares are fractions of one; costs are US dollars. What nobody
knows is null. Causes and verdicts are the words of the house. Keys keep the order shown here.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["ASIDE", "VERSION", "Document"]

VERSION = 2
"""A change that breaks readers raises it."""
ASIDE = ("began", "took_s", "host")
"""What alone may differ between two reports of one seed at level `simulated`; all else is the same to the byte."""


class Part(BaseModel):
    """One object of the report."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, protected_namespaces=())


class Inventory(Part):
    """What was rehearsed."""

    name: str
    file: str
    fingerprint: str
    """Of what it says, however it is written; the reason for a drill to be due again is that it changed."""


class Software(Part):
    """What rehearsed it."""

    name: str
    version: str


class Host(Part):
    """Where: it may differ between two runs of one seed."""

    system: str
    """The interpreter and the system."""


class Plan(Part):
    """The drill object; null where everything was played without one."""

    id: str
    title: str
    owner: str
    ticket: str | None
    hypothesis: str
    approvals: list[str]
    file: str


class Miniature(Part):
    """The demand of the inventory, as far as it was sent."""

    scale: float
    """The share of the declared calls a minute."""
    steady_s: float
    duration_s: float
    requests: dict[str, int]
    """By process, in one scenario."""


class Machine(Part):
    """How far the machine can be trusted."""

    lag_s: float
    """How late the event loop was at worst; no time is better than that."""
    refused: list[str]
    """Connections that would have left it."""


class Process(Part):
    """What is asked of a process, and the worst that it came to."""

    process: str
    owner: str
    criticality: str
    concerned: bool
    """Whether the drill fails for it."""
    rto_s: float
    tolerance_s: float | None
    minimum: float
    cost: float | None
    quality_floor: float
    quality_checks: int
    slowest_failover_s: float | None
    slowest_in: str | None
    """The scenario of that."""


class Finding(Part):
    """One way in which a process failed."""

    process: str
    owner: str
    criticality: str
    verdict: str
    scenarios: list[str]
    why: str
    concerned: bool
    due: str
    """The day by which the owner is to have mended or accepted it."""


class Accuracy(Part):
    """What the inventory alone had said of who is lost, beside what was seen."""

    rightly_lost: int
    wrongly_lost: int
    missed: int
    rightly_served: int
    precision: float | None
    recall: float | None


class Reached(Part):
    """One part of the score."""

    name: str
    weight: float
    share: float | None
    """Null: there was nothing to look at."""


class Score(Part):
    """How the organisation stands on the day of the drill, each process counted by its criticality."""

    total: float
    parts: list[Reached]
    worst: str | None
    """The process that brings it down most."""


class Detection(Part):
    """A cause that was injected, and what the router took it for."""

    scenario: str
    scope: str
    injected: str
    found: str | None
    """Null: it opened no hold."""
    whole: bool
    """Whether in the end it met every call: what fails in part may be outlived without a hold."""
    after_s: float | None


class Steady(Part):
    """The steady state, over all scenarios together."""

    sent: int
    error_rate: float | None
    p95_s: float | None
    share: float | None
    departures: list[str]
    """Where it is not what the plan wants; empty where all was well."""


class Change(Part):
    """A verdict that is another than in the earlier report."""

    scenario: str
    process: str
    was: str
    now: str
    worse: bool


class Compared(Part):
    """The earlier report, and what differs."""

    began: str
    same_inventory: bool
    changes: list[Change]
    appeared: list[str]
    """Pairs of scenario and process that it did not have."""
    gone: list[str]
    slower: list[str]
    """Sentences on failovers that take twice as long, and half a second more."""


class Fault(Part):
    """One thing that was made to fail."""

    effect: str
    cause: str | None
    scope: str
    deployments: list[str]
    from_s: float | None
    until_s: float | None
    share: float
    """Of the calls or callers that it concerns."""
    processes: list[str] | None
    """Null: everybody's calls."""


class Predicted(Part):
    """What the inventory alone said, beside what was seen: `untouched`, `moves`, `lost`; null: not to be said."""

    said: str | None
    by: str | None
    seen: str | None
    seen_by: str | None
    agrees: bool | None


class Pace(Part):
    """How long served requests took."""

    p50_s: float | None
    p95_s: float | None


class Spending(Part):
    """For each served request, by declared tokens and prices."""

    before: float | None
    after: float | None
    multiple: float | None
    hourly: float | None
    """What the difference makes in an hour of the declared demand."""
    unpriced: list[str]
    """Deployments whose price nobody stated: the reason for null."""


class Checks(Part):
    """The checks of quality that the process brings."""

    before: int
    before_passed: int
    after: int
    after_passed: int
    unasked: list[str]
    failed: list[str]
    scores: dict[str, float | None]
    """Of fallbacks that served, as the inventory has them."""


class Judged(Part):
    """One process in one scenario."""

    process: str
    owner: str
    criticality: str
    verdict: str
    why: str
    permitted: list[str]
    """By the inventory alone, in order."""
    remaining: list[str]
    """Of these, those that are not hit."""
    touched: bool
    """Whether its first choice is hit."""
    predicted: Predicted
    sent: int
    lost: int
    hits: int
    """Calls that met the fault."""
    wasted: int
    """Calls on the failing scope after its first refusal had been read."""
    retried: int
    duplicated: int
    broken: int
    """Streams that broke off after content."""
    shed: int
    inverted: int
    """Shed while a less critical process was served where they might have been; must be 0."""
    model_changes: int
    false_failovers: int
    oldest_s: float | None
    """The longest that a request sent after the fault was under way."""
    error_budget: float | None
    """What the requests lost took of a month's error budget; 1 is all of it."""
    detect_s: float | None
    failover_s: float | None
    recover_s: float | None
    failback_s: float | None
    share: float | None
    """Of the requests sent after the fault, how many were served."""
    before: Pace
    after: Pace
    spending: Spending
    tokens_before: int
    tokens_after: int
    checks: Checks
    breaches: int
    """Calls that went where they may not; must be 0."""
    served_before: dict[str, int]
    served_after: dict[str, int]
    fallback: dict[str, float]
    """The share of the answers after the fault from each deployment but the first choice."""


class Hold(Part):
    """A hold that changed, as the router told it."""

    at_s: float
    domain: str
    cause: str
    phase: str


class Request(Part):
    """One request."""

    marker: str
    process: str
    stream: bool
    check: str | None
    at_s: float
    ended_s: float
    served_by: str | None
    hits: int
    error: str | None
    spoilt: str | None


class Scenario(Part):
    """One scenario, played."""

    id: str
    title: str
    kind: str
    subject: str
    precedent: str | None
    """The incident that it repeats."""
    notes: list[str]
    """What was assumed, and what of it cannot be played."""
    signals: list[str]
    """What the world said of it."""
    compress: float
    """Seconds of what happened in one second of the rehearsal."""
    faults: list[Fault]
    fault_at_s: float | None
    """When it stood; null in the steady state."""
    ended_s: float
    lag_s: float
    processes: list[Judged]
    """In the order of the inventory."""
    holds: list[Hold]
    requests: list[Request]


class Ledger(Part):
    """What a reader that shares no code with the router made of the drill's own ledger; `first` was forbidden first."""

    requests: int
    hops: int
    forbidden: int
    first: str | None
    unjudged: int
    undecided: int
    orphans: int


class Document(Part):
    """The report of a drill."""

    version: int
    inventory: Inventory
    software: Software
    host: Host
    began: str
    """RFC 3339."""
    took_s: float
    level: str
    seed: int
    plan: Plan | None
    passed: bool
    """Whether every process that it is about lived through everything."""
    ended: str | None
    """Why it ended before its time; null where it did not."""
    conclusion: str
    verdicts: dict[str, int]
    processes: list[Process]
    findings: list[Finding]
    deviations: list[str]
    """What went otherwise than it should, whatever the verdicts."""
    score: Score
    accuracy: Accuracy
    detections: list[Detection]
    steady_before: Steady
    steady_after: Steady
    """Where every fault ended before the scenario did."""
    compared: Compared | None
    miniature: Miniature
    machine: Machine
    unrehearsed: list[list[str]]
    """What, and why."""
    signer: str | None
    """The public key that signs the folder."""
    ledger: Ledger | None
    """Null where the drill kept none."""
    scenarios: list[Scenario]
