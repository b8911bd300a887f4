"""The fewest additions after which no single failure takes a process down.

Processes with a single point of failure, and those that nobody may serve, get deployments at the end of their route:

1. deployments that the inventory has, and that are permitted: the fewest that do (`repair`);
2. where no set of those does, a newcomer: the facts of a deployment that somebody would have to provide (`newcomer`).
   One newcomer serves every process that it can: each joins the first that can be stretched to serve it as well. A
   process that has nobody at all may need two.

What a process depends on itself (its `upstreams`; for embeddings their one model, too) no deployment mends; that is said
and left. Every answer is tried out
before it is given: `Remedy.after` is what the mended inventory was found to be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from itertools import chain, combinations
from itertools import count as count_from
from operator import and_
from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.continuity.factors import Graph
from modelrouter.continuity.newcomer import Newcomer, newcomer
from modelrouter.continuity.repair import Candidate, repair
from modelrouter.continuity.vectors import bound, suits, vectors

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from modelrouter.core.inventory import Inventory

__all__ = ["Remedy", "applied", "remedy", "weak"]

_Offer = tuple[int, "list[tuple[int, Candidate]]"]
"""The single points of failure to be mended, as bits (0: nobody may serve yet), and who may, each with its factors."""

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
    exact: bool
    """Of the inventory's own deployments fewer would do nowhere; else the search was cut short."""

    @property
    def size(self) -> int:
        """How many entries of routes it adds."""
        return sum(len(names) for names in self.added.values())


def weak(graph: Graph, process: str) -> frozenset[str] | None:
    """What takes a process down alone and could be mended by a further deployment; None where nobody may serve it."""
    routes = graph.structure.routes(process)
    if not routes:
        return None
    return frozenset(graph.structure.names(reduce(and_, routes))).difference(_own(graph, process))


def _own(graph: Graph, process: str) -> frozenset[str]:
    """What no further deployment mends: its own upstreams, and the model whose vectors it lives on."""
    standing = graph.processes[process]
    return bound(standing.process, graph.paths).union(standing.own)


def remedy(graph: Graph) -> Remedy:
    """Find the fewest additions; seconds for thousands of processes."""
    now, newcomers = graph, list[Newcomer]()
    helpless: dict[str, str] = {}
    exact = True
    for _ in range(ROUNDS):
        asked = [name for name in now.processes if name not in helpless and weak(now, name) != frozenset()]
        known, sure = _known(now, asked)
        exact = exact and sure
        now = Graph.of(_extended(now.inventory, known), graph.day) if known else now
        found, failed = _newcomers(now, asked)
        helpless |= failed
        if not found and not known:
            break
        newcomers += found
        now = Graph.of(_joined(now.inventory, found), graph.day) if found else now
    return _remedy(graph, now, newcomers, helpless, exact=exact)


def applied(inventory: Inventory, found: Remedy) -> Inventory:
    """The inventory with these additions."""
    grown = _joined(inventory, found.newcomers, route=False)
    return _extended(grown, found.added)


def _remedy(
    graph: Graph, now: Graph, newcomers: Sequence[Newcomer], helpless: Mapping[str, str], *, exact: bool
) -> Remedy:
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
        own=MappingProxyType({name: tuple(sorted(own)) for name in graph.processes if (own := _own(graph, name))}),
        after=now,
        exact=exact,
    )


def _known(graph: Graph, names: Sequence[str]) -> tuple[dict[str, tuple[str, ...]], bool]:
    """What the inventory's own deployments mend, by process; and whether fewer would do nowhere.

    Nothing for a process that they cannot mend wholly: whoever is got for it mends it alone. But where nobody may serve
    it, the first of them is a beginning.
    """
    offered = _offers(graph, names)
    added = dict(_easy(graph, offered))
    hard = {name: _best(offer) for name, offer in offered.items() if name not in added}
    found = repair(graph.structure, hard)
    for each in found.additions:
        added[each.process] = (*added.get(each.process, ()), each.deployment)
    for left in found.remaining:
        if left.process in hard and left.process in added and not _own(graph, left.process) >= set(left.factors):
            begun = added.pop(left.process)[:1]
            if not graph.processes[left.process].permitted:
                added[left.process] = begun
    return added, found.exact


def _easy(graph: Graph, offered: Mapping[str, _Offer]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Where one is enough, or two are for a process that nobody may serve: no search is needed to know that none is fewer.

    The first in the order of the inventory.
    """
    pairs: dict[int, tuple[str, ...]] = {}
    for process, (points, candidates) in offered.items():
        found: tuple[str, ...]
        if points:
            found = next(((each.deployment,) for mask, each in candidates if not mask & points), ())
        else:
            own = graph.structure.mask(_own(graph, process))
            if id(candidates) not in pairs:
                both = combinations(candidates, 2)
                apart = ((one.deployment, two.deployment) for (a, one), (b, two) in both if not a & b & ~own)
                pairs[id(candidates)] = next(apart, ())
            found = pairs[id(candidates)]
        if found:
            yield process, found


def _best(offer: _Offer) -> list[Candidate]:
    """Those of which no other mends as much and more; of equals the first. The others can be in no smaller answer."""
    points, candidates = offer
    if not points:
        return [each for _, each in candidates]
    kept: dict[int, Candidate] = {}
    for mask, each in candidates:
        kept.setdefault(points & mask, each)
    return [each for left, each in kept.items() if not any(other != left and other & left == other for other in kept)]


def _offers(graph: Graph, names: Sequence[str]) -> dict[str, _Offer]:
    """Who may serve each process, is not in its route, and makes what its route makes."""
    all_of = {_own(graph, name) for name in names}
    made = {
        own: {name: Candidate(name, frozenset(paths).union(own)) for name, paths in graph.paths.items()}
        for own in all_of
    }
    masks = {own: {name: graph.structure.mask(each.factors) for name, each in made[own].items()} for own in made}
    shared: dict[tuple[int, frozenset[str]], list[tuple[int, Candidate]]] = {}
    kinds: dict[str | None, int] = {}
    found = {}
    for process in names:
        standing = graph.processes[process]
        own = _own(graph, process)
        kind = _kind(graph, process)
        if kind not in kinds:
            same = (each.id for each in graph.inventory.deployments.values() if suits(standing.process, each))
            kinds[kind] = sum(graph.reaches.bits[name] for name in same)
        named = sum(graph.reaches.bits[each.id] for each in standing.process.routes)
        spare = standing.reach.permitted & kinds[kind] & ~named
        if (spare, own) not in shared:
            shared[spare, own] = [(masks[own][name], made[own][name]) for name in graph.reaches.names(spare)]
        routes = graph.structure.routes(process)
        points = reduce(and_, routes) & ~graph.structure.mask(own) if routes else 0
        found[process] = (points, shared[spare, own])
    return found


def _kind(graph: Graph, process: str) -> str | None:
    """The model whose vectors a process lives on, by name."""
    model = vectors(graph.inventory.processes[process])
    return model.id if model else None


def _newcomers(graph: Graph, names: Sequence[str]) -> tuple[list[Newcomer], dict[str, str]]:
    """Few newcomers for all that still need one: each process joins the first group that one can serve whole."""
    groups: list[tuple[Newcomer, dict[str, frozenset[str]]]] = []
    helpless: dict[str, str] = {}
    for kin in _alike(graph, names):
        for place, (_, members) in enumerate(groups):
            if len({_kind(graph, name) for name in (*members, *kin)}) > 1:
                continue
            joined = _one(graph, {**members, **kin}, place)
            if isinstance(joined, Newcomer):
                groups[place] = (joined, {**members, **kin})
                break
        else:
            made = _one(graph, kin, len(groups))
            if isinstance(made, Newcomer):
                groups.append((made, kin))
            else:
                helpless |= dict.fromkeys(kin, made)
    return [made for made, _ in groups], helpless


def _alike(graph: Graph, names: Sequence[str]) -> Iterable[dict[str, frozenset[str]]]:
    """Processes that still need somebody, with what those must not share; together where policy and needs are the same."""
    kin: dict[Hashable, dict[str, frozenset[str]]] = {}
    for name in names:
        common = weak(graph, name)
        if common is None or common:
            alike = (graph.reaches.alike(graph.inventory.processes[name]), common, _kind(graph, name))
            kin.setdefault(alike, {})[name] = common or frozenset()
    return kin.values()


def _one(graph: Graph, needed: Mapping[str, frozenset[str]], group: int) -> Newcomer | str:
    processes = [graph.inventory.processes[name] for name in needed]
    many = "second-source" if not group else f"second-source-{group + 1}"
    stem = f"{processes[0].id}-fallback" if len(processes) == 1 else many
    avoid = frozenset().union(*needed.values())
    return newcomer(graph.inventory, processes, avoid, _fresh(graph.inventory, stem))


def _fresh(inventory: Inventory, stem: str) -> str:
    """A name that nothing has."""
    taken = {*inventory.deployments, *inventory.processes, *inventory.aliases}
    names = chain([stem], (f"{stem}-{count}" for count in count_from(2)))
    return next(
        name
        for name in names
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
        models={**{each.model.id: each.model for each in deployments.values()}, **inventory.models},
        deployments={**inventory.deployments, **deployments},
    )
    added: dict[str, list[str]] = {}
    for each in newcomers if route else ():
        for name in each.serves:
            added.setdefault(name, []).append(each.deployment.id)
    return _extended(grown, added)
