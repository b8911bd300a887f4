"""May this deployment serve this request? By which rule not?

A list-valued fact satisfies a rule only if all its members do. A fact nobody stated satisfies no rule that asks for
it, whatever the rule asks: what is unknown is not permitted.

A request that names a deployment belongs to no process that anybody could judge it by. It is held to what binds a
request of no process, and to what binds each process that has the deployment in its route; where none has, each
process there is.
"""

from __future__ import annotations

from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.known import FACTS, FLAGS, LENGTHS, LISTS, PLACES, WORDS
from modelrouter.core.moment import DAY_S, in_force, lapse
from modelrouter.core.rules import Rule
from modelrouter.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date

    from modelrouter.core.context import Context
    from modelrouter.core.inventory import Deployment, Inventory, Process
    from modelrouter.core.rules import Policy

__all__ = [
    "CIRCUMSTANCES",
    "FACTS",
    "Objection",
    "applies",
    "broken",
    "demands",
    "objections",
    "out_of_contract",
    "refuse_unknown",
]


class Objection(NamedTuple):
    """Why a deployment may not serve: the rule, and the fact that breaks it."""

    rule: str
    why: str


def _said(*values: str | None) -> tuple[str, ...]:
    return tuple(value for value in values if value is not None)


CIRCUMSTANCES: Mapping[str, Callable[[Process, Context], tuple[str, ...]]] = MappingProxyType(
    {
        "process": lambda process, _: (process.id,),
        "criticality": lambda process, _: (process.criticality,),
        "owner": lambda process, _: (process.owner,),
        "data.class": lambda process, context: (process.data.cls, *context.data_classes),
        "country": lambda _, context: _said(context.country),
        "person": lambda _, context: _said(context.person),
        "segment": lambda process, context: (*process.segments, *_said(context.segment)),
    }
)
"""What a policy's `when` may ask of a process and a request: one matching value is enough."""

_WORDS_OF_REQUESTS: Mapping[str, tuple[str, Callable[[Context], Iterable[str]]]] = MappingProxyType(
    {
        "data.class": ("data class", lambda context: context.data_classes),
        "person": ("class of persons", lambda context: _said(context.person)),
        "segment": ("segment", lambda context: _said(context.segment)),
    }
)
"""What callers say in the inventory's own words, and how such a word is called."""


def objections(
    inventory: Inventory, process: Process, context: Context, deployment: Deployment, day: date | None = None
) -> Iterator[Objection]:
    """Every reason why policy or contract keeps this deployment from serving this process on this day.

    Without a day, terms are not asked after: see `moment`.
    """
    yield from out_of_contract(inventory, deployment, day)
    told = set()
    for each in _meant(inventory, process, deployment):
        for name, rule in demands(inventory, each, context, day):
            for objection in broken(name, rule, deployment, inventory):
                if objection not in told:
                    told.add(objection)
                    yield objection if each is process else _meaning(objection, each)


def demands(
    inventory: Inventory, process: Process, context: Context, day: date | None = None
) -> Iterator[tuple[str, Rule]]:
    """Every rule that binds whoever serves this process, by the name under which it objects."""
    if process.data.processing:
        yield f"{process.id}.data.processing", Rule(fact="processing", allowed=frozenset(process.data.processing))
    if process.data.retention_s is not None:
        yield f"{process.id}.data.retention", Rule(fact="retention", at_most=process.data.retention_s)
    for policy in inventory.policies:
        if applies(policy, process, context, day):
            for rule in policy.rules:
                yield policy.id, rule


def _meant(inventory: Inventory, process: Process, deployment: Deployment) -> Iterable[Process]:
    """The process itself; where the request named a deployment, every process that it may have been meant for."""
    if process.id in inventory.processes or process.id not in inventory.deployments:
        return (process,)
    every = inventory.processes.values()
    users = [each for each in every if any(route.id == deployment.id for route in each.routes)]
    return (process, *(users or every))


def _meaning(objection: Objection, process: Process) -> Objection:
    return objection._replace(why=f"{objection.why}; the request names no process and may be meant for {process.id}")


def out_of_contract(inventory: Inventory, deployment: Deployment, day: date | None) -> Iterator[Objection]:
    """Why its contract carries nothing on this day; nobody outside ends what runs in one's own house."""
    name = deployment.provider.contract
    contract = inventory.contracts.get(name) if name is not None and not deployment.provider.local else None
    why = lapse(contract, day) if contract is not None else None
    if why is not None:
        yield Objection(f"contract:{name}", why)


def refuse_unknown(inventory: Inventory, context: Context) -> None:
    """Refuse a word that no process and no policy knows: misspelt, it would drop the policy it was meant for.

    Raises BadRequestError with near misses.
    """
    for condition, (noun, asked) in _WORDS_OF_REQUESTS.items():
        words = frozenset(asked(context))
        unknown = words - _vocabulary(inventory, condition) if words else words
        for word in sorted(unknown):
            known = _vocabulary(inventory, condition)
            near = get_close_matches(word, known, 1)
            listed = f"known are {', '.join(sorted(known))}" if known else "it knows none"
            hint = f"did you mean {near[0]!r}?" if near else listed
            raise BadRequestError(f"no process and no policy knows the {noun} {word!r}; {hint}")


def _vocabulary(inventory: Inventory, condition: str) -> frozenset[str]:
    """Every word that processes and policies use for a circumstance, without its capitals."""
    meant = {value for policy in inventory.policies for value in policy.when.get(condition, ())}
    for process in inventory.processes.values():
        meant.update({"data.class": (process.data.cls,), "segment": process.segments}.get(condition, ()))
    return _folded(meant)


def applies(policy: Policy, process: Process, context: Context, day: date | None = None) -> bool:
    """Whether it is in force on the day and every condition of `when` is met. Capitals lift no policy."""
    return in_force(policy, day) and all(
        _meets(values, CIRCUMSTANCES[fact](process, context)) for fact, values in policy.when.items()
    )


def _meets(values: frozenset[str], stated: tuple[str, ...]) -> bool:
    return not values.isdisjoint(stated) or not _folded(values).isdisjoint(_folded(stated))


def broken(name: str, rule: Rule, deployment: Deployment, inventory: Inventory) -> Iterator[Objection]:
    """Every way in which a deployment breaks one rule; `name` is what the objections cite."""
    fact = rule.fact
    if fact in WORDS:
        reasons = _words(rule, WORDS[fact](inventory, deployment), inventory)
    elif fact in LISTS:
        reasons = _list(rule, LISTS[fact](inventory, deployment))
    elif fact in FLAGS:
        reasons = _flag(rule, deployment, inventory)
    else:
        reasons = _length(rule, LENGTHS[fact](inventory, deployment))
    yield from (Objection(name, why) for why in reasons)


def _unstated(fact: str) -> str:
    return f"{fact} is not stated"


def _words(rule: Rule, values: tuple[str, ...], inventory: Inventory) -> Iterator[str]:
    if not values:
        yield _unstated(rule.fact)
    for value in values:
        if rule.allowed is not None and not _within(rule.fact, value, rule.allowed, inventory):
            yield f"{rule.fact} {value} is not in {', '.join(sorted(rule.allowed))}"
        if rule.denied and _touches(rule.fact, value, rule.denied, inventory):
            yield f"{rule.fact} {value} is excluded"


def _list(rule: Rule, values: tuple[str, ...]) -> Iterator[str]:
    held = _folded(values)
    missing = sorted(each for each in rule.has if each.casefold() not in held)
    if not values:
        yield _unstated(rule.fact)
    elif missing:
        yield f"{rule.fact} lack {', '.join(missing)}"


def _flag(rule: Rule, deployment: Deployment, inventory: Inventory) -> Iterator[str]:
    value = FLAGS[rule.fact](inventory, deployment)
    if value is None:
        yield _unstated(rule.fact)
    elif rule.flag is not None and value is not rule.flag:
        yield f"{rule.fact} is {str(value).lower()}, {str(rule.flag).lower()} is asked for"


def _length(rule: Rule, value: float | None) -> Iterator[str]:
    if value is None:
        yield _unstated(rule.fact)
    elif rule.at_most is not None and value > rule.at_most:
        yield f"{rule.fact} {value / DAY_S:g} days is longer than {rule.at_most / DAY_S:g}"


def _within(fact: str, value: str, groups: frozenset[str], inventory: Inventory) -> bool:
    """Whether a value is one of these, or a place that lies in one of them."""
    if value in groups:
        return True
    if fact not in PLACES:
        return value.casefold() in _folded(groups)
    return any(value in inventory.regions.get(group, ()) for group in groups)


def _touches(fact: str, value: str, denied: frozenset[str], inventory: Inventory) -> bool:
    """Whether a value is one of these, or a place that has anything in common with one of them."""
    if fact not in PLACES:
        return _within(fact, value, denied, inventory)
    covered = {value, *inventory.regions.get(value, ())}
    return any(not covered.isdisjoint((place, *inventory.regions.get(place, ()))) for place in denied)


def _folded(values: Iterable[str]) -> frozenset[str]:
    return frozenset(value.casefold() for value in values)
