"""What every client is put in front of: a gateway over two twins, of which the first is taken away in the middle.

A twin of each wire stands ready twice, as a first and as a second provider. A `Scene` is one route over two of them
with a router that knows nothing yet, and lasts until the next; all scenes are served on one address.
"""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from modelrouter.core.inventory import Account, Deployment, Inventory, Model, Objectives, Process, Provider
from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.injection import Injection
from modelrouter.drills.twins.keys import dummy_key
from modelrouter.drills.twins.twin import Pace, Twin
from modelrouter.gateway.app import Gateway
from modelrouter.gateway.server import beside, bound
from modelrouter.router import Router

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from starlette.types import Receive, Send
    from starlette.types import Scope as ASGIScope

    from modelrouter.core.inventory import Wire

PROCESS = "claims-triage"
FOUND = "found it"
"""What the tool says."""
CONTROL = "/stand/"
"""Paths for clients in other processes: `POST /stand/open/FIRST/SECOND`, `/stand/take-away`; `GET /stand/served`."""
PACE = Pace(first_token_s=0, token_gap_s=0, tokens=12)
PATIENCE_S = 5.0
ROOM = 400_000
"""Tokens of context: whole agents bring long instructions."""


class Seat(NamedTuple):
    """A provider of a wire, as inventories describe it."""

    wire: Wire
    vendor: str
    model: str
    url: str


SEATS: Mapping[str, Seat] = {
    seat.wire: seat
    for seat in (
        Seat("openai-chat", "openai", "gpt-5.6", "https://api.openai.com/v1"),
        Seat("openai-responses", "openai", "gpt-5.6", "https://api.openai.com/v1"),
        Seat("anthropic-messages", "anthropic", "claude-opus-4-8", "https://api.anthropic.com"),
        Seat("gemini", "gemini", "gemini-3.1-pro", "https://generativelanguage.googleapis.com/v1beta"),
    )
}
WIRES = tuple(SEATS)


class Pair(NamedTuple):
    """The wire of the provider that is taken away, and of the one that goes on."""

    first: str
    second: str

    def __str__(self) -> str:
        return f"{self.first} then {self.second}"


RING = tuple(Pair(wire, WIRES[place - 1]) for place, wire in enumerate(WIRES))
"""Each wire once in each place."""
HALF = RING[::2]
"""Each wire once."""
PAIRS = tuple(Pair(first, second) for first in WIRES for second in WIRES)
"""Every pair, a second provider of the same wire included."""


@dataclass(frozen=True, slots=True)
class Place:
    """A deployment and the twin behind it."""

    deployment: Deployment
    twin: Twin


@dataclass(slots=True)
class Scene:
    """One route over two providers."""

    url: str
    """Of the gateway, without a version."""
    router: Router
    first: Place
    second: Place
    _since: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self._since = (len(self.first.twin.log), len(self.second.twin.log))

    def take_away(self) -> None:
        """From now on the first provider's account is suspended."""
        self.first.twin.inject(Injection(effect=Effect.SUSPENDED))

    def cut(self) -> None:
        """From now on the first provider's streams break off in the middle."""
        self.first.twin.inject(Injection(effect=Effect.CUT_AFTER_CONTENT))

    @property
    def served(self) -> tuple[int, int]:
        """How many calls each of the two has answered."""
        ends = time.monotonic() + PATIENCE_S
        while (self.first.twin.inside or self.second.twin.inside) and time.monotonic() < ends:
            time.sleep(0.001)  # a client may have its answer before the twin has noted it
        first, second = (
            sum(1 for entry in place.twin.log[since:] if not entry.probe and entry.status == 200)
            for place, since in zip((self.first, self.second), self._since, strict=True)
        )
        return first, second

    def says(self, place: Place, note: str = "") -> str:
        """How that provider's answers begin."""
        return f"Served by {place.deployment.id}.{note}"


class Stand:
    """An ASGI application: the gateway of the scene that is on, and the control of scenes."""

    def __init__(self, places: Mapping[tuple[str, str], Place]) -> None:
        self._places = places
        self._gateway: Gateway | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.scene: Scene | None = None
        self.url = ""

    def open(self, pair: Pair) -> Scene:
        """Put another scene on; the one before is over, and its router closed by whoever opened it."""
        places = [self._places[role, wire] for role, wire in zip(("first", "second"), pair, strict=True)]
        for place in places:
            place.twin.clear()
        router = Router(inventory(*(place.deployment for place in places)), observers=(), hold_file=None)
        self._gateway = Gateway(router)
        self.scene = Scene(self.url, router, *places)
        return self.scene

    def close(self, scene: Scene) -> None:
        """Close the router of a scene, in both of its worlds."""
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(scene.router.aclose(), self._loop).result(10)
        scene.router.close()

    async def __call__(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] == "lifespan":
            self._loop = asyncio.get_running_loop()
            await _live(receive, send)
        elif scope["path"].startswith(CONTROL):
            await self._control(scope["path"].removeprefix(CONTROL).split("/"), send)
        elif self._gateway is not None:
            await self._gateway(scope, receive, send)

    async def _control(self, words: list[str], send: Send) -> None:
        told: Any = None
        match words:
            case ["open", first, second]:
                if self.scene is not None:
                    await self.scene.router.aclose()
                self.open(Pair(first, second))
            case ["take-away"] if self.scene is not None:
                self.scene.take_away()
            case ["served"] if self.scene is not None:
                told = self.scene.served
            case _:
                raise ValueError(f"no such control: {words}")
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": orjson.dumps(told)})


async def _live(receive: Receive, send: Send) -> None:
    for _ in range(2):
        message = await receive()
        await send({"type": f"{message['type']}.complete"})


@contextmanager
def standing(folder: Path) -> Iterator[Stand]:
    """Twins of every wire and a gateway, on loopback, for as long as the block lasts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="twins")
    thread.start()

    def run(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(30)

    stack = AsyncExitStack()
    try:
        stand = Stand(run(_places(folder, stack)))
        with bound("127.0.0.1", 0) as listening, beside(stand, listening) as stand.url:
            yield stand
    finally:
        run(stack.aclose())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


async def _places(folder: Path, stack: AsyncExitStack) -> dict[tuple[str, str], Place]:
    places = {}
    for role in ("first", "second"):
        for wire, seat in SEATS.items():
            described = _deployment(f"{role}-{wire}", seat, folder)
            twin = await stack.enter_async_context(Twin(described.provider, [described], pace=PACE))
            places[role, wire] = Place(replace(described, url=twin.base_url(described)), twin)
    return places


def _deployment(name: str, seat: Seat, folder: Path) -> Deployment:
    file = folder / f"{name}.key"
    account = Account(provider=name, name="main", key=f"file:{file}")
    file.write_text(dummy_key(account))
    provider = Provider(
        id=name, company=name, headquarters="US", vendor=seat.vendor, local=True, accounts={"main": account}
    )
    model = Model(
        id=f"{seat.model} of {name}",
        developer=seat.vendor,
        family=seat.vendor,
        context=ROOM,
        output=128_000,
        capabilities=frozenset({"tools", "vision", "json_schema", "thinking", "documents", "audio"}),
    )
    return Deployment(
        id=name, provider=provider, account=account, model=model, wire=seat.wire, url=seat.url, name=seat.model
    )


def inventory(*routes: Deployment) -> Inventory:
    """One process that goes to these, in this order."""
    process = Process(
        id=PROCESS, owner="tests", criticality="standard", routes=routes, objectives=Objectives(deadline_s=30.0)
    )
    return Inventory(
        name="compatibility",
        path="compatibility.yaml",
        providers={route.provider.id: route.provider for route in routes},
        models={route.model.id: route.model for route in routes},
        deployments={route.id: route for route in routes},
        processes={PROCESS: process},
    )
