"""Time that passes only while everybody waits: an event loop and its clock for rehearsals and tests."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Executor

__all__ = ["VirtualTime"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

DEADLOCK_S = 5.0
"""Real seconds in which a thread may still wake a virtual loop that waits without a timer."""


class VirtualTime:
    """A clock and an event loop whose time passes only while everybody waits: hours take milliseconds.

    Use it for the router's `clock`, and `run` what happens on it. Where threads take part, `settle` is
    called before any time passes: it waits until they have done what they began.
    """

    def __init__(self, *, luck: float = 0.5, settle: Callable[[], None] | None = None) -> None:
        self.luck = luck
        self._settle = settle
        self._selector = _VirtualSelector(settle)

    def now(self) -> float:
        """Monotonic seconds, from 0."""
        return self._selector.passed

    def wall(self) -> float:
        """Seconds since 1970."""
        return 1_800_000_000.0 + self.now()

    def chance(self) -> float:
        """The luck one has set."""
        return self.luck

    def run(self, promise: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end, on a loop of its own; `asyncio.sleep` in it costs no time."""
        passed, self._selector = self._selector.passed, _VirtualSelector(self._settle)  # a loop closes its selector
        self._selector.passed = passed
        with asyncio.Runner(loop_factory=lambda: _VirtualLoop(self._selector)) as runner:
            return runner.run(promise)


class _VirtualSelector(selectors.DefaultSelector):
    """Where a loop would wait for its next timer, the time has come at once."""

    passed = 0.0

    def __init__(self, settle: Callable[[], None] | None = None) -> None:
        super().__init__()
        self._settle = settle

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now; whatever wait was asked for has passed."""
        if self._settle is not None and timeout != 0:
            self._settle()
        ready = super().select(0 if timeout is not None else DEADLOCK_S)
        if timeout and not ready:
            self.passed += timeout
        if timeout is None and not ready:
            raise RuntimeError("everybody waits, and nothing can happen any more")
        return ready


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self, selector: _VirtualSelector) -> None:
        self._virtual = selector
        super().__init__(selector)

    def time(self) -> float:
        return self._virtual.passed

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        """Work for another thread is done on the spot: a thread takes real time, and none passes here."""
        del executor
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - whoever awaits it gets it
            done.set_exception(error)
        return done
