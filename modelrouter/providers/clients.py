"""The clients of every wire, for one inventory after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.providers.egress import InventoryEgress
from modelrouter.providers.http import HttpClient
from modelrouter.providers.litellm import LitellmClient
from modelrouter.wire.dialects import DIALECTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modelrouter.core.inventory import Deployment, Inventory
    from modelrouter.providers.base import ProviderClient

__all__ = ["Clients"]


class Clients:
    """Makes clients, and keeps those of earlier inventories until they can be closed.

    `given` are used for every inventory instead.
    """

    def __init__(
        self, key_of: Callable[[Deployment], str | None], given: Mapping[str, ProviderClient] | None = None
    ) -> None:
        self._key_of = key_of
        self._given = given
        self._egress: InventoryEgress | None = None
        self._latest: Mapping[str, ProviderClient] = given or {}
        self._all: list[Mapping[str, ProviderClient]] = [given] if given else []

    def of(self, inventory: Inventory) -> Mapping[str, ProviderClient]:
        """The clients for an inventory.

        They are those of the last one, their connections with them, unless other addresses may be dialled.
        """
        egress = InventoryEgress(inventory)
        if not self._given and egress != self._egress:
            http = HttpClient(self._key_of, egress)
            self._egress = egress
            wires = {wire: http for wire in DIALECTS if wire != "litellm"}
            self._latest = {**wires, "litellm": LitellmClient(self._key_of)}
            self._all.append(self._latest)
        return self._latest

    def forget(self, deployment: Deployment) -> None:
        """See that its key is resolved anew, wherever it is called from."""
        for clients in tuple(self._all):
            clients[deployment.wire].forget(deployment)

    async def aclose(self) -> None:
        """Close the connections of the running event loop, those for earlier inventories too."""
        for clients in tuple(self._all):
            for client in clients.values():
                await client.aclose()
