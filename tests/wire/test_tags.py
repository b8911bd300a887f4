"""Signatures marked with their issuer."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from modelrouter.wire.tags import is_tagged, tagged, untagged

ANY_TEXT = st.text(st.characters(categories=None))
ANY_VALUE = st.none() | st.integers() | st.binary() | st.lists(st.text())


@given(ANY_TEXT, ANY_TEXT)
@example("anthropic", "\ud800")
def test_a_mark_comes_off_as_it_went_on(issuer: str, signature: str) -> None:
    """Any issuer and any signature come back, and the text between survives headers, addresses and JSON."""
    text = tagged(issuer, signature)

    assert re.fullmatch(r"mr1\.[A-Za-z0-9_-]+", text)
    assert untagged(text) == (issuer, signature)


@given(ANY_TEXT | ANY_TEXT.map("mr1.".__add__) | ANY_VALUE)
def test_what_others_made_is_nobodys(text: object) -> None:
    """Any other value is read as no mark, and never raises."""
    assert untagged(text) is None


@pytest.mark.parametrize(
    "text",
    ["", "mr1.", "mr1.AAAA", "mr1.W10", "mr1.WyJhIiwxXQ", "mr1.eyJhIjoxfQ", "mr2.WyJhIiwiYiJd", "mr1." + "W1tb" * 9000],
)
def test_a_mark_that_holds_something_else_is_none(text: str) -> None:
    """Not base64, not JSON, not two texts, too deep, or of another version: none of ours."""
    assert untagged(text) is None


def test_a_broken_mark_is_still_known_as_one() -> None:
    """What claims to be ours is kept from providers, although it cannot be read."""
    assert is_tagged("mr1.???")
    assert is_tagged(tagged("a", "b"))
    assert not is_tagged("EqQBCgIYAhIM")
    assert not is_tagged(None)
