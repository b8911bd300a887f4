"""What clients and operators ask besides model calls: the list of models, health, and what there is not."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import orjson
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from modelrouter.errors import UnknownNameError
from modelrouter.gateway.reply import LAST_WORD
from modelrouter.inventory.diff import fingerprint
from modelrouter.wire.dialects import CALLERS
from modelrouter.wire.listing import listed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from modelrouter.core.inventory import AccessKey
    from modelrouter.router import Router

__all__ = ["KEY", "OPEN", "WIRE", "operations"]

WIRE = "openai-chat"
"""The dialect of errors where the path names no other."""
KEY = "modelrouter.key"
"""Where a request's scope holds the key of its caller, or None."""
OPEN = frozenset({"/health/live", "/health/ready"})
"""Paths that need no key: orchestrators have none, and the answers name nobody."""


def operations(router: Router) -> Starlette:
    """The application for everything but model calls; closes the router when it is shut down."""

    async def live(_: Request) -> JSONResponse:
        return JSONResponse({"status": "live"})

    async def ready(_: Request) -> JSONResponse:
        inventory = router.inventory
        told = {"inventory": inventory.name, "fingerprint": fingerprint(inventory), "holds": len(router.holds())}
        return JSONResponse({"status": "ready", **told})

    async def others(request: Request) -> Response:
        key: AccessKey | None = request.scope[KEY]
        path, anthropic = request.scope["path"], "anthropic-version" in request.headers
        try:
            known = listed(path, router.inventory, key.processes if key else None, anthropic=anthropic)
        except UnknownNameError as error:
            return _refusal(404, "model_unavailable", str(error))
        if known is None and path not in OPEN:
            return _refusal(
                404, "unsupported_feature", f"{request.method} {path} is not served by modelrouter; {SERVED}"
            )
        if request.method not in ("GET", "HEAD"):
            return _refusal(405, "bad_request", f"{path} is read with GET; {SERVED}")
        return Response(orjson.dumps(known), media_type="application/json")

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with router:
            yield

    everything = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    routes = [
        Route("/health/live", live),
        Route("/health/ready", ready),
        Route("/{path:path}", others, methods=everything),
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.router.redirect_slashes = False  # a redirect would be built from the Host header
    return app


SERVED = "model calls (POST /v1/chat/completions and its like) and GET /v1/models are"


def _refusal(status: int, cause: str, message: str) -> Response:
    return Response(CALLERS[WIRE].encode_error(status, cause, message), status, dict(LAST_WORD))
