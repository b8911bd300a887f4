"""One classification rule, and the small language its wordings are written in.

A *wording* is a phrase in lower case: a space also stands for `_` or `-`, ` * ` for a gap of at most
60 characters, `(a|b)` for a choice, `(s|)` for an ending that may be missing. Where an edge is an
ASCII letter or digit the match ends at a word's edge, so `auth` never fires inside "author".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from operator import add
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Set as AbstractSet

    from modelrouter.core.causes import Cause, Scope

GAP = 60
"""The longest gap a ` * ` spans, in characters; it also bounds the work of a match."""

COMMON = frozenset({
    "a", "access", "account", "again", "an", "api", "are", "as", "at", "available", "be", "been", "billing", "by",
    "can", "cannot", "code", "content", "context", "data", "do", "does", "error", "errors", "exceeded", "failed",
    "for", "has", "have", "http", "if", "in", "input", "invalid", "is", "it", "key", "limit", "limits", "max",
    "maximum", "message", "model", "models", "more", "not", "of", "on", "or", "organization", "per", "please",
    "provider", "quota", "rate", "reached", "request", "requests", "response", "server", "service", "status",
    "supported", "that", "the", "this", "to", "token", "tokens", "try", "type", "unable", "use", "user", "was",
    "will", "with", "your",
})  # fmt: skip
"""Words of most errors: a wording is found by other words where it has some."""

_WORD = re.compile(r"[a-z0-9]+")
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_LETTERS = re.compile(r"[a-z0-9]+")
_NO_PART_OF_A_CODE = re.compile(r"[\W_]+")
_CHOICE = re.compile(r"(\([^)]*\))")
_OF_WORDS = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a structure or a wording means.

    It fires when one of `codes` or one of `text` is there, and, where they are given, the status is
    one of `status`, one of `also` is there too and none of `unless` is.
    """

    id: str
    cause: Cause
    scope: Scope
    codes: tuple[str, ...] = ()
    """Values of `error.type`, `error.code`, `reason`, …, or names of exceptions; spelling does not matter."""
    text: tuple[str, ...] = ()
    status: Collection[int] = ()
    """0 stands for no status."""
    also: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    shortest_wait_s: float | None = None
    """Advice to come back earlier than this cannot be true; None leaves it to the cause."""
    stated: bool | None = None
    """None: stated, unless the cause is one that single answers do not prove."""
    vague: bool = False
    """Its words name a class of errors, as a status does: other causes use them too, and what says more is read before."""


def squash(code: str) -> str:
    """Return a code without case and punctuation: `RESOURCE_EXHAUSTED` and `ResourceExhausted` are one."""
    plain = code.lower().replace("_", "").replace("-", "")
    return plain if plain.isalnum() else _NO_PART_OF_A_CODE.sub("", plain)


def is_loose(code: str) -> bool:
    """Can this code be told from prose, so that it counts wherever it stands?"""
    humps = sum(char.isupper() for char in code[1:]) and not code.isupper()
    return bool(humps) or any(mark in code for mark in "_.-") or code.endswith(("error", "exception"))


@cache
def pattern(wording: str) -> re.Pattern[str]:
    """Compile a wording; each is compiled once, when its key word is first seen."""
    parts = [_fragment(part) for part in wording.split(" * ")]
    return re.compile(f".{{0,{GAP}}}?".join(parts), re.DOTALL)


def _fragment(part: str) -> str:
    pieces = [piece for piece in _CHOICE.split(part) if piece]
    said = [_branches(piece) if piece.startswith("(") else [piece] for piece in pieces]
    bodies = [[_literal(choice) for choice in choices] for choices in said]
    if _edge(part[:1]):
        bodies[0] = [_opened(choice) for choice in said[0]]
    after = r"(?![a-z0-9])" if _edge(part[-1:]) else ""
    return "".join(f"(?:{'|'.join(body)})" for body in bodies) + after


def _opened(choice: str) -> str:
    """Return the expression of a literal at the edge of a word.

    The look behind stands after its first letters, not before them: an expression that begins with
    letters is searched for several times as fast, and finds the same.
    """
    letters = _LETTERS.match(choice)
    first = letters.group() if letters else ""
    return f"{first}(?<![a-z0-9]{first}){_literal(choice[len(first) :])}"


def _literal(text: str) -> str:
    return re.escape(text).replace(r"\ ", r"[ _\-]")


def _edge(char: str) -> bool:
    return char.isascii() and (char.isalnum() or char in "()")


class Needs(NamedTuple):
    """Terms without which a wording matches no text."""

    every: frozenset[str]
    """All of these stand in the text."""
    some: tuple[frozenset[str], ...]
    """Of each of these, one does."""

    def beside(self, woken_by: tuple[str, ...]) -> Needs | None:
        """Return what is needed besides a word or one of several words; None where nothing is."""
        known = frozenset(woken_by)
        every = self.every - known if len(known) == 1 else self.every
        some = tuple(words for words in self.some if words != known)
        return Needs(every, some) if every or some else None

    def met(self, known: AbstractSet[str]) -> bool:
        """May the wording match a text of these terms?"""
        every, some = self
        return every <= known and not (some and any(map(known.isdisjoint, some)))


@cache
def needs(wording: str) -> Needs:
    """Return what a text must hold to be worth a search; nothing, where the wording has no word of its own."""
    ways = _ways(wording)
    return Needs(
        every=frozenset(way[0] for way in ways if len(way) == 1),
        some=tuple({frozenset(way): None for way in ways if len(way) > 1}),
    )


def keys(wording: str) -> tuple[str, ...]:
    """Return the words of which one must stand in any text that the wording matches.

    One plain word, or the words of one choice that has a word in each branch; whichever wakes the
    fewest texts in vain.
    """
    ways = _ways(wording)
    if not ways:
        raise ValueError(f"the wording {wording!r} has no word of its own")
    return min(ways, key=lambda words: (sum(word in COMMON for word in words), len(words), -len(words[0])))


@cache
def _ways(wording: str) -> tuple[tuple[str, ...], ...]:
    """Return groups of words of each of which one must stand in any text that the wording matches.

    Single characters of other scripts, and pairs of neighbours, count as words.
    """
    ways: list[tuple[str, ...]] = []
    at = 0
    for part in _CHOICE.split(wording):
        before, after = wording[:at], wording[at + len(part) :]
        at += len(part)
        starts_open, ends_open = _may_end_in_a_letter(before), _may_start_with_a_letter(after)
        if part.startswith("("):
            is_open = starts_open or ends_open
            branches = [[term for term in terms(said) if not (is_open and term.isascii())] for said in _branches(part)]
            if all(branches):
                ways.append(tuple(max(branch, key=_rarity) for branch in branches))
        else:
            closed = part.lstrip(_OF_WORDS) if starts_open else part
            ways += [(term,) for term in terms(closed.rstrip(_OF_WORDS) if ends_open else closed)]
    return tuple(ways)


def _branches(choice: str) -> list[str]:
    return choice[1:-1].split("|")


def _rarity(word: str) -> tuple[bool, int]:
    return word not in COMMON, len(word)


def _may_end_in_a_letter(before: str) -> bool:
    """Could a letter stand against what follows these, so that it is part of a word?"""
    if not before.endswith(")"):
        return before[-1:].isalnum()
    opened = before.rindex("(")
    ends = [branch[-1:] for branch in _branches(before[opened:])]
    return any(end.isalnum() for end in ends) or ("" in ends and _may_end_in_a_letter(before[:opened]))


def _may_start_with_a_letter(after: str) -> bool:
    """Could a letter stand against what goes before these?"""
    if not after.startswith("("):
        return after[:1].isalnum()
    closed = after.index(")")
    starts = [branch[:1] for branch in _branches(after[: closed + 1])]
    return any(start.isalnum() for start in starts) or ("" in starts and _may_start_with_a_letter(after[closed + 1 :]))


def seen(wordings: tuple[str, ...], text: str, known: AbstractSet[str]) -> str | None:
    """Return what the first wording that matches the text matched; `known` are the terms of the text."""
    if _alarm(wordings).isdisjoint(known):
        return None
    for wording in wordings:
        if needs(wording).met(known):
            found = pattern(wording).search(text)
            if found:
                return found.group()
    return None


@cache
def _alarm(wordings: tuple[str, ...]) -> frozenset[str]:
    """Return words of which one stands in any text that one of the wordings matches."""
    return frozenset(word for wording in wordings for word in keys(wording))


def terms(text: str) -> list[str]:
    """Split a text into its index terms: ASCII words; of other scripts single characters and pairs of neighbours."""
    found = _WORD.findall(text)
    return found if text.isascii() else found + foreign_terms(text)


def foreign_terms(text: str) -> list[str]:
    """Return the single characters and the pairs of neighbours that are not ASCII."""
    found: list[str] = []
    for run in _FOREIGN.findall(text):
        found += run
        found += map(add, run, run[1:])
    return found
