"""JSON in and out, without bending what it says."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.wire.json_text import glance, read, text, write
from modelrouter.wire.malformed import MalformedError

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(VALUES)
def test_what_is_written_is_read(value: object) -> None:
    """Integers of any length, lone surrogates and floats come back as they were."""
    assert read(write(value)) == value
    assert json.loads(text(value)) == value


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"secret', "not JSON: .* at character 1"),
        (b'{"a":"\xff"}', "not UTF-8 at byte 6"),
        (b"[" * 100_000, "RecursionError"),
        (b"9" * 5000, "ValueError"),
    ],
)
def test_what_cannot_be_read(data: bytes, message: str) -> None:
    """Everything unreadable is one error, which names the place and quotes nothing."""
    for reader in (read, glance):
        with pytest.raises(MalformedError, match=message) as raised:
            reader(data)
        assert "secret" not in str(raised.value)


def test_a_glance_reads_what_the_fast_reader_refuses() -> None:
    """A lone surrogate does not make a chunk malformed."""
    assert glance(b'{"a":"\\ud800"}') == {"a": "\ud800"}
