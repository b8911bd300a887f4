"""Members of Google's JSON, which has two spellings of every name and takes one value for a list of one."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from modelrouter.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

_CAPITAL = re.compile(r"(?<=[a-z0-9])([A-Z])")
_UNDERSCORE = re.compile(r"(?<=[a-z0-9])_([a-z0-9])")


@cache
def snake(name: str) -> str:
    """Spell a name of ours in the other way: `topP` as `top_p`."""
    return _CAPITAL.sub(lambda match: "_" + match[1].lower(), name)


def camel(name: str) -> str:
    """Spell any name as the API documents it: `top_p` as `topP`."""
    return _UNDERSCORE.sub(lambda match: match[1].upper(), name)


def member(body: Any, name: str) -> Any:
    """Give a member in whichever spelling it has; None where there is none, or no object that could have it.

    Raises:
        BadRequestError: it is there twice, and readers would differ on which counts.
    """
    if not isinstance(body, dict):
        return None
    other = snake(name)
    if other != name and body.get(other) is not None:
        if body.get(name) is not None:
            raise BadRequestError(f"the request has {name!r} twice, in both spellings")
        return body[other]
    return body.get(name)


def members(body: Mapping[str, Any]) -> dict[str, Any]:
    """Give the members that say something, by their documented names."""
    return {camel(name): value for name, value in body.items() if value is not None}


def listed(value: Any) -> list[Any]:
    """Give the values of a repeated member, which may be written without its brackets."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def is_uploaded(uri: object) -> bool:
    """Whether an address leads to a file that was uploaded to Google's API, which one project alone may read."""
    return isinstance(uri, str) and uri.startswith("https://generativelanguage.googleapis.com/")


def is_googles(uri: str) -> bool:
    """Whether only Google can read what is behind an address: an uploaded file, a bucket, a video on YouTube."""
    return is_uploaded(uri) or uri.startswith(_GOOGLES)


_GOOGLES = ("gs://", "https://www.youtube.com/", "https://youtube.com/", "https://youtu.be/")
