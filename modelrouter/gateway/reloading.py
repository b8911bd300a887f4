"""The inventory of a gateway that runs: taken up again when its files change, or when somebody says so."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Self

from modelrouter.errors import InventoryError
from modelrouter.runtime.log import crashed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from modelrouter.router import Reloaded, Router

__all__ = ["Reloading"]

EVERY_S = 2.0
SETTLED_S = 0.2
"""An editor writes a file in several steps: it is read when it has stayed the same for so long."""

_Stamps = dict[str, tuple[int, int, int] | None]


class Reloading:
    """Reloads a router on a thread of its own, for as long as the block lasts.

    `told` hears what came of each, on that thread. Without `watches`, only `now` reloads.
    """

    def __init__(self, router: Router, told: Callable[[Reloaded | InventoryError], None], *, watches: bool) -> None:
        self._router = router
        self._told = told
        self._watches = watches
        self._asked = False
        self._over = threading.Event()
        self._wake = threading.Event()
        self._stamps = _stamps(_files(router))
        self._thread = threading.Thread(target=self._run, name="modelrouter-reload", daemon=True)

    def now(self) -> None:
        """Reload, whether a file changed or not. Takes no lock of ours: a handler of signals may call it."""
        self._asked = True
        self._wake.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            self._wake.wait(EVERY_S if self._watches else None)
            self._wake.clear()
            asked, self._asked = self._asked, False
            if not self._over.is_set() and (asked or (self._watches and self._changed())):
                self._reload()

    def _changed(self) -> bool:
        """Whether a file is another than at the last reading; waits until nobody writes any more."""
        seen = _stamps(self._stamps)
        if seen == self._stamps:
            return False
        while not self._over.is_set():
            self._wake.wait(SETTLED_S)
            before, seen = seen, _stamps(self._stamps)
            if seen == before:
                return True
        return False

    def _reload(self) -> None:
        try:
            self._told(self._outcome())
        except Exception as error:  # noqa: BLE001 - a mistake of ours here may not end all reloads to come
            crashed("reload failed inside the gateway", error)

    def _outcome(self) -> Reloaded | InventoryError:
        seen = _stamps(self._stamps)  # before it is read: what is written meanwhile is seen the next time
        outcome: Reloaded | InventoryError
        try:
            outcome = self._router.reload()
            files = _files(self._router)
        except InventoryError as error:
            outcome = error
            files = (*_files(self._router), *error.files)  # one of those it names may be what is missing
        self._stamps = {file: seen.get(file, stamp) for file, stamp in _stamps(files).items()}
        return outcome


def _files(router: Router) -> tuple[str, ...]:
    return router.inventory.files or (router.inventory.path,)


def _stamps(files: Iterable[str]) -> _Stamps:
    return {file: _stamp(file) for file in files}


def _stamp(file: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(file)  # noqa: PTH116 - as it is, many times
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
