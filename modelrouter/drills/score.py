"""One figure for a board, and the parts that it is made of: it is never shown without them.

Four tenths for the design (what the inventory alone says), three for having been rehearsed, two for having come through,
one for causes taken for what they were. Each process counts by its criticality (`continuity.factors.WEIGHTS`). The tenths
are a convention, not a measurement: they say that a design is worth more than luck, and a test more than a design alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modelrouter.continuity.cutsets import counts
from modelrouter.continuity.factors import WEIGHTS, Graph
from modelrouter.continuity.overview import depths
from modelrouter.drills.verdict import ALIVE, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from modelrouter.core.inventory import Inventory
    from modelrouter.drills.detection import Detection
    from modelrouter.drills.verdict import Judgement

__all__ = ["Part", "Score", "score"]

UNTOLD = frozenset({Verdict.NOT_TESTED, Verdict.INCONCLUSIVE})
ALONE = 2
"""What only two losses together take down, no single one does."""


class Part(NamedTuple):
    """One part: what it looks at, how much it counts, and the share reached; None where there was nothing to look at."""

    name: str
    weight: float
    share: float | None


class Score(NamedTuple):
    """How an organisation stands on the day of a drill."""

    parts: tuple[Part, ...]
    worst: str | None
    """The process that brings it down most, by the parts it misses and its criticality; None where none misses any."""

    @property
    def total(self) -> float:
        """Between 0 and 1; parts that nobody could look at count for nothing."""
        known = [(each.weight, each.share) for each in self.parts if each.share is not None]
        return sum(weight * share for weight, share in known) / sum(weight for weight, _ in known)


def score(inventory: Inventory, judged: Collection[Judgement], detected: Collection[Detection]) -> Score:
    """The score of an inventory with at least one process, and a drill of it."""
    structure = Graph.of(inventory).structure
    alone = {
        name for name, depth in depths(structure, counts(structure)).items() if depth is not None and depth < ALONE
    }
    told = [each for each in judged if not each.calm and each.verdict not in UNTOLD]
    rehearsed = {each.process for each in told}
    failed = {each.process for each in judged if each.verdict not in ALIVE | UNTOLD}
    names = inventory.processes.keys()
    good = (names - alone, rehearsed, rehearsed - failed)
    right = sum(each.injected == each.found for each in detected)
    return Score(
        (
            Part("nothing takes it down alone", 0.4, _weighed(inventory, names, good[0])),
            Part("rehearsed in this drill", 0.3, _weighed(inventory, names, good[1])),
            Part("came through", 0.2, _weighed(inventory, rehearsed, good[2])),
            Part("causes taken for what they were", 0.1, right / len(detected) if detected else None),
        ),
        _worst(inventory, good),
    )


def _weighed(inventory: Inventory, among: Iterable[str], good: Collection[str]) -> float | None:
    weights = {name: WEIGHTS[inventory.processes[name].criticality] for name in among}
    return sum(weights[name] for name in weights if name in good) / sum(weights.values()) if weights else None


def _worst(inventory: Inventory, good: tuple[Collection[str], ...]) -> str | None:
    missed = {name: sum(name not in part for part in good) for name in inventory.processes}
    worst = max(missed, key=lambda name: (missed[name] * WEIGHTS[inventory.processes[name].criticality], missed[name]))
    return worst if missed[worst] else None
