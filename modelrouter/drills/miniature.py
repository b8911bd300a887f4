"""The demand of an inventory, small enough for one machine and a few seconds, in proportion.

The calls a minute that deployments declare shrink by the same factor, so that a fallback that is too
small for a process shows itself. A process too quiet to be seen at that scale is given a least number
of requests; what that adds to its share is added to the limits of the deployments it may use, and of their
accounts, so that no limit is broken by the rehearsal itself. Tokens a minute are not scaled and not enforced.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.inventory import Account, Deployment, Inventory, Limits

__all__ = ["Miniature", "miniature"]

LEAST_REQUESTS = 5
"""Of each process in each scenario: at least one before the fault and three after it."""
MINUTE = 60.0


class Frame(NamedTuple):
    """The room that a scenario has."""

    steady_s: float
    """Before anything fails."""
    after_s: float
    rps: float
    """Requests a second of one scenario."""
    crowd_rps: float
    """Where there are so many processes that their least requests exceed this, the scenario takes longer."""
    least: int
    """Requests of each process in each scenario."""
    burst_s: float
    """For how many seconds of its rate a deployment takes calls at once; more would not be felt in so short a time."""


TWINS = Frame(steady_s=1.2, after_s=3.0, rps=9.0, crowd_rps=12.0, least=LEAST_REQUESTS, burst_s=0.5)
"""On real time: long enough for holds of a second to open, end and open again; a tenth of what one core serves."""
SIMULATED = Frame(steady_s=10.0, after_s=60.0, rps=3.0, crowd_rps=1e6, least=12, burst_s=5.0)
"""On virtual time, which costs nothing: only requests do."""


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
    burst_s: float = TWINS.burst_s
    """For how many seconds of its rate a deployment takes calls at once."""


def miniature(inventory: Inventory, frame: Frame = TWINS) -> Miniature:
    """Fit the declared demand into a rehearsal."""
    processes = inventory.processes.values()
    room_s = frame.steady_s + frame.after_s
    longer = max(1.0, len(processes) * frame.least / frame.crowd_rps / room_s)
    duration_s = room_s * longer
    declared = sum(process.demand.rpm for process in processes)
    scale = min(1.0, frame.rps * MINUTE / max(declared, 1.0))
    requests = {
        process.id: max(frame.least, round(process.demand.rpm * scale * duration_s / MINUTE)) for process in processes
    }
    added: dict[str, float] = {}
    shared: dict[tuple[str, str], float] = {}
    for process in processes:
        surplus = max(0.0, requests[process.id] * MINUTE / duration_s / scale - process.demand.rpm)
        for deployment in process.routes:
            added[deployment.id] = added.get(deployment.id, 0.0) + surplus
        for account in {_named(each.account) for each in process.routes if each.account is not None}:
            shared[account] = shared.get(account, 0.0) + surplus
    return Miniature(
        scale=scale,
        steady_s=frame.steady_s * longer,
        duration_s=duration_s,
        requests=requests,
        deployments={
            name: replace(
                each,
                limits=_roomier(each.limits, added.get(name, 0.0)),
                account=each.account
                and replace(each.account, limits=_roomier(each.account.limits, shared.get(_named(each.account), 0.0))),
            )
            for name, each in inventory.deployments.items()
        },
        burst_s=frame.burst_s,
    )


def _named(account: Account) -> tuple[str, str]:
    return account.provider, account.name


def _roomier(limits: Limits, rpm: float) -> Limits:
    return limits if limits.rpm is None else replace(limits, rpm=limits.rpm + ceil(rpm))
