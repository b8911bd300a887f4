"""What a faulty provider would answer, word for word, so that a gateway can say it without knowing of faults.

Each call is put to the simulated provider once, while the fault stands; what came back is what real requests are told.
Faults that a whole reply cannot express (a stream that is cut, slowness, less capacity) are refused: on real
requests only what is plain from outside is rehearsed.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import orjson

from modelrouter.core.rehearsal import Strike
from modelrouter.drills.simulated import SimulatedProviders
from modelrouter.drills.twins.reception import Time
from modelrouter.errors import UsageError
from modelrouter.providers.base import CallOptions, ConnectionFailedError

if TYPE_CHECKING:
    from modelrouter.core.inventory import Deployment, Inventory
    from modelrouter.drills.miniature import Miniature
    from modelrouter.drills.scenario import Blow, Scenario

__all__ = ["strikes"]

PATIENCE_S = 2.0
"""A simulated provider that has said nothing for so long stays silent."""
SERVED = 300
CONDITIONAL = "can be played on real requests only as a whole: for all calls, of all callers"


async def strikes(inventory: Inventory, small: Miniature, scenario: Scenario, until_s: float) -> tuple[Strike, ...]:
    """What calls to each deployment that the scenario hits are told, and when; nothing stands after `until_s`.

    Raises UsageError for a fault that no whole reply can express.
    """
    found: list[Strike] = []
    for blow in scenario.faults:
        if blow.share < 1 or blow.processes is not None:
            raise UsageError(f"{scenario.id}: {blow.scope} {CONDITIONAL}")
        providers = SimulatedProviders(inventory, small, Time(time.monotonic, time.time))
        providers.strike([blow])
        hit = [inventory.deployments[name] for name in sorted(blow.deployments)]
        found += [await _strike(providers, each, blow, until_s) for each in hit]
    return tuple(found)


async def _strike(providers: SimulatedProviders, deployment: Deployment, blow: Blow, until_s: float) -> Strike:
    until = until_s if blow.until_s is None else min(until_s, blow.until_s)
    span: dict[str, Any] = {"deployment": deployment.id, "from_s": blow.from_s, "until_s": until}
    try:
        async with asyncio.timeout(PATIENCE_S):
            reply = await providers.send(deployment, _smallest(deployment), CallOptions())
            body = await reply.read()
    except TimeoutError:
        return Strike(kind="silent", **span)
    except ConnectionFailedError as error:
        return Strike(kind="unreachable", text=str(error), **span)
    if reply.status < SERVED:
        raise UsageError(f"{blow.effect} at {blow.scope} is answered with {reply.status}, which no reply can rehearse")
    return Strike(kind="reply", status=reply.status, headers=dict(reply.headers), body=body, **span)


def _smallest(deployment: Deployment) -> bytes:
    """A request that the deployment's own wire takes."""
    asked: dict[str, Any] = {"model": deployment.name, "messages": [{"role": "user", "content": "Say hi"}]}
    match deployment.wire:
        case "anthropic-messages":
            asked["max_tokens"] = 1
        case "gemini":
            asked = {"contents": [{"role": "user", "parts": [{"text": "Say hi"}]}]}
        case "openai-responses" | "openai-embeddings":
            asked = {"model": deployment.name, "input": "Say hi"}
        case _:
            pass
    return orjson.dumps(asked)
