"""Failure that has one reason further up is held there, once, and opened again as one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.inventories import deployment, inventory, process, provider

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.domains import Domain, Kind
from modelrouter.core.faults import Fault
from modelrouter.core.holds import Phase, by_operator
from modelrouter.core.inventory import Account
from modelrouter.runtime.leases import Lease, Refusal
from modelrouter.runtime.state import State
from modelrouter.testing import ManualClock

ACME = replace(
    provider("acme"), accounts={name: Account(provider="acme", name=name, key=None) for name in ("main", "spare")}
)
ACME_HELD, CLOUD_HELD = Domain(Kind.PROVIDER, "acme"), Domain(Kind.UPSTREAM, "cloud")
MAIN = deployment("main", of=ACME)
SPARE = replace(deployment("spare", of=ACME), account=ACME.accounts["spare"])
ELSEWHERE = deployment("elsewhere")
SPREADING = [Cause.OUTAGE, Cause.NETWORK, Cause.TIMEOUT]


def started(*routes) -> tuple[State, ManualClock]:
    """The state of a router over these deployments."""
    clock = ManualClock(luck=0.999)
    return State(inventory(process("p", *routes)), clock), clock


def fails(state: State, at, cause: Cause = Cause.OUTAGE, times: int = 3, **facts):
    """So many calls of a deployment fail; what the last of them changed."""
    changes = []
    for _ in range(times):
        lease = state.acquire(at)
        if isinstance(lease, Refusal):
            break
        changes = state.apply(lease, Fault(cause=cause, scope=Scope.DEPLOYMENT, **facts))
    return changes


def held(state: State) -> set[Domain]:
    """What is held now."""
    return {hold.domain for hold in state.holds()}


@pytest.mark.parametrize("cause", SPREADING)
def test_two_accounts_that_fail_together_are_one_providers_failure(cause):
    """Where both accounts of a provider fail, the provider is held and nothing beneath it, and no one else."""
    state, _ = started(MAIN, SPARE, ELSEWHERE)
    fails(state, MAIN, cause)
    alone = held(state)
    fails(state, SPARE, cause)
    (hold,) = state.holds()

    assert Kind.PROVIDER not in {domain.kind for domain in alone}
    assert (ACME_HELD, cause, "runtime.together") == (hold.domain, hold.cause, hold.rule)
    assert isinstance(state.acquire(ELSEWHERE), Lease)


def test_calls_that_wait_anywhere_at_the_provider_are_moved():
    """The hold of a provider moves what waits on each of its deployments, those that never failed included."""

    class Waiter:
        def moved(self, domain, cause):
            """Only its being listed matters here."""

    third = replace(deployment("third", of=ACME), account=ACME.accounts["spare"])
    state, _ = started(MAIN, SPARE, third, ELSEWHERE)
    here, there = Waiter(), Waiter()
    state.wait(third, here)
    state.wait(ELSEWHERE, there)
    fails(state, MAIN)

    assert (here,) == fails(state, SPARE)[-1].waiting


def test_one_trial_opens_the_provider_as_one():
    """When it is due, one call tries the provider, whichever deployment it is for; its success is for all."""
    state, clock = started(MAIN, SPARE)
    fails(state, MAIN)
    fails(state, SPARE)
    clock.advance(1.0)
    trial = state.acquire(SPARE)
    others = [state.acquire(MAIN), state.acquire(SPARE)]
    (change,) = state.apply(trial, None)
    clock.advance(4.0)

    assert (ACME_HELD,) == trial.trials
    assert all(isinstance(other, Refusal) for other in others)
    assert (ACME_HELD, Phase.RAMP) == (change.domain, change.after.phase)
    assert isinstance(state.acquire(MAIN), Lease)
    assert set() == held(state)


def test_a_failed_trial_holds_the_provider_for_longer():
    """A trial that fails as before holds the whole provider again, once more."""
    state, clock = started(MAIN, SPARE)
    fails(state, MAIN)
    fails(state, SPARE)
    clock.advance(1.0)
    fails(state, MAIN, times=1)
    hold = state.hold_of(ACME_HELD)

    assert (Phase.OPEN, 2) == (hold.phase, hold.times)
    assert isinstance(state.acquire(SPARE), Refusal)


def test_two_providers_on_one_upstream_that_fail_together_are_its_failure():
    """Where the providers on an upstream fail, it is held in their stead; who does not stand on it serves."""
    routes = [deployment(name, of=provider(name, upstreams=("cloud",))) for name in ("one", "two")]
    state, _ = started(*routes, ELSEWHERE)
    fails(state, routes[0])
    fails(state, routes[1])

    assert {CLOUD_HELD} == held(state)
    assert isinstance(state.acquire(ELSEWHERE), Lease)


def test_a_provider_that_was_held_becomes_part_of_its_upstream():
    """A provider's hold is merged into that of the upstream once another provider on it fails as well."""
    acme = replace(ACME, upstreams=("cloud",))
    main, spare = replace(MAIN, provider=acme), replace(SPARE, provider=acme)
    other = deployment("other", of=provider("other", upstreams=("cloud",)))
    state, _ = started(main, spare, other)
    fails(state, main)
    fails(state, spare)
    before = held(state)
    fails(state, other)

    assert {ACME_HELD} == before
    assert {CLOUD_HELD} == held(state)


@pytest.mark.parametrize("cause", SPREADING)
def test_one_that_fails_alone_holds_nothing_wider(cause):
    """A deployment that is all its provider has here fails by itself."""
    state, _ = started(ELSEWHERE, MAIN)
    fails(state, ELSEWHERE, cause)
    (hold,) = state.holds()

    assert hold.domain.kind in {Kind.DEPLOYMENT, Kind.ENDPOINT}


def test_half_is_not_most():
    """Where as many of a provider's deployments stand as fail, the provider is not held."""
    routes = [deployment(f"d{place}", of=ACME) for place in range(4)]
    state, _ = started(*routes)
    fails(state, routes[0])
    fails(state, routes[1])
    half = held(state)
    fails(state, routes[2])

    assert {Kind.DEPLOYMENT} == {domain.kind for domain in half}
    assert {ACME_HELD} == held(state)


def test_two_models_of_one_place_are_no_provider():
    """Deployments of one account, region and endpoint that fail together may have a reason of their own."""
    routes = [deployment(name, of=ACME, url="https://acme.test/v1") for name in ("small", "large")]
    state, _ = started(*routes)
    fails(state, routes[0])
    fails(state, routes[1])

    assert {Kind.DEPLOYMENT} == {domain.kind for domain in held(state)}


def test_an_endpoint_that_explains_it_is_enough():
    """Two accounts lost with their one endpoint leave the provider's other endpoint in use."""
    url = "https://acme.test/v1"
    main, spare = replace(MAIN, url=url), replace(SPARE, url=url)
    third = deployment("third", of=ACME)
    state, _ = started(main, spare, third)
    fails(state, main, Cause.NETWORK)

    assert {Kind.ENDPOINT} == {domain.kind for domain in held(state)}
    assert isinstance(state.acquire(spare), Refusal)
    assert isinstance(state.acquire(third), Lease)


@pytest.mark.parametrize("cause", [Cause.OVERLOADED, Cause.THROTTLED, Cause.SUSPENDED, Cause.AUTH])
def test_what_has_its_reason_at_the_account_does_not_spread(cause):
    """Accounts that are refused together are each refused; their provider is not held for it."""
    state, _ = started(MAIN, SPARE)
    for each in (MAIN, SPARE):
        fails(state, each, cause, times=5)

    assert {Kind.PROVIDER, Kind.UPSTREAM}.isdisjoint(domain.kind for domain in held(state))
    assert len(held(state)) > 1


def test_an_operators_hold_beneath_stays():
    """What a person held stays held when the provider recovers."""
    state, clock = started(MAIN, SPARE, replace(deployment("third", of=ACME), account=ACME.accounts["spare"]))
    mine = Domain(Kind.DEPLOYMENT, "third")
    state.place([by_operator(mine, "maintenance", clock.now(), None)])
    fails(state, MAIN)
    fails(state, SPARE)
    together = held(state)
    clock.advance(1.0)
    state.apply(state.acquire(MAIN), None)
    clock.advance(4.0)

    assert {ACME_HELD, mine} == together
    assert {mine} == held(state)


def test_a_stated_hold_beneath_stays():
    """A deployment that said when it will be back is not asked earlier because its provider is back."""
    state, clock = started(MAIN, SPARE)
    fails(state, MAIN, times=1, retry_after_s=120.0)
    fails(state, SPARE)
    together = held(state)
    clock.advance(1.0)
    trial = state.acquire(SPARE)
    state.apply(trial, None)
    clock.advance(4.0)

    assert {ACME_HELD, Domain(Kind.DEPLOYMENT, "main")} == together
    assert isinstance(state.acquire(SPARE), Lease)
    assert isinstance(state.acquire(MAIN), Refusal)
    clock.advance(120.0)
    assert isinstance(state.acquire(MAIN), Lease)


def test_a_held_provider_is_not_held_again_by_late_failures():
    """Calls that were under way when the provider was held tell nothing new, and hold nothing beneath it."""
    state, _ = started(MAIN, SPARE)
    late = [state.acquire(each) for each in (MAIN, SPARE) for _ in range(5)]
    fails(state, MAIN)
    fails(state, SPARE)
    before = state.hold_of(ACME_HELD)
    for lease in late:
        state.apply(lease, Fault(cause=Cause.OUTAGE, scope=Scope.DEPLOYMENT))

    assert before == state.hold_of(ACME_HELD)
    assert {ACME_HELD} == held(state)
