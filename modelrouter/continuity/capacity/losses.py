"""What may be lost, as capacity sees it: who cannot call whom any more, and what is left of the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from modelrouter.continuity.events import Event
    from modelrouter.continuity.factors import Graph

__all__ = ["ORDINARY", "Loss", "of_events", "single"]

OURS = frozenset({"deployment", "key", "account", "contract"})
"""Kinds of factors that we alone lose: nobody else flees because of them. Of all others, everybody does."""
OUR_WORDS = frozenset({"suspend", "end"})
"""Events that hit us alone, whatever they are said of."""
TELLING = (
    "provider",
    "account",
    "upstream",
    "family",
    "developer",
    "region",
    "model",
    "key",
    "contract",
    "company",
    "jurisdiction",
    "deployment",
)
"""Of several factors that take away the same, the one that stands for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One thing, or several at once, that is lost."""

    names: tuple[str, ...]
    """The factors whose loss this is, the most telling first: each alone does the same. Empty in ordinary times."""
    said: str
    shared: bool
    """Others lose it as well, and flee."""
    gone: frozenset[str] = frozenset()
    """Deployments that serve nobody any more."""
    gone_for: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Process → deployments that it cannot use any more; others can."""
    left: Mapping[str, float] = field(default_factory=dict)
    """Deployment → the share of its limits that is left."""

    @property
    def name(self) -> str:
        """The most telling of its names."""
        return self.names[0] if self.names else ""

    def takes(self, process: str, deployment: str) -> bool:
        """Whether it takes this deployment from this process."""
        return deployment in self.gone or deployment in self.gone_for.get(process, ())


ORDINARY = Loss(names=(), said="nothing is lost", shared=False)


def single(graph: Graph) -> tuple[Loss, ...]:
    """Every single factor whose loss takes something that serves; those that take the same are one loss."""
    alike: dict[tuple[object, ...], list[str]] = {}
    found: dict[tuple[object, ...], Loss] = {}
    used = frozenset(name for each in graph.processes.values() for name in each.permitted)
    members, owners = _members(graph), _owners(graph)
    for name in graph.factors:
        gone = members.get(name, frozenset()) & used
        own = owners.get(name, ())
        if not gone and not own:
            continue
        shared = name.partition(":")[0] not in OURS
        key = (gone, own, shared)
        alike.setdefault(key, []).append(name)
        gone_for = dict.fromkeys(own, used)
        found.setdefault(key, Loss(names=(), said="", shared=shared, gone=gone, gone_for=gone_for))
    return tuple(_named(found[key], names) for key, names in alike.items())


def _named(loss: Loss, names: Sequence[str]) -> Loss:
    ranked = tuple(sorted(names, key=lambda name: (TELLING.index(name.partition(":")[0]), name)))
    said = f"{ranked[0].replace(':', ' ', 1)} is lost"
    return Loss(names=ranked, said=said, shared=loss.shared, gone=loss.gone, gone_for=loss.gone_for)


def _members(graph: Graph) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for deployment, factors in graph.paths.items():
        for name in factors:
            found.setdefault(name, set()).add(deployment)
    return {name: frozenset(each) for name, each in found.items()}


def _owners(graph: Graph) -> dict[str, tuple[str, ...]]:
    """Factor → the processes that depend on it themselves."""
    found: dict[str, list[str]] = {}
    for process, standing in graph.processes.items():
        for name in standing.own:
            found.setdefault(name, []).append(process)
    return {name: tuple(each) for name, each in found.items()}


def of_events(graph: Graph, events: Iterable[Event]) -> Loss:
    """Several events at once, as one loss."""
    happened = tuple(events)
    factors = frozenset(name for event in happened for name in event.factors)
    gone = {name for name, own in graph.paths.items() if not factors.isdisjoint(own)}
    gone.update(name for event in happened for name in event.deployments)
    gone_for: dict[str, frozenset[str]] = {}
    for process, standing in graph.processes.items():
        if not factors.isdisjoint(standing.own):
            gone_for[process] = frozenset(standing.permitted)
    for event in happened:
        for process, routes in event.routes.items():
            gone_for[process] = gone_for.get(process, frozenset()) | routes.keys()
    return Loss(
        names=tuple(event.subject for event in happened),
        said="; ".join(event.said for event in happened),
        shared=any(_is_shared(event) for event in happened),
        gone=frozenset(gone),
        gone_for=gone_for,
        left=dict(_left(happened)),
    )


def _is_shared(event: Event) -> bool:
    return event.word not in OUR_WORDS and event.subject.partition(":")[0] not in OURS


def _left(events: Sequence[Event]) -> Iterator[tuple[str, float]]:
    """Two throttles of one deployment leave the product of what each leaves."""
    shares: dict[str, float] = {}
    for event in events:
        for name, share in event.left.items():
            shares[name] = shares.get(name, 1.0) * share
    yield from shares.items()
