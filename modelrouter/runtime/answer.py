"""What a caller gets: the answer of whichever deployment served, and the decision behind it."""

from __future__ import annotations

import asyncio
import warnings
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from modelrouter.errors import StreamCutError
from modelrouter.runtime.portal import Drain
from modelrouter.wire import json_text
from modelrouter.wire.sse import Splitter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from modelrouter.core.decision import Decision
    from modelrouter.core.faults import Fault
    from modelrouter.runtime.continuing import Continuing
    from modelrouter.runtime.portal import Portal, Taken
    from modelrouter.runtime.streams import Stream

__all__ = ["Answer", "SyncAnswer"]

_DONE = b"[DONE]"


class Answer:
    """One answer in the caller's wire; a stream must be read to its end or closed.

    A stream that is dropped instead is closed with a ResourceWarning. An async context manager, and an async iterator over the bytes of a stream, whole events at a time.
    """

    __slots__ = ("_body", "_headers", "_loop", "_on_end", "_stream", "_tap", "_told", "decision", "status")

    def __init__(
        self,
        decision: Decision,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
        stream: Stream | Continuing | None,
        on_end: Callable[[Fault | None], None],
    ) -> None:
        self.decision = decision
        """Who was asked, who answered, and why. Another one where a stream goes on from another deployment."""
        self.status = status
        self._told = (headers, decision)
        self._headers: Mapping[str, str] | None = None
        self._body = body
        self._stream = stream
        self._on_end = on_end
        self._tap: Callable[[bytes], None] | None = None
        self._loop = asyncio.get_running_loop() if stream else None

    def add(self, headers: Mapping[str, str]) -> None:
        """Say more of it to an HTTP caller."""
        if headers:
            self._headers = {**self.headers, **headers}

    @property
    def headers(self) -> Mapping[str, str]:
        """Lower-case names, `x-modelrouter-*` among them; made when somebody asks, for most callers in Python do not."""
        if self._headers is None:
            self._headers = _headers(*self._told)
        return self._headers

    def overhear(self, tap: Callable[[bytes], None] | None) -> None:
        """Let somebody hear every byte of the stream that goes to the caller."""
        self._tap = tap

    @property
    def streamed(self) -> bool:
        """Whether the answer comes in events."""
        return self._stream is not None

    @property
    def fault(self) -> Fault | None:
        """Why the stream broke off, once it did."""
        return self._stream.fault if self._stream else None

    @property
    def body(self) -> bytes:
        """The whole answer; empty for a stream."""
        return self._body

    def json(self) -> Any:
        """The whole answer, decoded."""
        return json_text.read(self._body)

    @property
    def text(self) -> str:
        """The text of a whole chat completion; empty where the model called tools instead."""
        return json_text.glance(self._body)["choices"][0]["message"].get("content") or ""

    async def take(self) -> tuple[bytes, list[Any] | None]:
        """The next bytes of the stream, and what they decode to where that is known; no bytes at its end."""
        if self._stream is None:
            return b"", None
        taken = await self._stream.take()
        if self._tap is not None:
            self._tap(taken[0])
        self.decision = self._stream.decision or self.decision
        if not taken[0] or self._stream.fault is not None:
            self._ended(self._stream.fault)
        return taken

    def pour(self, sink: Callable[[bytes], bool]) -> None:
        """Give a sink what comes of the stream while `block` waits, where nothing stands in the way; see `Stream.pour`."""
        if self._stream is not None:
            self._stream.pour(sink if self._tap is None else partial(_poured, sink, self._tap))

    async def block(self) -> bytes:
        """The next bytes of the stream; empty at its end. A broken stream ends with an error event."""
        return (await self.take())[0]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while block := (await self.take())[0]:
            yield block

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """The events of a stream, decoded; raises StreamCutError where it broke off."""
        while (taken := await self.take())[0]:
            for event in decoded(taken):
                yield event
            self.check()
        self.check()

    def check(self) -> None:
        """Raise StreamCutError where the stream has broken off."""
        if self.fault is not None:
            raise StreamCutError(
                f"the stream of {self.decision.served_by} broke off: {self.fault.evidence}",
                decision=self.decision,
                fault=self.fault,
            )

    async def aclose(self) -> None:
        """Let go of a stream; the provider is told that nobody listens."""
        self.close()

    def close(self) -> None:
        """As `aclose`, on the loop's own thread."""
        if self._stream is not None:
            self._stream.close()
            self._ended(self._stream.fault)

    def _ended(self, fault: Fault | None) -> None:
        on_end, self._on_end = self._on_end, _nothing
        on_end(fault)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __del__(self) -> None:
        if self._stream is not None and self._loop is not None and self._on_end is not _nothing:
            _warn(self.decision, self)
            with suppress(RuntimeError):  # the loop is closed, and the connection with it
                self._loop.call_soon_threadsafe(_let_go, self._stream, self._on_end)


class SyncAnswer:
    """The same answer for a thread without an event loop: a context manager and an iterator; made on the loop.

    A stream raises StreamCutError where the router is closed before its end.
    """

    __slots__ = ("_answer", "_drain")

    def __init__(self, answer: Answer, portal: Portal) -> None:
        self._answer = answer
        self._drain = Drain(answer.take, answer.close) if answer.streamed else None
        if self._drain is not None:
            portal.keep(self._drain.task)

    @property
    def decision(self) -> Decision:
        """Who was asked, who answered, and why."""
        return self._answer.decision

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._answer.status

    @property
    def headers(self) -> Mapping[str, str]:
        """Lower-case names, `x-modelrouter-*` among them."""
        return self._answer.headers

    @property
    def streamed(self) -> bool:
        """Whether the answer comes in events."""
        return self._answer.streamed

    @property
    def body(self) -> bytes:
        """The whole answer; empty for a stream."""
        return self._answer.body

    @property
    def text(self) -> str:
        """The text of a whole chat completion; empty where the model called tools instead."""
        return self._answer.text

    def json(self) -> Any:
        """The whole answer, decoded."""
        return self._answer.json()

    def __iter__(self) -> Iterator[bytes]:
        for block, _ in self._taken():
            yield block

    def _taken(self) -> Iterator[Taken]:
        try:
            yield from self._drain or ()
        except asyncio.CancelledError:
            message = f"the router was closed before the stream of {self.decision.served_by} had ended"
            raise StreamCutError(message, decision=self.decision) from None

    def events(self) -> Iterator[dict[str, Any]]:
        """The events of a stream, decoded; raises StreamCutError where it broke off."""
        for taken in self._taken():
            yield from decoded(taken)
            self._answer.check()
        self._answer.check()

    def close(self) -> None:
        """Let go of a stream."""
        if self._drain is not None and not self._drain.done:
            self._drain.leave()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if self._drain is not None and not self._drain.task.done():
            _warn(self.decision, self)
            self._drain.cancel()


def decoded(taken: tuple[bytes, list[Any] | None]) -> list[dict[str, Any]]:
    """What whole events hold; decoded now where nobody has before."""
    block, known = taken
    if known is not None:
        return known
    return [json_text.glance(event.data) for event in Splitter().feed(block) if event.data and event.data != _DONE]


def _headers(upstream: Mapping[str, str], decision: Decision) -> Mapping[str, str]:
    """What the provider's headers tell the caller, and how the answer came about."""
    headers = {**upstream, **decision.headers()}
    if its_id := upstream.get("x-request-id"):
        headers["x-modelrouter-upstream-request"] = its_id
    headers["x-request-id"] = decision.id
    return headers


def _warn(decision: Decision, source: object) -> None:
    message = f"a stream of {decision.served_by} was dropped before its end: read it to the end or close it"
    warnings.warn(message, ResourceWarning, stacklevel=3, source=source)


def _let_go(stream: Stream | Continuing, on_end: Callable[[Fault | None], None]) -> None:
    stream.close()
    on_end(stream.fault)


def _poured(sink: Callable[[bytes], bool], tap: Callable[[bytes], None], block: bytes) -> bool:
    if not sink(block):
        return False
    tap(block)
    return True


def _nothing(_: Fault | None) -> None:
    """The end has been told already."""
