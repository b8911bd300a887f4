"""A process of its own whose OpenTelemetry cannot be loaded before its requests are over, or not at all.

    python -m telemetry.gated RECEIVER early|reloaded|broken COUNT

Prints as JSON what was so while the library was still waited for, and what the log said until the end.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from typing import Any

import structlog
from telemetry.conftest import traced

from modelrouter import Router
from modelrouter.testing import ScriptedProvider, text

GIVEN_UP_S = 20.0
"""So that whoever does wait for it shows as a failure instead of a standstill."""


class Gate:
    """Stands before the import of the SDK, as a slow disk would."""

    def __init__(self, *, broken: bool) -> None:
        self._broken = broken
        self.reached, self.open = threading.Event(), threading.Event()
        self.too_late = False

    def find_spec(self, name: str, *_: Any) -> None:
        """Asked by Python of every module that is not loaded yet."""
        if name == "opentelemetry.sdk.trace":
            self.reached.set()
            self.too_late |= not self.open.wait(GIVEN_UP_S)
            if self._broken:
                raise ImportError("a library that cannot be loaded")


async def main(url: str, mode: str, count: int) -> None:
    """Requests while the library is loaded, then its end."""
    gate = Gate(broken=mode == "broken")
    sys.meta_path.insert(0, gate)
    scripted = ScriptedProvider({"first": [text("hi")], "second": []})
    begins = "" if mode == "reloaded" else url
    with structlog.testing.capture_logs() as lines:
        router = Router(traced(begins, metrics=False), clients=scripted.clients(), observers=[], hold_file=None)
        if mode == "reloaded":
            await router.achat("claims", "x")
            await asyncio.to_thread(router.reload, traced(url, metrics=False))
        answers = [(await router.achat("claims", "x")).text for _ in range(count)]
        reached = await asyncio.to_thread(gate.reached.wait, GIVEN_UP_S)
        answers.append((await router.achat("claims", "x")).text)
        waited = gate.too_late
        gate.open.set()
        await router.aclose()
    told: dict[str, Any] = {"answers": len(answers), "reached": reached, "waited": waited}
    told["log"] = [f"{line['event']}: {line.get('why', line.get('lost'))}" for line in lines]
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
