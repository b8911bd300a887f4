"""A provider that is never the bottleneck: HTTP/1.1 on a bare protocol, every answer rendered beforehand.

`python -m benchmarks.upstream CPU` prints its port and serves until its standard input closes.

/v1/chat/completions         a whole answer of about 1 KB; a stream is written in one piece
/paced/v1/chat/completions   a stream sends one event every 10 ms
/slow/v1/chat/completions    a whole answer comes after half a second; a stream sends one event every half second
/open                        what is open: {"connections": …, "calls": …}, the one that asks included
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from benchmarks.machine import pin
from benchmarks.prompt import CHUNKS, MODEL, TEXT

if TYPE_CHECKING:
    from collections.abc import Callable

try:
    from uvloop import new_event_loop
except ImportError:
    from asyncio import new_event_loop  # type: ignore[assignment] # the standard one serves as well, more slowly

PACES_S = {b"/paced/": 0.01, b"/slow/": 0.5}
"""By the beginning of the path: seconds between two events, and before a whole answer that is slow."""
SLOW_S = 0.1
COMMON = {"id": "chatcmpl-bench0000000000000000000000", "created": 1_790_000_000, "model": MODEL}
USAGE = {
    "prompt_tokens": 48,
    "completion_tokens": 96,
    "total_tokens": 144,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
}


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _head(*fields: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", "x-request-id: req_bench0000000000000000", "openai-processing-ms: 7", *fields]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


def _whole() -> bytes:
    message: dict[str, Any] = {"role": "assistant", "content": TEXT, "refusal": None, "annotations": []}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    body = _json({**COMMON, "object": "chat.completion", "choices": [choice], "usage": USAGE})
    return _head("content-type: application/json", f"content-length: {len(body)}") + body


def _events() -> list[bytes]:
    """The stream as chunks of HTTP, each of one event."""
    pieces = CHUNKS - 3
    cuts = [len(TEXT) * place // pieces for place in range(pieces + 1)]
    texts = [TEXT[cut : cuts[place + 1]] for place, cut in enumerate(cuts[:-1])]
    deltas: list[tuple[dict[str, Any], str | None]] = [({"role": "assistant", "content": ""}, None)]
    deltas += [({"content": text}, None) for text in texts]
    deltas += [({}, "stop")]
    frames = []
    for delta, finish in deltas:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        frames.append(_json({**COMMON, "object": "chat.completion.chunk", "choices": [choice]}))
    return [_chunk(b"data: %b\n\n" % frame) for frame in [*frames, b"[DONE]"]]


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


WHOLE = _whole()
STREAM_HEAD = _head("content-type: text/event-stream; charset=utf-8", "transfer-encoding: chunked")
EVENTS = _events()
LAST = b"0\r\n\r\n"
BURST = STREAM_HEAD + b"".join(EVENTS) + LAST
NOTHING = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"


@dataclass
class Open:
    """What is open at this moment."""

    connections: int = 0
    calls: int = 0
    """Model calls that have arrived and are neither answered in full nor given up by their caller."""


class Connection(asyncio.Protocol):
    """One connection; requests carry a content length, as every client here sends it."""

    def __init__(self, tally: Open) -> None:
        self._tally = tally
        self._held = b""
        self._waits: asyncio.TimerHandle | None = None
        """For the next piece of an answer that comes slowly."""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's transports are no subclass
        self._tally.connections += 1

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - a reset is an end too
        self._tally.connections -= 1
        if self._waits is not None:
            self._waits.cancel()
            self._over()

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (head_ends := self._held.find(b"\r\n\r\n")) >= 0:
            head = self._held[:head_ends].lower()
            ends = head_ends + 4 + _length(head)
            if len(self._held) < ends:
                return
            body, self._held = self._held[head_ends + 4 : ends], self._held[ends:]
            self._answer(head.split(b" ", 2)[1], body)

    def _answer(self, path: bytes, body: bytes) -> None:
        pace_s = next((pace for start, pace in PACES_S.items() if path.startswith(start)), 0.0)
        streamed = b'"stream":true' in body or b'"stream": true' in body
        if path == b"/open":
            told = _json(vars(self._tally))
            self._transport.write(_head("content-type: application/json", f"content-length: {len(told)}") + told)
        elif not path.endswith(b"/chat/completions"):
            self._transport.write(NOTHING)
        elif not pace_s or (not streamed and pace_s < SLOW_S):
            self._transport.write(BURST if streamed else WHOLE)
        elif streamed:
            self._transport.write(STREAM_HEAD)
            self._begin(0.0, partial(self._pace, pace_s, 0))
        else:
            self._begin(pace_s, partial(self._last, WHOLE))

    def _begin(self, after_s: float, work: Callable[[], None]) -> None:
        self._tally.calls += 1
        self._waits = asyncio.get_running_loop().call_later(after_s, work)

    def _pace(self, pace_s: float, place: int) -> None:
        if place == len(EVENTS):
            self._last(LAST)
            return
        self._transport.write(EVENTS[place])
        self._waits = asyncio.get_running_loop().call_later(pace_s, self._pace, pace_s, place + 1)

    def _last(self, data: bytes) -> None:
        self._over()
        self._transport.write(data)

    def _over(self) -> None:
        self._waits = None
        self._tally.calls -= 1


def _length(head: bytes) -> int:
    _, found, rest = head.partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(partial(Connection, Open()), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    pin(int(sys.argv[1]))
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_serve())
