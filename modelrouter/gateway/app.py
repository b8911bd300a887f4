"""The gateway: model calls on the short path, everything else through Starlette.

Which of them a request is for is decided by `scope["path"]` alone: what a client writes into its
`Host` header has no say in it.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route

from modelrouter.gateway.calls import Calls
from modelrouter.gateway.loopback import stranger
from modelrouter.gateway.openai_api import WIRE, listing_routes, not_served
from modelrouter.gateway.reply import refuse
from modelrouter.inventory.diff import fingerprint
from modelrouter.wire.paths import endpoint_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from modelrouter.router import Router

__all__ = ["Gateway"]


class Gateway:
    """An ASGI application over one router, for loopback; closes the router when it is shut down."""

    def __init__(self, router: Router) -> None:
        self._calls = Calls(router)
        self._rest = _rest(router)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's request, or the application's own life."""
        if scope["type"] != "http":
            await self._rest(scope, receive, send)
            return
        headers = dict(scope["headers"])
        endpoint = endpoint_of(scope["path"]) if scope["method"] == "POST" else None
        if (why := stranger(headers)) is not None:
            await refuse(send, endpoint.wire if endpoint else WIRE, 403, "permission", why)
        elif endpoint is not None:
            await self._calls.serve(endpoint, headers, receive, send)
        else:
            await self._rest(scope, receive, send)


def _rest(router: Router) -> Starlette:
    async def live(_: Request) -> JSONResponse:
        return JSONResponse({"status": "live"})

    async def ready(_: Request) -> JSONResponse:
        inventory = router.inventory
        told = {"inventory": inventory.name, "fingerprint": fingerprint(inventory), "holds": len(router.holds())}
        return JSONResponse({"status": "ready", **told})

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with router:
            yield

    health = [Route("/health/live", live), Route("/health/ready", ready)]
    app = Starlette(
        routes=[*health, *listing_routes(router)],
        exception_handlers={HTTPException: not_served},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # a redirect would be built from the Host header
    return app
