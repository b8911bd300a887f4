"""Where traces and metrics go, as written in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.core.telemetry import Telemetry
from modelrouter.inventory.document import child_of
from modelrouter.inventory.entry import Entry, about
from modelrouter.inventory.fields import Flag, Interval, Line, Name, Reference, Share, Url
from modelrouter.inventory.problems import Finding
from modelrouter.inventory.references import select

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelrouter.inventory.document import Entries

__all__ = ["TelemetryEntry", "telemetry", "unsent"]


class TelemetryEntry(Entry):
    """A receiver of OpenTelemetry's protocol over HTTP. Nothing but this section decides where telemetry goes."""

    otlp: Url = about(
        "The receiver's address; `/v1/traces` and `/v1/metrics` are added.", "http://127.0.0.1:4318", unit="url"
    )
    headers: dict[Name, Reference] = about(
        "Headers for the receiver, each by where its value is found.", {"authorization": "env:OTLP_TOKEN"}, {}
    )
    traces: Flag = about("Whether it is sent traces: one for each request, with a span for each attempt.", True, True)
    metrics: Flag = about("Whether it is sent metrics.", True, True)
    sample: Share = about(
        "The share of traces that is kept. Where a caller traces itself, the caller has decided.",
        "10%",
        1.0,
        written="100%",
    )
    every: Interval = about("How often metrics are sent.", "30s", 60.0, unit="duration", written="60s")
    service: Line = about("What the receiver is to call this router (`service.name`).", "modelrouter-eu", "modelrouter")
    attributes: dict[Name, Line] = about(
        "More facts of this installation, as OpenTelemetry's resource attributes.",
        {"deployment.environment.name": "production"},
        {},
    )


def telemetry(entry: TelemetryEntry | None) -> Telemetry | None:
    """The value of a section."""
    if entry is None:
        return None
    return Telemetry(
        otlp=entry.otlp,
        headers=dict(entry.headers),
        traces=entry.traces,
        metrics=entry.metrics,
        sample=entry.sample,
        every_s=entry.every,
        service=entry.service,
        attributes=dict(entry.attributes),
    )


def unsent(tree: Entries) -> Iterator[Finding]:
    """A section by which nothing is sent, which nobody can have meant."""
    for path, node in select(tree, "telemetry"):
        if all(str(child_of(node, what)) == "false" for what in ("traces", "metrics")):
            yield Finding(path, "neither traces nor metrics are sent", "Delete the section, or one of the two lines.")
