"""Scheduled checks: deployments are asked how they are while nobody calls them.

Opt-in, by `health:` in the inventory. One task for each such deployment, from the first request or
`Router.start`, give or take a fifth of its interval. What is found is evidence: a check that has passed
before and now fails as often in a row as its cause wants may open a hold, unless a real call was served
meanwhile, which knows better. One that passes never ends a hold; see `probes`.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import orjson

from modelrouter.core.causes import PERMITS, Cause, Scope
from modelrouter.core.checks import SPREAD, Answer, Layer, Told, listing_tells
from modelrouter.core.classify import classify
from modelrouter.core.domains import Kind, held_domain
from modelrouter.core.faults import Evidence, Fault
from modelrouter.core.usage import usage_of
from modelrouter.providers.base import ConnectionFailedError, LayeredClient
from modelrouter.runtime.asking import Heard
from modelrouter.runtime.errands import Errand, ended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from modelrouter.core.checks import Checked
    from modelrouter.core.domains import Domain
    from modelrouter.core.inventory import Deployment, Health, Inventory
    from modelrouter.runtime.asking import Asking
    from modelrouter.runtime.canary import Canaries
    from modelrouter.runtime.clock import Clock
    from modelrouter.runtime.leases import Change
    from modelrouter.runtime.state import State

__all__ = ["FREE", "Checker"]

FREE = tuple(layer for layer in Layer if layer is not Layer.CANARY)
_REACHED = frozenset({Layer.DNS, Layer.CONNECT, Layer.TLS})


@dataclass(slots=True, kw_only=True)
class _Round(Errand):
    """What is known of one deployment from its checks."""

    deployment: Deployment
    health: Health
    due: float | None = None
    passed: set[Layer] = field(default_factory=set)
    """Layers that have passed once: their failing is news."""
    failing: tuple[Cause, Domain] | None = None
    failures: int = 0
    failing_since: float = 0.0


class Checker:
    """Checks the deployments of one router. Safe to use from threads."""

    def __init__(
        self,
        state: State,
        inventory: Inventory,
        asking: Asking,
        canaries: Canaries,
        clock: Clock,
        publish: Callable[[Sequence[Change]], None],
    ) -> None:
        self._state = state
        self._inventory = inventory
        self._asking = asking
        self._canaries = canaries
        self._clock = clock
        self._publish = publish
        self._lock = threading.Lock()
        self._rounds = _rounds(inventory)  # what they hold is touched by one task at a time; who is at it, by _lock
        self._served: dict[str, float] = {}  # when a real call was last served, of those that are checked

    def attend(self) -> None:
        """See that every deployment is checked that should be; call it with every request, on its loop."""
        if not self._rounds or all(each.alive() for each in self._rounds.values()):
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        with self._lock:
            for each in self._rounds.values():
                if not each.alive():
                    each.give_up()
                    each.begin(loop, self._go_round(each))

    def reload(self, inventory: Inventory) -> None:
        """Go over to another inventory; what is known of a deployment that is the same goes on."""
        with self._lock:
            before, after = self._rounds, _rounds(inventory)
            for name, this in before.items():
                if name in after and after[name].deployment == this.deployment:
                    after[name] = this
                else:
                    this.give_up()
            self._inventory, self._rounds = inventory, after

    def served(self, deployment: str) -> None:
        """A real call was served: it knows better than any check since."""
        if deployment in self._rounds:
            self._served[deployment] = self._clock.now()

    async def _go_round(self, this: _Round) -> None:
        every = this.health.every_s
        if this.due is None:  # those that begin together do not ask together
            this.due = self._clock.now() + every * self._clock.chance() * SPREAD
        while True:
            await asyncio.sleep(max(0.0, this.due - self._clock.now()))
            this.due = self._clock.now() + every * (1 - SPREAD + 2 * SPREAD * self._clock.chance())
            heard = await self.ask(this.deployment, map(Layer, this.health.checks))
            if Layer.CANARY in this.health.checks:
                heard.append(await self._canaries.send(this.deployment, this.health.canary))
            for each in heard:
                self._asking.note(this.deployment.id, each, this.due - self._clock.now())
            self._weigh(this, heard)
            await self._asking.save()

    async def check(self, layers: Sequence[Layer] = FREE) -> tuple[Checked, ...]:
        """Check every deployment once, now; whatever is found opens no hold."""

        async def one(deployment: Deployment) -> list[Checked]:
            heard = await self.ask(deployment, layers)
            return [self._asking.note(deployment.id, each, None) for each in heard]

        found = await asyncio.gather(*map(one, self._inventory.deployments.values()))
        await self._asking.save()
        return tuple(checked for each in found for checked in each)

    async def ask(self, deployment: Deployment, layers: Iterable[Layer]) -> list[Heard]:
        """Ask the free layers among these, from the bottom up to the first that fails."""
        wanted = set(layers)
        heard = await self._reach(deployment, wanted & _REACHED)
        if any(each.answer.told is Told.FAILED for each in heard):
            return heard
        client = self._asking.clients[deployment.wire]
        if Layer.LISTING in wanted:
            read = partial(listing_tells, Cause.AUTH, Kind.KEY, ())
            heard.append(await self._asking.ask(deployment, client.listing, read))
        if Layer.USAGE in wanted and isinstance(client, LayeredClient):
            read = partial(_usage_tells, deployment.provider.vendor)
            found = await self._asking.ask(deployment, client.usage, read, Layer.USAGE)
            heard += [] if found.unasked else [found]
        return heard

    async def _reach(self, deployment: Deployment, wanted: set[Layer]) -> list[Heard]:
        client = self._asking.clients[deployment.wire]
        if not wanted or not isinstance(client, LayeredClient):
            return []
        try:
            reached = await client.reach(deployment)
        except ConnectionFailedError as error:
            return [Heard(Answer(Told.FAILED, str(error), Layer.DNS), 0.0, str(error))]
        return [
            Heard(Answer(Told.PASSED if ok else Told.FAILED, why, layer), took_s, "" if ok else why)
            for layer, ok, took_s, why in reached
            if layer in wanted or not ok
        ]

    def _weigh(self, this: _Round, heard: Sequence[Heard]) -> None:
        """Count what fails for the first time after it passed; open a hold where that suffices."""
        failed = next((each for each in heard if each.answer.told is Told.FAILED), None)
        known = failed is not None and (failed.answer.layer in this.passed or failed.answer.layer is Layer.USAGE)
        this.passed |= {each.answer.layer for each in heard if each.answer.told is Told.PASSED}
        fault = self._fault(this.deployment, failed) if failed is not None and known else None
        domain = held_domain(fault.cause, fault.scope, this.deployment) if fault is not None else None
        if fault is None or domain is None:
            this.failing, this.failures = None, 0
            return
        if this.failing != (fault.cause, domain):
            this.failing, this.failures, this.failing_since = (fault.cause, domain), 0, self._clock.now()
        this.failures += 1
        opens = PERMITS[fault.cause].opens
        served = self._served.get(this.deployment.id, float("-inf"))
        if opens is not None and this.failures >= opens.after and served < this.failing_since:
            this.failures = 0
            if changes := self._state.found(this.deployment, fault):
                self._publish(changes)

    def _fault(self, deployment: Deployment, heard: Heard) -> Fault | None:
        """What the failure of a free check is evidence of; a canary has reported by itself."""
        layer = heard.answer.layer
        vendor = deployment.provider.vendor
        if layer is Layer.CANARY:
            return None
        if layer is Layer.USAGE and heard.status is not None:
            return usage_of(vendor, _parsed(heard.fault_text)).fault
        if heard.status is not None:
            evidence = Evidence(vendor=vendor, status=heard.status, body=heard.fault_text)
            now = datetime.fromtimestamp(self._clock.wall(), UTC)
            return classify(evidence, self._inventory.signatures, now=now)
        words = heard.answer.why
        return Fault(cause=Cause.NETWORK, scope=Scope.DEPLOYMENT, rule=f"check.{layer}", evidence=words)

    async def aclose(self) -> None:
        """Stop checking on the running loop."""
        await ended(self._rounds.values())


def _rounds(inventory: Inventory) -> dict[str, _Round]:
    return {
        deployment.id: _Round(deployment=deployment, health=deployment.health)
        for deployment in inventory.deployments.values()
        if deployment.health is not None
    }


def _usage_tells(vendor: str, status: int, body: bytes) -> Answer:
    if status != 200:  # noqa: PLR2004 - HTTP's own
        return Answer(Told.NOTHING, f"usage answered {status}", Layer.USAGE)
    usage = usage_of(vendor, _parsed(body))
    if usage.fault is not None:
        return Answer(Told.FAILED, usage.said, Layer.USAGE)
    return Answer(Told.PASSED if usage.said else Told.NOTHING, usage.said or "not understood", Layer.USAGE)


def _parsed(body: bytes | str) -> object:
    try:
        return orjson.loads(body)
    except ValueError:
        return None
