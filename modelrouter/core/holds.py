"""Holds: fault domains kept out of use, and how they come back.

    (none) ── opened ──▶ OPEN ── its end passes ──▶ (none)            Ending.TIME
                          │ ── its end passes ──▶ one trial           Ending.TRIAL
                          │ ── a free probe passes, or a person ──▶ one trial   Ending.RELEASE
                          ▼
             trial passed ──▶ RAMP 5 % ▶ 25 % ──▶ (none)   (without a ramp: none at once)
             trial failed ──▶ OPEN again, twice as long, up to the cause's longest

Three rules. Holds on one domain merge: the latest end and the gravest cause win. One trial is in
flight at a time. A result of a call that began before the last change of its domain changes nothing
(`runtime.state` compares generations).

All times are seconds of one monotonic clock; chance is a number in [0, 1) that the caller draws.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from modelrouter.core.causes import HOUR, PERMITS, Cause, Ending

if TYPE_CHECKING:
    from modelrouter.core.domains import Domain
    from modelrouter.core.faults import Fault

RAMP = ((0.05, 2.0), (0.25, 2.0))
"""Share of calls admitted, and for how many seconds, before all are."""
LONGEST_WAIT_S = HOUR
"""A wait that a throttle or an overload states is believed up to here; a broken header may say a year."""
LONGEST_STATED_S = 31 * 24 * HOUR
"""A reset date of a quota: a month and no more."""
TRIAL_LEASE_S = 60.0
"""A trial that has not reported after so long is given up, so that a lost one blocks nothing."""


class Phase(StrEnum):
    """Where a hold stands."""

    OPEN = "open"
    TRIAL = "trial"
    RAMP = "ramp"


class Admission(StrEnum):
    """What a hold says to one call."""

    NO = "no"
    TRIAL = "trial"
    YES = "yes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One fault domain kept out of use: since when, why, until when or until what."""

    domain: Domain
    cause: Cause | None
    """None where an operator holds the domain."""
    since: float
    until: float | None
    """When it ends by itself or becomes ready for a trial; None: not by time."""
    ending: Ending
    phase: Phase = Phase.OPEN
    times: int = 1
    """How often it opened without recovering between; doubles the length."""
    trial_since: float | None = None
    stated: bool = False
    """The provider named the end; it binds even the last permitted deployment."""
    reason: str = ""
    rule: str = ""
    beneath: Hold | None = None
    """Of an order: what was held before, and stands again when the order ends by time."""
    put_off: float | None = None
    """Its trial waits until then, whenever it is due: a free question is asked first, or was answered badly."""

    @property
    def due(self) -> float | None:
        """When it ends by itself or may be tried; None: not by time."""
        return self.until if self.until is None or self.put_off is None else max(self.until, self.put_off)

    @property
    def by_operator(self) -> bool:
        """A person opened it: no probe, no trial and no waiver touches it."""
        return self.cause is None

    @property
    def waivable(self) -> bool:
        """Inferred rather than stated: it may not keep the last permitted deployment from being tried."""
        if self.cause is None or self.phase is Phase.RAMP:
            return self.cause is not None  # a trial has shown that it serves
        opens = PERMITS[self.cause].opens
        return opens is not None and opens.waivable and not (self.stated and self.phase is Phase.OPEN)


def opened(before: Hold | None, domain: Domain, fault: Fault, now: float, chance: float, *, lapsed: int = 0) -> Hold:
    """Open a hold for a fault, merged with what is held already.

    `lapsed` is how often it opened and ended by time without a success since. Raises ValueError for a
    cause that opens no hold.
    """
    opens = PERMITS[fault.cause].opens
    if opens is None:
        raise ValueError(f"{fault.cause} opens no hold")
    times = 1 + (before.times if before and before.phase is not Phase.OPEN else lapsed)
    cap = min(opens.longest_s, opens.first_s * 2 ** (times - 1))
    if fault.retry_after_s is not None:
        length = min(fault.retry_after_s, LONGEST_WAIT_S if opens.waivable else LONGEST_STATED_S)
    elif opens.waivable:
        length = max(cap * chance, opens.first_s / 10)  # full jitter spreads the return of many routers
    else:
        length = cap
    hold = Hold(
        domain=domain,
        cause=fault.cause,
        since=before.since if before else now,
        until=now + length,
        ending=opens.ending,
        times=times,
        stated=fault.retry_after_s is not None,
        reason=fault.evidence,
        rule=fault.rule,
    )
    if before is not None and before.by_operator:
        return replace(before, beneath=merged(before.beneath, hold) if before.beneath else hold)
    return merged(before, hold) if before and before.phase is Phase.OPEN else hold


def merged(one: Hold, other: Hold) -> Hold:
    """Two holds on one domain: the gravest cause and the latest end; associative, commutative, idempotent."""
    graver = max(one, other, key=_gravity)
    return replace(
        graver,
        since=min(one.since, other.since),
        until=_later(one.until, other.until),
        times=max(one.times, other.times),
        stated=one.stated or other.stated,
        put_off=max((moment for moment in (one.put_off, other.put_off) if moment is not None), default=None),
    )


def _gravity(hold: Hold) -> tuple[float, str, bool, bool, str, str]:
    """Orders holds by gravity; what follows only breaks ties the same way everywhere."""
    gravity = float("inf") if hold.cause is None else PERMITS[hold.cause].gravity
    release, trial = hold.ending is Ending.RELEASE, hold.ending is Ending.TRIAL
    return gravity, hold.cause or "", release, trial, hold.rule, hold.reason


def _later(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else max(one, other)


def by_operator(domain: Domain, reason: str, now: float, until: float | None) -> Hold:
    """A hold that a person asks for; ends at `until`, or when somebody releases it."""
    ending = Ending.RELEASE if until is None else Ending.TIME
    return Hold(domain=domain, cause=None, since=now, until=until, ending=ending, stated=True, reason=reason)


def expired(hold: Hold, now: float) -> bool:
    """Whether it has ended by time alone."""
    if hold.phase is Phase.RAMP:
        return hold.until is not None and now >= hold.until
    return hold.phase is Phase.OPEN and hold.ending is Ending.TIME and hold.until is not None and now >= hold.until


def admission(hold: Hold, now: float, chance: float) -> Admission:
    """May a call to this domain be made now?"""
    if expired(hold, now):
        return Admission.YES
    if hold.phase is Phase.RAMP:
        return Admission.YES if chance < _share(hold, now) else Admission.NO
    if hold.phase is Phase.TRIAL:
        in_flight = hold.trial_since is not None and now - hold.trial_since < TRIAL_LEASE_S
        return Admission.NO if in_flight else Admission.TRIAL
    due = hold.ending is Ending.TRIAL and hold.due is not None and now >= hold.due
    return Admission.TRIAL if due else Admission.NO


def _share(hold: Hold, now: float) -> float:
    left = (hold.until or now) - now
    for share, seconds in reversed(RAMP):
        if left <= seconds:
            return share
        left -= seconds
    return RAMP[0][0]


def ready(hold: Hold) -> Hold:
    """Make it ready for one trial: a free probe passed."""
    return replace(hold, phase=Phase.TRIAL, trial_since=None, put_off=None)


def trial_begun(hold: Hold, now: float) -> Hold:
    """One real call is under way; nobody else may try."""
    return replace(hold, phase=Phase.TRIAL, trial_since=now, put_off=None)


def trial_abandoned(hold: Hold, begun: float) -> Hold:
    """The trial that began then told nothing of the domain, or what it told is history: the next may try.

    It may have begun before the order that stands now.
    """
    if hold.beneath is not None and hold.beneath.trial_since == begun:
        return replace(hold, beneath=trial_abandoned(hold.beneath, begun))
    return replace(hold, trial_since=None) if hold.trial_since == begun else hold


def trial_passed(hold: Hold, now: float) -> Hold | None:
    """The call succeeded: the ramp begins; None where there is none and the hold is over."""
    opens = PERMITS[hold.cause].opens if hold.cause else None
    if opens is None or not opens.ramp:
        return None
    length = sum(seconds for _, seconds in RAMP)
    return replace(hold, phase=Phase.RAMP, until=now + length, trial_since=None, stated=False, put_off=None)
