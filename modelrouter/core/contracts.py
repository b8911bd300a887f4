"""What was agreed with providers, and who agreed to it: the facts that registers and supervisors ask for.

None and empty mean that nobody has said. Durations are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date

__all__ = [
    "COUNTED",
    "YEAR_S",
    "Contract",
    "Credit",
    "Entity",
    "Exit",
    "ExportControls",
    "Liable",
    "Maintenance",
    "Measure",
    "Reintegration",
    "Scope",
    "ServiceLevel",
    "Substitutability",
    "Switching",
    "Termination",
    "TerminationReason",
    "Window",
]

YEAR_S = 365 * 86_400.0

Substitutability = Literal["none", "hard", "medium", "easy"]
"""How readily another could take a provider's place, in the four steps of DORA's register (B_07.01)."""
Reintegration = Literal["easy", "difficult", "complex"]
Window = Literal["month", "quarter", "year"]
"""Calendar months, quarters and years in UTC: over what a promised availability is reckoned."""
Measure = Literal["requests", "minutes", "intervals"]
"""`requests`: the share of calls that did not fail. `minutes`: the share of minutes that were not down. `intervals`: what
the mean failure rate of all intervals of the window leaves."""
Scope = Literal["contract", "region", "deployment"]
"""What a promise is about: everything under the contract together, each region, or each deployment by itself."""
Liable = Literal["provider", "customer", "shared"]
TerminationReason = Literal["expired", "breach", "impediments", "security", "authority", "other"]
"""The reasons of DORA's register (B_02.02, c0090)."""
COUNTED = ("outage", "overloaded", "timeout")
"""Causes that count against a provider where its contract names none: it said so itself, or said nothing at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """The plan for leaving a provider."""

    plan: bool | None = None
    """Whether there is one."""
    tested: date | None = None
    reintegration: Reintegration | None = None
    """How readily the work could be taken back into one's own house."""
    every_s: float = YEAR_S
    """How often it is to be tested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switching:
    """What the contract says about moving to another provider (Regulation (EU) 2023/2854, articles 23 to 31)."""

    notice_s: float | None = None
    transition_s: float | None = None
    retrieval_s: float | None = None
    """How long data can still be fetched afterwards."""
    charges: bool | None = None
    assets: tuple[str, ...] = ()
    """What may be taken along."""
    format: str | None = None
    tested: date | None = None
    every_s: float = YEAR_S
    """How often it is to be practised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """What comes back where less was delivered than this."""

    below: float
    credit: float
    """The share of the window's fee."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """Announced work: what fails then does not count, and its minutes are no minutes of the window."""

    day: str
    """A weekday in English (`sunday`: every one), or one date as YYYY-MM-DD."""
    at_s: float
    """When it begins, in seconds after midnight UTC."""
    length_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevel:
    """What is promised of availability, and how the contract counts it."""

    availability: float | None = None
    window: Window = "month"
    measured: Measure = "requests"
    interval_s: float = 300.0
    """Where failure rates of intervals are averaged: how long each is. Whole minutes that divide a day."""
    counts: tuple[str, ...] = COUNTED
    """Causes of failures that count."""
    excludes: tuple[str, ...] | None = None
    """Causes whose calls are left out altogether; None: all that do not count. Any other failed call is an answer."""
    least_requests: int = 1
    """A minute with fewer calls is not down."""
    failing: float = 1.0
    """The share of a minute's calls that must fail for it to be down."""
    consecutive: int = 1
    """So many down minutes on end, or none of them counts."""
    scope: Scope = "contract"
    deployments: tuple[str, ...] = ()
    """Those it is about; empty: all under the contract."""
    maintenance: tuple[Maintenance, ...] = ()
    credits: tuple[Credit, ...] = ()
    claim_within_s: float | None = None
    """How long after the end of a window its credits can be claimed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportControls:
    """Who answers for the lawful export of what is served, and on what ground."""

    liability: Liable | None = None
    classification: str | None = None
    """As the provider states it: an ECCN, `EAR99`, or its like elsewhere."""
    licence: str | None = None
    """The licence or exception that it rests on."""
    notice_s: float | None = None
    """How long before access ends for such a reason they must say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Termination:
    """That notice was given. The contract's `ends` is then its last day, whatever it said of renewal."""

    given: date | None = None
    reason: TerminationReason | None = None
    by: Literal["us", "provider"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What was agreed with a provider."""

    id: str
    reference: str | None = None
    """Its number in one's own register; None: `id` serves."""
    under: str | None = None
    """The contract that it is made under: that one is overarching, this one subsequent."""
    begins: date | None = None
    ends: date | None = None
    """Its last day."""
    renews_s: float | None = None
    """By how long it goes on where nobody gives notice; None: it ends."""
    notice_s: float | None = None
    """How long before its end we must say so."""
    provider_notice_s: float | None = None
    """How long before they stop they must say so."""
    termination: Termination | None = None
    """None: nobody gave notice."""
    suspension_notice_s: float | None = None
    announced: tuple[date, ...] = ()
    """When the provider gave notice of a suspension, or of an end for reasons of export control."""
    appeal: bool | None = None
    sla: ServiceLevel = ServiceLevel()
    export_controls: ExportControls = ExportControls()
    log_export: bool | None = None
    audit_rights: bool | None = None
    audited: date | None = None
    law: str | None = None
    """The country whose law governs it."""
    storage: tuple[str, ...] = ()
    """Where data rests."""
    subcontractors: tuple[str, ...] = ()
    """Upstreams and providers that the service stands on, the nearest first."""
    currency: str | None = None
    annual_cost: float | None = None
    substitutability: Substitutability | None = None
    exit: Exit = Exit()
    switching: Switching = Switching()

    @property
    def availability(self) -> float | None:
        """The share that is promised."""
        return self.sla.availability


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """The company whose inventory this is."""

    name: str
    lei: str | None = None
    """Its Legal Entity Identifier, ISO 17442."""
    country: str | None = None
    authority: str | None = None
    """Who supervises it."""
    type: str | None = None
    currency: str | None = None
