"""A provider on a real loopback socket that answers as it is told, in any wire."""

from __future__ import annotations

import json
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Said:
    """One answer: a status and blocks of bytes; `breaks`: the connection is cut behind them."""

    body: bytes = b"{}"
    status: int = 200
    kind: str = "application/json"
    breaks: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """One call that arrived."""

    target: str
    """The path and the query."""
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


def events(*bodies: object) -> Said:
    """A stream of JSON events."""
    raw = b"".join(b"data: " + json.dumps(body).encode() + b"\r\n\r\n" for body in bodies)
    return Said(raw, kind="text/event-stream")


def whole(body: object, status: int = 200) -> Said:
    """A whole answer."""
    return Said(json.dumps(body).encode(), status)


class Stub:
    """One server on a thread of its own, as a context manager; the last of its answers repeats."""

    def __init__(self, *answers: Said) -> None:
        self._answers = list(answers)
        self.heard: list[Heard] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(self, log_config=None, log_level="critical", ws="none", lifespan="off", loop="asyncio")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    def say(self, *answers: Said) -> None:
        """Answer so from now on."""
        self._answers = list(answers)

    @property
    def url(self) -> str:
        """Its root."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(10)
        self._socket.close()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Take one call; a question by GET is answered with an empty listing and not counted."""
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        said = Said()
        if scope["method"] == "POST":
            query = scope["query_string"].decode()
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            self.heard.append(Heard(scope["path"] + ("?" + query if query else ""), json.loads(body), headers))
            said = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        kind = [(b"content-type", said.kind.encode())]
        await send({"type": "http.response.start", "status": said.status, "headers": kind})
        await send({"type": "http.response.body", "body": said.body, "more_body": said.breaks})
        if said.breaks:
            raise ConnectionAbortedError("cut as asked")  # the server closes the connection without an end
