"""From what was seen of a failure to its cause and scope.

Reading order: an operator's own rules, then the tables of `signatures` (see `book`): structure and
anchored wordings of the vendor, generic ones, those of other vendors, weak codes, and at last the
status alone. Every answer names the rule, the words it fired on and how sure it is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.faults import Fault
from modelrouter.core.retry_after import retry_after
from modelrouter.core.signatures import by_status, the_book, vendor_of
from modelrouter.core.signatures.reach import reach, widen
from modelrouter.core.substitution import substituted
from modelrouter.core.unwrap import read, read_part, unwrap

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

KNOWN = 4096
"""So many texts of operators' rules are kept as they are looked for."""

BY_STATUS_ALONE = 0.3
"""How sure a status makes us: on its own it names the cause of about half of real errors."""

SHORTEST_RUN = 12
"""No shorter run of letters and digits is taken for a secret."""
_RUN = re.compile(rf"[\w\-*+/=.]{{{SHORTEST_RUN},}}")
_BEARER = re.compile(r"(?<=bearer )[\w\-.=+/*]{6,}")
_NOT_OF_WORDS = re.compile(r"[\d*]")
_LONG = re.compile(rf" (?=[^ ]{{{SHORTEST_RUN}}})[^ \d*]*[\d*][^ ]*")
"""What may hold a run, which has no space: to look at the starts of words is faster than to search all of a text."""
_KEY_PREFIX = re.compile(
    r"(?:sk|pk|rk|gsk|xai|hf|nvapi|key|api|glpat|ghp|gho|github_pat|ak|akia|asia|aiza|eyj|aws|tok)(?:[-_]|(?<=akia)|(?<=asia)|(?<=aiza)|(?<=eyj))"
)
OPAQUE = 32
"""A run of letters and digits of this length is no word: it may be a secret without a prefix."""


class Verdict(NamedTuple):
    """What one of the three ways to judge found."""

    cause: Cause
    scope: Scope
    certainty: float
    rule: str
    words: str
    stated: bool
    shortest_wait_s: float | None = None


def classify(evidence: Evidence, extra: Sequence[Signature] = (), *, now: datetime | None = None) -> Fault:
    """Name the cause and the scope of a failure; never raises, whatever the text.

    `extra` are an operator's own rules and come first. `now` lets dates be read as waits. A good answer of
    another model than `evidence.asked` is a failure too.
    """
    reading = read(evidence.body, evidence.status, evidence.headers)
    ordered = _by_operator(evidence, reading, extra)
    other = substituted(evidence) if ordered is None and evidence.asked else None
    if other is not None:
        return other
    verdict = ordered or _by_rule(evidence, reading) or _by_status(evidence, reading)
    wait = retry_after(evidence.headers, reading.text, now) if verdict.cause in SHORTEST_WAIT_S else None
    return Fault(
        cause=verdict.cause,
        scope=verdict.scope,
        retry_after_s=believed(verdict.cause, wait, verdict.shortest_wait_s),
        certainty=verdict.certainty,
        rule=verdict.rule,
        evidence=cased(excerpt(reading.text, verdict.words), evidence.body),
        stated=verdict.stated,
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
    masked = mask(text[max(0, start - SHOWN) : at + len(words) + MARGIN + SHOWN])
    at = max(0, masked.find(words))
    return masked[max(0, at - MARGIN) : at + len(words) + MARGIN][:SHOWN].strip()


def cased(shown: str, body: str) -> str:
    """Return an excerpt as the provider wrote it, where its words stand in the body as they are shown."""
    body = read_part(body)
    lower = body.lower()
    if len(lower) != len(body):
        return shown
    at = lower.find(shown)
    if at >= 0:
        return body[at : at + len(shown)]
    places = [(part, lower.find(part)) for part in shown.split("***")]
    return "***".join([part if at < 0 else body[at : at + len(part)] for part, at in places])


def mask(text: str) -> str:
    """Return the text with keys, tokens and long opaque strings struck out."""
    if "bearer " in text:
        text = _BEARER.sub("***", text)
    return _LONG.sub(_struck, f" {text}")[1:]


def _struck(part: re.Match[str]) -> str:
    return _RUN.sub(_masked, part.group())


def _masked(match: re.Match[str]) -> str:
    run = match.group()
    is_random = _NOT_OF_WORDS.search(run) is not None
    is_opaque = len(run) >= OPAQUE and "/" not in run and run.count("-") <= len(run) // 5
    return "***" if is_random and (_KEY_PREFIX.match(run) or (is_opaque and not run.isdigit())) else run


def _by_operator(evidence: Evidence, reading: Reading, extra: Sequence[Signature]) -> Verdict | None:
    for signature in extra:
        words = _plain(signature.text)
        if (
            words in reading.text
            and signature.status in (None, reading.status)
            and (signature.provider is None or _is_meant(signature, signature.provider, evidence))
        ):
            rule = f"inventory.{signature.id}"
            return Verdict(Cause(signature.cause), Scope(signature.scope), 1.0, rule, words, stated=True)
    return None


@lru_cache(maxsize=KNOWN)
def _plain(text: str) -> str:
    """Return the words of an operator's rule as texts are read: each is asked of every error."""
    return unwrap(text).lower()


def _is_meant(signature: Signature, name: str, evidence: Evidence) -> bool:
    """Is the evidence of the provider that a rule names; or, where it names a vendor, of that vendor's dialect?"""
    if signature.by_id and evidence.provider:
        return name == evidence.provider
    return _is_one(name, evidence.vendor)


def _is_one(provider: str, vendor: str) -> bool:
    """Do both names stand for one dialect, `aws` and `bedrock` for instance?"""
    return provider == vendor or vendor_of(provider) == vendor_of(vendor) != "generic"


def _by_rule(evidence: Evidence, reading: Reading) -> Verdict | None:
    vendor = vendor_of(evidence.vendor)
    match = the_book().find(reading, vendor)
    if match is None:
        return None
    entry, words = match
    scope = reach(vendor, entry, reading)
    return Verdict(
        entry.rule.cause, scope, entry.certainty, entry.name, words, entry.stated, entry.rule.shortest_wait_s
    )


def _by_status(evidence: Evidence, reading: Reading) -> Verdict:
    cause, scope = by_status(reading.status, evidence.surface)
    scope = widen(vendor_of(evidence.vendor), cause, scope, reading)
    return Verdict(cause, scope, BY_STATUS_ALONE, f"status.{reading.status or evidence.surface}", "", stated=False)
