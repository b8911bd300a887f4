"""The rules of all vendors in reading order, indexed so that a text meets only the rules it could fire.

Reading order: orders, the vendor's own rules, the generic ones, those of other vendors (a relay passes
on what its upstream said), then weak codes, then the status alone. Within a table, the order it is
written in. A rule that fires earlier wins.

There is one book for all: it has a shelf for each table, two for a vendor's (one that only its own errors
are read with, one for everybody else's), and a vendor reads the shelves that are meant for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.causes import Cause
from modelrouter.core.signatures.rule import is_loose, keys, needs, pattern, seen, squash

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from modelrouter.core.signatures.rule import Needs, Rule
    from modelrouter.core.unwrap import Reading

VAGUE = 0.6
"""The most that a vague rule makes us sure, whatever its table."""
UNPROVEN = frozenset({Cause.OUTAGE, Cause.NETWORK, Cause.TIMEOUT})
"""Causes of which one answer is no proof, whatever it says."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule in its place."""

    name: str
    rule: Rule
    certainty: float
    fixed: frozenset[str]
    """Codes that count in a field alone."""
    loose: frozenset[str]
    """Codes that count wherever they stand."""
    stated: bool


class Match(NamedTuple):
    """The entry that fired, and the words it fired on."""

    entry: Entry
    words: str


class Shelf(NamedTuple):
    """A table in its place, and whose errors are read with it."""

    table: str
    certainty: float
    rules: tuple[Rule, ...]
    only: str = ""
    """This vendor's alone; empty where everybody's are."""
    but: str = ""
    """Everybody's except this vendor's. A code of digits alone means something only to the vendor that uses it."""
    known: frozenset[str] = frozenset()
    """Squashed codes that say no more here than the general tables, which have them, say of them."""


class Wake(NamedTuple):
    """One reason to try an entry: a wording, or, where that is empty, its codes."""

    entry: Entry
    status: Collection[int]
    wording: str
    needs: Needs | None
    """What a text has to hold besides the word that woke this."""


@dataclass(frozen=True, slots=True)
class Book:
    """What may fire, in reading order, and what wakes it: codes, and key words of wordings."""

    wakes: tuple[Wake, ...]
    terms: frozenset[str]
    woken: Mapping[str, int]
    """By its term, a number with one bit for each place that is woken, the lowest for the first.

    Some two dozen places are woken by an error and four are tried: numbers are merged, and give up
    their lowest bit, in a fraction of the time that it takes to merge and sort lists.
    """
    readers: Mapping[str, int]
    """The places that a vendor reads; under the empty name those of a vendor without a table."""

    def find(self, reading: Reading, vendor: str = "") -> Match | None:
        """Return the first entry that fires."""
        places = self.woken
        status, words = reading.status or 0, reading.words
        woken = 0
        for term in self.terms & words:
            woken |= places[term]
        woken &= self.readers.get(vendor, self.readers[""])
        while woken:
            lowest = woken & -woken
            woken ^= lowest
            wake = self.wakes[lowest.bit_length() - 1]
            if (wake.status and status not in wake.status) or (wake.needs and not wake.needs.met(words)):
                continue
            said = fires(wake, reading)
            if said is not None:
                return Match(wake.entry, said)
        return None


def fires(wake: Wake, reading: Reading) -> str | None:
    """Return the words on which an entry fires that is woken, None where it does not."""
    if wake.wording:
        found = pattern(wake.wording).search(reading.text)
        words = found and found.group()
    else:
        words = min(wake.entry.loose & reading.words or wake.entry.fixed & reading.codes(), default=None)
    rule = wake.entry.rule
    if words is None or (rule.also and seen(rule.also, reading.text, reading.words) is None):
        return None
    if rule.unless and seen(rule.unless, reading.text, reading.words) is not None:
        return None
    return words


def build(shelves: Iterable[Shelf]) -> Book:
    """Index the tables of shelves, the first one first."""
    wakes: list[Wake] = []
    woken: dict[str, list[int]] = {}
    places: list[tuple[Shelf, int]] = []
    for shelf in shelves:
        before = len(wakes)
        for wake, terms in _woken(shelf):
            for term in terms:
                woken.setdefault(term, []).append(len(wakes))
            wakes.append(wake)
        places.append((shelf, (1 << len(wakes)) - (1 << before)))
    vendors = {name for shelf, _ in places for name in (shelf.only, shelf.but)} | {""}
    readers = {
        vendor: sum(
            bits for shelf, bits in places if shelf.only in ("", vendor) and (not vendor or shelf.but != vendor)
        )
        for vendor in vendors
    }
    bits = {term: sum(1 << place for place in set(found)) for term, found in woken.items()}
    return Book(tuple(wakes), frozenset(bits), bits, readers)


def _woken(shelf: Shelf) -> Iterator[tuple[Wake, Iterable[str]]]:
    """Yield what may fire, with the terms that wake it."""
    for rule in shelf.rules:
        entry = _entry(shelf, rule)
        if codes := entry.fixed | entry.loose:
            yield Wake(entry, rule.status, "", None), codes
        for wording in sorted(set(rule.text)):
            woken_by = keys(wording)
            yield Wake(entry, rule.status, wording, needs(wording).beside(woken_by)), woken_by


def _entry(shelf: Shelf, rule: Rule) -> Entry:
    codes = {squash(code): is_loose(code) for code in rule.codes if not (shelf.but and code.isdigit())}
    codes = {code: is_anywhere for code, is_anywhere in codes.items() if code not in shelf.known}
    return Entry(
        name=f"{shelf.table}.{rule.id}",
        rule=rule,
        certainty=min(shelf.certainty, VAGUE) if rule.vague else shelf.certainty,
        fixed=frozenset(code for code, is_anywhere in codes.items() if not is_anywhere),
        loose=frozenset(code for code, is_anywhere in codes.items() if is_anywhere),
        stated=rule.cause not in UNPROVEN if rule.stated is None else rule.stated,
    )
