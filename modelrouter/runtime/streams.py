"""A streamed answer: read up to its first content, then passed on.

The commit point is the first content. Before it, whatever goes wrong is a failure like any other and
another deployment may answer. After it, the caller has seen part of this answer: a cut ends the stream
with a typed error event in the caller's wire, never cleanly.

After the first content whole events are passed on as they came; only those that carry a marker of
the dialect (an error, an end, usage) are read.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.faults import Fault
from modelrouter.core.latency import IDLE
from modelrouter.providers.base import ConnectionFailedError
from modelrouter.wire import json_text
from modelrouter.wire.malformed import MalformedError
from modelrouter.wire.sse import Event, Splitter, lone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from modelrouter.core.decision import Decision
    from modelrouter.providers.base import Reply
    from modelrouter.wire.dialects import Dialect
    from modelrouter.wire.reading import Reading, Usage
    from modelrouter.wire.retelling import Voice
    from modelrouter.wire.translate import StreamRenderer

__all__ = ["EMPTY", "STALLED", "Stream", "StreamFailedError", "cut"]

STALLED = "runtime.stall"
"""The rule of a stream that fell silent after content."""
DONE = b"[DONE]"
LAST_WORD = b"data: " + DONE
LONGEST_ERROR = 4096
"""Bytes of a body that is no stream which are kept to be classified."""

EMPTY = Fault(
    cause=Cause.OUTAGE,
    scope=Scope.DEPLOYMENT,
    certainty=0.9,
    rule="runtime.empty_answer",
    evidence="the answer ended without content",
)
"""A 200 with nothing in it, and no reason for that."""


class StreamFailedError(Exception):
    """The stream failed before its first content: an error text to classify, or the finished fault."""

    def __init__(self, *, text: str | None = None, fault: Fault | None = None) -> None:
        self.text = text
        self.fault = fault
        super().__init__(text or (fault.evidence if fault else ""))


class Stream:
    """One answer under way. Used by one task at a time."""

    keeps: Callable[[tuple[str, ...]], None] | None = None
    """Hears under which ids the provider keeps it."""
    _sink: Callable[[bytes], bool] | None = None
    _offer: Callable[[Callable[[bytes], bool] | None], None] | None = None
    _is_amid = True
    """What comes next goes on with an event that has begun."""

    def __init__(
        self,
        reply: Reply,
        dialect: Dialect,
        renderer: StreamRenderer | Voice | None,
        classify: Callable[[str], Fault],
        error_event: Callable[[Fault], bytes],
    ) -> None:
        self._reply = reply
        self._dialect = dialect
        self.renderer = renderer
        self._classify = classify
        self._error_event = error_event
        self.may_be_empty = False
        """An end without content is no failure: the rest of an answer may be nothing."""
        self.listener: Callable[[Sequence[Event]], None] | None = None
        """Hears every event that goes to the caller, in the provider's wire."""
        self._splitter = Splitter()
        self._ready = b""
        self._decoded: list[Any] = []
        self._events = 0
        self._shown = False
        self._ended = False
        self._finished = False
        self._reading_since = 0.0
        self.idle_s = IDLE.most
        """How long it may pause after its first content."""
        self.longest_pause_s = 0.0
        self._reader: asyncio.Task[Any] | None = None
        self._stalled = False
        self._watchdog: asyncio.TimerHandle | None = None
        self.fault: Fault | None = None
        """Set where the stream broke off after its first content."""
        self.decision: Decision | None = None
        """None: the one it began with; see `Continuing`."""
        self.usage: Usage | None = None
        self.model: str | None = None

    async def begin(self) -> None:
        """Read up to the first content, or to an end that excuses its absence.

        Raises StreamFailedError, ConnectionFailedError or MalformedError; nothing has been shown then.
        """
        while not self._shown:
            block = await self._reply.block()
            if not block:
                raise self._unshown()
            events = self._splitter.feed(block)
            first = next((place for place, event in enumerate(events) if self._shows(event)), len(events) - 1)
            self._carry(events[: first + 1])
            if self.fault is not None:
                raise StreamFailedError(fault=self.fault)
            if events[first + 1 :]:
                self._pass(events[first + 1 :])

    def _shows(self, event: Event) -> bool:
        """Read an event before the commit point; whether it is the first content."""
        reading = self._dialect.read_event(event)
        if reading.error is not None:
            raise StreamFailedError(text=reading.error)
        if reading.empty and not self.may_be_empty:
            raise StreamFailedError(fault=EMPTY)
        self._events += 1
        self._note(reading)
        self._shown = reading.content or reading.finish is not None
        return self._shown

    def _unshown(self) -> StreamFailedError:
        """What a stream that closed before its first content means: often an error in other clothes."""
        if self._ended:
            return StreamFailedError(fault=EMPTY)
        if not self._events and self._splitter.rest:
            return StreamFailedError(text=self._splitter.rest[:LONGEST_ERROR].decode(errors="replace"))
        return StreamFailedError(fault=cut("the stream closed before its first content"))

    def _note(self, reading: Reading) -> None:
        self._ended = self._ended or reading.ended
        if reading.usage is not None:
            self.usage = self.usage.merged(reading.usage) if self.usage else reading.usage
        self.model = reading.model or self.model
        if reading.kept and self.keeps is not None:
            self.keeps(reading.kept)
        if reading.error is not None:
            self.fault = self._classify(reading.error)

    def _carry(self, events: list[Event]) -> None:
        """Make events ready for the caller. Stops at one that nobody could read, and breaks the stream there."""
        sound = events if self.renderer else self._decode(events)
        if self.listener is not None:
            self.listener(sound)
        if self.renderer is None:
            # The standard dispatches nothing without data; SDKs stumble over it. Comments keep the connection alive.
            self._ready += b"".join([event.raw for event in sound if event.data or event.raw[:1] == b":"])
        else:
            self._ready += b"".join(map(self.renderer.feed, sound))

    def _decode(self, events: list[Event]) -> list[Event]:
        """Decode events for whoever wants them so; answers those before the first that is malformed."""
        for place, event in enumerate(events):
            if event.data and event.data != DONE:
                try:
                    self._decoded.append(json_text.glance(event.data))
                except MalformedError as error:
                    self.fault = cut(f"an event of the stream is {error}")
                    return events[:place]
        return events

    async def take(self) -> tuple[bytes, list[Any] | None]:
        """The next whole events for the caller; no bytes at the end.

        Beside the bytes what they decode to, where that is known already. A stream that broke off ends
        with an error event in the caller's wire, and `fault` is set.
        """
        while not self._ready and not self._finished:
            await self._more()
        taken = self._ready, self._decoded if self.renderer is None else None
        self._ready, self._decoded = b"", []
        return taken

    def pour(self, sink: Callable[[bytes], bool]) -> None:
        """Give a sink what comes while `take` waits, as soon as it is there, where it is plain; `take` gives the rest.

        Without it every piece of a slow stream wakes a task. The sink answers False where it cannot take any now.
        """
        offer = getattr(self._reply, "offer", None)  # an `OfferingReply`; asking its type would cost more than it saves
        if offer is not None and self.renderer is None:
            self._sink, self._offer = sink, offer
            offer(self._offered)

    def _offered(self, block: bytes) -> bool:
        """Pass a block on that is one whole, sound event in which nothing but content matters."""
        data, sink = lone(block), self._sink
        if not data or sink is None or self._is_amid:
            return False
        try:
            if not self._dialect.is_plain(json_text.glance(data)) or not sink(block):
                return False
        except MalformedError:
            return False  # a closing word, or what `take` ends in an error
        if self.listener is not None:
            self.listener([Event(None, data, block)])
        self._note_pause()
        return True

    def _note_pause(self) -> None:
        now = self._loop.time()
        self.longest_pause_s = max(self.longest_pause_s, now - self._reading_since)
        self._reading_since = now

    async def _more(self) -> None:
        self._watch()
        self._is_amid = self._splitter.holds
        try:
            block = await self._reply.block()
        except ConnectionFailedError as error:
            return self._broken(cut(str(error)))
        except asyncio.CancelledError:
            if not self._stalled or self._reader is None or self._reader.uncancel() > 0:
                raise  # the caller went away
            return self._broken(_stalled(self.idle_s))
        finally:
            self._reader = None
        self._note_pause()
        try:
            if not block:
                return self._end()
            self._pass(self._splitter.feed(block))
        except MalformedError as error:
            self._break(cut(str(error)))
        return None

    def _pass(self, events: list[Event]) -> None:
        """Carry events after the commit point; only those with a marker are read."""
        passage = b"".join([event.raw for event in events])
        present = [marker for marker in self._dialect.MARKERS if marker in passage]
        for place, event in enumerate(events if present else ()):
            if not any([marker in event.raw for marker in present]):  # noqa: C419 - a list is built faster than a generator
                continue
            self._note(self._dialect.read_event(event))
            if self.fault is not None:
                events = events[:place]
                break
        self._carry(events)
        if self.fault is not None:
            self._break(self.fault)  # our own event says it: not every client would see the provider's

    def _end(self) -> None:
        if self._splitter.rest.strip() == LAST_WORD:  # some servers close without the last blank line
            self._pass(self._splitter.feed(b"\n\n"))
        if not self._ended:
            return self._break(cut("the stream closed without its end"))
        if self.renderer is not None:
            self._ready += self.renderer.close()
        self._finish()
        return None

    def _broken(self, fault: Fault) -> None:
        """The connection broke off or fell silent: no matter where the answer had come to its end."""
        if not self._ended:
            return self._break(fault)
        self._reply.close()
        try:
            return self._end()
        except MalformedError as error:
            return self._break(cut(str(error)))

    def _break(self, fault: Fault) -> None:
        self.fault = fault
        self._ready += self._error_event(fault)
        self._finish()
        self._reply.close()

    def _finish(self) -> None:
        self._finished = True
        if self._offer is not None:
            self._offer(None)  # else we and the reply would hold each other until all garbage is collected
            self._offer = self._sink = None
        if self._watchdog is not None:
            self._watchdog.cancel()

    def _watch(self) -> None:
        """One timer for the whole stream, which looks at the clock when it fires: a block costs none."""
        self._loop = loop = asyncio.get_running_loop()
        self._reading_since = loop.time()
        self._reader = asyncio.current_task()
        if self._watchdog is None:
            self._watchdog = loop.call_later(self.idle_s, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._reader is None:
            self._watchdog = None  # who is not reading cannot be kept waiting; the next read sets it anew
            return
        left = self._reading_since + self.idle_s - loop.time()
        if left > 0:
            self._watchdog = loop.call_later(left, self._look, loop)
        else:
            self._watchdog = None
            self._stalled = True
            self._reader.cancel()

    @property
    def complete(self) -> bool:
        """Whether it came to its proper end."""
        return self._finished and self._ended and self.fault is None

    def close(self) -> None:
        """The caller wants no more: let go of the provider's answer."""
        if not self._finished:
            self._finish()
            self._reply.close()


def cut(evidence: str) -> Fault:
    """The fault of an answer that broke off."""
    return Fault(
        cause=Cause.NETWORK, scope=Scope.DEPLOYMENT, certainty=0.9, rule="runtime.stream_cut", evidence=evidence[:300]
    )


def _stalled(idle_s: float) -> Fault:
    evidence = f"no event for {idle_s:.0f} s after content"
    return Fault(cause=Cause.TIMEOUT, scope=Scope.DEPLOYMENT, rule=STALLED, evidence=evidence)
