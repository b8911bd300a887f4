"""Figures of how things stand, read off the router when somebody asks: holds, the ledger, the days on which things end."""

from __future__ import annotations

import platform
from datetime import UTC, date, datetime, time, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING

from prometheus_client import Gauge

from modelrouter.inventory.diff import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import CollectorRegistry

    from modelrouter.core.inventory import Inventory
    from modelrouter.router import Router

__all__ = ["Standing"]


class Standing:
    """Gauges that are set anew each time: what is gone from the router is gone from the page."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, told: str, *labels: str) -> Gauge:
            return Gauge(f"modelrouter_{name}", told, labels, registry=registry)

        gauge("build", "1 for what runs.", "version", "python").labels(
            version("modelrouter"), platform.python_version()
        ).set(1)
        self._holds = gauge("holds", "Holds that stand now.", "kind", "cause")
        self._inventory = gauge("inventory", "1 for the inventory that is in force.", "name", "fingerprint")
        self._ends = gauge(
            "ends_timestamp_seconds",
            "When it ends, in seconds since 1970: the end of the last day, in UTC.",
            "kind",
            "name",
        )
        self._checks = gauge(
            "check_ok", "What the last free check of a deployment found: 1 well, 0 not.", "deployment", "layer"
        )
        self._entries = gauge("ledger_entries", "Entries of the ledger's shard that this process writes.")
        self._waiting = gauge("ledger_waiting", "Entries that are not durable yet.")
        self._lost = gauge("ledger_lost", "Entries that were given up since this process began.")
        self._trouble = gauge("ledger_trouble", "1 while nothing becomes durable.")
        self._outside = gauge(
            "ledger_copies_in_trouble", "Places outside that do not get their copy: anchors, PostgreSQL."
        )
        self._behind = gauge("ledger_behind", "Entries that PostgreSQL has not yet.")
        self._kept = gauge("ledger_configured", "1 where the inventory names a ledger.")

    def look(self, router: Router) -> None:
        """Set every gauge to what is."""
        self._holds.clear()
        for hold in router.holds():
            self._holds.labels(str(hold.domain.kind), str(hold.cause or "operator")).inc()
        inventory = router.inventory
        self._inventory.clear()
        self._inventory.labels(inventory.name, fingerprint(inventory)).set(1)
        self._ends.clear()
        for kind, name, day in _ends(inventory):
            self._ends.labels(kind, name).set(_over(day))
        self._checks.clear()
        for checked in router.health():
            if checked.ok is not None:
                self._checks.labels(checked.deployment, str(checked.layer)).set(float(checked.ok))
        self._look_at_ledger(router)

    def _look_at_ledger(self, router: Router) -> None:
        ledger = router.ledger
        self._kept.set(float(ledger is not None))
        if ledger is not None:
            self._entries.set(ledger.entries)
            self._waiting.set(ledger.waiting)
            self._lost.set(ledger.lost)
            self._trouble.set(float(ledger.trouble is not None))
            self._outside.set(len(ledger.outside))
            self._behind.set(ledger.behind)


def _ends(inventory: Inventory) -> Iterator[tuple[str, str, date]]:
    """What is over some day, by kind and name."""
    for contract in inventory.contracts.values():
        if contract.ends is not None:
            yield "contract", contract.id, contract.ends
    for provider in inventory.providers.values():
        for account in provider.accounts.values():
            if account.ends is not None:
                yield "key", f"{provider.id}/{account.name}", account.ends
    for deployment in inventory.deployments.values():
        if deployment.certificate_ends is not None:
            yield "certificate", deployment.id, deployment.certificate_ends
        if (retires := deployment.retires or deployment.model.retires) is not None:
            yield "model", deployment.id, retires
    for key in inventory.access.values():
        if key.ends is not None:
            yield "access", key.id, key.ends


def _over(day: date) -> float:
    return datetime.combine(day + timedelta(days=1), time(), UTC).timestamp()
