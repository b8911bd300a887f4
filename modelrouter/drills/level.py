"""How real a drill is: one way to play scenarios for each level that this machine plays by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modelrouter.drills import simulate
from modelrouter.drills.miniature import miniature
from modelrouter.drills.rehearse import JOBS, rehearse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from modelrouter.core.inventory import Inventory
    from modelrouter.drills.logbook import Logbook
    from modelrouter.drills.miniature import Miniature
    from modelrouter.drills.plan import Level
    from modelrouter.drills.recording import Recording
    from modelrouter.drills.rehearse import Rehearsal
    from modelrouter.drills.scenario import Scenario

__all__ = ["How", "frame", "play"]


class How(NamedTuple):
    """What one level needs and another does not, and who listens."""

    told: Callable[[Recording], None] = lambda _: None
    """Hears of each scenario when it is over."""
    doing: Callable[[str], None] = lambda _: None
    """Hears in a few words what is being done."""
    jobs: int = JOBS
    """Scenarios side by side, on twins."""
    seed: int = 0
    """From which chance is drawn, in simulated time."""
    book: Logbook | None = None
    """Where every request is recorded."""


def frame(level: Level, inventory: Inventory) -> Miniature:
    """The demand and the time of a scenario at that level; scenarios are made for it."""
    return miniature(inventory) if level == "twin" else simulate.frame(inventory)


def play(
    level: Level,
    inventory: Inventory,
    scenarios: Sequence[Scenario],
    how: How,
) -> Rehearsal:
    """Play the scenarios as said; raises nothing of its own."""
    if level == "simulated":
        return simulate.simulate(inventory, scenarios, seed=how.seed, told=how.told, doing=how.doing, book=how.book)
    return rehearse(inventory, scenarios, jobs=how.jobs, told=how.told, doing=how.doing, book=how.book)
