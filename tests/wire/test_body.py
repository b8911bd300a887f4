"""Request bodies: what is refused, and what splicing leaves alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.errors import BadRequestError
from modelrouter.wire.body import parse, splice

KEYS = st.sampled_from(["model", "a", "messages", "stream", 'q"', "back\\", "é", "tools"]) | st.text(max_size=4)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
VALUES = st.recursive(
    SCALARS | st.sampled_from(["model", '"model":1', "{", "}", "\\", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=5)
LAYOUTS = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t: ")])


def encoded(value: dict[str, Any], layout: tuple[str, str], *, escape: bool) -> bytes:
    """Write an object in one of several spellings; lone surrogates need the escaped one."""
    try:
        return json.dumps(value, separators=layout, ensure_ascii=escape).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=layout).encode()


@given(OBJECTS, KEYS, st.none() | VALUES, LAYOUTS, st.booleans())
def test_splice_changes_one_member(
    value: dict[str, Any],
    key: str,
    new: object,
    layout: tuple[str, str],
    escape: bool,  # noqa: FBT001 - drawn
) -> None:
    """Replacing, dropping or appending a member gives the object with that member changed and no other."""
    body = encoded(value, layout, escape=escape)
    changed = parse(splice(body, {key: None if new is None else json.dumps(new).encode()}))
    expected = {name: member for name, member in value.items() if name != key or new is not None}

    assert (expected if new is None else {**expected, key: new}) == changed
    assert list(changed) == [*expected, *([key] if new is not None and key not in value else [])]


@pytest.mark.parametrize(
    ("before", "changes", "after"),
    [
        (b'{"model" : "a" ,"x":1.10}', {"model": b'"b"'}, b'{"model" : "b" ,"x":1.10}'),
        (b'{"m":[{"model":1}],"model":"a","t":1}', {"model": b'"b"'}, b'{"m":[{"model":1}],"model":"b","t":1}'),
        (b'{"m":{"model":1},"model":"a","t":[2]}', {"model": b'"b"'}, b'{"m":{"model":1},"model":"b","t":[2]}'),
        (b'{"m":{"model":1},"t":2}', {"model": b'"b"'}, b'{"m":{"model":1},"t":2,"model":"b"}'),
        (b'{"m":"\\"model","t":{}}', {"model": b"1"}, b'{"m":"\\"model","t":{},"model":1}'),
        (b'{"\\"model":1,"model":2}', {"model": b"3"}, b'{"\\"model":1,"model":3}'),
        (b'{"mod\\u0065l":"a","t":1}', {"model": b'"b"'}, b'{"mod\\u0065l":"b","t":1}'),
        (b'{"n":123456789012345678901234,"s":"\\ud800","model":"a"}', {"model": b'"b"'}, None),
        (b'{"a":1, "b":2 , "c":3}', {"b": None}, b'{"a":1,   "c":3}'),
        (b'{"a":1, "b":2}', {"b": None}, b'{"a":1 }'),
        (b'{"b":{"x":[1]}}', {"b": None}, b"{}"),
        (b" { } \n", {"a": b"1"}, b' { "a":1} \n'),
        ('{"ü":"é","model":[],"z":"ß"}'.encode(), {"model": b"0"}, '{"ü":"é","model":0,"z":"ß"}'.encode()),
        (b'{"a":1}', {"b": None}, b'{"a":1}'),
    ],
)
def test_splice_leaves_every_other_byte(before: bytes, changes: dict[str, bytes | None], after: bytes | None) -> None:
    """White space, number spelling, long integers, surrogates and look-alike keys stay as they were."""
    assert (after or before.replace(b'"a"}', b'"b"}')) == splice(before, changes)


@given(OBJECTS, LAYOUTS, st.booleans())
def test_parse_reads_every_object(value: dict[str, Any], layout: tuple[str, str], escape: bool) -> None:  # noqa: FBT001 - drawn
    """Whatever object JSON can write is read as it was."""
    assert value == parse(encoded(value, layout, escape=escape))


def test_parse_keeps_long_integers() -> None:
    """A 24-digit integer keeps its digits."""
    assert parse(b'{"n":123456789012345678901234}') == {"n": 123456789012345678901234}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"a":1,"a":1}', "key 'a' twice"),
        (b'{"m":[{"b":{"k":1,"x":2,"k":3}}]}', "key 'k' twice"),
        (b'{"a":1,"\\u0061":2}', "key 'a' twice"),
        (b'{"a":NaN}', "NaN"),
        (b'{"a":-Infinity}', "-Infinity"),
        (b'{"a":1e999}', "range"),
        (b'{"a":', "line 1 column 6"),
        (b"[]", "not an array"),
        (b"null", "not null"),
        (b'"x"', "not a string"),
        (b'{"a":"\xff"}', "not UTF-8 at byte 6"),
        (b"", "not JSON"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"a":' + b"9" * 5000 + b"}", "too many digits"),
    ],
)
def test_parse_refuses(body: bytes, message: str) -> None:
    """Whatever could be read in two ways, or not at all, is one kind of error that says why."""
    with pytest.raises(BadRequestError, match=message):
        parse(body)
