"""The processes of a run: the upstream on one core, the clients on the other, one at work at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from select import select
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from benchmarks.field import Cell

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 60
"""For one answer of a worker; the slowest takes about ten seconds."""


class WorkerError(Exception):
    """A client could not be measured."""


class Process:
    """A Python process that reads lines and answers lines; its complaints go to a file."""

    def __init__(self, python: str, *arguments: str) -> None:
        complaints = ROOT / "benchmarks/results/stderr.log"
        with complaints.open("ab") as log:
            self._process = subprocess.Popen(
                [python, "-m", *arguments], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
            )

    def line(self) -> bytes:
        assert self._process.stdout
        ready, _, _ = select([self._process.stdout], [], [], PATIENCE_S)
        line = self._process.stdout.readline() if ready else b""
        if not line:
            raise WorkerError("no answer; see benchmarks/results/stderr.log")
        return line

    def say(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close its input, which ends it; after a while end it ourselves."""
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Worker(Process):
    """One client; see `benchmarks.worker`."""

    def ready(self) -> None:
        """Wait until it has been answered once: imports and first connections are no part of any measurement."""
        self.line()

    def measure(self, cell: Cell, seconds: float, warm: float) -> dict[str, Any]:
        self.say(json.dumps({"cell": cell.kind, "tasks": cell.tasks, "seconds": seconds, "warm": warm}))
        answer: dict[str, Any] = json.loads(self.line())
        if "error" in answer:
            raise WorkerError(answer["error"])
        return answer


class Upstream(Process):
    """The mock provider; see `benchmarks.upstream`."""

    def __init__(self, core: int) -> None:
        super().__init__(sys.executable, "benchmarks.upstream", str(core))
        self.root = f"http://127.0.0.1:{int(self.line())}"
