"""The calendar: what ends when, and on which day each process loses its first choice and its last route."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.continuity.calendar.entries import LASTING, Entry, Kind, entries
from modelrouter.continuity.calendar.listed import Listed, Match, matched

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from modelrouter.continuity.factors import Graph

__all__ = ["LASTING", "Calendar", "Ending", "Entry", "Kind", "Listed", "Match", "Route", "calendar", "matched"]


class Ending(NamedTuple):
    """A deployment, and what takes it first."""

    deployment: str
    entry: Entry | None
    """None: nothing that is known takes it."""

    @property
    def day(self) -> date | None:
        """Its last day."""
        return self.entry.day if self.entry is not None else None


class Route(NamedTuple):
    """The permitted route of a process, and when each deployment of it ends."""

    process: str
    endings: tuple[Ending, ...]

    @property
    def first(self) -> Ending | None:
        """Its first choice; None where nobody may serve it."""
        return self.endings[0] if self.endings else None

    @property
    def last(self) -> Ending | None:
        """The deployment that is left longest; None where one never ends, or nobody may serve it."""
        dated = [(each.day, each) for each in self.endings if each.day is not None]
        if not dated or len(dated) < len(self.endings):
            return None
        return max(dated, key=lambda pair: pair[0])[1]

    def serving(self, day: date) -> str | None:
        """Who is the first choice on a day; None: nobody is left."""
        return next((each.deployment for each in self.endings if each.day is None or day <= each.day), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """What ends, by day, and what that means for every process."""

    entries: tuple[Entry, ...]
    routes: Mapping[str, Route]


def calendar(graph: Graph, today: date, lines: Iterable[Listed] = ()) -> Calendar:
    """Read the calendar of an inventory; `lines` of a price list tell of retirements that it does not state."""
    found = entries(graph, today, matched(graph.inventory, lines))
    takers: dict[str, Entry] = {}
    for entry in found:  # by day: the first that takes a deployment is what ends it
        for deployment in entry.takes:
            takers.setdefault(deployment, entry)
    routes = {
        name: Route(name, tuple(Ending(each, takers.get(each)) for each in standing.permitted))
        for name, standing in graph.processes.items()
    }
    return Calendar(entries=found, routes=routes)
