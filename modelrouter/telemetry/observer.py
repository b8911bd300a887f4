"""The observer that sends what requests were: it remembers their beginning, and tells all of it at their end."""

from __future__ import annotations

import asyncio
from threading import Lock
from typing import TYPE_CHECKING, Any

from modelrouter.core.traceparent import Trace, begun
from modelrouter.telemetry.destination import Destination
from modelrouter.telemetry.names import places
from modelrouter.telemetry.pipeline import current, is_disabled
from modelrouter.telemetry.sending import Sender
from modelrouter.telemetry.spans import Begun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelrouter.core.decision import Decision
    from modelrouter.core.faults import Fault
    from modelrouter.core.inventory import Inventory
    from modelrouter.core.telemetry import Telemetry
    from modelrouter.errors import InventoryError
    from modelrouter.router import Reloaded
    from modelrouter.runtime.leases import Change
    from modelrouter.runtime.observers import Closing, Opening
    from modelrouter.telemetry.names import Place
    from modelrouter.telemetry.sending import Revealing

__all__ = ["Traces"]

HALF = 16
"""Of a request's 32 hexadecimal digits, those that its span is named by."""
MOST_UNDER_WAY = 20_000
"""Requests remembered; beyond that the oldest is forgotten, and not told of."""


class Traces:
    """Sends traces and metrics of one router's requests to the receiver that its inventory names.

    `resolve` fetches what a reference to a secret names; `logger` is where trouble of the receiver is said. Nothing of
    OpenTelemetry is imported before the first request, and nothing at all where there is no section. Safe to use from
    several threads; what is told to it returns at once.
    """

    def __init__(
        self, settings: Telemetry | None, resolve: Callable[[str], Revealing], logger: Callable[[], Any]
    ) -> None:
        self._settings = settings
        self._resolve = resolve
        self._logger = logger
        self._lock = Lock()
        self._to: Destination | None = None  # guarded by _lock
        self._under_way: dict[str, Begun] = {}
        self._places: tuple[Inventory | None, Mapping[str, Place]] = (None, {})

    def opened(self, opening: Opening) -> None:
        """A request begins: its place in a trace is decided now."""
        settings = self._settings
        if settings is None or is_disabled():
            return
        self._destination()  # the library is loaded beside the first request: it takes as long as a provider does
        trace = opening.context.trace or _within() or begun(opening.id, settings.sample)
        if self._places[0] is not opening.inventory:
            self._places = opening.inventory, places(opening.inventory.deployments)
        if len(self._under_way) >= MOST_UNDER_WAY:
            self._under_way.pop(next(iter(self._under_way)), None)
        lean = opening._replace(body=b"")  # a prompt is nobody's business here
        span = int(opening.id[-HALF:], 16) or 1  # as random as the request's id, and asks no kernel for more
        self._under_way[opening.id] = Begun(lean, trace, span, self._places[1])

    def closed(self, closing: Closing) -> None:
        """It is over: what it was goes into the queue."""
        begun_ = self._under_way.pop(closing.decision.id, None)
        if begun_ is not None and (to := self._destination()) is not None:
            to.tell(begun_, closing)

    def decided(self, decision: Decision) -> None:
        """Nothing: `closed` tells it."""

    def changed(self, change: Change) -> None:
        """Nothing: holds show in the requests that met them."""

    def ended(self, decision: Decision, fault: Fault | None) -> None:
        """Nothing: `closed` tells it."""

    def reloaded(self, reloaded: Reloaded) -> None:
        """Go over to what the new inventory says; what waits goes to the old receiver."""
        if reloaded.after.telemetry != self._settings:
            with self._lock:
                before, self._to = self._to, None
                self._settings = reloaded.after.telemetry
            if before is not None:
                before.close()

    def reload_failed(self, error: InventoryError) -> None:
        """Nothing changes."""

    def flush(self) -> None:
        """Send what waits; blocks, but not for long."""
        with self._lock:
            to = self._to
        if to is not None:
            to.flush()

    async def aflush(self) -> None:
        """As `flush`, beside an event loop."""
        if self._to is not None:
            await asyncio.to_thread(self.flush)

    def close(self) -> None:
        """Send what waits and stop; blocks, but not for long. A later request begins anew."""
        with self._lock:
            to, self._to = self._to, None
        if to is not None:
            to.close()

    def _destination(self) -> Destination | None:
        """Where to send now, made where there is none yet; None without a section."""
        with self._lock:
            if self._to is None and (settings := self._settings) is not None:
                self._to = Destination(settings, Sender(settings, self._resolve, self._logger))
            return self._to


def _within() -> Trace | None:
    """The application's own span, where it traces with OpenTelemetry and is in one."""
    context = current()
    if context is None:
        return None
    return Trace(context.trace_id, context.span_id, context.trace_flags.sampled, context.trace_state.to_header())
