"""Asking providers for free: bounded in time, a few at once, every answer noted.

What probes and scheduled checks have in common. Nothing here waits for, or holds up, a request.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from modelrouter.core.checks import BELOW, Answer, Checked, Layer, Told, broke
from modelrouter.core.domains import endpoint_of
from modelrouter.providers.base import ConnectionFailedError, KeyUnavailableError
from modelrouter.runtime.checkfile import DAY_S
from modelrouter.runtime.log import logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from modelrouter.core.inventory import Deployment
    from modelrouter.providers.base import ProviderClient, Reply
    from modelrouter.runtime.checkfile import CheckFile
    from modelrouter.runtime.clock import Clock

__all__ = ["Asking", "Heard"]

LIMIT_S = 5.0
"""An answer that takes longer has failed."""
HTTP_OK = 200
AT_ONCE = 3
"""Free questions to one provider at the same time, from one event loop of one router."""


class Heard(NamedTuple):
    """An answer, and how long it took."""

    answer: Answer
    took_s: float
    fault_text: str = ""
    """What the provider or the network said, for the classifier; empty where the question was answered well."""
    status: int | None = None
    unasked: bool = False
    """There is no such question here."""


class Asking:
    """Puts free questions to providers. Safe to use from several event loops."""

    def __init__(
        self,
        clients: Mapping[str, ProviderClient],
        clock: Clock,
        file: CheckFile | None = None,
        told: Callable[[Checked], None] | None = None,
    ) -> None:
        self.clients = clients
        self.clock = self._clock = clock
        self._file = file
        self._told = told
        self._unsaved: dict[tuple[str, Layer], Checked] = {}  # guarded by _lock
        self._spent: dict[tuple[str, int], float] = {}  # by deployment and day, where there is no file
        self._lock = threading.Lock()
        # Guarded by _lock.
        self._noted: dict[tuple[str, Layer], Checked] = {}
        self._named: set[tuple[str, ...]] = set()  # what listings have named
        self._places: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Semaphore]] = WeakKeyDictionary()

    async def ask(
        self,
        deployment: Deployment,
        question: Callable[[Deployment], Awaitable[Reply | None]],
        read: Callable[[int, bytes], Answer],
        layer: Layer = Layer.LISTING,
    ) -> Heard:
        """Put one question and read the answer; never raises but for being cancelled."""
        async with self._place(deployment):
            begun = self._clock.now()
            status, text = None, ""
            try:
                async with asyncio.timeout(LIMIT_S):
                    reply = await question(deployment)
                    if reply is None:
                        return Heard(Answer(Told.NOTHING, f"there is no free {layer} here", layer), 0.0, unasked=True)
                    try:
                        status = reply.status
                        body = await reply.read()
                    finally:
                        reply.close()  # its connection is wanted back, whatever came of it
                answer = read(status, body)
                if layer is Layer.LISTING and status == HTTP_OK and deployment.name.encode() in body:
                    self._learn(deployment)
                if answer.told is not Told.PASSED:
                    text = body.decode(errors="replace")
            except ConnectionFailedError as error:
                text = str(error)
                failed = error.layer or layer
                answer = Answer(Told.FAILED, broke(failed, text), failed)
            except KeyUnavailableError as error:
                answer = Answer(Told.NOTHING, str(error), layer)
            except TimeoutError:
                text = f"no answer within {LIMIT_S:g} s"
                answer = Answer(Told.FAILED, f"{layer}: {text}", layer)
            return Heard(answer, self._clock.now() - begun, text, status)

    def _learn(self, deployment: Deployment) -> None:
        with self._lock:
            self._named.add(_listed_as(deployment))

    def named(self, deployment: Deployment) -> bool:
        """Whether its listing has ever named it: some never name all that they serve."""
        with self._lock:
            return _listed_as(deployment) in self._named

    def note(self, deployment: str, heard: Heard, next_in_s: float | None) -> Checked:
        """Keep what was heard of a deployment, for whoever asks how it is."""
        answer, wall = heard.answer, self._clock.wall()
        ok = None if answer.told in (Told.NOTHING, Told.ABSENT) else answer.told is Told.PASSED
        checked = Checked(
            deployment=deployment,
            layer=answer.layer,
            ok=ok,
            took_s=heard.took_s,
            why=answer.why,
            at=wall,
            next_at=None if next_in_s is None else wall + next_in_s,
        )
        self.keep(checked)
        return checked

    def keep(self, checked: Checked) -> None:
        """Keep one check; it replaces the one before of its layer."""
        with self._lock:
            if checked.ok:  # what stands on a layer shows that it holds
                for layer in BELOW.get(checked.layer, ()):
                    below = self._noted.get((checked.deployment, layer))
                    if below is not None and not below.ok:
                        del self._noted[checked.deployment, layer]
            self._noted[checked.deployment, checked.layer] = checked
            if self._file is not None:
                self._unsaved[checked.deployment, checked.layer] = checked
        if self._told is not None:
            self._told(checked)

    async def save(self) -> None:
        """Show other processes what was noted; on a thread, since a disk may be slow."""
        with self._lock:
            unsaved, self._unsaved = list(self._unsaved.values()), {}
        if self._file is None or not unsaved:
            return
        try:
            await asyncio.to_thread(self._file.write, unsaved, self._clock.wall())
        except OSError as error:
            logger().warning("check file not written: other processes do not see these checks", error=str(error))

    async def spend(self, deployment: str, usd: float, budget: float) -> bool:
        """Take the price of a canary out of the budget of the day; where none is left, False."""
        wall = self._clock.wall()
        if self._file is not None:
            try:
                return await asyncio.to_thread(self._file.spend, deployment, usd, budget, wall)
            except OSError as error:
                logger().warning("check file not written: canaries are counted by this process", error=str(error))
        today = deployment, int(wall // DAY_S)
        with self._lock:
            after = self._spent.get(today, 0.0) + usd
            if after <= budget:
                self._spent[today] = after
            return after <= budget

    def noted(self) -> tuple[Checked, ...]:
        """The last check of each layer of each deployment, by any process of the inventory."""
        latest = {(each.deployment, each.layer): each for each in (self._file.read() if self._file else ())}
        with self._lock:
            for key, checked in self._noted.items():
                if key not in latest or latest[key].at <= checked.at:
                    latest[key] = checked
        return tuple(latest.values())

    def forget(self, deployment: Deployment) -> None:
        """See that its key is resolved anew."""
        self.clients[deployment.wire].forget(deployment)

    def _place(self, deployment: Deployment) -> asyncio.Semaphore:
        loop = asyncio.get_running_loop()
        with self._lock:
            places = self._places.setdefault(loop, {})
            return places.setdefault(deployment.provider.id, asyncio.Semaphore(AT_ONCE))


def _listed_as(deployment: Deployment) -> tuple[str, ...]:
    """What a listing names, and which listing: a reload may put another place under the same name."""
    account = deployment.account.name if deployment.account else ""
    return deployment.provider.id, endpoint_of(deployment), account, deployment.name
