"""What the inventory alone had said of a process, beside what was observed: how far the model can be trusted."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelrouter.drills.trace import Trace

__all__ = ["Accuracy", "Fate", "Prediction", "accuracy", "predicted"]

Fate = Literal["untouched", "moves", "lost"]
"""Its first choice goes on serving it, another deployment does, or none."""


class Prediction(NamedTuple):
    """One process in one scenario; None where it cannot be said, or was not seen."""

    said: Fate | None
    by: str | None
    """Who should serve it."""
    seen: Fate | None
    seen_by: str | None
    """Who served it most."""

    @property
    def agrees(self) -> bool | None:
        """Whether what was seen is what was said."""
        return None if self.said is None or self.seen is None else self.said == self.seen


class Accuracy(NamedTuple):
    """How often the inventory alone was right on who is lost."""

    rightly: int
    """Said to be lost, and lost."""
    wrongly: int
    """Said to be lost, and served."""
    missed: int
    """Said to be served, and lost."""
    spared: int
    """Said to be served, and served."""

    @property
    def precision(self) -> float | None:
        """Of those said to be lost, how many were; None where none was said to be."""
        said = self.rightly + self.wrongly
        return self.rightly / said if said else None

    @property
    def recall(self) -> float | None:
        """Of those lost, how many had been said to be; None where none was lost."""
        lost = self.rightly + self.missed
        return self.rightly / lost if lost else None


def predicted(read: Trace) -> Prediction:
    """What was said and seen while all stood that the scenario lets fail.

    Nothing is said where in the end a part of the calls alone fails, or they fail for some callers, or answers come.
    """
    scenario, expected = read.recording.scenario, read.expected
    concerned = [fault for fault in scenario.faults if fault.deployments & set(expected.permitted)]
    taken = {name for fault in concerned if fault.total for name in fault.deployments}
    clear = all(fault.deployments <= taken and fault.processes is None for fault in concerned)
    said: Fate = "lost" if not expected.remaining else "moves" if expected.touched else "untouched"
    by = next(iter(expected.remaining), None)
    if not read.meanwhile:
        return Prediction(said if clear else None, by if clear else None, None, None)
    served = Counter(
        case.server.deployment for case in read.meanwhile if case.server is not None and read.during(case.server)
    )
    seen_by = served.most_common(1)[0][0] if served else None
    seen: Fate = "lost" if seen_by is None else "untouched" if seen_by in expected.permitted[:1] else "moves"
    return Prediction(said if clear else None, by if clear else None, seen, seen_by)


def accuracy(predictions: Iterable[Prediction]) -> Accuracy:
    """Count those of which something was both said and seen."""
    pairs = Counter((each.said == "lost", each.seen == "lost") for each in predictions if each.agrees is not None)
    return Accuracy(pairs[True, True], pairs[True, False], pairs[False, True], pairs[False, False])
