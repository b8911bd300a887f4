"""A provider on a real loopback socket that behaves as it is told; speaks OpenAI's Chat Completions."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Literal, Self

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Mode = Literal["ok", "stream", "flood", "status", "silent", "cut"]

LATER: tuple[int, Mapping[str, str], str] = (503, {}, '{"error": {"message": "try later"}}')
CALL = {"id": "call_1", "type": "function", "function": {"name": "find_claim", "arguments": '{"number": "K-7"}'}}


class Upstream:
    """One server on a thread of its own, as a context manager.

    `mode` may change at any time and decides the calls that come after:
    ok: the answer as asked for, whole or streamed, with a tool call where tools are offered;
    stream: as ok, but a stream goes on until its caller leaves; flood: as stream, as fast as it can;
    status: `refusal`; silent: the call is taken and never answered; cut: two pieces, then the connection breaks.
    """

    def __init__(self, says: str = "Hello from upstream") -> None:
        self.says = says
        self.mode: Mode = "ok"
        self.refusal = LATER
        self.calls = 0
        """Model calls that arrived."""
        self.left = 0
        """Callers that went away before they had their answer."""
        self.asked: list[dict[str, Any]] = []
        """The bodies of all calls."""
        self._socket = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(self, log_config=None, log_level="critical", ws="none", lifespan="off", loop="asyncio")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    @property
    def url(self) -> str:
        """Its base address."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    def reset(self) -> None:
        """Behave and count as at first."""
        self.mode = "ok"
        self.refusal = LATER
        self.calls = self.left = 0
        self.asked.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(10)
        self._socket.close()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Take one call."""
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if scope["method"] != "POST":
            await _whole(send, 200, {}, b'{"data": []}')
            return
        self.calls += 1
        self.asked.append(json.loads(body))
        answering = asyncio.ensure_future(self._answer(self.asked[-1], send))
        leaving = asyncio.ensure_future(receive())
        done, _ = await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if answering in done:
            leaving.cancel()
            answering.result()
        else:
            answering.cancel()
            self.left += 1

    async def _answer(self, asked: dict[str, Any], send: Any) -> None:
        if self.mode == "silent":
            await asyncio.Event().wait()
        if self.mode == "status":
            status, headers, text = self.refusal
            await _whole(send, status, headers, text.encode())
        elif asked.get("stream"):
            await self._stream(asked, send)
        else:
            message: dict[str, Any] = {"role": "assistant", "content": self.says}
            if asked.get("tools"):
                message = {"role": "assistant", "content": None, "tool_calls": [CALL]}
            choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if asked.get("tools") else "stop"}
            usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
            body = {**_head("chat.completion", asked), "choices": [choice], "usage": usage}
            await _whole(send, 200, {"x-request-id": "req_upstream"}, json.dumps(body).encode())

    async def _stream(self, asked: dict[str, Any], send: Any) -> None:
        await send(_start(200, {"content-type": "text/event-stream"}))
        deltas: list[dict[str, Any]] = [{"content": f"{word} "} for word in self.says.split()]
        if asked.get("tools"):
            deltas = [{"tool_calls": [{"index": 0, **CALL}]}]
        for number, delta in enumerate([{"role": "assistant", "content": ""}, *deltas]):
            if self.mode == "cut" and number > 2:
                raise ConnectionAbortedError("cut as asked")  # the server closes the connection without an end
            await send(_event(asked, delta))
        while self.mode in ("stream", "flood"):
            await send(_event(asked, {"content": "more " * (2000 if self.mode == "flood" else 1)}))
            await asyncio.sleep(0.001 if self.mode == "flood" else 0.02)
        await send(_event(asked, {}, "tool_calls" if asked.get("tools") else "stop"))
        await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})


def eventually(is_so: Callable[[], bool], within_s: float = 5.0) -> bool:
    """Wait until something is so; False where it never was."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if is_so():
            return True
        time.sleep(0.02)
    return is_so()


def _head(kind: str, asked: dict[str, Any]) -> dict[str, Any]:
    return {"id": "chatcmpl-up", "object": kind, "created": 1_795_000_000, "model": asked["model"]}


def _event(asked: dict[str, Any], delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = json.dumps({**_head("chat.completion.chunk", asked), "choices": [choice]})
    return {"type": "http.response.body", "body": f"data: {chunk}\n\n".encode(), "more_body": True}


def _start(status: int, headers: Mapping[str, str]) -> dict[str, Any]:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": pairs}


async def _whole(send: Any, status: int, headers: Mapping[str, str], body: bytes) -> None:
    await send(_start(status, {"content-type": "application/json", "content-length": str(len(body)), **headers}))
    await send({"type": "http.response.body", "body": body})
