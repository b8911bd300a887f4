"""May this deployment serve this process? By which rule not?

A list-valued fact satisfies a rule only if all its members do. A fact nobody stated satisfies no
rule that asks for certain values: what is unknown is not permitted.
"""

from __future__ import annotations

from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.inventory import Rule
from modelrouter.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from modelrouter.core.context import Context
    from modelrouter.core.inventory import Deployment, Inventory, Policy, Process


class Objection(NamedTuple):
    """Why a deployment may not serve: the rule, and the fact that breaks it."""

    rule: str
    why: str


def _known(*values: str | None) -> tuple[str, ...]:
    return tuple(value for value in values if value is not None)


FACTS: Mapping[str, Callable[[Deployment], tuple[str, ...]]] = MappingProxyType(
    {
        "processing": lambda deployment: deployment.processing,
        "region": lambda deployment: _known(deployment.region),
        "egress": lambda deployment: _known(deployment.egress),
        "provider": lambda deployment: (deployment.provider.id,),
        "company": lambda deployment: (deployment.provider.company,),
        "headquarters": lambda deployment: (deployment.provider.headquarters,),
        "developer": lambda deployment: (deployment.model.developer,),
        "family": lambda deployment: (deployment.model.family,),
        "origin": lambda deployment: _known(deployment.model.origin),
        "weights": lambda deployment: (deployment.model.weights,),
    }
)
"""What a policy may ask of a deployment."""

CIRCUMSTANCES: Mapping[str, Callable[[Process, Context], tuple[str, ...]]] = MappingProxyType(
    {
        "process": lambda process, _: (process.id,),
        "criticality": lambda process, _: (process.criticality,),
        "owner": lambda process, _: (process.owner,),
        "data.class": lambda process, context: _known(process.data.cls, *context.data_classes),
        "country": lambda _, context: _known(context.country),
    }
)
"""What a policy's `when` may ask of a process and a request: one matching value is enough."""
DAY_S = 86400
CASELESS = frozenset({"data.class", "country"})
"""Callers write these by hand: a capital must not lift a policy."""


def objections(inventory: Inventory, process: Process, context: Context, deployment: Deployment) -> Iterator[Objection]:
    """Every reason why policy keeps this deployment from serving this process."""
    if process.data.processing:
        residency = Rule(fact="processing", allowed=frozenset(process.data.processing))
        yield from broken(f"{process.id}.data.processing", residency, deployment, inventory)
    if process.data.retention_s is not None:
        yield from _kept(f"{process.id}.data.retention", process.data.retention_s, deployment)
    for policy in inventory.policies:
        if applies(policy, process, context):
            for rule in policy.rules:
                yield from broken(policy.id, rule, deployment, inventory)


def refuse_unknown(inventory: Inventory, context: Context) -> None:
    """Refuse a data class that no process and no policy knows: misspelt, it would drop the policy it was meant for.

    Raises BadRequestError with near misses.
    """
    if not context.data_classes:
        return
    meant = {value for policy in inventory.policies for value in policy.when.get("data.class", ())}
    known = {word.casefold() for word in meant | {process.data.cls for process in inventory.processes.values()}}
    for word in sorted(context.data_classes - known):
        near = get_close_matches(word, known, 1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(sorted(known))}"
        raise BadRequestError(f"no process and no policy knows the data class {word!r}{hint}")


def applies(policy: Policy, process: Process, context: Context) -> bool:
    """Whether every condition of `when` is met."""
    return all(_meets(fact, values, CIRCUMSTANCES[fact](process, context)) for fact, values in policy.when.items())


def _meets(fact: str, values: frozenset[str], stated: tuple[str, ...]) -> bool:
    if fact not in CASELESS:
        return not values.isdisjoint(stated)
    return not {value.casefold() for value in values}.isdisjoint(value.casefold() for value in stated)


def broken(name: str, rule: Rule, deployment: Deployment, inventory: Inventory) -> Iterator[Objection]:
    """Every way in which a deployment breaks one rule; `name` is what the objections cite."""
    values = FACTS[rule.fact](deployment)
    if rule.allowed is not None and not values:
        yield Objection(name, f"{rule.fact} is not stated")
    for value in values:
        if rule.allowed is not None and not _within(value, rule.allowed, inventory):
            yield Objection(name, f"{rule.fact} {value} is not in {', '.join(sorted(rule.allowed))}")
        if _within(value, rule.denied, inventory) or _contains(value, rule.denied, inventory):
            yield Objection(name, f"{rule.fact} {value} is excluded")


def _kept(name: str, longest_s: float, deployment: Deployment) -> Iterator[Objection]:
    """Why what is sent there would be kept for too long; not knowing is a reason, but for one's own servers."""
    kept_s = deployment.retention_s
    if kept_s is None and not deployment.provider.local:
        yield Objection(name, "retention is not stated")
    elif kept_s is not None and kept_s > longest_s:
        yield Objection(name, f"retention {kept_s / DAY_S:g} days is longer than {longest_s / DAY_S:g}")


def _within(value: str, groups: frozenset[str], inventory: Inventory) -> bool:
    return value in groups or any(value in inventory.regions.get(group, ()) for group in groups)


def _contains(value: str, members: frozenset[str], inventory: Inventory) -> bool:
    return not members.isdisjoint(inventory.regions.get(value, ()))
