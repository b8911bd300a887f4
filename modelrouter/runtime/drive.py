"""The one driver: it makes calls as the machine of a request commands, and tells it what came of them.

Each call is a task of its own, so that a silent one can race on while another is asked. Whatever
happens (a result, silence, a move, a wake-up) becomes a fact in one queue; the machine answers each
with the next command.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, assert_never

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.decision import Attempt, Decision
from modelrouter.core.faults import Fault
from modelrouter.core.request import (
    Begun,
    Call,
    Deliver,
    Failed,
    Freed,
    GiveUp,
    Moved,
    OverBudget,
    Refused,
    Request,
    Unable,
    Wait,
    Woke,
)
from modelrouter.runtime.calls import Failure, Shown
from modelrouter.runtime.leases import FULL, Refusal, Terms
from modelrouter.runtime.underway import Underway

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from modelrouter.core.candidates import Candidates
    from modelrouter.core.decision import Outcome
    from modelrouter.core.inventory import Deployment
    from modelrouter.core.load import Place, Want
    from modelrouter.core.request import Command, Fact
    from modelrouter.runtime.calls import Ask, Caller
    from modelrouter.runtime.clock import Clock
    from modelrouter.runtime.leases import Change, Lease
    from modelrouter.runtime.state import State

__all__ = ["Driver", "Served", "UnservedError"]


LEFT = Fault(
    cause=Cause.CANCELLED,
    scope=Scope.REQUEST,
    rule="runtime.left",
    evidence="it was under way when nobody waited for it any more",
)
"""Of a call that was given up without a verdict."""


class Served(NamedTuple):
    """The answer, and how it came about."""

    shown: Shown
    decision: Decision
    lease: Lease
    place: int
    """In the route: of who answered."""
    run: Run
    """Goes on where a stream breaks off."""


class UnservedError(Exception):
    """No deployment answered; `failure` is what the last one said."""

    def __init__(self, decision: Decision, failure: Failure | None, *, deadline: bool) -> None:
        self.decision = decision
        self.failure = failure
        self.deadline = deadline
        super().__init__(str(decision))


@dataclass(frozen=True, slots=True)
class Driver:
    """What every request of one router shares."""

    state: State
    caller: Caller
    clock: Clock
    publish: Callable[[Sequence[Change]], None]
    """Told of holds that changed, outside the lock."""
    trials: set[Underway] = field(default_factory=set)
    """Calls that go on for their verdict after another has answered."""

    def begin(self, ask: Ask, candidates: Candidates, request: Request, want: Want, id_: str) -> Run:
        """One request, which `drive` then serves."""
        return Run(self, ask, candidates, request, want, id_)

    def close(self) -> None:
        """Let go of the trials that go on on the running loop."""
        loop = asyncio.get_running_loop()
        for call in [call for call in self.trials if call.run.loop is loop]:
            self.trials.discard(call)
            call.drop()


class Run:
    """One request under way."""

    def __init__(
        self, driver: Driver, ask: Ask, candidates: Candidates, request: Request, want: Want, id_: str
    ) -> None:
        self.driver = driver
        self.ask = ask
        self.candidates = candidates
        self.request = request
        self.want = want
        self.id = id_
        self.loop = asyncio.get_running_loop()
        self.begun_at = driver.clock.now()
        self.span = request.deadline - self.begun_at
        self.calls: dict[int, Underway] = {}
        self.results: dict[int, tuple[Underway, Shown]] = {}
        self.trail: list[Attempt] = []
        self.failure: Failure | None = None
        self.full: dict[int, float] = {}
        """By place in the route: when a deployment that carried all it could may have room."""
        self.patient_until = self.begun_at
        """It waits for room no longer than this, so that time is left for the call."""
        self.places: dict[int, Place] = {}
        self.facts: deque[Fact] = deque()
        self.wake: asyncio.Future[None] | None = None
        self.crash: BaseException | None = None

    def drive(self) -> Coroutine[Any, Any, Served]:
        """Serve it; raises UnservedError. A cancelled caller cancels its calls."""
        return self.run(Begun())

    def given_up(self) -> Decision:
        """What was done for a caller who went away, or met a mistake of ours: calls that were under way are in the trail."""
        return self._decision("interrupted", None)

    async def resume(self, index: int, fault: Fault, ask: Ask) -> Served:
        """Go on after the stream of the `index`-th broke off for a fault; raises UnservedError.

        The ladder goes on where it stood, with as much time to the first content as the request had.
        """
        self.failure = None
        self.ask = ask
        self.facts.clear()
        self.full.clear()
        self.request.reopen(index, self.driver.clock.now() + self.span)
        return await self.run(Failed(index, fault))

    def broke_off(self, served: Served, fault: Fault) -> Decision:
        """Note in the trail that a stream broke off after its first content."""
        name = served.lease.deployment.id
        last = max(at for at, each in enumerate(self.trail) if each.deployment == name and each.status is not None)
        self.trail[last] = self.trail[last]._replace(fault=fault, cut=True)
        return replace(served.decision, trail=tuple(self.trail))

    async def run(self, fact: Fact) -> Served:
        command: Command = self.request.told(fact, self.driver.clock.now())
        delivered = False
        try:
            while True:
                match command:
                    case Deliver(index):
                        delivered = True
                        return self._deliver(index)
                    case GiveUp(_, deadline):
                        self._leave()
                        failure = self.failure or self._crowded()
                        raise UnservedError(self._decision("failed", None), failure, deadline=deadline)
                    case Call():
                        fact = self._begin(command) or await self._fact(self.request.hedge_at)
                    case Wait(until):
                        self._queue()
                        fact = await self._fact(until)
                    case _:
                        assert_never(command)
                command = self.request.told(fact, self.driver.clock.now())
        finally:
            if not delivered:
                self._leave()
            for call in list(self.calls.values()):
                call.drop()
            for call, shown in self.results.values():
                if shown.stream is not None:
                    shown.stream.close()
                    self.driver.state.abandon(call.lease)
            self._quit(*self.places)

    def _leave(self) -> None:
        """Let go of what is under way; what was sent is in the trail, whatever might have come of it."""
        for call in list(self.calls.values()):
            self.note(call, None, LEFT, ())
            call.drop()

    def _begin(self, command: Call) -> Fact | None:
        """Start a call; or answer at once why it may not be made."""
        deployment = command.deployment
        rendered = self.driver.caller.render(self.ask, deployment)
        at = self.driver.clock.now() - self.begun_at
        if isinstance(rendered, Fault):
            self.failure = Failure(rendered)
            self.trail.append(Attempt(deployment.id, at, 0.0, None, rendered, sent=False))
            return Unable(command.index, rendered)
        place = self.places.get(command.index)
        leave = self.driver.state.acquire(
            deployment,
            Terms(command.waive, command.retry, command.hedge, self.ask.asked.stream, self.want, place),
        )
        if isinstance(leave, Refusal):
            return self._refused(command.index, leave, at)
        if self.places:
            self._quit(*self.places)
        for call in [call for call in self.calls.values() if call.replaceable is not None]:
            call.replace()
        self.calls[command.index] = Underway(self, command, leave, rendered)
        if leave.racing:
            self.tell(Moved(command.index))
        return None

    def _refused(self, index: int, refusal: Refusal, at: float) -> Fact:
        if refusal.domain is None:
            return OverBudget(index)
        if refusal.cause != FULL or index not in self.full:  # who waits for room asks often
            deployment = self.request.route[index].id
            self.trail.append(
                Attempt(deployment, at, 0.0, None, None, held=str(refusal.domain), held_for=refusal.cause)
            )
        if refusal.cause != FULL or refusal.until is None:
            return Refused(index, refusal.until, refusal.waivable)
        if not self.full:
            now = self.driver.clock.now()
            self.patient_until = now + (self.request.deadline - now) / 2
        self.full[index] = refusal.until
        if refusal.until <= self.patient_until:
            return Refused(index, refusal.until, waivable=False)
        self._quit(index)
        return Refused(index, None, waivable=False)

    def _queue(self) -> None:
        """Take a place wherever there will be room in time, unless a call is under way that may still answer."""
        if self.request.in_flight - self.request.moved:
            return
        for index, until in self.full.items():
            if index not in self.places and until <= self.patient_until:
                call = partial(self._called, index)
                self.places[index] = self.driver.state.enter(self.request.route[index], self.want, call)

    def _quit(self, *places: int) -> None:
        """Wait no longer: whoever keeps a place that he does not use keeps everybody behind him waiting."""
        for index in places:
            if (place := self.places.pop(index, None)) is not None:
                self.driver.state.quit(self.request.route[index], place)

    def _called(self, index: int) -> None:
        """There may be room; from any thread."""
        with suppress(RuntimeError):  # its loop was closed under it
            self.loop.call_soon_threadsafe(self.tell, Freed(index))

    def _crowded(self) -> Failure | None:
        """What to say where nothing was called for want of capacity."""
        if not self.full:
            return None
        wait = max(0.0, min(self.full.values()) - self.driver.clock.now())
        return Failure(
            Fault(
                cause=Cause.THROTTLED,
                scope=Scope.DEPLOYMENT,
                retry_after_s=wait,
                rule="runtime.full",
                evidence="every permitted deployment carries all it can",
            )
        )

    async def _fact(self, until: float | None) -> Fact:
        """The next fact; `Woke` at `until`, unless that is the deadline and calls are under way that report first."""
        if not self.facts:
            self.wake = self.loop.create_future()
            timer = None
            if until is not None and (not self.calls or until < self.request.deadline):
                timer = self.loop.call_later(until - self.driver.clock.now(), self.tell, Woke())
            try:
                await self.wake
            finally:
                self.wake = None
                if timer is not None:
                    timer.cancel()
        if self.crash is not None:
            raise self.crash
        return self.facts.popleft()

    def tell(self, fact: Fact) -> None:
        """Queue a fact; on the loop's thread."""
        self.facts.append(fact)
        self.stir()

    def stir(self) -> None:
        if self.wake is not None and not self.wake.done():
            self.wake.set_result(None)

    def note(
        self, call: Underway, status: int | None, fault: Fault | None, losses: tuple[str, ...], model: str = ""
    ) -> None:
        """Add a call that was made to the trail."""
        took = self.driver.clock.now() - call.begun_at
        at = call.begun_at - self.begun_at
        self.trail.append(Attempt(call.lease.deployment.id, at, took, status, fault, losses=losses, model=model))

    def _deliver(self, index: int) -> Served:
        call, shown = self.results.pop(index)
        if shown.stream is not None:
            shown.stream.idle_s = call.lease.load.idle.limit_s
        for other in list(self.calls.values()):
            other.outrun()
        return Served(shown, self._decision("served", call.lease.deployment), call.lease, index, self)

    def _decision(self, outcome: Outcome, deployment: Deployment | None) -> Decision:
        return Decision(
            id=self.id,
            process=self.candidates.process.id,
            asked=self.ask.asked.model,
            outcome=outcome,
            served_by=deployment.id if deployment else None,
            trail=tuple(self.trail),
            excluded=self.candidates.excluded,
            took_s=self.driver.clock.now() - self.begun_at,
        )
