"""OpenTelemetry's SDK, from our values on: batches, instruments, encoding. The one file that names it.

It is imported when the first request of a router with a `telemetry:` section begins, and never without one.
Spans are made whole when a request is over, from times that are known by then, and handed to the SDK's batch processor:
nothing of the SDK runs between a request and its answer. None of the SDK's environment variables has a say but
`OTEL_SDK_DISABLED`, which switches everything off.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any

from modelrouter.telemetry import names
from modelrouter.telemetry.figures import HISTOGRAMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from modelrouter.core.telemetry import Telemetry
    from modelrouter.core.traceparent import Trace
    from modelrouter.telemetry.figures import Measured
    from modelrouter.telemetry.sending import Sender
    from modelrouter.telemetry.spans import Span

__all__ = ["MOST_SPANS", "Pipeline", "current", "is_disabled"]

MOST_SPANS = 4096
"""Spans that wait to be sent: about ten megabytes. More are lost, and counted."""
BATCH = 512
DELAY_MS = 1000.0
"""A span waits no longer than that for others."""
TRACES, METRICS = "/v1/traces", "/v1/metrics"
DISABLED = "OTEL_SDK_DISABLED"


def is_disabled() -> bool:
    """Whether whoever runs this process has switched OpenTelemetry off."""
    return os.environ.get(DISABLED, "").strip().lower() == "true"


def current() -> Any:
    """The span that the application itself is in, where it traces: its id and trace; else None."""
    within = getattr(sys.modules.get("opentelemetry.trace"), "get_current_span", None)
    if within is None:  # not imported, or not yet to its end
        return None
    context = within().get_span_context()
    return context if context.is_valid else None


class Pipeline:
    """What one destination is sent, and how: a batch processor and a meter provider."""

    def __init__(self, settings: Telemetry, sender: Sender) -> None:
        self._sender = sender
        self._api = import_module("opentelemetry.trace")
        self._sdk = import_module("opentelemetry.sdk.trace")
        self._resource = _resource(settings)
        scope = import_module("opentelemetry.sdk.util.instrumentation").InstrumentationScope
        self._scope = scope(names.SCOPE, _version("modelrouter"), names.SCHEMA_URL)
        self._error = self._api.StatusCode.ERROR
        self._unset = self._api.Status(self._api.StatusCode.UNSET)
        self._flags = self._api.TraceFlags(self._api.TraceFlags.SAMPLED)
        self._batches = _batches(self) if settings.traces else None
        self._meters = self._histograms = None
        if settings.metrics:
            self._meters = _meters(self._resource, settings, sender)
            self._histograms = _histograms(self._meters)
        self._lock = Lock()
        self._waiting = 0  # guarded by _lock: spans that were given and not sent yet

    def give(self, trace: Trace, spans: Sequence[Span]) -> None:
        """Queue the spans of a request; those for which there is no room are lost."""
        if self._batches is None:
            return
        with self._lock:
            room = MOST_SPANS - self._waiting >= len(spans)
            if room:
                self._waiting += len(spans)
        if not room:
            self._sender.lose(len(spans), "more spans than can wait")
            return
        state = self._api.TraceState.from_header([trace.state]) if trace.state else None
        for span in spans:
            self._batches.on_end(self._span(trace, span, state))

    def record(self, measured: Iterable[Measured]) -> None:
        """Add to the metrics."""
        if self._histograms is not None:
            for metric, value, attributes in measured:
                self._histograms[metric].record(value, attributes)

    def encode_and_send(self, spans: Sequence[Any], encode: Any) -> bool:
        """Send a batch of the SDK's spans."""
        with self._lock:
            self._waiting -= len(spans)
        return self._sender.send(TRACES, encode(spans).SerializeToString(), len(spans))

    def flush(self, limit_s: float) -> None:
        """Send what waits, within that time; what does not get away is lost."""
        self._sender.hurry(limit_s)
        if self._batches is not None:
            self._batches.force_flush()
        if self._meters is not None:
            self._meters.force_flush(int(limit_s * 1000))
        self._sender.unhurried()

    def close(self, limit_s: float) -> None:
        """Send what waits, within that time, and end the threads."""
        self._sender.hurry(limit_s)
        if self._batches is not None:
            self._batches.shutdown()
        if self._meters is not None:
            self._meters.shutdown(int(limit_s * 1000) + 1000)
        self._sender.unhurried()

    def _span(self, trace: Trace, span: Span, state: Any) -> Any:
        api, ids = self._api, span.ids
        parent = None
        if ids.parent is not None:
            parent = api.SpanContext(trace.trace, ids.parent, ids.remote, self._flags, state)
        kind = api.SpanKind.CLIENT if span.is_client else api.SpanKind.INTERNAL
        return self._sdk.ReadableSpan(
            span.name,
            context=api.SpanContext(trace.trace, ids.span, False, self._flags, state),
            parent=parent,
            resource=self._resource,
            attributes=span.attributes,
            events=[self._sdk.Event(event.name, event.attributes, event.at) for event in span.events],
            kind=kind,
            status=self._unset if span.error is None else api.Status(self._error, span.error),
            start_time=span.begun,
            end_time=span.ended,
            instrumentation_scope=self._scope,
        )


def _version(package: str) -> str:
    return str(import_module("importlib.metadata").version(package))  # as slow to load as all of this room


def _resource(settings: Telemetry) -> Any:
    """Who sends; `Resource.create` would read the environment. The instance tells replicas apart."""
    own = {
        names.SERVICE_NAME: settings.service,
        names.SERVICE_VERSION: _version("modelrouter"),
        names.SERVICE_INSTANCE: os.urandom(16).hex(),
        names.SDK_NAME: "opentelemetry",
        names.SDK_LANGUAGE: "python",
        names.SDK_VERSION: _version("opentelemetry-sdk"),
    }
    return import_module("opentelemetry.sdk.resources").Resource({**own, **settings.attributes}, names.SCHEMA_URL)


def _batches(pipeline: Pipeline) -> Any:
    export = import_module("opentelemetry.sdk.trace.export")
    encode = import_module("opentelemetry.exporter.otlp.proto.common.trace_encoder").encode_spans

    class Exporter(export.SpanExporter):  # type: ignore[name-defined,misc] # a class of the library, which is loaded late
        """Hands batches to our own connection."""

        def export(self, spans: Sequence[Any]) -> Any:
            arrived = pipeline.encode_and_send(spans, encode)
            return export.SpanExportResult.SUCCESS if arrived else export.SpanExportResult.FAILURE

        def shutdown(self) -> None:
            """Nothing is open."""

    return export.BatchSpanProcessor(
        Exporter(),
        max_queue_size=MOST_SPANS,
        schedule_delay_millis=DELAY_MS,
        max_export_batch_size=BATCH,
        export_timeout_millis=DELAY_MS,
    )


def _meters(resource: Any, settings: Telemetry, sender: Sender) -> Any:
    metrics = import_module("opentelemetry.sdk.metrics")
    export = import_module("opentelemetry.sdk.metrics.export")
    encode = import_module("opentelemetry.exporter.otlp.proto.common.metrics_encoder").encode_metrics

    class Exporter(export.MetricExporter):  # type: ignore[name-defined,misc] # as above
        """Hands what was collected to our own connection."""

        def export(self, metrics_data: Any, **_: Any) -> Any:
            arrived = sender.send(METRICS, encode(metrics_data).SerializeToString(), 1)
            return export.MetricExportResult.SUCCESS if arrived else export.MetricExportResult.FAILURE

        def force_flush(self, *_: Any, **__: Any) -> bool:
            """Nothing waits here."""
            return True

        def shutdown(self, *_: Any, **__: Any) -> None:
            """Nothing is open."""

    reader = export.PeriodicExportingMetricReader(
        Exporter(), export_interval_millis=settings.every_s * 1000, export_timeout_millis=settings.every_s * 1000
    )
    return metrics.MeterProvider(
        [reader], resource=resource, exemplar_filter=metrics.AlwaysOffExemplarFilter(), shutdown_on_exit=False
    )


def _histograms(meters: Any) -> dict[str, Any]:
    meter = meters.get_meter(names.SCOPE, _version("modelrouter"), names.SCHEMA_URL)
    return {
        name: meter.create_histogram(
            name, each.unit, each.description, explicit_bucket_boundaries_advisory=list(each.bounds)
        )
        for name, each in HISTOGRAMS.items()
    }
