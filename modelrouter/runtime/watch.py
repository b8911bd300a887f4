"""Everything that watches deployments beside the requests of one router: probes of what is held, scheduled checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.runtime.canary import Canaries
from modelrouter.runtime.checks import Checker
from modelrouter.runtime.probes import Prober

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from modelrouter.core.checks import Checked
    from modelrouter.core.holds import Hold
    from modelrouter.core.inventory import Inventory
    from modelrouter.providers.base import ProviderClient
    from modelrouter.runtime.asking import Asking
    from modelrouter.runtime.board import Board
    from modelrouter.runtime.calls import Caller
    from modelrouter.runtime.leases import Change
    from modelrouter.runtime.state import State

__all__ = ["Watch"]


class Watch:
    """The probes and checks of one router. Safe to use from threads."""

    def __init__(
        self,
        state: State,
        inventory: Inventory,
        asking: Asking,
        caller: Caller,
        publish: Callable[[Sequence[Change]], None],
        board: Board | None,
    ) -> None:
        self._asking = asking
        share = board.tell if board is not None else _nobody
        self._canaries = canaries = Canaries(state, inventory, caller, asking.clock, publish, asking.spend)
        self._prober = Prober(state, asking, asking.clock, publish, share)
        self._checker = Checker(state, inventory, asking, canaries, asking.clock, publish)
        self.served = self._checker.served

    def attend(self, holds: Sequence[Hold] = ()) -> None:
        """See that these holds are probed, and that checks go on: see `Prober.attend` and `Checker.attend`."""
        self._prober.attend(holds)
        self._checker.attend()

    def reload(self, inventory: Inventory, clients: Mapping[str, ProviderClient], caller: Caller) -> None:
        """Go over to another inventory, once the state has: what is probed and known stays."""
        self._asking.clients = clients
        self._canaries.inventory, self._canaries.caller = inventory, caller
        self._checker.reload(inventory)

    def noted(self) -> tuple[Checked, ...]:
        """What was found last of each layer of each deployment."""
        return self._asking.noted()

    async def check(self) -> tuple[Checked, ...]:
        """Ask every deployment everything that is free, once, now."""
        return await self._checker.check()

    async def aclose(self) -> None:
        """Stop on the running loop."""
        await self._prober.aclose()
        await self._checker.aclose()


def _nobody(_: Sequence[Change]) -> None:
    """There are no other processes."""
