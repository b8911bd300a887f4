"""What becomes of every process when something happens, and why.

The verdicts, gravest first:

    DOWN                 nothing that may serve it is left; or it depends itself on what is lost. Where a deployment
                         outside its route stands and may serve it, that is named: the route can be mended.
    NO_PERMITTED_ROUTE   nothing that may serve it is left, in the whole inventory; and a deployment stands that it names,
                         or that could do its work, but policy, residency or its own needs refuse it.
    DEGRADED             part of what may serve it is lost or throttled; the rest serves on.
    SAFE                 everything that may serve it stands.

Policy is asked as for a request of which nothing is known but its process.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from modelrouter.continuity.events import Cause

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from modelrouter.continuity.events import Event
    from modelrouter.continuity.factors import Graph, Standing
    from modelrouter.core.inventory import Deployment, Process

__all__ = ["GRAVITY", "STOPPED", "Branch", "Effect", "Impact", "Refusal", "Verdict", "impact"]


class Verdict(StrEnum):
    """What becomes of a process."""

    DOWN = "DOWN"
    NO_PERMITTED_ROUTE = "NO_PERMITTED_ROUTE"
    DEGRADED = "DEGRADED"
    SAFE = "SAFE"


GRAVITY: Mapping[Verdict, int] = MappingProxyType({verdict: 3 - place for place, verdict in enumerate(Verdict)})
"""Of two verdicts the greater is the graver. The first two are as grave for the business, and mended differently."""

STOPPED = frozenset({Verdict.DOWN, Verdict.NO_PERMITTED_ROUTE})
"""Nobody serves the process."""


class Refusal(NamedTuple):
    """A deployment that may not serve a process, whatever stands."""

    deployment: str
    rule: str
    why: str


class Branch(NamedTuple):
    """A deployment of a route, and what became of it."""

    deployment: str
    state: Literal["serves", "throttled", "lost", "refused"]
    causes: tuple[Cause, ...]
    """Why it is lost; one for each event that takes it. A refused one may be lost as well."""
    refusals: tuple[Refusal, ...]
    left: float
    """The share of its capacity that is left; 0 where it is lost or refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What becomes of one process: the reason tree."""

    process: Process
    verdict: Verdict
    before: Verdict
    """What it was without any event."""
    why: str
    """In a sentence."""
    own: tuple[Cause, ...]
    """What it depends on itself and has lost."""
    branches: tuple[Branch, ...]
    """Its route, in order."""
    served_by: tuple[str, ...]
    """Who serves it now, in order."""
    standby: tuple[str, ...]
    """Deployments outside its route that stand and may serve it."""
    barred: tuple[str, ...]
    """Deployments outside its route that stand and could do its work, but may not."""
    capacity: float | None
    """The share of its permitted route's calls a minute (else tokens a minute) that is left; None: a limit is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What some events, all at once, do to every process."""

    graph: Graph
    events: tuple[Event, ...]
    verdicts: Mapping[str, Verdict]
    """By process, in the order of the inventory."""
    lost: Mapping[str, tuple[Cause, ...]]
    """The deployments that are lost to everybody, and why."""
    left: Mapping[str, float]
    """The deployments that serve on with a share of their capacity."""
    unknown: tuple[str, ...]
    """What is not known, and was taken as not hit."""
    standing: int
    """The deployments that are not lost to everybody, as bits of the graph's reaches."""

    @property
    def counts(self) -> Mapping[Verdict, int]:
        """How many processes each verdict was given to."""
        given = Counter(self.verdicts.values())
        return {verdict: given[verdict] for verdict in Verdict}

    @property
    def stopped(self) -> tuple[str, ...]:
        """The processes that nobody serves."""
        return tuple(name for name, verdict in self.verdicts.items() if verdict in STOPPED)

    @property
    def weight(self) -> float:
        """The weights of the processes that nobody serves, summed."""
        return sum(self.graph.processes[name].weight for name in self.stopped)

    def first(self, process: str) -> str | None:
        """Who serves a process first now; None: nobody."""
        if self.verdicts[process] in STOPPED:
            return None
        fenced = _missing(self.events, process)
        permitted = self.graph.processes[process].permitted
        return next(name for name in permitted if name not in self.lost and name not in fenced)

    def effect(self, process: str) -> Effect:
        """The reason tree of a process; made when it is asked for."""
        return _effect(self, self.graph.processes[process])

    def ranked(self) -> list[str]:
        """The processes: gravest first, then the most critical, then in the order of the inventory."""
        weights = {name: self.graph.processes[name].weight for name in self.verdicts}
        return sorted(self.verdicts, key=lambda name: (-GRAVITY[self.verdicts[name]], -weights[name]))

    def effects(self) -> Iterator[Effect]:
        """Every reason tree, in the order of rank; each is made when its turn comes."""
        return (self.effect(name) for name in self.ranked())


def impact(graph: Graph, events: Sequence[Event] = ()) -> Impact:
    """Judge every process while all these events hold; milliseconds for thousands of processes."""
    lost = dict(_lost(graph, events))
    left: dict[str, float] = {}
    for event in events:
        for deployment, share in event.left.items():
            left[deployment] = min(share, left.get(deployment, 1.0))
    gone, slow = frozenset(lost), frozenset(left)
    standing = _bits(graph, graph.paths) & ~_bits(graph, gone)
    dead = frozenset(name for event in events for name in event.factors)
    alone = {name: frozenset(each) for event in reversed(events) for name, each in event.routes.items()}
    verdicts = {}
    for name, each in graph.processes.items():
        fenced = _missing(events, name) if name in alone else frozenset()
        missing = gone | fenced if fenced else gone
        if each.permitted and each.own.keys().isdisjoint(dead) and missing.isdisjoint(each.permitted):
            verdicts[name] = Verdict.SAFE if slow.isdisjoint(each.permitted) else Verdict.DEGRADED
        else:
            stands = standing & ~_bits(graph, fenced)
            verdicts[name] = _verdict(graph, each, missing, stands, own=not each.own.keys().isdisjoint(dead))
    return Impact(
        graph=graph,
        events=tuple(events),
        verdicts=MappingProxyType(verdicts),
        lost=MappingProxyType(lost),
        left=MappingProxyType(left),
        unknown=tuple(dict.fromkeys(each for event in events for each in event.unknown)),
        standing=standing,
    )


def _lost(graph: Graph, events: Sequence[Event]) -> Iterator[tuple[str, tuple[Cause, ...]]]:
    for name, paths in graph.paths.items():
        causes = []
        for event in events:
            if note := event.deployments.get(name):
                causes.append(Cause((), note))
            hit = [Cause(paths[factor], note) for factor, note in event.factors.items() if factor in paths]
            causes += sorted(hit, key=lambda cause: len(cause.path))[:1]
        if causes:
            yield name, tuple(causes)


def _bits(graph: Graph, deployments: Iterable[str]) -> int:
    return sum(graph.reaches.bits[name] for name in deployments)


def _route(graph: Graph, standing: Standing) -> int:
    """What a route names, permitted or not."""
    return _bits(graph, (deployment.id for deployment in standing.process.routes))


def _missing(events: Sequence[Event], process: str) -> frozenset[str]:
    """What is lost to this process alone."""
    return frozenset(deployment for event in events for deployment in event.routes.get(process, ()))


def _verdict(graph: Graph, each: Standing, gone: frozenset[str], standing: int, *, own: bool) -> Verdict:
    """Of a process that has lost something, or had nothing."""
    if own:
        return Verdict.DOWN
    if not gone.issuperset(each.permitted):
        return Verdict.DEGRADED
    if each.reach.permitted & standing:
        return Verdict.DOWN
    named = _route(graph, each)
    return Verdict.NO_PERMITTED_ROUTE if (named | each.reach.able) & standing else Verdict.DOWN


def _effect(found: Impact, standing: Standing) -> Effect:
    graph, process = found.graph, standing.process
    branches = tuple(_branch(found, standing, deployment) for deployment in process.routes)
    own = tuple(
        Cause(standing.own[factor], note)
        for event in found.events
        for factor, note in event.factors.items()
        if factor in standing.own
    )
    served = tuple(each.deployment for each in branches if each.state in {"serves", "throttled"}) if not own else ()
    fenced = _bits(graph, _missing(found.events, process.id))
    stands = found.standing & ~fenced & ~_route(graph, standing)
    verdict = found.verdicts[process.id]
    standby = graph.reaches.names(standing.reach.permitted & stands)
    return Effect(
        process=process,
        verdict=verdict,
        before=_before(graph, standing),
        why=_why(verdict, standing, own, branches, standby),
        own=own,
        branches=branches,
        served_by=served,
        standby=standby,
        barred=graph.reaches.names(standing.reach.able & ~standing.reach.permitted & stands),
        capacity=0.0 if own else _capacity(process, branches),
    )


def _before(graph: Graph, standing: Standing) -> Verdict:
    """The verdict of a process when nothing has happened."""
    if standing.permitted:
        return Verdict.SAFE
    return _verdict(graph, standing, frozenset(), sum(graph.reaches.bits.values()), own=False)


def _branch(found: Impact, standing: Standing, deployment: Deployment) -> Branch:
    name = deployment.id
    alone = (event.routes.get(standing.process.id, {}).get(name) for event in found.events)
    causes = (*found.lost.get(name, ()), *(Cause((), why) for why in alone if why))
    refusals = tuple(Refusal(name, each.rule, each.why) for each in standing.refused if each.deployment.id == name)
    if refusals:
        return Branch(name, "refused", causes, refusals, 0.0)
    if causes:
        return Branch(name, "lost", causes, (), 0.0)
    left = found.left.get(name, 1.0)
    return Branch(name, "throttled" if left < 1 else "serves", (), (), left)


def _capacity(process: Process, branches: Sequence[Branch]) -> float | None:
    """The share that is left of what its permitted deployments carry together, where every one states it."""
    limits = {deployment.id: deployment.limits for deployment in process.routes}
    counted = [branch for branch in branches if branch.state != "refused"]
    for unit in ("rpm", "tpm"):
        known = [(branch.left, getattr(limits[branch.deployment], unit)) for branch in counted]
        if known and all(limit is not None for _, limit in known):
            return float(sum(left * limit for left, limit in known) / sum(limit for _, limit in known))
    return None if counted else 0.0


def _why(
    verdict: Verdict, standing: Standing, own: Sequence[Cause], branches: Sequence[Branch], standby: Sequence[str]
) -> str:
    if own:
        return f"it depends itself on {own[0]}"
    served = [each.deployment for each in branches if each.state in {"serves", "throttled"}]
    lost = [each.deployment for each in branches if each.state == "lost"]
    if verdict not in STOPPED:
        slow = [f"{each.deployment} to {each.left:.0%}" for each in branches if each.state == "throttled"]
        which = "first choice" if standing.permitted[0] in lost else "fallback"
        said = [f"{which} lost: {', '.join(lost)}"] if lost else []
        said += [f"throttled: {', '.join(slow)}"] if slow else []
        return "; ".join([*said, f"served by {served[0]}"])
    named = f"all that may serve it is lost: {', '.join(lost)}" if lost else "nothing in its route may serve it"
    return f"{named}; {_rest(verdict, branches, standby)}"


def _rest(verdict: Verdict, branches: Sequence[Branch], standby: Sequence[str]) -> str:
    """What stands, where nobody serves."""
    if standby:
        return f"{', '.join(standby[:3])} {_stand(standby)} and may, outside its route"
    refused = [each.deployment for each in branches if each.state == "refused" and not each.causes]
    if refused:
        return f"{', '.join(refused)} {_stand(refused)}, but may not serve it"
    return "what stands and could may not" if verdict is Verdict.NO_PERMITTED_ROUTE else "nothing stands that could"


def _stand(names: Sequence[str]) -> str:
    return "stands" if len(names) == 1 else "stand"
