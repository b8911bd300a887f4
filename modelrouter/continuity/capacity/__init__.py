"""Capacity: when something is lost, what lands on whom, is it carried, and what would have to be bought."""

from __future__ import annotations

from modelrouter.continuity.capacity.filling import Asker, Poured, pour
from modelrouter.continuity.capacity.forecast import Capacity, Carried, Outlook, Served, Word
from modelrouter.continuity.capacity.headroom import headroom
from modelrouter.continuity.capacity.losses import ORDINARY, Loss, of_events, single
from modelrouter.continuity.capacity.pools import Assumed, Pool, Pools, Want, pools, wants
from modelrouter.continuity.capacity.purchases import Bill, Purchase, bill

__all__ = [
    "ORDINARY",
    "Asker",
    "Assumed",
    "Bill",
    "Capacity",
    "Carried",
    "Loss",
    "Outlook",
    "Pool",
    "Pools",
    "Poured",
    "Purchase",
    "Served",
    "Want",
    "Word",
    "bill",
    "headroom",
    "of_events",
    "pools",
    "pour",
    "single",
    "wants",
]
