"""Whether all is well while a drill is played, and whether it must end: pure functions over what was seen.

Whoever plays it (twins, simulated time, a canary on a running gateway) hands in samples, one for each request,
and the present time of its own clock. Seconds; shares are fractions of one; costs are US dollars.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.drills.plan import Bounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from modelrouter.drills.plan import Abort, Lease

__all__ = ["Measure", "Sample", "abort", "departures", "expired", "measure", "quantile"]

P95 = 0.95
MINUTE = 60.0


class Sample(NamedTuple):
    """One request as seen by whoever watches a drill."""

    at_s: float
    """When it was over."""
    process: str
    critical: bool
    served: bool
    took_s: float
    cost: float | None = None
    """US dollars; None where the price is unknown."""


class Measure(NamedTuple):
    """What a number of requests come to; None where there were none."""

    sent: int
    error_rate: float | None
    p95_s: float | None
    """Of those served."""
    share: float | None


def measure(samples: Iterable[Sample]) -> Measure:
    """What these requests come to."""
    seen = tuple(samples)
    if not seen:
        return Measure(0, None, None, None)
    served = [sample.took_s for sample in seen if sample.served]
    share = len(served) / len(seen)
    return Measure(len(seen), (len(seen) - len(served)) / len(seen), quantile(served, P95), share)


def quantile(values: Iterable[float], share: float) -> float | None:
    """The smallest value that is not below this share of them; None of none."""
    ranked = sorted(values)
    return ranked[max(0, ceil(share * len(ranked)) - 1)] if ranked else None


def departures(bounds: Bounds, found: Measure) -> tuple[str, ...]:
    """Where a measure departs from what counts as well; one sentence where nothing could be measured."""
    if found.error_rate is None or found.share is None:
        return ("nothing was sent, so that nothing is known",) if bounds != Bounds(error_rate=None) else ()
    told = []
    if bounds.error_rate is not None and found.error_rate > bounds.error_rate:
        told.append(f"{found.error_rate:.1%} of the requests failed, {bounds.error_rate:.1%} may")
    if bounds.p95_s is not None and (found.p95_s is None or found.p95_s > bounds.p95_s):
        took = "none was served" if found.p95_s is None else f"19 of 20 took up to {found.p95_s:.2f} s"
        told.append(f"{took}, {bounds.p95_s:g} s are allowed")
    if bounds.share is not None and found.share < bounds.share:
        told.append(f"{found.share:.1%} of the requests were served, {bounds.share:.1%} must be")
    return tuple(told)


def abort(
    conditions: Abort,
    samples: Sequence[Sample],
    now_s: float,
    *,
    violations: int = 0,
    incident: str | None = None,
    operator: str | None = None,
) -> str | None:
    """Why the drill must end now; None where it may go on. `samples` are all since it began, oldest first.

    An error rate counts once it has been looked at for the whole time that the condition names; a minute's cost
    is that of the last 60 s, with requests of unknown price left out.
    """
    if operator is not None and conditions.operator:
        return f"stopped by {operator}"
    if incident is not None and conditions.incident:
        return f"something really failed: {incident}"
    if violations > conditions.violations:
        return f"{violations} calls went where they may not"
    spent = sum(sample.cost or 0.0 for sample in samples if now_s - MINUTE < sample.at_s <= now_s)
    if conditions.cost_per_minute is not None and spent > conditions.cost_per_minute:
        return f"{spent:.2f} USD in a minute, {conditions.cost_per_minute:g} may be spent"
    return _failing(conditions, samples, now_s) if conditions.error_rate is not None else None


def _failing(conditions: Abort, samples: Sequence[Sample], now_s: float) -> str | None:
    """The first critical process whose error rate has been too high for as long as it may be."""
    allowed = conditions.error_rate or 0.0
    if not samples or now_s - samples[0].at_s < conditions.for_s:
        return None
    for process in dict.fromkeys(sample.process for sample in samples if sample.critical):
        recent = [
            sample
            for sample in samples
            if sample.process == process and now_s - conditions.for_s < sample.at_s <= now_s
        ]
        rate = measure(recent).error_rate
        if rate is not None and rate > allowed:
            return f"{rate:.0%} of the requests of {process} failed for {conditions.for_s:g} s, {allowed:.0%} may"
    return None


def expired(lease: Lease, renewed_s: float, now_s: float) -> bool:
    """Whether nobody has renewed the lease for longer than it lasts, so that the fault must be taken away."""
    return now_s - renewed_s > lease.length_s
