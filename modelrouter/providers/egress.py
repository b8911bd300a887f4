"""Which addresses may be dialled at all.

Destinations come only from the inventory; this is the second net beneath, against names that resolve
to where no provider lives: loopback, link-local and cloud metadata services are refused unless the
inventory marks the provider `local`. Private networks are permitted: private endpoints live there.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from modelrouter.core.inventory import Inventory

__all__ = ["Egress", "InventoryEgress", "LoopbackEgress"]


_METADATA = frozenset({ip_address("fd00:ec2::254"), ip_address("100.100.100.200")})
"""Metadata services outside the link-local range: AWS over IPv6, Alibaba Cloud."""


class Egress(Protocol):
    """Says whether an address that a host resolved to may be dialled."""

    def permits(self, host: str, address: str) -> bool:
        """`address` is an IP address in text."""
        ...


class InventoryEgress:
    """Every ordinary address for every host, and loopback for the hosts of local providers."""

    def __init__(self, inventory: Inventory) -> None:
        self._local = frozenset(
            urlsplit(deployment.url).hostname
            for deployment in inventory.deployments.values()
            if deployment.provider.local and deployment.url
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, InventoryEgress) and other._local == self._local

    def __hash__(self) -> int:
        return hash(self._local)

    def permits(self, host: str, address: str) -> bool:
        """Refuse addresses where no provider can live."""
        return host in self._local or not _special(_read(address))


class LoopbackEgress:
    """Loopback and nothing else: for drills."""

    def permits(self, host: str, address: str) -> bool:  # noqa: ARG002 - the protocol names it
        """Refuse every address of the outside world."""
        return _read(address).is_loopback


def _read(address: str) -> IPv4Address | IPv6Address:
    read = ip_address(address.partition("%")[0])
    return read.ipv4_mapped or read if isinstance(read, IPv6Address) else read


def _special(address: IPv4Address | IPv6Address) -> bool:
    return (
        address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or address.is_multicast
        or address.is_reserved
        or address in _METADATA
    )
