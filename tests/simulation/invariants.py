"""What must never happen, checked at every step from what providers and callers saw.

The router's own word (the holds it tells its observers of) is used in two ways only: to be compared
with what was seen, and to know when a hold that it merely inferred stands.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from modelrouter.core.holds import Phase
from modelrouter.core.load import RANKS

from .answers import answer_fault
from .bars import Bars
from .journal import OPEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.decision import Decision
    from modelrouter.core.faults import Fault
    from modelrouter.core.holds import Hold
    from modelrouter.core.load import Place
    from modelrouter.runtime.leases import Change

    from .journal import Call, Journal, Request
    from .world import World

GRAIN_S = 0.006
"""Timers may be that early."""
CALLS_OF_ONE = 2
BUDGET_WINDOW_S = 10
BUDGET_FLOOR = 10
BUDGET_SHARE = 0.1
HEDGE_FLOOR = 1
HEDGE_SHARE = 0.02
ENOUGH_S = 2.5
"""A healthy deployment answers in less."""
LOOK_S = 1.0
"""So old may be what a router knows of the orders given to another."""
CROWD = 20
"""With fewer calls at a time nobody takes slowness for a limit."""
CROWDED = frozenset({"throttled", "throttled_stated", "crowded", "overloaded", "overloaded_stated"})
"""What teaches a router that a deployment carries only so much."""
FORMAL = frozenset({"content", "overflow"})
"""Faults of the request itself: whether another may be asked is the process's to say."""


class Watch:
    """Sees everything, and remembers what must not have been."""

    def __init__(self, world: World, journal: Journal) -> None:
        self.world = world
        self.journal = journal
        self.broken: list[str] = []
        self.requests: dict[int, Request] = {}
        self.bars = Bars(world, journal, self.fail)
        self.quiet = False
        """The load is over, and everything well."""
        self._said: list[dict[str, Hold]] = [{} for _ in range(world.routers)]
        self._held: list[dict[str, list[tuple[float, float]]]] = [defaultdict(list) for _ in range(world.routers)]
        self._orders: list[dict[str, tuple[float, float, int]]] = [{} for _ in range(world.routers)]
        self._trials: list[dict[str, Call]] = [{} for _ in range(world.routers)]
        self._retries: list[list[float]] = [[] for _ in range(world.routers)]
        self._firsts: list[list[float]] = [[] for _ in range(world.routers)]
        self._changed: list[dict[str, float]] = [{} for _ in range(world.routers)]
        self.hedges: list[list[float]] = [[] for _ in range(world.routers)]
        self._unhedged: list[list[float]] = [[] for _ in range(world.routers)]
        self.queues: Mapping[tuple[int, str], list[Place]] = {}
        """Who waits for room, by router and deployment, where the inventory limits its calls at a time."""
        self.passed = 0
        """Calls let in where others waited."""
        self._waited: dict[tuple[int, str], tuple[Place, ...]] = {}
        self._busy: Counter[str] = Counter()
        self._peak: Counter[str] = Counter()
        self._crowded: set[str] = set()

    def fail(self, what: str) -> None:
        """Something happened that must not."""
        self.broken.append(f"{self.journal.now():.3f} s: {what}")
        self.journal.note("BROKEN", what)

    # What callers do

    def asked(self, request: Request) -> None:
        """A request begins."""
        self.requests[request.asking.number] = request

    def ended(self, request: Request) -> None:
        """A request is over: served once and whole, or failed for a reason."""
        name = f"request {request.asking.number}"
        if request.outcome not in {"served", "complete", "broken", "failed", "late", "cancelled", "left"}:
            self.fail(f"{name} ended in {request.told}")
        shown = request.first_at if request.first_at is not None else request.ended
        if shown > request.deadline + GRAIN_S and request.outcome != "cancelled":
            self.fail(f"{name} had neither content nor an error by its deadline, {request.deadline:.3f}")
        if request.first_at is not None and (fault := answer_fault(request)):
            self.fail(f"{name}: {fault}")
        if request.outcome in {"failed", "late"}:
            self._failed(request, name)

    def _failed(self, request: Request, name: str) -> None:
        for call in request.calls:
            if call.play.good and call.shown_at is not None and call.shown_at < request.ended - GRAIN_S:
                self.fail(f"{name} failed, and call {call.number} had answered it")
        kinds = {call.play.kind for call in request.calls}
        if len(request.calls) >= request.attempts or kinds & FORMAL:
            return
        called = {call.deployment for call in request.calls}
        for deployment in request.permitted:
            if deployment not in called and self._stood(deployment, request):
                self.fail(f"{name} {request.outcome}, and {deployment} stood ready: {request.told}")

    def _stood(self, deployment: str, request: Request) -> bool:
        """Whether a deployment was well, free and unheld for as long as a request lasted, and there was time for it."""
        if not self._roomy(deployment) or not self._context_fits(deployment, request):
            return False
        if request.outcome == "late" and not self._had_time(request):
            return False
        if not self.quiet and not self.world.healthy(deployment, request.begun, request.ended):
            return False
        return not self.held_between(request.asking.router, deployment, request.begun, request.ended)

    def _roomy(self, deployment: str) -> bool:
        """Whether nothing can have told the router that a deployment carries only so much."""
        crowded = deployment in self._crowded or self._peak[deployment] >= CROWD
        return self.world.estate.sites[deployment].capacity is None and not crowded

    def _had_time(self, request: Request) -> bool:
        """Whether a whole patience and a healthy answer fit between its first call and its deadline."""
        lasted = request.deadline - request.begun
        return lasted >= 4 * ENOUGH_S and len(request.calls) <= 1

    def _context_fits(self, deployment: str, request: Request) -> bool:
        process = self.world.inventory.processes[request.asking.process]
        return process.needs.context <= self.world.estate.deployments[deployment].model.context

    # What providers see

    def called(self, call: Call) -> None:
        """A call comes in: may it have been made?"""
        self._busy[call.deployment] += 1
        self._peak[call.deployment] = max(self._peak[call.deployment], self._busy[call.deployment])
        request = self.requests[call.request]
        request.calls.append(call)
        name = f"call {call.number} of {call.deployment} for request {call.request}"
        if call.begun > request.deadline:
            self.fail(f"{name} began after the deadline, {request.deadline:.3f}")
        if request.outcome != OPEN:
            self.fail(f"{name} began after the request had ended")
        if call.deployment not in request.permitted:
            self.fail(f"{name} is forbidden; permitted are {', '.join(request.permitted) or 'none'}")
        if len(request.calls) > request.attempts:
            self.fail(f"{name} is one more than the {request.attempts} that its process allows")
        if sum(other.deployment == call.deployment for other in request.calls) > CALLS_OF_ONE:
            self.fail(f"{name} is its third there")
        self._obeys(call, request, name)
        self._within_budget(call, request, name)
        self._hedged(call, request, name)
        self._in_turn(call, request, name)
        self.bars.called(call, name)
        self._single_trial(call, request, name)

    def _obeys(self, call: Call, request: Request, name: str) -> None:
        domains = self.world.estate.domains[call.deployment]
        for router, orders in enumerate(self._orders):
            for domain, (since, until, _) in orders.items():
                known = since if router == call.router else since + LOOK_S + GRAIN_S
                began = call.begun if router == call.router else request.begun
                if domain in domains and known < began and call.begun < until - GRAIN_S:
                    self.fail(f"{name} was made although an operator holds {domain}")

    def _within_budget(self, call: Call, request: Request, name: str) -> None:
        """A second call of one deployment at once comes out of a budget; but not one after a wait for a hold's end."""
        if self.world.estate.sites[call.deployment].capacity is not None:
            return  # who waits for room has paid before
        before = [other for other in request.calls[:-1] if other.deployment == call.deployment]
        if not before or call.begun > before[-1].over_at + GRAIN_S:
            self._firsts[call.router].append(call.begun)
            return
        retries = self._retries[call.router]
        earliest = int(call.begun) - BUDGET_WINDOW_S + 1
        spent = sum(at >= earliest for at in retries)
        allowed = max(BUDGET_FLOOR, BUDGET_SHARE * (sum(at >= earliest for at in self._firsts[call.router]) + 5))
        if spent >= allowed:
            self.fail(f"{name} is retry number {spent + 1} in {BUDGET_WINDOW_S} s")
        retries.append(call.begun)

    def _hedged(self, call: Call, request: Request, name: str) -> None:
        """A call beside one that was not held and only slow: once a request, where its process says so, and seldom."""
        beside = [other for other in request.calls[:-1] if other.over == OPEN and other.shown_at is None]
        slow = [o for o in beside if not self.held_between(call.router, o.deployment, o.begun, call.begun)]
        if not slow:
            self._unhedged[call.router].append(call.begun)
            return
        name = f"{name}, a hedge beside call {slow[0].number},"
        after_s = self.world.inventory.processes[request.asking.process].hedge_s
        if after_s is None or request.asking.tools:
            self.fail(f"{name} is none that its process allows")
        elif call.begun < request.calls[0].begun + after_s - GRAIN_S:
            self.fail(f"{name} comes before {after_s} s of silence")
        if request.hedged:
            self.fail(f"{name} is its second")
        request.hedged = True
        earliest = int(call.begun) - BUDGET_WINDOW_S + 1
        spent = sum(at >= earliest for at in self.hedges[call.router])
        others = sum(at >= earliest for at in self._unhedged[call.router])
        if spent + 1 > max(HEDGE_FLOOR, HEDGE_SHARE * (others + 5)):
            self.fail(f"{name} is number {spent + 1} in {BUDGET_WINDOW_S} s")
        self.hedges[call.router].append(call.begun)

    def _in_turn(self, call: Call, request: Request, name: str) -> None:
        """Where somebody graver has waited for room and still does, nobody else is let in."""
        key = call.router, call.deployment
        waited = set(self._waited.get(key, ())).intersection(self.queues.get(key, ()))
        if not waited:
            return
        self.passed += 1
        process = self.world.inventory.processes[request.asking.process]
        if min(waited).rank < RANKS[process.criticality]:
            self.fail(f"{name}, which is {process.criticality}, was let in while somebody graver waited")

    def time_passes(self) -> None:
        """Whoever waits now waited before anything that follows."""
        self._waited = {key: tuple(queue) for key, queue in self.queues.items() if queue}

    def _single_trial(self, call: Call, request: Request, name: str) -> None:
        """Where another deployment stands, a held one is called for its trial only, and once at a time."""
        said = self._said[call.router]
        now = call.begun
        held = [said[domain] for domain in sorted(self.world.estate.domains[call.deployment]) if domain in said]
        if not any(hold.phase is not Phase.RAMP for hold in held) or not self._others_stand(call, request):
            return
        for hold in held:
            domain = str(hold.domain)
            if hold.phase is Phase.RAMP or hold.by_operator or hold.ending == "time":
                continue
            if hold.phase is Phase.OPEN and (hold.until is None or now < hold.until - GRAIN_S):
                self.fail(f"{name} was made although {domain} is held and others stand")
            trial = self._trials[call.router].get(domain)
            if trial is not None and trial.over == OPEN and trial.shown_at is None and now - trial.begun < 60:
                self.fail(f"{name} tries {domain} while call {trial.number} does")
            self._trials[call.router][domain] = call

    def _others_stand(self, call: Call, request: Request) -> bool:
        """Whether a permitted deployment that nobody holds was not yet asked: then no hold is waived."""
        called = {other.deployment for other in request.calls}
        return any(
            name not in called
            and self._roomy(name)
            and not self.held_between(call.router, name, request.begun, call.begun)
            for name in request.permitted
        )

    def shown(self, call: Call) -> None:
        """The router has content from a call."""
        self.bars.shown(call)

    def over(self, call: Call) -> None:
        """A call is over."""
        self._busy[call.deployment] -= 1
        if call.play.kind in CROWDED:
            self._crowded.add(call.deployment)
        self.bars.over(call, self.requests[call.request])

    def listed(self, deployment: str, router: int, *, named: bool | None) -> None:
        """A free listing was answered: with the model's name or without; None: there is none."""
        self.bars.listed(deployment, router, named=named)

    # What operators do

    def ordered(self, router: int, domain: str, for_s: float | None) -> None:
        """An operator holds a domain."""
        now = self.journal.now()
        until = float("inf") if for_s is None else now + for_s
        for orders in self._orders:
            orders.pop(domain, None)
        self._orders[router][domain] = (now, until, self.journal.steps)

    def released(self, router: int, domain: str) -> None:
        """An operator releases a domain."""
        del router
        for orders in self._orders:
            orders.pop(domain, None)
        self.bars.released(domain)

    # What the router says

    def changed(self, router: int, change: Change) -> None:
        """The router says that a hold changed."""
        domain, now = str(change.domain), self.journal.now()
        after = change.after
        self._not_history(router, change, domain, now)
        words = (
            (after.phase, after.cause, None if after.until is None else round(after.until, 6)) if after else ("gone",)
        )
        self.journal.note("router", router, "says", domain, *words)
        if after is None:
            self._said[router].pop(domain, None)
        else:
            self._said[router][domain] = after
        if after is None or after.phase is not Phase.TRIAL:
            self._trials[router].pop(domain, None)
        spans = self._held[router][domain]
        if spans and spans[-1][1] == float("inf"):
            spans[-1] = (spans[-1][0], now)
        if after is not None:
            spans.append((now, float("inf")))
        self.bars.changed(router, domain, after)

    def _not_history(self, router: int, change: Change, domain: str, now: float) -> None:
        """A call that began before the last change of a domain tells nothing new of it."""
        before, after = change.before, change.after
        changed = self._changed[router].get(domain)
        if before is None or after is None or before.phase is not after.phase:
            # An end that time brought is told of when next a call ends.
            lapsed = before.until if before is not None and (after is None or before.by_operator) else None
            self._changed[router][domain] = now if lapsed is None else min(now, lapsed)
        if after is None or after.phase is not Phase.OPEN or after.by_operator or after.rule == "runtime.together":
            return
        calls = [
            call
            for request in self.requests.values()
            for call in request.calls
            if call.router == router and call.over_at >= now and domain in self.world.estate.domains[call.deployment]
        ]
        told = [call for call in calls if call.over_at == now and not call.served]
        begun = [call.begun if call.shown_at is None else call.shown_at for call in told]
        if changed is not None and told and len(told) == len(calls) and max(begun) < changed:
            self.fail(f"call {told[-1].number} changed {domain}, which had changed since it began")

    def held_between(self, router: int, deployment: str, begin: float, end: float) -> bool:
        """Whether the router said of any domain of a deployment that it was held meanwhile."""
        spans = self._held[router]
        return any(
            since <= end and begin <= until
            for domain in self.world.estate.domains[deployment]
            for since, until in spans.get(domain, ())
        )


class Ears:
    """An observer that tells the watch what its router says, and the journal every decision."""

    def __init__(self, watch: Watch, router: int) -> None:
        self._watch = watch
        self._router = router

    def decided(self, decision: Decision) -> None:
        """A request is decided."""
        trail = [(*attempt[:4], attempt.fault and attempt.fault.rule, attempt.held) for attempt in decision.trail]
        self._watch.journal.note("decided", decision.outcome, decision.served_by, trail)

    def changed(self, change: Change) -> None:
        """A hold changed."""
        self._watch.changed(self._router, change)

    def ended(self, decision: Decision, fault: Fault | None) -> None:
        """A stream ended."""
        self._watch.journal.note("stream ended", decision.served_by, fault and fault.rule)
