"""Whom a router holds beside those that a fault hits: replies may mean more than what really failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.core.classify import classify
from modelrouter.core.domains import HELD, domains_of, held_domain
from modelrouter.core.faults import Evidence
from modelrouter.drills.faults import dialect, row
from modelrouter.drills.twins.effects import STATED, Effect
from modelrouter.drills.twins.failure import Facts, failure

if TYPE_CHECKING:
    from modelrouter.continuity.factors import Graph
    from modelrouter.core.causes import Cause, Scope
    from modelrouter.core.domains import Domain
    from modelrouter.core.inventory import Deployment
    from modelrouter.drills.scenario import Blow

__all__ = ["held_with"]


def held_with(blow: Blow, graph: Graph) -> frozenset[str]:
    """The deployments that are not hit and share a domain that is held; none where something fails in part only."""
    if not blow.total:
        return frozenset()
    deployments = graph.inventory.deployments
    held = {domain for each in blow.deployments if (domain := _held(blow, deployments[each])) is not None}
    return frozenset(
        name
        for name, each in deployments.items()
        if name not in blow.deployments and not held.isdisjoint(domains_of(each))
    )


def _held(blow: Blow, deployment: Deployment) -> Domain | None:
    """What one reply has held: read off the vendor's own words where it is one that states something."""
    if blow.effect in STATED:
        cause, scope = _read(deployment.provider.vendor, Effect(blow.effect), deployment.name)
        return held_domain(cause, scope, deployment)
    kind = None if blow.cause is None else HELD.get(blow.cause)
    return next((domain for domain in domains_of(deployment) if domain.kind is kind), None)


def _read(vendor: str, effect: Effect, model: str) -> tuple[Cause, Scope]:
    """What the router makes of a vendor's row."""
    speaks = dialect(vendor)
    said = failure(speaks, row(speaks, effect), Facts(number=1, model=model))
    headers = {name.lower(): value for name, value in said.headers.items()}
    fault = classify(Evidence(vendor=vendor, status=said.status, headers=headers, body=said.body.decode()))
    return fault.cause, fault.scope
