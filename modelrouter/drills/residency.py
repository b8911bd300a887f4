"""An independent reader of the twins' logs: did any data go where it may not?

It reads the same facts as the router's own policy and shares no code with it, so that a mistake there is
seen here. It knows where data may be processed, who may order the provider off, and for how long what is
sent may be kept where somebody said how long it is; other rules of a policy (weights, developer, …) are not its business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from modelrouter.core.inventory import Deployment, Inventory, Process
    from modelrouter.core.rules import Policy

__all__ = ["breaches"]

HOUR = 3600.0


def breaches(inventory: Inventory, process: Process, deployment: Deployment) -> list[str]:
    """Why this process's data may not be sent to this deployment; empty where it may."""
    places, ruler = deployment.processing, (deployment.provider.headquarters,)
    found: list[str] = []
    if process.data.processing:
        found.extend(_outside(inventory, places, process.data.processing, "processed in"))
    kept, longest = deployment.retention_s, process.data.retention_s
    if longest is not None and kept is None and not deployment.provider.local:
        found.append("kept nobody knows how long")
    if kept is not None and longest is not None and kept > longest:
        found.append(f"kept for {kept / HOUR:g} h, {longest / HOUR:g} h are allowed")
    for policy in inventory.policies:
        if not _concerns(policy, process):
            continue
        for rule in policy.rules:
            seat = rule.fact == "headquarters"
            if rule.fact != "processing" and not seat:
                continue
            values, verb = (ruler, "headquarters in") if seat else (places, "processed in")
            if rule.allowed is not None:
                found.extend(_outside(inventory, values, rule.allowed, verb))
            found.extend(f"{verb} {value}" for value in values if _touches(inventory, value, rule.denied))
    return list(dict.fromkeys(found))


def _concerns(policy: Policy, process: Process) -> bool:
    facts = {
        "process": process.id,
        "criticality": process.criticality,
        "owner": process.owner,
        "data.class": process.data.cls,
    }
    return all(facts.get(fact) in values for fact, values in policy.when.items())


def _outside(inventory: Inventory, values: Collection[str], allowed: Collection[str], verb: str) -> Iterator[str]:
    """Each value that lies in none of the allowed places; one sentence where nothing is known."""
    if not values:
        yield f"{verb} nobody knows where"
    inside = set(allowed).union(*(inventory.regions.get(place, frozenset()) for place in allowed))
    yield from (f"{verb} {value}" for value in values if value not in inside)


def _touches(inventory: Inventory, value: str, denied: Collection[str]) -> bool:
    """Whether a value is, lies in, or contains a denied place."""
    members = inventory.regions.get(value, frozenset()) | {value}
    return any(place in members or value in inventory.regions.get(place, frozenset()) for place in denied)
