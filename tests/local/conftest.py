"""A real llama.cpp server, started and stopped at will."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
from local.model import write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BEGINS_S = 60.0
LOADING = 503


class Llama:
    """One server on a port of its own; it can be killed, frozen and started again there."""

    def __init__(self, program: str, model: Path, *options: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [
            *(program, "-m", str(model), "--host", "127.0.0.1", "--port", str(self.port), "--alias", "tiny"),
            *("--jinja", "--no-warmup", "-t", "1", "-c", "4096", "-np", "2", *options),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> None:
        """Start it, and wait until it has loaded its model."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + BEGINS_S
        while wait and not self.ready:
            assert self._process.poll() is None, f"{self._command} ended"
            assert time.monotonic() < until
            time.sleep(0.05)

    @property
    def ready(self) -> bool:
        """Whether it says that it can serve."""
        try:
            return httpx.get(f"{self.url}/health", timeout=1, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """End it as the kernel does when memory is short."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(10)
            self._process = None

    def freeze(self) -> None:
        """Stop it where it is: its socket still takes connections."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)


@pytest.fixture(scope="session")
def program() -> str:
    """Where the server is; `make local` builds it and says so."""
    return os.environ["LLAMA_SERVER"]


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model of one sentence."""
    path = tmp_path_factory.mktemp("model") / "tiny.gguf"
    write(path)
    return path


@contextmanager
def running(program: str, model: Path, *options: str) -> Iterator[Llama]:
    """A server for as long as the block lasts."""
    llama = Llama(program, model, *options)
    llama.start()
    try:
        yield llama
    finally:
        llama.thaw()
        llama.kill()


@pytest.fixture
def llama(program: str, model: Path) -> Iterator[Llama]:
    """A server of one test."""
    with running(program, model) as made:
        yield made
