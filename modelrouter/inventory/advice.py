"""What is allowed, but hardly meant: warnings about an inventory that loads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.core.context import Context
from modelrouter.core.policy import CIRCUMSTANCES, FACTS
from modelrouter.inventory.masking import shown
from modelrouter.inventory.problems import Finding
from modelrouter.inventory.spelling import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from modelrouter.core.inventory import Deployment, Inventory, Needs, Policy
    from modelrouter.inventory.problems import Path

_WORDED_FACTS = ("provider", "company", "developer", "family")
_WORDED_CONDITIONS = ("process", "criticality", "owner", "data.class")


def advice(inventory: Inventory) -> Iterator[Finding]:
    """Everything worth a second look; each finding is a warning."""
    for finding in (*_unmet(inventory), *_unused(inventory), *_mistyped(inventory)):
        yield finding._replace(severity="warning")


def _unmet(inventory: Inventory) -> Iterator[Finding]:
    if not inventory.processes:
        yield Finding(
            (), "no process is described", "Without processes nothing can be asked for and nothing rehearsed."
        )
    for process in inventory.processes.values():
        lacks = [_lack(deployment, process.needs) for deployment in process.routes]
        if all(lacks):
            yield Finding(
                ("processes", process.id, "needs"),
                "no deployment of the route can do this",
                f"{'; '.join(filter(None, lacks))}.",
            )


def _lack(deployment: Deployment, needs: Needs) -> str:
    model = deployment.model
    missing = sorted(needs.capabilities - model.capabilities)
    if missing:
        return f"{deployment.id} lacks {', '.join(missing)}"
    return f"{deployment.id} holds {model.context:,} tokens" if needs.context > model.context else ""


def _unused(inventory: Inventory) -> Iterator[Finding]:
    routed = {deployment.id for process in inventory.processes.values() for deployment in process.routes}
    deployed = inventory.deployments.values()
    used: dict[str, tuple[str, Iterable[str], set[str | None]]] = {
        "deployments": ("no process has this deployment in its route", inventory.deployments, {*routed}),
        "models": ("no deployment runs this model", inventory.models, {deployment.model.id for deployment in deployed}),
        "providers": (
            "no deployment is with this provider",
            inventory.providers,
            {deployment.provider.id for deployment in deployed},
        ),
        "contracts": (
            "no provider is under this contract",
            inventory.contracts,
            {provider.contract for provider in inventory.providers.values()},
        ),
    }
    for section, (message, names, wanted) in used.items():
        for name in names:
            if name not in wanted:
                yield Finding((section, name), message, "Use it or delete it.", at_key=True)


def _mistyped(inventory: Inventory) -> Iterator[Finding]:
    """Values of policies that match nothing in the inventory but are nearly something that does."""
    facts = {
        fact: {value for deployment in inventory.deployments.values() for value in FACTS[fact](deployment)}
        for fact in _WORDED_FACTS
    }
    for index, policy in enumerate(inventory.policies):
        for condition, values in policy.when.items():
            known = _circumstances(inventory, condition)
            yield from _near_misses(("policies", index, "when", condition), values, known)
        yield from _rules(policy, index, facts)


def _rules(policy: Policy, index: int, facts: dict[str, set[str]]) -> Iterator[Finding]:
    for rule in policy.rules:
        for side, values in (("in", rule.allowed or frozenset()), ("not_in", rule.denied)):
            yield from _near_misses(("policies", index, rule.fact, side), values, facts.get(rule.fact, set()))


def _circumstances(inventory: Inventory, condition: str) -> set[str]:
    if condition not in _WORDED_CONDITIONS:
        return set()
    ask = CIRCUMSTANCES[condition]
    return {value for process in inventory.processes.values() for value in ask(process, Context())}


def _near_misses(path: Path, values: Iterable[str], known: set[str]) -> Iterator[Finding]:
    for value in sorted(values):
        near = nearest(value, known) if value not in known else None
        if near is not None:
            yield Finding(path, f"nothing in this inventory is called {shown(value)}", f"Did you mean {shown(near)}?")
