"""The demand of an inventory, small enough for one machine and a few seconds, in proportion.

The calls a minute that deployments declare shrink by the same factor, so that a fallback that is too
small for a process shows itself. A process too quiet to be seen at that scale is given a least number
of requests; what that adds to its share is added to the limits of the deployments it may use, so that
no limit is broken by the rehearsal itself. Tokens a minute are not scaled and not enforced.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.inventory import Deployment, Inventory

__all__ = ["Miniature", "miniature"]

STEADY_S = 1.2
AFTER_S = 3.0
"""Long enough for holds of a second to open, end and open again."""
LEAST_REQUESTS = 5
"""Of each process in each scenario: at least one before the fault and three after it."""
TARGET_RPS = 9.0
"""Requests a second of one scenario; a tenth of what one core serves through the SDK."""
CROWD_RPS = 12.0
"""Where there are so many processes that their least requests exceed this, the scenario takes longer."""
MINUTE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Miniature:
    """What is sent in each scenario, and what the twins may carry."""

    scale: float
    """The share of the declared calls a minute that is sent."""
    steady_s: float
    """Before anything fails."""
    duration_s: float
    requests: Mapping[str, int]
    """By process: in one scenario."""
    deployments: Mapping[str, Deployment]
    """With the limits that belong to this demand; the twins scale them."""


def miniature(inventory: Inventory) -> Miniature:
    """Fit the declared demand into a rehearsal."""
    processes = inventory.processes.values()
    longer = max(1.0, len(processes) * LEAST_REQUESTS / CROWD_RPS / (STEADY_S + AFTER_S))
    duration_s = (STEADY_S + AFTER_S) * longer
    declared = sum(process.demand.rpm for process in processes)
    scale = min(1.0, TARGET_RPS * MINUTE / max(declared, 1.0))
    requests = {
        process.id: max(LEAST_REQUESTS, round(process.demand.rpm * scale * duration_s / MINUTE))
        for process in processes
    }
    added: dict[str, float] = {}
    for process in processes:
        surplus = max(0.0, requests[process.id] * MINUTE / duration_s / scale - process.demand.rpm)
        for deployment in process.routes:
            added[deployment.id] = added.get(deployment.id, 0.0) + surplus
    return Miniature(
        scale=scale,
        steady_s=STEADY_S * longer,
        duration_s=duration_s,
        requests=requests,
        deployments={name: _roomier(each, added.get(name, 0.0)) for name, each in inventory.deployments.items()},
    )


def _roomier(deployment: Deployment, rpm: float) -> Deployment:
    if deployment.limits.rpm is None:
        return deployment
    return replace(deployment, limits=replace(deployment.limits, rpm=deployment.limits.rpm + ceil(rpm)))
