"""The second net: no socket of a rehearsal leaves this machine."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from modelrouter.drills.guard import Guard, OutsideError

ELSEWHERE = "192.0.2.1"
"""A documentation address (RFC 5737): nobody is there, should the guard fail."""


def dial(host: str) -> None:
    """Connect to a host that is given by its digits, and give up at once."""
    with socket.socket() as one:
        one.settimeout(0.01)
        one.connect((host, 80))


def send(host: str) -> None:
    """Send a datagram."""
    with socket.socket(type=socket.SOCK_DGRAM) as one:
        one.sendto(b"", (host, 9))


def look_up(host: str) -> None:
    """Ask for the addresses of a name."""
    socket.getaddrinfo(host, 443)


@pytest.mark.parametrize(
    ("attempt", "host"),
    [
        (dial, ELSEWHERE),
        (dial, "0.0.0.0"),
        (send, ELSEWHERE),
        (look_up, "api.openai.com"),
        (look_up, "metadata.google.internal"),
        (look_up, "127.0.0.1.example.com"),
    ],
)
def test_it_bites(attempt, host):
    """A connection, a datagram and a look-up that would leave are refused before anything is sent, and noted."""
    with Guard() as guard, pytest.raises(OutsideError):
        attempt(host)

    assert len(guard.refused) == 1
    assert host in guard.refused[0]


def test_it_bites_on_threads_and_under_libraries():
    """A library with sockets of its own meets it on any thread."""
    with Guard() as guard, ThreadPoolExecutor(1) as pool:
        with pytest.raises(OutsideError):
            pool.submit(dial, ELSEWHERE).result()
        with pytest.raises(httpx.ConnectError):
            pool.submit(httpx.get, f"http://{ELSEWHERE}/", trust_env=False).result()

    assert guard.refused == [f"connect {ELSEWHERE}", f"getaddrinfo {ELSEWHERE}"]


def test_it_bites_under_an_event_loop():
    """Asyncio's own loop connects through the same door."""

    async def leave() -> None:
        with pytest.raises(OSError, match=ELSEWHERE):
            await asyncio.open_connection(ELSEWHERE, 80)

    with Guard() as guard, asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(leave())

    assert guard.refused == [f"connect {ELSEWHERE}"]


def test_loopback_is_free():
    """Twins are reached, by digits and by name, and sockets of the file system are nobody's business."""
    with Guard() as guard, socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()):
            pass
        with socket.create_connection(("localhost", server.getsockname()[1])):
            pass
        with socket.socket(socket.AF_UNIX) as local, pytest.raises(FileNotFoundError):
            local.connect("nobody-listens-here")

    assert guard.refused == []


def test_it_lets_go():
    """After the rehearsal it refuses nothing."""
    with Guard() as guard:
        pass
    look_up(ELSEWHERE)  # digits: nobody is asked

    assert guard.refused == []
