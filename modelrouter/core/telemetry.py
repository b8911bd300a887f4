"""Where traces and metrics are sent, as a frozen value: the inventory's `telemetry:` section."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Telemetry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """A receiver of OpenTelemetry's protocol over HTTP, and what it is sent."""

    otlp: str
    """Its address, to which `/v1/traces` and `/v1/metrics` are added."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """References to their values (`env:NAME`, `file:PATH`, `exec:COMMAND`), never the values."""
    traces: bool = True
    metrics: bool = True
    sample: float = 1.0
    """The share of traces begun here that is kept; callers that trace themselves decide for their own."""
    every_s: float = 60.0
    """How often metrics are sent."""
    service: str = "modelrouter"
    """What the receiver calls us: `service.name`."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """More facts of this installation, as resource attributes: `deployment.environment.name`."""
