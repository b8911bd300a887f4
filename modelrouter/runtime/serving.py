"""One request from its body to its answer, told to whoever observes, and recorded where it must be."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from modelrouter.core.context import extended
from modelrouter.core.load import RANKS, Want
from modelrouter.errors import NotAllowedError
from modelrouter.runtime.answer import Answer
from modelrouter.runtime.calls import Ask
from modelrouter.runtime.continuing import Continuing, chosen, settle
from modelrouter.runtime.drive import UnservedError
from modelrouter.runtime.failures import failed
from modelrouter.runtime.log import belonging, current_request
from modelrouter.runtime.observers import Closing, Opening
from modelrouter.wire.dialects import CALLERS
from modelrouter.wire.passing import EXTRA

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from modelrouter.core.context import Context
    from modelrouter.core.decision import Decision
    from modelrouter.core.faults import Fault
    from modelrouter.core.inventory import Inventory
    from modelrouter.errors import RequestFailedError
    from modelrouter.runtime.calls import Shown
    from modelrouter.runtime.clock import Clock
    from modelrouter.runtime.drive import Run, Served
    from modelrouter.runtime.keeping import Keepers
    from modelrouter.runtime.observers import Observers
    from modelrouter.runtime.parts import Parts
    from modelrouter.runtime.streams import Stream

__all__ = ["Records", "Serving"]


class Records(Protocol):
    """What keeps a record of every request, as one of the observers, and can make requests wait for it."""

    def admit(self, wire: str) -> Awaitable[None] | None:
        """A request in this wire is about to be served: what it waits for before; None: nothing.

        Raises, or waiting does, where it may not be served, since it could not be recorded.
        """
        ...

    def kept(self, id_: str, wire: str) -> Awaitable[Mapping[str, str]] | None:
        """What the decision's caller waits for: the headers that acknowledge its record; None: it waits for nothing.

        Raises, or waiting does, where the answer may not be given because it could not be recorded.
        """
        ...

    def tap(self, id_: str) -> Callable[[bytes], None] | None:
        """Who hears the bytes of a streamed answer; nobody, where they are not recorded."""
        ...


@dataclass(frozen=True, slots=True)
class Serving:
    """What the requests of one router share beside the inventory's parts."""

    clock: Clock
    observers: Observers
    keepers: Keepers
    noticed: Callable[[str], None]
    """Told which deployment has just served."""
    records: Records | None = None

    async def serve(self, parts: Parts, wire: str, body: bytes, parsed: Mapping[str, Any], context: Context) -> Answer:
        """Serve one request; see `Router.ahandle` for what it raises."""
        context = extended(context, parsed.get(EXTRA))
        run = self._run(parts, wire, body, parsed, context)
        said = belonging(run.id, context.trace)
        before = current_request.set(said)
        try:
            return await self._serve(parts, run, wire, context, said)
        finally:
            with suppress(ValueError):  # its loop was closed under it, and with that its context
                current_request.reset(before)

    async def _serve(self, parts: Parts, run: Run, wire: str, context: Context, said: Mapping[str, str]) -> Answer:
        if self.records is not None and (ready := self.records.admit(wire)) is not None:
            await ready
        if self.observers.of_requests:
            self._open(run, context, parts.inventory)
        try:
            served = await run.drive()
        except UnservedError as error:
            raise await self._failed(wire, error) from error
        except BaseException:
            self._close(run.given_up(), None)
            raise
        return await self._served(served, said)

    def _run(self, parts: Parts, wire: str, body: bytes, parsed: Mapping[str, Any], context: Context) -> Run:
        asked = CALLERS[wire].read_request(parsed)
        route = parts.route(context.process or asked.model, context, asked.capabilities, asked.context)
        if context.allowed is not None and route.process.id not in context.allowed:
            raise NotAllowedError(f"{context.principal or 'the caller'} may not use {route.process.id!r}")
        route = self.keepers.pinned(route, wire, asked) if asked.kept else route
        ask = Ask(wire, body, parsed, asked, context.wire_headers, chosen(route.process, wire, parsed, asked, context))
        request = parts.request(route, asked, context)
        want = Want(RANKS[route.process.criticality], asked.context + (asked.output or route.process.demand.tokens_out))
        return parts.driver.begin(ask, route, request, want, f"mr_{os.urandom(16).hex()}")

    def _open(self, run: Run, context: Context, inventory: Inventory) -> None:
        ask = run.ask
        self.observers.opened(
            Opening(
                id=run.id,
                wire=ask.wire,
                asked=ask.asked.model,
                streamed=ask.asked.stream,
                context=context,
                route=run.candidates,
                wall=self.clock.wall(),
                door=context.door,
                inventory=inventory,
                body=ask.body,
            )
        )

    async def _failed(self, wire: str, error: UnservedError) -> RequestFailedError:
        self.observers.tell("decided", error.decision)
        self._close(error.decision, error.failure.fault if error.failure else None)
        failure = failed(wire, error)
        if self.records is not None and (record := self.records.kept(error.decision.id, wire)) is not None:
            failure.headers = {**failure.headers, **await record}
        return failure

    async def _served(self, served: Served, said: Mapping[str, str]) -> Answer:
        shown, decision = served.shown, served.decision
        self.observers.tell("decided", decision)
        self.noticed(served.lease.deployment.id)
        if shown.stream is None:
            self._close(decision, None, shown)
        answer = self._answer(served, said)
        if self.records is None:
            return answer
        if shown.stream is not None:
            answer.overhear(self.records.tap(decision.id))
        try:
            if (record := self.records.kept(decision.id, served.run.ask.wire)) is not None:
                answer.add(await record)
        except BaseException:
            answer.close()
            raise
        return answer

    def _answer(self, served: Served, said: Mapping[str, str]) -> Answer:
        shown, decision = served.shown, served.decision
        stream: Stream | Continuing | None = shown.stream
        if shown.stream is not None and served.run.ask.on_cut != "error":
            stream = Continuing(served, shown.stream)
        ended = partial(self._ended, served, stream, said)
        return Answer(decision, shown.status, shown.headers, shown.body, stream, ended)

    def _ended(
        self, served: Served, stream: Stream | Continuing | None, said: Mapping[str, str], fault: Fault | None
    ) -> None:
        """A stream is over: broken, complete, or left by its caller, which tells nothing."""
        if stream is None:
            return
        before = current_request.set(said)
        try:
            self._tell_end(served, stream, fault)
        finally:
            current_request.reset(before)

    def _tell_end(self, served: Served, stream: Stream | Continuing, fault: Fault | None) -> None:
        if isinstance(stream, Continuing):
            stream.end()
        else:
            settle(served, stream, fault)
        decision = stream.decision or served.decision
        self.observers.tell("ended", decision, fault)
        if self.observers.of_requests:
            decision = replace(decision, trail=tuple(served.run.trail))
            wall, first = self.clock.wall(), decision.took_s
            self.observers.closed(Closing(decision, fault, stream.usage, stream.complete, wall, first))

    def _close(self, decision: Decision, fault: Fault | None, shown: Shown | None = None) -> None:
        """Tell the end of what is no stream."""
        if not self.observers.of_requests:
            return
        wall = self.clock.wall()
        if shown is None:
            self.observers.closed(Closing(decision, fault, None, complete=False, wall=wall, first_content_s=None))
        else:
            self.observers.closed(
                Closing(
                    decision,
                    None,
                    shown.usage,
                    complete=True,
                    wall=wall,
                    first_content_s=decision.took_s,
                    body=shown.body,
                )
            )
