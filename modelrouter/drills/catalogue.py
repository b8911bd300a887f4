"""Every scenario that an inventory calls for: each provider, family and local server lost in turn.

An outsider cannot suspend or geofence a server of our own, so local providers are throttled and lost
only. A withdrawn family is withdrawn on every channel that carries it, our own servers included: the
stricter reading, as of an order that binds whoever runs the weights.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from modelrouter.continuity.factors import Graph
from modelrouter.core.candidates import candidates
from modelrouter.core.context import NOBODY
from modelrouter.core.domains import Domain, Kind, domains_of
from modelrouter.drills.scenario import DOOR_CLOSED, Blow, Expectation, Loss, Scenario
from modelrouter.drills.twins.effects import Effect

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from typing import Literal

    from modelrouter.core.inventory import Deployment, Inventory, Provider
    from modelrouter.drills.miniature import Miniature

__all__ = ["catalogue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Misfortune:
    """Something that can happen to a provider: what is hit by it as one."""

    effect: Effect | Literal["door_closed"]
    kind: str
    domain: Kind
    title: str
    befalls: Callable[[Provider], bool]


MISFORTUNES = (
    _Misfortune(
        effect=Effect.THROTTLED,
        kind="throttled",
        domain=Kind.ACCOUNT_MODEL,
        title="provider {} throttles every model",
        befalls=lambda _: True,
    ),
    _Misfortune(
        effect=Effect.SUSPENDED,
        kind="suspended",
        domain=Kind.ACCOUNT,
        title="provider {} suspends our account",
        befalls=lambda provider: not provider.local,
    ),
    _Misfortune(
        effect=Effect.GEOFENCED,
        kind="geofenced",
        domain=Kind.PROVIDER_EGRESS,
        title="provider {} shuts out our region",
        befalls=lambda provider: not provider.local,
    ),
    _Misfortune(
        effect=DOOR_CLOSED,
        kind="gone",
        domain=Kind.PROVIDER,
        title="the servers of {} are gone",
        befalls=lambda provider: provider.local,
    ),
)
"""In the order in which they are played, for each provider."""


def catalogue(inventory: Inventory, miniature: Miniature) -> tuple[Scenario, ...]:
    """The steady state, then every loss; the order is that of the inventory."""
    steady = Scenario(id="steady", title="nothing fails", kind="steady", subject="", duration_s=miniature.duration_s)
    graph = Graph.of(inventory)
    lost = [
        Scenario(
            id=f"{kind}-{subject}",
            title=title,
            kind=kind,
            subject=subject,
            duration_s=miniature.duration_s,
            faults=tuple(replace(fault, from_s=miniature.steady_s) for fault in faults),
            losses=(_lost(graph, title, faults, miniature.steady_s),),
            pure=True,
        )
        for kind, subject, title, faults in (*_providers(inventory), *_families(inventory))
    ]
    return tuple(replace(each, expectations=expectations(inventory, each.faults)) for each in (steady, *lost))


def _lost(graph: Graph, title: str, faults: Collection[Blow], from_s: float) -> Loss:
    """The same in the words of the factor graph: a family, or the deployments alone, for others may stand on a provider."""
    inside = frozenset[str]().union(*(fault.deployments for fault in faults))
    withdrawn = all(fault.effect is Effect.EXPORT_CONTROLLED for fault in faults)
    families = {f"family:{graph.inventory.deployments[each].model.family}" for each in inside if withdrawn}
    whole = frozenset(each for each in families if len(families) == 1 and inside.issuperset(graph.members(each)))
    factors = whole or frozenset(f"deployment:{each}" for each in inside)
    return Loss(title, factors, inside, None, 0.0, from_s, None)


def expectations(inventory: Inventory, faults: Collection[Blow]) -> Mapping[str, Expectation]:
    """What remains for each process of what may serve it: everything that is not hit wholly at some time."""
    total = [fault for fault in faults if fault.total]
    permitted = {
        name: tuple(deployment.id for deployment in candidates(inventory, process, NOBODY).permitted)
        for name, process in inventory.processes.items()
    }
    return {
        name: Expectation(route, tuple(each for each in route if not any(fault.hits(each, name) for fault in total)))
        for name, route in permitted.items()
    }


def _providers(inventory: Inventory) -> Iterator[tuple[str, str, str, tuple[Blow, ...]]]:
    for misfortune in MISFORTUNES:
        for provider in inventory.providers.values():
            own = [each for each in inventory.deployments.values() if each.provider.id == provider.id]
            if own and misfortune.befalls(provider):
                faults = tuple(_blows(misfortune.effect, own, misfortune.domain))
                yield misfortune.kind, provider.id, misfortune.title.format(provider.id), faults


def _families(inventory: Inventory) -> Iterator[tuple[str, str, str, tuple[Blow, ...]]]:
    for family in dict.fromkeys(each.model.family for each in inventory.deployments.values()):
        own = [each for each in inventory.deployments.values() if each.model.family == family]
        faults = tuple(_blows(Effect.EXPORT_CONTROLLED, own, Kind.FAMILY))
        yield "withdrawn", family, f"model family {family} is withdrawn everywhere", faults


def _blows(effect: Effect | Literal["door_closed"], deployments: Iterable[Deployment], kind: Kind) -> Iterator[Blow]:
    """One for each fault domain of that kind that the deployments lie in."""
    members: dict[Domain, set[str]] = {}
    for deployment in deployments:
        domain = next(domain for domain in domains_of(deployment) if domain.kind is kind)
        members.setdefault(domain, set()).add(deployment.id)
    for domain, inside in members.items():
        yield Blow(effect=effect, scope=str(domain), deployments=frozenset(inside), from_s=0.0)
