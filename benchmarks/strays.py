"""Rules that fire on the text of another cause, each asked alone: what keeps them from deciding is only that others are read before."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.signatures import vendor_of
from modelrouter.core.signatures.book import build
from modelrouter.core.unwrap import read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from modelrouter.core.faults import Evidence
    from modelrouter.core.signatures.book import Shelf
    from modelrouter.core.signatures.rule import Rule


class Labelled(NamedTuple):
    """An error, and every cause that a person would accept for it."""

    name: str
    evidence: Evidence
    causes: Collection[str]


class Stray(NamedTuple):
    """A rule that fires on a text which is none of its cause, and the words it fires on."""

    name: str
    rule: Rule
    text: Labelled
    words: str


def strays(shelves: Iterable[Shelf], texts: Iterable[Labelled]) -> Iterator[Stray]:
    """Ask every rule of the shelves alone, as if nothing were read before it; yield those that fire astray."""
    readings = [
        (text, read(text.evidence.body, text.evidence.status, text.evidence.headers), vendor_of(text.evidence.vendor))
        for text in texts
    ]
    for shelf in shelves:
        for rule in shelf.rules:
            alone = build([shelf._replace(rules=(rule,))])
            for text, reading, vendor in readings:
                match = alone.find(reading, vendor) if rule.cause not in text.causes else None
                if match is not None:
                    yield Stray(f"{shelf.table}.{rule.id}", rule, text, match.words)
