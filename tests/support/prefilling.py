"""Providers on real loopback sockets that break off, and that go on inside a text or do not, as real servers differ."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

Manner = Literal["continues", "echoes", "anew", "refuses"]
TEXT = "The claim was filed on Monday, and the surveyor came on Thursday. Nothing else is known of it, so we wait."
WORDS = TEXT.split(" ")


class Prefilling:
    """One server, as an async context manager, that tells `TEXT` on the chat wire and on Anthropic's.

    Asked with a beginning of it as the last message it tells the rest, where its manner is `continues`; `echoes`
    repeats the beginning first, `anew` knows no such message and says something else that begins alike, `refuses`
    answers 400. It breaks off behind `cut` words of what it has to say, with the `error` event where there is one.
    """

    def __init__(self, manner: Manner = "continues", *, cut: int | None = None, error: bytes = b"") -> None:
        self.manner = manner
        self.cut = cut
        self.error = error
        self.asked: list[dict[str, Any]] = []
        """The bodies of all calls."""
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Its root."""
        if self._server is None:
            raise RuntimeError("not started")
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            if head.startswith("get "):  # a free probe: it is not well
                writer.write(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                return
            length = int(head.partition("content-length:")[2].partition("\r\n")[0] or 0)
            body = json.loads(await reader.readexactly(length) or b"{}")
            self.asked.append(body)
            await self._answer("/messages" in head.partition("\r\n")[0], body, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, is_anthropic: bool, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:  # noqa: FBT001 - one caller
        last = body["messages"][-1]
        begun = last["content"] if last["role"] == "assistant" else ""
        if begun and self.manner == "refuses":
            said = json.dumps(
                {"error": {"message": "no assistant message at the end", "type": "invalid_request_error"}}
            )
            writer.write(b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\n")
            writer.write(b"content-length: %d\r\n\r\n%b" % (len(said), said.encode()))
            return
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n")
        writer.write(b"transfer-encoding: chunked\r\n\r\n")
        pieces = self._pieces(begun)
        is_cut = self.cut is not None and self.cut < len(pieces)
        events = _messages if is_anthropic else _chat
        for event in events(pieces[: self.cut] if is_cut else pieces, f"id{len(self.asked)}", ends=not is_cut):
            writer.write(b"%x\r\n%b\r\n" % (len(event), event))
            await writer.drain()
            await asyncio.sleep(0)
        if not is_cut:
            writer.write(b"0\r\n\r\n")
        elif self.error:
            writer.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(self.error), self.error))
        await writer.drain()

    def _pieces(self, begun: str) -> list[str]:
        if begun and self.manner == "anew":
            return _words(TEXT[:40] + "; of this one, too, little is known.")
        if begun and self.manner == "continues":
            if not TEXT.startswith(begun):
                raise AssertionError(f"asked to go on with {begun!r}, which nobody said")
            return _words(TEXT[len(begun) :])
        return _words(TEXT)


def _words(text: str) -> list[str]:
    words = text.split(" ")
    return [piece for piece in [words[0], *(f" {word}" for word in words[1:])] if piece]


def _chat(pieces: list[str], name: str, *, ends: bool) -> Iterator[bytes]:
    head = {"id": f"chatcmpl-{name}", "object": "chat.completion.chunk", "created": 1, "model": "scripted"}
    deltas: list[tuple[dict[str, str], str | None]] = [({"role": "assistant", "content": ""}, None)]
    deltas += [({"content": piece}, None) for piece in pieces]
    deltas += [({}, "stop")] if ends else []
    for delta, finish in deltas:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        yield b"data: %b\n\n" % json.dumps({**head, "choices": [choice]}).encode()
    if ends:
        yield b"data: [DONE]\n\n"


def _messages(pieces: list[str], name: str, *, ends: bool) -> Iterator[bytes]:
    message = {"id": f"msg_{name}", "type": "message", "role": "assistant", "model": "scripted", "content": []}
    told: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "usage": {"input_tokens": 5, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    ]
    told += [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}} for piece in pieces
    ]
    if ends:
        told += [
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": len(pieces)}},
            {"type": "message_stop"},
        ]
    for each in told:
        yield b"event: %b\ndata: %b\n\n" % (each["type"].encode(), json.dumps(each).encode())
