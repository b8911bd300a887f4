"""The rules of one vendor in reading order, indexed so that a text meets only the rules it could fire.

Reading order: the vendor's own rules, the generic ones, those of other vendors (a relay passes on
what its upstream said), then weak codes, then the status alone. Within a table, the order it is
written in. A rule that fires earlier wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.causes import Cause
from modelrouter.core.signatures.rule import is_loose, keys, needs, pattern, seen, squash

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from modelrouter.core.signatures.rule import Needs, Rule
    from modelrouter.core.unwrap import Reading

UNPROVEN = frozenset({Cause.OUTAGE, Cause.NETWORK, Cause.TIMEOUT})
"""Causes of which one answer is no proof, whatever it says."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule in its place."""

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


class Wake(NamedTuple):
    """One reason to try an entry: a wording, or, where that is empty, its codes."""

    entry: Entry
    wording: str
    needs: Needs


class Index(NamedTuple):
    """What a term wakes: a number with one bit for each place in the book, the lowest for the first.

    Some two dozen places are woken by an error and four are tried: numbers are merged, and give up
    their lowest bit, in a fraction of the time that it takes to merge and sort lists.
    """

    terms: frozenset[str]
    woken: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Book:
    """What may fire, in reading order, and its indexes: by codes in a field, by codes anywhere, by key words of wordings."""

    wakes: tuple[Wake, ...]
    fields: Index
    loose: Index
    words: Index

    def find(self, reading: Reading) -> Match | None:
        """Return the first entry that fires."""
        woken = 0
        for index, known in ((self.fields, reading.codes), (self.loose, reading.tokens), (self.words, reading.terms)):
            for term in index.terms & known:
                woken |= index.woken[term]
        while woken:
            lowest = woken & -woken
            wake = self.wakes[lowest.bit_length() - 1]
            words = fires(wake, reading)
            if words is not None:
                return Match(wake.entry, words)
            woken ^= lowest
        return None


def fires(wake: Wake, reading: Reading) -> str | None:
    """Return the words on which an entry fires, None where it does not."""
    rule = wake.entry.rule
    if (rule.status and (reading.status or 0) not in rule.status) or not wake.needs.met(reading.terms):
        return None
    words = _found(wake, reading)
    if words is None or (rule.also and seen(rule.also, reading.text, reading.terms) is None):
        return None
    if rule.unless and seen(rule.unless, reading.text, reading.terms) is not None:
        return None
    return words


def _found(wake: Wake, reading: Reading) -> str | None:
    if wake.wording:
        found = pattern(wake.wording).search(reading.text)
        return found.group() if found else None
    return min(wake.entry.codes & reading.codes or wake.entry.loose & reading.tokens)


def build(tables: Iterable[tuple[str, float, bool, Iterable[Rule]]]) -> Book:
    """Index tables of (vendor, certainty, foreign, rules), the first one first.

    A code of digits alone means something only to the vendor that uses it, so a foreign table's
    numbers are left out.
    """
    wakes: list[Wake] = []
    fields: dict[str, list[int]] = {}
    loose: dict[str, list[int]] = {}
    words: dict[str, list[int]] = {}
    for vendor, certainty, foreign, rules in tables:
        for rule in rules:
            entry = _entry(vendor, certainty, rule, foreign=foreign)
            for table, codes in ((fields, entry.codes), (loose, entry.loose)):
                for code in codes:
                    table.setdefault(code, []).append(len(wakes))
            wakes.append(Wake(entry, "", needs("")))
            for wording in sorted(set(rule.text)):
                for term in set(keys(wording)):
                    words.setdefault(term, []).append(len(wakes))
                wakes.append(Wake(entry, wording, needs(wording)))
    return Book(tuple(wakes), *(_index(table) for table in (fields, loose, words)))


def _entry(vendor: str, certainty: float, rule: Rule, *, foreign: bool) -> Entry:
    codes = {squash(code): is_loose(code) for code in rule.codes if not (foreign and code.isdigit())}
    return Entry(
        name=f"{vendor}.{rule.id}",
        rule=rule,
        certainty=certainty,
        codes=frozenset(codes),
        loose=frozenset(code for code, is_anywhere in codes.items() if is_anywhere),
        stated=rule.cause not in UNPROVEN if rule.stated is None else rule.stated,
    )


def _index(table: dict[str, list[int]]) -> Index:
    return Index(frozenset(table), {term: sum(1 << place for place in set(places)) for term, places in table.items()})
