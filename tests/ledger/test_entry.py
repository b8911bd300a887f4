from __future__ import annotations

from hashlib import sha256
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.building import draft
from modelrouter.ledger import entry
from modelrouter.ledger.canonical import NoCanonicalFormError
from modelrouter.ledger.entry import SALT, BrokenError, Draft, Kind, MalformedError, Sealed

SALTS = bytes(range(SALT * 3))
AFTER = sha256(b"the entry before").digest()
VALUES = {"process": "triage", "caller": "Ada Lovelace", "tokens": {"input": 5}}


def sealed(values: dict[str, object] | None = None) -> Sealed:
    """An entry with three fields."""
    return entry.seal(Draft(Kind.DECISION, 1_780_000_000_123_456, values or VALUES), 7, AFTER, SALTS)


def test_an_entry_is_written_as_the_format_says() -> None:
    """Byte for byte, made here from the description alone."""
    salts = [SALTS[:16], SALTS[16:32], SALTS[32:]]
    texts = [b'"Ada Lovelace"', b'"triage"', b'{"input":5}']
    hashes = [entry.base64(sha256(salt + text).digest()) for salt, text in zip(salts, texts, strict=True)]
    made = sealed()

    assert (
        f'{{"after":"{entry.base64(AFTER)}","commitments":{{"caller":"{hashes[0]}","process":"{hashes[1]}",'
        f'"tokens":"{hashes[2]}"}},"kind":"decision","number":7,"time":"2026-05-28T20:26:40.123456Z","version":1}}'
    ).encode() == made.raw
    assert (
        f'{{"caller":["{entry.base64(salts[0])}","Ada Lovelace"],"process":["{entry.base64(salts[1])}","triage"],'
        f'"tokens":["{entry.base64(salts[2])}",{{"input":5}}]}}'
    ).encode() == made.fields
    assert sha256(b"\x00" + made.raw).digest() == made.leaf


@given(st.integers(0, 10_000))
def test_what_was_sealed_is_read_again(seed: int) -> None:
    """Number, kind, what it follows, and each value; the line can be parted again."""
    random = Random(seed)
    what = draft(random, seed)
    made = entry.seal(what, seed, AFTER, random.randbytes(SALT * len(what.values)))
    said = entry.read(made.raw)

    assert (seed, what.kind, AFTER) == (said.number, said.kind, said.after)
    assert what.values == {name: field.value for name, field in entry.read_fields(made.fields).items()}
    assert frozenset() == entry.check(made.raw, made.fields)
    assert (made.raw, made.fields) == entry.parted(entry.line(made.raw, made.fields))


def test_a_redacted_value_is_gone_and_the_entry_stays() -> None:
    """Neither value nor salt is left anywhere; every other field is still what was committed to."""
    made = sealed()
    left = entry.redact(made.fields, {"caller", "no such field"})

    assert {"caller"} == entry.check(made.raw, left)
    assert {"process", "tokens"} == entry.read_fields(left).keys()
    for gone in (b"Ada", b"Lovelace", entry.base64(SALTS[:16]).encode()):
        assert gone in made.fields
        assert gone not in entry.line(made.raw, left)


def test_a_commitment_tells_nothing_without_its_salt() -> None:
    """The same value under two salts has two commitments."""
    one, two = sealed(), entry.seal(Draft(Kind.DECISION, 0, VALUES), 7, AFTER, bytes(SALT * 3))

    assert set(entry.read(one.raw).commitments.values()).isdisjoint(entry.read(two.raw).commitments.values())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"triage", b"triagf"),
        (b"AAECAwQFBgcICQoLDA0ODw==", b"AAECAwQFBgcICQoLDA0ODQ=="),
        (b'"process":', b'"procest":'),
        (b'{"input":5}', b'{"input":6}'),
    ],
)
def test_a_value_that_was_changed_is_found(old: bytes, new: bytes) -> None:
    """Value, salt or name: it is no longer what was committed to."""
    made = sealed()
    assert old in made.fields

    with pytest.raises(BrokenError, match=r"entry 7: the field '.*' is not what was committed to"):
        entry.check(made.raw, made.fields.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'{"after"', b'{ "after"'),
        (b'"version":1', b'"version":2'),
        (b'"number":7', b'"number":07'),
        (b'"number":7', b'"number":-7'),
        (b".123456Z", b".123Z"),
        (b'"caller":', b'"zaller":'),
        (b'"decision"', b'"Decision"'),
        (b'"commitments":{', b'"commitments":{,'),
    ],
)
def test_bytes_that_are_nearly_an_entry_are_none(old: bytes, new: bytes) -> None:
    """There is one form: no spaces, no other order, no other version, nothing missing."""
    made = sealed()
    assert old in made.raw

    with pytest.raises(MalformedError):
        entry.read(made.raw.replace(old, new, 1))


@pytest.mark.parametrize(
    "fields",
    [
        b"",
        b"[]",
        b'{"a": 1}',
        b'{"a":["AAAAAAAAAAAAAAAAAAAAAA==",1 ]}',
        b'{"a":["AAAA",1]}',
        b'{"a":[1,1]}',
        b'{"a":1}',
    ],
)
def test_fields_that_are_none_are_refused(fields: bytes) -> None:
    """Fields are canonical, and each is a salt with a value."""
    with pytest.raises(MalformedError):
        entry.read_fields(fields)


@pytest.mark.parametrize("line", [b"", b"{}", b'{"entry":{}}', b'{"fields":{}}'])
def test_a_line_that_is_none_is_refused(line: bytes) -> None:
    """A line has an entry and its fields."""
    with pytest.raises(MalformedError):
        entry.parted(line)


@pytest.mark.parametrize("name", ["", "Upper", "1st", "with-dash", "ünicode", "a" * 65, 'quo"te'])
def test_a_field_has_a_plain_name(name: str) -> None:
    """Small letters, digits and underscores: names are never redacted, and need no escapes."""
    with pytest.raises(MalformedError, match="no name of a field"):
        entry.seal(Draft(Kind.HOLD, 0, {name: 1}), 0, AFTER, bytes(SALT))


def test_what_does_not_fit_is_refused() -> None:
    """Salt for other fields, more fields than there may be, years beyond the calendar, values without a form."""
    with pytest.raises(MalformedError, match="bytes of salt"):
        entry.seal(Draft(Kind.HOLD, 0, VALUES), 0, AFTER, bytes(SALT))
    with pytest.raises(MalformedError, match="101 fields"):
        entry.seal(Draft(Kind.HOLD, 0, {f"f{n}": n for n in range(101)}), 0, AFTER, bytes(SALT * 101))
    with pytest.raises(MalformedError, match="no time"):
        entry.seal(Draft(Kind.HOLD, 10**18, {}), 0, AFTER, b"")
    with pytest.raises(MalformedError, match="with the number -1"):
        entry.seal(Draft(Kind.HOLD, 0, {}), -1, AFTER, b"")
    with pytest.raises(NoCanonicalFormError):
        entry.seal(Draft(Kind.HOLD, 0, {"a": 2**60}), 0, AFTER, bytes(SALT))


@given(st.binary(max_size=40))
def test_base64_has_one_form(data: bytes) -> None:
    """What was written is read; a spare bit set, a missing pad or another alphabet is not."""
    text = entry.base64(data)

    assert data == entry.unbase64(text)
    assert entry.unbase64(text + "\n") is None
    if len(data) % 3:
        assert entry.unbase64(text.rstrip("=")) is None
    assert entry.unbase64("AB==") is None
    assert entry.unbase64("_-==") is None
    assert entry.unbase64("é") is None
