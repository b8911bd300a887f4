"""What each deployment had to carry while it stood in for others, against the limits that it declares."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.drills.twins.effects import Effect

if TYPE_CHECKING:
    from modelrouter.drills.recording import Recording
    from modelrouter.drills.report.findings import Findings

__all__ = ["Load", "loads"]

MINUTE = 60.0


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
    since = recording.fault_at
    if since is None:
        return []
    judged = found.judgements[recording.scenario.id]
    helped: dict[str, list[str]] = {}
    for each in judged:
        for name in each.figures.fallback:
            helped.setdefault(name, []).append(each.process)
    calls = [call for call in recording.calls if not call.probe and not call.injected and call.at >= since]
    reached, refused = (
        Counter(call.deployment for call in calls),
        Counter(call.deployment for call in calls if call.effect is Effect.THROTTLED),
    )
    length = max(recording.scenario.duration_s - since, 0.1)
    scale = found.rehearsal.miniature.scale
    return [
        Load(
            deployment=name,
            scenario=recording.scenario.id,
            per_minute=reached[name] * MINUTE / length / scale,
            limit=found.inventory.deployments[name].limits.rpm,
            refused=refused[name],
            for_whom=tuple(whom),
        )
        for name, whom in helped.items()
    ]
