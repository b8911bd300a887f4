"""Would this deployment be a fallback in its own right? What it shares with those that a process has already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.continuity.impact import Refusal
from modelrouter.core.candidates import candidates
from modelrouter.core.context import NOBODY
from modelrouter.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.continuity.factors import Graph, Path, Standing


__all__ = ["Independence", "Kinship", "independence"]


class Kinship(NamedTuple):
    """What two deployments fail with together."""

    deployment: str
    """The one that the process has already."""
    shared: Mapping[str, tuple[Path, Path]]
    """Factor → the way to it from the proposed deployment, and from the other."""
    likeness: float
    """Shared factors of all factors of either: 0 nothing in common, 1 the same (Jaccard's index)."""
    nearest: str | None
    """The shared factor that is nearest to both; None where nothing is shared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Independence:
    """What a proposed fallback would change for a process."""

    process: str
    deployment: str
    already: bool
    """Its route names it."""
    refusals: tuple[Refusal, ...]
    """Why it may not serve the process; empty where it may."""
    kin: tuple[Kinship, ...]
    """With each permitted deployment of the route but itself, in order."""
    mended: tuple[str, ...]
    """Single points of failure that would be none any more."""
    remaining: tuple[str, ...]
    """Single points of failure that would stay."""

    @property
    def independent(self) -> bool:
        """It may serve, and shares nothing with anyone who serves now."""
        return not self.refusals and not any(each.shared for each in self.kin)


def independence(graph: Graph, deployment: str, process: str) -> Independence:
    """Compare a deployment with the route of a process. Raises UnknownNameError with near misses."""
    inventory = graph.inventory
    standing = graph.processes.get(process)
    if standing is None:
        raise UnknownNameError("process", process, get_close_matches(process, graph.processes, 2))
    proposed = inventory.deployments.get(deployment)
    if proposed is None:
        raise UnknownNameError("deployment", deployment, get_close_matches(deployment, inventory.deployments, 2))
    asked = candidates(inventory, replace(standing.process, routes=(proposed,)), NOBODY, day=graph.day)
    refusals = tuple(Refusal(deployment, each.rule, each.why) for each in asked.excluded)
    others = [name for name in standing.permitted if name != deployment]
    now = _common(graph, standing, others)
    added = now if refusals else now & graph.factors_of(process, deployment) if others else now
    return Independence(
        process=process,
        deployment=deployment,
        already=proposed in standing.process.routes,
        refusals=refusals,
        kin=tuple(_kinship(graph, deployment, other) for other in others),
        mended=tuple(name for name in graph.factors if name in now and name not in added),
        remaining=tuple(name for name in graph.factors if name in added),
    )


def _common(graph: Graph, standing: Standing, deployments: list[str]) -> frozenset[str]:
    """What takes every one of these, or the process itself."""
    sets = [graph.factors_of(standing.process.id, name) for name in deployments]
    return frozenset.intersection(*sets) if sets else frozenset(standing.own)


def _kinship(graph: Graph, proposed: str, other: str) -> Kinship:
    ours, theirs = graph.paths[proposed], graph.paths[other]
    both = {name: (ours[name], theirs[name]) for name in graph.factors if name in ours and name in theirs}
    nearest = min(both, key=lambda name: (sum(map(len, both[name])), list(graph.factors).index(name)), default=None)
    return Kinship(other, both, len(both) / len(ours.keys() | theirs.keys()), nearest)
