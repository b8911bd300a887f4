"""What a rule is, what it finds, and what it looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from modelrouter.continuity.calendar import Match
    from modelrouter.continuity.factors import Graph
    from modelrouter.core.inventory import Deployment, Inventory, Process

__all__ = ["Finding", "Path", "Rule", "Severity", "View", "finding", "place_in_route", "some"]

Severity = Literal["error", "warning", "note"]
"""`error`: it cannot work as written; `warning`: it will fail when it is needed; `note`: nobody has said, or nearly well."""
NAMED = 5
"""So many processes are named in a message."""
Path = tuple[str | int, ...]
"""Where it stands in the inventory, key by key as the file writes them: `("processes", "claims", "routes", 1)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; every text is a sentence for people."""

    id: str
    """`R01`; never given to another rule."""
    name: str
    severity: Severity
    """The usual one; a finding may be graver or lighter, and then says why."""
    what: str
    """What it finds."""
    why: str
    advice: str
    """What to do, in general; a finding says it of its own case."""


class Finding(NamedTuple):
    """One thing that a rule found."""

    rule: str
    path: Path
    message: str
    """What is wrong, in small letters and without a full stop."""
    advice: str
    """What to write or do instead, as a sentence."""
    severity: Severity
    at_key: bool = False
    """The key is meant, not its value."""


@dataclass(frozen=True, slots=True)
class View:
    """What every rule may look at."""

    graph: Graph
    today: date
    listed: Mapping[str, Match]
    """Deployment → when a price list says that it retires."""
    _users: Mapping[str, tuple[Process, ...]]

    @classmethod
    def of(cls, graph: Graph, today: date, matches: Iterable[Match] = ()) -> View:
        """Look at an inventory as it is on a day."""
        users: dict[str, list[Process]] = {name: [] for name in graph.inventory.deployments}
        for standing in graph.processes.values():
            for name in standing.permitted:
                users[name].append(standing.process)
        listed = {each.deployment: each for each in matches}
        return cls(graph, today, listed, {name: tuple(each) for name, each in users.items()})

    @property
    def inventory(self) -> Inventory:
        """The inventory that is looked at."""
        return self.graph.inventory

    def permitted(self, process: Process) -> tuple[Deployment, ...]:
        """The deployments of its route that may serve a process, in order; the first is its first choice."""
        return tuple(self.inventory.deployments[each] for each in self.graph.processes[process.id].permitted)

    def users(self, deployment: Deployment) -> tuple[Process, ...]:
        """The processes that a deployment may serve and stands in the route of."""
        return self._users[deployment.id]


def place_in_route(process: Process, deployment: Deployment) -> Path:
    """Where a deployment stands in a route."""
    return ("processes", process.id, "routes", process.routes.index(deployment))


def finding(rule: Rule, path: Path, message: str, advice: str, severity: Severity | None = None) -> Finding:
    """Find something at a value; of the rule's usual severity unless another is given."""
    return Finding(rule.id, path, message, advice, severity or rule.severity)


def some(names: Iterable[str]) -> str:
    """A few names, and how many more."""
    all_ = tuple(names)
    more = f" and {len(all_) - NAMED} more" if len(all_) > NAMED else ""
    return ", ".join(all_[:NAMED]) + more
