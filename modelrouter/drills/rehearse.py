"""Plays scenarios on this machine, several side by side, and records what happens.

Every scenario has a stage of its own. All share one event loop, so their number is bounded, and they
begin together: what one of them waits for the processor, while another is being set up, would look like
a provider's slowness. How late the loop was is in each recording.
"""

from __future__ import annotations

import asyncio
import gc
from contextlib import AsyncExitStack, suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import openai
import orjson

from modelrouter.drills.catalogue import catalogue
from modelrouter.drills.demand import TOOL, demand
from modelrouter.drills.guard import Guard
from modelrouter.drills.miniature import miniature
from modelrouter.drills.quality import asked_by, failing, with_checks
from modelrouter.drills.recording import Recording, Sent
from modelrouter.drills.scenario import Blow, Scenario
from modelrouter.drills.stage import Library, Stage
from modelrouter.drills.twins.effects import Effect

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from modelrouter.core.inventory import Inventory, QualityCheck
    from modelrouter.drills.demand import Planned
    from modelrouter.drills.logbook import Listener, Logbook
    from modelrouter.drills.miniature import Miniature
    from modelrouter.drills.plan import Level

__all__ = ["JOBS", "Rehearsal", "plan", "rehearse"]

Checks: TypeAlias = "Mapping[tuple[str, str], QualityCheck]"
"""As `quality.asked_by` answers them."""
JOBS = 3
"""Scenarios side by side: the loop then stays idle for most of the time on two cores."""
GRACE_S = 3.0
"""How long callers still wait when a scenario is over; what is not answered by then is lost."""
TICK_S = 0.02


class Answer(NamedTuple):
    """What came back, whole or streamed."""

    text: str
    tool: str | None
    arguments: str
    finished: str | None


class Rehearsal(NamedTuple):
    """All scenarios, played."""

    inventory: Inventory
    miniature: Miniature
    recordings: tuple[Recording, ...]
    refused: tuple[str, ...]
    """Connections that would have left this machine; none is expected."""
    level: Level = "twin"
    seed: int = 0
    """From which chance was drawn, where the level has any."""


def plan(inventory: Inventory) -> tuple[Scenario, ...]:
    """The scenarios that `rehearse` plays unless told otherwise; nothing is started."""
    return catalogue(inventory, miniature(inventory))


def rehearse(
    inventory: Inventory,
    scenarios: Sequence[Scenario],
    *,
    jobs: int = JOBS,
    told: Callable[[Recording], None] = lambda _: None,
    doing: Callable[[str], None] = lambda _: None,
    book: Logbook | None = None,
) -> Rehearsal:
    """Play the scenarios and answer their recordings in the same order; `told` hears of each when it is over.

    `doing` hears in a few words what is being done, whenever that changes. With a `book` every request is recorded there.
    Blocks; needs a thread without a running event loop. No connection leaves this machine meanwhile.
    """
    small = miniature(inventory)
    # asyncio's own loop: the guard hears only of sockets that Python opens.
    with Guard() as guard, asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        recordings = runner.run(_all(inventory, small, _batches(scenarios, jobs), told, doing, book))
        return Rehearsal(inventory, small, recordings, tuple(guard.refused))


async def _all(
    inventory: Inventory,
    small: Miniature,
    batches: Sequence[Sequence[Scenario]],
    told: Callable[[Recording], None],
    doing: Callable[[str], None],
    book: Logbook | None,
) -> tuple[Recording, ...]:
    library = Library()
    planned = with_checks(demand(inventory, small), inventory, small.steady_s)
    checks = asked_by(inventory)
    recordings: list[Recording] = []
    try:
        doing("putting up twins and asking each once")
        await _warm(inventory, small, library, planned)
        # With litellm loaded, a full collection of garbage stops the loop for half a second: what is here will stay.
        gc.collect()
        gc.freeze()
        for batch in batches:
            doing(_playing(batch))
            stages = [(scenario, Stage(inventory, small, library, _listener(book, scenario))) for scenario in batch]
            for recording in await _side_by_side(stages, planned, checks):
                told(recording)
                recordings.append(recording)
    finally:
        gc.unfreeze()
        await library.end()
    return tuple(recordings)


def _listener(book: Logbook | None, scenario: Scenario) -> Listener | None:
    return book.listener(scenario.id, monotonic) if book is not None else None


def _batches(scenarios: Sequence[Scenario], jobs: int) -> list[Sequence[Scenario]]:
    return [scenarios[first : first + jobs] for first in range(0, len(scenarios), jobs)]


def _playing(batch: Sequence[Scenario]) -> str:
    others = f" and {len(batch) - 1} more" if len(batch) > 1 else ""
    return f"playing {batch[0].id}{others}"


async def _side_by_side(
    stages: Sequence[tuple[Scenario, Stage]], planned: Sequence[Planned], checks: Checks
) -> list[Recording]:
    async with AsyncExitStack() as rooms:
        for _, stage in stages:
            await rooms.enter_async_context(stage)
        return await asyncio.gather(*(_play(scenario, stage, planned, checks) for scenario, stage in stages))


async def _warm(inventory: Inventory, small: Miniature, library: Library, planned: Sequence[Planned]) -> None:
    """Ask each deployment on a stage that is not judged, until it answers and then fails: first uses import things."""
    shapes = {request.process: request for request in planned}
    asked = {route.id: shapes[process.id] for process in inventory.processes.values() for route in process.routes}
    everywhere = Blow(effect=Effect.AUTH, scope="", deployments=frozenset(asked), from_s=0.0)
    async with Stage(inventory, small, library) as stage:
        for stream, faults in ((False, []), (True, []), (False, [everywhere])):
            await stage.strike(faults)
            for name, request in asked.items():
                with suppress(openai.OpenAIError):
                    await _read(stage, {**request.parameters, "model": name, "stream": stream})


async def _play(scenario: Scenario, stage: Stage, planned: Sequence[Planned], checks: Checks) -> Recording:
    """Send the demand at its times, and let fail what is to fail."""
    last = scenario.duration_s + GRACE_S
    stage.begin()
    watch = _Watch()
    watching = asyncio.create_task(watch.run())
    struck = asyncio.create_task(_strike(scenario, stage))
    sent = await asyncio.gather(
        *(_send(stage, request, last, checks.get((request.process, request.wants))) for request in planned)
    )
    fault_at = await struck
    ended = stage.now()
    watching.cancel()
    return Recording(
        scenario=scenario,
        fault_at=fault_at,
        ended=ended,
        sent=tuple(sent),
        calls=stage.log(),
        marks=stage.marks,
        lag_s=watch.lag_s,
    )


async def _strike(scenario: Scenario, stage: Stage) -> float | None:
    """Change what stands at each time at which that is due; answers when the first fault stood."""
    times = sorted({time for fault in scenario.faults for time in (fault.from_s, fault.until_s) if time is not None})
    first = None
    for time in times:
        await asyncio.sleep(time - stage.now())
        await stage.strike([fault for fault in scenario.faults if fault.stands(time)])
        first = stage.now() if first is None else first
    return first


async def _send(stage: Stage, request: Planned, last: float, check: QualityCheck | None) -> Sent:
    """Send one request at its time through the SDK, and wait for its answer."""
    await asyncio.sleep(request.at_s - stage.now())
    at = stage.now()
    error = spoilt = None
    try:
        async with asyncio.timeout(last - at):
            answer = await _read(stage, request.parameters)
        spoilt = flaw(request.wants, answer) if check is None else failing(check, answer.text)
    except TimeoutError:
        error = f"no answer within {last - at:.1f} s"
    except openai.OpenAIError as failed:
        error = f"{type(failed).__name__}: {failed}"
    asked = None if check is None else check.id
    stream = bool(request.parameters["stream"])
    return Sent(request.marker, request.process, stream, at, stage.now(), error, spoilt, asked)


async def _read(stage: Stage, parameters: Mapping[str, Any]) -> Answer:
    """Ask through the SDK and read the answer to its end, streamed or whole."""
    if "input" in parameters:
        made = await stage.client.embeddings.create(model=parameters["model"], input=parameters["input"])
        return Answer(" ".join(str(len(vector.embedding)) for vector in made.data), None, "", "stop")
    if not parameters["stream"]:
        whole = await stage.client.chat.completions.create(**parameters)
        message = whole.choices[0].message
        call = message.tool_calls[0].function if message.tool_calls else None
        return Answer(
            message.content or "", call and call.name, call.arguments if call else "", whole.choices[0].finish_reason
        )
    text = arguments = ""
    name = finished = None
    async for chunk in await stage.client.chat.completions.create(**parameters):
        for choice in chunk.choices:
            finished = choice.finish_reason or finished
            text += choice.delta.content or ""
            for piece in choice.delta.tool_calls or ():
                name = (piece.function and piece.function.name) or name
                arguments += (piece.function and piece.function.arguments) or ""
    return Answer(text, name, arguments, finished)


def flaw(wants: str, answer: Answer) -> str | None:
    """What an answer lacks of what was asked for."""
    if answer.finished is None:
        return "no end"
    if wants == "tools":
        named = answer.tool == TOOL and _is_object(answer.arguments)
        return None if named else "no call of the tool that was asked for"
    if wants == "json_schema":
        return None if _is_object(answer.text) else "no JSON of the shape that was asked for"
    return None if answer.text else "no text"


def _is_object(text: str) -> bool:
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


class _Watch:
    """Watches how late the event loop is."""

    def __init__(self) -> None:
        self.lag_s = 0.0

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + TICK_S
            await asyncio.sleep(TICK_S)
            self.lag_s = max(self.lag_s, loop.time() - due)
