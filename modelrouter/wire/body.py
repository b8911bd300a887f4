"""Request bodies as bytes: understood once, strictly, and changed without being encoded again.

Encoding a body again would bend 24-digit integers, lone surrogates and the spelling of floats, and
with them what a caller signed or cached. So a body that stays on its wire is spliced.
"""

from __future__ import annotations

import json
import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from modelrouter.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SHOWN = 80
"""Characters of a key that a message repeats."""


def parse(body: bytes) -> dict[str, Any]:
    """Read a request body: one JSON object, each key once in each object, finite numbers.

    Integers keep all their digits. Readers differ on which of two equal keys wins, so a body that
    has them could mean one thing to our policy and another to the provider.

    Raises:
        BadRequestError: it is anything else; the message says where.
    """
    try:
        value = _DECODER.decode(body.decode())
    except UnicodeDecodeError as error:
        raise BadRequestError(f"the request body is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise BadRequestError(
            f"the request body is not JSON: {error.msg} at line {error.lineno} column {error.colno}"
        ) from None
    except RecursionError:
        raise BadRequestError("the request body is nested too deeply") from None
    except ValueError:
        raise BadRequestError("the request body holds a number with too many digits") from None
    if not isinstance(value, dict):
        raise BadRequestError(f"the request body must be a JSON object, not {_KINDS[type(value)]}")
    return value


_KINDS = {list: "an array", str: "a string", int: "a number", float: "a number", bool: "a boolean", type(None): "null"}


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for place, key in enumerate(keys) if keys.index(key) < place)
        raise BadRequestError(f"the request body has the key {twice[:_SHOWN]!r} twice in one object")
    return members


def _constant(word: str) -> NoReturn:
    raise BadRequestError(f"the request body holds {word}, which JSON does not know")


def _float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise BadRequestError("the request body holds a number beyond the range of floats")
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)


class _Span(NamedTuple):
    """Where a member stands: its key, its value, and the first place behind the value."""

    start: int
    value: int
    end: int


def splice(body: bytes, changes: Mapping[str, bytes | None]) -> bytes:
    """Replace members of the top-level object, drop those given None, append those that are absent.

    `body` must have passed `parse`, which is what makes its members findable; the values are JSON. Every
    byte outside the changed members, and one comma beside a dropped one, stays what it was.
    """
    for name, value in changes.items():
        span = _find(body, name)
        if span is None:
            body = body if value is None else _append(body, name, value)
        elif value is None:
            body = _drop(body, span)
        else:
            body = body[: span.value] + value + body[span.end :]
    return body


def _append(body: bytes, name: str, value: bytes) -> bytes:
    close = body.rindex(b"}")
    comma = b"" if body[:close].rstrip(_BLANKS).endswith(b"{") else b","
    return body[:close] + comma + json.dumps(name).encode() + b":" + value + body[close:]


def _drop(body: bytes, span: _Span) -> bytes:
    before, behind = body[: span.start], body[span.end :]
    stripped = behind.lstrip(_BLANKS)
    if stripped.startswith(b","):
        return before + behind[: len(behind) - len(stripped)] + stripped[1:]
    comma = len(before.rstrip(_BLANKS)) - 1
    if before[comma : comma + 1] == b",":
        before = before[:comma] + before[comma + 1 :]
    return before + behind


_BLANKS = b" \t\r\n"
_SCALAR = rb'(?:"[^"\\]*+"|[-+.0-9A-Za-z]++)'
_MEMBER = rb'[ \t\r\n]*+"[^"\\]*+"[ \t\r\n]*+:[ \t\r\n]*+' + _SCALAR + rb"[ \t\r\n]*+"
_TAIL = re.compile(rb"[ \t\r\n]*+(?:," + _MEMBER + rb")*+\}[ \t\r\n]*+")
_VALUE = re.compile(rb"[ \t\r\n]*+:[ \t\r\n]*+(" + _SCALAR + rb")")


@lru_cache(maxsize=64)
def _ahead(name: str) -> re.Pattern[bytes] | None:
    """Match a body up to the end of a member with a scalar value that has nothing but such members before it.

    None for a name that may be spelled in several ways.
    """
    if not (name.isascii() and name.isidentifier()):
        return None
    key = b'"%s"' % name.encode()
    others = rb"(?:(?![ \t\r\n]*+" + key + rb")" + _MEMBER + rb",)*+"
    return re.compile(rb"[ \t\r\n]*+\{" + others + rb"[ \t\r\n]*+(" + key + rb")" + _VALUE.pattern)


def _find(body: bytes, name: str) -> _Span | None:
    """Find a top-level member, without reading the body where its place can be proved from one end.

    Nothing but scalars before a key, or behind it, means that it lies in the outermost object. Where
    a plain name does not occur at all, only an escape could spell it.
    """
    ahead = _ahead(name)
    if ahead is None:
        return _scan(body, name)
    if match := ahead.match(body):
        return _Span(match.start(1), *match.span(2))
    key = b'"%s"' % name.encode()
    last = body.rfind(key)
    if last < 0:
        return _scan(body, name) if b"\\" in body and b"\\u" in body else None  # one byte is found much faster than two
    span = _flat(body, last, key)
    return span if span and _TAIL.fullmatch(body, span.end) else _scan(body, name)


def _flat(body: bytes, start: int, key: bytes) -> _Span | None:
    """Read a member with a scalar value; a backslash before the quote would put the key inside a string."""
    match = _VALUE.match(body, start + len(key))
    if match is None or body[start - 1] == _BACKSLASH:
        return None
    return _Span(start, match.start(1), match.end(1))


_BACKSLASH = ord("\\")


def _scan(body: bytes, name: str) -> _Span | None:
    """Walk the top-level members; values are skipped by the standard library's scanner."""
    text = body.decode()
    found = next((span for key, span in _members(text) if key == name), None)
    if found is None or text.isascii():
        return found
    return _Span(*(len(text[:place].encode()) for place in found))


def _members(text: str) -> Iterator[tuple[str, _Span]]:
    place = _pass(text, _pass(text, 0) + 1)
    while text[place] != "}":
        key, colon = _SKIPPER.raw_decode(text, place)
        value = _pass(text, _pass(text, colon) + 1)
        _, end = _SKIPPER.raw_decode(text, value)
        yield key, _Span(place, value, end)
        place = _pass(text, end)
        if text[place] == ",":
            place = _pass(text, place + 1)


_SKIPPER = json.JSONDecoder()


def _pass(text: str, place: int) -> int:
    """Pass over blanks."""
    while text[place] in " \t\r\n":
        place += 1
    return place
