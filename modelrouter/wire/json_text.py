"""JSON bytes out of and into values, without bending what callers wrote.

orjson is three to ten times as fast as the standard library but turns integers beyond 64 bits into
floats, refuses lone surrogates and writes infinities as null. So it reads only where values are looked at and
not passed on, and writes with the standard library behind it.
"""

from __future__ import annotations

import json
from typing import Any

import orjson

from modelrouter.wire.malformed import MalformedError


def glance(data: bytes) -> Any:
    """Read JSON whose values are only looked at: integers beyond 64 bits may come as floats.

    Raises:
        MalformedError: it is not JSON.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return read(data)


def read(data: bytes | str) -> Any:
    """Read JSON exactly: integers of any length and lone surrogates survive.

    Raises:
        MalformedError: it is not JSON, or nested too deeply to be read.
    """
    try:
        return json.loads(data)
    except json.JSONDecodeError as error:
        raise MalformedError(f"not JSON: {error.msg} at character {error.pos}") from None
    except UnicodeDecodeError as error:
        raise MalformedError(f"not UTF-8 at byte {error.start}") from None
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"not readable as JSON: {type(error).__name__}") from None


def write(value: object) -> bytes:
    """Write a value that came from JSON as compact JSON.

    Raises:
        RecursionError: it is nested too deeply to be written.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":")).encode()


def text(value: object) -> str:
    """Write a value as `write` does, as text."""
    return write(value).decode()
