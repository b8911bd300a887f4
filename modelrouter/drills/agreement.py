"""Whether what was played is what the factor graph had said: who is served, and who is not, moment by moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modelrouter.continuity.impact import STOPPED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelrouter.drills.recording import Recording
    from modelrouter.drills.scenario import Moment
    from modelrouter.drills.static import Foreseen

__all__ = ["LEAST", "Compared", "compared", "served_in"]

LEAST = 2
"""Requests of a process within a moment; fewer say nothing."""


class Compared(NamedTuple):
    """One process in one moment in which whatever fails does so wholly."""

    scenario: str
    process: str
    moment: Moment
    said: bool
    """Whether the graph says that it is served."""
    seen: bool
    """Whether it was."""

    @property
    def agrees(self) -> bool:
        """Whether they are the same."""
        return self.said == self.seen


def compared(foreseen: Foreseen, recording: Recording) -> tuple[Compared, ...]:
    """Every process in every moment that can be compared: nothing fails in part, and enough was sent."""
    return tuple(_compared(foreseen, recording))


def _compared(foreseen: Foreseen, recording: Recording) -> Iterator[Compared]:
    scenario = foreseen.scenario
    for moment, impact in foreseen.moments:
        if not moment.faults or not moment.clear or any(fault.processes is not None for fault in moment.faults):
            continue
        lost = frozenset().union(*(loss.factors for loss in moment.losses))
        for name, verdict in impact.verdicts.items():
            if lost & impact.graph.processes[name].own.keys():
                continue  # what it stands on before any provider is not played
            seen = served_in(recording, moment, name)
            if seen is not None:
                yield Compared(scenario.id, name, moment, verdict not in STOPPED, seen)


def served_in(recording: Recording, moment: Moment, process: str) -> bool | None:
    """Whether any request that was sent within a moment was also served within it; None where too few were sent."""
    inside = [sent for sent in recording.sent if sent.process == process and moment.from_s <= sent.at < moment.until_s]
    if len(inside) < LEAST:
        return None
    return any(sent.error is None and sent.ended < moment.until_s for sent in inside)
