"""Plays one case through one door and keeps what was seen."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from battery.case import FIRST
from battery.doors import ASK
from battery.primary import Primary
from battery.stage import author, deployment

if TYPE_CHECKING:
    import openai
    from battery.case import Case, Mode
    from battery.doors import Door
    from battery.primary import Server
    from battery.seen import Outcome, Seen
    from battery.stage import Stage

CODES = {"server_is_overloaded": "overloaded"}
"""OpenAI's words in the errors that end a stream, where they are not ours."""
STEADY_S = 3.0
OUTAGE_S = 60.0
AFTER_S = 40.0
"""How long after an outage its end may be found."""
PACE_S = 0.5
LEAVES_AFTER_S = 0.3
CLOSED_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Shown:
    """One request as it is judged and reported."""

    outcome: Outcome
    by: str | None
    """Whose whole answer it was."""
    cause: str | None
    """What the trail says of the first deployment."""
    error: str
    status: int | None
    waited_s: float
    done_s: float
    message: str = ""
    first_calls: int = 0
    """Of the first deployment, as the trail tells."""


@dataclass(slots=True)
class Played:
    """One case, one door, one repeat."""

    case: Case
    door: str
    mode: Mode
    shown: list[Shown] = field(default_factory=list)
    calls: int = 0
    others: dict[str, int] = field(default_factory=dict)
    returned_s: float | None = None
    """After an outage: until the first deployment served again."""
    closed_s: float | None = None
    """After the caller left: until the provider's connection was closed."""


async def play(stage: Stage, door: Door, case: Case, mode: Mode) -> Played:
    """Play it."""
    played = Played(case, door.name, mode)
    if case.plan == "leaves":
        await _leave(stage, door, played)
    elif case.plan == "outage":
        await _outage(stage, door, played)
    else:
        for _ in range(case.requests):
            played.shown.append(shown(case, await door.ask(case.name, mode)))
    if case.plan != "outage":
        told = stage.calls(case, FIRST)
        played.calls = sum(each.first_calls for each in played.shown) if told is None else told
    played.others = {other.role: stage.calls(case, other.role) or 0 for other in case.others}
    return played


def shown(case: Case, seen: Seen) -> Shown:
    """What the caller saw, in the words of the battery."""
    by = author(case, seen.text) if not seen.failed and seen.finished else None
    if seen.hung:
        outcome: Outcome = "hung"
    elif seen.failed:
        outcome = "cut" if seen.text else "error"
    elif seen.filtered:
        outcome = "refusal"
    else:
        outcome = "answer" if by else "truncated"
    told = seen.trail.get(deployment(case, FIRST))
    cause = told if told and not told.startswith("held") else None
    return Shown(
        outcome,
        by,
        CODES.get(seen.code, seen.code) or None if outcome == "cut" else cause,
        seen.error,
        seen.status,
        seen.waited_s,
        seen.done_s,
        seen.message,
        first_calls=_calls(case, seen),
    )


def _calls(case: Case, seen: Seen) -> int:
    entries = seen.headers.get("x-modelrouter-trail", "").split("; ")
    asked = f"{deployment(case, FIRST)}="
    alone = not seen.headers.get("x-modelrouter-trail") and seen.headers.get("x-modelrouter-deployment") == asked[:-1]
    return alone + sum(1 for entry in entries if entry.startswith(asked) and not entry.startswith(f"{asked}held("))


async def _leave(stage: Stage, door: Door, played: Played) -> None:
    """The caller goes away while the provider is at it."""
    server = stage.firsts[played.case.name]
    asking = asyncio.create_task(_half(door.client, played.case.name, played.mode))
    async with asyncio.timeout(10):
        await server.called.wait()
    await asyncio.sleep(LEAVES_AFTER_S)
    left_at = time.monotonic()
    asking.cancel()
    with suppress(asyncio.CancelledError):
        await asking
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSED_WITHIN_S):
            await server.abandoned.wait()
    played.closed_s = server.left[0] - left_at if server.left else None


async def _half(client: openai.AsyncOpenAI, process: str, mode: Mode) -> None:
    if mode == "whole":
        await client.chat.completions.create(model=process, messages=ASK)
        return
    async with await client.chat.completions.create(model=process, messages=ASK, stream=True) as stream:
        async for _ in stream:
            pass


async def _outage(stage: Stage, door: Door, played: Played) -> None:
    """A steady load before, through and after an outage of the first deployment."""
    case, server = played.case, stage.firsts[played.case.name]
    healed: list[float] = []

    async def ask() -> None:
        seen = await door.ask(case.name, played.mode)
        played.shown.append(told := shown(case, seen))
        if told.by == FIRST and healed and seen.begun >= healed[0] and played.returned_s is None:
            played.returned_s = seen.begun + told.waited_s - healed[0]

    async def load(seconds: float) -> None:
        async with asyncio.TaskGroup() as asked:
            until = time.monotonic() + seconds
            while time.monotonic() < until and played.returned_s is None:
                asked.create_task(ask())
                await asyncio.sleep(PACE_S)

    await _heal(server, case)
    await load(STEADY_S)
    before = sum(server.calls.values()), sum(each.first_calls for each in played.shown)
    server.behaviour = case.primary
    if case.primary.listens == "refuses":
        await server.close_door()
    await load(OUTAGE_S)
    if case.primary.listens == "yes":
        played.calls = sum(server.calls.values()) - before[0]
    else:
        played.calls = sum(each.first_calls for each in played.shown) - before[1]
    await _heal(server, case)
    healed.append(time.monotonic())
    await load(AFTER_S)


async def _heal(server: Server, case: Case) -> None:
    server.behaviour = Primary()
    if case.primary.listens == "refuses":
        await server.open_door()
