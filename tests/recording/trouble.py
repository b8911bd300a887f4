"""A gateway whose disk takes nothing any more, and then does again: `python tests/recording/trouble.py FOLDER serve|refuse`.

Run in a process of its own, since the limit of a file's size is the process's. Prints as JSON what its callers saw.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import httpx
import structlog
from structlog.testing import CapturingLoggerFactory
from support.gateway import two_upstreams
from support.upstream import Upstream

from modelrouter.gateway.app import Gateway
from modelrouter.gateway.metrics import Metrics
from modelrouter.gateway.server import beside, bound
from modelrouter.router import Router

if TYPE_CHECKING:
    from collections.abc import MutableMapping

PATIENCE_S = 60.0
ASKED = {"model": "letters", "messages": [{"role": "user", "content": "x" * 100}]}
HEADER = "x-modelrouter-entry"
PAGE = 4096
"""No file may be longer: not one commit finds room."""


class Callers:
    """Asks, and remembers what came."""

    def __init__(self, url: str, up: Upstream) -> None:
        self._client = httpx.Client(base_url=url, timeout=30)
        self._up = up

    def ask(self) -> dict[str, Any]:
        """One request: status, whether it was acknowledged, and whether a provider was called."""
        before = self._up.calls
        answer = self._client.post("/v1/chat/completions", json=ASKED)
        return {"status": answer.status_code, "kept": HEADER in answer.headers, "called": self._up.calls > before}

    def until(self, *, kept: bool) -> dict[str, Any]:
        """Ask until an answer is acknowledged, or is not; the first one that is so."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            came = self.ask()
            if came["kept"] == kept:
                return came
            time.sleep(0.02)
        raise AssertionError("it never came to that")

    def ready(self) -> dict[str, Any]:
        """What orchestrators are told."""
        answer = self._client.get("/health/ready")
        return {"status": answer.status_code, **answer.json()}

    def figure(self, name: str) -> float:
        """One figure of Prometheus's page."""
        lines = self._client.get("/metrics").text.splitlines()
        return next(float(line.split(" ")[1]) for line in lines if line.startswith(f"{name} "))


def seen(callers: Callers) -> dict[str, Any]:
    """Before, amid and after the trouble."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    told: dict[str, Any] = {"before": callers.ask(), "well": callers.ready()}
    resource.setrlimit(resource.RLIMIT_FSIZE, (PAGE, hard))
    callers.until(kept=False)
    begun = time.perf_counter()
    told["amid"] = [callers.ask() for _ in range(10)]
    told["amid_s"] = time.perf_counter() - begun
    told["ill"] = callers.ready()
    told["trouble"] = callers.figure("modelrouter_ledger_trouble")
    told["waiting"] = callers.figure("modelrouter_ledger_waiting")
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    time.sleep(0.2)
    told["after"] = callers.until(kept=True)
    told["over"] = callers.figure("modelrouter_ledger_trouble")
    told["lost"] = callers.figure("modelrouter_ledger_lost")
    return told


def main(folder: Path, unavailable: str) -> None:
    """Answer the command line."""
    lines = CapturingLoggerFactory()
    structlog.configure(logger_factory=lines, processors=[structlog.stdlib.add_log_level, _named])
    with Upstream() as up:
        file = two_upstreams(folder, up.url, up.url)
        file.write_text(f"{file.read_text()}ledger: {{folder: ledger, unavailable: {unavailable}}}\n")
        metrics = Metrics()
        router = Router(file, observers=[metrics], hold_file=None)
        with bound("127.0.0.1", 0) as listening, beside(Gateway(router, metrics=metrics), listening) as url:
            told = seen(Callers(url, up))
    told["alarms"] = [call.args[0] for call in lines.logger.calls if call.method_name == "error"]
    sys.stdout.write(json.dumps(told))


def _named(_: object, __: str, event: MutableMapping[str, Any]) -> str:
    return str(event["event"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
