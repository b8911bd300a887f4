"""The facts that a deployment would need to have, which no inventory names yet, to stand in for what a process lacks.

It shares nothing that must not be shared, is permitted by every policy that binds the processes it is for, and can do what
they need. Names are placeholders; what matters are the facts. Every rule of a policy asks for one fact, so each fact is
chosen by itself: the first value, from what is nearest at hand, that every rule allows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING

from modelrouter.core.candidates import candidates
from modelrouter.core.context import NOBODY
from modelrouter.core.inventory import Account, Deployment, Limits, Model, Provider, Rule
from modelrouter.core.policy import applies, broken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from modelrouter.core.inventory import Inventory, Process

__all__ = ["Newcomer", "newcomer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A deployment to look for, with its provider and its model."""

    deployment: Deployment
    serves: tuple[str, ...]
    """The processes that it is for."""
    avoids: tuple[str, ...]
    """The factors that it must not depend on, sorted by name."""


def newcomer(inventory: Inventory, processes: Sequence[Process], avoid: Iterable[str], name: str) -> Newcomer | str:
    """Choose its facts; or say, in a sentence, why there are none.

    `avoid` are names of factors; `name` must be new to the inventory, as a deployment and with `-provider` and `-model`.
    """
    shunned = frozenset(avoid)
    made = _draft(processes, name)
    for fact, setter in _SETTERS.items():
        for value in _options(inventory, processes, shunned, fact, name):
            tried = setter(made, value)
            if not any(_refuses(inventory, each, fact, tried) for each in processes):
                made = tried
                break
        else:
            rules = {rule for each in processes for rule, asked in _rules(inventory, each) if asked.fact == fact}
            return f"{', '.join(sorted(rules))} and independence leave no {fact} to choose"
    for process in processes:
        asked = candidates(inventory, replace(process, routes=(made,)), NOBODY)
        if asked.excluded:
            return f"{asked.excluded[0].rule} would refuse it for {process.id}: {asked.excluded[0].why}"
    return Newcomer(deployment=made, serves=tuple(each.id for each in processes), avoids=tuple(sorted(shunned)))


def _draft(processes: Sequence[Process], name: str) -> Deployment:
    key = f"env:{name.upper().replace('-', '_').replace('.', '_')}_KEY"
    account = Account(provider=f"{name}-provider", name="main", key=key)
    provider = Provider(id=f"{name}-provider", company="", headquarters="", vendor="openai", accounts={"main": account})
    outputs = [each.needs.output for each in processes if each.needs.output is not None]
    model = Model(
        id=f"{name}-model",
        developer="",
        family="",
        context=max((each.needs.context for each in processes), default=0) or 1,
        output=max(outputs, default=None),
        capabilities=frozenset().union(*(each.needs.capabilities for each in processes)),
    )
    kept = [each.data.retention_s for each in processes if each.data.retention_s is not None]
    rpm = sum(each.demand.rpm * each.demand.peak * each.objectives.minimum for each in processes)
    return Deployment(
        id=name,
        provider=provider,
        account=account,
        model=model,
        wire="openai-chat",
        url=f"https://{name}.example/v1",
        name=model.id,
        limits=Limits(rpm=ceil(rpm) or None),
        retention_s=min(kept, default=None),
    )


def _provider(field: str) -> Callable[[Deployment, str | None], Deployment]:
    def put(deployment: Deployment, value: str | None) -> Deployment:
        return replace(deployment, provider=replace(deployment.provider, **{field: value}))  # type: ignore[arg-type]  # one of its texts

    return put


def _model(field: str) -> Callable[[Deployment, str | None], Deployment]:
    def put(deployment: Deployment, value: str | None) -> Deployment:
        return replace(deployment, model=replace(deployment.model, **{field: value}))  # type: ignore[arg-type]  # one of its texts

    return put


_SETTERS: Mapping[str, Callable[[Deployment, str | None], Deployment]] = {
    "headquarters": _provider("headquarters"),
    "company": _provider("company"),
    "processing": lambda deployment, value: replace(deployment, processing=(value,) if value else ()),
    "developer": _model("developer"),
    "family": _model("family"),
    "origin": _model("origin"),
    "weights": _model("weights"),
    "region": lambda deployment, value: replace(deployment, region=value),
    "egress": lambda deployment, value: replace(deployment, egress=value),
    "provider": lambda deployment, _: deployment,
}
"""Every fact that a policy may ask for. A new provider has a new name, whatever the policy would like."""

_SHUNNED = {"headquarters": "jurisdiction", "company": "company", "developer": "developer", "family": "family"}
"""The facts that are factors, too."""
_UNSTATED = frozenset({"origin", "region", "egress"})
"""The facts that may stay unsaid where no policy asks."""
_PLACES = frozenset({"headquarters", "processing", "origin", "egress"})


def _options(
    inventory: Inventory, processes: Sequence[Process], shunned: frozenset[str], fact: str, name: str
) -> Iterator[str | None]:
    """Values to try, the likeliest first."""
    asked = [rule for each in processes for _, rule in _rules(inventory, each) if rule.fact == fact]
    wanted = sorted(value for rule in asked for value in rule.allowed or ())
    if fact in _UNSTATED:
        yield None
    usual = ["closed", "open"] if fact == "weights" else [f"{name}-{fact}"]
    values = _countries(inventory, processes, wanted) if fact in _PLACES else [*usual, *wanted]
    kind = _SHUNNED.get(fact)
    yield from (value for value in values if f"{kind}:{value}" not in shunned)


def _countries(inventory: Inventory, processes: Sequence[Process], wanted: Iterable[str]) -> Iterator[str]:
    """Home first, then where users are, where something is served already, what policies name, and the rest."""
    groups = inventory.regions
    home = [inventory.entity.country] if inventory.entity and inventory.entity.country else []
    users = [place for each in processes for place in each.users]
    served = [each.headquarters for each in sorted(inventory.providers.values(), key=lambda each: not each.local)]
    named = [place for value in wanted for place in (value, *sorted(groups.get(value, ())))]
    rest = sorted(groups.get("GLOBAL", ()))
    every = dict.fromkeys([*home, *users, *served, *named, *rest])
    return (place for place in every if place not in groups)


def _rules(inventory: Inventory, process: Process) -> Iterator[tuple[str, Rule]]:
    """Everything that binds whoever serves this process, by the name under which it refuses."""
    if process.data.processing:
        yield f"{process.id}.data.processing", Rule(fact="processing", allowed=frozenset(process.data.processing))
    for policy in inventory.policies:
        if applies(policy, process, NOBODY):
            yield from ((policy.id, rule) for rule in policy.rules)


def _refuses(inventory: Inventory, process: Process, fact: str, made: Deployment) -> bool:
    return any(
        True
        for name, rule in _rules(inventory, process)
        if rule.fact == fact
        for _ in broken(name, rule, made, inventory)
    )
