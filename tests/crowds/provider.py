"""A provider with a capacity: it answers, queues, refuses, falls silent or closes its door, and counts."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from modelrouter.providers.base import PLAIN, CallOptions, ConnectionFailedError
from modelrouter.testing import ScriptedReply, status, stream, text
from modelrouter.wire.dialects import DIALECTS

if TYPE_CHECKING:
    from modelrouter.core.inventory import Deployment
    from modelrouter.providers.base import ProviderClient

OVERLOADED = '{"error": {"type": "overloaded_error", "message": "Overloaded"}}'
BROKEN = '{"error": {"type": "api_error", "message": "Internal server error"}}'
THROTTLED = '{"error": {"type": "rate_limit_error", "code": "rate_limit_exceeded", "message": "Rate limit reached"}}'


@dataclass(slots=True)
class Place:
    """One deployment as its provider runs it."""

    takes_s: float = 0.2
    at_once: int | None = None
    """Calls it works on at a time; None: any number."""
    queues: bool = False
    """Whether the others wait; else they are refused as overload."""
    mode: str = "well"
    """`well`, `silent` (takes calls and answers none), `closed` (refuses connections), `broken` (500)."""
    throttle_next: bool = False
    """The next call is answered 429."""
    calls: int = 0
    refused: int = 0
    inside: int = 0
    most: int = 0
    """The most that were ever inside."""
    tried: int = 0
    """The most that were inside while it was on trial."""
    served: Counter[str] = field(default_factory=Counter)
    """By the process named in the answer's request."""
    queue: deque[asyncio.Future[None]] = field(default_factory=deque)


class Crowded:
    """Places by deployment id."""

    def __init__(self, **places: Place) -> None:
        self.places = places
        self.listed = True

    def clients(self) -> dict[str, ProviderClient]:
        """This provider for every wire."""
        return dict.fromkeys(DIALECTS, self)

    async def send(self, deployment: Deployment, body: bytes, _options: CallOptions = PLAIN) -> ScriptedReply:
        """Serve one call as the place is disposed to."""
        place = self.places[deployment.id]
        place.calls += 1
        if place.mode == "closed":
            raise ConnectionFailedError("ConnectionRefusedError: [Errno 111] Connection refused")
        if place.mode == "broken":
            return ScriptedReply(status(500, BROKEN))
        if place.throttle_next:
            place.throttle_next = False
            return ScriptedReply(status(429, THROTTLED, {"retry-after": "5"}))
        if place.at_once is not None and place.inside >= place.at_once:
            if not place.queues:
                place.refused += 1
                return ScriptedReply(status(529, OVERLOADED))
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            place.queue.append(turn)
            await turn
        place.inside += 1
        place.most = max(place.most, place.inside)
        try:
            if place.mode == "silent":
                await asyncio.Event().wait()
            await asyncio.sleep(place.takes_s)
            if place.mode == "silent":
                await asyncio.Event().wait()
        finally:
            place.inside -= 1
            while place.queue:
                turn = place.queue.popleft()
                if not turn.done():
                    turn.set_result(None)
                    break
        return ScriptedReply(stream(["ok"]) if b'"stream":true' in body else text("ok"))

    async def listing(self, deployment: Deployment) -> ScriptedReply:
        """The free listing: there while the place is."""
        place = self.places[deployment.id]
        if place.mode == "closed":
            raise ConnectionFailedError("ConnectionRefusedError: [Errno 111] Connection refused")
        return ScriptedReply(status(500 if place.mode == "broken" else 200, deployment.name))

    def forget(self, deployment: Deployment) -> None:
        """Nothing is remembered."""

    async def aclose(self) -> None:
        """Nothing is open."""
