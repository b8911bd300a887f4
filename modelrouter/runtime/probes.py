"""Free probes of what is held: they say when a real call is worth a try, and never end a hold.

One task for each hold that a probe can help, for as long as it stands. The question is the
authenticated listing of models, which costs nothing. A listing is believed where it has shown that it
knows: an answer that fails puts the next trial off, as does one without a model that it has named before;
one that passes after it failed makes the hold
ready for its trial at once, unless the provider stated how long to wait. A listing that answers all
along, while the models do not, tells nothing, and trials come by time as if it had not been asked.

Routers of one inventory need not all ask: `Hold.put_off` of a hold whose listing failed is a little
after the next question of whoever asked, and reaches the others through the hold file. Where that
one falls silent, it passes, and another asks.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from modelrouter.core.causes import Ending
from modelrouter.core.checks import Told, inferred, listing_tells, pace_s
from modelrouter.core.domains import Kind, endpoint_of
from modelrouter.core.holds import Phase
from modelrouter.runtime.asking import LIMIT_S
from modelrouter.runtime.errands import Errand, ended

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from modelrouter.core.causes import Cause
    from modelrouter.core.domains import Domain
    from modelrouter.core.holds import Hold
    from modelrouter.core.inventory import Deployment
    from modelrouter.runtime.asking import Asking, Heard
    from modelrouter.runtime.clock import Clock
    from modelrouter.runtime.leases import Change
    from modelrouter.runtime.state import State

__all__ = ["Prober"]

GRACE_S = LIMIT_S + 2.0
"""From a question to the trial that comes all the same: the answer is there by then, or nobody asked."""
SAME_S = 1.0
"""Moments that differ by less are one: those of other processes are read off the wall clock."""
MOST = 4
"""Addresses and accounts of one domain that are asked at a time; a provider may have hundreds."""


@dataclass(slots=True, kw_only=True)
class _Probe(Errand):
    """What is known of one hold from asking."""

    cause: Cause
    times: int
    since: float
    due: float
    """Not to be asked before."""
    asked: int = 0
    failed: bool = False
    """It has failed in the time of this hold: what passes now is news."""
    put_off: float | None = None
    """Until when the last answer, or the wait for the first one, put its trial off."""

    def concerns(self, hold: Hold) -> bool:
        """Is it the hold that was asked about, and not one that opened again since?"""
        return (hold.cause, hold.times) == (self.cause, self.times) and abs(hold.since - self.since) < SAME_S

    def moved(self, hold: Hold) -> bool:
        """Is it this probe that put its trial off, and nobody since?"""
        return None not in (hold.put_off, self.put_off) and abs((hold.put_off or 0.0) - (self.put_off or 0.0)) < SAME_S


class Prober:
    """Probes the holds of one router, on whichever event loop serves its requests. Safe to use from threads.

    `publish` is told of holds that became ready for a trial, `share` of those whose trial was put off: that
    is news for other processes and for nobody else.
    """

    def __init__(
        self,
        state: State,
        asking: Asking,
        clock: Clock,
        publish: Callable[[Sequence[Change]], None],
        share: Callable[[Sequence[Change]], None],
    ) -> None:
        self._state = state
        self._asking = asking
        self._clock = clock
        self._publish = publish
        self._share = share
        self._lock = threading.Lock()
        self._probes: dict[Domain, _Probe] = {}  # guarded by _lock

    def attend(self, holds: Sequence[Hold]) -> None:
        """See that these holds, and those of earlier calls that still stand, are probed.

        Where no event loop runs they are remembered, and probed from the next call on a loop. Costs
        next to nothing while no hold needs a probe: call it with every request.
        """
        if not holds and not self._probes:
            return
        with self._lock:
            for hold in holds:
                self._remember(hold)
            idle = [domain for domain, probe in self._probes.items() if not probe.alive()]
            if not idle:
                return
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                return
            for domain in idle:
                self._take_up(domain, loop)

    def _remember(self, hold: Hold) -> None:
        cause = _helped(hold)
        known = self._probes.get(hold.domain)
        if cause is None or (known is not None and known.concerns(hold)):
            return
        if known is not None:
            known.give_up()
        self._probes[hold.domain] = self._planned(hold, cause)

    def _planned(self, hold: Hold, cause: Cause) -> _Probe:
        """When it is asked about first; a trial that time alone would give before has to wait for the answer."""
        now = self._clock.now()
        asked_by_others = (hold.due or now) - GRACE_S
        if hold.ending is Ending.RELEASE:
            due = now + pace_s(cause, 1, 0.0)
        elif asked_by_others <= now:
            due = now
        else:  # somebody asks already, or its trial is far: a little later than whoever is at it
            chance = self._clock.chance()
            due = min(asked_by_others + 1 + chance, now + pace_s(cause, 1, chance))
        return _Probe(cause=cause, times=hold.times, since=hold.since, due=due)

    def _take_up(self, domain: Domain, loop: asyncio.AbstractEventLoop) -> None:
        probe = self._probes.pop(domain)
        probe.give_up()
        hold = self._state.hold_of(domain)
        cause = _helped(hold) if hold is not None else None
        if hold is None or cause is None:
            return
        if not probe.concerns(hold):
            probe = self._planned(hold, cause)
        self._probes[domain] = probe
        now = self._clock.now()
        if hold.ending is Ending.TRIAL and probe.due <= now < (hold.due or now) < now + GRACE_S:
            self._put_off(probe, hold, now + GRACE_S)
        probe.begin(loop, self._attend(domain, probe))

    def _put_off(self, probe: _Probe, hold: Hold, until: float) -> Change | None:
        change = self._state.postpone(hold, until)
        if change is not None:
            probe.put_off = until
        return change

    def _restore(self, probe: _Probe, hold: Hold) -> Change | None:
        """Let its trial come when it would have come; unless somebody else has moved it meanwhile."""
        return self._state.postpone(hold, None) if hold.put_off is not None and probe.moved(hold) else None

    async def _attend(self, domain: Domain, probe: _Probe) -> None:
        while True:
            await asyncio.sleep(max(0.0, probe.due - self._clock.now()))
            hold = self._standing(domain, probe)
            if hold is None:
                return self._done(domain, probe)
            if (later := self._asked_elsewhere(probe, hold)) is not None:
                probe.due = later
                continue
            probe.asked += 1
            # Before the question: however short-lived the loops are, nobody is asked more often than so.
            probe.due = self._clock.now() + pace_s(probe.cause, probe.asked, self._clock.chance())
            told = await self._ask(domain, probe)
            await self._asking.save()
            hold = self._standing(domain, probe)
            if hold is None or self._told(probe, hold, told):
                return self._done(domain, probe)

    def _standing(self, domain: Domain, probe: _Probe) -> Hold | None:
        hold = self._state.hold_of(domain)
        return hold if hold is not None and _helped(hold) is not None and probe.concerns(hold) else None

    def _asked_elsewhere(self, probe: _Probe, hold: Hold) -> float | None:
        """When to ask, where another router put its trial off since our last answer."""
        now = self._clock.now()
        if hold.ending is not Ending.TRIAL or hold.put_off is None or probe.moved(hold):
            return None
        theirs = hold.put_off - GRACE_S
        near = now < theirs <= now + pace_s(probe.cause, max(1, probe.asked), 1.0) + 1
        return theirs + 1 + self._clock.chance() if near else None

    def _told(self, probe: _Probe, hold: Hold, told: Told) -> bool:
        """Draw the conclusions; True where it is ready for its trial."""
        if told is Told.PASSED and (probe.failed or hold.ending is Ending.RELEASE):
            if not hold.stated or (hold.until or 0.0) <= self._clock.now():
                if changes := self._state.prove(hold.domain):
                    self._publish(changes)
                return True
            self._shared(self._restore(probe, hold))
        elif hold.ending is Ending.TRIAL and told is Told.FAILED:
            probe.failed = True
            self._shared(self._put_off(probe, hold, probe.due + GRACE_S))
        elif hold.ending is Ending.TRIAL and (told is not Told.NOTHING or not probe.failed):
            probe.failed = probe.failed or told is Told.ABSENT
            self._shared(self._restore(probe, hold))
        return False

    def _shared(self, change: Change | None) -> None:
        if change is not None:
            self._share([change])

    def _done(self, domain: Domain, probe: _Probe) -> None:
        with self._lock:
            if self._probes.get(domain) is probe:
                del self._probes[domain]

    async def _ask(self, domain: Domain, probe: _Probe) -> Told:
        """Ask the addresses and accounts of a domain in turn, until one passes."""
        answers: list[Told] = []
        for group in self._groups(domain, (probe.asked - 1) * MOST):
            heard = await self._listed(domain.kind, probe.cause, group)
            for deployment in group:
                self._asking.note(deployment.id, heard, probe.due - self._clock.now())
            told = heard.answer.told
            if told is Told.PASSED:
                return told
            if told is Told.ABSENT and any(map(self._asking.named, group)):
                told = Told.FAILED  # it named the model before: it knows
            answers += [] if heard.unasked else [told]
            if len(answers) >= MOST:
                break
        return max(answers, key=_WEIGHT.index, default=Told.NOTHING)

    def _groups(self, domain: Domain, first: int) -> list[list[Deployment]]:
        """The deployments of a domain, those together that one listing speaks for; from the `first` on, round and round."""
        groups: dict[object, list[Deployment]] = {}
        for deployment in self._state.posts.within(domain):
            account = deployment.account and deployment.account.name
            groups.setdefault((deployment.wire, endpoint_of(deployment), account), []).append(deployment)
        found = list(groups.values())
        first = first % len(found) if found else 0
        return found[first:] + found[:first]

    async def _listed(self, kind: Kind, cause: Cause, group: list[Deployment]) -> Heard:
        one = group[0]
        if not inferred(cause):
            self._asking.forget(one)  # the key may have been replaced, which is what such a hold waits for
        read = partial(listing_tells, cause, kind, [deployment.name for deployment in group])
        heard = await self._asking.ask(one, self._asking.clients[one.wire].listing, read)
        if heard.unasked and kind is Kind.KEY:  # the key may have changed, so one call may try
            return heard._replace(answer=heard.answer._replace(told=Told.PASSED))
        return heard

    async def aclose(self) -> None:
        """Stop probing on the running loop."""
        with self._lock:
            probes = list(self._probes.values())
        await ended(probes)


_WEIGHT = (Told.FAILED, Told.ABSENT, Told.NOTHING)
"""Of several answers the last of these counts: an account that could not be asked may be the one that is back."""


def _helped(hold: Hold) -> Cause | None:
    """The cause, where a probe can help: holds that end by time, and those of a person, it cannot."""
    return hold.cause if hold.phase is Phase.OPEN and hold.ending is not Ending.TIME else None
