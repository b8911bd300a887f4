"""The one question that every client asks, and the answer that the upstream holds ready."""

from __future__ import annotations

from typing import Any

MODEL = "bench-model"
KEY = "sk-bench-no-secret"
PROCESS = "bench"
"""What the router calls it; two deployments of `MODEL` serve it."""

MESSAGES: list[dict[str, Any]] = [
    {"role": "system", "content": "You sort insurance claims. Answer in plain words, without lists."},
    {"role": "user", "content": "A hailstorm broke the skylight and rain ruined the floor below. Which cover applies?"},
]
PARAMETERS: dict[str, Any] = {"temperature": 0.2, "max_tokens": 300}
REQUEST: dict[str, Any] = {"model": MODEL, "messages": MESSAGES, **PARAMETERS}
STREAMED: dict[str, Any] = {**REQUEST, "stream": True}
HEADERS = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}

TEXT = (
    "The skylight is part of the building, and hail is a named peril, so the storm section of the buildings "
    "policy answers for the glass and its frame. The rain came in through an opening that the storm itself "
    "had made, which most wordings treat as one event with the hail; the floor is then covered as well, up "
    "to the same limit and with a single excess. Loose carpets and furniture belong to the contents policy."
)
CHUNKS = 60
"""Events of one stream, the role, the finish and `[DONE]` among them."""
