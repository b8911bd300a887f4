"""Errors that no rule knew: what is kept of them, how they are counted, and the rule that would know one.

A text is counted under its provider, its status and its shape: keys struck out, and what differs from one
answer to the next (numbers, ids) collapsed to `#`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.classify import classify, mask
from modelrouter.core.faults import Evidence
from modelrouter.core.inventory import Signature
from modelrouter.core.unwrap import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from modelrouter.core.causes import Cause, Scope
    from modelrouter.core.faults import Fault, Surface

__all__ = ["KEPT", "NOTHING", "Key", "Tally", "Unrecognised", "is_unrecognised", "normalised", "seen", "suggested"]

KEPT = 200
"""Distinct texts of one inventory; of more, those seen least recently are dropped."""
LONGEST = 200
"""Characters of a text."""
LONGEST_SAMPLE = 300
"""Characters of a sample: as many as a fault carries of its evidence."""
WEAK = 0.5
"""A rule that is less sure than this knows little more than the status."""
SHORTEST_WORDS = 8
"""Letters that a piece of a text must have to tell one error from others."""

GOOD = range(200, 300)
_ANSWER = re.compile(
    r"[\"'](?:choices|candidates|content|delta|parts|text|output|output_text|completion|generated_text)\\*[\"']\s*:"
)
"""The members in which models answer, in the wires of all providers."""
_ID = re.compile(r"[a-z0-9]{6,}")
_DIGITS = re.compile(r"[0-9]+")
_GAPS = re.compile(r"#(?:[-_.:,/+=*]*#)+")
_MESSAGE = re.compile(r"[\"'](?:message|detail|msg|error_description|description|reason|title)[\"']\s?:\s?[\"'{\[]")
_ENDS = re.compile(r"[\"'{}\[\]<>#*\\]+")
"""What stands between the pieces of a text: marks of JSON and markup, and what was struck out."""


class Key(NamedTuple):
    """What makes two errors the same."""

    provider: str
    status: int | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrecognised:
    """One error that no rule knew, and how often it came. Times are seconds since 1970."""

    provider: str
    """The id in the inventory."""
    status: int | None
    text: str
    """The shape of the error, in lower case."""
    count: int = 1
    first: float
    last: float
    deployment: str
    """The one that answered so last."""
    vendor: str
    surface: Surface
    sample: str
    """One such error, secrets struck out."""
    cause: Cause
    """What it was taken for."""
    scope: Scope

    @property
    def key(self) -> Key:
        """What it is counted under."""
        return Key(self.provider, self.status, self.text)

    def evidence(self) -> Evidence:
        """The sample as it was seen."""
        return Evidence(
            vendor=self.vendor, surface=self.surface, status=self.status, body=self.sample, provider=self.provider
        )

    def known_to(self, signatures: Sequence[Signature]) -> bool:
        """Whether one of an operator's own rules reads the sample."""
        return bool(signatures) and classify(self.evidence(), signatures).rule.startswith("inventory.")


@dataclass(frozen=True, slots=True)
class Tally:
    """Counted texts, the latest first, at most `KEPT` of them; counts of several writers add up."""

    entries: tuple[Unrecognised, ...] = ()
    dropped: int = 0
    """How many texts were forgotten for later ones."""
    keys: Mapping[Key, Unrecognised] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", {entry.key: entry for entry in self.entries})

    def plus(self, others: Iterable[Unrecognised], dropped: int = 0) -> Tally:
        """This and what else was seen."""
        merged = dict(self.keys)
        for other in others:
            known = merged.get(other.key)
            merged[other.key] = other if known is None else _together(known, other)
        ranked = sorted(merged.values(), key=lambda entry: (-entry.last, entry.key[0], entry.key[2]))
        return Tally(tuple(ranked[:KEPT]), self.dropped + dropped + len(ranked[KEPT:]))


NOTHING = Tally()


def is_unrecognised(fault: Fault) -> bool:
    """Whether a fault that `classify` named rests on the status alone, or on little more."""
    return fault.rule.startswith("status.") or fault.certainty < WEAK


def seen(evidence: Evidence, fault: Fault, deployment: str, at: float) -> Unrecognised | None:
    """An error as it is counted; None where it said nothing that a rule could read. `at` is in seconds since 1970.

    Nor is what looks like an answer counted, a whole one in the place of a stream for instance: answers are not kept.
    """
    if _ANSWER.search(evidence.body) and (evidence.status is None or evidence.status in GOOD):
        return None
    text = mask(read(evidence.body, evidence.status, evidence.headers).text)
    shape = normalised(text)
    if not any(sign.isalpha() for sign in shape):
        return None
    return Unrecognised(
        provider=evidence.provider,
        status=evidence.status,
        text=shape,
        first=at,
        last=at,
        deployment=deployment,
        vendor=evidence.vendor,
        surface=evidence.surface,
        sample=_telling(text, LONGEST_SAMPLE),
        cause=fault.cause,
        scope=fault.scope,
    )


def normalised(text: str) -> str:
    """The shape of an error's text: in lower case, masked, ids and numbers collapsed, at most `LONGEST` characters."""
    shape = mask(text.lower()).replace("***", "#")
    shape = _ID.sub(lambda run: "#" if _DIGITS.search(run.group()) else run.group(), shape)
    shape = _GAPS.sub("#", _DIGITS.sub("#", shape))
    return _telling(" ".join(shape.split()), LONGEST)


def suggested(entry: Unrecognised) -> Signature | None:
    """A rule for the operator to mend: it reads the sample, and guesses cause and scope from the status.

    None where no piece of the text stays the same and is long enough to tell this error from others.
    """
    text = read(entry.sample, entry.status, {}).text
    shaped = {piece.strip(" ,:;.()-_=/") for piece in _ENDS.split(entry.text)}
    pieces = sorted(shaped, key=lambda piece: (-_letters(piece), piece))
    name = hashlib.sha256(repr(entry.key).encode(errors="replace")).hexdigest()[:6]
    for piece in pieces:
        rule = Signature(
            id=f"unknown-{name}",
            cause=str(entry.cause),
            scope=str(entry.scope),
            text=piece,
            provider=entry.provider or None,
            status=entry.status,
            by_id=bool(entry.provider),
        )
        is_fit = piece.isprintable() and piece in text and _letters(piece) >= SHORTEST_WORDS
        if is_fit and entry.known_to([rule]):
            return rule
    return None


def _letters(piece: str) -> int:
    return sum(sign.isalpha() for sign in piece)


def _together(one: Unrecognised, other: Unrecognised) -> Unrecognised:
    """Both as one: the later one's deployment and sample, all the counts."""
    latest = max(one, other, key=lambda entry: entry.last)
    return replace(
        latest, count=one.count + other.count, first=min(one.first, other.first), last=max(one.last, other.last)
    )


def _telling(text: str, longest: int) -> str:
    """The part of a text that says most: all of a short one; of a long one from its message on, else its beginning."""
    if len(text) <= longest:
        return text
    found = _MESSAGE.search(text)
    start = min(found.start(), len(text) - longest) if found else 0
    return text[start : start + longest].strip()
