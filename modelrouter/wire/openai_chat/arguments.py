"""The arguments of calls as this wire carries them: one object as JSON text, and what servers send in its place."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_JSON = json.JSONDecoder()


def read_arguments(said: Any) -> list[Mapping[str, Any]] | None:
    """Read arguments; None where they are no objects, or cut off.

    Servers have been seen to send an object instead of its text, nothing or null for no arguments, a text inside a
    text, and the arguments of several calls in a row.
    """
    if isinstance(said, dict):
        return [said]
    rest = said.strip() if isinstance(said, str) else "" if said is None else None
    if rest is None:
        return None
    found: list[Any] = []
    try:
        while rest:
            value, end = _JSON.raw_decode(rest)
            found.append(value)
            rest = rest[end:].lstrip()
    except (ValueError, RecursionError):
        return None
    if len(found) == 1 and isinstance(found[0], str):
        return read_arguments(found[0]) if found[0].lstrip()[:1] in ("{", "") else None
    if found in ([], [None]):
        return [{}]
    return found if all(isinstance(value, dict) for value in found) else None


class Scanner:
    """Follows the JSON text of objects through its pieces, and tells where one ends and the next begins."""

    def __init__(self) -> None:
        self._depth = 0
        self._quoted = False
        self._escaped = False
        self.complete = False
        """The object that was begun last has ended."""

    def split(self, piece: str) -> list[str]:
        """Cut a piece where further objects begin; what stands before the first of them may be empty."""
        segments, start = [], 0
        skipped = 0 if self._escaped else -1
        for match in _SIGNS.finditer(piece):
            place = match.start()
            if place == skipped:
                continue
            if self._quoted:
                skipped = self._inside(match[0], place, skipped)
            elif match[0] == '"':
                self._quoted = True
            elif match[0] in "}]":
                self._depth -= 1
                self.complete = self._depth == 0
            else:
                if self.complete:
                    segments.append(piece[start:place])
                    start, self.complete = place, False
                self._depth += 1
        if piece:
            self._escaped = skipped == len(piece)
        return [*segments, piece[start:]]

    def _inside(self, sign: str, place: int, skipped: int) -> int:
        """Read a sign within a text; the place of the character that it escapes, where it does."""
        if sign == "\\":
            return place + 1
        if sign == '"':
            self._quoted = False
        return skipped


_SIGNS = re.compile(r'["\\{}\[\]]')
