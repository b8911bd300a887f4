"""When failures of many have one reason: the judgement alone, over every set of failing deployments."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from support.inventories import deployment, provider

from modelrouter.core.causes import PERMITS, Cause, Scope
from modelrouter.core.correlation import WIDE, as_one, beneath, further_up, spreading, spreads
from modelrouter.core.domains import Domain, Kind, domains_of
from modelrouter.core.faults import Fault
from modelrouter.core.holds import by_operator, opened, trial_passed

NAMES = ("p", "q", "r")
PLACES = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(["eu", "us"])), min_size=1, max_size=6)


def fault(cause: Cause = Cause.OUTAGE, **facts) -> Fault:
    """A fault of one deployment."""
    return Fault(cause=cause, scope=Scope.DEPLOYMENT, **facts)


def hold(domain: Domain, cause: Cause = Cause.OUTAGE, **facts):
    """A hold that a fault opened."""
    return opened(None, domain, fault(cause, **facts), 0.0, 0.5)


def estate(places):
    """Deployments of providers on one upstream, in regions of theirs."""
    providers = {name: provider(name, upstreams=("cloud",)) for name in NAMES}
    return [deployment(f"d{number}", of=providers[name], region=region) for number, (name, region) in enumerate(places)]


@given(PLACES, st.sets(st.integers(0, 5)))
def test_the_widest_that_mostly_fails_is_named(places, down):
    """A wider domain is named exactly where more than half of it fails, in two places that differ; else none."""
    deployments = estate(places)
    failing = [each for number, each in enumerate(deployments) if number in down]
    held = {domains_of(each)[0]: hold(domains_of(each)[0]) for each in failing}
    for each in failing:
        named = further_up(each, deployments, held)
        peers = [other for other in deployments if other.provider is each.provider]
        lost = [other for other in peers if other in failing]
        provider_fails = 2 * len(lost) > len(peers) and len(lost) > 1
        upstream_fails = 2 * len(failing) > len(deployments) and len({other.provider.id for other in failing}) > 1
        expected = Kind.UPSTREAM if upstream_fails else Kind.PROVIDER if provider_fails else None

        assert expected == (named and named.kind)
        assert named is None or (named in domains_of(each) and named.kind in WIDE)


@given(PLACES)
def test_what_is_merged_lies_within(places):
    """Only holds on domains of the wider one's own deployments become part of it, and never itself."""
    deployments = estate(places)
    held = {domain: hold(domain) for each in deployments for domain in domains_of(each)}
    wide = Domain(Kind.PROVIDER, deployments[0].provider.id)
    outside = {domain for each in deployments if wide not in domains_of(each) for domain in domains_of(each)}

    part = set(beneath(wide, deployments, held))

    assert wide not in part
    assert part.isdisjoint(outside)
    assert domains_of(deployments[0])[0] in part


def test_only_what_may_have_its_reason_further_up_spreads():
    """Outages, lost connections and silence spread; what is said of an account or a request does not."""
    expected = {Cause.OUTAGE, Cause.NETWORK, Cause.TIMEOUT}

    assert expected == {cause for cause in Cause if spreading(fault(cause))}
    domain = Domain(Kind.DEPLOYMENT, "d")
    assert expected == {cause for cause in Cause if PERMITS[cause].opens and spreads(hold(domain, cause))}


def test_what_returns_and_what_a_person_holds_is_no_failure():
    """A deployment on its way back is no sign of failure, and an operator's hold is none."""
    domain = Domain(Kind.DEPLOYMENT, "d")

    assert not spreads(trial_passed(hold(domain), 0.0))
    assert not spreads(by_operator(domain, "maintenance", 0.0, None))


def test_stated_holds_are_not_merged():
    """What a provider stated keeps its end."""
    one = deployment("one")
    domain = domains_of(one)[0]
    wide = Domain(Kind.PROVIDER, one.provider.id)

    assert [domain] == beneath(wide, [one], {domain: hold(domain)})
    assert [] == beneath(wide, [one], {domain: hold(domain, retry_after_s=60.0)})


def test_what_one_hold_explains_needs_no_wider_one():
    """However many deployments one endpoint takes with it, its own hold is enough; a second sign is needed."""
    acme = provider("acme")
    lost = [deployment(name, of=acme, url="https://acme.test/v1", region=name) for name in ("eu", "us")]
    other = deployment("other", of=acme)
    endpoint = Domain(Kind.ENDPOINT, "https://acme.test")
    held = {endpoint: hold(endpoint, Cause.NETWORK)}

    assert further_up(lost[0], [*lost, other], held) is None
    held[domains_of(other)[0]] = hold(domains_of(other)[0])
    assert Domain(Kind.PROVIDER, "acme") == further_up(lost[0], [*lost, other], held)


def test_the_fault_as_one_tells_of_the_latest_sign():
    """The wider fault keeps the cause, says whose it is, and never grows beyond what a record holds."""
    domain = Domain(Kind.PROVIDER, "acme")
    told = as_one(domain, replace(fault(Cause.TIMEOUT), evidence="x" * 1000))

    assert (Cause.TIMEOUT, "runtime.together") == (told.cause, told.rule)
    assert "provider:acme" in told.evidence
    assert 300 == len(told.evidence)
