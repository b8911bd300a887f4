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
    from modelrouter.gateway.metrics import Metrics
    from modelrouter.router import Router

__all__ = ["KEY", "OPEN", "WIRE", "operations"]

WIRE = "openai-chat"
"""The dialect of errors where the path names no other."""
KEY = "modelrouter.key"
"""Where a request's scope holds the key of its caller, or None."""
OPEN = frozenset({"/health/live", "/health/ready"})
"""Paths that need no key: orchestrators have none, and the answers name nobody."""


class _Answers:
    """What is answered without asking a provider."""

    def __init__(self, router: Router, metrics: Metrics | None) -> None:
        self._router = router
        self._metrics = metrics

    async def live(self, _: Request) -> JSONResponse:
        """Whether the process runs."""
        return JSONResponse({"status": "live"})

    async def ready(self, _: Request) -> JSONResponse:
        """Whether it takes requests, and by which inventory; not, where it must not answer what it cannot record."""
        inventory = self._router.inventory
        told = {"inventory": inventory.name, "fingerprint": fingerprint(inventory), "holds": len(self._router.holds())}
        if (ledger := self._router.ledger) is not None:
            told["ledger"] = "in trouble" if ledger.trouble is not None else "well"
            told["copies"] = "in trouble" if ledger.outside else "well"
            if ledger.trouble is not None and ledger.refuses:
                return JSONResponse({"status": "not ready", **told}, 503)
        return JSONResponse({"status": "ready", **told})

    async def figures(self, _: Request) -> Response:
        """What Prometheus reads."""
        if self._metrics is None:
            return _refusal(404, "unsupported_feature", "this gateway counts nothing")
        return Response(self._metrics.page(self._router), media_type=self._metrics.CONTENT_TYPE)

    async def others(self, request: Request) -> Response:
        """The list of models, or that there is nothing."""
        key: AccessKey | None = request.scope[KEY]
        path, anthropic = request.scope["path"], "anthropic-version" in request.headers
        try:
            known = listed(path, self._router.inventory, key.processes if key else None, anthropic=anthropic)
        except UnknownNameError as error:
            return _refusal(404, "model_unavailable", str(error))
        if known is None and path not in OPEN:
            message = f"{request.method} {path} is not served by modelrouter; {SERVED}"
            return _refusal(404, "unsupported_feature", message)
        if request.method not in ("GET", "HEAD"):
            return _refusal(405, "bad_request", f"{path} is read with GET; {SERVED}")
        return Response(orjson.dumps(known), media_type="application/json")


def operations(router: Router, metrics: Metrics | None = None) -> Starlette:
    """The application for everything but model calls; closes the router when it is shut down."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with router:
            yield

    answers = _Answers(router, metrics)
    everything = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    routes = [
        Route("/health/live", answers.live),
        Route("/health/ready", answers.ready),
        Route("/metrics", answers.figures),
        Route("/{path:path}", answers.others, methods=everything),
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.router.redirect_slashes = False  # a redirect would be built from the Host header
    return app


SERVED = "model calls (POST /v1/chat/completions and its like) and GET /v1/models are"


def _refusal(status: int, cause: str, message: str) -> Response:
    return Response(CALLERS[WIRE].encode_error(status, cause, message), status, dict(LAST_WORD))
