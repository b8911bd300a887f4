"""Server-sent events, whatever the line ends and wherever blocks are cut."""

from __future__ import annotations

import time
from collections import deque
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.sse import Event, Splitter

PIECES = [
    b"data",
    b":",
    b" ",
    b"event",
    b"id",
    b"\n",
    b"\r",
    b"\r\n",
    b"x",
    b"\xe2\x80\xa8",
    b"\xc2\x85",
    b"\xef\xbb\xbf",
]
STREAMS = st.lists(st.sampled_from([*PIECES, b"data: {}\n\n", b"\n\n", b": ping\n\n"]), max_size=40).map(b"".join)


def split(stream: bytes, cuts: list[int]) -> tuple[list[Event], bytes]:
    """Feed a stream in blocks that end at the cuts."""
    splitter = Splitter()
    events = []
    places = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    for start, end in pairwise(places):
        events += splitter.feed(stream[start:end])
    return events, splitter.rest


def standard(stream: bytes) -> list[tuple[str | None, bytes]]:
    """Read a stream line by line as the standard's text says, and keep what it dispatches."""
    stream = stream.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    found: list[tuple[str | None, bytes]] = []
    name: str | None = None
    data: list[bytes] = []
    for line in stream.split(b"\n")[:-1]:
        field, _, value = line.partition(b":")
        value = value[1:] if value[:1] == b" " else value
        if not line:
            if b"\n".join(data):
                found.append((name, b"\n".join(data)))
            name, data = None, []
        elif field == b"data":
            data.append(value)
        elif field == b"event":
            name = value.decode() or None
    return found


@given(STREAMS, st.lists(st.integers(0, 400), max_size=12))
def test_any_cutting_gives_what_the_standard_gives(stream: bytes, cuts: list[int]) -> None:
    """However a stream is cut into blocks, the events are those that the standard dispatches."""
    events, rest = split(stream, cuts)
    # A CR at the very end waits for the byte behind it, so the reference may be one event ahead.
    expected = standard(stream if not rest.endswith(b"\n\r") else stream[:-1])

    assert expected == [(event.name, event.data) for event in events if event.data]


@given(STREAMS, st.lists(st.integers(0, 400), max_size=12))
def test_no_byte_is_lost_or_moved(stream: bytes, cuts: list[int]) -> None:
    """What the events carried and what is left are the input, and do not depend on the blocks."""
    events, rest = split(stream, cuts)

    assert stream == b"".join(event.raw for event in events) + rest
    assert split(stream, []) == (events, rest)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_byte_alone(end: bytes) -> None:
    """A stream that arrives byte by byte, through UTF-8 and CRLF, gives the same events at once."""
    lines = ["event: ping", "data: größe €", "", ":comment", "data:two", "data: lines", ""]
    stream = end.join(line.encode() for line in lines) + end
    splitter = Splitter()
    events = [event for byte in stream for event in splitter.feed(bytes([byte]))]

    assert [("ping", "größe €".encode()), (None, b"two\nlines")] == [(event.name, event.data) for event in events]
    assert splitter.rest == b""


def test_comments_and_keep_alives_stand_between_events() -> None:
    """A comment block is handed out with its bytes and without data, so that it can be passed on in time."""
    assert [Event(None, b"", b": OPENROUTER PROCESSING\n\n")] == Splitter().feed(b": OPENROUTER PROCESSING\n\n")


def test_only_line_feeds_and_returns_end_lines() -> None:
    """U+2028 and U+0085 are text like any other."""
    text = "a\u2028b\u0085c".encode()

    assert text == Splitter().feed(b"data: " + text + b"\n\n")[0].data


def test_byte_order_mark_only_at_the_start() -> None:
    """A byte order mark is dropped from the first line alone and kept in the raw bytes."""
    events = Splitter().feed(b"\xef\xbb\xbfdata: 1\n\n\xef\xbb\xbfdata: 2\n\n")

    assert [event.data for event in events] == [b"1", b""]
    assert events[0].raw.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    "blocks", [[b"data: " + b"x" * 100], [b"data: ", b"x" * 60, b"x" * 60], [b"data: " + b"x" * 99 + b"\n\n"]]
)
def test_an_endless_event_is_refused(blocks: list[bytes]) -> None:
    """An event beyond the limit is an error, whole or not, instead of memory without bound."""
    splitter = Splitter(longest=100)

    with pytest.raises(MalformedError, match="longer than 100 bytes"):
        deque(map(splitter.feed, blocks), maxlen=0)


def test_many_small_events_in_one_block_are_no_long_event() -> None:
    """The limit is for one event, not for a block."""
    assert len(Splitter(longest=100).feed(b"data: x\n\n" * 50)) == 50


def test_a_big_event_in_small_blocks_costs_linear_time() -> None:
    """Four megabytes in blocks of 256 bytes are joined once, not with every block."""
    splitter = Splitter()
    began = time.perf_counter()
    splitter.feed(b"data: ")
    for _ in range(16_384):
        splitter.feed(b"x" * 256)
    (event,) = splitter.feed(b"\n\n")

    assert len(event.data) == 4_194_304
    assert time.perf_counter() - began < 1.0  # quadratic copying takes over ten
