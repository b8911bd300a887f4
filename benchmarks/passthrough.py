"""The floor under a Python gateway: a bare ASGI callable that passes requests on, and does nothing else.

`python -m benchmarks.passthrough PORT BASE` passes what comes for `/…` on to `BASE/…`, with aiohttp, under the same
uvicorn and settings as the gateway. It reads no body, holds no opinion, and knows no error but those of the sockets.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import aiohttp
import uvicorn

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

PASSED = (b"authorization", b"content-type")


class PassThrough:
    """One session, no limit of connections."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0)
            self._session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None))
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"] if name in PASSED}
        async with self._session.post(self._base + scope["path"], data=body, headers=headers) as answer:
            await self._deliver(answer, send)

    async def _deliver(self, answer: aiohttp.ClientResponse, send: Send) -> None:
        head: list[tuple[bytes, bytes]] = [(b"content-type", answer.headers["content-type"].encode())]
        if answer.content_length is not None:
            body = await answer.read()
            head.append((b"content-length", str(len(body)).encode()))
            await send({"type": "http.response.start", "status": answer.status, "headers": head})
            await send({"type": "http.response.body", "body": body})
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": head})
        while block := await answer.content.readany():
            await send({"type": "http.response.body", "body": block, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def main(port: str, base: str) -> None:
    settings: dict[str, Any] = {"log_config": None, "log_level": "warning", "access_log": False, "server_header": False}
    app = PassThrough(base)
    uvicorn.run(app, port=int(port), ws="none", lifespan="off", http="httptools", proxy_headers=False, **settings)


if __name__ == "__main__":
    main(*sys.argv[1:])
