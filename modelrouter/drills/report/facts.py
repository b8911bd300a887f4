"""The report for programs: `report.json`.

One object; every key is described in the JSON Schema, docs/drill-report.schema.json. Times are seconds, in a
scenario since it began; shares are fractions of one; costs are US dollars; what nobody knows is null.

    version, inventory, software, host, began, took_s, level, seed, plan, signer
                  what was rehearsed, by what, when, by whose leave
    passed, ended, conclusion, verdicts, findings, deviations, compared
                  what came of it: findings have an owner and a due date
    processes     what is asked of each, and its slowest failover
    score         one figure with its parts: designed, rehearsed, come through, noticed
    accuracy, detections
                  what the inventory alone had said; what the router took each cause for
    steady_before, steady_after
                  error rate, p95 and share served before anything failed, and when all was over
    miniature, machine, unrehearsed
                  sample sizes, and how far all this can be trusted
    ledger        what an independent reader made of the drill's own ledger
    scenarios     for each: faults with their time and scope, precedent and assumptions; for each process its
                  verdict with every figure; holds; every request
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import orjson

from modelrouter.drills.report import document
from modelrouter.drills.report.compare import compared
from modelrouter.drills.report.steady import steady
from modelrouter.drills.trace import trace
from modelrouter.drills.verdict import Verdict

if TYPE_CHECKING:
    from modelrouter.core.inventory import Inventory
    from modelrouter.drills.figures import Pace
    from modelrouter.drills.plan import Approval, Plan
    from modelrouter.drills.recording import Recording
    from modelrouter.drills.report.findings import Findings
    from modelrouter.drills.scenario import Blow
    from modelrouter.drills.trace import Case
    from modelrouter.drills.verdict import Judgement

__all__ = ["agreed", "as_json", "facts"]

DIGITS = 4
CENTS = 8
"""Digits of dollars: a request costs a fraction of a cent."""


def as_json(found: Findings) -> bytes:
    """The report as it stands in the file."""
    return orjson.dumps(facts(found).model_dump(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def facts(found: Findings) -> document.Document:
    """The report as a value."""
    given = Counter(each.verdict for each in found.all)
    scenarios = [_scenario(found.inventory, each, found.judgements[each.scenario.id]) for each in found.recordings]
    before, after = steady(found)
    return document.Document(
        version=document.VERSION,
        inventory=document.Inventory(
            name=found.inventory.name, file=found.inventory.path, fingerprint=found.origin.fingerprint
        ),
        software=document.Software(name="modelrouter", version=found.origin.version),
        host=document.Host(system=found.origin.host),
        began=found.began.isoformat(timespec="seconds"),
        took_s=_known(found.took_s),
        level=found.rehearsal.level,
        seed=found.rehearsal.seed,
        plan=None if found.plan is None else _plan(found.plan),
        passed=found.passed,
        ended=found.origin.ended,
        conclusion=found.conclusion(),
        verdicts={str(verdict): given[verdict] for verdict in Verdict},
        processes=[_process(found, name) for name in found.inventory.processes],
        findings=_findings(found),
        deviations=list(found.deviations()),
        score=_score(found),
        accuracy=_accuracy(found),
        detections=_detections(found),
        steady_before=before,
        steady_after=after,
        compared=None if found.origin.baseline is None else compared(found.origin.baseline, found),
        miniature=_miniature(found),
        machine=document.Machine(lag_s=_known(found.lag_s), refused=list(found.rehearsal.refused)),
        unrehearsed=[list(pair) for pair in found.unrehearsed],
        signer=found.origin.signer,
        ledger=None if found.origin.recorded is None else document.Ledger(**found.origin.recorded._asdict()),
        scenarios=scenarios,
    )


def _plan(plan: Plan) -> document.Plan:
    return document.Plan(
        id=plan.id,
        title=plan.title,
        owner=plan.owner,
        ticket=plan.ticket,
        hypothesis=plan.hypothesis,
        approvals=[agreed(each) for each in plan.approvals],
        file=plan.path,
    )


def agreed(approval: Approval) -> str:
    """Who agreed, in which capacity and when."""
    role = f" ({approval.role})" if approval.role else ""
    return f"{approval.by}{role}{f' on {approval.on}' if approval.on else ''}"


def _process(found: Findings, name: str) -> document.Process:
    process = found.inventory.processes[name]
    timed = [each for each in found.all if each.process == name and each.failover_s is not None]
    slowest = max(timed, key=lambda each: each.failover_s or 0.0, default=None)
    return document.Process(
        process=name,
        owner=process.owner,
        criticality=process.criticality,
        concerned=name in found.binding,
        rto_s=process.objectives.rto_s,
        tolerance_s=process.objectives.tolerance_s,
        minimum=process.objectives.minimum,
        cost=process.objectives.cost,
        quality_floor=process.quality.floor,
        quality_checks=len(process.quality.checks),
        slowest_failover_s=None if slowest is None else _seconds(slowest.failover_s),
        slowest_in=None if slowest is None else slowest.scenario,
    )


def _findings(found: Findings) -> list[document.Finding]:
    return [
        document.Finding(
            process=each.process,
            owner=each.owner,
            criticality=each.criticality,
            verdict=str(each.verdict),
            scenarios=list(each.scenarios),
            why=each.why,
            concerned=each.binding,
            due=each.due.isoformat(),
        )
        for each in found.weaknesses()
    ]


def _accuracy(found: Findings) -> document.Accuracy:
    model = found.accuracy
    return document.Accuracy(
        rightly_lost=model.rightly,
        wrongly_lost=model.wrongly,
        missed=model.missed,
        rightly_served=model.spared,
        precision=_seconds(model.precision),
        recall=_seconds(model.recall),
    )


def _score(found: Findings) -> document.Score:
    reached = found.score
    parts = [document.Reached(name=each.name, weight=each.weight, share=_seconds(each.share)) for each in reached.parts]
    return document.Score(total=round(reached.total, DIGITS), parts=parts, worst=reached.worst)


def _detections(found: Findings) -> list[document.Detection]:
    return [
        document.Detection(
            scenario=each.scenario,
            scope=each.scope,
            injected=each.injected,
            found=each.found,
            whole=each.whole,
            after_s=_seconds(each.after_s),
        )
        for each in found.detected
    ]


def _miniature(found: Findings) -> document.Miniature:
    small = found.rehearsal.miniature
    return document.Miniature(
        scale=round(small.scale, DIGITS),
        steady_s=_known(small.steady_s),
        duration_s=_known(small.duration_s),
        requests=dict(small.requests),
    )


def _scenario(inventory: Inventory, recording: Recording, judged: tuple[Judgement, ...]) -> document.Scenario:
    scenario = recording.scenario
    cases = [case for process in inventory.processes.values() for case in trace(inventory, recording, process).cases]
    return document.Scenario(
        id=scenario.id,
        title=scenario.title,
        kind=scenario.kind,
        subject=scenario.subject,
        precedent=scenario.precedent,
        notes=list(scenario.notes),
        signals=[f"{each.at_s:.1f} s: {each.text}" for each in scenario.signals],
        compress=scenario.compress,
        faults=[_fault(fault) for fault in scenario.faults],
        fault_at_s=_seconds(recording.fault_at),
        ended_s=_known(recording.ended),
        lag_s=_known(recording.lag_s),
        processes=[_judged(inventory, each) for each in judged],
        holds=[
            document.Hold(at_s=_known(mark.at), domain=mark.domain, cause=mark.cause, phase=mark.phase)
            for mark in recording.marks
        ],
        requests=[_request(case) for case in sorted(cases, key=lambda case: case.sent.at)],
    )


def _fault(fault: Blow) -> document.Fault:
    return document.Fault(
        effect=str(fault.effect),
        cause=fault.cause and str(fault.cause),
        scope=fault.scope,
        deployments=sorted(fault.deployments),
        from_s=_seconds(fault.from_s),
        until_s=_seconds(fault.until_s),
        share=round(fault.share, DIGITS),
        processes=None if fault.processes is None else sorted(fault.processes),
    )


def _judged(inventory: Inventory, judged: Judgement) -> document.Judged:
    counted = judged.figures
    return document.Judged(
        process=judged.process,
        owner=inventory.processes[judged.process].owner,
        criticality=judged.criticality,
        verdict=str(judged.verdict),
        why=judged.why,
        permitted=list(judged.expected.permitted),
        remaining=list(judged.expected.remaining),
        touched=judged.expected.touched,
        predicted=document.Predicted(**judged.predicted._asdict(), agrees=judged.predicted.agrees),
        sent=judged.sent,
        lost=judged.lost,
        hits=judged.hits,
        wasted=judged.wasted,
        retried=counted.retried,
        duplicated=counted.duplicated,
        broken=counted.broken,
        shed=counted.shed,
        inverted=counted.inverted,
        model_changes=counted.model_changes,
        false_failovers=counted.false_failovers,
        oldest_s=_seconds(counted.oldest_s),
        error_budget=_seconds(counted.burnt),
        detect_s=_seconds(judged.detect_s),
        failover_s=_seconds(judged.failover_s),
        recover_s=_seconds(counted.recover_s),
        failback_s=_seconds(counted.failback_s),
        share=_seconds(judged.share),
        before=_pace(counted.before),
        after=_pace(counted.after),
        spending=_spending(judged),
        tokens_before=counted.tokens_before,
        tokens_after=counted.tokens_after,
        checks=_checks(judged),
        breaches=judged.breaches,
        served_before=dict(judged.served_before),
        served_after=dict(judged.served_after),
        fallback={name: round(share, DIGITS) for name, share in counted.fallback.items()},
    )


def _pace(pace: Pace) -> document.Pace:
    return document.Pace(p50_s=_seconds(pace.p50_s), p95_s=_seconds(pace.p95_s))


def _spending(judged: Judgement) -> document.Spending:
    spent = judged.figures.spending
    return document.Spending(
        before=_dollars(spent.before),
        after=_dollars(spent.after),
        multiple=_seconds(spent.multiple),
        hourly=_dollars(spent.hourly),
        unpriced=list(spent.unpriced),
    )


def _checks(judged: Judgement) -> document.Checks:
    checked = judged.figures.checked
    return document.Checks(
        before=checked.before,
        before_passed=checked.before_passed,
        after=checked.after,
        after_passed=checked.after_passed,
        unasked=list(checked.unasked),
        failed=list(checked.failed),
        scores=dict(checked.scores),
    )


def _request(case: Case) -> document.Request:
    return document.Request(
        marker=case.sent.marker,
        process=case.sent.process,
        stream=case.sent.stream,
        check=case.sent.check,
        at_s=_known(case.sent.at),
        ended_s=_known(case.sent.ended),
        served_by=case.server.deployment if case.server else None,
        hits=sum(call.injected for call in case.calls),
        error=case.sent.error,
        spoilt=case.sent.spoilt,
    )


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def _dollars(value: float | None) -> float | None:
    return None if value is None else round(value, CENTS)


def _known(value: float) -> float:
    return round(value, DIGITS)
