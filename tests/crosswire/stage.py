"""Deployments of every wire, each a twin on a real socket, and a router whose process goes to some of them in order."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from modelrouter import Router
from modelrouter.core.inventory import Account, Deployment, Inventory, Model, Objectives, Process, Provider
from modelrouter.drills.twins.keys import dummy_key
from modelrouter.drills.twins.twin import Pace, Twin
from modelrouter.testing import Recorder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from modelrouter.core.decision import Decision
    from modelrouter.core.inventory import Wire

PROCESS = "claims-triage"
TOKENS = 12
PACE = Pace(first_token_s=0, token_gap_s=0, tokens=TOKENS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A deployment as inventories describe it."""

    wire: Wire
    vendor: str
    name: str
    url: str | None = None


SEATS: Mapping[str, Seat] = {
    "openai-chat": Seat(wire="openai-chat", vendor="openai", name="gpt-5.6", url="https://api.openai.com/v1"),
    "openai-chat (vLLM)": Seat(wire="openai-chat", vendor="vllm", name="qwen3-32b", url="http://localhost:8000/v1"),
    "openai-responses": Seat(wire="openai-responses", vendor="openai", name="gpt-5.6", url="https://api.openai.com/v1"),
    "anthropic-messages": Seat(
        wire="anthropic-messages", vendor="anthropic", name="claude-opus-4-8", url="https://api.anthropic.com"
    ),
    "gemini": Seat(
        wire="gemini", vendor="gemini", name="gemini-3.1-pro", url="https://generativelanguage.googleapis.com/v1beta"
    ),
    "litellm (openai)": Seat(wire="litellm", vendor="openai", name="openai/gpt-5.6"),
    "litellm (anthropic)": Seat(wire="litellm", vendor="anthropic", name="anthropic/claude-opus-4-8"),
}
"""Every way for a deployment to be spoken to, with a model that can do everything."""
CAPABILITIES = frozenset({"tools", "vision", "json_schema", "thinking", "documents", "audio"})


@dataclass(frozen=True, slots=True)
class Stage:
    """A router over twins, and what it decided."""

    router: Router
    twins: tuple[Twin, ...]
    deployments: tuple[Deployment, ...]
    recorder: Recorder = field(default_factory=Recorder)

    @property
    def last(self) -> Decision:
        """How the last request was served."""
        return self.recorder.decisions[-1]

    @property
    def losses(self) -> tuple[str, ...]:
        """What the last answer's deployment did not see of its request."""
        return tuple(loss for attempt in self.last.trail if attempt.fault is None for loss in attempt.losses)


@asynccontextmanager
async def staged(
    folder: Path, *seats: str, pace: Pace = PACE, names: Mapping[int, str] | None = None, letters: str = "abc"
) -> AsyncIterator[Stage]:
    """One deployment for each seat, in the order of the route; `names` puts other models in their places.

    Every place is a provider and an account of its own, by its letter.
    """
    async with AsyncExitStack() as rooms:
        twins, routes = [], []
        for place, word in enumerate(seats):
            seat = SEATS[word]
            seat = replace(seat, name=(names or {}).get(place, seat.name))
            described = _deployment(f"{letters[place]}-{seat.vendor}", seat, folder)
            twin = await rooms.enter_async_context(Twin(described.provider, [described], pace=pace))
            twins.append(twin)
            routes.append(replace(described, url=twin.base_url(described)))
        recorder = Recorder()
        router = Router(_inventory(routes), observers=[recorder], hold_file=None)
        async with router:
            yield Stage(router, tuple(twins), tuple(routes), recorder)


def _deployment(name: str, seat: Seat, folder: Path) -> Deployment:
    file = folder / f"{name}.key"
    account = Account(provider=name, name="main", key=f"file:{file}")
    file.write_text(dummy_key(account))
    provider = Provider(
        id=name, company=name, headquarters="US", vendor=seat.vendor, local=True, accounts={"main": account}
    )
    model = Model(
        id=seat.name.rpartition("/")[2],
        developer=seat.vendor,
        family=seat.vendor,
        context=200_000,
        output=8192,
        capabilities=CAPABILITIES,
    )
    return Deployment(
        id=name, provider=provider, account=account, model=model, wire=seat.wire, url=seat.url, name=seat.name
    )


def _inventory(routes: list[Deployment]) -> Inventory:
    facts: dict[str, Any] = {
        "deployments": {route.id: route for route in routes},
        "providers": {route.provider.id: route.provider for route in routes},
        "models": {route.model.id: route.model for route in routes},
    }
    process = Process(
        id=PROCESS,
        owner="tests",
        criticality="standard",
        routes=tuple(routes),
        objectives=Objectives(deadline_s=20.0),
    )
    return Inventory(name="crosswire", path="crosswire.yaml", processes={PROCESS: process}, **facts)
