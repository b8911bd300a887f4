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
    from collections.abc import Iterable, Sequence

    from modelrouter.core.inventory import Inventory
    from modelrouter.drills.incidents.reading import Incident
    from modelrouter.drills.miniature import Miniature
    from modelrouter.drills.scenario import Scenario

__all__ = ["ALL", "EVERY", "Found", "chosen", "unknown"]

NEAR = 3
"""So many that were perhaps meant are named."""
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


def unknown(word: str, known: Sequence[Incident]) -> str:
    """That there is no incident of this name, and which were perhaps meant: by id, or by a word of their titles."""
    asked = word.casefold()
    ids = {each.id.casefold(): each for each in known}
    digits = asked.replace("o", "0").replace("l", "1")
    near = [ids[digits]] if digits in ids else [ids[name] for name in get_close_matches(asked, ids, NEAR)]
    near += [each for each in known if asked in each.title.casefold() and each not in near]
    meant = ", ".join(f"{each.id} ({each.title})" for each in near[:NEAR])
    return f"there is no incident {word!r}; {f'did you mean {meant}? ' if meant else ''}--incident list shows all"


def chosen(words: Iterable[str], inventory: Inventory, small: Miniature) -> tuple[Found, ...]:
    """The incidents that ids or patterns name, in their own order; all where there are none. Raises UsageError."""
    graph, known = Graph.of(inventory), incidents()
    asked = [EVERY if word == ALL else word for word in words] or [EVERY]
    for word in asked:
        if not any(fnmatchcase(each.id, word) for each in known):
            raise UsageError(unknown(word, known))
    meant = [each for each in known if any(fnmatchcase(each.id, word) for word in asked)]
    return tuple(Found(each, composed(each.case, graph, small)) for each in meant)
