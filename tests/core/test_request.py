"""The machine of one request, by hand and exhaustively."""

from __future__ import annotations

from itertools import product

import pytest
from support.inventories import deployment, process

from modelrouter.core.causes import PERMITS, Again, Cause, Next, Scope
from modelrouter.core.faults import Fault
from modelrouter.core.request import (
    CALLS_OF_ONE,
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
    Showed,
    Wait,
    Woke,
)

ROUTE = (deployment("a"), deployment("b"), deployment("c"))


def machine(**facts) -> Request:
    """A request over three deployments with 30 s to go, at time 0."""
    return Request(process("p", *ROUTE, **facts), ROUTE, deadline=30.0)


def fault(cause: Cause, retry_after_s: float | None = None) -> Fault:
    """A fault of one deployment."""
    return Fault(cause=cause, scope=Scope.DEPLOYMENT, retry_after_s=retry_after_s)


def test_first_in_route_is_called_first():
    """A request begins with the first deployment of its route."""
    command = machine().told(Begun(), 0.0)

    assert Call(0, ROUTE[0], until=15.0) == command


@pytest.mark.parametrize("cause", [cause for cause in Cause if PERMITS[cause].next is Next.YES])
def test_causes_that_permit_move_on(cause):
    """Where the table permits the next deployment, it is asked."""
    request = machine()
    request.told(Begun(), 0.0)

    command = request.told(Failed(0, fault(cause)), 1.0)

    assert isinstance(command, Call)
    assert 1 == command.index


@pytest.mark.parametrize("cause", [Cause.BAD_REQUEST, Cause.CANCELLED, Cause.CONTENT_BLOCKED])
def test_own_mistakes_stop(cause):
    """A fault of the request itself is not carried from provider to provider."""
    request = machine()
    request.told(Begun(), 0.0)

    assert GiveUp(fault(cause)) == request.told(Failed(0, fault(cause)), 1.0)


def test_refusals_move_on_where_the_process_says_so():
    """A process may ask for refused prompts to be offered to the next deployment."""
    request = machine(on_refusal="next")
    request.told(Begun(), 0.0)

    assert isinstance(request.told(Failed(0, fault(Cause.CONTENT_BLOCKED)), 1.0), Call)


def test_overflow_goes_only_to_a_larger_one():
    """A prompt that does not fit is offered only to a larger context."""
    route = (deployment("small", context=8_000), deployment("same", context=8_000), deployment("large", context=99_000))
    request = Request(process("p", *route), route, deadline=30.0)
    request.told(Begun(), 0.0)

    command = request.told(Failed(0, fault(Cause.CONTEXT_OVERFLOW)), 1.0)

    assert isinstance(command, Call)
    assert 2 == command.index


def test_held_deployments_cost_nothing():
    """Refusals by a hold leave all attempts for those that can be called."""
    request = machine(attempts=1)
    request.told(Begun(), 0.0)
    request.told(Refused(0, None, waivable=False), 0.0)

    command = request.told(Refused(1, None, waivable=False), 0.0)

    assert isinstance(command, Call)
    assert 2 == command.index


def test_inferred_hold_on_the_last_one_is_waived():
    """Where every deployment is held, an inferred hold is waived, a definitive one never."""
    request = machine()
    request.told(Begun(), 0.0)
    request.told(Refused(0, None, waivable=False), 0.0)
    request.told(Refused(1, 100.0, waivable=True), 0.0)

    command = request.told(Refused(2, None, waivable=False), 0.0)

    assert Call(1, ROUTE[1], until=30.0, waive=True) == command


def test_definitive_holds_everywhere_end_it():
    """No definitive hold is ever waived."""
    request = machine()
    request.told(Begun(), 0.0)
    request.told(Refused(0, None, waivable=False), 0.0)
    request.told(Refused(1, None, waivable=False), 0.0)

    assert GiveUp(None) == request.told(Refused(2, None, waivable=False), 0.0)


def test_stated_wait_that_fits_is_waited_out():
    """A stated wait is waited out when it fits the deadline and no other deployment can serve."""
    route = ROUTE[:1]
    request = Request(process("p", *route), route, deadline=30.0)
    request.told(Begun(), 0.0)

    wait = request.told(Failed(0, fault(Cause.THROTTLED, retry_after_s=7.0)), 1.0)
    again = request.told(Woke(), 8.0)

    assert Wait(8.0) == wait
    assert isinstance(again, Call)


def test_stated_wait_that_does_not_fit_is_not():
    """A wait beyond the deadline is no use."""
    route = ROUTE[:1]
    request = Request(process("p", *route), route, deadline=30.0)
    request.told(Begun(), 0.0)

    assert isinstance(request.told(Failed(0, fault(Cause.THROTTLED, retry_after_s=60.0)), 1.0), GiveUp)


def test_second_call_of_one_is_a_retry():
    """A second call of one deployment comes last, and out of the retry budget."""
    route = ROUTE[:1]
    request = Request(process("p", *route), route, deadline=30.0)
    request.told(Begun(), 0.0)

    command = request.told(Failed(0, fault(Cause.OUTAGE)), 1.0)
    refused = request.told(OverBudget(0), 1.0)

    assert Call(0, ROUTE[0], until=30.0, waive=True, retry=True) == command
    assert isinstance(refused, GiveUp)


def test_moved_call_races_on():
    """A call that was moved away from stays in the race: whichever shows first is delivered."""
    request = machine()
    request.told(Begun(), 0.0)

    assert isinstance(request.told(Moved(0), 1.0), Call)
    assert Deliver(0) == request.told(Showed(0), 2.0)


def test_time_runs_out():
    """After the deadline nothing is called."""
    request = machine()
    request.told(Begun(), 0.0)

    assert GiveUp(fault(Cause.OUTAGE), deadline=True) == request.told(Failed(0, fault(Cause.OUTAGE)), 30.0)


OUTCOMES = [*Cause, "held", "inferred", "shows"]


@pytest.mark.parametrize("first", OUTCOMES)
def test_every_script_ends_within_bounds(first):
    """Whatever each deployment does, the request ends: delivered or given up, within every bound."""
    for rest in product(OUTCOMES, repeat=2):
        assert _played((first, *rest))


def _played(script: tuple[object, ...]) -> bool:
    """Play one behaviour for each deployment; True when the run kept its bounds."""
    request, now, calls = machine(), 0.0, [0, 0, 0]
    command = request.told(Begun(), now)
    for _ in range(20):
        match command:
            case Call(index, waive=waive):
                behaviour = script[index]
                refused = behaviour == "held" or (behaviour == "inferred" and not waive)
                calls[index] += not refused
                now += 0.5
                if refused:
                    command = request.told(
                        Refused(index, None if behaviour == "held" else 90.0, behaviour != "held"), now
                    )
                elif isinstance(behaviour, Cause):
                    command = request.told(Failed(index, fault(behaviour)), now)
                else:
                    command = request.told(Showed(index), now)
            case Wait(until):
                now = until
                command = request.told(Woke(), now)
            case Deliver() | GiveUp():
                within = sum(calls) <= 3 and max(calls) <= CALLS_OF_ONE and now <= 30.0
                reachable = _reachable(script)
                return within and (isinstance(command, Deliver) or not reachable)
    return False


def _reachable(script: tuple[object, ...]) -> bool:
    """Whether a deployment that shows, or would if waived, stands where three calls can reach it."""
    for behaviour in script:
        if behaviour == "shows":
            return True
        if isinstance(behaviour, Cause) and PERMITS[behaviour].next is not Next.YES:
            return False  # the request stops here, or goes on to others only
    return False


@pytest.mark.parametrize("cause", Cause)
def test_same_deployment_again_only_where_the_table_says(cause):
    """One deployment alone is asked twice exactly where the table permits it."""
    route = ROUTE[:1]
    request = Request(process("p", *route), route, deadline=30.0)
    request.told(Begun(), 0.0)

    command = request.told(Failed(0, fault(cause)), 1.0)

    assert isinstance(command, Call) == (PERMITS[cause].again is Again.BUDGETED)


def hedging(**facts) -> Request:
    """A request over three deployments that may hedge after one second."""
    return Request(process("p", *ROUTE, **facts), ROUTE, deadline=30.0, hedge_s=1.0)


def test_a_silent_first_one_is_hedged_by_the_next():
    """After its time of silence the next deployment is asked beside the first, once, and whoever shows is delivered."""
    request = hedging()
    request.told(Begun(), 0.0)

    hedge = request.told(Woke(), 1.0)
    after = request.told(Woke(), 5.0)

    assert isinstance(hedge, Call)
    assert (1, True, False) == (hedge.index, hedge.hedge, hedge.retry)
    assert Wait(30.0) == after
    assert Deliver(0) == request.told(Showed(0), 6.0)


def test_nothing_is_hedged_before_its_time_or_where_nobody_asked():
    """A hedge comes after its silence and not before, and never where the process does not hedge."""
    early, never = hedging(), machine()
    early.told(Begun(), 0.0)
    never.told(Begun(), 0.0)

    assert Wait(1.0) == early.told(Woke(), 0.9)
    assert Wait(30.0) == never.told(Woke(), 10.0)


def test_a_request_of_one_call_waits_for_it():
    """Where no further call is allowed, the time of the hedge passes and comes no more."""
    request = hedging(attempts=1)
    request.told(Begun(), 0.0)

    assert Wait(30.0) == request.told(Woke(), 1.0)


@pytest.mark.parametrize("gone", [Failed(0, fault(Cause.OUTAGE)), Moved(0)])
def test_only_the_first_is_hedged(gone):
    """A second deployment, asked because the first failed or was left, is not hedged for the silence of the first."""
    request = hedging()
    request.told(Begun(), 0.0)
    request.told(gone, 0.9)

    assert Wait(30.0) == request.told(Woke(), 1.0)


def test_a_hedge_beyond_its_budget_costs_nothing():
    """Where the budget of hedges is spent, the next deployment can still be asked once the first has failed."""
    request = hedging()
    request.told(Begun(), 0.0)
    request.told(Woke(), 1.0)
    waits = request.told(OverBudget(1), 1.0)

    command = request.told(Failed(0, fault(Cause.TIMEOUT)), 2.0)

    assert Wait(30.0) == waits
    assert isinstance(command, Call)
    assert (1, False) == (command.index, command.hedge)


def test_who_was_refused_and_is_asked_later_is_not_asked_twice_at_once():
    """A deployment that is called once its hold has ended is not called again while that call races on."""
    route = ROUTE[:2]
    request = Request(process("p", *route), route, deadline=30.0)
    request.told(Begun(), 0.0)
    request.told(Refused(0, 5.0, waivable=False), 0.0)
    request.told(Failed(1, fault(Cause.OUTAGE)), 6.0)

    assert {0} == request.in_flight
    assert Wait(30.0) == request.told(Moved(0), 7.0)


def test_who_waits_for_room_is_called_when_there_is():
    """A deployment without room is asked as soon as it has some, before the time that was expected."""
    route = ROUTE[:1]
    request = Request(process("p", *route), route, deadline=30.0)
    request.told(Begun(), 0.0)
    waits = request.told(Refused(0, 9.0, waivable=False), 0.0)

    command = request.told(Freed(0), 3.0)

    assert Wait(9.0) == waits
    assert isinstance(command, Call)


FATES = ["shows", "outage", "throttled", "bad", "silent", "moved", "held", "inferred", "full", "poor"]
"""What may become of a call: `full` has room after 3 s, `poor` is over budget."""
FAULTS = {
    "outage": fault(Cause.OUTAGE),
    "throttled": fault(Cause.THROTTLED, 4.0),
    "bad": fault(Cause.BAD_REQUEST),
    "silent": fault(Cause.TIMEOUT),
}
REFUSALS = {"held": (None, False), "inferred": (90.0, True), "full": (3.0, False)}


@pytest.mark.parametrize("attempts", [1, 2, 3])
@pytest.mark.parametrize("first", FATES)
def test_every_script_with_a_hedge_keeps_its_bounds(first, attempts):
    """Never more than `attempts` calls, two of one deployment, two of one at a time, or one hedge; and it ends."""
    for rest in product(FATES, repeat=3):
        for slow in (False, True):
            _Play((first, *rest), attempts, slow=slow).to_its_end()


class _Play:
    """Plays fates in the order of calls, the last for every later call; answers come early, or after the hedge."""

    def __init__(self, fates, attempts, *, slow):
        self.fates = list(fates)
        self.attempts = attempts
        self.takes_s = 1.5 if slow else 0.4
        self.request = hedging(attempts=attempts)
        self.now = 0.0
        self.due = []
        self.made = []
        self.hedges = 0

    def to_its_end(self):
        command = self.request.told(Begun(), 0.0)
        for _ in range(60):
            match command:
                case Deliver() | GiveUp():
                    assert self.now <= 30.0
                    return
                case Call():
                    fact = self._called(command)
                case Wait(until):
                    assert until > self.now or self.due
                    fact = None
                case _:
                    pytest.fail(f"{command} is no command")
            fact = fact or self._next(command)
            command = self.request.told(fact, self.now)
        pytest.fail(f"{self.fates} come to no end")

    def _called(self, call):
        fate = self.fates.pop(0) if len(self.fates) > 1 else self.fates[0]
        if fate == "poor" and (call.retry or call.hedge):
            return OverBudget(call.index)
        if fate in REFUSALS and not (fate == "inferred" and call.waive):
            after, waivable = REFUSALS[fate]
            return Refused(call.index, None if after is None else self.now + after, waivable)
        assert call.index not in [index for _, index, _ in self.due], "two calls of one in flight"
        self.made.append(call.index)
        self.hedges += call.hedge
        assert len(self.made) <= self.attempts
        assert self.made.count(call.index) <= CALLS_OF_ONE
        assert self.hedges <= 1
        self._expect(call, fate)
        return None

    def _expect(self, call, fate):
        if fate == "moved":
            self.due += [(self.now + 0.1, call.index, Moved(call.index))]
            self.due += [(self.now + 8.0, call.index, Failed(call.index, FAULTS["silent"]))]
            return
        failed = Failed(call.index, FAULTS[fate]) if fate in FAULTS else Showed(call.index)
        self.due.append((call.until if fate == "silent" else self.now + self.takes_s, call.index, failed))

    def _next(self, command):
        until = command.until if isinstance(command, Wait) else 30.0
        self.due.sort(key=lambda entry: entry[0])
        if self.due and self.due[0][0] <= until:
            self.now, _, fact = self.due.pop(0)
            return fact
        self.now = max(self.now, until)
        return Woke()
