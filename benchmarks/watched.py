"""Our gateway with a window: what it holds can be asked at `GET /watched`, so that nothing need be guessed from outside.

`python -m benchmarks.watched PORT INVENTORY` serves as `modelrouter serve` does. The window answers
{"tasks": …, "sockets": …, "rss": …}: the tasks of its event loop, the open sockets of its process (from /proc, the asking
one included), and its memory in bytes.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.machine import memory_mb
from modelrouter.gateway.app import Gateway
from modelrouter.gateway.collecting import seldom
from modelrouter.gateway.metrics import Metrics
from modelrouter.gateway.reply import reply
from modelrouter.gateway.server import bound, server
from modelrouter.router import Router
from modelrouter.runtime.observers import LogObserver

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

DESCRIPTORS = Path("/proc/self/fd")


class Watched:
    """A gateway and the window into it."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/watched":
            await reply(send, 200, {"content-type": "application/json"}, json.dumps(held()).encode())
        else:
            await self._gateway(scope, receive, send)


def held() -> dict[str, float]:
    """What this process holds; what nothing refers to any more is thrown away first."""
    gc.collect()
    return {"tasks": len(asyncio.all_tasks()), "sockets": _sockets(), "rss": memory_mb(os.getpid()) * 1e6}


def _sockets() -> int:
    targets = []
    for descriptor in DESCRIPTORS.iterdir():
        try:
            targets.append(str(descriptor.readlink()))
        except OSError:  # the descriptor by which we list them
            continue
    return sum(target.startswith("socket:") for target in targets)


def main(port: str, inventory: str) -> None:
    metrics = Metrics()
    with (
        Router(inventory, observers=[LogObserver(), metrics], hold_file=None) as router,
        bound("127.0.0.1", int(port)) as listening,
        seldom(),
    ):
        server(Watched(Gateway(router, metrics=metrics))).run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])
