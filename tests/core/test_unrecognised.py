"""Errors that no rule knew: their shape, their count, and the rule that would know them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence, Fault
from modelrouter.core.unrecognised import (
    KEPT,
    LONGEST,
    LONGEST_SAMPLE,
    NOTHING,
    Unrecognised,
    is_unrecognised,
    normalised,
    seen,
    suggested,
)

DRAINED = '{{"error": {{"code": "E{0}", "request_id": "req_{1}", "message": "The glacier of team {0} melted at {2}"}}}}'
KEY = "sk-proj-" + "4f9a8b7c6d5e" * 2


def counted(body: str, *, status: int | None = 403, at: float = 1.0, provider: str = "acme") -> Unrecognised | None:
    """What is counted of an error."""
    evidence = Evidence(vendor="generic", provider=provider, status=status, body=body)
    return seen(evidence, classify(evidence), "acme-eu", at)


def entry(text: str, **facts) -> Unrecognised:
    """One counted error."""
    found = counted(text)
    assert found is not None
    return replace(found, **facts)


@pytest.mark.parametrize(
    ("rule", "certainty", "is_unknown"),
    [("status.403", 0.3, True), ("openai.odd", 0.4, True), ("weak.denied", 0.5, False), ("openai.quota", 1.0, False)],
)
def test_what_counts_as_unknown(rule: str, certainty: float, is_unknown) -> None:
    """The status alone, or a rule that is hardly surer; not a weak code that was read."""
    fault = Fault(cause=Cause.PERMISSION, scope=Scope.ACCOUNT, certainty=certainty, rule=rule)

    assert is_unrecognised(fault) == is_unknown


def test_numbers_and_ids_make_no_new_text() -> None:
    """Two answers that differ in ids, numbers and times have one shape; another provider or status is another."""
    one = entry(DRAINED.format(17, "011CSHoEeqs5C35K2UUqR7Fy", "2026-11-23T09:10:11Z"))
    two = entry(DRAINED.format(4, "9f8e7d6c5b4a3210ffee", "2027-01-01T10:00:00.123Z"))

    assert one.key == two.key
    assert "the glacier of team # melted" in one.text
    assert len({one.key, replace(one, status=500).key, entry("the glacier of team # froze").key}) == 3


def test_no_secret_is_kept() -> None:
    """Keys that an error repeats are in neither the text nor the sample nor the rule."""
    found = entry(f"glacier {KEY} melted, bearer abcdef0123456789 too")

    rule = suggested(found)

    assert rule is not None
    for kept in (found.text, found.sample, rule.text):
        assert KEY[:14] not in kept
        assert "0123456789" not in kept


@given(
    st.text(max_size=400)
    | st.lists(st.sampled_from([*"{}\"':#*\\", "melted ", "E17 ", KEY, "2026-11-23 ", "x" * 90])).map("".join)
)
def test_any_error_is_counted(body: str) -> None:
    """Whatever arrives, shape and sample are bounded, and a shape has itself as its shape."""
    found = counted(body)

    assert len(normalised(body)) <= LONGEST
    assert normalised(normalised(body)) == normalised(body)
    if found is not None:
        assert any(sign.isalpha() for sign in found.text)
        assert len(found.text) <= LONGEST
        assert len(found.sample) <= LONGEST_SAMPLE
        assert counted(body) == found


@pytest.mark.parametrize("body", ["", "  ", "{}", "4711", "***"])
def test_what_says_nothing_is_not_counted(body: str) -> None:
    """An error without words is its status, and that was read."""
    assert counted(body) is None


@pytest.mark.parametrize("status", [200, 206, None])
def test_no_answer_is_kept(status) -> None:
    """What looks like a model's answer under a good status is not counted, whole or cut off; under an error's it is."""
    body = '{"object": "chat.completion", "choices": [{"message": {"content": "the patient has"}}'

    assert counted(body, status=status) is None
    assert counted(body, status=500) is not None
    assert counted('{"notice": "the glacier melted"}', status=status) is not None


def test_a_long_error_is_kept_from_its_message_on() -> None:
    """Of a body that begins with noise, what it says is kept."""
    found = entry('{"trace": "' + "noise " * 200 + '", "message": "the glacier melted away"}')

    assert "the glacier melted away" in found.text
    assert "the glacier melted away" in found.sample


@given(st.text(max_size=200) | st.sampled_from([DRAINED.format(1, "a", "b"), f"glacier {KEY} melted away", "x" * 5000]))
def test_a_suggested_rule_reads_its_error(body: str) -> None:
    """The rule that is offered knows the sample, of this provider and no other; and one text is one id."""
    found = counted(body)
    rule = suggested(found) if found is not None else None
    if found is None or rule is None:
        return

    assert found.known_to([rule])
    assert not found.known_to([])
    assert not replace(found, provider="another").known_to([rule])
    assert rule == suggested(replace(found, count=7))
    assert (rule.cause, rule.scope, rule.status) == (found.cause, found.scope, found.status)


def test_a_rule_is_written_from_what_stays_the_same() -> None:
    """The longest piece without a number is the rule's text, so that it reads the next such error as well."""
    rule = suggested(entry(DRAINED.format(17, "011CSHoEeqs5C35K2UUqR7Fy", "noon")))
    later = Evidence(vendor="generic", provider="acme", status=403, body=DRAINED.format(99, "zz", "midnight"))

    assert rule is not None
    assert rule.text == "the glacier of team"
    assert classify(later, [rule]).rule == f"inventory.{rule.id}"


def test_too_few_words_make_no_rule() -> None:
    """A text that would read any other error as well is offered as no rule."""
    assert suggested(entry("oops 17")) is None


def test_counts_add_up() -> None:
    """The same error twice is one entry: all counts, the first and the last time, the later deployment."""
    early, late = entry("melted", count=2, first=1.0, last=5.0), entry("melted", count=3, first=4.0, last=9.0)
    late = replace(late, deployment="acme-us")
    both = NOTHING.plus([late]).plus([early])

    assert both.entries == (replace(late, count=5, first=1.0),)
    assert both == NOTHING.plus([early, late])


def test_the_texts_seen_least_recently_are_dropped() -> None:
    """Beyond the bound the oldest go, and how many went is known."""
    many = [
        entry(f"melted {chr(97 + number % 26)}{chr(97 + number // 26)}", last=float(number))
        for number in range(KEPT + 7)
    ]
    kept = NOTHING.plus(many[:100]).plus(many[100:])

    assert len(kept.entries) == KEPT
    assert kept.dropped == 7
    assert [one.last for one in kept.entries] == [float(number) for number in range(KEPT + 6, 6, -1)]
    assert kept.plus([], 3).dropped == 10
