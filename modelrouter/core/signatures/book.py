"""The rules of one vendor in reading order, indexed so that a text meets only the rules it could fire.

Reading order: the vendor's own rules, the generic ones, those of other vendors (a relay passes on
what its upstream said), then weak codes, then the status alone. Within a table, the order it is
written in. A rule that fires earlier wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.causes import Cause
from modelrouter.core.signatures.rule import is_loose, keys, pattern, seen, squash

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from modelrouter.core.signatures.rule import Rule
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


Hit = tuple[int, str]
"""The rank of an entry, and the wording that woke it; empty where a code did."""


@dataclass(frozen=True, slots=True)
class Book:
    """Entries in reading order, and by what wakes them: a code in a field, a code anywhere, a key word of a wording."""

    entries: tuple[Entry, ...]
    fields: Mapping[str, tuple[Hit, ...]]
    loose: Mapping[str, tuple[Hit, ...]]
    words: Mapping[str, tuple[Hit, ...]]

    def find(self, reading: Reading) -> Match | None:
        """Return the first entry that fires."""
        hits: list[Hit] = []
        for table, terms in ((self.fields, reading.codes), (self.loose, reading.tokens), (self.words, reading.terms)):
            for term in terms & table.keys():
                hits += table[term]
        hits.sort()
        for rank, wording in hits:
            entry = self.entries[rank]
            words = fires(entry, wording, reading)
            if words is not None:
                return Match(entry, words)
        return None


def fires(entry: Entry, wording: str, reading: Reading) -> str | None:
    """Return the words on which the entry fires, None where it does not."""
    rule = entry.rule
    if rule.status and (reading.status or 0) not in rule.status:
        return None
    words = _found(entry, wording, reading)
    if words is None or (rule.also and seen(rule.also, reading.text, reading.terms) is None):
        return None
    if rule.unless and seen(rule.unless, reading.text, reading.terms) is not None:
        return None
    return words


def _found(entry: Entry, wording: str, reading: Reading) -> str | None:
    if wording:
        found = pattern(wording).search(reading.text)
        return found.group() if found else None
    return min(entry.codes & reading.codes or entry.loose & reading.tokens)


def build(tables: Iterable[tuple[str, float, bool, Iterable[Rule]]]) -> Book:
    """Index tables of (vendor, certainty, foreign, rules), the first one first.

    A code of digits alone means something only to the vendor that uses it, so a foreign table's
    numbers are left out.
    """
    entries: list[Entry] = []
    fields: dict[str, list[Hit]] = {}
    loose: dict[str, list[Hit]] = {}
    words: dict[str, list[Hit]] = {}
    for vendor, certainty, foreign, rules in tables:
        for rule in rules:
            entry = _entry(vendor, certainty, rule, foreign=foreign)
            rank = len(entries)
            entries.append(entry)
            for code in entry.codes:
                fields.setdefault(code, []).append((rank, ""))
            for code in entry.loose:
                loose.setdefault(code, []).append((rank, ""))
            for wording in rule.text:
                for term in set(keys(wording)):
                    words.setdefault(term, []).append((rank, wording))
    return Book(tuple(entries), *(_frozen(table) for table in (fields, loose, words)))


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


def _frozen(table: dict[str, list[Hit]]) -> dict[str, tuple[Hit, ...]]:
    return {term: tuple(hits) for term, hits in table.items()}
