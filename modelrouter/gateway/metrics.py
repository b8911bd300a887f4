"""Figures for Prometheus: what was asked, who answered, what failed, what is held, and how well it is recorded."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from modelrouter.gateway.standing import Standing

if TYPE_CHECKING:
    from modelrouter.core.decision import Decision
    from modelrouter.core.faults import Fault
    from modelrouter.router import Router
    from modelrouter.runtime.leases import Change
    from modelrouter.runtime.observers import Closing, Opening

__all__ = ["Metrics"]

SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Bounds of the histograms: from a cached prompt's first token to the longest deadline that people set."""


class _Series(dict[tuple[str, ...], Any]):
    """The series of one figure, by its labels: the library takes longer to find one than to count in it."""

    def __init__(self, figure: Counter | Gauge | Histogram) -> None:
        super().__init__()
        self._figure = figure

    def __missing__(self, labels: tuple[str, ...]) -> Any:
        series = self[labels] = self._figure.labels(*labels)
        return series


class Metrics:
    """An observer that counts, in a registry of its own: two gateways in one process do not mix.

    Its labels are names of the inventory, causes and words of ours, so that no caller can make their number grow.
    """

    CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()

        def counter(name: str, told: str, *labels: str) -> _Series:
            return _Series(Counter(f"modelrouter_{name}", told, labels, registry=registry))

        def histogram(name: str, told: str, *labels: str) -> _Series:
            return _Series(Histogram(f"modelrouter_{name}", told, labels, buckets=SECONDS, registry=registry))

        self._requests = counter(
            "requests",
            "Requests by who served them; failed ones have no deployment.",
            "process",
            "outcome",
            "deployment",
        )
        self._seconds = histogram("request_seconds", "To the first content, or to the failure.", "process")
        self._first = histogram(
            "first_content_seconds", "To the first content, of requests that were served.", "process", "deployment"
        )
        self._moved = counter("failed_over", "Served requests that needed more than one call.", "process")
        self._failed = counter("failed_requests", "Requests that nobody served, by the last cause.", "process", "cause")
        self._left = counter("abandoned_requests", "Requests whose callers went away before any answer.", "process")
        self._attempts = counter("attempts", "Calls to deployments by what came of them.", "deployment", "cause")
        self._passed = counter(
            "not_called", "Deployments that were passed over: held, or at their limit.", "deployment", "cause"
        )
        self._excluded = counter(
            "excluded", "Deployments that a policy, a contract or a need kept from a request.", "deployment", "rule"
        )
        self._cuts = counter("streams_cut", "Streams that broke off after content.", "deployment", "cause")
        self._streams = counter("streams", "Streams that are over: complete, cut, or left.", "process", "outcome")
        self._tokens = counter(
            "tokens", "Tokens billed: input, cached, output, reasoning.", "process", "deployment", "kind"
        )
        self._under_way = _Series(
            Gauge("modelrouter_requests_in_flight", "Requests that are not over.", ["process"], registry=registry)
        )
        self._standing = Standing(registry)
        self._lock = Lock()
        self._streamed: set[str] = set()  # guarded by _lock: ids of requests under way that asked for a stream

    def opened(self, opening: Opening) -> None:
        """Count a request as under way."""
        self._under_way[(opening.route.process.id,)].inc()
        if opening.streamed:
            with self._lock:
                self._streamed.add(opening.id)

    def closed(self, closing: Closing) -> None:
        """Count what it used, and how its stream ended."""
        decision = closing.decision
        self._under_way[(decision.process,)].dec()
        with self._lock:
            streamed = decision.id in self._streamed
            self._streamed.discard(decision.id)
        if decision.outcome == "interrupted":
            self._left[(decision.process,)].inc()
            self._count_calls(decision)
        elif streamed and decision.outcome == "served":
            outcome = "cut" if closing.fault else "complete" if closing.complete else "left"
            self._streams[decision.process, outcome].inc()
        if (usage := closing.usage) is not None and decision.served_by is not None:
            for kind in ("input", "cached", "output", "reasoning"):
                if count := getattr(usage, kind):
                    self._tokens[decision.process, decision.served_by, kind].inc(count)

    def decided(self, decision: Decision) -> None:
        """Count a request and its calls."""
        process, by = decision.process, decision.served_by
        self._requests[process, decision.outcome, by or ""].inc()
        self._seconds[(process,)].observe(decision.took_s)
        if by is not None:
            self._first[process, by].observe(decision.took_s)
            if decision.calls > 1:
                self._moved[(process,)].inc()
        else:
            faults = [attempt.fault for attempt in decision.trail if attempt.fault is not None]
            self._failed[process, str(faults[-1].cause) if faults else "no_route"].inc()
        self._count_calls(decision)

    def _count_calls(self, decision: Decision) -> None:
        for attempt in decision.trail:
            if attempt.held is None and attempt.sent:
                cause = "outrun" if attempt.outrun else str(attempt.fault.cause) if attempt.fault else "answered"
                self._attempts[attempt.deployment, cause].inc()
            else:
                cause = attempt.held_for or (str(attempt.fault.cause) if attempt.fault else "operator")
                self._passed[attempt.deployment, cause].inc()
        for deployment, rule, _ in decision.excluded:
            self._excluded[deployment.id, rule].inc()

    def changed(self, change: Change) -> None:
        """Nothing: holds are counted when they are asked for."""

    def ended(self, decision: Decision, fault: Fault | None) -> None:
        """Count a stream that broke off."""
        if fault is not None:
            self._cuts[decision.served_by or "", str(fault.cause)].inc()

    def page(self, router: Router) -> bytes:
        """Everything so far, in the text format of Prometheus."""
        self._standing.look(router)
        return generate_latest(self._registry)
