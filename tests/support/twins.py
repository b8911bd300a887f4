"""An inventory over real twins, for tests that go through real sockets."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from modelrouter.core.inventory import Objectives
from modelrouter.drills.twins.keys import dummy_key
from modelrouter.drills.twins.twin import Pace, Twin
from support.inventories import deployment as make
from support.inventories import inventory, process, provider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from modelrouter.core.inventory import Inventory

WIRES = {"anthropic": "anthropic-messages"}


@dataclass(frozen=True, slots=True)
class Setting:
    """An inventory whose deployments are twins: `first` and `second` serve `claims-triage` in that order."""

    inventory: Inventory
    first: Twin
    second: Twin


def calls(twin: Twin) -> int:
    """Real calls that arrived; free listings aside."""
    return sum(1 for entry in twin.log if not entry.probe)


@asynccontextmanager
async def setting(folder: Path, first: str, second: str, **objectives) -> AsyncIterator[Setting]:
    """Two providers by vendor name, each with one deployment, as one process's route."""
    twins, routes = [], []
    for number, vendor in enumerate((first, second)):
        key = folder / f"{number}-{vendor}.key"
        owner = provider(f"{vendor}{number}", vendor=vendor, local=True, key=f"file:{key}")
        key.write_text(dummy_key(owner.accounts["main"]))
        described = make(f"{vendor}{number}-direct", of=owner, wire=WIRES.get(vendor, "openai-chat"))
        twin = Twin(owner, [described], pace=Pace(first_token_s=0.005, token_gap_s=0.001))
        await twin.start()
        twins.append(twin)
        routes.append(replace(described, url=twin.base_url(described)))
    triage = process("claims-triage", *routes, objectives=Objectives(**{"deadline_s": 20.0, **objectives}))
    try:
        yield Setting(inventory(triage, aliases={"gpt-5.6": "claims-triage"}), *twins)
    finally:
        for twin in twins:
            await twin.stop()
