from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.ledger.canonical import DEEPEST, LARGEST, NoCanonicalFormError, canonical, exact, number, parse

APPENDIX_B = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}

doubles = st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-LARGEST, LARGEST)
    | doubles
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(("bits", "text"), APPENDIX_B.items())
def test_doubles_are_written_as_appendix_b_of_the_rfc_has_them(bits: str, text: str) -> None:
    """Each double of RFC 8785, appendix B, has the text that stands beside it, and is read from it."""
    (double,) = struct.unpack(">d", bytes.fromhex(bits))

    assert text == number(double)
    assert text.encode() == canonical(double)
    assert double == parse(text.encode())


@pytest.mark.parametrize("bits", ["7fffffffffffffff", "7ff0000000000000", "fff0000000000000"])
def test_what_is_no_number_has_no_form(bits: str) -> None:
    """NaN and the infinities of appendix B are refused."""
    with pytest.raises(NoCanonicalFormError, match="no number"):
        canonical(struct.unpack(">d", bytes.fromhex(bits))[0])


def test_the_example_of_the_rfc() -> None:
    """Section 3.2.2 becomes section 3.2.4, byte for byte."""
    given_text = (
        rb'{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],'
        rb'"string": "\u20ac$\u000F\u000aA' + rb"'" + rb'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}'
    )

    assert (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    ).encode() == canonical(parse(given_text))


def test_keys_are_in_the_order_of_utf_16() -> None:
    """Section 3.2.3: a character of a higher plane stands before those that its surrogates stand before."""
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]

    assert ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"] == list(
        json.loads(canonical(dict.fromkeys(keys)))
    )


@given(values)
def test_what_was_written_is_read_again(value: object) -> None:
    """Reading answers the same value, and writing it again the same bytes."""
    data = canonical(value)

    assert value == parse(data)
    assert data == canonical(parse(data))


@given(doubles)
def test_a_double_keeps_every_bit(double: float) -> None:
    """The text reads back as the same double; the negative zero alone loses its sign, as the RFC says."""
    assert struct.pack(">d", double + 0.0) == struct.pack(">d", float(number(double)))


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 9)))
def test_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    """Two dictionaries that are equal have the same bytes."""
    assert canonical(value) == canonical(dict(reversed(value.items())))


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (2**53, "write it as text"),
        (-(2**53), "write it as text"),
        ([float("nan")], "no number"),
        ("\ud800", "surrogate"),
        ({"a": ["\udfff"]}, "surrogate"),
        ({"\udc00": 1}, "surrogate"),
        ({1: 2}, "no text"),
        ({None: 2}, "no text"),
        ({1, 2}, "set has no form"),
        (b"bytes", "bytes has no form"),
    ],
)
def test_what_has_no_canonical_form_is_refused(value: object, why: str) -> None:
    """Nothing is rounded, replaced or left out."""
    with pytest.raises(NoCanonicalFormError, match=why):
        canonical(value)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"a":1,"a":1}', "the key 'a' twice"),
        (b'[{"a":{"b":1,"c":2,"b":3}}]', "the key 'b' twice"),
        (b"9007199254740993", "no double is written so"),
        (b"-9007199254740993", "no double is written so"),
        (b"1" * 400, "no double is written so"),
        (b"NaN", "no number"),
        (b"-Infinity", "no number"),
        (b"1e999", "no number"),
        (b'"\\ud800"', "surrogate"),
        (b"\xff", "not UTF-8 at byte 0"),
        (b"\xef\xbb\xbf1", "not JSON"),
        (b"", "not JSON"),
        (b"1 2", "not JSON"),
        (b"'a'", "not JSON"),
        (b'"\n"', "not JSON"),
    ],
)
def test_what_two_readers_would_read_differently_is_refused(data: bytes, why: str) -> None:
    """Keys twice, numbers that lose digits, halves of pairs, and all that is no JSON."""
    with pytest.raises(NoCanonicalFormError, match=why):
        parse(data)


@pytest.mark.parametrize("data", [b' {"a":1}', b'{"a":1.0}', b'{"b":1,"a":2}', b'"\\u0061"', b"-0", b"1e2"])
def test_a_value_in_another_form_is_not_exact(data: bytes) -> None:
    """Read for its value it is fine; where its bytes matter it is refused."""
    value = parse(data)

    assert value == exact(canonical(value))
    with pytest.raises(NoCanonicalFormError, match="not canonical"):
        exact(data)


@pytest.mark.parametrize(("beyond", "fits"), [(1, False), (0, True)])
def test_nesting_has_an_end(beyond: int, fits: bool) -> None:  # noqa: FBT001 - a parametrised promise
    """As deep as DEEPEST is written and read; deeper is refused in words, however deep it is."""
    data = b"[" * (DEEPEST + beyond) + b"]" * (DEEPEST + beyond)
    if fits:
        assert data == canonical(parse(data))
        return
    for deep in (data, b"[" * 100_000 + b"]" * 100_000):
        with pytest.raises(NoCanonicalFormError, match="nested deeper"):
            parse(deep)
