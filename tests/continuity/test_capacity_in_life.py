"""What capacity foretells is what the router does: minutes of traffic in virtual time beside the forecast."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress

import pytest
from crowds.provider import Crowded, Place
from support.inventories import deployment, inventory, process

from modelrouter import Router
from modelrouter.continuity.capacity import Capacity
from modelrouter.continuity.factors import Graph
from modelrouter.core.inventory import Criticality, Demand, Deployment, Inventory, Limits, Objectives, Process
from modelrouter.errors import RequestFailedError
from modelrouter.testing import VirtualTime

MINUTES = 12
SETTLED = 4
"""Minutes before which nothing is counted: buckets begin full, queues empty."""
A = deployment("a", limits=Limits(rpm=120))
B = deployment("b", limits=Limits(rpm=60))


def asks(name: str, *route: Deployment, rpm: float, criticality: Criticality) -> Process:
    """A process that gives each request half a minute."""
    return process(
        name,
        *route,
        demand=Demand(rpm=rpm),
        objectives=Objectives(deadline_s=30.0, minimum=0.0),
        criticality=criticality,
    )


def lived(held: Inventory) -> dict[str, float]:
    """Requests a minute that the router served of each process, in settled minutes."""
    time = VirtualTime(luck=0.5)
    provider = Crowded(**{name: Place(takes_s=1.0) for name in held.deployments})
    served: Counter[str] = Counter()

    async def one(router: Router, name: str, begins: float) -> None:
        await asyncio.sleep(begins)
        with suppress(RequestFailedError):
            answer = await router.achat(name, "x", stream=True)
            while await answer.block():
                pass
            if begins >= SETTLED * 60:
                served[name] += 1

    async def whole() -> None:
        async with Router(held, observers=[], clients=provider.clients(), clock=time, hold_file=None) as router:
            await asyncio.gather(
                *(
                    one(router, each.id, number * 60 / each.demand.rpm + place * 0.01)
                    for place, each in enumerate(held.processes.values())
                    for number in range(int(each.demand.rpm * MINUTES))
                )
            )

    time.run(whole())
    return {name: served[name] / (MINUTES - SETTLED) for name in held.processes}


@pytest.mark.parametrize(
    "processes",
    [
        (asks("p", A, B, rpm=150, criticality="standard"),),
        (asks("p", A, B, rpm=240, criticality="standard"),),
        (asks("grave", A, B, rpm=100, criticality="critical"), asks("low", A, B, rpm=100, criticality="deferrable")),
        (
            asks("grave", A, rpm=90, criticality="critical"),
            asks("middle", A, B, rpm=60, criticality="important"),
            asks("low", B, rpm=60, criticality="deferrable"),
        ),
    ],
    ids=["all carried", "too much", "graver first", "three that meet"],
)
def test_the_router_serves_what_was_foretold(processes: tuple[Process, ...]) -> None:
    """Each process gets the requests a minute of the forecast, within 8 % of the demand."""
    held = inventory(*processes)
    foretold = {name: each.rpm for name, each in Capacity(Graph.of(held)).under().served.items()}
    found = lived(held)

    assert foretold == {
        name: pytest.approx(rpm, abs=0.08 * held.processes[name].demand.rpm) for name, rpm in found.items()
    }
