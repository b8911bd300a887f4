"""A receiver, and the way to it, which is built beside the requests: they wait for no library.

OpenTelemetry takes a third of a second to load, on a busy machine more, and whoever tells of a request may stand on an
event loop. Until all is there, what was told is put aside.
"""

from __future__ import annotations

from threading import Lock, Thread
from typing import TYPE_CHECKING

from modelrouter.telemetry.figures import measured
from modelrouter.telemetry.pipeline import Pipeline
from modelrouter.telemetry.spans import spans

if TYPE_CHECKING:
    from modelrouter.core.telemetry import Telemetry
    from modelrouter.runtime.observers import Closing
    from modelrouter.telemetry.sending import Sender
    from modelrouter.telemetry.spans import Begun

__all__ = ["CLOSING_S", "LOADING_S", "MOST_ASIDE", "Destination"]

CLOSING_S = 2.0
"""What the receiver gets to take what is left when a router is closed."""
LOADING_S = 10.0
"""What the library gets to be loaded before that, where a router is closed right after its first request."""
MOST_ASIDE = 1000
"""Requests that are put aside while it loads, about as many as the pipeline has room for; more are lost, and counted."""


class Destination:
    """Where one `telemetry:` section sends to. Begins to load at once, in a thread; safe to use from several threads."""

    def __init__(self, settings: Telemetry, sender: Sender) -> None:
        self._settings, self._sender = settings, sender
        self._lock = Lock()  # held for a few assignments and no longer
        # Guarded by _lock.
        self._pipeline: Pipeline | None = None
        self._aside: list[tuple[Begun, Closing]] = []
        self._lost = 0
        self._failed = self._given_up = False
        self._thread = Thread(target=self._load, name="modelrouter-telemetry", daemon=True)
        self._thread.start()

    def tell(self, begun: Begun, closing: Closing) -> None:
        """A request is over: into the queue with what it was. Never waits."""
        with self._lock:
            pipeline = self._pipeline
            if pipeline is None and not self._failed:
                if len(self._aside) < MOST_ASIDE:
                    self._aside.append((begun, closing._replace(body=None)))
                else:
                    self._lost += 1
                return
        if pipeline is None:
            self._sender.lose(1, "OpenTelemetry cannot be loaded")  # which was said by now, so no log is loaded here
        else:
            _tell(pipeline, begun, closing)

    def flush(self) -> None:
        """Send what waits; blocks, but not for long."""
        self._thread.join(LOADING_S)
        if (pipeline := self._pipeline) is not None:
            pipeline.flush(CLOSING_S)

    def close(self) -> None:
        """Send what waits and stop; blocks, but not for long."""
        self._thread.join(LOADING_S)
        with self._lock:
            pipeline, self._given_up = self._pipeline, True
        if pipeline is not None:
            pipeline.close(CLOSING_S)

    def _load(self) -> None:
        try:
            pipeline = Pipeline(self._settings, self._sender)
        except Exception as error:  # noqa: BLE001 - whatever a library does when it is loaded; requests go on
            with self._lock:
                self._failed, aside, self._aside = True, self._aside, []
                lost = self._lost + len(aside)
            self._sender.lose(lost, f"OpenTelemetry cannot be loaded: {type(error).__name__}")
            return
        lost = self._caught_up(pipeline)
        if lost:
            self._sender.lose(lost, "more requests than can be put aside while OpenTelemetry is loaded")
        if self._pipeline is None:
            pipeline.close(CLOSING_S)  # whoever closed could not wait for so long

    def _caught_up(self, pipeline: Pipeline) -> int:
        """Tell what was put aside, and let requests in; how many were lost meanwhile."""
        while True:
            with self._lock:
                aside, self._aside = self._aside, []
                if not aside:
                    self._pipeline = None if self._given_up else pipeline
                    return self._lost
            for begun, closing in aside:
                try:
                    _tell(pipeline, begun, closing)
                except Exception as error:  # noqa: BLE001 - one request that cannot be told must not cost the others
                    self._sender.lose(1, f"a request cannot be told: {type(error).__name__}")


def _tell(pipeline: Pipeline, begun: Begun, closing: Closing) -> None:
    pipeline.record(measured(begun, closing))
    if begun.trace.sampled:
        pipeline.give(begun.trace, list(spans(begun, closing)))
