"""The one mutable object: holds, streaks, budgets, loads and who is waiting.

Rules. State changes only through the public methods here, each under one lock that covers no I/O and no
foreign code. What follows from a change (moving waiting calls, telling observers,
writing the hold file) is returned as values and done by the caller, outside the lock.

Each change of a domain raises the generation. A call carries the generation at which it began; what
it reports about a domain that has changed since is history, and changes nothing.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from modelrouter.core import health, holds
from modelrouter.core.budget import Budget
from modelrouter.core.causes import PERMITS
from modelrouter.core.correlation import WIDE, as_one, beneath, further_up, spreading
from modelrouter.core.domains import Domain, held_domain
from modelrouter.core.holds import Admission, Hold, Phase
from modelrouter.runtime.leases import CLAIM_S, FULL, PLAIN, Change, Lease, Record, Refusal, learn, refusal_of
from modelrouter.runtime.posts import Posts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from modelrouter.core.faults import Fault
    from modelrouter.core.inventory import Deployment, Inventory
    from modelrouter.core.load import Place, Want
    from modelrouter.runtime.clock import Clock
    from modelrouter.runtime.leases import Terms, Waiting
    from modelrouter.runtime.posts import Post

__all__ = ["State"]


class State:
    """Holds, streaks and budgets of one router. Safe to use from several threads."""

    def __init__(self, inventory: Inventory, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.posts = Posts(inventory)
        """For others to read."""
        # Guarded by _lock, all of them.
        self._records: dict[Domain, Record] = {}
        self._streaks: dict[Domain, health.Streak] = {}
        self._budget = Budget()
        self._generation = 0
        self._ended: list[Change] = []  # holds that ended by time, not yet told
        self._lapsed: dict[Domain, int] = {}  # of those, how often each had opened; until a success
        self.claim: Callable[[Sequence[Domain]], None] | None = None
        """Asks, outside the lock, for leave to try domains; set by whoever shares them among processes."""
        self._granted: dict[Domain, float] = {}  # until when this process may try it
        self._wanted: list[Domain] = []  # trials to be claimed
        self._held = 0  # how many records hold: zero is the path of every healthy request

    def acquire(self, deployment: Deployment, terms: Terms = PLAIN) -> Lease | Refusal:
        """Ask leave for one call; a lease must be given back by `apply` or `abandon`."""
        leave = self._leave_for(deployment, terms)
        if self._wanted and self.claim is not None:
            wanted, self._wanted = self._wanted, []
            self.claim(wanted)
        return leave

    def _leave_for(self, deployment: Deployment, terms: Terms) -> Lease | Refusal:
        now = self._clock.now()
        post = self.posts.of(deployment)
        load = post.load
        with self._lock:
            trials = self._admit(post, now, waive=terms.waive) if self._held else ()
            if isinstance(trials, Refusal):
                return trials
            racing = bool(trials) and self._races(trials)
            lease = Lease(deployment, self._generation, trials, now, load, terms.streamed, racing)
            if (terms.retry or terms.hedge) and not (
                self._budget.retry(now, held=bool(trials)) if terms.retry else self._budget.hedge(now)
            ):
                self._give_up(lease)
                return Refusal(None, None, waivable=False)
            if (wait := load.admit(terms.want, now, terms.place)) > 0.0:
                self._give_up(lease)
                return Refusal(post.domains[0], now + wait, waivable=False, cause=FULL)
            if not (terms.retry or terms.hedge):
                self._budget.request(now)
            head = load.head if terms.place is not None else None
        if head is not None:
            head()
        return lease

    def _admit(self, post: Post, now: float, *, waive: bool) -> tuple[Domain, ...] | Refusal:
        trials: list[Domain] = []
        refusals: list[Hold] = []
        for domain in post.domains:
            record = self._records.get(domain)
            hold = self._unless_over(record.hold, now) if record and record.hold else None
            if hold is None:
                continue
            answer = holds.admission(hold, now, self._clock.chance())
            if answer is Admission.TRIAL and self.claim is not None and self._granted.get(domain, now) <= now:
                self._wanted.append(domain)
                answer = Admission.NO
            if answer is Admission.NO and not (waive and hold.waivable):
                refusals.append(hold)
            elif answer is Admission.TRIAL or hold.phase is Phase.OPEN:
                trials.append(domain)
        if refusals:
            others = [hold for hold in refusals if hold.domain not in self._wanted]
            return refusal_of(others, now) if others else refusal_of(refusals, now)._replace(until=now + CLAIM_S)
        for domain in trials:
            record = self._records[domain]
            if record.hold is not None and holds.admission(record.hold, now, 1.0) is Admission.TRIAL:
                record.hold = holds.trial_begun(record.hold, now)
        return tuple(trials)

    def enter(self, deployment: Deployment, want: Want, call: Callable[[], None]) -> Place:
        """Take a place among those who wait for a deployment that carries all it can.

        `call` is called outside the lock, from any thread, when it is the first place's turn to ask again.
        """
        with self._lock:
            return self.posts.of(deployment).load.enter(want, call)

    def quit(self, deployment: Deployment, place: Place) -> None:
        """Leave it; leaving twice is once."""
        load = self.posts.of(deployment).load
        with self._lock:
            load.quit(place)
            head = load.head
        if head is not None:
            head()

    def _unless_over(self, hold: Hold, now: float) -> Hold | None:
        """The hold, or what stands beneath it where its time has passed."""
        if not holds.expired(hold, now):
            return hold
        self._lapse(hold)
        return hold.beneath and self._unless_over(hold.beneath, now)

    def ended(self) -> list[Change]:
        """What ended by time alone and was not told yet; ask often."""
        if not self._ended:
            return []
        with self._lock:
            ended, self._ended = self._ended, []
        return ended

    def _races(self, trials: tuple[Domain, ...]) -> bool:
        held = [record.hold for domain in trials if (record := self._records.get(domain))]
        return any(hold.cause is not None and PERMITS[hold.cause].races for hold in held if hold)

    def _lapse(self, hold: Hold) -> None:
        """A hold ended by time alone: whether its domain is well again, a call will tell."""
        self._ended.append(self._set(hold.domain, hold.beneath))
        if hold.phase is Phase.OPEN and not hold.by_operator:
            self._lapsed[hold.domain] = hold.times

    def wait(self, deployment: Deployment, waiting: Waiting) -> None:
        """A call is under way and has shown nothing."""
        self.posts.of(deployment).waiting[waiting] = None  # one operation: atomic under the interpreter's lock

    def unwait(self, deployment: Deployment, waiting: Waiting) -> None:
        """It has shown something, or is over."""
        self.posts.of(deployment).waiting.pop(waiting, None)

    def outrun(self, lease: Lease) -> None:
        """A hedge was faster, or the call beside it: so long it has been silent, which is more than nothing to know."""
        load, silent_s = lease.load, self._clock.now() - lease.at
        with self._lock:
            (load.first_token if lease.streamed else load.whole).silent(silent_s)

    def abandon(self, lease: Lease) -> None:
        """The call told nothing of its domains: it was cancelled, or never made."""
        with self._lock:
            lease.load.leave(None)
            self._give_up(lease)
            head = lease.load.head
        if head is not None:
            head()

    def _give_up(self, lease: Lease) -> None:
        for domain in lease.trials:
            record = self._records.get(domain)
            if record and record.hold:
                record.hold = holds.trial_abandoned(record.hold, lease.at)

    def show(self, lease: Lease) -> tuple[Lease, list[Change]]:
        """A stream showed its first content: its trials are passed, and the lease is that of the rest of it."""
        now = self._clock.now()
        with self._lock:
            lease.load.showed(now - lease.at, now)
            changes = self._tried(lease, None, now) if lease.trials else []
            rest = Lease(lease.deployment, self._generation, (), lease.at, lease.load, streamed=True, shown=True)
            return rest, changes

    def apply(
        self, lease: Lease, fault: Fault | None, *, outlasted: bool = False, pause_s: float | None = None
    ) -> list[Change]:
        """What a call came to; answers the holds that changed.

        A success tries the held domains it was let through for, a fault may open a hold. `outlasted` tells that
        the call was given up because it said nothing, `pause_s` the longest pause of a stream.
        """
        now = self._clock.now()
        with self._lock:
            load = lease.load
            adapting = load.refusals.limit is not None
            hung = outlasted and load.showed_at < lease.at  # it answered nobody since this call began
            learn(lease, fault, now, outlasted=outlasted, pause_s=pause_s)
            head = load.head
            changes: list[Change] = []
            if fault is not None or lease.trials or self._streaks or self._ended or self._lapsed:
                changes, self._ended = self._ended, []
                changes += self._tried(lease, fault, now)
                if fault is None:
                    self._calmed(lease.deployment, now)
                else:
                    changes += self._faulted(lease, fault, now, adapting=adapting, hung=hung)
        if head is not None:
            head()
        return changes

    def _tried(self, lease: Lease, fault: Fault | None, now: float) -> list[Change]:
        """Settle the trials of a call. A fault elsewhere than on the tried domain leaves the trial open."""
        held = held_domain(fault.cause, fault.scope, lease.deployment) if fault else None
        changes = []
        for domain in lease.trials:
            record = self._records.get(domain)
            if record is None or record.hold is None:
                continue
            if record.generation > lease.generation:
                record.hold = holds.trial_abandoned(record.hold, lease.at)
                continue
            if domain == held:
                continue
            # A provider that finds fault with the request itself is there; whether an account is back, it does not say.
            there = fault is not None and held is None and record.hold.waivable
            if fault is None or there:
                changes.append(self._set(domain, holds.trial_passed(record.hold, now)))
            elif domain.kind in WIDE and spreading(fault):
                again = holds.opened(record.hold, domain, as_one(domain, fault), now, self._clock.chance())
                changes.append(self._set(domain, again))
            else:
                record.hold = holds.trial_abandoned(record.hold, lease.at)
        return changes

    def _calmed(self, deployment: Deployment, now: float) -> None:
        for domain in self.posts.of(deployment).domains:
            self._lapsed.pop(domain, None)
            streak = self._streaks.get(domain)
            if streak is None:
                continue
            after = health.succeeded(streak, now)
            if after is None:
                del self._streaks[domain]
            else:
                self._streaks[domain] = after

    def _faulted(self, lease: Lease, fault: Fault, now: float, *, adapting: bool, hung: bool) -> list[Change]:
        domain = held_domain(fault.cause, fault.scope, lease.deployment)
        opens = PERMITS[fault.cause].opens
        if domain is None or opens is None or domain not in self.posts.domains:  # a reload may have taken it away
            return []
        record = self._records.get(domain)
        if record is not None and lease.generation < record.generation:
            return []
        streak = self._streaks[domain] = health.failed(self._streaks.get(domain, health.Streak()), now)
        before = record.hold if record else None
        if not (hung or health.proves(fault, before, adapting=adapting) or health.suffices(streak, opens, now)):
            return []
        del self._streaks[domain]
        return self._open(domain, lease.deployment, fault, now)

    def found(self, deployment: Deployment, fault: Fault) -> list[Change]:
        """A check found a fault as often as its cause wants: of what is held already, calls and probes know more."""
        now = self._clock.now()
        domain = held_domain(fault.cause, fault.scope, deployment)
        with self._lock:
            if domain is None or domain not in self.posts.domains:
                return []
            record = self._records.get(domain)
            held = record and record.hold and self._unless_over(record.hold, now)
            return [] if held else self._open(domain, deployment, fault, now)

    def _open(self, domain: Domain, deployment: Deployment, fault: Fault, now: float) -> list[Change]:
        """Hold a domain for a fault, move those who wait for it where the cause permits, and look further up."""
        record = self._records.get(domain)
        before, lapsed = record.hold if record else None, self._lapsed.pop(domain, 0)
        change = self._set(domain, holds.opened(before, domain, fault, now, self._clock.chance(), lapsed=lapsed))
        return [self.posts.moving(change), *self._widened(deployment, fault, now)]

    def _widened(self, deployment: Deployment, fault: Fault, now: float) -> list[Change]:
        """Where most of a provider's or an upstream's deployments fail, hold that as one instead."""
        if not (spreading(fault) and self.posts.present(deployment)):
            return []
        deployments = self.posts.deployments()
        held = {domain: record.hold for domain, record in self._records.items() if record.hold}
        domain = further_up(deployment, deployments, held)
        if domain is None or domain in held:
            return []
        part = beneath(domain, deployments, held)
        changes = [self._set(each, None) for each in part]
        times = max((held[each].times for each in part), default=1) - 1
        together = as_one(domain, fault)
        hold = holds.opened(None, domain, together, now, self._clock.chance(), lapsed=times)
        return [*changes, self.posts.moving(self._set(domain, hold))]

    def _set(self, domain: Domain, hold: Hold | None) -> Change:
        record = self._records.get(domain)
        before = record.hold if record else None
        self._generation += 1
        self._records[domain] = Record(hold, self._generation)
        self._held += (hold is not None) - (before is not None)
        if hold is None or hold.phase is not Phase.TRIAL:
            self._granted.pop(domain, None)
        return Change(domain, self._untold(domain, before) if self._ended else before, hold)

    def _untold(self, domain: Domain, before: Hold | None) -> Hold | None:
        """What was told of a domain last: an end that nobody heard of is part of what follows it, never told after it."""
        for change in self._ended:
            if change.domain == domain:
                self._ended.remove(change)
                return change.before
        return before

    def place(self, holds_: Iterable[Hold]) -> list[Change]:
        """Put holds in place: an operator's, or those another process found."""
        with self._lock:
            return [self.posts.moving(self._set(hold.domain, self._over(hold)), again=False) for hold in holds_]

    def _over(self, hold: Hold) -> Hold:
        """An order stands over what was held already, which stands again when the order ends."""
        record = self._records.get(hold.domain)
        if not hold.by_operator or hold.beneath is not None or record is None or record.hold is None:
            return hold
        return replace(hold, beneath=record.hold.beneath if record.hold.by_operator else record.hold)

    def lift(self, domains: Iterable[Domain]) -> list[Change]:
        """Release holds by hand, whatever opened them, and what stands beneath an order with it."""
        with self._lock:
            held = [domain for domain in domains if (record := self._records.get(domain)) and record.hold]
            for domain in held:
                self._streaks.pop(domain, None)
            return [self._set(domain, None) for domain in held]

    def grant(self, domains: Iterable[Domain]) -> None:
        """This process, and no other, may try these domains next."""
        until = self._clock.now() + holds.TRIAL_LEASE_S
        with self._lock:
            self._granted.update(dict.fromkeys(domains, until))

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

    def postpone(self, hold: Hold, until: float | None) -> Change | None:
        """Put its trial off, as a free probe suggests, or no longer; None where this very hold stands no more.

        It raises no generation: what calls under way will tell of the domain is as true as before.
        """
        with self._lock:
            record = self._records.get(hold.domain)
            if record is None or record.hold != hold or hold.phase is not Phase.OPEN or hold.by_operator:
                return None
            record.hold = replace(hold, put_off=until)
            return Change(hold.domain, hold, record.hold)

    def holds(self) -> tuple[Hold, ...]:
        """Every hold that stands now."""
        now = self._clock.now()
        with self._lock:
            held = [record.hold for record in self._records.values() if record.hold]
            return tuple(hold for each in held if (hold := self._unless_over(each, now)))

    def reload(self, inventory: Inventory) -> list[Change]:
        """Go over to another inventory; answers the holds that ended. Leases stay good: what they tell may be history."""
        with self._lock:
            replaced = self.posts.replace(inventory)
            held = {domain: record.hold for domain, record in self._records.items() if record.hold}
            over = [domain for domain in replaced.touched if domain not in held or replaced.ends(held[domain])]
            for domain in over:
                self._streaks.pop(domain, None)
                self._lapsed.pop(domain, None)
            changes = [self._set(domain, None) for domain in over]
        for call in replaced.calls:
            call()
        return [change for change in changes if change.before]
