"""Sends what was planned, at the pace of a model, and lets happen what was told to happen."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.waiting import forever

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelrouter.drills.twins.plan import Pace, Plan, Progress
    from modelrouter.drills.twins.reply import Reply

JSON = {"content-type": "application/json"}
SPOILT = frozenset({Effect.EMPTY_COMPLETION, Effect.MALFORMED_EVENT})
"""Effects under which an answer that left completely is none."""
AFTER_CONTENT = frozenset({Effect.STALL, Effect.CUT_AFTER_CONTENT})
"""Effects that wait for at least one token."""


class Line(Protocol):
    """What an answer is sent on. `cut` and `reset` never return: whoever waits for the answer ends the call."""

    async def start(self, status: int, headers: dict[str, str]) -> None:
        """Send status and headers."""
        ...

    async def write(self, data: bytes) -> None:
        """Send a part of the body."""
        ...

    async def end(self, data: bytes = b"") -> None:
        """Send the last part of the body."""
        ...

    async def cut(self) -> None:
        """Hang up without an end."""
        ...

    async def reset(self) -> None:
        """Hang up rudely."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """One answer being sent. `send` returns when it is complete, or never: the caller cancels it."""

    exchange: Line
    plan: Plan
    pace: Pace
    clock: Callable[[], float]
    progress: Progress

    async def send(self) -> None:
        """Send it."""
        plan = self.plan
        if plan.effect is Effect.RESET:
            await self.exchange.reset()
        elif plan.failure is not None:
            await self._body(plan.failure.status, plan.failure.headers, plan.failure.body)
        elif plan.listing is not None:
            await self._body(200, {**JSON, **plan.headers}, plan.listing)
        elif plan.reply is None:
            await forever()
        elif plan.asked.stream:
            await self._stream(plan.reply)
        else:
            await self._whole(plan.reply)

    async def _start(self, status: int, headers: Mapping[str, str]) -> None:
        await self.exchange.start(status, dict(headers))
        self.progress.status = status

    async def _body(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        await self._start(status, {**headers, "content-length": str(len(body))})
        await self.exchange.end(body)
        self.progress.done_at = self.clock()

    def _content(self, tokens: int) -> None:
        self.progress.tokens_out += tokens
        if self.progress.first_at is None:
            self.progress.first_at = self.clock()

    def _late(self) -> float:
        injection = self.plan.injection
        slow = injection is not None and injection.effect is Effect.SLOW_FIRST_TOKEN
        return self.pace.first_token_s + (injection.delay_s if injection is not None and slow else 0.0)

    async def _whole(self, reply: Reply) -> None:
        effect = self.plan.effect
        body = self.plan.wire.whole(reply)
        if effect is Effect.MALFORMED_EVENT:
            body = body[: len(body) // 2]
        headers = {**JSON, **self.plan.headers, "content-length": str(len(body))}
        if effect is Effect.SILENT_STREAM:
            await self._start(200, headers)
            await forever()
        await asyncio.sleep(self._late() + self.pace.token_gap_s * reply.tokens_out)
        if effect is Effect.CUT_BEFORE_CONTENT:
            await self.exchange.cut()
        await self._start(200, headers)
        if effect in AFTER_CONTENT:
            await self.exchange.write(body[: len(body) // 2])
            self._content(0)
            await (self.exchange.cut() if effect is Effect.CUT_AFTER_CONTENT else forever())
        await self.exchange.end(body)
        self._content(reply.tokens_out)
        self._done()

    async def _stream(self, reply: Reply) -> None:
        effect, wire = self.plan.effect, self.plan.wire
        await self._start(200, {"content-type": wire.stream_type, "cache-control": "no-cache", **self.plan.headers})
        if effect is Effect.SILENT_STREAM:
            await forever()
        turn = self._turn(reply)
        for event in wire.events(reply, self.plan.asked):
            if event.content:
                await asyncio.sleep(self.pace.token_gap_s if self.progress.tokens_out else self._late())
            if effect is Effect.CUT_BEFORE_CONTENT and event.content:
                await self.exchange.cut()
            if turn is not None and self.progress.tokens_out >= turn:
                turn = None
                if await self._spoil():
                    return
            await self.exchange.write(event.data)
            if event.content:
                self._content(event.tokens)
        await self.exchange.end()
        self._done()

    def _turn(self, reply: Reply) -> int | None:
        injection = self.plan.injection
        if injection is None or self.plan.effect not in AFTER_CONTENT | {Effect.STREAM_ERROR, Effect.MALFORMED_EVENT}:
            return None
        least = 1 if self.plan.effect in AFTER_CONTENT else 0
        return max(least, min(injection.after_events, reply.tokens_out))

    async def _spoil(self) -> bool:
        """Let it happen; True where that was the end of the answer."""
        if self.plan.effect is Effect.STALL:
            await forever()
        if self.plan.effect is Effect.CUT_AFTER_CONTENT:
            await self.exchange.cut()
        if self.plan.error is None:
            await self.exchange.write(self.plan.wire.broken)
            return False
        await self.exchange.write(self.plan.wire.error(self.plan.error))
        await self.exchange.end()
        self.progress.done_at = self.clock()
        return True

    def _done(self) -> None:
        self.progress.done_at = self.clock()
        self.progress.whole = self.plan.effect not in SPOILT
