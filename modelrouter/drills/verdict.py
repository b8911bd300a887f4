"""Verdicts: what a recording says of each process. Pure; read from the twins' logs and the callers' notes.

The rules, gravest first; the first that applies is the verdict.

NOT_TESTED          nothing was sent after the fault (in the steady state: nothing at all).
FAILED_POLICY       a call carried the process's data to a deployment that a policy, the process's own limits or an
                    ended contract keeps from serving it; counted by `residency`, which shares no code with the
                    router.
NO_PERMITTED_ROUTE  the scenario takes every deployment that may serve the process, or there never was
                    one, and nothing was served while it stood.
INCONCLUSIVE        requests that were over before the fault were lost already; or the fault did not work:
                    a deployment that should have failed served whole answers.
FAILED_RTO          not served again within its recovery time, or not before the rehearsal was over; or, once
                    it was, less than its `minimum` share of the requests was served.
FAILED_QUALITY      an answer came without what was asked for (the tool call, the JSON), or from a model that
                    lacks what the process needs; or fewer of the process's checks passed after the fault than
                    its quality's `floor`; or a fallback served that is known to score less than that.
FAILED_COST         a request cost more than its `cost` objective times what it had cost before. Unknown prices
                    are no reason to fail: the report says that the cost is not known.
DEGRADED            served again in time, at least the `minimum` of its requests, but some were lost.
SURVIVED            every request was served whole.

A rehearsal is shorter than most recovery times: a process that is not served again when it ends counts as
failed, although its time has not run out. Whether what took too long can still be borne (`tolerance`) is said
beside the verdict.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from modelrouter.core.candidates import candidates
from modelrouter.core.context import NOBODY
from modelrouter.drills.figures import figures, inversions
from modelrouter.drills.prediction import predicted
from modelrouter.drills.residency import law_of
from modelrouter.drills.trace import trace

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from modelrouter.core.inventory import Criticality, Inventory
    from modelrouter.drills.figures import Figures
    from modelrouter.drills.prediction import Prediction
    from modelrouter.drills.recording import Recording
    from modelrouter.drills.scenario import Expectation
    from modelrouter.drills.trace import Case, Trace

__all__ = ["ALIVE", "BINDING", "Judgement", "Verdict", "judge", "passed"]


class Verdict(StrEnum):
    """What became of a process in a scenario; the rules are in this file's docstring."""

    SURVIVED = "SURVIVED"
    DEGRADED = "DEGRADED"
    FAILED_RTO = "FAILED_RTO"
    FAILED_POLICY = "FAILED_POLICY"
    FAILED_QUALITY = "FAILED_QUALITY"
    FAILED_COST = "FAILED_COST"
    NO_PERMITTED_ROUTE = "NO_PERMITTED_ROUTE"
    NOT_TESTED = "NOT_TESTED"
    INCONCLUSIVE = "INCONCLUSIVE"


ALIVE = frozenset({Verdict.SURVIVED, Verdict.DEGRADED})
"""The process goes on."""
BINDING = frozenset({"critical", "important"})
"""Processes of these criticalities must be shown to live, or the rehearsal has failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One process in one scenario. Seconds; counts of requests and calls. `drills.trace` defines the figures."""

    scenario: str
    process: str
    criticality: Criticality
    verdict: Verdict
    why: str
    """One sentence for people."""
    expected: Expectation
    """What the inventory alone had said."""
    sent: int
    lost: int
    hits: int
    """Calls of this process that met the fault."""
    wasted: int
    detect_s: float | None
    failover_s: float | None
    share: float | None
    """Of the requests sent after the fault, how many were served; None where none was sent."""
    breaches: int
    served_before: Mapping[str, int]
    """Answers by deployment, for what was sent before the fault; in the steady state for everything."""
    served_after: Mapping[str, int]
    """The same for what was sent after it; in the steady state for everything."""
    figures: Figures
    predicted: Prediction

    @property
    def calm(self) -> bool:
        """It survived, and nothing had been in its way."""
        return self.verdict is Verdict.SURVIVED and not self.expected.touched and not self.hits


def passed(judgements: Iterable[Judgement], concerned: Collection[str] | None = None) -> bool:
    """Whether every process concerned lived through everything that was played: the critical and important ones by default."""
    return all(
        each.verdict in ALIVE
        for each in judgements
        if (each.criticality in BINDING if concerned is None else each.process in concerned)
    )


def judge(inventory: Inventory, recording: Recording) -> tuple[Judgement, ...]:
    """A verdict for each process, in the order of the inventory."""
    law = law_of(inventory, recording.day)
    reads = [trace(inventory, recording, process, law) for process in inventory.processes.values()]
    inverted = inversions(reads)
    return tuple(_judged(read, figures(read, inverted[read.process.id])) for read in reads)


def _judged(read: Trace, counted: Figures) -> Judgement:
    verdict, why = next((found for rule in RULES if (found := rule(read, counted))), (Verdict.SURVIVED, _lived(read)))
    return Judgement(
        scenario=read.recording.scenario.id,
        process=read.process.id,
        criticality=read.process.criticality,
        verdict=verdict,
        why=why,
        expected=read.expected,
        sent=len(read.cases),
        lost=len(read.lost),
        hits=len(read.hits),
        wasted=read.wasted,
        detect_s=read.detect_s,
        failover_s=read.failover_s,
        share=_share(read.judged),
        breaches=len(read.breaches),
        served_before=_servers(read.before),
        served_after=_servers(read.judged),
        figures=counted,
        predicted=predicted(read),
    )


def _not_tested(read: Trace, _: Figures) -> _Found:
    return None if read.judged else (Verdict.NOT_TESTED, "nothing was sent after the fault")


def _against_policy(read: Trace, _: Figures) -> _Found:
    found = read.breaches
    return (Verdict.FAILED_POLICY, f"{_calls(len(found))} went where they may not: {found[0]}") if found else None


def _without_route(read: Trace, _: Figures) -> _Found:
    if read.expected.remaining or any(case.server and read.during(case.server) for case in read.judged):
        return None
    permitted = ", ".join(read.expected.permitted)
    gone = f"it may be served by {permitted} alone, and that is what fails" if permitted else _forbidden(read)
    return Verdict.NO_PERMITTED_ROUTE, gone


def _forbidden(read: Trace) -> str:
    """Which rule keeps each deployment of the route from serving: in the words of whoever applies it to requests."""
    excluded = candidates(read.inventory, read.process, NOBODY).excluded
    reasons: dict[str, list[str]] = {}
    for each in excluded:
        reasons.setdefault(each.deployment.id, []).append(f"{each.rule} ({each.why})")
    forbidding = "; ".join(f"{name} is kept out by {', '.join(rules)}" for name, rules in reasons.items())
    return f"nothing may serve it: {forbidding or 'its route is empty'}"


def _unclear(read: Trace, _: Figures) -> _Found:
    since = read.recording.fault_at
    if since is None:
        return None
    if early := [case for case in read.lost if case.sent.ended < since]:
        return Verdict.INCONCLUSIVE, f"{_requests(len(early))} lost before anything failed: {early[0].sent.error}"
    if unharmed := read.untouched:
        return Verdict.INCONCLUSIVE, f"{unharmed[0].deployment} went on serving, although it should have failed"
    return None


def _too_late(read: Trace, _: Figures) -> _Found:
    objectives = read.process.objectives
    if read.began is not None and read.failover_s is None:
        return Verdict.FAILED_RTO, f"not served again before the rehearsal was over; {objectives.rto_s:g} s are allowed"
    if read.failover_s is not None and read.failover_s > objectives.rto_s:
        borne = _borne(read.failover_s, objectives.tolerance_s)
        return (
            Verdict.FAILED_RTO,
            f"served again after {read.failover_s:.2f} s; {objectives.rto_s:g} s are allowed{borne}",
        )
    share = _share(read.restored)
    if share is not None and share < objectives.minimum:
        return Verdict.FAILED_RTO, f"{share:.0%} of its requests were served, {objectives.minimum:.0%} must be"
    return None


def _borne(took_s: float, tolerance_s: float | None) -> str:
    """How far a time that was too long is from what can be borne at all."""
    if tolerance_s is None:
        return ""
    return (
        f", {tolerance_s:g} s can be borne"
        if took_s <= tolerance_s
        else f" and no more than {tolerance_s:g} s can be borne"
    )


def _spoilt(read: Trace, counted: Figures) -> _Found:
    flaws = [
        f"{case.sent.marker} had {case.sent.spoilt}" for case in read.cases if case.sent.spoilt and not case.sent.check
    ]
    flaws += [flaw for case in read.cases if (flaw := _unfit(read, case))]
    if flaws:
        return Verdict.FAILED_QUALITY, f"{_requests(len(flaws))} answered poorly: {flaws[0]}"
    poor = _checked(read, counted) or _scored(read, counted)
    return (Verdict.FAILED_QUALITY, poor) if poor else None


def _checked(read: Trace, counted: Figures) -> str | None:
    """Which of the checks failed, where too few passed."""
    found, floor = counted.checked, read.process.quality.floor
    if found.share is None or found.share >= floor:
        return None
    return f"{found.after_passed} of {found.after} checks passed, {floor:.0%} must: {found.failed[0]}"


def _scored(read: Trace, counted: Figures) -> str | None:
    """Which fallback is known to be too poor: a twin that is told its answers cannot show it."""
    floor = read.process.quality.floor
    poor = (
        f"{name} scores {score:.0%}, {floor:.0%} must be"
        for name, score in counted.checked.scores
        if score is not None and score < floor
    )
    return next(poor, None)


def _dear(read: Trace, counted: Figures) -> _Found:
    allowed, multiple = read.process.objectives.cost, counted.spending.multiple
    if allowed is None or multiple is None or multiple <= allowed:
        return None
    return Verdict.FAILED_COST, f"a request cost {multiple:.1f} times what it had cost, {allowed:g} times are allowed"


def _unfit(read: Trace, case: Case) -> str | None:
    """What the model that served this request lacks of what the process needs."""
    if case.server is None or case.server.deployment is None:
        return None
    model, needs = read.inventory.deployments[case.server.deployment].model, read.process.needs
    if lacking := needs.capabilities - model.capabilities:
        return f"{model.id} lacks {', '.join(sorted(lacking))}"
    return f"{model.id} holds {model.context:,} tokens" if model.context < needs.context else None


def _diminished(read: Trace, _: Figures) -> _Found:
    if not read.lost:
        return None
    return (
        Verdict.DEGRADED,
        f"{_requests(len(read.lost))} of {len(read.cases)} lost; the first: {read.lost[0].sent.error}",
    )


def _lived(read: Trace) -> str:
    """Why a process survived."""
    if not read.recording.scenario.faults:
        return "served throughout"
    if not read.hits and read.began is None:
        moved = read.expected.touched and _servers(read.judged).keys() != _servers(read.before).keys()
        return "moved before it met the fault" if moved else "not touched"
    return f"met the fault and moved to {', '.join(_servers(read.judged)) or 'nobody'}"


_Found = tuple[Verdict, str] | None

RULES: tuple[Callable[[Trace, Figures], _Found], ...] = (
    _not_tested,
    _against_policy,
    _without_route,
    _unclear,
    _too_late,
    _spoilt,
    _dear,
    _diminished,
)
"""Gravest first."""


def _servers(cases: Iterable[Case]) -> Mapping[str, int]:
    counted = Counter(case.server.deployment for case in cases if case.server is not None)
    return {name: count for name, count in counted.most_common() if name is not None}


def _share(cases: tuple[Case, ...]) -> float | None:
    return sum(case.server is not None for case in cases) / len(cases) if cases else None


def _requests(count: int) -> str:
    return f"{count} request" if count == 1 else f"{count} requests"


def _calls(count: int) -> str:
    return f"{count} call" if count == 1 else f"{count} calls"
