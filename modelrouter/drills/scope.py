"""How far a fault reaches: facts of deployments and processes, and whom of an inventory they fit.

A scope is written as facts (`{vendor: azure, region: swedencentral}`) or in one word as everywhere else
(`family:claude`). A deployment is in it where it fits every fact; of one fact, one of the values is enough.
Names may hold `*`. Nothing here knows the ids of an inventory, so that what happened to others can be
looked for in any.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.continuity.factors import KINDS
from modelrouter.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from modelrouter.continuity.factors import Graph
    from modelrouter.core.inventory import Deployment, Inventory, Process

__all__ = ["CALLERS", "FACTS", "Scope", "Within", "parse"]

SPOKEN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"bedrock": ("aws",), "gemini": ("google",), "vertex": ("google",), "llamacpp": ("llama.cpp",)}
)
"""What people call vendors."""
PUNCTUATION = re.compile(r"[\W_]+")


def _places(inventory: Inventory, place: str | None) -> tuple[str, ...]:
    """A place and all groups that hold it."""
    if place is None:
        return ()
    return (place, *(group for group, inside in inventory.regions.items() if place in inside))


def _standing_on(graph: Graph, deployment: Deployment) -> Iterator[str]:
    """Everything beneath a deployment, by its id, its company and its kind."""
    for name in graph.paths[deployment.id]:
        if name != f"provider:{deployment.provider.id}":
            yield from _called(graph.inventory, name)


def _called(inventory: Inventory, factor: str) -> Iterator[str]:
    """What people call a factor that others stand on; nothing for other kinds of factors."""
    kind, _, known = factor.partition(":")
    if kind not in ("upstream", "provider"):
        return
    yield known
    upstream, provider = inventory.upstreams.get(known), inventory.providers.get(known)
    if upstream is not None:
        yield upstream.company
        yield from () if upstream.kind is None else (upstream.kind,)
    if provider is not None:
        yield provider.vendor


def _vendors(deployment: Deployment) -> tuple[str, ...]:
    vendor = deployment.provider.vendor
    return (vendor, *SPOKEN.get(vendor, ()))


def _account(deployment: Deployment) -> tuple[str, ...]:
    name = deployment.account.name if deployment.account else "-"
    return (f"{deployment.provider.id}/{name}", name)


def _region(deployment: Deployment) -> tuple[str, ...]:
    region = deployment.region
    return () if region is None else (region, f"{deployment.provider.id}/{region}")


def _model(deployment: Deployment) -> tuple[str, ...]:
    return (deployment.model.id, deployment.name, deployment.name.rpartition("/")[2].rpartition(".")[2])


FACTS: Mapping[str, Callable[[Graph, Deployment], Iterable[str]]] = MappingProxyType(
    {
        "vendor": lambda _, deployment: _vendors(deployment),
        "provider": lambda _, deployment: (deployment.provider.id,),
        "company": lambda _, deployment: (deployment.provider.company,),
        "account": lambda _, deployment: _account(deployment),
        "key": lambda _, deployment: _account(deployment),
        "deployment": lambda _, deployment: (deployment.id,),
        "model": lambda _, deployment: _model(deployment),
        "family": lambda _, deployment: (deployment.model.family,),
        "developer": lambda _, deployment: (deployment.model.developer,),
        "region": lambda _, deployment: _region(deployment),
        "processing": lambda _, deployment: deployment.processing,
        "upstream": _standing_on,
        "contract": lambda _, deployment: (deployment.provider.contract or "",),
        "jurisdiction": lambda graph, deployment: _places(graph.inventory, deployment.provider.headquarters),
        "egress": lambda graph, deployment: _places(graph.inventory, deployment.egress),
    }
)
"""What may be asked of a deployment. `egress` is where our calls leave from: the caller's country, as a vendor sees it."""

CALLERS: Mapping[str, Callable[[Graph, Process], Iterable[str]]] = MappingProxyType(
    {
        "process": lambda _, process: (process.id,),
        "users": lambda graph, process: (place for user in process.users for place in _places(graph.inventory, user)),
        "segment": lambda _, process: process.segments,
    }
)
"""What may be asked of who calls."""
COMPANIES = frozenset({"company", "upstream"})
"""Facts in which a firm is named: `OpenAI` is `OpenAI Group PBC` as well."""
NEVER_LOCAL = frozenset({"company", "jurisdiction", "contract"})
"""Our own servers are in no scope that is said of others."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Facts, each with the values that fit."""

    facts: Mapping[str, tuple[str, ...]]

    def __str__(self) -> str:
        return ", ".join(f"{fact}:{'|'.join(values)}" for fact, values in self.facts.items())

    def within(self, graph: Graph, *, local: bool = True) -> Within:
        """Whom of an inventory it reaches; our own servers only where they are `local`."""
        asked = {fact: values for fact, values in self.facts.items() if fact in FACTS}
        inside = [
            each
            for each in graph.inventory.deployments.values()
            if all(_fits(fact, FACTS[fact](graph, each), values) for fact, values in asked.items())
            and not (each.provider.local and (asked.keys() & NEVER_LOCAL or not local))
        ]
        callers = {fact: values for fact, values in self.facts.items() if fact in CALLERS}
        processes = None
        if callers:
            processes = frozenset(
                name
                for name, process in graph.inventory.processes.items()
                if all(_fits(fact, CALLERS[fact](graph, process), values) for fact, values in callers.items())
            )
        ids = frozenset(each.id for each in inside)
        own = self._own(graph) if self.facts.keys() == {"upstream"} else {}
        factors = (self._factors(graph, ids) if ids else frozenset()).union(*own.values())
        return Within(ids, processes, factors, frozenset(own))

    def _own(self, graph: Graph) -> Mapping[str, frozenset[str]]:
        """The processes that stand on it themselves, whoever serves them, and what it is called in the graph."""
        wanted = self.facts["upstream"]
        found = {
            name: frozenset(each for each in standing.own if _fits("upstream", _called(graph.inventory, each), wanted))
            for name, standing in graph.processes.items()
        }
        return {name: factors for name, factors in found.items() if factors}

    def _factors(self, graph: Graph, inside: frozenset[str]) -> frozenset[str]:
        """The factors that together are exactly this scope, of the narrowest kind it names; else its deployments."""
        kinds = {{"vendor": "provider"}.get(fact, fact) for fact in self.facts}
        for kind in (each for each in KINDS if each in kinds):
            named = (f"{kind}:{each}" for each in graph.of_kind(kind))
            fitting = {
                name: members for name in named if (members := graph.members(name)) and inside.issuperset(members)
            }
            if inside == {member for members in fitting.values() for member in members}:
                return frozenset(fitting)
        return frozenset(f"deployment:{each}" for each in inside)


@dataclass(frozen=True, slots=True)
class Within:
    """Whom of an inventory a scope reaches."""

    deployments: frozenset[str]
    processes: frozenset[str] | None
    """Whose calls; None: everybody's."""
    factors: frozenset[str]
    """The same in the words of the factor graph."""
    own: frozenset[str] = frozenset()
    """The processes that stand on it themselves, whichever deployment serves them."""

    def __bool__(self) -> bool:
        return bool(self.own) or (bool(self.deployments) and (self.processes is None or bool(self.processes)))


def parse(text: str) -> Scope:
    """Read `family:claude`, or several joined by commas: `vendor:azure,region:swedencentral`; raises UsageError."""
    facts: dict[str, tuple[str, ...]] = {}
    for part in text.split(","):
        fact, colon, values = part.strip().partition(":")
        known = sorted([*FACTS, *CALLERS])
        if not colon or not values or fact not in known:
            raise UsageError(f"{part.strip()!r} is no scope: write FACT:NAME, with FACT one of {', '.join(known)}")
        facts[fact] = tuple(values.split("|"))
    return Scope(facts)


def _fits(fact: str, found: Iterable[str], wanted: Iterable[str]) -> bool:
    values = list(found)
    return any(_is(fact, value, each) for value in values for each in wanted)


def _is(fact: str, value: str, wanted: str) -> bool:
    value, wanted = value.casefold(), wanted.casefold()
    if fact in COMPANIES:
        plain, firm = PUNCTUATION.sub(" ", value).strip(), PUNCTUATION.sub(" ", wanted).strip()
        return plain == firm or plain.startswith(f"{firm} ") or fnmatchcase(value, wanted)
    return fnmatchcase(value, wanted)
