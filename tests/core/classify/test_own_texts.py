"""Five hundred errors in our own words: each is understood, and no rule fires on another cause's text."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest
from core.classify.own_texts import TEXTS, Text

from benchmarks.mutations import KINDS, exception, mutants
from benchmarks.strays import Labelled, strays
from modelrouter.core.causes import Cause
from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence
from modelrouter.core.signatures import SHELVES, TABLES, VENDORS, the_book, vendor_of
from modelrouter.core.signatures.book import Shelf
from modelrouter.core.signatures.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.strays import Stray

POWERS = frozenset({Cause.SUSPENDED, Cause.GEOFENCED, Cause.EXPORT_CONTROLLED})
UNLIKE = 0.02
"""The share of changed texts that may be read otherwise."""


def misunderstood(texts: Iterable[Text]) -> list[tuple[str, ...]]:
    """Texts that are not read as one of their causes: what was said, by which rule, and what it is."""
    found = ((text, classify(text.evidence)) for text in texts)
    return [
        (text.evidence.vendor, fault.cause, fault.rule, "/".join(sorted(text.causes)), text.evidence.body)
        for text, fault in found
        if fault.cause not in text.causes
    ]


def astray(shelves: Iterable[Shelf]) -> list[Stray]:
    """Every rule, asked alone, that fires on a text of another cause."""
    return list(strays(shelves, [Labelled(text.evidence.body, text.evidence, text.causes) for text in TEXTS]))


def test_each_text_is_understood() -> None:
    """Every vendor's envelope, whatever the words in it, gets a cause that a person accepts."""
    assert misunderstood(TEXTS) == []


def test_a_misunderstanding_is_caught() -> None:
    """The promise above breaks on a text whose label is another."""
    wrong = Text(Evidence(vendor="openai", status=401, body="invalid api key"), frozenset({Cause.THROTTLED}))

    assert [said[1] for said in misunderstood([wrong])] == [Cause.AUTH]


def test_the_texts_cover_the_field() -> None:
    """Every cause has texts, every vendor that has a table too, and no text stands there twice."""
    causes = Counter(cause for text in TEXTS for cause in text.causes)
    told = Counter((text.evidence.vendor, text.evidence.status, text.evidence.body) for text in TEXTS)

    assert set(causes) == set(Cause)
    assert min(causes.values()) >= 5
    assert {vendor_of(text.evidence.vendor) for text in TEXTS} >= set(VENDORS.values())
    assert [row for row, times in told.items() if times > 1] == []
    assert len(TEXTS) >= 500


def test_no_rule_of_power_fires_on_another_cause() -> None:
    """Asked alone, no rule says suspended, geofenced or export-controlled of a text that is none of these."""
    assert [(stray.name, stray.words, stray.text.name) for stray in astray(SHELVES) if stray.rule.cause in POWERS] == []


def test_no_rule_fires_on_another_cause() -> None:
    """Asked alone, a rule fires on no text of another cause, save for the vague ones, which say themselves that they do."""
    assert [(stray.name, stray.words, stray.text.name) for stray in astray(SHELVES) if not stray.rule.vague] == []


def test_a_stray_rule_is_caught() -> None:
    """The promises above break on a rule whose words other causes use as well."""
    greedy = Rule("greedy", Cause.SUSPENDED, TABLES["generic"][0].scope, text=("your account",))

    assert {stray.name for stray in astray([Shelf("generic", 0.8, (greedy,))])} == {"generic.greedy"}


def test_vague_rules_are_few_and_unsure() -> None:
    """A vague rule holds by no power and is less sure than any other; those of the general table do fire on texts of other causes."""
    book = the_book()
    vague = {wake.entry.name: wake.entry for wake in book.wakes if wake.entry.rule.vague}
    others = [wake.entry.certainty for wake in book.wakes if not wake.entry.rule.vague]
    needed = {stray.name for stray in astray(SHELVES)}

    assert len(vague) <= 13
    assert not POWERS & {entry.rule.cause for entry in vague.values()}
    assert max(entry.certainty for entry in vague.values()) < min(others)
    assert needed >= {name for name in vague if name.startswith("generic.")}


def test_the_form_of_a_text_does_not_matter() -> None:
    """Of ten thousand changed forms of the texts less than one in fifty is taken for another cause, of no kind more than one in twenty."""
    asked = [text.evidence for text in TEXTS]
    plain = [classify(told).cause for told in asked]
    made, changed = Counter[str](), Counter[str]()
    for kind, index, body in mutants(asked, 10_000, Random(7)):
        told = asked[index]
        made[kind] += 1
        bent = Evidence(vendor=told.vendor, surface=told.surface, status=told.status, body=body)
        changed[kind] += classify(bent).cause is not plain[index]
    for kind in KINDS:
        print(f"{kind}: {changed[kind]} of {made[kind]}")  # noqa: T201 - shown when it fails

    assert set(made) == set(KINDS)
    assert changed.total() < UNLIKE * made.total()
    assert [kind for kind in KINDS if changed[kind] > 0.05 * made[kind]] == []


def test_mutations_are_repeatable_and_change_texts() -> None:
    """The same seed makes the same texts, and every kind really changes most of what it is given."""
    asked = [text.evidence for text in TEXTS[:50]]
    once, again = (list(mutants(asked, 600, Random(3))) for _ in range(2))

    assert once == again
    for kind in KINDS:
        bent = [mutant for mutant in once if mutant.kind == kind]

        assert sum(mutant.body != asked[mutant.index].body for mutant in bent) > len(bent) / 2, kind


@pytest.mark.parametrize(
    ("status", "said"), [(429, "client.RateLimitError: Error code: 429 - x"), (None, "RuntimeError: x")]
)
def test_an_exception_names_its_status(status: int | None, said: str) -> None:
    """Wrapped as an exception, a body stands behind the class and the status that clients put before it."""
    assert said == exception("x", status)
