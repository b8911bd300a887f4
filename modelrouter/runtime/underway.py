"""One call under way, from leave to its first content, and what becomes of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from modelrouter.core.causes import PERMITS, Cause, Scope
from modelrouter.core.decision import Attempt
from modelrouter.core.faults import Fault
from modelrouter.core.request import Failed, Moved, Showed
from modelrouter.runtime.calls import Failure, Shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelrouter.core.request import Call
    from modelrouter.runtime.drive import Run
    from modelrouter.runtime.leases import Change, Lease
    from modelrouter.wire.translate import Rendered

__all__ = ["Underway"]


class Underway:
    """One call under way, up to its first content."""

    __slots__ = ("begun_at", "command", "index", "lease", "replaceable", "run", "task", "timer")

    def __init__(self, run: Run, command: Call, lease: Lease, rendered: Rendered) -> None:
        self.run = run
        self.command = command
        self.index = command.index
        """Its place in the route."""
        self.lease = lease
        self.replaceable: Fault | None = None
        """Why it was moved away from, where it need not race on: whoever replaces it drops it."""
        self.begun_at = run.driver.clock.now()
        self.timer = run.loop.call_later(command.until - self.begun_at, self._silent)
        self.task = run.loop.create_task(self._make(rendered))
        run.driver.state.wait(lease.deployment, self)

    async def _make(self, rendered: Rendered) -> None:
        """Make the call and report it in one task: told by a callback, its end would cost one more turn of the loop."""
        try:
            result = await self.run.driver.caller.call(self.run.ask, self.lease.deployment, rendered)
        except asyncio.CancelledError as error:
            self._crashed(error)
            raise
        except Exception as error:  # noqa: BLE001 - it is raised where the request waits
            return self._crashed(error)
        try:
            return self._report(result)
        except Exception as error:  # noqa: BLE001 - nobody else would hear of it: the request would wait for ever
            self.run.crash = error
            return self.run.stir()

    def _crashed(self, error: BaseException) -> None:
        """It told nothing of its deployment; the request ends with it, if it still waits for this call."""
        run = self.run
        if self in run.driver.trials:
            run.driver.trials.discard(self)
            self.timer.cancel()
            run.driver.state.abandon(self.lease)
        elif run.calls.get(self.index) is self:
            self._leave()
            run.driver.state.abandon(self.lease)
            run.crash = error
            run.stir()

    def _report(self, result: Shown | Failure) -> None:
        run = self.run
        if run.calls.get(self.index) is not self:
            return self._tried(result) if self in run.driver.trials else _dispose(result)
        self._leave()
        if isinstance(result, Failure):
            return self._failed(result)
        run.note(self, result.status, None, result.losses, result.model)
        run.results[self.index] = (self, result)
        run.tell(Showed(self.index))
        return self._succeeded(streamed=result.stream is not None)

    def _succeeded(self, *, streamed: bool) -> None:
        """A whole answer is a success; of a stream only its trials are passed, the rest its end will tell."""
        if not streamed:
            return self._publish(self.run.driver.state.apply(self.lease, None))
        self.lease, changes = self.run.driver.state.show(self.lease)
        return self._publish(changes)

    def _failed(self, failure: Failure, *, blamed: bool = True, outlasted: bool = False) -> None:
        self.run.failure = failure
        self.run.note(self, failure.status, failure.fault, failure.losses)
        self.run.tell(Failed(self.index, failure.fault))
        if blamed:
            self._publish(self.run.driver.state.apply(self.lease, failure.fault, outlasted=outlasted))
        else:
            self.run.driver.state.abandon(self.lease)

    def _silent(self) -> None:
        """It has said nothing for too long: its own fault, or only that of a caller in haste."""
        if self.task.cancelled():  # by somebody else, before its first step: it never asked, and could not tell
            return self._crashed(asyncio.CancelledError())
        self.run.driver.trials.discard(self)
        self._leave()
        self.task.cancel()
        evidence = f"no content within {self.command.until - self.begun_at:.1f} s"
        fault = Fault(cause=Cause.TIMEOUT, scope=Scope.DEPLOYMENT, rule="runtime.silence", evidence=evidence)
        return self._failed(Failure(fault), blamed=self.command.fair, outlasted=True)

    def moved(self, domain: str, cause: Cause) -> None:
        """Its domain was held; from any thread."""
        try:
            self.run.loop.call_soon_threadsafe(self._move, domain, cause)
        except RuntimeError:  # its loop was closed under it
            self.run.driver.state.unwait(self.lease.deployment, self)

    def _move(self, domain: str, cause: Cause) -> None:
        if self.run.calls.get(self.index) is not self:
            return
        if not PERMITS[cause].races:
            evidence = f"{domain} was held"
            self.replaceable = Fault(cause=cause, scope=Scope.DEPLOYMENT, rule="runtime.moved", evidence=evidence)
        self.run.tell(Moved(self.index))

    def replace(self) -> None:
        """Another deployment was called in its stead."""
        fault = self.replaceable
        self.drop()
        if fault is not None:
            self.run.note(self, None, fault, ())
            self.run.tell(Failed(self.index, fault))

    def outrun(self) -> None:
        """Another answered first: what this one cost belongs into the trail."""
        took = self.run.driver.clock.now() - self.begun_at
        at = self.begun_at - self.run.begun_at
        self.run.trail.append(Attempt(self.lease.deployment.id, at, took, None, None, outrun=True))
        if self.index not in self.run.request.moved:
            self.run.driver.state.outrun(self.lease)
        if self.lease.racing:
            self._leave()
            self.run.driver.trials.add(self)
            self.timer = self.run.loop.call_at(self.timer.when(), self._silent)

    def _tried(self, result: Shown | Failure) -> None:
        """A trial that went on after another call had answered: its verdict is all that is wanted."""
        self.run.driver.trials.discard(self)
        self.timer.cancel()
        if isinstance(result, Failure):
            return self._publish(self.run.driver.state.apply(self.lease, result.fault))
        self._succeeded(streamed=result.stream is not None)
        if result.stream is not None:
            result.stream.close()
            self.run.driver.state.abandon(self.lease)
        return None

    def drop(self) -> None:
        """Let it go without a verdict: another answered, or the caller went away."""
        self._leave()
        self.run.driver.state.abandon(self.lease)
        self.task.cancel()

    def _leave(self) -> None:
        self.timer.cancel()
        self.run.driver.state.unwait(self.lease.deployment, self)
        self.run.calls.pop(self.index, None)

    def _publish(self, changes: Sequence[Change]) -> None:
        if changes:
            self.run.driver.publish(changes)


def _dispose(result: Shown | Failure) -> None:
    """Close what a call found after nobody wanted it any more."""
    if isinstance(result, Shown) and result.stream is not None:
        result.stream.close()
