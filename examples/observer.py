"""An observer is told what happened: decisions, holds, and how streams ended. It changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from modelrouter import Decision, Router
from modelrouter.testing import ScriptedProvider, status, text

if TYPE_CHECKING:
    from modelrouter.core.faults import Fault
    from modelrouter.runtime.leases import Change

WRONG_KEY = '{"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}'
provider = ScriptedProvider(
    {"gpt-direct": [text("a"), status(401, WRONG_KEY)], "claude-direct": [status(500, "")], "qwen-local": [text("b")]}
)


class Printer:
    """Prints who served, and every hold."""

    def decided(self, decision: Decision) -> None:
        """A request was served or given up."""
        print(f"{decision.process} was served by {decision.served_by or 'nobody'}")

    def changed(self, change: Change) -> None:
        """A hold opened, changed or ended."""
        print(f"{change.domain}: {change.after.cause if change.after else 'free again'}")

    def ended(self, decision: Decision, fault: Fault | None) -> None:
        """A stream is over."""


inventory = Path(__file__).with_name("providers.yaml")
with Router(inventory, observers=[Printer()], clients=provider.clients(), hold_file=None) as router:
    for _ in range(4):
        router.chat("claims-triage", "Hello")
