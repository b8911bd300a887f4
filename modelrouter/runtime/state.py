"""The one mutable object: holds, streaks, budgets and who is waiting.

Rules. State changes only through the public methods here, each under one lock that covers no I/O and no
foreign code. What follows from a change (moving waiting calls, telling observers,
writing the hold file) is returned as values and done by the caller, outside the lock.

Each change of a domain raises the generation. A call carries the generation at which it began; what
it reports about a domain that has changed since is history, and changes nothing.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

from modelrouter.core import health, holds
from modelrouter.core.budget import RetryBudget
from modelrouter.core.causes import PERMITS, Cause, Ending
from modelrouter.core.domains import Domain, domains_of, held_domain
from modelrouter.core.holds import Admission, Hold, Phase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelrouter.core.faults import Fault
    from modelrouter.core.inventory import Deployment, Inventory
    from modelrouter.runtime.clock import Clock

__all__ = ["Change", "Lease", "Refusal", "State", "Waiting"]


class Waiting(Protocol):
    """A call that has shown its caller nothing yet."""

    def moved(self, domain: str, cause: Cause) -> None:
        """Its domain was held for this cause; called outside the lock, from any thread."""
        ...


class Lease(NamedTuple):
    """Leave to make one call."""

    deployment: Deployment
    generation: int
    trials: tuple[Domain, ...] = ()
    """The held domains that this call tries."""
    at: float = 0.0
    """When leave was given: names this trial among others of a domain."""


class Refusal(NamedTuple):
    """Why a call may not be made now."""

    domain: Domain | None
    """None: the retry budget is spent."""
    until: float | None
    waivable: bool
    cause: str = ""


class Change(NamedTuple):
    """One domain's hold changed."""

    domain: Domain
    before: Hold | None
    after: Hold | None
    waiting: tuple[Waiting, ...] = ()
    """The calls to be moved away from it."""


@dataclass(slots=True)
class _Record:
    """What is known of one held, or lately held, domain."""

    hold: Hold | None
    generation: int


class State:
    """Holds, streaks and budgets of one router. Safe to use from several threads."""

    def __init__(self, inventory: Inventory, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        # Guarded by _lock, all of them.
        self._domains = {deployment.id: domains_of(deployment) for deployment in inventory.deployments.values()}
        self._records: dict[Domain, _Record] = {}
        self._streaks: dict[Domain, health.Streak] = {}
        self._waiting: dict[str, set[Waiting]] = {name: set() for name in inventory.deployments}
        self._budget = RetryBudget()
        self._generation = 0
        self._ended: list[Change] = []  # holds that ended by time, not yet told
        self._lapsed: dict[Domain, int] = {}  # of those, how often each had opened; until a success
        self._held = 0  # how many records hold: zero is the path of every healthy request

    def acquire(self, deployment: Deployment, *, waive: bool = False, retry: bool = False) -> Lease | Refusal:
        """Ask leave for one call; a lease must be given back by `apply` or `abandon`.

        `waive` disregards holds that were only inferred. `retry` takes one out of the retry budget.
        """
        now = self._clock.now()
        with self._lock:
            leave = self._admit(deployment, now, waive=waive) if self._held else Lease(deployment, self._generation)
            if isinstance(leave, Refusal):
                return leave
            if not retry:
                self._budget.request(now)
            elif not self._budget.retry(now):
                self._give_up(leave)
                return Refusal(None, None, waivable=False)
            return leave

    def _admit(self, deployment: Deployment, now: float, *, waive: bool) -> Lease | Refusal:
        trials: list[Domain] = []
        refusals: list[Hold] = []
        for domain in self._domains[deployment.id]:
            record = self._records.get(domain)
            if record is None or record.hold is None:
                continue
            hold = record.hold
            if holds.expired(hold, now):
                self._lapse(hold)
                continue
            answer = holds.admission(hold, now, self._clock.chance())
            if answer is Admission.NO and not (waive and hold.waivable):
                refusals.append(hold)
            elif answer is Admission.TRIAL or hold.phase is Phase.OPEN:
                trials.append(domain)
        if refusals:
            return _refusal(refusals)
        for domain in trials:
            record = self._records[domain]
            if record.hold is not None and holds.admission(record.hold, now, 1.0) is Admission.TRIAL:
                record.hold = holds.trial_begun(record.hold, now)
        return Lease(deployment, self._generation, tuple(trials), now)

    def _lapse(self, hold: Hold) -> None:
        """A hold ended by time alone: whether its domain is well again, a call will tell."""
        self._ended.append(self._set(hold.domain, None))
        if hold.phase is Phase.OPEN and not hold.by_operator:
            self._lapsed[hold.domain] = hold.times

    def wait(self, deployment: Deployment, waiting: Waiting) -> None:
        """A call is under way and has shown nothing."""
        self._waiting[deployment.id].add(waiting)  # one set operation: atomic under the interpreter's lock

    def unwait(self, deployment: Deployment, waiting: Waiting) -> None:
        """It has shown something, or is over."""
        self._waiting[deployment.id].discard(waiting)

    def abandon(self, lease: Lease) -> None:
        """The call told nothing of its domains: it was cancelled, or never made."""
        if lease.trials:
            with self._lock:
                self._give_up(lease)

    def _give_up(self, lease: Lease) -> None:
        for domain in lease.trials:
            record = self._records.get(domain)
            if record and record.hold and record.hold.phase is Phase.TRIAL and record.hold.trial_since == lease.at:
                record.hold = holds.trial_abandoned(record.hold)

    def show(self, lease: Lease) -> tuple[Lease, list[Change]]:
        """A stream showed its first content: its trials are passed, and the lease is that of the rest of it."""
        if not lease.trials:
            return lease, []
        with self._lock:
            changes = self._tried(lease, None, self._clock.now())
            return Lease(lease.deployment, self._generation), changes

    def apply(self, lease: Lease, fault: Fault | None) -> list[Change]:
        """What a call came to; answers the holds that changed.

        A success tries the held domains it was let through for, a fault may open a hold.
        """
        if fault is None and not (lease.trials or self._streaks or self._ended or self._lapsed):
            return []
        now = self._clock.now()
        with self._lock:
            changes, self._ended = self._ended, []
            changes += self._tried(lease, fault, now)
            if fault is None:
                self._calmed(lease.deployment, now)
            elif change := self._faulted(lease, fault, now):
                changes.append(change)
        return changes

    def _tried(self, lease: Lease, fault: Fault | None, now: float) -> list[Change]:
        """Settle the trials of a call. A fault elsewhere than on the tried domain leaves the trial open."""
        held = held_domain(fault.cause, fault.scope, lease.deployment) if fault else None
        changes = []
        for domain in lease.trials:
            record = self._records.get(domain)
            if record is None or record.hold is None or record.generation > lease.generation or domain == held:
                continue
            # A provider that finds fault with the request itself is there; whether an account is back, it does not say.
            there = fault is not None and held is None and record.hold.waivable
            if fault is None or there:
                changes.append(self._set(domain, holds.trial_passed(record.hold, now)))
            elif record.hold.trial_since == lease.at:
                record.hold = holds.trial_abandoned(record.hold)
        return changes

    def _calmed(self, deployment: Deployment, now: float) -> None:
        for domain in self._domains[deployment.id]:
            self._lapsed.pop(domain, None)
            streak = self._streaks.get(domain)
            if streak is None:
                continue
            after = health.succeeded(streak, now)
            if after is None:
                del self._streaks[domain]
            else:
                self._streaks[domain] = after

    def _faulted(self, lease: Lease, fault: Fault, now: float) -> Change | None:
        domain = held_domain(fault.cause, fault.scope, lease.deployment)
        opens = PERMITS[fault.cause].opens
        if domain is None or opens is None:
            return None
        record = self._records.get(domain)
        if record is not None and lease.generation < record.generation:
            return None
        streak = self._streaks[domain] = health.failed(self._streaks.get(domain, health.Streak()), now)
        before = record.hold if record else None
        returning = before is not None and before.phase is not Phase.OPEN
        stated = fault.retry_after_s is not None or (opens.ratio > 0 and fault.stated)
        if not (returning or stated or health.suffices(streak, opens, now)):
            return None
        del self._streaks[domain]
        lapsed = self._lapsed.pop(domain, 0)
        change = self._set(domain, holds.opened(before, domain, fault, now, self._clock.chance(), lapsed=lapsed))
        return change._replace(waiting=self._on(domain)) if PERMITS[fault.cause].evacuates else change

    def _on(self, domain: Domain) -> tuple[Waiting, ...]:
        return tuple(
            waiting
            for name, domains in self._domains.items()
            if domain in domains
            for waiting in self._waiting[name].copy()
        )

    def _set(self, domain: Domain, hold: Hold | None) -> Change:
        record = self._records.get(domain)
        before = record.hold if record else None
        self._generation += 1
        self._records[domain] = _Record(hold, self._generation)
        self._held += (hold is not None) - (before is not None)
        return Change(domain, before, hold)

    def place(self, holds_: Iterable[Hold]) -> list[Change]:
        """Put holds in place: an operator's, or those another process found."""
        with self._lock:
            return [self._set(hold.domain, hold) for hold in holds_]

    def lift(self, domains: Iterable[Domain]) -> list[Change]:
        """Release holds by hand, whatever opened them."""
        with self._lock:
            held = [domain for domain in domains if (record := self._records.get(domain)) and record.hold]
            for domain in held:
                self._streaks.pop(domain, None)
            return [self._set(domain, None) for domain in held]

    def prove(self, domain: Domain) -> list[Change]:
        """A free probe passed: one real call may try."""
        with self._lock:
            record = self._records.get(domain)
            if record is None or record.hold is None or record.hold.phase is not Phase.OPEN or record.hold.by_operator:
                return []
            return [self._set(domain, holds.ready(record.hold))]

    def hold_of(self, domain: Domain) -> Hold | None:
        """The hold of one domain as it was left; one that ended by time may still be among them."""
        with self._lock:
            record = self._records.get(domain)
            return record.hold if record else None

    def postpone(self, hold: Hold, until: float) -> Change | None:
        """Move the moment of its trial, as a free probe suggests; None where this very hold stands no more.

        It raises no generation: what calls under way will tell of the domain is as true as before.
        """
        with self._lock:
            record = self._records.get(hold.domain)
            if record is None or record.hold != hold or hold.phase is not Phase.OPEN or hold.by_operator:
                return None
            record.hold = replace(hold, until=until)
            return Change(hold.domain, hold, record.hold)

    def holds(self) -> tuple[Hold, ...]:
        """Every hold that stands now."""
        now = self._clock.now()
        with self._lock:
            standing = [record.hold for record in self._records.values() if record.hold]
            for hold in standing:
                if holds.expired(hold, now):
                    self._lapse(hold)
            return tuple(hold for hold in standing if not holds.expired(hold, now))

    def domains(self) -> frozenset[Domain]:
        """Every domain of the inventory."""
        return frozenset(domain for domains in self._domains.values() for domain in domains)

    def deployments_in(self, domain: Domain) -> list[str]:
        """The deployments that are lost with a domain."""
        return [name for name, domains in self._domains.items() if domain in domains]


def _refusal(held: list[Hold]) -> Refusal:
    last = max(held, key=lambda hold: (not hold.waivable, hold.until is None, hold.until or 0.0))
    cause = str(last.cause or "by an operator")
    return Refusal(last.domain, _free_at(last), waivable=all(hold.waivable for hold in held), cause=cause)


def _free_at(hold: Hold) -> float | None:
    return hold.until if hold.ending is not Ending.RELEASE and hold.phase is Phase.OPEN else None
