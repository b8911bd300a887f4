"""State: what a call's outcome changes, for whom, and what it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.inventories import deployment, inventory, process, provider

from modelrouter.core.causes import PERMITS, Cause, Ending, Scope
from modelrouter.core.domains import HELD, Domain, Kind
from modelrouter.core.faults import Fault
from modelrouter.core.holds import Phase, by_operator, opened
from modelrouter.core.inventory import Limits
from modelrouter.runtime.leases import Lease, Refusal, Terms
from modelrouter.runtime.state import State
from modelrouter.testing import ManualClock

ACME = provider("acme")
ONE = deployment("one", of=ACME)
TWO = deployment("two", of=ACME)
OTHER = deployment("other")
HELD_OTHER = Domain(Kind.ACCOUNT, "other-provider/main")


@pytest.fixture(name="clock")
def _clock():
    return ManualClock(luck=0.999)


@pytest.fixture(name="state")
def _state(clock):
    return State(inventory(process("p", ONE, TWO, OTHER)), clock)


def fault(cause: Cause, scope: Scope = Scope.ACCOUNT, **facts) -> Fault:
    """A fault of this cause."""
    return Fault(cause=cause, scope=scope, **facts)


def leave(state: State, at=ONE, **asked) -> Lease:
    """A lease that must be given."""
    lease = state.acquire(at, **asked)
    assert isinstance(lease, Lease)
    return lease


def fail(state: State, times: int, cause: Cause, scope: Scope = Scope.DEPLOYMENT, at=ONE):
    """So many calls fail in a row; the last one's changes."""
    changes = []
    for _ in range(times):
        changes = state.apply(leave(state, at), fault(cause, scope))
    return changes


@pytest.mark.parametrize("cause", [cause for cause in Cause if (opens := PERMITS[cause].opens) and opens.after == 1])
def test_one_definitive_answer_holds_its_domain(state, cause):
    """A cause that one answer proves holds, at once, the domain that the table names."""
    (change,) = state.apply(leave(state), fault(cause, Scope.PROVIDER if cause is Cause.GEOFENCED else Scope.ACCOUNT))

    assert change.domain.kind in {HELD[cause], Kind.ACCOUNT}
    assert isinstance(state.acquire(ONE), Refusal)


@pytest.mark.parametrize(
    ("cause", "calls"), [(Cause.TIMEOUT, 2), (Cause.OUTAGE, 3), (Cause.NETWORK, 3), (Cause.OVERLOADED, 5)]
)
def test_transient_causes_need_evidence(state, cause, calls):
    """A cause that may be chance holds only after as many failures as the table asks for."""
    assert [] == fail(state, calls - 1, cause)
    assert 1 == len(fail(state, 1, cause))


def test_success_between_breaks_a_row(state):
    """Failures in a row are counted anew after a success."""
    fail(state, 2, Cause.OUTAGE)
    state.apply(leave(state), None)

    assert [] == fail(state, 2, Cause.OUTAGE)


def test_overload_that_is_stated_needs_no_count(state):
    """A provider that says it is overloaded is believed at once."""
    assert state.apply(leave(state), fault(Cause.OVERLOADED, Scope.MODEL, stated=True))


def test_overload_needs_its_share_of_calls(state):
    """Few failures among many calls are no overload."""
    for _ in range(4):
        state.apply(leave(state), fault(Cause.OVERLOADED, Scope.MODEL))
        state.apply(leave(state), None)
        state.apply(leave(state), None)

    assert [] == state.apply(leave(state), fault(Cause.OVERLOADED, Scope.MODEL))


def test_an_account_takes_all_its_deployments(state):
    """A suspended account takes every deployment of it out of use, and nobody else's."""
    state.apply(leave(state), fault(Cause.SUSPENDED))

    assert isinstance(state.acquire(TWO), Refusal)
    assert isinstance(state.acquire(OTHER), Lease)


def test_late_answers_change_nothing(state):
    """Replies to calls that began before the domain changed are history."""
    early = [leave(state) for _ in range(3)]
    first = state.apply(early[0], fault(Cause.THROTTLED, Scope.MODEL, retry_after_s=5))
    late = [state.apply(lease, fault(Cause.THROTTLED, Scope.MODEL, retry_after_s=60)) for lease in early[1:]]

    assert 1 == len(first)
    assert [[], []] == late


def test_only_one_call_tries_a_held_domain(state, clock):
    """When a hold is due for a trial, one call gets through until it has reported."""
    fail(state, 3, Cause.OUTAGE)
    clock.advance(1.0)
    trial = leave(state)
    refused = state.acquire(ONE)
    (change,) = state.apply(trial, None)

    assert (Domain(Kind.DEPLOYMENT, "one"),) == trial.trials
    assert isinstance(refused, Refusal)
    assert Phase.RAMP is change.after.phase


def test_a_trial_that_was_dropped_blocks_nobody(state, clock):
    """A cancelled trial tells nothing, and the next call may try."""
    fail(state, 3, Cause.OUTAGE)
    clock.advance(1.0)
    state.abandon(leave(state))

    assert leave(state).trials


def test_a_failed_trial_holds_again_at_once(state, clock):
    """One failure of a trial is evidence enough."""
    fail(state, 3, Cause.OUTAGE)
    clock.advance(1.0)
    (change,) = state.apply(leave(state), fault(Cause.OUTAGE, Scope.DEPLOYMENT))

    assert Phase.OPEN is change.after.phase
    assert 2 == change.after.times


def test_a_trial_answered_with_a_fault_of_the_request_passes(state, clock):
    """A provider that finds fault with the request itself is back."""
    fail(state, 3, Cause.OUTAGE)
    clock.advance(1.0)
    (change,) = state.apply(leave(state), fault(Cause.BAD_REQUEST, Scope.REQUEST))

    assert Phase.RAMP is change.after.phase


def test_inferred_holds_can_be_waived_and_definitive_ones_not(state):
    """Waiving disregards what was inferred, never what is definitive, legal or stated."""
    fail(state, 3, Cause.OUTAGE)
    state.apply(leave(state, OTHER), fault(Cause.GEOFENCED, Scope.JURISDICTION))

    assert isinstance(state.acquire(ONE, Terms(waive=True)), Lease)
    assert isinstance(state.acquire(OTHER, Terms(waive=True)), Refusal)


def test_holds_that_ended_are_told_with_the_next_outcome(state, clock):
    """The end of a hold by time reaches observers, as its beginning did."""
    state.apply(leave(state), fault(Cause.THROTTLED, Scope.MODEL, retry_after_s=5))
    clock.advance(5.0)
    (change,) = state.apply(leave(state), None)

    assert change.before is not None
    assert change.after is None


def test_operators_hold_and_release(state, clock):
    """A person's hold stands until its end or its release, whatever calls report."""
    domain = Domain(Kind.PROVIDER, "acme")
    state.place([by_operator(domain, "maintenance", clock.now(), None)])
    refusal = state.acquire(ONE, Terms(waive=True))
    state.lift([domain])

    assert isinstance(refusal, Refusal)
    assert isinstance(state.acquire(ONE), Lease)


def test_a_probe_makes_ready_and_never_ends(state):
    """A free probe leads to one trial; the hold stands until that succeeds."""
    state.apply(leave(state), fault(Cause.SUSPENDED))
    (hold,) = state.holds()
    before = state.acquire(ONE)
    state.prove(hold.domain)
    trial = leave(state)

    assert Ending.RELEASE is hold.ending
    assert isinstance(before, Refusal)
    assert (hold.domain,) == trial.trials
    assert isinstance(state.acquire(TWO), Refusal)


class Waiter:
    """Remembers that it was moved."""

    def __init__(self):
        self.told = []

    def moved(self, domain, cause):
        self.told.append((domain, cause))


@pytest.mark.parametrize("cause", [cause for cause in Cause if PERMITS[cause].opens])
def test_waiting_calls_are_moved_where_the_table_says(state, cause):
    """The calls to be moved come with the change, for causes that evacuate and no other."""
    waiter, elsewhere = Waiter(), Waiter()
    state.wait(ONE, waiter)
    state.wait(OTHER, elsewhere)
    changes = fail(state, PERMITS[cause].opens.after, cause)

    assert ((waiter,) if PERMITS[cause].evacuates else ()) == changes[-1].waiting


def test_retries_are_budgeted(state):
    """Beyond a floor of one a second, retries are a tenth of the requests of the last ten seconds."""
    granted = sum(isinstance(state.acquire(ONE, Terms(retry=True)), Lease) for _ in range(50))
    for _ in range(300):
        state.acquire(ONE)
    more = sum(isinstance(state.acquire(ONE, Terms(retry=True)), Lease) for _ in range(50))

    assert 10 == granted
    assert 20 == more


def test_unbroken_throttling_is_left_alone_ever_longer(state, clock):
    """Where no wait is stated, each throttle without a success between doubles the hold, up to its longest."""
    lengths = []
    for _ in range(9):
        (change,) = [
            change for change in state.apply(leave(state), fault(Cause.THROTTLED, Scope.MODEL)) if change.after
        ]
        lengths.append(round((change.after.until - clock.now()) / 0.999))
        clock.advance(change.after.until - clock.now())
    state.apply(leave(state), None)
    (anew,) = [change for change in state.apply(leave(state), fault(Cause.THROTTLED, Scope.MODEL)) if change.after]

    assert [1, 2, 4, 8, 16, 32, 60, 60, 60] == lengths
    assert 1 == anew.after.times


def test_an_order_hides_no_other_hold(state, clock):
    """What was held before a person's order, or came to be meanwhile, stands when the order has ended."""
    domain = Domain(Kind.ACCOUNT, "acme/main")
    fail(state, 1, Cause.SUSPENDED, Scope.ACCOUNT)
    under_way = leave(state, OTHER)
    state.place([by_operator(domain, "by hand", clock.now(), clock.now() + 5)])
    state.place([by_operator(HELD_OTHER, "by hand", clock.now(), clock.now() + 5)])
    state.apply(under_way._replace(generation=10**6), fault(Cause.QUOTA_EXHAUSTED))

    clock.advance(6)
    state.holds()

    assert {(domain, Cause.SUSPENDED), (HELD_OTHER, Cause.QUOTA_EXHAUSTED)} == {
        (hold.domain, hold.cause) for hold in state.holds()
    }
    state.lift([domain])
    assert [HELD_OTHER] == [hold.domain for hold in state.holds()]


def test_an_end_is_never_told_after_what_followed_it(state, clock):
    """An end by time that nobody noticed in time is part of the next change of its domain, not news behind it."""
    state.apply(leave(state, OTHER), fault(Cause.THROTTLED, Scope.MODEL, retry_after_s=5))
    (throttled,) = state.holds()
    clock.advance(6.0)
    assert isinstance(state.acquire(OTHER), Lease)  # its end is noticed, and told to nobody yet
    order = by_operator(throttled.domain, "by hand", clock.now(), None)

    (change,) = state.place([order])

    assert (throttled, order) == (change.before, change.after)
    assert [] == state.ended()


@pytest.mark.parametrize("end", ["apply", "fault", "abandon"])
def test_a_trial_of_before_an_order_blocks_nobody_after_it(state, clock, end):
    """Whatever becomes of a trial that an order overtook: when the order has ended, the next call may try."""
    fail(state, 3, Cause.OUTAGE)
    clock.advance(1.0)
    trial = leave(state)
    state.place([by_operator(trial.trials[0], "by hand", clock.now(), clock.now() + 5)])
    clock.advance(1.0)
    if end == "abandon":
        state.abandon(trial)
    else:
        state.apply(trial, None if end == "apply" else fault(Cause.OUTAGE, Scope.DEPLOYMENT))
    clock.advance(5.0)

    assert trial.trials == leave(state).trials


def test_a_trial_that_goes_on_through_an_order_is_still_the_only_one(state, clock):
    """An order that ends before the trial does makes no second one possible meanwhile."""
    fail(state, 3, Cause.OUTAGE)
    clock.advance(1.0)
    trial = leave(state)
    state.place([by_operator(trial.trials[0], "by hand", clock.now(), clock.now() + 5)])
    clock.advance(6.0)
    meanwhile = state.acquire(ONE)
    state.apply(trial, None)

    assert isinstance(meanwhile, Refusal)
    assert trial.trials == leave(state).trials


def test_what_a_check_finds_moves_those_who_wait(state):
    """A hold that a check opens is as good as that of a call: who waits there is moved, where the cause moves anybody."""
    waiter = Waiter()
    state.wait(ONE, waiter)

    (found,) = state.found(ONE, fault(Cause.NETWORK, Scope.DEPLOYMENT))
    again = state.found(ONE, fault(Cause.NETWORK, Scope.DEPLOYMENT))
    (quota,) = state.found(OTHER, fault(Cause.QUOTA_EXHAUSTED))

    assert (waiter,) == found.waiting
    assert [] == again  # of what is held already, calls and probes know more
    assert () == quota.waiting


def test_what_another_process_found_moves_those_who_wait(state, clock):
    """The verdict of one process is good for the calls of all; only a hold that is news moves anybody."""
    waiter, late = Waiter(), Waiter()
    outage = opened(None, Domain(Kind.DEPLOYMENT, "one"), fault(Cause.OUTAGE), clock.now(), 0.5)
    throttled = opened(
        None, Domain(Kind.ACCOUNT_MODEL, "acme/main/two-model"), fault(Cause.THROTTLED), clock.now(), 0.5
    )
    state.wait(ONE, waiter)
    state.wait(TWO, waiter)

    (found, kept) = state.place([outage, throttled])
    state.wait(ONE, late)
    (again,) = state.place([replace(outage, put_off=clock.now() + 5)])

    assert (waiter,) == found.waiting
    assert () == kept.waiting
    assert () == again.waiting


def test_checks_that_fail_all_over_a_provider_hold_it_as_one(clock):
    """What checks find has its reason further up as often as what calls find."""
    spare = replace(deployment("spare", of=ACME, region="us"), url="http://elsewhere.test/v1")
    state = State(inventory(process("p", ONE, spare, OTHER)), clock)
    state.found(ONE, fault(Cause.OUTAGE, Scope.DEPLOYMENT))
    state.found(spare, fault(Cause.OUTAGE, Scope.DEPLOYMENT))

    assert [Domain(Kind.PROVIDER, "acme")] == [hold.domain for hold in state.holds()]


def test_asking_for_room_is_no_request(clock):
    """However often somebody asks a full deployment, the budget of retries does not grow by it."""
    full = deployment("full", limits=Limits(concurrency=1))
    state = State(inventory(process("p", full)), clock)
    leave(state, full)
    for _ in range(500):
        assert isinstance(state.acquire(full), Refusal)

    tried = [state.acquire(full, Terms(retry=True)) for _ in range(50)]

    assert 10 == sum(refusal.domain is not None for refusal in tried)
