"""Keeps a rehearsal on this machine: a second net beneath addresses that are loopback already.

It listens to the interpreter's own audit events, so it also covers libraries that open sockets of
their own (litellm, botocore), on every thread. It cannot see an event loop that is not written in
Python: rehearsals run on asyncio's own.
"""

from __future__ import annotations

import sys
from ipaddress import ip_address
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Guard", "OutsideError"]


class OutsideError(OSError):
    """A connection or look-up that would have left this machine was refused."""


class Guard:
    """While entered, no socket of this process reaches any address but loopback.

    `refused` names what was tried, for the report. Python offers no way to take an audit hook back: after
    the exit it stays and does nothing.
    """

    def __init__(self) -> None:
        self.refused: list[str] = []
        self._on = False

    def __enter__(self) -> Self:
        self._on = True
        sys.addaudithook(self._heard)
        return self

    def __exit__(self, *_: object) -> None:
        self._on = False

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._on or event not in HOSTS:
            return
        host = HOSTS[event](arguments)
        if host is None or _stays(host):
            return
        self.refused.append(f"{event.removeprefix('socket.')} {host}")
        raise OutsideError(f"a rehearsal may not leave this machine: {event} to {host}")


def _of_address(arguments: tuple[Any, ...]) -> str | None:
    """The host of a socket address; None for sockets of the file system, which lead nowhere else."""
    address = arguments[1]
    return str(address[0]) if isinstance(address, tuple) else None


def _of_name(arguments: tuple[Any, ...]) -> str | None:
    name = arguments[0]
    return name.decode(errors="replace") if isinstance(name, bytes) else name


HOSTS: Mapping[str, Callable[[tuple[Any, ...]], str | None]] = MappingProxyType(
    {
        "socket.connect": _of_address,
        "socket.sendto": _of_address,
        "socket.sendmsg": _of_address,
        "socket.getaddrinfo": _of_name,
        "socket.gethostbyname": _of_name,
    }
)
"""Every event by which a socket or a look-up names its destination."""


def _stays(host: str) -> bool:
    if host in ("", "localhost"):
        return True
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
