"""Who of the whole inventory may serve a process, its route aside; asked once for all processes that are alike."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.candidates import candidates
from modelrouter.core.context import NOBODY
from modelrouter.core.inventory import Data
from modelrouter.core.policy import applies

if TYPE_CHECKING:
    from datetime import date

    from modelrouter.core.inventory import Inventory, Needs, Process

__all__ = ["Reach", "Reaches"]

Alike = tuple[tuple[str, ...], tuple[str, ...], float | None, "Needs"]
"""The policies that bind a process, where it may be processed, and what it needs."""


class Reach(NamedTuple):
    """Deployments as bits: the first of the inventory is the lowest."""

    permitted: int
    """They can do what the process needs, and no policy keeps them from it."""
    able: int
    """They can do what it needs, whatever policy says."""


@dataclass(frozen=True, slots=True)
class Reaches:
    """The reach of every process; worked out when it is asked for, and remembered."""

    inventory: Inventory
    day: date | None = None
    """The one on which policies and contracts must be in force."""
    bits: dict[str, int] = field(init=False, default_factory=dict)
    """Deployment → its bit."""
    _known: dict[Alike, Reach] = field(init=False, default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.bits.update({name: 1 << place for place, name in enumerate(self.inventory.deployments)})

    def alike(self, process: Process) -> Alike:
        """What is the same for processes to which the same policies apply, with the same needs and places."""
        policies = tuple(each.id for each in self.inventory.policies if applies(each, process, NOBODY, self.day))
        return policies, process.data.processing, process.data.retention_s, process.needs

    def of(self, process: Process) -> Reach:
        """Whom a process reaches: the same for all that are alike."""
        alike = self.alike(process)
        found = self._known.get(alike)
        if found is None:
            found = self._known[alike] = self._reach(process)
        return found

    def _reach(self, process: Process) -> Reach:
        everywhere = replace(process, routes=tuple(self.inventory.deployments.values()))
        lawless = replace(self.inventory, policies=())
        permitted = candidates(self.inventory, everywhere, NOBODY, day=self.day).permitted
        able = candidates(lawless, replace(everywhere, data=Data()), NOBODY, day=self.day).permitted
        return Reach(sum(self.bits[each.id] for each in permitted), sum(self.bits[each.id] for each in able))

    def names(self, mask: int) -> tuple[str, ...]:
        """The deployments of some bits, in the order of the inventory."""
        return tuple(name for name, bit in self.bits.items() if mask & bit)
