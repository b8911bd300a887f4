"""The evidence of a plan at level `static`: what the factor graph says, as a document that is found again and signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from modelrouter.drills.history import REPORT
from modelrouter.drills.plan import targeted
from modelrouter.drills.report.document import VERSION
from modelrouter.drills.signing import sign_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from modelrouter.core.inventory import Inventory
    from modelrouter.drills.plan import Plan
    from modelrouter.drills.report.findings import Origin
    from modelrouter.drills.signing import Key
    from modelrouter.drills.static import Foreseen

__all__ = ["stopped", "told", "write"]


def stopped(plan: Plan, inventory: Inventory, foreseen: Sequence[Foreseen]) -> tuple[str, ...]:
    """The processes that the plan targets and that nobody serves at some time, in the order of the inventory."""
    down = frozenset().union(*(each.down for each in foreseen))
    return tuple(process.id for process in targeted(plan, inventory) if process.id in down)


def told(
    plan: Plan, inventory: Inventory, foreseen: Sequence[Foreseen], origin: Origin, began: datetime
) -> dict[str, Any]:
    """The document: who is served in each scenario, by the graph alone."""
    return {
        "version": VERSION,
        "inventory": {"name": inventory.name, "file": inventory.path, "fingerprint": origin.fingerprint},
        "software": {"name": "modelrouter", "version": origin.version},
        "began": began.isoformat(timespec="seconds"),
        "level": "static",
        "plan": {"id": plan.id, "title": plan.title, "owner": plan.owner, "ticket": plan.ticket, "file": plan.path},
        "passed": not stopped(plan, inventory, foreseen),
        "stopped": list(stopped(plan, inventory, foreseen)),
        "signer": origin.signer,
        "foreseen": [
            {
                "id": each.scenario.id,
                "title": each.scenario.title,
                "factors": sorted(each.scenario.factors),
                "verdicts": {name: str(verdict) for name, verdict in each.verdicts.items()},
                "notes": list(each.scenario.notes),
            }
            for each in foreseen
        ],
    }


def write(document: dict[str, Any], folder: Path, key: Key | None) -> None:
    """Write and sign it. Raises OSError."""
    (folder / REPORT).write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    sign_folder(folder, (REPORT,), key)
