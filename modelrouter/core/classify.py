"""From what was seen of a failure to its cause and scope.

Reading order: an operator's own rules, then the tables of `signatures` (see `book`): structure and
anchored wordings of the vendor, generic ones, those of other vendors, weak codes, and at last the
status alone. Every answer names the rule, the words it fired on and how sure it is.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.faults import Fault
from modelrouter.core.retry_after import retry_after
from modelrouter.core.signatures import book_of, by_status, vendor_of
from modelrouter.core.signatures.reach import reach, widen
from modelrouter.core.unwrap import read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from modelrouter.core.faults import Evidence
    from modelrouter.core.inventory import Signature
    from modelrouter.core.unwrap import Reading

SHOWN = 300
"""The most characters of evidence that a fault carries."""
MARGIN = 80
"""So many characters are shown on either side of the words that matched."""

SHORTEST_WAIT_S: Mapping[Cause, float] = MappingProxyType(
    {
        Cause.THROTTLED: 0.0,
        Cause.OVERLOADED: 0.0,
        Cause.OUTAGE: 0.0,
        Cause.NETWORK: 0.0,
        Cause.MODEL_UNAVAILABLE: 0.0,
        Cause.PERMISSION: 0.0,
        # Such advice comes from a limiter that knows nothing of money.
        Cause.QUOTA_EXHAUSTED: 60.0,
        Cause.SUSPENDED: 60.0,
    }
)
"""Causes that time alone can end, and the shortest wait that can; beside any other, advice to wait is not believed."""

_SECRET = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|hf|nvapi|key|api|glpat|ghp|gho|github_pat|ak|kod)[-_](?=[\w\-*]{0,40}[\d*])[\w\-*]{8,}"
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
    wait = retry_after(evidence.headers, reading.text, now)
    return (
        _by_operator(evidence, reading, wait, extra)
        or _by_rule(evidence, reading, wait)
        or _by_status(evidence, reading, wait)
    )


def believed(cause: Cause, wait: float | None, shortest: float | None = None) -> float | None:
    """Return the wait if waiting so long can end this cause, else None."""
    if wait is None or cause not in SHORTEST_WAIT_S:
        return None
    return wait if wait >= (SHORTEST_WAIT_S[cause] if shortest is None else shortest) else None


def excerpt(text: str, words: str) -> str:
    """Return the matched words with what stands around them, secrets masked."""
    at = max(0, text.find(words))
    start = max(0, at - MARGIN)
    masked = _SECRET.sub("***", text[max(0, start - SHOWN) : at + len(words) + MARGIN + SHOWN])
    at = max(0, masked.find(words))
    return masked[max(0, at - MARGIN) : at + len(words) + MARGIN][:SHOWN].strip()


def _by_operator(evidence: Evidence, reading: Reading, wait: float | None, extra: Sequence[Signature]) -> Fault | None:
    for signature in extra:
        words = " ".join(signature.text.lower().split())
        if (
            words in reading.text
            and signature.status in (None, reading.status)
            and signature.provider in (None, evidence.vendor)
        ):
            cause = Cause(signature.cause)
            return Fault(
                cause=cause,
                scope=Scope(signature.scope),
                retry_after_s=believed(cause, wait),
                rule=f"inventory.{signature.id}",
                evidence=excerpt(reading.text, words),
                stated=True,
            )
    return None


def _by_rule(evidence: Evidence, reading: Reading, wait: float | None) -> Fault | None:
    match = book_of(evidence.vendor).find(reading)
    if match is None:
        return None
    entry, words = match
    return Fault(
        cause=entry.rule.cause,
        scope=reach(vendor_of(evidence.vendor), entry, reading),
        retry_after_s=believed(entry.rule.cause, wait, entry.rule.shortest_wait_s),
        certainty=entry.certainty,
        rule=entry.name,
        evidence=excerpt(reading.text, words),
        stated=entry.stated,
    )


def _by_status(evidence: Evidence, reading: Reading, wait: float | None) -> Fault:
    cause, scope = by_status(reading.status, evidence.surface)
    return Fault(
        cause=cause,
        scope=widen(vendor_of(evidence.vendor), cause, scope, reading),
        retry_after_s=believed(cause, wait),
        certainty=0.3,
        rule=f"status.{reading.status or evidence.surface}",
        evidence=excerpt(reading.text, ""),
        stated=False,
    )
