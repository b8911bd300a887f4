"""The parts of the page that are proofs and figures: policy, capacity, cost, quality, prediction, detection, comparison."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING

from modelrouter.drills.plan import REAL
from modelrouter.drills.report.capacity import loads
from modelrouter.drills.report.compare import compared
from modelrouter.drills.report.counted import counted
from modelrouter.drills.report.html import Cell, section, table, verdict
from modelrouter.drills.trace import trace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from modelrouter.drills.report.findings import Findings
    from modelrouter.drills.verdict import Judgement

__all__ = ["capacity", "comparison", "cost", "detection", "policy", "prediction", "quality", "standing"]

UNKNOWN = "unknown"
NONE = "\N{EN DASH}"
DEAREST = 3
"""Scenarios shown of each process, the dearest first."""


def standing(found: Findings) -> str:
    """The score, with the parts that it is made of."""
    reached = found.score
    rows = [
        (each.name, f"{each.weight:.0%}", UNKNOWN if each.share is None else f"{each.share:.0%}")
        for each in reached.parts
    ]
    worst = f" {reached.worst} brings it down most." if reached.worst is not None else ""
    lead = (
        f"{reached.total:.0%} on the day of this drill, each process counted by its criticality.{worst} "
        "The weights are a convention: compare it with your own earlier ones, and read the parts."
    )
    return section("standing", "How the organisation stands", table(("part", "#weight", "#reached"), rows), lead)


def policy(found: Findings) -> str:
    """Where each process's data went, by a reader that shares no code with whoever decided."""
    rows, calls = [], 0
    for name, process in found.inventory.processes.items():
        reads = [trace(found.inventory, recording, process) for recording in found.recordings]
        seen = Counter(
            call.deployment for read in reads for case in read.cases for call in case.calls if call.deployment
        )
        calls += seen.total()
        wrong = sum(each.breaches for each in found.all if each.process == name)
        went = ", ".join(f"{each} ({_places(found, each)}) {count}" for each, count in seen.most_common())
        allowed = ", ".join(process.data.processing) or "anywhere that policies allow"
        tone = verdict(str(wrong), "bad" if wrong else "good")
        rows.append((name, process.data.cls, allowed, went or "nowhere", tone))
    whose = "the gateway's trail" if found.rehearsal.level in REAL else "the providers' own logs"
    heads = ("process", "data", "may be processed in", "went to (where that processes) calls", "#violations")
    lead = (
        f"Each of the {counted(calls, 'call')} in {whose} was judged by every policy, by where the process's data may be "
        "processed and for how long it may be kept, by the reader that audits ledgers, which shares no code with the router."
    )
    return section("policy", "Policy: where the data went", table(heads, rows, wide=760), lead + _recorded(found))


def _recorded(found: Findings) -> str:
    """The same of the drill's own ledger, where it kept one."""
    kept = found.origin.recorded
    if kept is None:
        return ""
    return (
        f" Its ledger tells of {counted(kept.requests, 'request')} and {counted(kept.hops, 'call')}; of these the same reader "
        f"found {kept.forbidden or 'none'} against policy."
    )


def _places(found: Findings, deployment: str) -> str:
    return ", ".join(found.inventory.deployments[deployment].processing) or UNKNOWN


def capacity(found: Findings) -> str:
    """What fallbacks had to carry."""
    rows = []
    for load in loads(found):
        share = load.share
        tone = "odd" if share is None else "bad" if load.refused else "warn" if share > 0.8 else "good"  # noqa: PLR2004 - nearly full
        used = UNKNOWN if share is None else f"{share:.0%}"
        limit = UNKNOWN if load.limit is None else f"{load.limit:,}"
        rate = f"{load.per_minute:,.0f}"
        rows.append(
            (
                load.deployment,
                load.scenario,
                ", ".join(load.for_whom),
                rate,
                limit,
                verdict(used, tone),
                f"{load.refused}",
            )
        )
    heads = ("stood in", "at worst in", "for", "#calls a minute", "#limit", "#used", "#refused")
    lead = (
        "The scenario in which each fallback had to carry most, at the whole declared demand. Used is the share of the calls a "
        "minute that it declares; refused are calls of the rehearsal that it turned away for its limits."
    )
    drawn = table(heads, rows, wide=720) if rows else _nothing("no fallback had to serve")
    return section("capacity", "Capacity at the fallback", drawn, lead)


def cost(found: Findings) -> str:
    """What a request came to cost, the dearest scenarios of each process."""
    rows: list[tuple[str | Cell, ...]] = []
    for name, process in found.inventory.processes.items():
        moved = [each for each in found.all if each.process == name and each.figures.fallback]
        known = sorted(
            (each for each in moved if each.figures.spending.multiple is not None), key=_multiple, reverse=True
        )
        allowed = NONE if process.objectives.cost is None else f"{process.objectives.cost:g}\N{MULTIPLICATION SIGN}"
        alike: dict[tuple[object, ...], list[Judgement]] = {}
        for each in known:
            spent = each.figures.spending
            alike.setdefault((spent.before, spent.after, tuple(each.figures.fallback)), []).append(each)
        rows.extend(_spent(group, allowed) for group in list(alike.values())[:DEAREST])
        without = list(dict.fromkeys(one for each in moved for one in each.figures.spending.unpriced))
        if without:
            said = f"unknown: nobody stated the price of {', '.join(without)}"
            rows.append((name, "where they served", NONE, said, verdict(UNKNOWN, "odd"), allowed, NONE))
    heads = ("process", "scenario", "#before", "after", "#multiple", "#allowed", "#USD more an hour")
    lead = (
        "US dollars for each served request, by the tokens that the inventory declares and its prices; calls that broke off are "
        "paid for as well. A price that nobody stated is unknown, never nothing."
    )
    drawn = table(heads, rows, wide=760) if rows else _nothing("nothing was served by a fallback")
    return section("cost", "Cost", drawn, lead)


def _multiple(judged: Judgement) -> float:
    return judged.figures.spending.multiple or 0.0


def _spent(alike: Sequence[Judgement], allowed: str) -> tuple[str | Cell, ...]:
    """One row for the scenarios in which the same came to cost the same."""
    judged = alike[0]
    spent = judged.figures.spending
    tone = "bad" if judged.verdict == "FAILED_COST" else "good" if _multiple(judged) <= 1 else "warn"
    hourly = NONE if spent.hourly is None else f"{spent.hourly:+,.2f}".replace("-", "\N{MINUS SIGN}")
    return (
        judged.process,
        judged.scenario if len(alike) == 1 else f"{judged.scenario} and {len(alike) - 1} more",
        f"{spent.before:.4f}",
        f"{spent.after:.4f}, by {', '.join(judged.figures.fallback)}",
        verdict(f"{_multiple(judged):.2f}\N{MULTIPLICATION SIGN}", tone),
        allowed,
        hourly,
    )


def quality(found: Findings) -> str:
    """What is known of how good the answers of fallbacks are."""
    rows = [_known(found, name) for name in found.inventory.processes]
    heads = ("process", "#floor", "#checks passed after", "what failed, or is not known")
    lead = (
        "Checks are questions that a process brings, with what must hold of the answer. A twin is told the answer, so that what is "
        "seen is whether question and answer come through whole; how good a real model is, its score says, where anybody "
        "measured it."
    )
    return section("quality", "Quality", table(heads, rows, wide=620), lead)


def _known(found: Findings, name: str) -> tuple[str | Cell, ...]:
    wanted = found.inventory.processes[name].quality
    own = [each.figures.checked for each in found.all if each.process == name]
    asked, passed = sum(each.after for each in own), sum(each.after_passed for each in own)
    scores = {one: score for each in own for one, score in each.scores}
    told = list(dict.fromkeys(one for each in own for one in each.failed))[:DEAREST]
    never = set.intersection(*({*each.unasked} for each in own)) if own and wanted.checks else set()
    told += [f"{one} was never asked" for one in sorted(never)]
    told += [f"{one} scores {score:.0%}" for one, score in scores.items() if score is not None]
    if not wanted.checks and (silent := [one for one, score in scores.items() if score is None]):
        told.append(f"how good {', '.join(silent)} {'is' if len(silent) == 1 else 'are'}, nobody said")
    if not wanted.checks and not told:
        told.append("no fallback served it")
    tone = "odd" if not asked else "good" if passed / asked >= wanted.floor else "bad"
    shown = verdict(f"{passed} of {asked}" if asked else "none brought" if not wanted.checks else "none asked", tone)
    return name, f"{wanted.floor:.0%}", shown, "; ".join(told)


def prediction(found: Findings) -> str:
    """What the inventory alone had said, beside what was seen."""
    model = found.accuracy
    rows = [
        ("said to be lost", f"{model.rightly}", f"{model.wrongly}"),
        ("said to be served", f"{model.missed}", f"{model.spared}"),
    ]
    shares = {"precision": model.precision, "recall": model.recall}
    told = ", ".join(f"{name} {UNKNOWN if share is None else f'{share:.0%}'}" for name, share in shares.items())
    wrong = [each for each in found.all if each.predicted.agrees is False]
    lead = f"A pair is one process in one scenario. Of who is lost, the inventory alone had said: {told}. " + (
        f"{counted(len(wrong), 'pair')} went another way; see the deviations." if wrong else "No pair went another way."
    )
    return section(
        "prediction", "What the inventory alone had said", table(("", "#was lost", "#was served"), rows), lead
    )


def detection(found: Findings) -> str:
    """What was injected, and what the router took it for."""
    seen = found.detected
    counts = Counter((each.injected, each.found) for each in seen)
    rows = []
    for (injected, taken), count in sorted(counts.items(), key=lambda pair: (pair[0][0], pair[0][1] or "")):
        times = [
            each.after_s
            for each in seen
            if (each.injected, each.found) == (injected, taken) and each.after_s is not None
        ]
        slowest = f"{max(times):.2f} s" if times else NONE
        tone = "good" if injected == taken else "odd" if taken is None else "warn"
        rows.append((injected, verdict(taken or "no hold", tone), f"{count}", slowest))
    right = sum(each.injected == each.found for each in seen)
    lead = (
        f"{right} of {counted(len(seen), 'fault')} that calls met were taken for what they were. By the router's own word."
        if seen
        else ""
    )
    drawn = (
        table(("injected", "taken for", "#times", "#at the latest after"), rows)
        if rows
        else _nothing("no fault was met")
    )
    return section("detection", "Detection", drawn, lead)


def comparison(found: Findings) -> str:
    """What differs from the earlier run."""
    if found.origin.baseline is None:
        told = (
            "There is no earlier report to compare with: name one with --baseline, or play the drill by its plan again."
        )
        return section("comparison", "Since the last run", _nothing(told))
    differs = compared(found.origin.baseline, found)
    rows = [
        (each.scenario, each.process, each.was, verdict(each.now, "bad" if each.worse else "good"))
        for each in differs.changes
    ]
    other = "the same inventory" if differs.same_inventory else "another inventory"
    parts = [*_named("Slower", differs.slower), *_named("New", differs.appeared), *_named("Gone", differs.gone)]
    lead = f"Compared with the run of {differs.began}, on {other}: {counted(len(rows), 'verdict')} changed."
    drawn = table(("scenario", "process", "was", "is"), rows) if rows else ""
    return section("comparison", "Since the last run", drawn + "".join(parts), lead)


def _named(title: str, told: list[str]) -> Iterator[str]:
    if told:
        shown = "; ".join(told[:12]) + ("; …" if len(told) > 12 else "")  # noqa: PLR2004 - enough to see what it is about
        yield _nothing(f"{title}: {shown}")


def _nothing(text: str) -> str:
    return f'<p class="soft">{escape(text)}</p>'
