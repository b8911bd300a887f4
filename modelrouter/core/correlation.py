"""Failure that has one reason further up: a provider's deployments, or an upstream's, that fail together.

One deployment that fails is its own affair. Where more than half of a provider's fail at a time, in at
least two of its accounts, regions or endpoints, the provider is what fails; where more than half of the
deployments on an upstream do, of at least two providers, the upstream is. What one narrower hold explains
needs no wider one. Then the wider domain is held,
and opened again as one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.core.causes import PERMITS
from modelrouter.core.domains import Domain, Kind, domains_of, endpoint_of
from modelrouter.core.faults import Fault
from modelrouter.core.holds import Phase

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from modelrouter.core.holds import Hold
    from modelrouter.core.inventory import Deployment

WIDE = frozenset({Kind.PROVIDER, Kind.UPSTREAM})
"""What can be held for the failures of many."""
APART = 2
"""So many places must fail for the reason to lie further up."""


def spreads(hold: Hold) -> bool:
    """Whether this hold tells of a failure that may have its reason further up."""
    opens = PERMITS[hold.cause].opens if hold.cause else None
    return hold.phase is not Phase.RAMP and opens is not None and opens.spreads


def further_up(
    deployment: Deployment, deployments: Collection[Deployment], held: Mapping[Domain, Hold]
) -> Domain | None:
    """The widest domain of this deployment that fails as one, judged by the holds that stand; None for none."""
    failing = {each.id: signs for each in deployments if (signs := _signs(each, held))}
    up = [domain for domain in domains_of(deployment) if domain.kind in WIDE]
    together = [domain for domain in up if _together(domain, deployments, failing)]
    return together[-1] if together else None


def beneath(domain: Domain, deployments: Iterable[Deployment], held: Mapping[Domain, Hold]) -> list[Domain]:
    """The holds that are part of a wider one: of the same kind of failure, on domains of its deployments alone.

    What a provider stated stays: its end is known, that of the wider hold is not.
    """
    members = [domains_of(each) for each in deployments if domain in domains_of(each)]
    others = [domains_of(each) for each in deployments if domain not in domains_of(each)]
    inside = {each for domains in members for each in domains} - {each for domains in others for each in domains}
    return [
        each for each in inside if each != domain and each in held and spreads(held[each]) and not held[each].stated
    ]


def _signs(deployment: Deployment, held: Mapping[Domain, Hold]) -> frozenset[Domain]:
    """The holds that tell that it fails."""
    return frozenset(domain for domain in domains_of(deployment) if domain in held and spreads(held[domain]))


def _together(domain: Domain, deployments: Collection[Deployment], failing: Mapping[str, frozenset[Domain]]) -> bool:
    members = [each for each in deployments if domain in domains_of(each)]
    down = [each for each in members if each.id in failing]
    if 2 * len(down) <= len(members) or frozenset.intersection(*(failing[each.id] for each in down)):
        return False
    if domain.kind is Kind.UPSTREAM:
        return len({each.provider.id for each in down}) >= APART
    return len({(each.account and each.account.name, each.region, endpoint_of(each)) for each in down}) >= APART


def spreading(fault: Fault) -> bool:
    """Whether a fault is of the kind that may have its reason further up."""
    opens = PERMITS[fault.cause].opens
    return opens is not None and opens.spreads


def as_one(domain: Domain, fault: Fault) -> Fault:
    """The fault of a wider domain, of which this one is the latest sign."""
    evidence = f"most deployments of {domain} fail together; the latest: {fault.evidence}"
    return Fault(cause=fault.cause, scope=fault.scope, rule="runtime.together", evidence=evidence[:300])
