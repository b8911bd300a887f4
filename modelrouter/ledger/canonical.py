"""The one form in bytes that a value has: RFC 8785, the JSON canonicalization scheme.

Values are None, bool, int, float, str, lists or tuples, and dictionaries whose keys are text. What has no such form
is refused and never rounded: NaN and the infinities, whole numbers of Python beyond 2^53 - 1 in size (a reader with
doubles would see another number: write them as text), half a surrogate pair, keys that are no text, nesting deeper
than DEEPEST. A float beyond 2^53 is a double already and keeps its value.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring
from math import isfinite
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DEEPEST", "LARGEST", "NoCanonicalFormError", "canonical", "exact", "number", "parse"]

LARGEST = 2**53 - 1
"""The largest whole number that every reader of JSON keeps exactly (RFC 7493, section 2.2)."""
DEEPEST = 100
"""Of nesting: far more than an entry needs, far less than the stack of any reader."""
POINT = 21
"""Up to so many digits before the point a number is written without an exponent (ECMA-262, Number::toString)."""
SMALL = -6
"""Below so many zeros behind the point it is written with one."""

_text: Callable[[str], str] = encode_basestring


class NoCanonicalFormError(ValueError):
    """A value that has no canonical form, or bytes that are none of a value; the message says why."""


def canonical(value: Any) -> bytes:
    """The canonical bytes of a value. Raises NoCanonicalFormError."""
    kind = type(value)
    if kind is str:
        return _encoded(_text(value))
    if kind is int and -LARGEST <= value <= LARGEST:
        return b"%d" % value
    if value is None:
        return b"null"
    parts: list[str] = []
    _write(value, parts.append, DEEPEST)
    return _encoded("".join(parts))


def parse(data: bytes) -> Any:
    """The value that these bytes are the JSON of, whether canonical or not. Raises NoCanonicalFormError.

    Refused besides what is no JSON: a key twice in one object, and everything that `canonical` refuses. A whole number
    beyond 2^53 - 1 is read as a double where that is the same number, since 1e20 is written so, and refused elsewhere.
    """
    value = _decoded(data)
    canonical(value)
    return value


def exact(data: bytes) -> Any:
    """The value whose canonical bytes these are. Raises NoCanonicalFormError for others, also of the same value."""
    value = _decoded(data)
    if canonical(value) != data:
        raise NoCanonicalFormError("not canonical")
    return value


def _decoded(data: bytes) -> Any:
    try:
        return _DECODER.decode(data.decode())
    except RecursionError:
        raise NoCanonicalFormError(f"nested deeper than {DEEPEST}") from None
    except UnicodeDecodeError as error:
        raise NoCanonicalFormError(f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise NoCanonicalFormError(f"not JSON at character {error.pos}: {error.msg}") from None


def number(value: float) -> str:
    """A double as ECMA-262 writes it: the shortest digits that read back as the same. Raises NoCanonicalFormError."""
    if not isfinite(value):
        raise NoCanonicalFormError(f"{value} is no number of JSON")
    if value == 0:
        return "0"  # the negative one too
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, part = mantissa.partition(".")
    digits = (whole + part).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + part) - len(digits))
    digits = digits.rstrip("0")
    return ("-" if value < 0 else "") + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    """Digits with the point behind so many of them."""
    if len(digits) <= point <= POINT:
        return digits + "0" * (point - len(digits))
    if 0 < point <= POINT:
        return f"{digits[:point]}.{digits[point:]}"
    if SMALL < point <= 0:
        return f"0.{'0' * -point}{digits}"
    rest = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{rest}e{point - 1:+d}"


_PARTED = (dict, list, tuple)


def _write(value: Any, out: Callable[[str], object], depth: int) -> None:
    """Tell `out` the parts of the text."""
    if isinstance(value, str):
        out(_text(value))
    elif isinstance(value, _PARTED):
        if depth == 0:
            raise NoCanonicalFormError(f"nested deeper than {DEEPEST}")
        if isinstance(value, dict):
            _write_object(value, out, depth - 1)
        else:
            _write_array(value, out, depth - 1)
    else:
        out(_plain(value))


def _plain(value: Any) -> str:
    """The text of what is neither text nor made of parts."""
    if type(value) is int and -LARGEST <= value <= LARGEST:
        return int.__repr__(value)
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true" if value else "false"
    if isinstance(value, int):
        if not -LARGEST <= value <= LARGEST:
            raise NoCanonicalFormError(f"{value} is beyond 2^53 - 1: write it as text")
        return int.__repr__(value)
    if isinstance(value, float):
        return number(value)
    raise NoCanonicalFormError(f"{type(value).__name__} has no form in JSON")


def _write_array(value: Any, out: Callable[[str], object], depth: int) -> None:
    before = "["
    for each in value:
        if type(each) is str:
            out(before + _text(each))
        else:
            out(before)
            _write(each, out, depth)
        before = ","
    out("]" if value else "[]")


def _write_object(value: dict[Any, Any], out: Callable[[str], object], depth: int) -> None:
    before = "{"
    for key in _ordered(value):
        each = value[key]
        if type(each) is str:
            out(f"{before}{_text(key)}:{_text(each)}")
        else:
            out(f"{before}{_text(key)}:")
            _write(each, out, depth)
        before = ","
    out("}" if value else "{}")


def _ordered(value: dict[Any, Any]) -> list[str]:
    """Its keys in the order of their UTF-16 code units, which is that of the characters for all of ASCII."""
    try:
        ascii_alone = all(map(str.isascii, value))
    except TypeError:
        ascii_alone = False
    if ascii_alone:
        return sorted(value)
    for key in value:
        if not isinstance(key, str):
            raise NoCanonicalFormError(f"{key!r} is a key and no text")
    return sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise NoCanonicalFormError(f"half a surrogate pair: {text[error.start]!a}") from None


def _whole(text: str) -> int | float:
    if len(text) > len(str(LARGEST)) + 1 or not -LARGEST <= int(text) <= LARGEST:
        double = float(text)
        if not isfinite(double) or number(double) != text:
            raise NoCanonicalFormError(f"{text[:40]} is beyond 2^53 - 1 and no double is written so")
        return double
    return int(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for place, key in enumerate(keys) if key in keys[:place])
        raise NoCanonicalFormError(f"the key {twice!r} twice")
    return found


def _constant(text: str) -> NoReturn:
    raise NoCanonicalFormError(f"{text} is no number of JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_int=_whole, parse_constant=_constant)
