"""What each process sends in a rehearsal: when, with which marker, asking for what it needs."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.inventory import Inventory, Process
    from modelrouter.drills.miniature import Miniature

__all__ = ["TOOL", "Planned", "demand"]

EMBEDDINGS = "openai-embeddings"
"""The wire of deployments that answer nothing else; a route has no others beside them."""
TOOL = "record_finding"
SHAPE: Mapping[str, Any] = MappingProxyType(
    {
        "type": "object",
        "properties": {
            "category": {"type": "string", "enum": ["routine", "urgent", "unclear"]},
            "reason": {"type": "string"},
        },
        "required": ["category", "reason"],
        "additionalProperties": False,
    }
)
DOT = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A picture of one pixel."""


class Planned(NamedTuple):
    """One request to be sent."""

    at_s: float
    """Since the scenario began."""
    process: str
    marker: str
    wants: str
    """`tools`, `json_schema`, `text` or `embeddings`: what its answer must be."""
    parameters: Mapping[str, Any]
    """For the SDK's `chat.completions.create`; with an `input`, for its `embeddings.create`."""


def demand(inventory: Inventory, miniature: Miniature) -> tuple[Planned, ...]:
    """Every request of one scenario in the order of its time: evenly spread, the processes out of step."""
    processes = list(inventory.processes.values())
    planned = [
        _planned(process, number, (number + (place + 0.5) / len(processes)) * miniature.duration_s / count)
        for place, process in enumerate(processes)
        for count in (miniature.requests[process.id],)
        for number in range(count)
    ]
    return tuple(sorted(planned, key=lambda request: request.at_s))


def _planned(process: Process, number: int, at_s: float) -> Planned:
    marker = f"{process.id}#{number + 1:03d}"
    wants = next((word for word in ("tools", "json_schema") if word in process.needs.capabilities), "text")
    content: Any = f"A rehearsal for {process.id}. Please answer briefly. [[{marker}]]"
    if all(route.wire == EMBEDDINGS for route in process.routes):
        return Planned(at_s, process.id, marker, "embeddings", {"model": process.id, "input": content, "stream": False})
    if "vision" in process.needs.capabilities:
        content = [{"type": "text", "text": content}, {"type": "image_url", "image_url": {"url": DOT}}]
    parameters = {
        "model": process.id,
        "messages": [{"role": "user", "content": content}],
        "stream": number % 2 == 1,
        **ASKING[wants],
    }
    return Planned(at_s, process.id, marker, wants, parameters)


ASKING: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "tools": {
            "tools": [
                {
                    "type": "function",
                    "function": {"name": TOOL, "description": "Record what was found.", "parameters": dict(SHAPE)},
                }
            ],
            "tool_choice": {"type": "function", "function": {"name": TOOL}},
        },
        "json_schema": {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "finding", "strict": True, "schema": dict(SHAPE)},
            }
        },
        "text": {},
    }
)
"""What a request adds for what it wants."""
