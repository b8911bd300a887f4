"""The report for build servers: JUnit XML, a suite for each scenario, a test for each process in it.

A failure is what fails the drill. What befell processes that it is not about is `skipped`, with the verdict as the
reason, so that a build that passes shows no failure; what could not be judged is an `error` where it matters.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from modelrouter.drills.verdict import ALIVE, Verdict

if TYPE_CHECKING:
    from modelrouter.drills.recording import Recording
    from modelrouter.drills.report.findings import Findings
    from modelrouter.drills.verdict import Judgement

__all__ = ["junit"]

UNJUDGED = frozenset({Verdict.INCONCLUSIVE, Verdict.NOT_TESTED})
UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold in any way."""


def junit(found: Findings) -> str:
    """The whole file."""
    suites = "".join(_suite(found, recording) for recording in found.recordings)
    counts = _counts(found, found.all)
    name = quoteattr(_safe(f"modelrouter drill {found.inventory.name}"))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name={name} {counts}>\n{suites}</testsuites>\n'


def _suite(found: Findings, recording: Recording) -> str:
    judged = found.judgements[recording.scenario.id]
    stamp = found.began.strftime("%Y-%m-%dT%H:%M:%S")
    head = (
        f"<testsuite name={_attribute(recording.scenario.id)} {_counts(found, judged)} "
        f'time="{recording.ended:.3f}" timestamp="{stamp}">'
    )
    properties = {
        "title": recording.scenario.title,
        "level": found.rehearsal.level,
        "seed": str(found.rehearsal.seed),
        "fingerprint": found.origin.fingerprint,
    }
    told = "".join(
        f"<property name={_attribute(name)} value={_attribute(value)}/>" for name, value in properties.items()
    )
    cases = "".join(_case(found, each) for each in judged)
    return f"  {head}\n    <properties>{told}</properties>\n{cases}  </testsuite>\n"


def _case(found: Findings, judged: Judgement) -> str:
    head = f"<testcase classname={_attribute(judged.scenario)} name={_attribute(judged.process)} "
    head += f'time="{judged.failover_s or 0.0:.3f}"'
    if judged.verdict in ALIVE:
        return f"    {head}/>\n"
    kind = _kind(found, judged)
    said = f"message={_attribute(f'{judged.verdict}: {judged.why}')}"
    if kind == "skipped":
        return f"    {head}><skipped {said}/></testcase>\n"
    return (
        f"    {head}><{kind} {said} type={_attribute(judged.verdict)}>{escape(_safe(judged.why))}</{kind}></testcase>\n"
    )


def _kind(found: Findings, judged: Judgement) -> str:
    if judged.process not in found.binding:
        return "skipped"
    return "error" if judged.verdict in UNJUDGED else "failure"


def _counts(found: Findings, judged: tuple[Judgement, ...]) -> str:
    kinds = [_kind(found, each) for each in judged if each.verdict not in ALIVE]
    return (
        f'tests="{len(judged)}" failures="{kinds.count("failure")}" errors="{kinds.count("error")}" '
        f'skipped="{kinds.count("skipped")}"'
    )


def _attribute(text: str) -> str:
    return quoteattr(_safe(text))


def _safe(text: str) -> str:
    return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
