"""What each deployment had to carry while it stood in for others, against the limits that it declares."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.drills.trace import trace
from modelrouter.drills.twins.effects import Effect

if TYPE_CHECKING:
    from modelrouter.drills.recording import Recording
    from modelrouter.drills.report.findings import Findings

__all__ = ["Load", "loads"]


class Load(NamedTuple):
    """The scenario in which one deployment had to carry most."""

    deployment: str
    scenario: str
    per_minute: float
    """Calls that reached it, at the whole declared demand."""
    limit: int | None
    """Calls a minute that it declares."""
    refused: int
    """Calls of the rehearsal that it refused for its limits."""
    for_whom: tuple[str, ...]
    """The processes whose first choice it is not."""

    @property
    def share(self) -> float | None:
        """Of its limit; None where nobody stated one."""
        return self.per_minute / self.limit if self.limit else None


def loads(found: Findings) -> tuple[Load, ...]:
    """The worst for each deployment that served as a fallback, the fullest first, unknown limits last."""
    worst: dict[str, Load] = {}
    for recording in found.recordings:
        for load in _loads(found, recording):
            held = worst.get(load.deployment)
            if held is None or (load.refused, load.per_minute) > (held.refused, held.per_minute):
                worst[load.deployment] = load
    return tuple(sorted(worst.values(), key=lambda load: -(load.share if load.share is not None else -1.0)))


def _loads(found: Findings, recording: Recording) -> list[Load]:
    """Of one scenario. A rehearsal sends at least a few requests of each process: its declared demand is what counts."""
    if recording.fault_at is None:
        return []
    helped: dict[str, list[str]] = {}
    for each in found.judgements[recording.scenario.id]:
        for name in each.figures.fallback:
            helped.setdefault(name, []).append(each.process)
    reached: defaultdict[str, float] = defaultdict(float)
    refused: Counter[str] = Counter()
    for process in found.inventory.processes.values():
        judged = trace(found.inventory, recording, process).judged
        for call in (call for case in judged for call in case.calls if call.deployment and not call.injected):
            reached[str(call.deployment)] += process.demand.rpm / len(judged)
            refused[str(call.deployment)] += call.effect is Effect.THROTTLED
    return [
        Load(
            deployment=name,
            scenario=recording.scenario.id,
            per_minute=reached[name],
            limit=found.inventory.deployments[name].limits.rpm,
            refused=refused[name],
            for_whom=tuple(whom),
        )
        for name, whom in helped.items()
    ]
