"""What is in force on a day, and when that next changes.

Days are days in UTC, and both ends of a term belong to it. Without a day (None) nothing is judged by dates: every
policy binds, and every contract runs.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelrouter.core.contracts import Contract
    from modelrouter.core.inventory import Inventory
    from modelrouter.core.rules import Policy

__all__ = ["DAY_S", "day_at", "in_force", "lapse", "midnight", "next_change", "timeless", "without_past"]

DAY_S = 86_400
EPOCH = date(1970, 1, 1).toordinal()


def day_at(wall: float) -> date:
    """The day of a moment, given as seconds since 1970."""
    return date.fromordinal(EPOCH + int(wall // DAY_S))


def midnight(day: date) -> float:
    """When a day begins, in seconds since 1970."""
    return float((day.toordinal() - EPOCH) * DAY_S)


def in_force(policy: Policy, day: date | None) -> bool:
    """Whether a policy binds on this day."""
    if day is None:
        return True
    return (policy.begins is None or policy.begins <= day) and (policy.ends is None or day <= policy.ends)


def lapse(contract: Contract, day: date | None) -> str | None:
    """Why nothing may be sent under a contract on this day; None where it runs.

    One that renews itself goes on until somebody gives notice.
    """
    if day is None:
        return None
    if contract.begins is not None and day < contract.begins:
        return f"it begins on {contract.begins}"
    last = _last(contract)
    return f"it ended on {last}" if last is not None and last < day else None


def _last(contract: Contract) -> date | None:
    """The last day of a contract; None where it has none, or goes on by itself and nobody gave notice."""
    renews = bool(contract.renews_s) and contract.termination is None
    return None if renews else contract.ends


def next_change(inventory: Inventory, day: date) -> date | None:
    """The first day after this one on which anything else is in force; None: nothing will change."""
    return min((each for each in _turns(inventory) if each > day), default=None)


def _turns(inventory: Inventory) -> Iterator[date]:
    """Every day on which something begins, or is over."""
    for policy in inventory.policies:
        yield from _edges(policy.begins, policy.ends)
    for contract in inventory.contracts.values():
        yield from _edges(contract.begins, _last(contract))


def _edges(first: date | None, last: date | None) -> Iterator[date]:
    if first is not None:
        yield first
    if last is not None and last < date.max:
        yield last + timedelta(days=1)


def without_past(inventory: Inventory, day: date) -> Inventory:
    """The same without the policies that are over; those to come are in it, for whoever looks ahead."""
    kept = tuple(each for each in inventory.policies if each.ends is None or day <= each.ends)
    return inventory if len(kept) == len(inventory.policies) else replace(inventory, policies=kept)


def timeless(inventory: Inventory) -> Inventory:
    """The same without terms, for whoever rehearses on a clock of its own: every policy binds, every contract runs."""
    return replace(
        inventory,
        policies=tuple(replace(each, begins=None, ends=None) for each in inventory.policies),
        contracts={name: replace(each, begins=None, ends=None) for name, each in inventory.contracts.items()},
    )
