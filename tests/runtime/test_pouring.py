"""Pieces of a stream that are passed on as they arrive: nothing comes out otherwise than without the short way."""

from __future__ import annotations

import asyncio
import gc
import json
import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.faults import Fault
from modelrouter.providers.base import ConnectionFailedError
from modelrouter.runtime.streams import STALLED, Stream, StreamFailedError
from modelrouter.testing import VirtualTime
from modelrouter.wire.dialects import DIALECTS
from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.sse import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

WIRES = sorted(DIALECTS)
SHOWS: dict[str, bytes] = {
    "openai-chat": b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n',
    "litellm": b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n',
    "anthropic-messages": b'data: {"type":"content_block_delta","delta":{"text":"a"}}\n\n',
    "openai-responses": b'data: {"type":"response.output_text.delta","delta":"a"}\n\n',
    "gemini": b'data: {"candidates":[{"content":{"parts":[{"text":"a"}]}}]}\n\n',
}
"""By wire: an event with content."""
STREAMED = sorted(SHOWS)

TEXTS = st.sampled_from(
    ["", "a", "Grüße 🌍", '"error"', "[DONE]", '"usage":{', "\n\ndata: x\n\n", "\r", "\u2028", "\\", "error", "\x00"]
)
COUNTS = st.sampled_from([None, {}, 0, {"prompt_tokens": 3, "input_tokens": 3, "promptTokenCount": 3}, "x"])
ERRORS = st.sampled_from([None, {}, "", "broken", {"message": "broken", "type": "server_error"}, 0, False])
FINISHES = st.sampled_from([None, "", "stop", "error", "STOP", "SAFETY", "FINISH_REASON_UNSPECIFIED", 7])
KINDS = st.sampled_from(
    (
        *("content_block_start", "content_block_delta", "content_block_stop", "ping", "message_start", "message_delta"),
        *("message_stop", "error", "response.created", "response.output_text.delta", "response.completed"),
        *("response.failed", "response.output_item.added", "unheard-of", 7, None),
    )
)
CHOICES = st.fixed_dictionaries(
    {},
    optional={"delta": st.builds(lambda text: {"content": text}, TEXTS), "finish_reason": FINISHES, "error": ERRORS},
)
CANDIDATES = st.fixed_dictionaries(
    {},
    optional={
        "content": st.builds(lambda text: {"parts": [{"text": text, "thoughtSignature": "s"}]}, TEXTS),
        "finishReason": FINISHES,
    },
)
BODIES = st.one_of(
    st.fixed_dictionaries(
        {},
        optional={
            "id": st.just("chunk-1"),
            "model": TEXTS,
            "type": KINDS,
            "choices": st.lists(CHOICES, max_size=2) | st.sampled_from([None, {}, ["x"]]),
            "candidates": st.lists(CANDIDATES, max_size=2) | st.sampled_from([None, {}, ["x"]]),
            "delta": st.builds(lambda text: {"text": text, "signature": "s", "stop_reason": None}, TEXTS) | TEXTS,
            "error": ERRORS,
            "usage": COUNTS,
            "usageMetadata": COUNTS,
            "promptFeedback": st.sampled_from([None, {}, {"blockReason": "SAFETY"}]),
            "response": st.sampled_from([None, {"id": "resp-1", "error": {"code": "x"}, "status": "failed"}]),
        },
    ),
    st.sampled_from([None, 7, "x", []]),
)


@st.composite
def written(draw: Callable[..., Any], wire: str) -> bytes:
    """One event as servers write it, or as none should."""
    body = draw(BODIES)
    if isinstance(body, dict) and DIALECTS[wire].is_plain(body):
        body.pop("usageMetadata", None)  # totals so far: with or without those in between, those of the end count
    marks = draw(st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]))
    data = json.dumps(body, ensure_ascii=draw(st.booleans()), separators=marks).encode()
    kind = draw(st.integers(0, 11))
    if kind == 0:
        data = draw(st.sampled_from([b"[DONE]", b"", data[:-1], b"{", b'{"a":}', b"\xff", b'{"a":1}\n']))
    elif kind == 1:
        data = data.replace(b"e", b"\\u0065")
    elif kind == 2:
        data = data.replace(b":", b":\r", 1)  # ends the line, whatever JSON makes of it
    name = draw(
        st.sampled_from([b"", b"", b"event: delta\n", b"event: error\n", b"event:error\n", b": hello\n", b"id: 7\n"])
    )
    blank = draw(st.sampled_from([b"data: ", b"data: ", b"data: ", b"data:", b"data:  "]))
    event: bytes = name + blank + data + b"\n\n"
    end: bytes = draw(st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b"\r"]))
    return event.replace(b"\n", end) if kind else event


@st.composite
def streams(draw: Callable[..., Any], wire: str) -> list[bytes]:
    """A stream that shows content, in blocks that are mostly whole events and else cut anywhere."""
    events = [SHOWS[wire], *draw(st.lists(written(wire) | st.just(SHOWS[wire]), max_size=8))]
    if draw(st.booleans()):
        return events
    text = b"".join(events)
    places = sorted(draw(st.sets(st.integers(1, len(text)), max_size=6)))
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True) if text[a:b]]


class Reply:
    """An answer in blocks; breaks off behind them where `breaks`."""

    status = 200
    headers: Mapping[str, str] = {}

    def __init__(self, blocks: Sequence[bytes], *, breaks: bool) -> None:
        self._blocks = list(blocks)
        self._breaks = breaks

    async def read(self) -> bytes:
        return b"".join(self._blocks)

    async def block(self) -> bytes:
        if self._blocks:
            return self._blocks.pop(0)
        if self._breaks:
            raise ConnectionFailedError("reset by peer")
        return b""

    def close(self) -> None:
        """Nothing is open."""


class Offering(Reply):
    """The same, offered to whoever wants it at once."""

    taker: Callable[[bytes], bool] | None = None

    def offer(self, taker: Callable[[bytes], bool] | None) -> None:
        self.taker = taker

    async def block(self) -> bytes:
        while (block := await super().block()) and self.taker is not None and self.taker(block):
            pass
        return block


class Told(NamedTuple):
    """All that came of a stream."""

    out: bytes
    fault: Fault | None
    complete: bool
    usage: object
    kept: list[str]
    heard: list[bytes]


def told(wire: str, reply: Reply, takes: Sequence[bool] = (), poured: list[bytes] | None = None) -> Told | str:
    """Read a stream as the gateway does; the sink takes what `takes` says, and then everything."""
    kept: list[str] = []
    heard: list[bytes] = []
    out: list[bytes] = []
    left = list(takes)

    def sink(block: bytes) -> bool:
        if left and not left.pop(0):
            return False
        out.append(block)
        if poured is not None:
            poured.append(block)
        return True

    async def read() -> Told | str:
        stream = Stream(
            reply, DIALECTS[wire], None, judged, lambda fault: b"event: error\ndata: %b\n\n" % fault.rule.encode()
        )
        stream.listener = lambda events: heard.extend([event.data for event in events if event.data])
        stream.keeps = kept.extend
        try:
            await stream.begin()
        except (StreamFailedError, ConnectionFailedError, MalformedError) as error:
            return repr(error)
        stream.pour(sink)
        while (taken := await stream.take())[0]:
            out.append(taken[0])
        return Told(b"".join(out), stream.fault, stream.complete, stream.usage, kept, heard)

    return asyncio.run(read())


def judged(text: str) -> Fault:
    """A fault that holds the whole error."""
    return Fault(cause=Cause.OUTAGE, scope=Scope.DEPLOYMENT, rule="test", evidence=text)


@pytest.mark.parametrize("wire", STREAMED)
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_the_short_way_changes_nothing(wire: str, data: st.DataObject) -> None:
    """Bytes, faults, ends, usage, kept ids and seals are the same, whatever comes, however cut, whatever a sink takes."""
    blocks = data.draw(streams(wire))
    breaks = data.draw(st.booleans())
    takes = data.draw(st.lists(st.booleans(), max_size=6))

    assert told(wire, Offering(blocks, breaks=breaks), takes) == told(wire, Reply(blocks, breaks=breaks))


@pytest.mark.parametrize("wire", WIRES)
@settings(max_examples=500, deadline=None)
@given(body=BODIES)
def test_what_is_plain_tells_nothing_but_content(wire: str, body: object) -> None:
    """No error, end, usage or kept id is in an event that a dialect calls plain; totals so far excepted."""
    dialect = DIALECTS[wire]
    if not dialect.is_plain(body):
        return
    data = json.dumps(body).encode()
    reading = dialect.read_event(Event(None, data, b"data: %b\n\n" % data))

    assert (reading.error, reading.finish, reading.ended, reading.kept) == (None, None, False, ())
    assert reading.usage is None or wire == "gemini"


@pytest.mark.parametrize("wire", STREAMED)
def test_content_takes_the_short_way(wire: str) -> None:
    """Whole events of nothing but content all go to the sink, with a name or without one."""
    named = SHOWS[wire].replace(b"data: ", b"event: more\ndata: ")
    poured: list[bytes] = []

    told(wire, Offering([SHOWS[wire], SHOWS[wire], named, SHOWS[wire]], breaks=False), poured=poured)

    assert poured == [SHOWS[wire], named, SHOWS[wire]]


class Slow(Offering):
    """An answer whose pieces come one at a time, and which then falls silent."""

    async def block(self) -> bytes:
        while self._blocks:
            await asyncio.sleep(PAUSE_S)
            block = self._blocks.pop(0)
            if self.taker is None or not self.taker(block):
                return block
        await asyncio.sleep(3600)
        return b""


PAUSE_S, IDLE_S = 40.0, 60.0


def test_each_piece_on_the_short_way_is_a_sign_of_life() -> None:
    """A stream may pause so long between two pieces, however many they are; one that falls silent is cut in its time."""
    time = VirtualTime()
    shown = SHOWS["openai-chat"]
    out: list[bytes] = []

    def taken(block: bytes) -> bool:
        out.append(block)
        return True

    async def read() -> tuple[Stream, float]:
        stream = Stream(Slow([shown] * 10, breaks=False), DIALECTS["openai-chat"], None, judged, lambda _: b"cut")
        await stream.begin()
        stream.idle_s = IDLE_S
        stream.pour(taken)
        assert await stream.take() == (shown, [{"choices": [{"delta": {"content": "a"}}]}])
        assert (await stream.take())[0] == b"cut"
        return stream, time.now()

    stream, ended_at = time.run(read())

    assert out == [shown] * 9
    assert stream.fault is not None
    assert stream.fault.rule == STALLED
    assert stream.longest_pause_s == PAUSE_S
    assert ended_at == pytest.approx(10 * PAUSE_S + IDLE_S)


@pytest.mark.parametrize("leaves", [True, False])
def test_a_stream_is_freed_when_it_is_over(leaves: bool) -> None:  # noqa: FBT001 - a parameter of pytest's
    """Read to its end or left, it goes without the collector of garbage, which a server lets look through all but rarely."""
    shown = SHOWS["openai-chat"]

    async def read() -> weakref.ref[Stream]:
        reply = Offering([shown, shown, b"data: [DONE]\n\n"], breaks=False)
        stream = Stream(reply, DIALECTS["openai-chat"], None, judged, lambda _: b"cut")
        await stream.begin()
        stream.pour(lambda _: True)
        while not leaves and (await stream.take())[0]:
            pass
        stream.close()
        return weakref.ref(stream)

    gc.disable()
    try:
        assert asyncio.run(read())() is None
    finally:
        gc.enable()
