"""What goes wrong as data (what, to whom, when), and the scenario that it is for one inventory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.drills.catalogue import expectations
from modelrouter.drills.misfortunes import MISFORTUNES
from modelrouter.drills.scenario import Blow, Loss, Scenario, Signal
from modelrouter.drills.shapes import Shape
from modelrouter.drills.spreading import held_with
from modelrouter.drills.twins.effects import Effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from modelrouter.continuity.factors import Graph
    from modelrouter.drills.miniature import Miniature
    from modelrouter.drills.misfortunes import Misfortune, Strike
    from modelrouter.drills.scope import Scope, Within
    from modelrouter.drills.shapes import Stretch

__all__ = ["Case", "Mishap", "NotConcerned", "composed"]

SLOWER_S = 8.0
"""How late a slow first token is where nobody says: five times the two seconds that a large model usually takes."""

ALWAYS = Shape()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """One misfortune: to whom it happens, when, and how much."""

    misfortune: str
    """A word of `MISFORTUNES`."""
    scope: Scope
    shape: Shape = ALWAYS
    share: float = 1.0
    """Of calls, or of callers where it is sticky."""
    sticky: bool = False
    left: float = 0.5
    """Of limits that are cut, what is left."""
    retry_after_s: float | None = None
    retention_s: float | None = None
    """With new terms: for how long what is sent is kept."""
    times: float | None = None
    """With a new price: the multiple."""
    assumed: tuple[str, ...] = ()
    """What of this nobody reported: our assumptions, in words."""

    @property
    def kind(self) -> Misfortune:
        """What its word means."""
        return MISFORTUNES[self.misfortune]

    @property
    def pure(self) -> bool:
        """Whether it is a matter of availability alone: in the end nothing is served from all that it reaches."""
        whole = self.kind.played and self.kind.takes and self.share >= 1
        return whole and self.kind.moves and not CALLERS & self.scope.facts.keys()

    def __str__(self) -> str:
        if self.times is not None:
            return f"{self.scope} costs {self.times:g} times as much"
        if self.retention_s is not None:
            return f"{self.scope} keeps what it is sent for {self.retention_s / DAY_S:g} days"
        if self.misfortune == "quota-cut":
            return f"{self.scope} carries {self.left * 100:g} % of its limits"
        share = "" if self.share >= 1 else f" ({self.share * 100:g} % of {'callers' if self.sticky else 'calls'})"
        return f"{self.scope} {self.kind.says}{share}"


DAY_S = 86_400.0
CALLERS = frozenset({"users", "segment", "process"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Several mishaps with one story."""

    id: str
    title: str
    kind: str
    subject: str = ""
    mishaps: tuple[Mishap, ...]
    length_s: float
    """Of what happened, from its beginning to where the rehearsal ends."""
    signals: tuple[Signal, ...] = ()
    """At seconds of what happened."""
    precedent: str | None = None
    announced_s: float | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def pure(self) -> bool:
        """Whether all of it is a matter of availability alone, so that the graph can say who is left without service."""
        return bool(self.mishaps) and all(mishap.pure for mishap in self.mishaps)


class NotConcerned(NamedTuple):
    """A case that touches nothing in an inventory."""

    id: str
    title: str
    why: str


def composed(case: Case, graph: Graph, miniature: Miniature) -> Scenario | NotConcerned:
    """The scenario that a case is for an inventory, in the time of a rehearsal."""
    reached = [(mishap, mishap.scope.within(graph, local=mishap.kind.local)) for mishap in case.mishaps]
    serving = {route.id for process in graph.inventory.processes.values() for route in process.routes}
    if not any(within.own or (within.deployments & serving and within) for _, within in reached):
        return NotConcerned(case.id, case.title, _why(reached, serving))
    clock = _Clock(miniature.steady_s, (miniature.duration_s - miniature.steady_s) / case.length_s)
    found = [each for each in reached if each[1]]
    plain = (blow for each in found for blow in _blows(*each, graph, case.length_s, clock))
    blows = tuple(replace(blow, held_with=held_with(blow, graph)) for blow in plain)
    return Scenario(
        id=case.id,
        title=case.title,
        kind=case.kind,
        subject=case.subject,
        duration_s=miniature.duration_s,
        faults=blows,
        expectations=expectations(graph.inventory, blows),
        losses=tuple(loss for each in found for loss in _losses(*each, graph, case.length_s, clock)),
        notes=(*case.notes, *_notes(reached), *_more(blows)),
        signals=tuple(Signal(clock.at(at), text) for at, text in case.signals),
        precedent=case.precedent,
        announced_s=case.announced_s,
        compress=1 / clock.pace,
        pure=case.pure and not any(within.own for _, within in found) and not any(blow.held_with for blow in blows),
    )


class _Clock(NamedTuple):
    """From seconds of what happened to seconds of the rehearsal."""

    start_s: float
    pace: float

    def at(self, seconds: float) -> float:
        return self.start_s + seconds * self.pace

    def end(self, seconds: float | None) -> float | None:
        return None if seconds is None else self.at(seconds)


def _blows(mishap: Mishap, within: Within, graph: Graph, length_s: float, clock: _Clock) -> Iterator[Blow]:
    for stretch in mishap.shape.stretches(length_s) if within.deployments else ():
        for strike in mishap.kind.strikes:
            less = strike.effect is Effect.CARRIES_LESS
            bounded = frozenset(each for each in within.deployments if _limited(graph, each))
            if less and bounded != within.deployments:
                # Of whoever states no limit nobody knows how much a part of it is: that part of calls is throttled.
                rest = within.deployments - bounded
                yield _blow(mishap, within, stretch, clock, _unstated(strike, mishap), rest)
            if not less or bounded:
                yield _blow(mishap, within, stretch, clock, strike, bounded if less else within.deployments)


def _more(blows: Iterable[Blow]) -> Iterator[str]:
    """What is held beside what is hit, once for each scope."""
    for scope, cause, others in dict.fromkeys((blow.scope, blow.cause, blow.held_with) for blow in blows):
        if others:
            yield f"replies say {cause}, which is held for {', '.join(sorted(others))} as well, beside {scope}"


def _limited(graph: Graph, deployment: str) -> bool:
    limits = graph.inventory.deployments[deployment].limits
    return limits.rpm is not None or limits.concurrency is not None


def _unstated(strike: Strike, mishap: Mishap) -> Strike:
    return type(strike)(effect=Effect.THROTTLED, share=1 - mishap.left)


def _blow(
    mishap: Mishap, within: Within, stretch: Stretch, clock: _Clock, strike: Strike, deployments: frozenset[str]
) -> Blow:
    less = strike.effect is Effect.CARRIES_LESS
    return Blow(
        effect=strike.effect,
        scope=str(mishap.scope),
        deployments=deployments,
        from_s=clock.at(stretch.from_s),
        until_s=clock.end(stretch.until_s),
        processes=within.processes,
        share=1.0 if less else strike.share * mishap.share * stretch.share,
        sticky=mishap.sticky,
        retry_after_s=mishap.retry_after_s,
        states_wait=strike.states_wait,
        delay_s=SLOWER_S,
        carries=1 - (1 - mishap.left) * stretch.share if less else 1.0,
        how=strike.how,
    )


def _losses(mishap: Mishap, within: Within, graph: Graph, length_s: float, clock: _Clock) -> Iterator[Loss]:
    """What the graph is told: read off the words alone."""
    processes = within.processes
    if mishap.retention_s is not None:
        processes = frozenset(_promised(graph, mishap.retention_s))
    for stretch in mishap.shape.stretches(length_s):
        part = mishap.share * stretch.share
        if mishap.kind.takes or mishap.retention_s is not None:
            left = 1 - part
        elif mishap.kind.played:
            left = 1 - (1 - mishap.left) * stretch.share if mishap.misfortune == "quota-cut" else 1 - part * MOSTLY
        else:
            continue
        yield Loss(
            said=str(mishap),
            factors=within.factors,
            deployments=within.deployments,
            processes=processes,
            left=max(0.0, left),
            from_s=clock.at(stretch.from_s),
            until_s=clock.end(stretch.until_s),
        )


def _promised(graph: Graph, retention_s: float) -> Iterator[str]:
    """The processes whose data nobody may keep for so long."""
    for name, process in graph.inventory.processes.items():
        longest = process.data.retention_s
        if longest is not None and longest < retention_s:
            yield name


MOSTLY = 0.2
"""Of what is only slow, worse or partly overloaded, so much is taken for lost; a convention."""


def _notes(reached: Sequence[tuple[Mishap, Within]]) -> Iterator[str]:
    for mishap, within in reached:
        if not within:
            yield f"not here: {mishap} ({_missing(mishap)})"
            continue
        yield from (f"assumed: {each}" for each in mishap.assumed)
        if within.own:
            yield f"not played: {', '.join(sorted(within.own))} stands on {mishap.scope} before any provider is called"
        if not mishap.kind.played:
            yield f"a fact, and no call meets it: {mishap}"
        elif mishap.kind.limited:
            yield f"{mishap.misfortune}: {mishap.kind.limited}"


def _why(reached: Iterable[tuple[Mishap, Within]], serving: set[str]) -> str:
    found = []
    for mishap, within in reached:
        idle = within.deployments - serving
        found.append(f"{', '.join(sorted(idle))} serves no process" if idle and within else _missing(mishap))
    return "; ".join(dict.fromkeys(found))


def _missing(mishap: Mishap) -> str:
    return f"nothing here is {mishap.scope}"
