"""One entry: the bytes that are hashed, and the fields that they commit to.

The bytes (`raw`) hold a commitment for each field, SHA-256 over 16 bytes of salt and the canonical value, and never
the value. Salts and values stand beside them (`fields`). Whoever has both can check the value; removing salt and value
together redacts the field, while the bytes stay what was hashed. docs/ledger-format.md has it to the byte.
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64, b2a_base64
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from modelrouter.ledger.canonical import LARGEST, NoCanonicalFormError, canonical, exact
from modelrouter.ledger.merkle import SIZE, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = [
    "LARGEST_ENTRY",
    "MOST_FIELDS",
    "SALT",
    "STRUCTURE",
    "VERSION",
    "BrokenError",
    "Draft",
    "Entry",
    "Field",
    "Kind",
    "MalformedError",
    "Sealed",
    "base64",
    "check",
    "line",
    "parted",
    "read",
    "read_fields",
    "redact",
    "seal",
    "unbase64",
]

VERSION = 1
SALT = 16
"""Bytes of a salt: nobody finds a value by trying."""
MOST_FIELDS = 100
LARGEST_ENTRY = 16_384
"""Bytes of an entry, whatever its fields hold; a bundle of tlog-tiles could take 65,535."""

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
FORM = re.compile(
    rb'\{"after":"([A-Za-z0-9+/]{43}=)","commitments":\{((?:"[a-z][a-z0-9_]{0,63}":"[A-Za-z0-9+/]{43}=",?)*)\},'
    rb'"kind":"([a-z_]{1,32})","number":(0|[1-9][0-9]{0,15}),'
    rb'"time":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)","version":1\}'
)
_COMMITMENT = re.compile(rb'"([a-z0-9_]+)":"([^"]{44})"')
_SEAM = b'},"fields":{'
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MalformedError(ValueError):
    """What should have been an entry or its fields is none; the message says why."""


class BrokenError(ValueError):
    """An entry is not what was written, or does not stand where it was written."""

    def __init__(self, number: int, what: str) -> None:
        self.number = number
        """Of the entry that is wrong, or of the first that is."""
        self.what = what
        super().__init__(f"entry {number}: {what}")


class Kind(StrEnum):
    """What an entry tells of."""

    REQUEST = "request"
    DECISION = "decision"
    STREAM = "stream"
    ATTEMPT = "attempt"
    HOLD = "hold"
    PROBE = "probe"
    DRILL = "drill"
    INVENTORY = "inventory"
    POLICY = "policy"
    CONTRACT = "contract"
    OPERATOR = "operator"
    ANCHOR = "anchor"
    GAP = "gap"
    BEGIN = "begin"
    END = "end"
    REDACTION = "redaction"
    ROTATION = "rotation"
    CHECKPOINT = "checkpoint"


STRUCTURE = frozenset({Kind.BEGIN, Kind.END, Kind.REDACTION, Kind.ROTATION, Kind.CHECKPOINT})
"""What verification itself reads: nothing of these is ever redacted."""


class Draft(NamedTuple):
    """What shall be written."""

    kind: Kind
    time: int
    """Microseconds since 1970 in UTC."""
    values: Mapping[str, Any]
    """Of each field; anything that has a canonical form."""


class Sealed(NamedTuple):
    """An entry as it is kept."""

    number: int
    raw: bytes
    """What is hashed; never changed."""
    fields: bytes
    """Salts and values; redaction writes them anew."""
    leaf: bytes
    """The hash of `raw`: the leaf in the tree, and what the next entry names."""


class Entry(NamedTuple):
    """What the bytes of an entry say."""

    number: int
    kind: str
    time: str
    after: bytes
    commitments: dict[str, bytes]


class Field(NamedTuple):
    """A field that is not redacted."""

    salt: bytes
    value: Any


def base64(data: bytes) -> str:
    """Standard Base64 with padding (RFC 4648, section 4), as everywhere in a ledger."""
    return b2a_base64(data, newline=False).decode("ascii")


def unbase64(text: str) -> bytes | None:
    """The bytes whose one Base64 this is; None where it is not."""
    try:
        data = a2b_base64(text.encode("ascii"), strict_mode=True)
    except (Error, UnicodeEncodeError):
        return None
    return data if base64(data) == text else None


def seal(draft: Draft, number: int, after: bytes, salts: bytes) -> Sealed:
    """The entry of this number behind that with the hash `after`; `salts` are SALT random bytes for each field.

    Raises NoCanonicalFormError for a value without canonical form, and MalformedError for a name that is none.
    """
    if len(salts) != SALT * len(draft.values) or len(draft.values) > MOST_FIELDS:
        raise MalformedError(f"{len(draft.values)} fields, {len(salts)} bytes of salt")
    commitments = []
    fields = []
    place = 0
    for name in sorted(draft.values):
        salt = salts[place : place + SALT]
        place += SALT
        value = canonical(draft.values[name])
        committed, revealed = _opening(name)
        commitments.append(committed + b2a_base64(sha256(salt + value).digest(), newline=False))
        fields.append(revealed + b2a_base64(salt, newline=False) + b'",' + value)
    raw = b'{"after":"%b","commitments":{%b},"kind":"%b","number":%d,"time":"%b","version":1}' % (
        b2a_base64(after, newline=False),
        b'",'.join(commitments) + b'"' if commitments else b"",
        draft.kind.encode(),
        number,
        written_time(draft.time).encode(),
    )
    if len(raw) > LARGEST_ENTRY or not 0 <= number <= LARGEST or len(after) != SIZE:
        raise MalformedError(f"an entry of {len(raw)} bytes with the number {number}")
    return Sealed(number, raw, b"{" + b"],".join(fields) + b"]}" if fields else b"{}", leaf_hash(raw))


@lru_cache(maxsize=1000)
def _opening(name: str) -> tuple[bytes, bytes]:
    """What stands before the commitment of this name, and before its salt. Raises MalformedError."""
    if not NAME.fullmatch(name):
        raise MalformedError(f"{name!r} is no name of a field")
    return b'"%b":"' % name.encode(), b'"%b":["' % name.encode()


def written_time(time: int) -> str:
    """Microseconds since 1970 as an entry has them. Raises MalformedError for times that have no year of four digits."""
    seconds, rest = divmod(time, 1_000_000)
    return f"{_second(seconds)}.{rest:06d}Z"


@lru_cache(maxsize=16)
def _second(seconds: int) -> str:
    try:
        return (_EPOCH + timedelta(seconds=seconds)).isoformat()[:19]
    except OverflowError:
        raise MalformedError(f"no time: {seconds} s") from None


def read(raw: bytes) -> Entry:
    """What the bytes of an entry say. Raises MalformedError unless they are exactly as `seal` writes them."""
    form = FORM.fullmatch(raw) if len(raw) <= LARGEST_ENTRY else None
    if form is None:
        raise MalformedError("not the form of an entry")
    after, inner, kind, number, time = form.groups()
    pairs = _COMMITMENT.findall(inner)
    names = [name.decode() for name, _ in pairs]
    if b",".join(b'"%b":"%b"' % pair for pair in pairs) != inner or names != sorted(set(names)):
        raise MalformedError("not the form of commitments")
    commitments = {name: _hash(text) for name, (_, text) in zip(names, pairs, strict=True)}
    return Entry(int(number), kind.decode(), time.decode(), _hash(after), commitments)


def _hash(text: bytes) -> bytes:
    found = unbase64(text.decode())
    if found is None:
        raise MalformedError("not the Base64 of a hash")
    return found


def read_fields(fields: bytes) -> dict[str, Field]:
    """What is revealed of an entry. Raises MalformedError unless it is canonical."""
    try:
        found = exact(fields)
    except NoCanonicalFormError as error:
        raise MalformedError(f"fields: {error}") from None
    if not isinstance(found, dict):
        raise MalformedError("fields are an object")
    return {name: _field(name, each) for name, each in found.items()}


def _field(name: str, pair: Any) -> Field:
    salt = unbase64(pair[0]) if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) else None  # noqa: PLR2004 - salt and value
    if salt is None or len(salt) != SALT:
        raise MalformedError(f"the field {name!r} is no salt with a value")
    return Field(salt, pair[1])


def check(raw: bytes, fields: bytes) -> frozenset[str]:
    """The names of the fields that are committed to and not revealed; every other is what was committed to.

    Raises BrokenError (or MalformedError) where one is not.
    """
    entry = read(raw)
    revealed = read_fields(fields)
    for name, (salt, value) in revealed.items():
        if sha256(salt + canonical(value)).digest() != entry.commitments.get(name):
            raise BrokenError(entry.number, f"the field {name!r} is not what was committed to")
    return frozenset(entry.commitments.keys() - revealed.keys())


def redact(fields: bytes, names: Collection[str]) -> bytes:
    """The fields without these: neither value nor salt is left. Those that are not there are left out silently.

    A redaction is to be told of by an entry of that kind (`chain.redaction`). Raises MalformedError.
    """
    kept = {name: [base64(field.salt), field.value] for name, field in read_fields(fields).items() if name not in names}
    return canonical(kept)


def line(raw: bytes, fields: bytes) -> bytes:
    """An entry as one line of an export, without its end of line."""
    return b'{"entry":%b,"fields":%b}' % (raw, fields)


def parted(text: bytes) -> tuple[bytes, bytes]:
    """The bytes and the fields of an entry from its line. Raises MalformedError."""
    start, seam, rest = text.partition(_SEAM)
    if not (start.startswith(b'{"entry":{') and seam and rest.endswith(b"}}")):
        raise MalformedError("not the line of an entry")
    return start[9:] + b"}", b"{" + rest[:-1]
