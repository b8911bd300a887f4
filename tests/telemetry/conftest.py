"""A router whose traces go to a real receiver on loopback."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from support.inventories import deployment, inventory, process, provider
from support.otlp import Receiver, plain

from modelrouter.core.telemetry import Telemetry
from modelrouter.router import Router
from modelrouter.testing import ScriptedProvider, status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from modelrouter.core.inventory import Inventory
    from modelrouter.testing import Script

GEOFENCED = status(
    403, '{"error": {"code": "unsupported_country_region_territory", "message": "Country not supported: sk-echo"}}'
)
BUSY = status(503, '{"error": {"message": "The server is overloaded"}}')


@dataclass
class Span:
    """One span as it came, in plain words."""

    name: str
    trace: str
    id: str
    parent: str
    kind: int
    told: Mapping[str, Any]
    events: list[tuple[str, dict[str, Any]]]
    status: int
    message: str
    begun: int
    ended: int
    state: str


class Scene:
    """A router of two deployments, `first` and `second`, for the process `claims`, and the receiver of its traces."""

    def __init__(self, receiver: Receiver, router: Router, scripted: ScriptedProvider) -> None:
        self.receiver, self.router, self.scripted = receiver, router, scripted

    def spans(self, count: int) -> list[Span]:
        """So many spans, whole requests first; more than that fail the test."""
        self.router.close()
        found = [read(span) for span in self.receiver.await_spans(count)]
        assert len(found) == count, [span.name for span in found]
        return found


def read(span: Any) -> Span:
    """A span of the protocol in plain words."""
    return Span(
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.kind,
        plain(span.attributes),
        [(event.name, plain(event.attributes)) for event in span.events],
        span.status.code,
        span.status.message,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.trace_state,
    )


def traced(to: str, **facts: Any) -> Inventory:
    """An inventory whose traces go to an address; `facts` are those of the section, and of the process `claims`."""
    section = {key: facts.pop(key) for key in ("headers", "traces", "metrics", "sample", "every_s") if key in facts}
    first = deployment("first", of=provider("first-p", vendor="openai"), url="https://first.example/v1")
    second = deployment("second", of=provider("second-p", vendor="mistral"), url="http://second.example:8000/v1")
    return inventory(process("claims", first, second, **facts), telemetry=Telemetry(otlp=to, **section) if to else None)


@contextmanager
def scene_of(scripts: Mapping[str, Sequence[Script]], receiver: Receiver, **facts: Any) -> Iterator[Scene]:
    """A router at work."""
    scripted = ScriptedProvider(scripts)
    with Router(traced(receiver.url, **facts), clients=scripted.clients(), observers=[], hold_file=None) as router:
        yield Scene(receiver, router, scripted)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of one's own."""
    with Receiver() as made:
        yield made
