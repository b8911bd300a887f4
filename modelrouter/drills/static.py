"""What the factor graph alone says of scenarios: nothing is sent, and no time passes."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.continuity.events import Event
from modelrouter.continuity.factors import Graph
from modelrouter.continuity.impact import GRAVITY, STOPPED, Verdict, impact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from modelrouter.continuity.impact import Impact
    from modelrouter.core.inventory import Inventory
    from modelrouter.drills.scenario import Loss, Moment, Scenario

__all__ = ["Foreseen", "events", "foresee", "static"]


class Foreseen(NamedTuple):
    """What becomes of every process in a scenario, as the graph has it."""

    scenario: Scenario
    moments: tuple[tuple[Moment, Impact], ...]
    """Each stretch in which the same things are lost."""
    verdicts: Mapping[str, Verdict]
    """By process: the gravest of any moment."""

    @property
    def down(self) -> frozenset[str]:
        """The processes that nobody serves at some time."""
        return frozenset(name for name, verdict in self.verdicts.items() if verdict in STOPPED)


def static(inventory: Inventory, scenarios: Sequence[Scenario]) -> tuple[Foreseen, ...]:
    """Judge scenarios by the graph; milliseconds for each."""
    graph = Graph.of(inventory)
    return tuple(foresee(graph, scenario) for scenario in scenarios)


def foresee(graph: Graph, scenario: Scenario) -> Foreseen:
    """Judge one scenario."""
    moments = tuple((moment, impact(graph, events(moment.losses))) for moment in scenario.moments())
    verdicts = dict(impact(graph).verdicts)
    for _, found in moments:
        for name, verdict in found.verdicts.items():
            verdicts[name] = max(verdict, verdicts[name], key=GRAVITY.__getitem__)
    return Foreseen(scenario, moments, MappingProxyType(verdicts))


def events(losses: Iterable[Loss]) -> list[Event]:
    """The same in the words of the impact analysis."""
    return [_event(loss) for loss in losses]


def _event(loss: Loss) -> Event:
    word = "incident"
    if loss.left > 0:
        return Event(
            word=word, subject=loss.said, said=loss.said, left=dict.fromkeys(sorted(loss.deployments), loss.left)
        )
    if loss.processes is not None:
        routes = {name: dict.fromkeys(sorted(loss.deployments), loss.said) for name in sorted(loss.processes)}
        return Event(word=word, subject=loss.said, said=loss.said, routes=routes)
    return Event(word=word, subject=loss.said, said=loss.said, factors=dict.fromkeys(sorted(loss.factors), loss.said))
