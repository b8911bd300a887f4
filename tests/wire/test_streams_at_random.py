"""Thousands of streams at random, cut into blocks at random: the same events come out, and no cut looks like an end.

`STREAMS=100000` asks for more; `make streams` does, each time with other seeds.
"""

from __future__ import annotations

import os
import re
from random import Random

import pytest

from modelrouter.wire.anthropic_messages import dialect as anthropic_messages
from modelrouter.wire.openai_chat import dialect as openai_chat
from modelrouter.wire.sse import Splitter
from modelrouter.wire.translate import StreamRenderer

STREAMS = int(os.environ.get("STREAMS", "5000"))
FIRST = int(os.environ.get("SEED", "0"))
PARTS = 10
WORDS = ["", "a", " ", "Grüße", "🌍🌎", "\u2028", "\x85", '\\"', "{", "[DONE]", "data:", "\ufeff", "x" * 3000, "\x00"]
ENDS = [b"\n", b"\r\n", b"\r"]


def lines_of(chance: Random) -> list[bytes]:
    """The lines of one event, or of something between two of them."""
    kind = chance.randrange(10)
    if kind == 0:
        return [b": " + chance.choice(WORDS).replace("\x00", "").encode()]
    if kind == 1:
        return [b"id: 7", b"retry: 10"]
    data = "".join(chance.choices(WORDS, k=chance.randrange(1, 5))).replace("\x00", "")
    named = [b"event: " + chance.choice([b"delta", b"error", b""])] if kind < 4 else []
    wide = [
        b"data" + chance.choice([b":", b": "]) + part.encode() for part in chance.choice([[data], [data, "", data]])
    ]
    return [*named, *wide, *([b"unknown: x"] if kind == 9 else [])]


def stream_of(chance: Random) -> bytes:
    """Whole events under line ends of any kind, mixed or not, with or without a byte order mark."""
    mixed = chance.random() < 0.3
    end = chance.choice(ENDS)
    text = b"\xef\xbb\xbf" if chance.random() < 0.2 else b""
    for _ in range(chance.randrange(1, 8)):
        for line in [*lines_of(chance), b""]:
            text += line + (chance.choice(ENDS) if mixed else end)
    return text + b"data: last\n\n"


def plainly(text: bytes) -> list[tuple[str | None, bytes]]:
    """What the standard says that a whole stream holds, read in the simplest way there is."""
    found: list[tuple[str | None, bytes]] = []
    name: str | None = None
    data: list[bytes] = []
    for line in re.split(rb"\r\n|\n|\r", text.removeprefix(b"\xef\xbb\xbf")):
        field, _, value = line.partition(b":")
        if not line:
            if data:
                found.append((name, b"\n".join(data)))
            name, data = None, []
        elif field == b"data":
            data.append(value.removeprefix(b" "))
        elif field == b"event":
            name = value.removeprefix(b" ").decode() or None
    return found


def blocks_of(chance: Random, text: bytes) -> list[bytes]:
    """The same bytes in blocks of any size, single bytes among them."""
    places = sorted(chance.choices(range(len(text) + 1), k=chance.choice([0, 1, 3, 20, min(len(text), 200)])))
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]


@pytest.mark.parametrize("part", range(PARTS))
def test_blocks_change_nothing(part: int) -> None:
    """However a stream is cut into blocks, its events are those of the standard, and their bytes are its bytes."""
    for seed in range(FIRST + part, FIRST + STREAMS, PARTS):
        chance = Random(seed)
        text = stream_of(chance)
        splitter = Splitter()
        events = [event for block in blocks_of(chance, text) for event in splitter.feed(block)]

        assert [(event.name, event.data) for event in events if event.data] == plainly_told(text), seed
        assert b"".join(event.raw for event in events) + splitter.rest == text, seed


def plainly_told(text: bytes) -> list[tuple[str | None, bytes]]:
    """As `plainly`, without events of empty data, which tell nobody anything."""
    return [(name, data) for name, data in plainly(text) if data]


CHAT = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}\n\n'
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"Gr\xc3\xbc\xc3\x9fe \xf0\x9f\x8c\x8d"},"finish_reason":null}]}\n\n'
    b": still here\n\n"
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":"{\\"a\\":1}"}}]},"finish_reason":null}]}\n\n'
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\n'
    b"data: [DONE]\n\n"
)
MESSAGES = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"usage":{"input_tokens":1,"output_tokens":1}}}\n\n'
    b'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n'
    b'event: ping\ndata: {"type":"ping"}\n\n'
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Gr\xc3\xbc\xc3\x9fe \xf0\x9f\x8c\x8d"}}\n\n'
    b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
    b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}\n\n'
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
)
SOURCES = {"openai-chat": (CHAT, openai_chat), "anthropic-messages": (MESSAGES, anthropic_messages)}
TARGETS = ("openai-chat", "anthropic-messages", "openai-responses", "gemini")
REQUEST = {"model": "m", "messages": [], "input": "", "contents": [], "stream": True}


def rendered(source: str, target: str, blocks: list[bytes]) -> tuple[bytes, bool]:
    """What a caller of `target` gets of these blocks, and whether the provider's end was among them."""
    splitter, dialect = Splitter(), SOURCES[source][1]
    renderer = StreamRenderer(source, target, request=REQUEST, model="m", created=1)
    out, ended = b"", False
    for event in [event for block in blocks for event in splitter.feed(block)]:
        out += renderer.feed(event)
        ended = ended or dialect.read_event(event).ended
    return out + renderer.close(), ended


@pytest.mark.parametrize("source", SOURCES)
def test_no_cut_looks_like_an_end(source: str) -> None:
    """Rendered for every wire and cut at any byte, in any blocks: whole streams come out alike, and none that was cut is one."""
    text = SOURCES[source][0]
    targets = [target for target in TARGETS if target != source]
    whole = {target: rendered(source, target, [text])[0] for target in targets}
    for seed in range(FIRST, FIRST + STREAMS // 10):
        chance = Random(seed)
        target = chance.choice(targets)
        assert rendered(source, target, blocks_of(chance, text))[0] == whole[target], seed

        cut = text[: chance.randrange(len(text))]
        out, ended = rendered(source, target, blocks_of(chance, cut))
        assert ended or out != whole[target], seed
        assert whole[target].startswith(out) or ended, seed
