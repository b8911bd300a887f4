"""How much depends on how few: shares and the Herfindahl-Hirschman index, before an event and after it.

Every process counts for whoever serves it first: the first deployment of its route that is permitted and stands. What it
counts is, by measure,

    spend       US dollars a day at its ordinary demand, by the deployment's prices; a deployment without prices is
                unknown, left out and named
    tokens      tokens a day, in and out
    processes   its weight: critical 8, important 4, standard 2, deferrable 1

and the shares are taken by provider, by company, by cloud, by jurisdiction (headquarters) and by model family. A
deployment's cloud is the nearest upstream that is one (`kind: cloud`, or a provider), else its own provider. The index is
the sum of the squared shares in percent: 10,000 where everything is one. Above 1,800 the merger guidelines of the US (2023)
call a market highly concentrated, and a rise by more than 100 significant; here both are only marks on a scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelrouter.continuity.factors import Graph, Standing
    from modelrouter.continuity.impact import Impact
    from modelrouter.core.inventory import Deployment, Inventory

__all__ = ["DIMENSIONS", "HIGH", "MEASURES", "Index", "Share", "concentration"]

HIGH = 1800.0
"""An index above it is marked."""
_DAY = 24 * 60
"""Minutes."""
_MILLION = 1_000_000


def cloud_of(inventory: Inventory, deployment: Deployment) -> str:
    """The nearest upstream that is a cloud, else the deployment's own provider."""
    waiting = [*deployment.upstreams, *deployment.provider.upstreams]
    seen = set()
    for name in waiting:  # grows while it is read: the nearest first
        upstream = inventory.upstreams.get(name)
        if name in inventory.providers or (upstream and upstream.kind == "cloud"):
            return name
        if upstream and name not in seen:
            waiting.extend(upstream.upstreams)
        seen.add(name)
    return deployment.provider.id


DIMENSIONS: Mapping[str, Callable[[Graph, Deployment], str]] = MappingProxyType(
    {
        "provider": lambda _, deployment: deployment.provider.id,
        "company": lambda _, deployment: deployment.provider.company,
        "cloud": lambda graph, deployment: cloud_of(graph.inventory, deployment),
        "jurisdiction": lambda _, deployment: deployment.provider.headquarters,
        "family": lambda _, deployment: deployment.model.family,
    }
)
"""By what shares are taken."""


def _spend(standing: Standing, deployment: Deployment) -> float | None:
    demand, prices = standing.process.demand, deployment.prices
    if prices is None:
        return None
    dollars = demand.tokens_in * prices.input + demand.tokens_out * prices.output
    return demand.rpm * _DAY * dollars / _MILLION


def _tokens(standing: Standing, _: Deployment) -> float | None:
    demand = standing.process.demand
    return demand.rpm * _DAY * (demand.tokens_in + demand.tokens_out)


MEASURES: Mapping[str, Callable[[Standing, Deployment], float | None]] = MappingProxyType(
    {"spend": _spend, "tokens": _tokens, "processes": lambda standing, _: standing.weight}
)
"""What a process counts; None where that is not known."""


class Share(NamedTuple):
    """One of those that something is shared among."""

    name: str
    amount: float
    """In the unit of the measure."""
    share: float
    """Of all that is known and served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One measure by one dimension."""

    dimension: str
    measure: str
    hhi: float | None
    """0 to 10,000; None where nothing is known or served."""
    shares: tuple[Share, ...]
    """The largest first."""
    unknown: tuple[str, ...]
    """Processes left out because who serves them states no price."""
    unserved: tuple[str, ...]
    """Processes left out because nobody serves them."""


def concentration(found: Impact) -> tuple[Index, ...]:
    """Every measure by every dimension, while the events of this impact hold."""
    graph = found.graph
    served = {name: found.first(name) for name in graph.processes}
    unserved = tuple(name for name, deployment in served.items() if deployment is None)
    deployments = graph.inventory.deployments
    return tuple(
        _index(graph, dimension, measure, {n: deployments[d] for n, d in served.items() if d is not None}, unserved)
        for measure in MEASURES
        for dimension in DIMENSIONS
    )


def _index(
    graph: Graph, dimension: str, measure: str, served: Mapping[str, Deployment], unserved: tuple[str, ...]
) -> Index:
    amounts: dict[str, float] = {}
    unknown = []
    for name, deployment in served.items():
        amount = MEASURES[measure](graph.processes[name], deployment)
        if amount is None:
            unknown.append(name)
        else:
            among = DIMENSIONS[dimension](graph, deployment)
            amounts[among] = amounts.get(among, 0.0) + amount
    whole = sum(amounts.values())
    shares = tuple(
        Share(name, amount, amount / whole)
        for name, amount in sorted(amounts.items(), key=lambda item: (-item[1], item[0]))
        if whole
    )
    return Index(
        dimension=dimension,
        measure=measure,
        hhi=sum((each.share * 100) ** 2 for each in shares) if shares else None,
        shares=shares,
        unknown=tuple(unknown),
        unserved=unserved,
    )
