"""The fewest additions after which no single failure takes a process down.

Processes with a single point of failure, and those that nobody may serve, get deployments at the end of their route:

1. deployments that the inventory has, and that are permitted: the fewest that do, found exactly (all sets of so many are
   tried before any larger one; of equals the first in the order of the inventory);
2. where no set of those does, a newcomer: the facts of a deployment that somebody would have to provide (`newcomer`),
   shared by as many processes as one can serve; a process that has nobody at all may need two.

What a process depends on itself (its `upstreams`) no deployment mends; that is said and left. Every answer is tried out
before it is given: `Remedy.after` is what the mended inventory was found to be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import and_
from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.continuity.factors import Graph
from modelrouter.continuity.newcomer import Newcomer, newcomer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from modelrouter.core.inventory import Inventory

__all__ = ["Remedy", "applied", "remedy", "weak"]

ROUNDS = 3
"""A process that nobody may serve gets a first deployment, then a second that is independent of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What to add."""

    routes: Mapping[str, tuple[str, ...]]
    """Process → what its route is to be, whole; only those that change."""
    added: Mapping[str, tuple[str, ...]]
    """Process → what is new in it."""
    newcomers: tuple[Newcomer, ...]
    """Deployments that nobody has yet."""
    helpless: Mapping[str, str]
    """Process → why no addition can make it independent."""
    own: Mapping[str, tuple[str, ...]]
    """Process → what it depends on itself, which no deployment mends."""
    after: Graph
    """The inventory as it would be."""

    @property
    def size(self) -> int:
        """How many entries of routes it adds."""
        return sum(len(names) for names in self.added.values())


def weak(graph: Graph, process: str) -> frozenset[str] | None:
    """What takes a process down alone and could be mended by a further deployment; None where nobody may serve it."""
    common = _common(graph.structure.routes(process))
    if common is None:
        return None
    return frozenset(graph.structure.names(common)).difference(graph.processes[process].own)


def remedy(graph: Graph) -> Remedy:
    """Find the fewest additions; seconds for thousands of processes."""
    now, newcomers = graph, list[Newcomer]()
    helpless: dict[str, str] = {}
    for _ in range(ROUNDS):
        search = _Search.of(now)
        known = {name: more for name in now.processes if name not in helpless and (more := search.known(name))}
        now = Graph.of(_extended(now.inventory, known)) if known else now
        found, failed = _newcomers(now, [name for name in now.processes if name not in helpless], len(newcomers))
        helpless |= failed
        if not found and not known:
            break
        newcomers += found
        now = Graph.of(_joined(now.inventory, found)) if found else now
    return _remedy(graph, now, newcomers, helpless)


def applied(inventory: Inventory, found: Remedy) -> Inventory:
    """The inventory with these additions."""
    grown = _joined(inventory, found.newcomers, route=False)
    return _extended(grown, found.added)


def _remedy(graph: Graph, now: Graph, newcomers: Sequence[Newcomer], helpless: Mapping[str, str]) -> Remedy:
    routes = {
        name: tuple(each.id for each in standing.process.routes)
        for name, standing in now.processes.items()
        if standing.process.routes != graph.processes[name].process.routes
    }
    before = {name: len(graph.processes[name].process.routes) for name in routes}
    return Remedy(
        routes=MappingProxyType(routes),
        added=MappingProxyType({name: route[before[name] :] for name, route in routes.items()}),
        newcomers=tuple(newcomers),
        helpless=MappingProxyType(dict(helpless)),
        own=MappingProxyType({name: tuple(each.own) for name, each in graph.processes.items() if each.own}),
        after=now,
    )


@dataclass(slots=True)
class _Search:
    """Looks for the fewest deployments that mend a process; what was found for one holds for all alike."""

    graph: Graph
    masks: Mapping[str, int]
    """Deployment → its factors, as bits of the structure."""
    found: dict[tuple[int | None, int, int], tuple[str, ...]]

    @classmethod
    def of(cls, graph: Graph) -> _Search:
        return cls(graph, {name: graph.structure.mask(paths) for name, paths in graph.paths.items()}, {})

    def known(self, process: str) -> tuple[str, ...]:
        """The fewest deployments of the inventory that mend a process; nothing where none do, or none are needed.

        Where nobody may serve it, one that may, if no set of them is independent: it is a beginning.
        """
        graph, standing = self.graph, self.graph.processes[process]
        own = graph.structure.mask(standing.own)
        common = _common(graph.structure.routes(process))
        if common is not None and not common & ~own:
            return ()
        named = sum(graph.reaches.bits[each.id] for each in standing.process.routes)
        spare = standing.reach.permitted & ~named
        alike = (common, own, spare)
        if alike not in self.found:
            names = graph.reaches.names(spare)
            fewest = self._fewest(names, None if common is None else common & ~own, own)
            self.found[alike] = fewest or (names[:1] if common is None else ())
        return self.found[alike]

    def _fewest(self, spare: Sequence[str], common: int | None, own: int) -> tuple[str, ...]:
        """Breadth first over what is left in common: the first set to leave nothing is among the smallest."""
        kept = {name: self.masks[name] & ~own for name in spare}
        reached: dict[int | None, tuple[str, ...]] = {common: ()}
        level = [common]
        while level:
            following: list[int | None] = []
            for here in level:
                for name, theirs in kept.items():
                    left = theirs if here is None else here & theirs
                    if left in reached:
                        continue
                    reached[left] = (*reached[here], name)
                    if not left:
                        return reached[left]
                    following.append(left)
            level = following
        return ()


def _common(routes: Sequence[int]) -> int | None:
    """What takes every route; None where there is none."""
    return reduce(and_, routes) if routes else None


def _newcomers(graph: Graph, names: Sequence[str], already: int) -> tuple[list[Newcomer], dict[str, str]]:
    """One for all that still need one, where one can be; else one for each."""
    needed = {name: common for name in names if (common := weak(graph, name)) is None or common}
    if not needed:
        return [], {}
    together = _one(graph, needed, already)
    if isinstance(together, Newcomer):
        return [together], {}
    found, helpless = list[Newcomer](), dict[str, str]()
    for name, common in needed.items():
        made = _one(graph, {name: common}, already + len(found))
        if isinstance(made, Newcomer):
            found.append(made)
        else:
            helpless[name] = made
    return found, helpless


def _one(graph: Graph, needed: Mapping[str, frozenset[str] | None], number: int) -> Newcomer | str:
    processes = [graph.inventory.processes[name] for name in needed]
    avoid = frozenset().union(*(common or () for common in needed.values()))
    stem = f"{processes[0].id}-fallback" if len(processes) == 1 else "second-source"
    return newcomer(graph.inventory, processes, avoid, _fresh(graph.inventory, stem, number))


def _fresh(inventory: Inventory, stem: str, number: int) -> str:
    """A name that nothing has."""
    taken = {*inventory.deployments, *inventory.processes, *inventory.aliases}

    def names() -> Iterator[str]:
        yield stem
        count = number + 1
        while True:
            count += 1
            yield f"{stem}-{count}"

    return next(
        name
        for name in names()
        if name not in taken
        and f"{name}-provider" not in inventory.providers
        and f"{name}-model" not in inventory.models
    )


def _extended(inventory: Inventory, added: Mapping[str, Sequence[str]]) -> Inventory:
    """Routes made longer."""
    processes = dict(inventory.processes)
    for name, deployments in added.items():
        more = tuple(inventory.deployments[each] for each in deployments)
        processes[name] = replace(processes[name], routes=(*processes[name].routes, *more))
    return replace(inventory, processes=processes)


def _joined(inventory: Inventory, newcomers: Sequence[Newcomer], *, route: bool = True) -> Inventory:
    """Newcomers made known, and put at the end of the routes that they are for."""
    deployments = {each.deployment.id: each.deployment for each in newcomers}
    grown = replace(
        inventory,
        providers={**inventory.providers, **{each.provider.id: each.provider for each in deployments.values()}},
        models={**inventory.models, **{each.model.id: each.model for each in deployments.values()}},
        deployments={**inventory.deployments, **deployments},
    )
    added: dict[str, list[str]] = {}
    for each in newcomers if route else ():
        for name in each.serves:
            added.setdefault(name, []).append(each.deployment.id)
    return _extended(grown, added)
