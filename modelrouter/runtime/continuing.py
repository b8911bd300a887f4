"""A streamed answer whose provider may change after its first content, where its process chose that.

`continue`: the next deployment that can goes on in the middle of the text, and the caller reads one stream. `restart`:
a caller who understands it is told that the answer begins anew. The ladder goes on where it stood: the same
candidates, holds, budgets and attempts, the cut counted like any other. Where nobody can, the caller gets the error
event that every other process's callers get; an answer is ended only where all of it was told.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from modelrouter.runtime.calls import broken_off, unportable
from modelrouter.runtime.drive import UnservedError
from modelrouter.runtime.streams import STALLED
from modelrouter.wire.continuing import can_retell, mark, restart
from modelrouter.wire.reading import Usage
from modelrouter.wire.retelling import AnsweredAnewError, Voice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelrouter.core.context import Context
    from modelrouter.core.decision import Decision
    from modelrouter.core.faults import Fault
    from modelrouter.core.inventory import OnCut, Process
    from modelrouter.runtime.calls import Ask
    from modelrouter.runtime.drive import Served
    from modelrouter.runtime.streams import Stream
    from modelrouter.wire.reading import Asked

__all__ = ["Continuing", "chosen", "settle"]


def chosen(process: Process, wire: str, parsed: Mapping[str, Any], asked: Asked, context: Context) -> OnCut:
    """What becomes of a request's stream where it breaks off: what its process says, where that can be."""
    if process.on_cut == "error" or not asked.stream:
        return "error"
    if process.on_cut == "restart":
        return "restart" if context.restart else "error"
    return "continue" if can_retell(wire, parsed) else "error"


def settle(served: Served, stream: Stream, fault: Fault | None) -> None:
    """Count the end of a stream: broken, complete, or left by its caller, which tells nothing."""
    driver = served.run.driver
    if fault is None and not stream.complete:
        return driver.state.abandon(served.lease)
    stalled = fault is not None and fault.rule == STALLED
    pause = stream.idle_s if stalled else stream.longest_pause_s
    return driver.publish(driver.state.apply(served.lease, fault, outlasted=stalled, pause_s=pause))


class Continuing:
    """One stream for the caller, of as many providers as it takes; read like a `Stream`, by one task at a time."""

    def __init__(self, served: Served, stream: Stream) -> None:
        self._served = served
        self._stream = stream
        self._ready = b""
        self._unable: Fault | None = None
        """Whoever speaks now was asked to go on and did not."""
        self._why: Fault | None = None
        self._last_words = b""
        self._settled = False
        self._over = False
        self._usage: Usage | None = None
        """Of those who spoke before."""
        self.complete = False
        """Whether all of it was told."""
        self.fault: Fault | None = None
        """Set where it broke off and nobody could go on."""

    @property
    def decision(self) -> Decision:
        """Who was asked, and who answers now."""
        return self._served.decision

    @property
    def usage(self) -> Usage | None:
        """Of all who spoke; None where none of them told."""
        before, now = self._usage, self._stream.usage
        return Usage(*map(sum, zip(before, now, strict=True))) if before and now else before or now

    async def take(self) -> tuple[bytes, list[Any] | None]:
        """The next whole events; no bytes at the end. See `Stream.take`."""
        while not self._over and not self._ready:
            taken = await self._stream.take()
            if taken[0]:
                return taken
            fault = self._unable or self._stream.fault
            if fault is None:
                self._over, self.complete = True, self._stream.complete
            else:
                await self._change(fault)
        ready, self._ready = self._ready, b""
        return ready, None

    async def _change(self, fault: Fault) -> None:
        """Let another provider go on, or end the stream: well where all of it was told, else with an error event."""
        served, run, voice = self._served, self._served.run, self._stream.renderer
        ask = run.ask
        if isinstance(voice, Voice):
            ask = ask._replace(retelling=voice.retelling)
        if self._unable is not None or (isinstance(voice, Voice) and voice.anew):
            fault = self._unable or unportable(f"{served.lease.deployment.id} began anew instead of going on")
        else:
            self._why = fault
            self._last_words = broken_off(ask.wire, served.lease.deployment, fault)
        self._count(fault)
        self._served = served._replace(decision=run.broke_off(served, fault))
        if ask.retelling is not None and (ending := ask.retelling.conclude()) is not None:
            self._ready, self._over, self.complete = ending, True, True
        elif ask.retelling is not None and not ask.retelling.can_go_on:
            self._break()
        else:
            await self._resume(fault, ask)

    async def _resume(self, fault: Fault, ask: Ask) -> None:
        served = self._served
        try:
            self._served = await served.run.resume(served.place, fault, ask)
        except UnservedError as error:
            self._served = served._replace(decision=replace(served.decision, trail=error.decision.trail))
            self._break()
        else:
            self._go_on()

    def _go_on(self) -> None:
        stream, deployment = self._served.shown.stream, self._served.lease.deployment
        if stream is None:  # a stream was asked for, and what is no stream is no answer
            raise TypeError("a call for a stream showed something else")
        self._usage = self.usage
        self._stream, self._settled, self._unable = stream, False, None
        if not isinstance(stream.renderer, Voice):
            self._ready = restart(deployment)
            return
        try:
            self._ready = mark(deployment) + stream.renderer.adopt()
        except AnsweredAnewError as error:
            stream.close()
            self._unable = unportable(str(error))

    def _break(self) -> None:
        self.fault, self._ready, self._over = self._why, self._last_words, True

    def _count(self, fault: Fault | None) -> None:
        if not self._settled:
            self._settled = True
            settle(self._served, self._stream, fault)

    def pour(self, sink: Callable[[bytes], bool]) -> None:
        """See `Stream.pour`; whoever goes on is read in the plain way."""
        self._stream.pour(sink)

    def end(self) -> None:
        """It is over, or its caller went away: give the lease back."""
        self._count(None)

    def close(self) -> None:
        """The caller wants no more."""
        self._over = True
        self._stream.close()
