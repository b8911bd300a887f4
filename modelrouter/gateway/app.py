"""The gateway: model calls on the short path, everything else through Starlette.

Which of them a request is for, and whether it needs a key, is decided by `scope["path"]` alone: what a client writes
into its `Host` header has no say in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.errors import NotAllowedError, UnauthenticatedError
from modelrouter.gateway.admission import Admission
from modelrouter.gateway.calls import Calls
from modelrouter.gateway.operations import KEY, OPEN, WIRE, operations
from modelrouter.gateway.presence import Presence
from modelrouter.gateway.reply import refuse
from modelrouter.wire.paths import endpoint_of

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from modelrouter.gateway.metrics import Metrics
    from modelrouter.gateway.rehearsing import Rehearsing
    from modelrouter.router import Router

__all__ = ["Gateway"]


class Gateway:
    """An ASGI application over one router, which it closes when it is shut down.

    `private` says that nobody but programs of this machine can reach it: then, and only then, callers need no key
    where the inventory has none. `process` is that of every call that names none in its headers, whatever its model.
    `metrics`, which must be among the router's observers, are served where Prometheus looks for them. `rehearsing`
    takes orders of drills; without it, none is obeyed.
    """

    def __init__(
        self,
        router: Router,
        *,
        private: bool = True,
        process: str | None = None,
        metrics: Metrics | None = None,
        rehearsing: Rehearsing | None = None,
    ) -> None:
        self._admission = Admission(router, private=private)
        self._calls = Calls(rehearsing or router, process)
        self._rest = operations(router, metrics)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's request, or the application's own life."""
        if scope["type"] != "http":
            await self._rest(scope, receive, send)
            return
        headers = dict(scope["headers"])
        endpoint = endpoint_of(scope["path"], scope["query_string"]) if scope["method"] == "POST" else None
        try:
            key = None if scope["path"] in OPEN else self._admission.admit(headers)
        except UnauthenticatedError as error:
            await refuse(send, endpoint.wire if endpoint else WIRE, 401, "auth", str(error))
        except NotAllowedError as error:
            await refuse(send, endpoint.wire if endpoint else WIRE, 403, "permission", str(error))
        else:
            if endpoint is not None:
                await self._calls.serve(endpoint, headers, key, Presence(receive, scope), send)
            else:
                await self._rest({**scope, KEY: key}, receive, send)
