"""How an OpenAI-compatible service of no known vendor fails: OpenAI's envelope, plainer words, fewer headers."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.failure import Dialect, Row
from modelrouter.drills.twins.vendors.openai import ROWS as OPENAI
from modelrouter.drills.twins.vendors.openai import error

if TYPE_CHECKING:
    from collections.abc import Mapping

SEEN = "common to OpenAI-compatible services"

ROWS: Mapping[Effect, Row] = MappingProxyType(
    {
        **OPENAI,
        Effect.THROTTLED: Row(
            status=429,
            body=error("Rate limit exceeded, please retry later.", "rate_limit_error", code="rate_limit_exceeded"),
            retry_s=10,
            source=SEEN,
        ),
        Effect.QUOTA_EXHAUSTED: Row(
            status=402,
            body=error("Insufficient credits. Please top up your balance.", "insufficient_quota"),
            source="BerriAI/litellm#37592, a reseller's 402",
        ),
        Effect.SUSPENDED: Row(
            status=403,
            body=error("This account has been suspended. Please contact support.", "permission_error"),
            source=SEEN,
            assumed=True,
        ),
        Effect.AUTH: Row(status=401, body=error("Invalid API key", "authentication_error"), source=SEEN),
        Effect.PERMISSION: Row(
            status=403,
            body=error("You do not have permission to access the model {model}.", "permission_error"),
            source=SEEN,
        ),
        Effect.OVERLOADED: Row(
            status=503, body=error("The server is overloaded, please try again later.", "server_error"), source=SEEN
        ),
        Effect.OUTAGE: Row(status=500, body=error("Internal server error", "server_error"), source=SEEN),
    }
)

DIALECT = Dialect(
    vendor="generic", rows=ROWS, headers={"x-request-id": "{uuid}"}, retry={"retry-after": "{wait_whole}"}
)
