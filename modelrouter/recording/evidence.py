"""What a router leaves behind of what it did: its ledger, and the traces and metrics that it sends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from modelrouter.inventory.secrets import resolve
from modelrouter.recording.record import Beside, Recording
from modelrouter.runtime.log import logger
from modelrouter.telemetry.observer import Traces

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Literal

    from modelrouter.core.evidence import Ledger
    from modelrouter.core.inventory import Inventory
    from modelrouter.recording.record import Condition
    from modelrouter.router import Reloaded
    from modelrouter.runtime.clock import Clock
    from modelrouter.runtime.observers import Observer, Observers

__all__ = ["Evidence"]


class Evidence:
    """Joins a router's observers as soon as its inventory wants it; until then requests cost nothing for it."""

    def __init__(
        self, inventory: Inventory, ledger: Ledger | Literal["default"] | None, clock: Clock, observers: Observers
    ) -> None:
        self._observers = observers
        self._recording = Recording(inventory, ledger, clock)
        self._traces = Traces(inventory.telemetry, resolve, logger)
        self._join(inventory)

    def _join(self, inventory: Inventory) -> None:
        if inventory.telemetry is not None and self._traces not in self._observers.all:
            self._observers.join(self._traces)
        if self._recording.condition is not None and self._recording not in self._observers.all:
            self._observers.join(self._recording)

    @property
    def records(self) -> Recording | None:
        """What keeps a record of every request; None while nobody wants that."""
        return self._recording if self._recording in self._observers.all else None

    @property
    def condition(self) -> Condition | None:
        """How the ledger is; None where there is none."""
        return self._recording.condition

    def beside(self, inventory: Inventory) -> list[Observer]:
        """Who sees the requests of a drill that are served by this inventory, beside all others: the ledger."""
        return [Beside(self._recording, inventory)] if self.records is not None else []

    def drilled(self, values: Mapping[str, Any]) -> None:
        """A drill on real requests begins, or is over."""
        if self.records is not None:
            self._recording.drilled(values)

    async def start(self) -> None:
        """Open the ledger now; see `Recording.start`."""
        await asyncio.to_thread(self._recording.start)

    def reloaded(self, reloaded: Reloaded) -> None:
        """Another inventory is in force: tell every observer, and those who join with it."""
        for each in (self._traces, self._recording):
            if each not in self._observers.all:
                each.reloaded(reloaded)
        self._observers.tell_reload("reloaded", reloaded)
        self._join(reloaded.after)

    async def aclose(self) -> None:
        """As `close`, without holding up the event loop."""
        await self._traces.aflush()
        await asyncio.to_thread(self._recording.close)

    def close(self) -> None:
        """Send and write what waits, and the ledger's end."""
        self._traces.close()
        self._recording.close()
