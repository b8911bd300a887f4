"""Server-sent events out of bytes, as the WHATWG standard describes them.

Everything stays bytes: a block may end inside a UTF-8 sequence or between CR and LF, and U+2028 or
U+0085 end no line. An event is handed out as soon as its blank line is there, together with the
exact bytes that carried it, so that a stream can be passed on event by event and a cut never leaks
half of one.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from modelrouter.wire.malformed import MalformedError

LONGEST = 16 * 1024 * 1024
"""Bytes of one event; chat chunks are below 1 kB, an image inside one is a few MB."""

_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\n|\r")
# Two line ends in a row. A CR after an LF waits for the byte behind it, which may still belong to it.
_BLANK_LINE = re.compile(rb"\n\n|\r\r|\n\r\n|\n\r(?=[^\n])")
_new = tuple.__new__
_REACH = 2  # the longest match, looked-at byte included, is three: so many bytes before a block can matter


class Event(NamedTuple):
    """One event, or what stands between two of them.

    `name` is None where the stream names none. `data` is empty where the standard dispatches
    nothing: a comment, a keep-alive, a lone `id`. `raw` is every byte since the event before.
    """

    name: str | None
    data: bytes
    raw: bytes


class Splitter:
    """Splits one stream; the `raw` of its events, joined, is the input up to the last whole event."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._held = bytearray()
        self._begun = False

    @property
    def holds(self) -> bool:
        """Whether it holds anything back."""
        return bool(self._held)

    @property
    def rest(self) -> bytes:
        """The bytes that no event has claimed yet; not empty after the last block of a stream that broke off."""
        return bytes(self._held)

    def feed(self, block: bytes) -> list[Event]:
        """Take the next bytes and return the events that they complete.

        Raises:
            MalformedError: an event is longer than the limit; the stream cannot be followed further.
        """
        held = self._held
        if held:
            seam = held[-_REACH:] + block
            held += block
            if _BLANK_LINE.search(seam) is None:
                self._check(len(held))
                return []
            block = bytes(held)
        plain = b"\r" not in block
        parts, rest = _plain_parts(block) if plain else _parts(block)
        held[:] = rest
        if len(block) > self._longest:
            self._check(max(map(len, [rest, *parts])))
        if parts and not self._begun:
            self._begun = True
            if parts[0].startswith(_BOM):
                return [_event(parts[0], parts[0].removeprefix(_BOM)), *(_event(part, part) for part in parts[1:])]
        if not plain:
            return [_event(part, part) for part in parts]
        # One line of data, as nearly every chunk has; the named tuple's own constructor costs twice as much.
        return [
            _new(Event, (None, part[6:-2], part))
            if part[:6] == b"data: " and part.find(b"\n") == len(part) - 2
            else _event(part, part)
            for part in parts
        ]

    def _check(self, length: int) -> None:
        if length > self._longest:
            raise MalformedError(f"an event of the stream is longer than {self._longest} bytes")


def lone(block: bytes) -> bytes:
    """Give the data of a block that is one whole event and as plain as can be; nothing where it is anything else.

    At most a line with a name, which is no error's, and one line of data, with line ends of LF alone: so come nearly all
    events of a stream that is not in haste. Only a `Splitter` that holds nothing back may be passed by.
    """
    start = 6
    if block[:6] != b"data: ":
        if block[:7] != b"event: " or block[7:12] == b"error":
            return b""
        start = block.find(b"\n") + 7
        if block[start - 6 : start] != b"data: ":
            return b""
    if block.find(b"\n", start) != len(block) - 2 or block[-1:] != b"\n" or b"\r" in block:
        return b""
    return block[start:-2]


def _plain_parts(block: bytes) -> tuple[list[bytes], bytes]:
    """Cut after each blank line where lines end in LF alone, as nearly all do."""
    parts = block.split(b"\n\n")
    rest = parts.pop()
    return [part + b"\n\n" for part in parts], rest


def _parts(block: bytes) -> tuple[list[bytes], bytes]:
    """Cut after each blank line, whatever ends the lines."""
    parts = []
    start = 0
    for match in _BLANK_LINE.finditer(block):
        parts.append(block[start : match.end()])
        start = match.end()
    return parts, block[start:]


def _event(raw: bytes, lines: bytes) -> Event:
    name = None
    data = []
    for line in _LINE_END.split(lines):
        field, _, value = line.partition(b":")
        if field == b"data":
            data.append(value.removeprefix(b" "))
        elif field == b"event":
            name = value.removeprefix(b" ").decode(errors="replace") or None
    return Event(name, b"\n".join(data), raw)
