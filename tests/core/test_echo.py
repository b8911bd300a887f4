"""What a provider's error repeats of a request is struck out of what is kept of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.core.echo import SHORTEST, STRUCK, struck, words_of

PROMPT = "the moth Quixana dictated ledger eleven"
BODY = {"model": "a-model-with-a-long-name", "messages": [{"role": "user", "content": PROMPT}], "n": 1}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"cannot read '{PROMPT}' here", f"cannot read '{STRUCK}' here"),
        (f"cannot read '{PROMPT.upper()}'", f"cannot read '{STRUCK}'"),
        (f"near …{PROMPT[5:30]}…", f"near …{STRUCK}…"),
        ("a-model-with-a-long-name is overloaded", "a-model-with-a-long-name is overloaded"),
        ("You exceeded your current quota", "You exceeded your current quota"),
        ("", ""),
    ],
)
def test_repeated_words_are_struck(said: str, kept: str) -> None:
    """The caller's words go, whole or in part, in any case; the provider's own words and names of models stay."""
    assert struck(said, words_of(BODY)) == kept


def test_words_are_found_wherever_they_stand() -> None:
    """Texts of system prompts, tools, arguments and answers sent back are the caller's words."""
    hidden = {"system": [{"type": "text", "text": PROMPT}], "tools": [{"function": {"description": PROMPT}}]}
    for body in (hidden, {"a": {"b": [PROMPT]}}):
        assert struck(PROMPT, words_of(body)) == STRUCK


@given(st.text(min_size=SHORTEST, max_size=60), st.text(max_size=40), st.text(max_size=40))
def test_nothing_long_enough_stays(words: str, before: str, after: str) -> None:
    """Whatever a request says is gone from an error that repeats it."""
    assert words.lower() not in struck(before + words + after, words_of([words])).lower() or words.lower() in STRUCK


@given(st.text(max_size=200))
def test_without_a_request_nothing_changes(text: str) -> None:
    """Where nothing was sent, nothing is repeated."""
    assert struck(text, "") == text
