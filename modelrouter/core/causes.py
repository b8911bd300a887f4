"""Cause and scope of a fault, and the one table of what each cause permits.

Everything the router does about a failure is read off `PERMITS`: which domain is held and for how
long, how the hold ends, whether waiting requests are moved, and whether the same deployment or the
next one may be asked. Code elsewhere asks the table and never the name of a cause.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MINUTE = 60.0
HOUR = 3600.0


class Scope(StrEnum):
    """How far a fault reaches, in the provider's words."""

    REQUEST = "request"
    KEY = "key"
    ACCOUNT = "account"
    MODEL = "model"
    DEPLOYMENT = "deployment"
    PROVIDER = "provider"
    JURISDICTION = "jurisdiction"


class Cause(StrEnum):
    """Why a call failed."""

    THROTTLED = "throttled"
    QUOTA_EXHAUSTED = "quota_exhausted"
    SUSPENDED = "suspended"
    GEOFENCED = "geofenced"
    EXPORT_CONTROLLED = "export_controlled"
    AUTH = "auth"
    PERMISSION = "permission"
    MODEL_UNAVAILABLE = "model_unavailable"
    OVERLOADED = "overloaded"
    OUTAGE = "outage"
    TIMEOUT = "timeout"
    NETWORK = "network"
    CONTENT_BLOCKED = "content_blocked"
    CONTEXT_OVERFLOW = "context_overflow"
    REQUEST_TOO_LARGE = "request_too_large"
    BAD_REQUEST = "bad_request"
    UNSUPPORTED_FEATURE = "unsupported_feature"
    CANCELLED = "cancelled"


class Again(StrEnum):
    """May the same deployment be asked again for the same request?"""

    NO = "no"
    BUDGETED = "once, within the retry budget"
    LAST_RESORT = "after the stated wait, if it fits the deadline and no other deployment can"


class Next(StrEnum):
    """May the next deployment of the route be asked?"""

    NO = "no"
    YES = "yes"
    IF_PROCESS_SAYS = "only if the process says so"
    IF_LARGER = "only to a larger one"
    IF_CAPABLE = "only to one that can"


class Ending(StrEnum):
    """How a hold ends."""

    TIME = "time"
    """At its end, without a question."""
    TRIAL = "trial"
    """At its end one real request is let through; its outcome decides."""
    RELEASE = "release"
    """A person releases it, or a free probe makes it ready for one trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opens:
    """The hold that a cause opens, once its evidence suffices. Seconds."""

    first_s: float
    longest_s: float
    ending: Ending
    after: int = 1
    """So many failures of the domain: without a success between them, or, where there is a `ratio`, within 10 s."""
    ratio: float = 0.0
    """The share of the calls since the first failure, of 10 s at most, that must have failed as well; 0 does not ask."""
    ramp: bool = False
    """After a good trial, traffic returns in steps."""
    waivable: bool = False
    """Inferred rather than stated: never keeps the last permitted deployment from being tried."""
    spreads: bool = False
    """Where most of a provider's or an upstream's deployments are held so, the provider or the upstream is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permits:
    """What a cause permits."""

    gravity: int
    """Merging holds keeps the gravest cause; higher is graver."""
    opens: Opens | None
    evacuates: bool = False
    races: bool = False
    """The evacuated call goes on until the new one shows content."""
    again: Again = Again.NO
    next: Next = Next.YES
    crowded: bool = False
    """Too many calls at a time brought it about; where the provider says so, one answer is enough to hold."""


PERMITS: Mapping[Cause, Permits] = MappingProxyType(
    {
        Cause.EXPORT_CONTROLLED: Permits(
            gravity=9, opens=Opens(first_s=10 * MINUTE, longest_s=10 * MINUTE, ending=Ending.RELEASE, ramp=True)
        ),
        Cause.SUSPENDED: Permits(
            gravity=8, opens=Opens(first_s=5 * MINUTE, longest_s=HOUR, ending=Ending.RELEASE, ramp=True)
        ),
        Cause.GEOFENCED: Permits(
            gravity=7, opens=Opens(first_s=15 * MINUTE, longest_s=6 * HOUR, ending=Ending.TRIAL, ramp=True)
        ),
        Cause.AUTH: Permits(gravity=6, opens=Opens(first_s=MINUTE, longest_s=MINUTE, ending=Ending.RELEASE)),
        Cause.QUOTA_EXHAUSTED: Permits(gravity=5, opens=Opens(first_s=5 * MINUTE, longest_s=HOUR, ending=Ending.TRIAL)),
        Cause.MODEL_UNAVAILABLE: Permits(
            gravity=4, opens=Opens(first_s=10 * MINUTE, longest_s=24 * HOUR, ending=Ending.TRIAL)
        ),
        Cause.PERMISSION: Permits(
            gravity=4, opens=Opens(first_s=10 * MINUTE, longest_s=10 * MINUTE, ending=Ending.TRIAL)
        ),
        Cause.TIMEOUT: Permits(
            gravity=3,
            opens=Opens(
                first_s=1.0, longest_s=MINUTE, ending=Ending.TRIAL, after=2, ramp=True, waivable=True, spreads=True
            ),
            evacuates=True,
            races=True,
        ),
        Cause.OUTAGE: Permits(
            gravity=3,
            opens=Opens(
                first_s=1.0, longest_s=MINUTE, ending=Ending.TRIAL, after=3, ramp=True, waivable=True, spreads=True
            ),
            evacuates=True,
            again=Again.BUDGETED,
        ),
        Cause.NETWORK: Permits(
            gravity=3,
            opens=Opens(
                first_s=1.0, longest_s=MINUTE, ending=Ending.TRIAL, after=3, ramp=True, waivable=True, spreads=True
            ),
            evacuates=True,
            again=Again.BUDGETED,
        ),
        Cause.OVERLOADED: Permits(
            gravity=2,
            opens=Opens(
                first_s=1.0, longest_s=MINUTE, ending=Ending.TRIAL, after=5, ratio=0.5, ramp=True, waivable=True
            ),
            again=Again.BUDGETED,
            crowded=True,
        ),
        Cause.THROTTLED: Permits(
            gravity=1,
            opens=Opens(first_s=1.0, longest_s=MINUTE, ending=Ending.TIME, waivable=True),
            again=Again.LAST_RESORT,
        ),
        Cause.CONTENT_BLOCKED: Permits(gravity=0, opens=None, next=Next.IF_PROCESS_SAYS),
        Cause.CONTEXT_OVERFLOW: Permits(gravity=0, opens=None, next=Next.IF_LARGER),
        Cause.REQUEST_TOO_LARGE: Permits(gravity=0, opens=None, next=Next.IF_LARGER),
        Cause.UNSUPPORTED_FEATURE: Permits(gravity=0, opens=None, next=Next.IF_CAPABLE),
        Cause.BAD_REQUEST: Permits(gravity=0, opens=None, next=Next.NO),
        Cause.CANCELLED: Permits(gravity=0, opens=None, next=Next.NO),
    }
)
