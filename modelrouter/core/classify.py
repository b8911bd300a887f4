"""From what was seen of a failure to its cause and scope.

Reading order: an operator's own rules, then the tables of `signatures` (see `book`): structure and
anchored wordings of the vendor, generic ones, those of other vendors, weak codes, and at last the
status alone. Every answer names the rule, the words it fired on and how sure it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.faults import Fault
from modelrouter.core.retry_after import retry_after
from modelrouter.core.signatures import book_of, by_status
from modelrouter.core.unwrap import read

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from modelrouter.core.faults import Evidence
    from modelrouter.core.inventory import Signature
    from modelrouter.core.unwrap import Reading

SHOWN = 300
"""The most characters of evidence that a fault carries."""
MARGIN = 80
"""So many characters are shown on either side of the words that matched."""

WAITS = frozenset({Cause.THROTTLED, Cause.QUOTA_EXHAUSTED, Cause.OVERLOADED, Cause.OUTAGE, Cause.MODEL_UNAVAILABLE,
                   Cause.TIMEOUT, Cause.NETWORK, Cause.SUSPENDED})  # fmt: skip
"""Causes that time alone can end; advice to wait beside any other cannot be true."""
SHORTEST_QUOTA_S = 60.0
"""A quota that is used up does not return in less: such advice comes from a limiter that knows no quotas."""

_SECRET = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|hf|nvapi|key|api|glpat|ghp|gho|github_pat|aiza|akia|asia)[-_]?[a-z0-9*][\w\-*.]{11,}"
    r"|\baiza[\w\-]{20,}|\b(?:akia|asia)[a-z0-9]{12,}"
    r"|\beyj[\w\-]{8,}(?:\.[\w\-]+){0,2}"
    r"|(?<=bearer )[\w\-.=+/*]{6,}"
    r"|\b[a-f0-9]{32,}\b|\b(?=[\w\-]*\d)(?=[\w\-]*[a-z])[\w\-]{36,}\b"
)


def classify(evidence: Evidence, extra: Sequence[Signature] = (), *, now: datetime | None = None) -> Fault:
    """Name the cause and the scope of a failure; never raises, whatever the text.

    `extra` are an operator's own rules and come first. `now` lets dates be read as waits.
    """
    reading = read(evidence.body, evidence.status, evidence.headers)
    fault = _by_operator(evidence, reading, extra) or _by_rule(evidence, reading) or _by_status(evidence, reading)
    wait = retry_after(evidence.headers, reading.text, now)
    return Fault(
        cause=fault.cause,
        scope=fault.scope,
        retry_after_s=wait if is_believable(fault.cause, wait) else None,
        certainty=fault.certainty,
        rule=fault.rule,
        evidence=excerpt(reading.text, fault.evidence),
        stated=fault.stated,
    )


def is_believable(cause: Cause, wait: float | None) -> bool:
    """Can waiting so long end this cause?"""
    if wait is None or cause not in WAITS:
        return False
    return cause is not Cause.QUOTA_EXHAUSTED or wait >= SHORTEST_QUOTA_S


def excerpt(text: str, words: str) -> str:
    """Return the matched words with what stands around them, secrets masked."""
    masked = _SECRET.sub("***", text)
    at = max(0, masked.find(words))
    start = max(0, at - MARGIN)
    return masked[start : at + max(len(words), MARGIN) + MARGIN][:SHOWN].strip()


def _by_operator(evidence: Evidence, reading: Reading, extra: Sequence[Signature]) -> Fault | None:
    for signature in extra:
        words = " ".join(signature.text.lower().split())
        if (
            words in reading.text
            and signature.status in (None, reading.status)
            and signature.provider in (None, evidence.vendor)
        ):
            return Fault(
                cause=Cause(signature.cause),
                scope=Scope(signature.scope),
                rule=f"inventory.{signature.id}",
                evidence=words,
                stated=True,
            )
    return None


def _by_rule(evidence: Evidence, reading: Reading) -> Fault | None:
    match = book_of(evidence.vendor).find(reading)
    if match is None:
        return None
    entry, words = match
    return Fault(
        cause=entry.rule.cause,
        scope=entry.rule.scope,
        certainty=entry.certainty,
        rule=entry.name,
        evidence=words,
        stated=entry.stated,
    )


def _by_status(evidence: Evidence, reading: Reading) -> Fault:
    cause, scope = by_status(reading.status, evidence.surface)
    return Fault(
        cause=cause,
        scope=scope,
        certainty=0.3,
        rule=f"status.{reading.status or evidence.surface}",
        evidence=reading.text[:SHOWN],
        stated=False,
    )
