"""The facts that a deployment would need to have, which no inventory names yet, to stand in for what a process lacks.

It shares nothing that must not be shared, is permitted by every policy that binds the processes it is for, and can do what
they need. Names are placeholders; what matters are the facts. Every rule of a policy asks for one fact, so each fact is
chosen by itself: the first value, from what is nearest at hand, that every rule allows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import ceil
from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.continuity.vectors import BOUND, CAPABILITY, WIRE, vectors
from modelrouter.core.candidates import candidates
from modelrouter.core.context import NOBODY
from modelrouter.core.inventory import Account, Demand, Deployment, Limits, Model, Provider
from modelrouter.core.known import LISTS, PLACES
from modelrouter.core.policy import broken, demands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from modelrouter.core.inventory import Inventory, Process
    from modelrouter.core.rules import Rule

__all__ = ["Newcomer", "newcomer"]

USUAL_CONTEXT = 128_000
"""Tokens, for a process that states no need and has no route: what many models hold."""
USUAL_PLACES = ("US", "FR", "DE", "GB", "CA", "JP")
"""Countries to try where nothing in the inventory names any: a convention, and marked as a guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A deployment to look for, with its provider and its model."""

    deployment: Deployment
    serves: tuple[str, ...]
    """The processes that it is for."""
    avoids: tuple[str, ...]
    """The factors that it must not depend on, sorted by name."""
    known_model: bool = False
    """Its model is one that the inventory has: nothing but that one makes the same vectors."""
    assumed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Fact → why it is only a guess: nothing in the inventory asks for it."""


def newcomer(inventory: Inventory, processes: Sequence[Process], avoid: Iterable[str], name: str) -> Newcomer | str:
    """Choose its facts; or say, in a sentence, why there are none.

    `avoid` are names of factors; `name` must be new to the inventory, as a deployment and with `-provider` and `-model`.
    Processes that live on embeddings must all live on those of one model.
    """
    if vectors(processes[0]) is None and any(CAPABILITY in each.needs.capabilities for each in processes):
        return "it needs embeddings, and its route is not of embeddings, which no addition may mix"
    shunned = frozenset(avoid)
    made = _promised(_draft(processes, name), [rule for each in processes for _, rule in _rules(inventory, each)])
    for fact, setter in _SETTERS.items():
        given = fact in _OF_MODELS and vectors(processes[0]) is not None
        for value in (None,) if given else _options(inventory, processes, shunned, fact, name):
            tried = made if given else setter(made, value)
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
    return Newcomer(
        deployment=made,
        serves=tuple(each.id for each in processes),
        avoids=tuple(sorted(shunned)),
        known_model=vectors(processes[0]) is not None,
        assumed=MappingProxyType(dict(_assumed(inventory, processes, made, shunned))),
    )


def _assumed(
    inventory: Inventory, processes: Sequence[Process], made: Deployment, shunned: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """What was chosen, and why it is only a guess."""
    lost = sorted(name.partition(":")[2] for name in shunned if name.startswith("jurisdiction:"))
    home = inventory.entity.country if inventory.entity else None
    where = "home" if made.provider.headquarters == home else "one of those that would do"
    yield "headquarters", f"assumed, {where}" + (f"; anywhere but {', '.join(lost)}" if lost else "")
    if not any(rule.fact == "processing" for each in processes for _, rule in _rules(inventory, each)):
        yield "processing", "assumed, nothing says where data may be processed"
    if any(not each.needs.context for each in processes):
        yield "context", "assumed, as much as the present routes hold where no needs.context is stated"
    if not made.model.capabilities:
        yield "capabilities", "no process states what it needs (needs.capabilities)"
    if any(each.demand == Demand() for each in processes):
        yield "limits", "not every demand is stated, so nobody knows what it must carry"


def _draft(processes: Sequence[Process], name: str) -> Deployment:
    key = f"env:{name.upper().replace('-', '_').replace('.', '_')}_KEY"
    account = Account(provider=f"{name}-provider", name="main", key=key)
    provider = Provider(id=f"{name}-provider", company="", headquarters="", vendor="openai", accounts={"main": account})
    outputs = [each.needs.output for each in processes if each.needs.output is not None]
    model = vectors(processes[0]) or Model(
        id=f"{name}-model",
        developer="",
        family="",
        context=max(map(_context, processes)),
        output=max(outputs, default=None),
        capabilities=frozenset().union(*(each.needs.capabilities for each in processes)),
    )
    rpm = sum(each.demand.rpm * each.demand.peak * each.objectives.minimum for each in processes)
    return Deployment(
        id=name,
        provider=provider,
        account=account,
        model=model,
        wire=WIRE if vectors(processes[0]) else "openai-chat",
        url=f"https://{name}.example/v1",
        name=model.id,
        limits=Limits(rpm=ceil(rpm) or None),
    )


def _promised(made: Deployment, rules: Sequence[Rule]) -> Deployment:
    """With what its provider must promise: all that any rule asks for, and nothing where none does."""
    held = {fact: frozenset[str]().union(*(rule.has for rule in rules if rule.fact == fact)) for fact in LISTS}
    training = [rule.flag for rule in rules if rule.fact == "training"]
    return replace(
        made,
        certifications=tuple(sorted(held["certifications"])),
        export_licences=tuple(sorted(held["export_licences"])),
        training=training[0] if training else None,
        retention_s=min((rule.at_most for rule in rules if rule.at_most is not None), default=None),
    )


def _context(process: Process) -> int:
    """Tokens that it needs; where that is not stated, as many as anybody holds who may be asked today."""
    return process.needs.context or max((each.model.context for each in process.routes), default=USUAL_CONTEXT)


def _provider(fact: str) -> Callable[[Deployment, str | None], Deployment]:
    def put(deployment: Deployment, value: str | None) -> Deployment:
        return replace(deployment, provider=replace(deployment.provider, **{fact: value}))  # type: ignore[arg-type]  # one of its texts

    return put


def _model(fact: str) -> Callable[[Deployment, str | None], Deployment]:
    def put(deployment: Deployment, value: str | None) -> Deployment:
        return replace(deployment, model=replace(deployment.model, **{fact: value}))  # type: ignore[arg-type]  # one of its texts

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
    "storage": lambda deployment, value: replace(deployment, storage=(value,) if value else ()),
    "owner": _provider("owner"),
    "licence": _model("licence"),
    "export_class": _model("export_class"),
    "provider": lambda deployment, _: deployment,
}
"""Every fact in words that a policy may ask for. A new provider has a new name, whatever the policy would like."""

_SHUNNED = {"headquarters": "jurisdiction", "company": "company", "developer": "developer", "family": "family"}
"""The facts that are factors, too."""
_OF_MODELS = frozenset({*BOUND, "origin", "weights", "licence", "export_class"})
"""The facts that come with a model."""
_UNSTATED = frozenset({"origin", "region", "egress", "storage", "owner", "licence", "export_class"})
"""The facts that may stay unsaid where no policy asks."""


def _options(
    inventory: Inventory, processes: Sequence[Process], shunned: frozenset[str], fact: str, name: str
) -> Iterator[str | None]:
    """Values to try, the likeliest first."""
    asked = [rule for each in processes for _, rule in _rules(inventory, each) if rule.fact == fact]
    wanted = sorted(value for rule in asked for value in rule.allowed or ())
    if fact in _UNSTATED:
        yield None
    usual = ["closed", "open"] if fact == "weights" else [f"{name}-{fact}"]
    values = _countries(inventory, processes, wanted) if fact in PLACES else [*usual, *wanted]
    kind = _SHUNNED.get(fact)
    yield from (value for value in values if f"{kind}:{value}" not in shunned)


def _countries(inventory: Inventory, processes: Sequence[Process], wanted: Iterable[str]) -> Iterator[str]:
    """Home first, then where users are, where something is served already, what policies name, usual ones, the rest."""
    groups = inventory.regions
    home = [inventory.entity.country] if inventory.entity and inventory.entity.country else []
    users = [place for each in processes for place in each.users]
    served = [each.headquarters for each in sorted(inventory.providers.values(), key=lambda each: not each.local)]
    named = [place for value in wanted for place in (value, *sorted(groups.get(value, ())))]
    rest = sorted(groups.get("GLOBAL", ()))
    every = dict.fromkeys([*home, *users, *served, *named, *USUAL_PLACES, *rest])
    return (place for place in every if place not in groups)


def _rules(inventory: Inventory, process: Process) -> Iterator[tuple[str, Rule]]:
    """Everything that binds whoever serves this process, by the name under which it refuses."""
    return demands(inventory, process, NOBODY)


def _refuses(inventory: Inventory, process: Process, fact: str, made: Deployment) -> bool:
    return any(
        True
        for name, rule in _rules(inventory, process)
        if rule.fact == fact
        for _ in broken(name, rule, made, inventory)
    )
