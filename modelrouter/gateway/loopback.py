"""Who may speak to a gateway without keys: programs of this machine, and no page of a browser.

A gateway that listens on loopback is still within reach of every web page that its user visits: by
requests that need no permission, and by names that are made to resolve to 127.0.0.1. Both give
themselves away by their headers.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["is_loopback", "stranger"]


def is_loopback(host: str) -> bool:
    """Whether a name or an address means this machine and nothing else, without asking a resolver."""
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761 keeps both from meaning anything else
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def stranger(headers: Mapping[bytes, bytes]) -> str | None:
    """Why a request does not come from a program of this machine; None where nothing speaks against it."""
    if (origin := headers.get(b"origin")) is not None and not is_loopback(_host(origin.decode("latin-1"))):
        return f"a page of {origin.decode('latin-1')!r} may not use this gateway"
    if (host := headers.get(b"host")) and not is_loopback(_host(f"//{host.decode('latin-1')}")):
        return f"this gateway is not {host.decode('latin-1')!r}; it is reached as localhost or by a loopback address"
    return None


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
