"""The rules of one vendor in reading order, indexed so that a text meets only the rules it could fire.

Reading order: the vendor's own rules, the generic ones, those of other vendors (a relay passes on
what its upstream said), then weak codes, then the status alone. Within a table, the order it is
written in. A rule that fires earlier wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.causes import Cause
from modelrouter.core.signatures.rule import is_loose, keys, pattern, squash

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from modelrouter.core.signatures.rule import Rule
    from modelrouter.core.unwrap import Reading

UNPROVEN = frozenset({Cause.OUTAGE, Cause.NETWORK, Cause.TIMEOUT})
"""Causes of which one answer is no proof, whatever it says."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule in its place."""

    rank: int
    name: str
    rule: Rule
    certainty: float
    codes: frozenset[str]
    loose: frozenset[str]
    """Those of the codes that count wherever they stand."""
    stated: bool


class Match(NamedTuple):
    """The entry that fired, and the words it fired on."""

    entry: Entry
    words: str


@dataclass(frozen=True, slots=True)
class Book:
    """Entries by what can wake them: a code in a field, a code anywhere, or a key word of a wording."""

    fields: Mapping[str, tuple[Entry, ...]]
    loose: Mapping[str, tuple[Entry, ...]]
    words: Mapping[str, tuple[tuple[Entry, str], ...]]
    """With the wording that the key word belongs to."""

    def find(self, reading: Reading) -> Match | None:
        """Return the first entry that fires."""
        woken: dict[int, tuple[Entry, list[str]]] = {}
        for table, terms in ((self.fields, reading.codes), (self.loose, reading.tokens)):
            for term in terms & table.keys():
                for entry in table[term]:
                    woken[entry.rank] = entry, []
        for term in reading.terms & self.words.keys():
            for entry, wording in self.words[term]:
                woken.setdefault(entry.rank, (entry, []))[1].append(wording)
        for rank in sorted(woken):
            entry, wordings = woken[rank]
            words = fires(entry, wordings, reading)
            if words is not None:
                return Match(entry, words)
        return None


def fires(entry: Entry, wordings: Iterable[str], reading: Reading) -> str | None:
    """Return the words on which the entry fires, None where it does not; only `wordings` of its text can match."""
    rule = entry.rule
    if rule.status and (reading.status or 0) not in rule.status:
        return None
    words = _code(entry, reading) or seen(wordings, reading.text)
    if words is None or (rule.also and seen(rule.also, reading.text) is None):
        return None
    if rule.unless and seen(rule.unless, reading.text) is not None:
        return None
    return words


def _code(entry: Entry, reading: Reading) -> str | None:
    hits = entry.codes & reading.codes or entry.loose & reading.tokens
    return min(hits) if hits else None


def seen(wordings: Iterable[str], text: str) -> str | None:
    """Return what the first wording that matches the text matched."""
    for wording in wordings:
        found = pattern(wording).search(text)
        if found:
            return found.group()
    return None


def build(tables: Iterable[tuple[str, float, bool, Iterable[Rule]]]) -> Book:
    """Index tables of (vendor, certainty, foreign, rules), the first one first.

    A code of digits alone means something only to the vendor that uses it, so a foreign table's
    numbers are left out.
    """
    fields: dict[str, list[Entry]] = {}
    loose: dict[str, list[Entry]] = {}
    words: dict[str, list[tuple[Entry, str]]] = {}
    rank = 0
    for vendor, certainty, foreign, rules in tables:
        for rule in rules:
            rank += 1
            codes = {squash(code): is_loose(code) for code in rule.codes if not (foreign and code.isdigit())}
            if not codes and not rule.text:
                continue
            stated = rule.cause not in UNPROVEN if rule.stated is None else rule.stated
            anywhere = frozenset(code for code, is_anywhere in codes.items() if is_anywhere)
            entry = Entry(rank, f"{vendor}.{rule.id}", rule, certainty, frozenset(codes), anywhere, stated)
            for code in codes:
                fields.setdefault(code, []).append(entry)
            for code in anywhere:
                loose.setdefault(code, []).append(entry)
            for wording in rule.text:
                for term in set(keys(wording)):
                    words.setdefault(term, []).append((entry, wording))
    return Book(
        fields={term: tuple(found) for term, found in fields.items()},
        loose={term: tuple(found) for term, found in loose.items()},
        words={term: tuple(found) for term, found in words.items()},
    )
