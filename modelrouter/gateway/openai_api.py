"""What OpenAI's clients ask besides model calls: the list of models, and what there is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from starlette.responses import Response
from starlette.routing import Route

from modelrouter.gateway.reply import LAST_WORD
from modelrouter.wire.dialects import CALLERS
from modelrouter.wire.paths import PREFIXES

if TYPE_CHECKING:
    from starlette.exceptions import HTTPException
    from starlette.requests import Request

    from modelrouter.router import Router

__all__ = ["WIRE", "listing_routes", "not_served"]

WIRE = "openai-chat"
"""The dialect of errors where the path names no other."""

METHOD_NOT_ALLOWED = 405


def listing_routes(router: Router) -> list[Route]:
    """The list of models, at each address that clients take for a base."""

    async def models(_: Request) -> Response:
        return Response(orjson.dumps(router.listing()), media_type="application/json")

    return [Route(f"{prefix}/models", models, methods=["GET"]) for prefix in PREFIXES]


async def not_served(request: Request, error: Exception) -> Response:
    """Answer what no route takes, in the words that a client can read."""
    refusal: HTTPException = error  # type: ignore[assignment] # registered for this class alone
    path = request.scope["path"]
    message = f"{request.method} {path} is not served by modelrouter; POST /v1/chat/completions and GET /v1/models are"
    cause = "bad_request" if refusal.status_code == METHOD_NOT_ALLOWED else "unsupported_feature"
    body = CALLERS[WIRE].encode_error(refusal.status_code, cause, message)
    return Response(body, refusal.status_code, {**LAST_WORD, **(refusal.headers or {})})
