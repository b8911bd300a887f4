"""The socket and the HTTP server underneath the gateway."""

from __future__ import annotations

import errno
import socket
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import uvicorn

from modelrouter.errors import UsageError
from modelrouter.gateway.loopback import is_loopback
from modelrouter.gateway.patience import PATIENT, Patience, PatientProtocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

__all__ = ["address", "beside", "bound", "server"]

BACKLOG = 2048
GRACE_S = 20
"""What answers under way get when the gateway is stopped: within the 30 s that orchestrators give."""


def bound(host: str, port: int, *, keys: bool = False) -> socket.socket:
    """Listen on an address; port 0 takes a free one. Clients may connect from now on.

    Without `keys` of callers in the inventory nobody but programs of this machine may reach it. Raises UsageError for
    any other address then, and where the port cannot be had.
    """
    if not keys and not is_loopback(host):
        raise UsageError(
            f"the gateway does not listen on {host!r} without keys: anybody who reaches it could spend yours; make one"
            " with `modelrouter key NAME` and put it under `access:`, or listen on 127.0.0.1"
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


def server(app: ASGIApp, patience: Patience = PATIENT) -> uvicorn.Server:
    """The server, for `run(sockets=[…])`: quiet, without trust in forwarded addresses, in no hurry to stop."""
    protocol: Any = partial(PatientProtocol, patience=patience)  # called as the class would be
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            http=protocol,
            ws="none",
            lifespan="on",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
        )
    )


def address(listening: socket.socket) -> str:
    """The URL at which a socket is reached."""
    host, port, *_ = listening.getsockname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def beside(app: ASGIApp, listening: socket.socket, patience: Patience = PATIENT) -> Iterator[str]:
    """Serve on a thread of its own for as long as the block lasts; gives the URL. Clients may connect at once."""
    running = server(app, patience)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, name="modelrouter-gateway")
    thread.start()
    try:
        yield address(listening)
    finally:
        running.should_exit = True
        thread.join(GRACE_S + 10)
