"""Figures for Prometheus: what was asked, who answered, what failed and what is held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from modelrouter.inventory.diff import fingerprint

if TYPE_CHECKING:
    from modelrouter.core.decision import Decision
    from modelrouter.core.faults import Fault
    from modelrouter.router import Router
    from modelrouter.runtime.leases import Change

__all__ = ["Metrics"]

SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Bounds of the histogram: from a cached prompt's first token to the longest deadline that people set."""


class _Series(dict[tuple[str, ...], Any]):
    """The series of one figure, by its labels: the library takes longer to find one than to count in it."""

    def __init__(self, figure: Counter | Histogram) -> None:
        super().__init__()
        self._figure = figure

    def __missing__(self, labels: tuple[str, ...]) -> Any:
        series = self[labels] = self._figure.labels(*labels)
        return series


class Metrics:
    """An observer that counts, in a registry of its own: two gateways in one process do not mix.

    Its labels are names of the inventory and causes, so that no caller can make their number grow.
    """

    CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = _Series(Counter(
            "modelrouter_requests", "Requests by who served them; failed ones have no deployment.",
            ["process", "outcome", "deployment"], registry=registry,
        ))  # fmt: skip
        self._seconds = _Series(Histogram(
            "modelrouter_request_seconds", "To the first content, or to the failure.",
            ["process"], buckets=SECONDS, registry=registry,
        ))  # fmt: skip
        self._attempts = _Series(Counter(
            "modelrouter_attempts", "Calls to deployments by what came of them.",
            ["deployment", "cause"], registry=registry,
        ))  # fmt: skip
        self._cuts = _Series(Counter(
            "modelrouter_streams_cut", "Streams that broke off after content.",
            ["deployment", "cause"], registry=registry,
        ))  # fmt: skip
        self._holds = Gauge("modelrouter_holds", "Holds that stand now.", ["kind", "cause"], registry=registry)
        self._inventory = Gauge(
            "modelrouter_inventory", "1 for the inventory that is in force.", ["name", "fingerprint"], registry=registry
        )

    def decided(self, decision: Decision) -> None:
        """Count a request and its calls."""
        self._requests[decision.process, decision.outcome, decision.served_by or ""].inc()
        self._seconds[(decision.process,)].observe(decision.took_s)
        for attempt in decision.trail:
            if attempt.held is None and attempt.sent:
                cause = "outrun" if attempt.outrun else str(attempt.fault.cause) if attempt.fault else "answered"
                self._attempts[attempt.deployment, cause].inc()

    def changed(self, change: Change) -> None:
        """Nothing: holds are counted when they are asked for."""

    def ended(self, decision: Decision, fault: Fault | None) -> None:
        """Count a stream that broke off."""
        if fault is not None:
            self._cuts[decision.served_by or "", str(fault.cause)].inc()

    def page(self, router: Router) -> bytes:
        """Everything so far, in the text format of Prometheus."""
        self._holds.clear()
        for hold in router.holds():
            self._holds.labels(str(hold.domain.kind), str(hold.cause or "operator")).inc()
        self._inventory.clear()
        self._inventory.labels(router.inventory.name, fingerprint(router.inventory)).set(1)
        return generate_latest(self._registry)
