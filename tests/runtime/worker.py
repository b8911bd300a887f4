"""One of several processes that share a hold file; run by `test_processes.py` with what to do, as JSON."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.inventories import deployment, inventory, process

from modelrouter import Router
from modelrouter.core.causes import Cause, Scope
from modelrouter.core.domains import Domain, Kind
from modelrouter.core.faults import Fault
from modelrouter.core.holds import opened
from modelrouter.runtime.clock import SystemClock
from modelrouter.runtime.holdfile import HoldFile
from modelrouter.testing import ScriptedProvider, ScriptedReply, status, text

TOLD = json.loads(sys.argv[1])
FOLDER = Path(TOLD["folder"])


class Noting(ScriptedProvider):
    """Notes when calls of `a` begin and end; `a` works while the file `mode` says so."""

    async def send(self, deployment, _, _options=None):
        if deployment.id != "a":
            return ScriptedReply(text("ok"))
        begun = time.monotonic()
        await asyncio.sleep(0.05)
        with (FOLDER / "calls").open("a") as file:
            file.write(json.dumps({"pid": os.getpid(), "begun": begun, "ended": time.monotonic()}) + "\n")
        if (FOLDER / "mode").read_text() == "well":
            return ScriptedReply(text("ok"))
        return ScriptedReply(status(503, '{"error": {"message": "Service unavailable"}}'))


async def ask(seconds):
    """Send requests without a pause."""
    routes = inventory(process("p", deployment("a"), deployment("b")))
    clients = Noting({}).clients()
    ends = time.monotonic() + seconds
    async with Router(routes, observers=[], clients=clients, hold_file=FOLDER / "holds.json") as router:
        while time.monotonic() < ends:
            await router.achat("p", "x")
            await asyncio.sleep(0.005)


def write():
    """Write holds without a pause."""
    file = HoldFile(FOLDER / "holds.json", SystemClock())
    turn = 0
    while True:
        turn += 1
        domain = Domain(Kind.DEPLOYMENT, str(turn % 50))
        fault = Fault(cause=Cause.OUTAGE, scope=Scope.DEPLOYMENT)
        file.write({domain: opened(None, domain, fault, time.monotonic(), 0.5)}, {})


sys.stdout.write("ready\n")
sys.stdout.flush()
write() if TOLD.get("writes") else asyncio.run(ask(TOLD["seconds"]))
