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
