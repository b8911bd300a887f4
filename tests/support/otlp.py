"""A receiver of OpenTelemetry's protocol over HTTP, on a real loopback socket."""

from __future__ import annotations

import gzip
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

PATIENCE_S = 20.0


class Receiver:
    """Takes traces and metrics, and keeps what it understood; a context manager.

    `status` is what it answers with from now on; while `slow` is set, it answers only when that is cleared.
    """

    def __init__(self) -> None:
        self.status = 200
        self.spans: list[Any] = []
        self.resources: list[dict[str, Any]] = []
        self.scopes: list[Any] = []
        self.metrics: list[Any] = []
        self.headers: list[Mapping[str, str]] = []
        """Of every payload, names in lower case."""
        self.bytes = b""
        """Everything that ever came, unpacked, headers included."""
        self.posts = 0
        self.free = threading.Event()
        self.free.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            """One connection."""

            def do_POST(self) -> None:
                """Take one payload."""
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                receiver.take(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                receiver.free.wait(PATIENCE_S)
                self.send_response(receiver.status)
                self.send_header("location", "http://127.0.0.1:9/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Its address, for `telemetry: {otlp: …}`."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Read one payload; what it cannot read fails the test that looks for it."""
        self.posts += 1
        self.headers.append(headers)
        self.bytes += repr(headers).encode() + body
        if self.status != 200 or not self.free.is_set():
            return
        if path.endswith("/v1/traces"):
            for group in ExportTraceServiceRequest.FromString(body).resource_spans:
                self.resources.append(plain(group.resource.attributes))
                for scope in group.scope_spans:
                    self.scopes.append(scope)
                    self.spans += scope.spans
        elif path.endswith("/v1/metrics"):
            for group in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                self.resources.append(plain(group.resource.attributes))
                for scope in group.scope_metrics:
                    self.metrics += scope.metrics

    def await_spans(self, count: int) -> list[Any]:
        """The spans so far, once there are as many, by when they began; whole requests before their calls."""
        until = time.monotonic() + PATIENCE_S
        while len(self.spans) < count and time.monotonic() < until:
            time.sleep(0.01)
        assert len(self.spans) >= count, f"{len(self.spans)} of {count} spans came"
        return sorted(self.spans, key=lambda span: (span.trace_id, span.kind != 1, span.start_time_unix_nano))

    def points(self, name: str) -> list[tuple[dict[str, Any], Any]]:
        """The last that was told of a metric: attributes and value of each series."""
        last: dict[str, tuple[dict[str, Any], Any]] = {}
        for metric in self.metrics:
            if metric.name == name:
                for point in metric.histogram.data_points:
                    told = plain(point.attributes)
                    last[repr(sorted(told.items()))] = (told, point)
        return list(last.values())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.free.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


def plain(attributes: Any) -> dict[str, Any]:
    """Attributes of the protocol as plain values."""
    return {each.key: _value(each.value) for each in attributes}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind)
