"""Plays scenarios on virtual time: the driver, the state and the router that ship; only the socket and the clock are others.

What happens in a scenario is decided by the scenario, the inventory and a seed: the same three give the same
recording to the byte. Callers ask the router itself, without an SDK between.
"""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING, Any

import orjson

from modelrouter.core.context import Context
from modelrouter.drills.catalogue import catalogue
from modelrouter.drills.demand import demand
from modelrouter.drills.miniature import SIMULATED, miniature
from modelrouter.drills.quality import asked_by, failing, with_checks
from modelrouter.drills.readdress import readdress
from modelrouter.drills.recording import Recording, Sent
from modelrouter.drills.rehearse import Answer, Rehearsal, flaw
from modelrouter.drills.simulated import SimulatedProviders
from modelrouter.drills.stage import Notes
from modelrouter.drills.twins.reception import Time
from modelrouter.errors import ModelRouterError
from modelrouter.router import Router
from modelrouter.runtime.virtual import VirtualTime
from modelrouter.wire.dialects import DIALECTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from modelrouter.core.inventory import Inventory, QualityCheck
    from modelrouter.drills.demand import Planned
    from modelrouter.drills.logbook import Logbook
    from modelrouter.drills.miniature import Miniature
    from modelrouter.drills.scenario import Scenario

__all__ = ["frame", "plan", "simulate"]

GRACE_S = 30.0
"""How long callers still wait when a scenario is over; what is not answered by then is lost."""


def frame(inventory: Inventory) -> Miniature:
    """The demand and the time that a scenario has here; scenarios to be simulated are made for it."""
    return miniature(inventory, SIMULATED)


def plan(inventory: Inventory) -> tuple[Scenario, ...]:
    """The catalogue, made for virtual time."""
    return catalogue(inventory, frame(inventory))


def simulate(
    inventory: Inventory,
    scenarios: Sequence[Scenario],
    *,
    seed: int = 0,
    told: Callable[[Recording], None] = lambda _: None,
    doing: Callable[[str], None] = lambda _: None,
    book: Logbook | None = None,
) -> Rehearsal:
    """Play the scenarios, one after the other, and answer their recordings; `told` hears of each when it is over.

    With a `book` every request is recorded there.

    Blocks; needs a thread without a running event loop. Nothing is sent anywhere.
    """
    small = frame(inventory)
    planned = with_checks(demand(inventory, small), inventory, small.steady_s)
    recordings = []
    for scenario in scenarios:
        doing(f"simulating {scenario.id}")
        recording = _Play(inventory, small, scenario, planned, seed, book).run()
        told(recording)
        recordings.append(recording)
    return Rehearsal(inventory, small, tuple(recordings), (), level="simulated", seed=seed)


class _Clock:
    """The router's: virtual time, and chance drawn from the seed."""

    def __init__(self, time: VirtualTime, chance: Random) -> None:
        self.now = time.now
        self.wall = time.wall
        self.chance = chance.random


class _Play:
    """One scenario."""

    def __init__(
        self,
        inventory: Inventory,
        small: Miniature,
        scenario: Scenario,
        planned: Sequence[Planned],
        seed: int,
        book: Logbook | None,
    ) -> None:
        self._scenario = scenario
        self._checks = asked_by(inventory)
        self._chance = Random(f"{seed}/{scenario.id}")
        self._planned = [self._shifted(request, small) for request in planned]
        self._time = VirtualTime()
        self._notes = Notes(self._time.now)
        self._providers = SimulatedProviders(inventory, small, Time(self._time.now, self._time.wall))
        self._inventory = readdress(inventory, self._providers.addresses)
        self._listener = book.listener(scenario.id, self._time.now) if book is not None else None

    def _shifted(self, request: Planned, small: Miniature) -> Planned:
        """Nobody asks at exactly even times: each request comes a little later, by chance."""
        gap = small.duration_s / small.requests[request.process]
        return request._replace(at_s=min(request.at_s + self._chance.random() * gap / 2, small.duration_s))

    def run(self) -> Recording:
        return self._time.run(self._run())

    async def _run(self) -> Recording:
        router = Router(
            self._inventory,
            observers=[self._notes, *([self._listener] if self._listener is not None else [])],
            clients=dict.fromkeys(DIALECTS, self._providers),
            clock=_Clock(self._time, self._chance),
            hold_file=None,
        )
        async with router:
            striking = asyncio.create_task(self._strike())
            sent = await asyncio.gather(*(self._send(router, request) for request in self._planned))
            fault_at = await striking
            ended = self._time.now()
        if self._listener is not None:
            self._listener.close()
        return Recording(
            scenario=self._scenario,
            fault_at=fault_at,
            ended=ended,
            sent=tuple(sent),
            calls=self._providers.log(),
            # What ends at one moment ends in no order of its own.
            marks=tuple(sorted(self._notes.marks, key=lambda mark: (mark.at, mark.domain))),
        )

    async def _strike(self) -> float | None:
        """Change what stands at each time at which that is due; answers when the first fault stood."""
        faults = self._scenario.faults
        times = sorted({time for fault in faults for time in (fault.from_s, fault.until_s) if time is not None})
        first = None
        for time in times:
            await asyncio.sleep(time - self._time.now())
            self._providers.strike([fault for fault in faults if fault.stands(time)])
            first = time if first is None else first
        return first

    async def _send(self, router: Router, request: Planned) -> Sent:
        """Send one request at its time, and wait for its answer."""
        await asyncio.sleep(request.at_s - self._time.now())
        at, last = self._time.now(), self._scenario.duration_s + GRACE_S
        check: QualityCheck | None = self._checks.get((request.process, request.wants))
        error = spoilt = None
        try:
            async with asyncio.timeout(last - at):
                answer = await _read(router, request.parameters)
            spoilt = flaw(request.wants, answer) if check is None else failing(check, answer.text)
        except TimeoutError:
            error = f"no answer within {last - at:.1f} s"
        except ModelRouterError as failed:
            error = f"{type(failed).__name__}: {failed}"
        asked = None if check is None else check.id
        stream = bool(request.parameters["stream"])
        return Sent(request.marker, request.process, stream, at, self._time.now(), error, spoilt, asked)


async def _read(router: Router, parameters: Mapping[str, Any]) -> Answer:
    """Ask, and read the answer to its end, streamed or whole."""
    body = orjson.dumps(dict(parameters))
    if "input" in parameters:
        made = (await router.ahandle("openai-embeddings", body, Context())).json()
        return Answer(" ".join(str(len(vector["embedding"])) for vector in made["data"]), None, "", "stop")
    answer = await router.ahandle("openai-chat", body, Context())
    if not answer.streamed:
        choice = answer.json()["choices"][0]
        calls = choice["message"].get("tool_calls") or [{"function": {"name": None, "arguments": ""}}]
        called = calls[0]["function"]
        return Answer(
            choice["message"].get("content") or "", called["name"], called["arguments"], choice["finish_reason"]
        )
    text = arguments = ""
    name = finished = None
    async for chunk in answer.events():
        for choice in chunk.get("choices") or ():
            delta = choice["delta"]
            finished = choice.get("finish_reason") or finished
            text += delta.get("content") or ""
            for piece in delta.get("tool_calls") or ():
                name = piece.get("function", {}).get("name") or name
                arguments += piece.get("function", {}).get("arguments") or ""
    return Answer(text, name, arguments, finished)
