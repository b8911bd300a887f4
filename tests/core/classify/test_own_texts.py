"""Five hundred errors in our own words: each is understood, and no rule fires on another cause's text unheard."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest
from core.classify.own_texts import TEXTS, Text

from benchmarks.mutations import KINDS, exception, mutants
from modelrouter.core.causes import Cause
from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence
from modelrouter.core.signatures import TABLES, VENDORS, vendor_of
from modelrouter.core.signatures.book import Shelf, build
from modelrouter.core.signatures.rule import Rule
from modelrouter.core.unwrap import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from modelrouter.core.unwrap import Reading

POWERS = frozenset({Cause.SUSPENDED, Cause.GEOFENCED, Cause.EXPORT_CONTROLLED})
GENERAL = frozenset({"orders", "generic", "weak"})
"""Tables that are nobody's: their numeric codes count everywhere."""

BROAD = frozenset({
    # codes and wordings that many causes share; whatever says more is read before them
    "weak.invalid", "weak.denied", "weak.exhausted", "weak.not_found", "weak.precondition", "weak.unavailable",
    "generic.bad_form", "generic.maybe_bad_form", "generic.not_allowed", "generic.broken", "generic.rate_limited",
    "generic.named_model_gone", "generic.out_of_quota", "generic.cannot_do_that", "generic.key_refused",
    "generic.overloaded", "generic.network", "generic.page_for_an_answer", "generic.request_too_large",
    "generic.rate_limited_by_the_minute", "generic.model_not_found",
    # of two rules of one vendor the narrower stands first: a day before a minute, an order before a missing model
    "openai.rate_limit", "openai.rate_limit_of_model", "openai.no_access_to_model", "anthropic.model_not_found",
    "bedrock.throttled", "bedrock.model_end_of_life", "openrouter.no_endpoint", "cohere.trial_minute", "groq.rate",
    "cerebras.rate", "nvidia.function",
    # words that a vendor borrowed: in another's answer they are read after the general rules
    "databricks.rate_of_none", "volcengine.rate", "gemini.quota_a_minute", "gemini.exhausted", "dashscope.model",
    "moonshot.rights", "mistral.broken", "one-api.no_channel", "cerebras.model", "ollama.model", "triton.model",
})  # fmt: skip
"""Rules that fire on texts of other causes, and why that does no harm. Every other rule fires on its own alone."""

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


def strays(tables: Mapping[str, Iterable[Rule]], texts: Iterable[Text]) -> Iterator[tuple[str, Rule, str, str]]:
    """Every rule, asked alone, that fires on a text of another cause, with the words it fired on."""
    readings = [(text, _reading(text.evidence), vendor_of(text.evidence.vendor)) for text in texts]
    for table, rules in tables.items():
        for rule in rules:
            at_home = build([Shelf(table, 1.0, (rule,))])
            abroad = build([Shelf(table, 0.7, (rule,), but=table)])
            for text, reading, vendor in readings:
                match = (at_home if table in GENERAL or table == vendor else abroad).find(reading)
                if match is not None and rule.cause not in text.causes:
                    yield f"{table}.{rule.id}", rule, match.words, text.evidence.body


def _reading(evidence: Evidence) -> Reading:
    return read(evidence.body, evidence.status, evidence.headers)


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
    wrong = [(name, words, body) for name, rule, words, body in strays(TABLES, TEXTS) if rule.cause in POWERS]

    assert wrong == []


def test_no_precise_rule_fires_on_another_cause() -> None:
    """Asked alone, a rule fires on no text of another cause, save for the broad ones, which are read last."""
    assert [(name, words, body) for name, _, words, body in strays(TABLES, TEXTS) if name not in BROAD] == []


def test_a_stray_rule_is_caught() -> None:
    """The promises above break on a rule whose words other causes use as well."""
    greedy = Rule("greedy", Cause.SUSPENDED, TABLES["generic"][0].scope, text=("your account",))

    caught = list(strays({"generic": (greedy,)}, TEXTS))

    assert {name for name, _, _, _ in caught} == {"generic.greedy"}


def test_broad_rules_are_rules() -> None:
    """What is excused is there."""
    assert {f"{table}.{rule.id}" for table, rules in TABLES.items() for rule in rules} >= BROAD


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
