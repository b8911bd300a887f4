"""The canary: the smallest real call there is, with nobody's data in it and a price on it.

It goes the way of every call, leave included: where a hold is due for a trial, the canary is that trial.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import orjson

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.checks import Answer, Layer, Told
from modelrouter.core.domains import held_domain
from modelrouter.core.faults import Fault
from modelrouter.core.moment import day_at
from modelrouter.core.policy import out_of_contract
from modelrouter.runtime.asking import Heard
from modelrouter.runtime.calls import Ask, Failure
from modelrouter.runtime.leases import Lease, Refusal
from modelrouter.wire.dialects import CALLERS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from modelrouter.core.inventory import Canary, Deployment, Inventory
    from modelrouter.runtime.calls import Caller
    from modelrouter.runtime.clock import Clock
    from modelrouter.runtime.leases import Change
    from modelrouter.runtime.state import State

__all__ = ["Canaries", "price_of"]

LIMIT_S = 20.0
"""A model may think before its one token."""
TOKENS_IN = 20
"""More than any tokenizer makes of the question, frame included."""
WIRE = "openai-chat"
EMBEDDINGS = "openai-embeddings"
"""Deployments of this wire answer nothing else."""
_RENAMED = frozenset({"openai", "azure"})
"""Their models refuse `max_tokens` under its old name."""


def price_of(deployment: Deployment, canary: Canary) -> float:
    """US dollars that one canary costs at most."""
    prices = deployment.prices
    return 0.0 if prices is None else (prices.input * TOKENS_IN + prices.output * canary.tokens) / 1e6


class Canaries:
    """Sends them for one router. `spend` says whether the budget of the day permits one."""

    def __init__(
        self,
        state: State,
        inventory: Inventory,
        caller: Caller,
        clock: Clock,
        publish: Callable[[Sequence[Change]], None],
        spend: Callable[[str, float, float], Awaitable[bool]],
    ) -> None:
        self._state = state
        self.inventory = inventory
        self.caller = caller
        self._clock = clock
        self._publish = publish
        self._spend = spend

    async def send(self, deployment: Deployment, canary: Canary) -> Heard:
        """Send one, if a contract carries it, nothing holds the deployment and its budget permits.

        Never raises but for being cancelled.
        """
        for objection in out_of_contract(self.inventory, deployment, day_at(self._clock.wall())):
            return _nothing(f"not sent: {objection.rule}: {objection.why}")
        lease = self._state.acquire(deployment)
        if isinstance(lease, Refusal):
            return _nothing(f"not sent: {lease.domain or 'the deployment'} is held")
        settled = False
        try:
            if not await self._spend(deployment.id, price_of(deployment, canary), canary.budget):
                return _nothing("not sent: the budget of the day is spent")
            begun = self._clock.now()
            fault = await self._fault(deployment, canary)
            settled = True
            self._publish(self._state.apply(lease, fault))
            return _heard(fault, lease, self._clock.now() - begun)
        finally:
            if not settled:
                self._state.abandon(lease)

    async def _fault(self, deployment: Deployment, canary: Canary) -> Fault | None:
        ask = _ask(deployment, canary)
        rendered = self.caller.render(ask, deployment)
        if isinstance(rendered, Fault):
            return rendered
        try:
            async with asyncio.timeout(LIMIT_S):
                result = await self.caller.call(ask, deployment, rendered)
        except TimeoutError:
            evidence = f"no answer to a canary within {LIMIT_S:g} s"
            return Fault(cause=Cause.TIMEOUT, scope=Scope.DEPLOYMENT, rule="check.canary", evidence=evidence)
        return result.fault if isinstance(result, Failure) else None


def _ask(deployment: Deployment, canary: Canary) -> Ask:
    if deployment.wire == EMBEDDINGS:
        parsed: dict[str, Any] = {"model": deployment.name, "input": "Say hi"}
        return Ask(EMBEDDINGS, orjson.dumps(parsed), parsed, CALLERS[EMBEDDINGS].read_request(parsed))
    limit = "max_completion_tokens" if deployment.provider.vendor in _RENAMED else "max_tokens"
    parsed = {"model": deployment.name, "messages": [{"role": "user", "content": "Say hi"}], limit: canary.tokens}
    return Ask(WIRE, orjson.dumps(parsed), parsed, CALLERS[WIRE].read_request(parsed))


def _heard(fault: Fault | None, lease: Lease, took_s: float) -> Heard:
    if fault is None:
        return Heard(Answer(Told.PASSED, "", Layer.CANARY), took_s)
    if (
        held_domain(fault.cause, fault.scope, lease.deployment) is None
    ):  # it finds fault with the canary, so it is there
        return Heard(Answer(Told.PASSED, f"answers, and refuses the canary: {fault.cause}", Layer.CANARY), took_s)
    return Heard(Answer(Told.FAILED, f"{fault.cause}: {fault.evidence}", Layer.CANARY), took_s)


def _nothing(why: str) -> Heard:
    return Heard(Answer(Told.NOTHING, why, Layer.CANARY), 0.0)
