"""What is allowed, but hardly meant: findings about an inventory that loads."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.core.candidates import candidates
from modelrouter.core.context import Context
from modelrouter.core.known import LISTS, WORDS
from modelrouter.core.policy import CIRCUMSTANCES
from modelrouter.inventory.health import unasked_checks
from modelrouter.inventory.masking import shown
from modelrouter.inventory.problems import Finding
from modelrouter.inventory.spelling import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from modelrouter.core.candidates import Candidates
    from modelrouter.core.inventory import Inventory
    from modelrouter.core.rules import Policy
    from modelrouter.inventory.problems import Path

_NEEDED = ("critical", "important")
_WIRE_OF_END: Mapping[str, str] = MappingProxyType(
    {
        "/v1/messages": "anthropic-messages",
        "/messages": "anthropic-messages",
        "/chat/completions": "openai-chat",
        "/embeddings": "openai-embeddings",
        "/responses": "openai-responses",
    }
)
_WORDED_FACTS = ("provider", "company", "developer", "family", "licence", "certifications")
_WORDED_CONDITIONS = ("process", "criticality", "owner", "data.class", "segment")


def advice(inventory: Inventory) -> Iterator[Finding]:
    """Everything worth a second look, on any day: warnings, and an error where nobody may serve what the business needs."""
    yield from _unserved(inventory)
    slips = (*_unused(inventory), *_mistyped(inventory), *_whole_paths(inventory), *_too_patient(inventory))
    for finding in (*slips, *unasked_checks(inventory)):
        yield finding._replace(severity="warning")


def _unserved(inventory: Inventory) -> Iterator[Finding]:
    """Processes that no deployment of their route may serve, whatever the request; a policy with a term is no error."""
    if not inventory.processes:
        hint = "Without processes nothing can be asked for and nothing rehearsed."
        yield Finding((), "no process is described", hint, severity="warning")
    lasting = replace(
        inventory, policies=tuple(each for each in inventory.policies if each.begins is each.ends is None)
    )
    for process in inventory.processes.values():
        found = candidates(inventory, process, Context())
        if not found.permitted:
            never = not candidates(lasting, process, Context()).permitted
            yield Finding(
                ("processes", process.id, "routes"),
                "no deployment of the route may serve this process",
                f"{_reasons(found)}.",
                severity="error" if never and process.criticality in _NEEDED else "warning",
            )


def _reasons(found: Candidates) -> str:
    """`gpt: eu-personal (processing US is not in EU); …`, each deployment once."""
    reasons: dict[str, list[str]] = {}
    for deployment, rule, why in found.excluded:
        reasons.setdefault(deployment.id, []).append(f"{rule} ({why})")
    return "; ".join(f"{deployment}: {', '.join(told)}" for deployment, told in reasons.items())


def _whole_paths(inventory: Inventory) -> Iterator[Finding]:
    """Addresses that end with the path of a request: a base address is wanted, the wire adds the path."""
    for deployment in inventory.deployments.values():
        ends = (end for end in _WIRE_OF_END if deployment.url is not None and deployment.url.endswith(end))
        end = next(ends, None)
        if deployment.url is None or end is None:
            continue
        base = shown(deployment.url.removesuffix(end)).strip("'")
        foreign = f", and `wire: {_WIRE_OF_END[end]}` if that is what it speaks" * (
            deployment.wire != _WIRE_OF_END[end]
        )
        path = ("deployments", deployment.id, "url")
        yield Finding(path, f"{end} is added by the wire", f"Write `url: {base}`{foreign}.")


def _too_patient(inventory: Inventory) -> Iterator[Finding]:
    for process in inventory.processes.values():
        goals = process.objectives
        if goals.first_token_s is not None and goals.first_token_s > goals.deadline_s:
            yield Finding(
                ("processes", process.id, "objectives", "first_token"),
                f"one attempt may stay silent longer than the whole answer may take, {goals.deadline_s:g} s",
                "Write less than `deadline`, so that time is left for the next deployment.",
            )


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
            {
                *(provider.contract for provider in inventory.providers.values()),
                *(contract.under for contract in inventory.contracts.values()),
            },
        ),
    }
    for section, (message, names, wanted) in used.items():
        for name in names:
            if name not in wanted:
                yield Finding((section, name), message, "Use it or delete it.", at_key=True)


def _mistyped(inventory: Inventory) -> Iterator[Finding]:
    """Values of policies that match nothing in the inventory but are nearly something that does."""
    ask = {**WORDS, **LISTS}
    facts = {
        fact: {value for each in inventory.deployments.values() for value in ask[fact](inventory, each)}
        for fact in _WORDED_FACTS
    }
    for index, policy in enumerate(inventory.policies):
        for condition, values in policy.when.items():
            known = _circumstances(inventory, condition)
            yield from _near_misses(("policies", index, "when", condition), values, known)
        yield from _rules(policy, index, facts)


def _rules(policy: Policy, index: int, facts: dict[str, set[str]]) -> Iterator[Finding]:
    for rule in policy.rules:
        for side, values in (("in", rule.allowed or frozenset()), ("not_in", rule.denied), ("has", rule.has)):
            yield from _near_misses(("policies", index, rule.fact, side), values, facts.get(rule.fact, set()))


def _circumstances(inventory: Inventory, condition: str) -> set[str]:
    if condition not in _WORDED_CONDITIONS:
        return set()
    ask = CIRCUMSTANCES[condition]
    return {value for process in inventory.processes.values() for value in ask(process, Context())}


def _near_misses(path: Path, values: Iterable[str], known: set[str]) -> Iterator[Finding]:
    folded = {each.casefold() for each in known}
    for value in sorted(values):
        near = nearest(value, known) if value.casefold() not in folded else None
        if near is not None:
            yield Finding(path, f"nothing in this inventory is called {shown(value)}", f"Did you mean {shown(near)}?")
