"""From the words that people use for scenarios to scenarios: the catalogue, incidents, a fault at a scope."""

from __future__ import annotations

from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from modelrouter.continuity.factors import Graph
from modelrouter.drills.catalogue import catalogue
from modelrouter.drills.incidents import incidents, load_scenario
from modelrouter.drills.misfortunes import MISFORTUNES
from modelrouter.drills.mishap import Case, Mishap, NotConcerned, composed
from modelrouter.drills.scope import parse
from modelrouter.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from modelrouter.core.inventory import Inventory
    from modelrouter.drills.miniature import Miniature
    from modelrouter.drills.plan import Plan
    from modelrouter.drills.scenario import Scenario

__all__ = ["at_scope", "named", "of_plan"]

FILES = (".yaml", ".yml")
HALF = 0.5
"""What a quota that is cut leaves, where nobody says."""


def named(inventory: Inventory, small: Miniature, words: Iterable[str], home: Path = Path()) -> list[Scenario]:
    """The scenarios of an inventory that the words name, each once; the whole catalogue where there are none.

    A word is an id or a pattern of the catalogue or of incidents, `fault@scope`, or the file of a scenario of
    one's own, relative to `home`. Raises UsageError for one that names nothing and for one that touches nothing
    in this inventory, InventoryError for a file that is wrong. Of a pattern, incidents that touch nothing are left out.
    """
    known = catalogue(inventory, small)
    asked = list(dict.fromkeys(words))
    if not asked:
        return list(known)
    found: dict[str, Scenario] = {}
    for word in asked:
        if "@" in word:
            made = [at_scope(inventory, small, word)]
        elif word.endswith(FILES):
            made = [_played(load_scenario(home / word), inventory, small)]
        else:
            made = [each for each in known if fnmatchcase(each.id, word)] or _happened(word, inventory, small)
        if not made:
            raise UsageError(_unknown(word, [*(each.id for each in known), *(each.id for each in incidents())]))
        found |= {each.id: each for each in made}
    return sorted(found.values(), key=_place({each.id: place for place, each in enumerate(known)}))


def _place(known: Mapping[str, int]) -> Callable[[Scenario], int]:
    """In the order of the catalogue; what is not of it comes behind, as it was asked for."""
    return lambda scenario: known.get(scenario.id, len(known))


def _happened(word: str, inventory: Inventory, small: Miniature) -> list[Scenario]:
    """The incidents that a word names; those that nobody can play, or that touch nothing, are refused by name alone."""
    found = []
    graph = Graph.of(inventory)
    for incident in incidents():
        if not fnmatchcase(incident.id, word):
            continue
        made = composed(incident.case, graph, small)
        if incident.played and not isinstance(made, NotConcerned):
            found.append(made)
        elif incident.id == word:
            why = made.why if isinstance(made, NotConcerned) else "it is a matter of facts, and no call meets it"
            raise UsageError(f"{incident.id} ({incident.title}) cannot be played here: {why}")
    return found


def at_scope(inventory: Inventory, small: Miniature, word: str) -> Scenario:
    """The scenario `fault@scope`, from the end of the steady state to the end of the rehearsal."""
    fault, _, scope = word.partition("@")
    if fault not in MISFORTUNES:
        raise UsageError(_unknown(fault, list(MISFORTUNES), "fault"))
    kind = MISFORTUNES[fault]
    if not kind.played:
        raise UsageError(f"{fault} is a matter of facts, and no call meets it: modelrouter impact says what it takes")
    left = HALF if fault == "quota-cut" else 0.0 if kind.takes else 1.0
    mishap = Mishap(misfortune=fault, scope=parse(scope), left=left)
    length_s = small.duration_s - small.steady_s
    case = Case(id=word, title=str(mishap), kind="written", mishaps=(mishap,), length_s=length_s)
    return _played(case, inventory, small)


def of_plan(plan: Plan, inventory: Inventory, small: Miniature) -> list[Scenario]:
    """What a plan wants played; raises UsageError as `named` does."""
    if plan.case is not None:
        return [_played(plan.case, inventory, small)]
    return named(inventory, small, plan.scenarios, Path(plan.path).parent)


def _played(case: Case, inventory: Inventory, small: Miniature) -> Scenario:
    made = composed(case, Graph.of(inventory), small)
    if isinstance(made, NotConcerned):
        raise UsageError(f"{case.id} touches nothing here: {made.why}")
    return made


def _unknown(word: str, known: Sequence[str], what: str = "scenario") -> str:
    near = get_close_matches(word, known, 3) or known
    return f"there is no {what} {word!r}; did you mean {', '.join(near)}?"
