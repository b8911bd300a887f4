"""What processes must achieve, as service level objectives in OpenSLO v1.

Each process is a service with one objective: that it is answered. The metric is the one that the gateway shows at
`/metrics`. The share that may fail is not stated in an inventory: `target` is what a month of 30 days leaves when one
disruption lasts the whole recovery time objective.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelrouter.core.inventory import Inventory, Process

__all__ = ["objectives", "target"]

API = "openslo/v1"
MONTH_S = 30 * 86400
LOWEST = 0.5
"""Below this a target says nothing: a process that may be away for weeks is not measured by it."""


def objectives(inventory: Inventory) -> str:
    """A YAML text of several documents."""
    return yaml.safe_dump_all(_documents(inventory), sort_keys=False, allow_unicode=True, explicit_start=True)


def target(process: Process) -> float:
    """The share of a month in which a process is served though one disruption lasts as long as it may."""
    return round(max(LOWEST, 1 - process.objectives.rto_s / MONTH_S), 6)


def _documents(inventory: Inventory) -> Iterator[dict[str, Any]]:
    for process in inventory.processes.values():
        yield _service(inventory, process)
        yield _answered(process)


def _service(inventory: Inventory, process: Process) -> dict[str, Any]:
    description = f"{process.criticality}; owned by {process.owner}; from the inventory {inventory.name}"
    return {
        "apiVersion": API,
        "kind": "Service",
        "metadata": {"name": _name(process), "displayName": process.id},
        "spec": {"description": description},
    }


def _answered(process: Process) -> dict[str, Any]:
    selector = f'process="{process.id}"'
    return {
        "apiVersion": API,
        "kind": "SLO",
        "metadata": {"name": f"{_name(process)}-answered", "displayName": f"{process.id} is answered"},
        "spec": {
            "description": f"Back within {process.objectives.rto_s:.0f} s of any disruption, one a month.",
            "service": _name(process),
            "indicator": {
                "metadata": {"name": f"{_name(process)}-answers"},
                "spec": {
                    "ratioMetric": {
                        "counter": True,
                        "good": _query(f'sum(modelrouter_requests_total{{{selector},outcome="served"}})'),
                        "total": _query(f"sum(modelrouter_requests_total{{{selector}}})"),
                    }
                },
            },
            "timeWindow": [{"duration": "30d", "isRolling": True}],
            "budgetingMethod": "Occurrences",
            "objectives": [{"displayName": "answered", "target": target(process)}],
        },
    }


def _name(process: Process) -> str:
    """Small letters, digits and dashes, as names are there."""
    return re.sub(r"[^a-z0-9]+", "-", process.id.lower()).strip("-")


def _query(text: str) -> dict[str, Any]:
    return {"metricSource": {"type": "Prometheus", "spec": {"query": text}}}
