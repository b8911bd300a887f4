"""Did any data go where it may not? Asked of the providers' own logs, by the reader that audits ledgers.

The reader (`audit.reader`) shares no code with the router's own policy, so that a mistake there is seen here. It knows
every policy, every process's limits and every contract; rehearsals are without terms, as `moment.timeless` has them,
while drills on real requests are judged by the day on which they were played.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from modelrouter.audit.reader import Law, Who
from modelrouter.core.facts import facts
from modelrouter.core.moment import timeless

if TYPE_CHECKING:
    from modelrouter.core.inventory import Inventory

__all__ = ["breaches", "law_of"]

ANY_DAY = date(2000, 1, 1)
"""Where nothing has a term, one day is as good as another."""


def law_of(inventory: Inventory, day: date | None = None) -> Law:
    """What binds on a day; without one, whatever may bind on any."""
    return Law(facts(inventory if day is not None else timeless(inventory)))


def breaches(law: Law, process: str, deployment: str, day: date | None = None) -> list[str]:
    """Why this process's data may not be sent to this deployment; empty where it may."""
    return [f"{rule}: {why}" for rule, why in law.objections(Who(process), deployment, day or ANY_DAY)]
