"""Who is measured, in what, against whom: the tables of the benchmark as data."""

from __future__ import annotations

from typing import NamedTuple


class Cell(NamedTuple):
    """One way of calling: whole answers or streams, by so many tasks (threads for synchronous clients) at once."""

    kind: str
    """`whole`, `stream` (all events in one write) or `paced` (one event every 10 ms)."""
    tasks: int


class Client(NamedTuple):
    """One measured client. Ratios are to the first of its table."""

    name: str
    module: str
    make: str
    environment: str = "main"
    loop: str = "asyncio"
    many: int = 99
    """In so many rounds it is measured at 256 tasks: where one wave takes seconds, in few."""
    rounds: int = 99
    """In so many rounds it is measured at all; slow peers get a short budget."""
    warm: bool = True
    """Whether a wave goes ahead of each measurement; not where a wave takes long."""


class Table(NamedTuple):
    """Clients that are compared with one another."""

    title: str
    cells: tuple[Cell, ...]
    clients: tuple[Client, ...]


ENVIRONMENTS = {
    "main": ".venv/bin/python",
    "openai3": ".venv-openai3/bin/python",
    "tensorzero": "benchmarks/results/tensorzero/bin/python",
}
"""A table leaves out the clients whose environment is not there."""

ASYNCHRONOUS = (
    Cell("whole", 1),
    Cell("whole", 32),
    Cell("whole", 256),
    Cell("stream", 1),
    Cell("stream", 32),
    Cell("stream", 256),
    Cell("paced", 16),
)
THREADED = (Cell("whole", 1), Cell("whole", 8), Cell("stream", 1), Cell("stream", 8))


def _sdk(title: str, environment: str) -> tuple[Table, ...]:
    module = "benchmarks.clients.sdk"
    return (
        Table(
            f"{title}, asynchronous",
            ASYNCHRONOUS,
            (
                Client("openai.AsyncOpenAI", module, "AsyncOfficial", environment, many=2),
                Client("modelrouter.AsyncOpenAI", module, "AsyncOurs", environment, many=2),
            ),
        ),
        Table(
            f"{title}, threads",
            THREADED,
            (
                Client("openai.OpenAI", module, "Official", environment),
                Client("modelrouter.OpenAI", module, "Ours", environment),
            ),
        ),
    )


TABLES: tuple[Table, ...] = (
    Table(
        "Without an SDK, asynchronous",
        ASYNCHRONOUS,
        (
            Client("httpx.AsyncClient", "benchmarks.clients.raw_httpx", "AsyncHttpx", many=2),
            Client("aiohttp.ClientSession", "benchmarks.clients.raw_aiohttp", "AsyncAiohttp"),
            Client("modelrouter.Router", "benchmarks.clients.router", "AsyncRouter"),
            Client("modelrouter.Router on uvloop", "benchmarks.clients.router", "AsyncRouter", loop="uvloop"),
            Client("TensorZero embedded", "benchmarks.clients.peer_tensorzero", "AsyncTensorZero", "tensorzero"),
            Client("litellm.Router", "benchmarks.clients.peer_litellm", "AsyncLitellm", many=1, rounds=2, warm=False),
        ),
    ),
    Table(
        "Without an SDK, threads",
        THREADED,
        (
            Client("httpx.Client", "benchmarks.clients.raw_httpx", "Httpx"),
            Client("modelrouter.Router", "benchmarks.clients.router", "SyncRouter"),
            Client("litellm.Router", "benchmarks.clients.peer_litellm", "Litellm", rounds=2, warm=False),
        ),
    ),
    *_sdk("Under OpenAI's SDK 2", "main"),
    *_sdk("Under OpenAI's SDK 3", "openai3"),
)
