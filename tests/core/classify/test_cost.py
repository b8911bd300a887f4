"""What a classification costs grows with what is read of a body and no faster; and what is skipped could not have counted."""

from __future__ import annotations

import re
import time
from random import Random

import pytest

from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence
from modelrouter.core.signatures import TABLES
from modelrouter.core.signatures.rule import needs, pattern, terms
from modelrouter.core.unwrap import HEAD, TAIL, unwrap

READ = HEAD + TAIL
WORDINGS = sorted(
    {wording for rules in TABLES.values() for rule in rules for wording in (*rule.text, *rule.also, *rule.unless)}
)


def cost(body: str) -> float:
    """Return the CPU seconds of one classification, the least of nine."""
    evidence = Evidence(vendor="openai", surface="exception", body=body)
    spent = []
    for _ in range(9):
        begun = time.thread_time()
        classify(evidence)
        spent.append(time.thread_time() - begun)
    return min(spent)


@pytest.mark.parametrize(
    ("start", "unit"),
    [
        ("", "overloaded "), ("&", "amp;"), ("<html>", "<script>"), ("<html>", "<script"), ("\\", "u005c"), ("", "\\"), ("", '{"error":'),
        ("", "error: "), ("", "try again in 1s, "), ("", "账户。"), ("", "a.b_c-"), ("", "sk-1"), ("", "rate limit model not found "),
    ],
)  # fmt: skip
def test_cost_grows_with_the_length(start: str, unit: str) -> None:
    """Four times the length costs four times as much, give or take: a growth with the square would cost sixteen times."""
    short, long = (start + unit * (length // len(unit)) for length in (READ // 4, READ - len(start)))

    assert cost(long) < 8 * cost(short)


@pytest.mark.parametrize("unit", ["overloaded ", "<p>overloaded</p>", '{"error": {"code": "overloaded"}}, ', "&amp;"])
def test_what_is_not_read_costs_nothing(unit: str) -> None:
    """A megabyte costs what its head and tail cost; if all of it were read it would be a hundred times as much."""
    assert cost(unit * (1_000_000 // len(unit))) < 10 * cost(unit * (READ // len(unit)))


def said(wording: str, chance: Random) -> str:
    """Say a wording: some branch of each choice, something in each gap, any mark for a space."""
    chosen = re.sub(r"\(([^)]*)\)", lambda match: chance.choice(match.group(1).split("|")), wording)
    gapped = re.sub(r" \* ", lambda _: chance.choice([" ", "  ", " of it ", ", "]), chosen)
    return re.sub(" ", lambda _: chance.choice([" ", " ", "_", "-"]), gapped)


def test_a_wording_is_never_skipped_where_it_matches() -> None:
    """However a wording is said, a text that it matches holds the terms without which it is not tried."""
    chance = Random(1)
    tried = 0
    for wording in WORDINGS:
        for _ in range(20):
            text = (
                f"{chance.choice(['', 'x ', '(', '额'])}{said(wording, chance)}{chance.choice(['', ' x', '.', '度'])}"
            )
            if pattern(wording).search(text):
                tried += 1

                assert needs(wording).met(frozenset(terms(text))), (wording, text)

    assert tried > len(WORDINGS) * 10


def test_a_wording_without_its_words_is_skipped() -> None:
    """Every plain word and one of each choice have to be there; parts of longer words are not asked for."""
    assert needs("quota (exceeded|used up) * today").met(frozenset({"quota", "used", "up", "today"}))
    assert not needs("quota (exceeded|used up) * today").met(frozenset({"quota", "used", "up"}))
    assert not needs("quota (exceeded|used up) * today").met(frozenset({"quota", "today"}))
    assert needs("limit(s|ed)").met(frozenset({"limited"}))
    assert needs("(re|)(try|start)").met(frozenset({"restart"}))
    assert needs("(auto|)(scal|scale)(ing|)").met(frozenset({"autoscaling"}))


def test_a_script_that_never_ends_hides_nothing() -> None:
    """Only what stands between the two tags of a script or a style is dropped, whatever their case."""
    assert unwrap("<html><script>a<style>b</STYLE>c") == "a c"
    assert unwrap("<html><SCRIPT x>a</script>b<script>c</script>d") == "b d"
    assert unwrap("<html><style>a<script>b") == "a b"


def test_the_end_of_a_long_body_shows_as_it_was_written() -> None:
    """Evidence out of the tail keeps its case, though the middle is not read."""
    fault = classify(Evidence(vendor="openai", status=429, body=f"{'x ' * READ}Rate Limit Exceeded"))

    assert fault.evidence.endswith("Rate Limit Exceeded")
