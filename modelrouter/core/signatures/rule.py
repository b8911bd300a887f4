"""One classification rule, and the small language its wordings are written in.

A *wording* is a phrase in lower case: a space also stands for `_` or `-`, ` * ` for a gap of at most
60 characters, `(a|b)` for a choice, `(s|)` for an ending that may be missing. Where an edge is an
ASCII letter or digit the match ends at a word's edge, so `auth` never fires inside "author".
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

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
_CHOICE = re.compile(r"\(([^)]*)\)")


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


def squash(code: str) -> str:
    """Return a code without case and punctuation: `RESOURCE_EXHAUSTED` and `ResourceExhausted` are one."""
    return "".join(filter(str.isalnum, code.lower()))


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
    pieces = re.split(r"(\([^)]*\))", part)
    body = "".join(
        f"(?:{'|'.join(_literal(choice) for choice in piece[1:-1].split('|'))})"
        if piece.startswith("(")
        else _literal(piece)
        for piece in pieces
    )
    before = r"(?<![a-z0-9])" if _edge(part[:1]) else ""
    after = r"(?![a-z0-9])" if _edge(part[-1:]) else ""
    return f"{before}{body}{after}"


def _literal(text: str) -> str:
    return re.escape(text).replace(r"\ ", r"[ _\-]")


def _edge(char: str) -> bool:
    return char.isascii() and (char.isalnum() or char in "()")


def keys(wording: str) -> tuple[str, ...]:
    """Return the words of which one must stand in any text that the wording matches.

    One plain word, or the words of one choice that has a word in each branch; whichever wakes the
    fewest texts in vain. Single characters of other scripts, and pairs of neighbours, count as words.
    """
    plain = _CHOICE.sub("\0", wording)
    ways: list[tuple[str, ...]] = [(word,) for piece in re.split(r"[ *_\-]+", plain) for word in _own_terms(piece)]
    for choice in _CHOICE.findall(wording):
        touches = _touches(wording, choice)
        branches = [[term for term in terms(part) if not (touches and term.isascii())] for part in choice.split("|")]
        if all(branches):
            ways.append(tuple(max(branch, key=_rarity) for branch in branches))
    if not ways:
        raise ValueError(f"the wording {wording!r} has no word of its own")
    return min(ways, key=lambda words: (sum(word in COMMON for word in words), len(words), -len(words[0])))


def _rarity(word: str) -> tuple[bool, int]:
    return word not in COMMON, len(word)


@cache
def terms_of(wording: str) -> frozenset[str] | None:
    """Return the key words of a wording, None where it has none and must always be tried."""
    try:
        return frozenset(keys(wording))
    except ValueError:
        return None


def seen(wordings: Iterable[str], text: str, known: frozenset[str]) -> str | None:
    """Return what the first wording that matches the text matched; `known` are the terms of the text."""
    for wording in wordings:
        needed = terms_of(wording)
        if needed is not None and needed.isdisjoint(known):
            continue
        found = pattern(wording).search(text)
        if found:
            return found.group()
    return None


def _own_terms(piece: str) -> list[str]:
    """Return the terms that no choice can lengthen: beside one, only those of scripts without spaces."""
    if "\0" not in piece:
        return terms(piece)
    return [term for part in piece.split("\0") for term in terms(part) if not term.isascii()]


def _touches(wording: str, choice: str) -> bool:
    """Does a letter stand against the choice, so that its branches are parts of words?"""
    start = wording.index(f"({choice})")
    end = start + len(choice) + 2
    return wording[:start][-1:].isalnum() or wording[end : end + 1].isalnum()


def terms(text: str) -> list[str]:
    """Split a text into its index terms: ASCII words; of other scripts single characters and pairs of neighbours."""
    found = _WORD.findall(text)
    if not text.isascii():
        found += [char for char in text if not char.isascii()]
        found += [a + b for a, b in itertools.pairwise(text) if not a.isascii() and not b.isascii()]
    return found
