"""Entries as people and tables read them: what they are, when, their values, and which of them were taken away.

Nothing is verified here: that is the work of `verifier` and `entry`. What stands in an entry that somebody bent is
shown as far as it can be read.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from modelrouter.ledger.entry import MalformedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from modelrouter.ledger.entry import Sealed

__all__ = ["ANYTHING", "Plain", "Wanted", "first_at", "plain", "selected"]

_TAIL = re.compile(rb'\},"kind":"([a-z_]{1,32})","number":(\d{1,16}),"time":"([^"]{27})","version":1\}')
_LONGEST_TAIL = 160
_BEFORE = len(b'{"after":"')
_NAME = re.compile(rb'"([a-z][a-z0-9_]*)":"[A-Za-z0-9+/=]{44}"')


class Plain(NamedTuple):
    """An entry to be read."""

    number: int
    kind: str
    time: str
    """`YYYY-MM-DDThh:mm:ss.ffffffZ`: times sort as text."""
    values: dict[str, Any]
    """Of the fields that are revealed."""
    redacted: tuple[str, ...]
    """Names of those that are not."""
    sealed: Sealed
    """As it is kept."""

    @property
    def request(self) -> str | None:
        """The id of the request that it tells of, if it does."""
        found = self.values.get("id")
        return found if isinstance(found, str) else None


class Wanted(NamedTuple):
    """Which entries somebody asks for; what is None or empty asks for nothing."""

    kinds: frozenset[str] = frozenset()
    process: str | None = None
    request: str | None = None
    since: str = ""
    """Not before this time, written as in entries."""
    until: str | None = None
    """Before this time."""

    def takes(self, entry: Plain) -> bool:
        """Whether the entry is one of them, times apart."""
        return (self.process is None or entry.values.get("process") == self.process) and (
            self.request is None or entry.request == self.request
        )


ANYTHING = Wanted()


def plain(sealed: Sealed) -> Plain:
    """The entry, to be read. Raises MalformedError where it is none."""
    return _plain(sealed, _tail(sealed.raw))


def _tail(raw: bytes) -> tuple[bytes, ...]:
    found = _TAIL.fullmatch(raw, max(raw.rfind(b'},"kind":', -_LONGEST_TAIL), 0))
    if found is None:
        raise MalformedError("not the form of an entry")
    return found.groups()


def _plain(sealed: Sealed, tail: tuple[bytes, ...]) -> Plain:
    kind, number, time = tail
    try:
        values = {name: value for name, (_, value) in json.loads(sealed.fields).items()}
        if b"\\u" in sealed.fields:
            json.dumps(values, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise MalformedError("fields that cannot be read") from None
    names = map(bytes.decode, _NAME.findall(sealed.raw, _BEFORE))
    redacted = tuple(name for name in names if name not in values)
    return Plain(int(number), kind.decode(), time.decode(), values, redacted, sealed)


def selected(entries: Iterable[Sealed], wanted: Wanted) -> Iterator[Plain]:
    """Those of the entries that are asked for, in order; reading ends with the first that is too late.

    Raises MalformedError where one is no entry.
    """
    kinds = {kind.encode() for kind in wanted.kinds}
    since, until = wanted.since.encode(), (wanted.until or "~").encode()
    for sealed in entries:
        tail = _tail(sealed.raw)
        if tail[2] >= until:
            return
        if tail[2] >= since and (not kinds or tail[0] in kinds):
            entry = _plain(sealed, tail)
            if wanted.takes(entry):
                yield entry


def first_at(time: str, size: int, time_of: Callable[[int], str]) -> int:
    """The number of the first entry that is not before a time, by halving: times never go back within a ledger."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        if time_of(middle) < time:
            low = middle + 1
        else:
            high = middle
    return low
