"""The figures of one process in one scenario, beside its verdict. Pure; read from a trace.

Nothing that is not known is a number here: it is None, and whoever shows it says so.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.drills.plan import CRITICALITIES
from modelrouter.drills.trace import ended
from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.watching import P95, quantile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from modelrouter.core.inventory import Deployment, Process
    from modelrouter.drills.trace import Case, Trace

__all__ = ["Checked", "Figures", "Pace", "Spending", "figures", "inversions"]

SUSTAINED_S = 1.0
"""Recovered is who is served enough for so long."""
MEDIAN = 0.5
MILLION = 1_000_000
HOUR_IN_MINUTES = 60


class Pace(NamedTuple):
    """How long requests took that were served, in seconds; None where none was."""

    p50_s: float | None
    p95_s: float | None


class Spending(NamedTuple):
    """US dollars for each request that was served, by the tokens that the inventory declares and its prices."""

    before: float | None
    after: float | None
    multiple: float | None
    """After as a multiple of before; None where one of the two is unknown or nothing."""
    hourly: float | None
    """What the difference makes in an hour of the declared demand."""
    unpriced: tuple[str, ...]
    """Deployments that answered and whose price nobody stated: the reason for None."""


class Checked(NamedTuple):
    """The checks of quality: how many were asked and passed, before the fault and after it."""

    before: int = 0
    before_passed: int = 0
    after: int = 0
    after_passed: int = 0
    unasked: tuple[str, ...] = ()
    """Checks that the process brings and that were not asked after the fault."""
    failed: tuple[str, ...] = ()
    """What was wrong, after the fault."""
    scores: tuple[tuple[str, float | None], ...] = ()
    """Fallbacks that served, with what the inventory says they score; None: nobody said."""

    @property
    def share(self) -> float | None:
        """Of those asked after the fault, how many passed."""
        return self.after_passed / self.after if self.after else None


class Figures(NamedTuple):
    """Everything that is counted. Seconds; counts of requests where nothing else is said."""

    recover_s: float | None
    """From when the fault first stood in the way until enough was served for good (`SUSTAINED_S`)."""
    failback_s: float | None
    """From the end of the fault to the first answer of the first choice; None where the fault stays."""
    retried: int
    """Requests that took more than one call."""
    duplicated: int
    """Requests that more than one deployment answered whole."""
    broken: int
    """Streams that broke off after content had been delivered."""
    before: Pace
    after: Pace
    spending: Spending
    tokens_before: int
    """Declared tokens of the answers, prompts included."""
    tokens_after: int
    fallback: Mapping[str, float]
    """The share of the answers after the fault that came from each deployment but the first choice."""
    shed: int
    """Requests lost although something permitted stood and the process was served again."""
    inverted: int
    """Of these, those lost while a less critical process was served by a deployment they might have used."""
    model_changes: int
    """How often the next answer came from another model than the one before; each breaks open conversations."""
    false_failovers: int
    """Requests that were served by a fallback before anything failed."""
    oldest_s: float | None
    """The longest that a request sent after the fault was under way, served or not: how old the queue became."""
    burnt: float | None
    """What the requests lost took of a month's error budget: one disruption as long as may be; 1 is all of it."""
    checked: Checked


def figures(read: Trace, inverted: int) -> Figures:
    """Count everything of one process."""
    return Figures(
        recover_s=_recovered(read),
        failback_s=_failed_back(read),
        retried=sum(1 for case in read.cases if len(case.calls) > 1),
        duplicated=sum(1 for case in read.cases if sum(call.whole for call in case.calls) > 1),
        broken=sum(
            1 for case in read.lost if case.sent.stream and any(call.first_at is not None for call in case.calls)
        ),
        before=_pace(read.before),
        after=_pace(read.judged),
        spending=_spending(read),
        tokens_before=_tokens(read.process, read.before),
        tokens_after=_tokens(read.process, read.judged),
        fallback=_fallback(read),
        shed=len(tuple(shed(read))),
        inverted=inverted,
        model_changes=_model_changes(read),
        false_failovers=sum(1 for case in _quiet(read) if _server(case) not in (None, *read.expected.permitted[:1])),
        oldest_s=max((case.sent.ended - case.sent.at for case in read.judged), default=None),
        burnt=_burnt(read),
        checked=_checked(read),
    )


def shed(read: Trace) -> Iterator[Case]:
    """The requests lost although something permitted stood, once the process was served again."""
    if read.recording.fault_at is not None and not read.expected.remaining:
        return
    yield from (case for case in read.restored if case.server is None)


def inversions(reads: Sequence[Trace]) -> Mapping[str, int]:
    """By process: requests shed while a less critical one was served where they might have been.

    The deployment must have refused the lost request for its limits, and have begun to serve the other one while the lost
    one was waiting.
    """
    rank = {name: place for place, name in enumerate(CRITICALITIES)}
    counted = {}
    for read in reads:
        lesser = [
            case.server
            for other in reads
            if rank[other.process.criticality] > rank[read.process.criticality]
            for case in other.cases
            if case.server is not None
        ]
        counted[read.process.id] = sum(
            1
            for case in shed(read)
            if any(
                server.deployment in _refusing(case) and case.sent.at <= server.at <= case.sent.ended
                for server in lesser
            )
        )
    return counted


def price(process: Process, deployment: Deployment) -> float | None:
    """US dollars for one request of the process there; None where nobody stated prices."""
    prices, demand = deployment.prices, process.demand
    if prices is None:
        return None
    return (prices.input * demand.tokens_in + prices.output * demand.tokens_out) / MILLION


def _refusing(case: Case) -> set[str | None]:
    """The deployments that would not take this request because they were full."""
    return {call.deployment for call in case.calls if call.effect is Effect.THROTTLED and not call.injected}


def _server(case: Case) -> str | None:
    return None if case.server is None else case.server.deployment


def _quiet(read: Trace) -> tuple[Case, ...]:
    """The requests that were over before anything failed; in the steady state all."""
    since = read.recording.fault_at
    return read.cases if since is None else tuple(case for case in read.cases if case.sent.ended < since)


def _recovered(read: Trace) -> float | None:
    if read.began is None:
        return None
    after = [case for case in read.cases if case.sent.ended >= read.began]
    for case in after:
        window = [other for other in after if case.sent.at <= other.sent.at < case.sent.at + SUSTAINED_S]
        served = sum(1 for other in window if other.server is not None)
        if case.server is not None and served / len(window) >= read.process.objectives.minimum:
            return max(0.0, ended(case.server) - read.began)
    return None


def _failed_back(read: Trace) -> float | None:
    ends = [fault.until_s for fault in read.recording.scenario.faults]
    known = [end for end in ends if end is not None]
    first = read.expected.permitted[:1]
    if not known or len(known) < len(ends) or not first:
        return None
    over = max(known)
    back = (case.sent.ended for case in read.cases if case.sent.at >= over and _server(case) == first[0])
    at = min(back, default=None)
    return None if at is None else at - over


def _pace(cases: Iterable[Case]) -> Pace:
    took = [case.sent.ended - case.sent.at for case in cases if case.server is not None]
    return Pace(quantile(took, MEDIAN), quantile(took, P95))


def _spending(read: Trace) -> Spending:
    """Every call that delivered content is paid for, whoever had the answer."""
    before, unpriced = _paid(read, read.before)
    first = next((route for route in read.process.routes if route.id in read.expected.permitted[:1]), None)
    if before is None and first is not None and not unpriced:
        before = price(read.process, first)
    after, more = _paid(read, read.judged)
    difference = None if before is None or after is None else after - before
    return Spending(
        before=before,
        after=after,
        multiple=after / before if before and after is not None else None,
        hourly=None if difference is None else difference * read.process.demand.rpm * HOUR_IN_MINUTES,
        unpriced=tuple(dict.fromkeys((*unpriced, *more))),
    )


def _paid(read: Trace, cases: Iterable[Case]) -> tuple[float | None, tuple[str, ...]]:
    """What a served request cost, and whose price nobody stated."""
    seen = tuple(cases)
    paid = [call.deployment for case in seen for call in case.calls if call.first_at is not None and call.deployment]
    deployments = read.inventory.deployments
    unpriced = tuple(name for name in dict.fromkeys(paid) if deployments[name].prices is None)
    served = sum(1 for case in seen if case.server is not None)
    if unpriced or not served:
        return None, unpriced
    return sum(price(read.process, deployments[name]) or 0.0 for name in paid) / served, ()


def _tokens(process: Process, cases: Iterable[Case]) -> int:
    each = process.demand.tokens_in + process.demand.tokens_out
    return each * sum(1 for case in cases for call in case.calls if call.first_at is not None)


def _fallback(read: Trace) -> Mapping[str, float]:
    served = Counter(name for case in read.judged if (name := _server(case)) is not None)
    total = served.total()
    return {name: count / total for name, count in served.most_common() if name not in read.expected.permitted[:1]}


def _burnt(read: Trace) -> float | None:
    """The loss as seconds of being away, beside those of one recovery time objective: so `export openslo` sets targets."""
    since, sent = read.recording.fault_at, len(read.judged)
    if since is None or not sent:
        return None
    lost = sum(1 for case in read.judged if case.server is None)
    away_s = lost / sent * (read.recording.ended - since) * read.recording.scenario.compress
    allowed_s = read.process.objectives.rto_s
    return away_s / allowed_s if allowed_s else None


def _model_changes(read: Trace) -> int:
    deployments = read.inventory.deployments
    models = [deployments[name].model.id for case in read.cases if (name := _server(case)) is not None]
    return sum(one != other for one, other in pairwise(models))


def _checked(read: Trace) -> Checked:
    before = [case for case in read.before if case.sent.check and case.server is not None]
    after = [case for case in read.judged if case.sent.check and case.server is not None]
    asked = {case.sent.check for case in after}
    scores = read.process.quality.scores
    return Checked(
        before=len(before),
        before_passed=sum(case.sent.spoilt is None for case in before),
        after=len(after),
        after_passed=sum(case.sent.spoilt is None for case in after),
        unasked=tuple(check.id for check in read.process.quality.checks if check.id not in asked),
        failed=tuple(f"{case.sent.check}: {case.sent.spoilt}" for case in after if case.sent.spoilt),
        scores=tuple((name, scores.get(name)) for name in _fallback(read)),
    )
