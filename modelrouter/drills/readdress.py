"""Points an inventory at twins: a pure function, so that what a rehearsal can reach is plain to see."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from modelrouter.core.moment import timeless

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.inventory import Inventory, Provider

__all__ = ["readdress"]


def readdress(inventory: Inventory, addresses: Mapping[str, str]) -> Inventory:
    """The same inventory with every deployment at the address given for its id, and without keys.

    Deployments of local servers and of libraries that choose their own address are no exception.
    References to secrets are dropped, so that none can be resolved by mistake, and so are scheduled checks,
    which would be none of the calls that are rehearsed, and the lengths of embeddings, for a twin's are short. Policies
    and contracts have no terms here: a rehearsal finds the same on any day. Raises ValueError for a deployment
    without an address and for an address that is not loopback.
    """
    if missing := [name for name in inventory.deployments if name not in addresses]:
        raise ValueError(f"no twin stands for {', '.join(missing)}")
    for name in inventory.deployments:
        if not _is_loopback(addresses[name]):
            raise ValueError(f"{name} may not be pointed at {addresses[name]!r}: a twin lives on loopback")
    providers = {name: _keyless(provider) for name, provider in inventory.providers.items()}
    deployments = {
        name: replace(
            deployment,
            provider=providers[deployment.provider.id],
            account=deployment.account and replace(deployment.account, key=None),
            model=replace(deployment.model, dimensions=None),
            url=addresses[name],
            health=None,
        )
        for name, deployment in inventory.deployments.items()
    }
    processes = {
        name: replace(process, routes=tuple(deployments[deployment.id] for deployment in process.routes))
        for name, process in inventory.processes.items()
    }
    alike = replace(
        inventory, providers=providers, deployments=deployments, processes=processes, ledger=None, telemetry=None
    )
    return timeless(alike)


def _keyless(provider: Provider) -> Provider:
    return replace(provider, accounts={name: replace(account, key=None) for name, account in provider.accounts.items()})


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname
    try:
        return host is not None and ip_address(host).is_loopback
    except ValueError:
        return False  # a name may resolve to anywhere
