"""The socket and the HTTP server underneath the gateway."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

import uvicorn

from modelrouter.errors import UsageError
from modelrouter.gateway.loopback import is_loopback

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["bound", "server"]

BACKLOG = 2048
GRACE_S = 20
"""What answers under way get when the gateway is stopped: within the 30 s that orchestrators give."""


def bound(host: str, port: int) -> socket.socket:
    """Listen on a loopback address; port 0 takes a free one. Clients may connect from now on.

    Raises UsageError for any other address, and where the port cannot be had.
    """
    if not is_loopback(host):
        raise UsageError(
            f"the gateway does not listen on {host!r}: it has no keys of its own yet, so anybody who reaches it"
            " could spend yours; listen on 127.0.0.1"
        )
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, OverflowError) as error:
        raise UsageError(f"{host}:{port} is no address: {error}") from error
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise UsageError(f"port {port} of {host} is in use: choose another with --port") from error
        raise UsageError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return listening


def server(app: ASGIApp) -> uvicorn.Server:
    """The server, for `run(sockets=[…])`: quiet, without trust in forwarded addresses, in no hurry to stop."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            ws="none",
            lifespan="on",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
        )
    )
