"""What calling a deployment needs and costs time to find out, such as its key: found once, for all who wait."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from threading import Lock, Thread
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelrouter.core.inventory import Deployment

__all__ = ["Resolved"]

T = TypeVar("T")


class Resolved(Generic[T]):
    """One value for each deployment, for callers on any event loop.

    Found on a thread of its own, since a password manager may take its time; a thread of the loop's pool
    would keep the loop from ending. A failure goes to everybody who waits for it and is not kept. Where a
    deployment of the same name says something else, after a reload, its value is found anew.
    """

    def __init__(self, find: Callable[[Deployment], T]) -> None:
        self._find = find
        self._found: dict[str, tuple[Deployment, Future[T]]] = {}
        self._values: dict[str, tuple[Deployment, T]] = {}
        """Of those, what was found and asked for again: a future takes a lock whenever it is asked."""
        self._lock = Lock()

    def known(self, deployment: Deployment) -> T | None:
        """The value of a deployment where it is at hand, as it is for nearly every caller."""
        known = self._values.get(deployment.id)
        return known[1] if known is not None and known[0] is deployment else None

    async def of(self, deployment: Deployment) -> T:
        """The value of a deployment; raises what finding it raises."""
        known = self._found.get(deployment.id)
        found = known[1] if known is not None and known[0] is deployment else self._begun(deployment)
        if found.done():
            value = found.result()
            with self._lock:
                if self._found.get(deployment.id) is known and known is not None:  # nobody said to forget it meanwhile
                    self._values[deployment.id] = (deployment, value)
            return value
        return await asyncio.shield(asyncio.wrap_future(found))  # one who leaves takes it from nobody

    def forget(self, deployment: Deployment) -> None:
        """Find it anew for the next caller; those who wait already still get the old one."""
        with self._lock:
            self._found.pop(deployment.id, None)
            self._values.pop(deployment.id, None)

    def _begun(self, deployment: Deployment) -> Future[T]:
        with self._lock:
            known = self._found.get(deployment.id)
            if known is not None and known[0] == deployment:
                found = known[1]
            else:
                found = Future()
                Thread(target=self._fill, args=(deployment, found), name="modelrouter-key", daemon=True).start()
            self._found[deployment.id] = (deployment, found)
            return found

    def _fill(self, deployment: Deployment, found: Future[T]) -> None:
        try:
            value = self._find(deployment)
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            with self._lock:
                known = self._found.get(deployment.id)
                if known is not None and known[1] is found:
                    del self._found[deployment.id]
            found.set_exception(error)
        else:
            found.set_result(value)
