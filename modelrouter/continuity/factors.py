"""What every process depends on: the factor graph of an inventory.

A factor is anything that fails as one. It is written `kind:id`; the kinds, from the narrowest:

    deployment    deployment:claude-direct
    key           key:aws/prod              the secret of an account; none where the account names no key
    account       account:aws/prod          none for a deployment that uses no account
    model         model:claude-opus-4-8
    family        family:claude             on every channel, our own servers included
    developer     developer:anthropic       of closed weights alone: who published weights cannot take them back
    region        region:aws/eu-central-1
    contract      contract:aws-enterprise   with the deployment's own provider
    provider      provider:aws
    company       company:Amazon.com Inc    of the provider, and of what it stands on; not our own company
    upstream      upstream:cloudflare       and what that stands on in turn
    jurisdiction  jurisdiction:US           the headquarters of the deployment's own provider, unless it is local

A provider that is named as an upstream is `provider:ID`, and brings what it stands on itself; but not its contracts,
accounts and jurisdiction, which are ours with it, and nothing to those who stand on it.
A process loses a route when any factor of the deployment is lost, and all routes when a factor of its own is:
what it says under `upstreams`, such as one's own gateway.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.continuity.reach import Reaches
from modelrouter.continuity.structure import Structure
from modelrouter.core.candidates import Exclusion, candidates
from modelrouter.core.context import NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from modelrouter.continuity.reach import Reach
    from modelrouter.core.inventory import Criticality, Deployment, Inventory, Process, Provider

__all__ = ["KINDS", "WEIGHTS", "Factor", "Graph", "Path", "Standing"]

KINDS = (
    "deployment",
    "key",
    "account",
    "model",
    "family",
    "developer",
    "region",
    "contract",
    "provider",
    "company",
    "upstream",
    "jurisdiction",
)
"""From the narrowest to the widest."""

WEIGHTS: Mapping[Criticality, float] = MappingProxyType(
    {"critical": 8.0, "important": 4.0, "standard": 2.0, "deferrable": 1.0}
)
"""How much the loss of a process counts: each criticality twice the one below it. A convention, not a measurement."""

Path = tuple[str, ...]
"""The names of factors, each standing on the next; the last is the one that is asked about."""


class Factor(NamedTuple):
    """A thing that fails as one."""

    kind: str
    """One of `KINDS`."""
    id: str

    @property
    def name(self) -> str:
        """`kind:id`, as everywhere."""
        return f"{self.kind}:{self.id}"

    @property
    def label(self) -> str:
        """For people: `provider aws`."""
        return f"{self.kind} {self.id}"

    @classmethod
    def named(cls, name: str) -> Factor:
        """Take a name apart."""
        kind, _, known = name.partition(":")
        return cls(kind, known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A process and what it has: who may serve it, who of its route may not, and what it depends on itself."""

    process: Process
    permitted: tuple[str, ...]
    """Deployments of its route that may serve it, in order."""
    refused: tuple[Exclusion, ...]
    """Those of its route that may not, each with every rule that says so."""
    own: Mapping[str, Path]
    """The factors that every route of it dies with."""
    reach: Reach
    """Who of the whole inventory may serve it, or could."""

    @property
    def weight(self) -> float:
        """How much its loss counts."""
        return WEIGHTS[self.process.criticality]


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Every factor of an inventory, and which process depends on which through what."""

    inventory: Inventory
    factors: Mapping[str, Factor]
    """By name; in the order of the kinds, then of the inventory."""
    paths: Mapping[str, Mapping[str, Path]]
    """Deployment → its factors → the way there."""
    processes: Mapping[str, Standing]
    structure: Structure
    """The permitted routes alone, with the factors that kill each; weighted by criticality."""
    reaches: Reaches
    """Who else may serve whom."""
    day: date | None = None
    """The one on which policies and contracts were asked; None: none of them was over, and none to come."""

    @classmethod
    def of(cls, inventory: Inventory, day: date | None = None) -> Graph:
        """Read an inventory. Policy is asked as for a request of which nothing is known but its process."""
        paths = {name: dict(_paths(inventory, each)) for name, each in inventory.deployments.items()}
        reaches = Reaches(inventory, day)
        standing = {name: _standing(inventory, process, reaches) for name, process in inventory.processes.items()}
        known = [*_declared(inventory), *(name for each in (*paths.values(), *_owns(standing)) for name in each)]
        factors = {name: Factor.named(name) for name in sorted(dict.fromkeys(known), key=_rank)}
        sets = {name: frozenset(each) for name, each in paths.items()}
        structure = Structure.of(
            {
                name: [sets[route].union(each.own) if each.own else sets[route] for route in each.permitted]
                for name, each in standing.items()
            },
            {name: each.weight for name, each in standing.items()},
            factors,
        )
        return cls(
            inventory=inventory,
            factors=MappingProxyType(factors),
            paths=MappingProxyType(paths),
            processes=MappingProxyType(standing),
            structure=structure,
            reaches=reaches,
            day=day,
        )

    def factors_of(self, process: str, deployment: str) -> frozenset[str]:
        """Everything whose loss ends this route of this process."""
        return frozenset(self.paths[deployment]).union(self.processes[process].own)

    def members(self, factor: str) -> tuple[str, ...]:
        """The deployments that are lost with it, in the order of the inventory."""
        return tuple(name for name, each in self.paths.items() if factor in each)

    def of_kind(self, kind: str) -> tuple[str, ...]:
        """The ids of every factor of a kind."""
        return tuple(each.id for each in self.factors.values() if each.kind == kind)


def _rank(name: str) -> int:
    return KINDS.index(name.partition(":")[0])


def _owns(standing: Mapping[str, Standing]) -> Iterator[Mapping[str, Path]]:
    return (each.own for each in standing.values())


def _standing(inventory: Inventory, process: Process, reaches: Reaches) -> Standing:
    """Ask policy for each deployment of the route; the answers for processes alike are remembered."""
    reach = reaches.of(process)
    may = [deployment for deployment in process.routes if reach.permitted & reaches.bits[deployment.id]]
    refused = [deployment for deployment in process.routes if not reach.permitted & reaches.bits[deployment.id]]
    asked = candidates(inventory, replace(process, routes=tuple(refused)), NOBODY, day=reaches.day)
    own = dict(_closure(inventory, process.upstreams, ()))
    return Standing(
        process=process, permitted=tuple(each.id for each in may), refused=asked.excluded, own=own, reach=reach
    )


def _declared(inventory: Inventory) -> Iterator[str]:
    """What the file names, whether or not a deployment depends on it: asked about, its loss is known to be harmless."""
    for provider in inventory.providers.values():
        yield f"provider:{provider.id}"
        if not provider.local:
            yield f"company:{provider.company}"
            yield f"jurisdiction:{provider.headquarters}"
        for account in provider.accounts.values():
            yield f"account:{provider.id}/{account.name}"
            if account.key is not None:
                yield f"key:{provider.id}/{account.name}"
        yield from (name for name, _ in _closure(inventory, provider.upstreams, ()))
    for model in inventory.models.values():
        yield f"model:{model.id}"
        yield f"family:{model.family}"
        if model.weights == "closed":
            yield f"developer:{model.developer}"
    yield from (name for name, _ in _closure(inventory, inventory.upstreams, ()))
    yield from (f"contract:{name}" for name in inventory.contracts)


def _paths(inventory: Inventory, deployment: Deployment) -> Iterator[tuple[str, Path]]:
    """Every factor of a deployment, each once, by the shortest way."""
    seen = set()
    for name, path in sorted(_every_path(inventory, deployment), key=lambda found: len(found[1])):
        if name not in seen:
            seen.add(name)
            yield name, path


def _every_path(inventory: Inventory, deployment: Deployment) -> Iterator[tuple[str, Path]]:
    provider, model = deployment.provider, deployment.model
    yield _end(f"deployment:{deployment.id}")
    if deployment.account is not None:
        account = f"{provider.id}/{deployment.account.name}"
        yield _end(f"account:{account}")
        if deployment.account.key is not None:
            yield _end(f"account:{account}", f"key:{account}")
    own = f"model:{model.id}"
    yield _end(own)
    yield _end(own, f"family:{model.family}")
    if model.weights == "closed":
        yield _end(own, f"developer:{model.developer}")
    if deployment.region is not None:
        yield _end(f"region:{provider.id}/{deployment.region}")
    yield from _provider(inventory, provider)
    yield from _closure(inventory, deployment.upstreams, ())


def _provider(inventory: Inventory, provider: Provider) -> Iterator[tuple[str, Path]]:
    """A provider that we call ourselves."""
    name = f"provider:{provider.id}"
    yield _end(name)
    if provider.contract is not None:
        yield _end(name, f"contract:{provider.contract}")
    if not provider.local:
        yield _end(name, f"company:{provider.company}")
        yield _end(name, f"jurisdiction:{provider.headquarters}")
    yield from _closure(inventory, provider.upstreams, (name,))


def _end(*path: str) -> tuple[str, Path]:
    return path[-1], path


def _closure(inventory: Inventory, upstreams: Iterable[str], path: Path) -> Iterator[tuple[str, Path]]:
    """What upstreams are, who runs them, and what they stand on in turn; circles end."""
    waiting = [(name, path) for name in upstreams]
    seen = set()
    for name, way in waiting:  # grows while it is read: the nearest first
        if name in seen:
            continue
        seen.add(name)
        provider, upstream = inventory.providers.get(name), inventory.upstreams.get(name)
        here = (*way, f"upstream:{name}" if provider is None else f"provider:{name}")
        yield here[-1], here
        company = upstream.company if upstream and provider is None else provider.company if provider else None
        if company is not None and company not in _ourselves(inventory):
            yield _end(*here, f"company:{company}")
        beneath = (*(provider.upstreams if provider else ()), *(upstream.upstreams if upstream else ()))
        waiting.extend((each, here) for each in beneath)


def _ourselves(inventory: Inventory) -> frozenset[str]:
    """What our own company is called: nobody outside can take it away."""
    return frozenset({"self", *(each.company for each in inventory.providers.values() if each.local)})
