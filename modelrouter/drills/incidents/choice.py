"""Which incidents are meant, and what each is for an inventory."""

from __future__ import annotations

from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.continuity.factors import Graph
from modelrouter.drills.incidents.reading import incidents
from modelrouter.drills.mishap import NotConcerned, composed
from modelrouter.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelrouter.core.inventory import Inventory
    from modelrouter.drills.incidents.reading import Incident
    from modelrouter.drills.miniature import Miniature
    from modelrouter.drills.scenario import Scenario

__all__ = ["ALL", "EVERY", "Found", "chosen"]

ALL = "all"
EVERY = "F*"
"""The pattern that `all` stands for."""


class Found(NamedTuple):
    """One incident, and what it is here."""

    incident: Incident
    scenario: Scenario | NotConcerned

    @property
    def here(self) -> str:
        """In a word or a sentence: whether it can be rehearsed."""
        if isinstance(self.scenario, NotConcerned):
            return self.scenario.why
        return "yes" if self.incident.played else "a matter of facts: no call meets it"


def chosen(words: Iterable[str], inventory: Inventory, small: Miniature) -> tuple[Found, ...]:
    """The incidents that ids or patterns name, in their own order; all where there are none. Raises UsageError."""
    graph, known = Graph.of(inventory), incidents()
    asked = [EVERY if word == ALL else word for word in words] or [EVERY]
    for word in asked:
        if not any(fnmatchcase(each.id, word) for each in known):
            near = get_close_matches(word, [each.id for each in known], 3) or ["all", "list"]
            raise UsageError(f"there is no incident {word!r}; did you mean {', '.join(near)}?")
    meant = [each for each in known if any(fnmatchcase(each.id, word) for word in asked)]
    return tuple(Found(each, composed(each.case, graph, small)) for each in meant)
