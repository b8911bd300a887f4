"""What changed between two inventories for what survives: for a check before a change is merged.

A process survives less where, of what both inventories know,

    stopped   nobody may serve it any more, although nothing has happened
    exposed   a factor that the old inventory knew takes it down alone, and did not before; or it had no single point of
              failure and has one; or it has more than before
    shallower fewer things than before must fail together to take it down

and more where the opposite is true and none of these. Deployments may be renamed: a single point of failure that only
changed its name is none that was added. Processes that only one inventory knows are told, and judged neither way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from modelrouter.continuity.cutsets import counts
from modelrouter.continuity.overview import depths

if TYPE_CHECKING:
    from modelrouter.continuity.factors import Graph

_Depths = tuple[int | None, int | None]

__all__ = ["Comparison", "Shift", "compare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What changed for one process that both inventories know."""

    process: str
    survives: Literal["less", "more", "same"]
    why: tuple[str, ...]
    """In sentences; empty where nothing changed."""
    points_added: tuple[str, ...]
    """Factors that take it down alone now and did not before."""
    points_removed: tuple[str, ...]
    routes_added: tuple[str, ...]
    """Deployments that may serve it now and might not before."""
    routes_removed: tuple[str, ...]
    depths: tuple[int | None, int | None]
    """How many things must fail to take it down, before and after; None: nothing known does, 0: it is down anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two inventories, process by process."""

    shifts: tuple[Shift, ...]
    """Of every process that both know, in the order of the new one."""
    added: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def fell(self) -> bool:
        """Whether any process survives less."""
        return any(each.survives == "less" for each in self.shifts)


def compare(old: Graph, new: Graph) -> Comparison:
    """Compare what every process survives."""
    before, after = (depths(graph.structure, counts(graph.structure)) for graph in (old, new))
    return Comparison(
        shifts=tuple(
            _shift(old, new, name, (before[name], after[name])) for name in new.processes if name in old.processes
        ),
        added=tuple(name for name in new.processes if name not in old.processes),
        removed=tuple(name for name in old.processes if name not in new.processes),
    )


def _shift(old: Graph, new: Graph, name: str, fall: _Depths) -> Shift:
    before, after = _points(old, name), _points(new, name)
    were, are = old.processes[name].permitted, new.processes[name].permitted
    added = tuple(each for each in new.factors if each in after and each not in before)
    removed = tuple(each for each in old.factors if each in before and each not in after)
    worse, better = _worse(old, before, after, added, fall), _better(before, after, fall)
    return Shift(
        process=name,
        survives="less" if worse else "more" if better else "same",
        why=worse or better,
        points_added=added,
        points_removed=removed,
        routes_added=tuple(each for each in are if each not in were),
        routes_removed=tuple(each for each in were if each not in are),
        depths=fall,
    )


def _points(graph: Graph, process: str) -> frozenset[str]:
    """Its single points of failure; none for a process that nobody may serve, which needs no failure."""
    routes = graph.structure.routes(process)
    common = routes[0] if routes else 0
    for route in routes:
        common &= route
    return frozenset(graph.structure.names(common))


def _worse(
    old: Graph,
    before: frozenset[str],
    after: frozenset[str],
    added: tuple[str, ...],
    fall: _Depths,
) -> tuple[str, ...]:
    was, now = fall
    if now == 0:
        return () if was == 0 else ("nobody may serve it any more",)
    said = []
    known = [each for each in added if each in old.factors]
    if was != 0 and (known or (added and len(after) > len(before))):
        said.append(f"taken down alone now by {', '.join(known or added)}")
    if now is not None and was != 0 and (was is None or now < was):
        before_said = "nothing took it down" if was is None else f"{was} failures took it down at least"
        said.append(f"{before_said}, now {now} {'does' if now == 1 else 'do'}")
    return tuple(said)


def _better(before: frozenset[str], after: frozenset[str], fall: _Depths) -> tuple[str, ...]:
    was, now = fall
    if was == 0 and now != 0:
        return ("it may be served again",)
    said = []
    if len(after) < len(before):
        said.append(f"no longer taken down alone by {', '.join(sorted(before - after))}")
    if was is not None and (now is None or now > was):
        said.append(f"{was} {'failure' if was == 1 else 'failures'} took it down at least, now {now or 'none'} must")
    return tuple(said)
