"""What a twin can be told to do to a call.

The first group are causes that a provider states, in the words of `core.causes`; each vendor has its
own envelope for them (`vendors/`). The second group happens to the bytes, whatever the vendor.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.core.causes import Cause

if TYPE_CHECKING:
    from collections.abc import Mapping


class Effect(StrEnum):
    """What happens to a call."""

    THROTTLED = "throttled"
    QUOTA_EXHAUSTED = "quota_exhausted"
    SUSPENDED = "suspended"
    GEOFENCED = "geofenced"
    EXPORT_CONTROLLED = "export_controlled"
    AUTH = "auth"
    PERMISSION = "permission"
    MODEL_UNAVAILABLE = "model_unavailable"
    OVERLOADED = "overloaded"
    OUTAGE = "outage"
    """500 in the vendor's envelope."""
    BAD_GATEWAY = "bad_gateway"
    """502, an HTML page of the edge in front of the vendor."""
    UNAVAILABLE = "unavailable"
    """503, one line of text from a load balancer."""
    TIMEOUT = "timeout"
    """Accepts the request and never answers."""
    CONTENT_BLOCKED = "content_blocked"
    CONTEXT_OVERFLOW = "context_overflow"
    REQUEST_TOO_LARGE = "request_too_large"
    UNSUPPORTED_FEATURE = "unsupported_feature"
    BAD_REQUEST = "bad_request"

    SILENT_STREAM = "silent_stream"
    """Headers, then nothing."""
    SLOW_FIRST_TOKEN = "slow_first_token"  # noqa: S105 - a pace, not a password
    """Served, but `delay_s` late."""
    STALL = "stall"
    """Some content, then silence."""
    CUT_BEFORE_CONTENT = "cut_before_content"
    CUT_AFTER_CONTENT = "cut_after_content"
    STREAM_ERROR = "stream_error"
    """An error event inside a 200, in the vendor's shape."""
    RESET = "reset"
    """The connection is reset before an answer."""
    HTML_200 = "html_200"
    """A web page where an answer should be, as captive portals and proxies send."""
    EMPTY_COMPLETION = "empty_completion"
    MALFORMED_EVENT = "malformed_event"
    """JSON that breaks off, inside a complete answer."""

    CARRIES_LESS = "carries_less"
    """Served, but only a part of what the deployment declares; above it, calls are throttled."""
    WORSE = "worse"
    """Served whole and under 200, but not what was asked for: wrong characters, no call of the tool."""
    SUCCESSOR = "successor"
    """Served by another model than asked, which only the answer's `model` tells."""


MEANS: Mapping[Effect, Cause | None] = MappingProxyType(
    {
        **{Effect(cause.value): cause for cause in Cause if cause not in (Cause.NETWORK, Cause.CANCELLED)},
        Effect.BAD_GATEWAY: Cause.OUTAGE,
        Effect.UNAVAILABLE: Cause.OUTAGE,
        Effect.SILENT_STREAM: Cause.TIMEOUT,
        Effect.SLOW_FIRST_TOKEN: None,
        Effect.STALL: Cause.TIMEOUT,
        Effect.CUT_BEFORE_CONTENT: Cause.NETWORK,
        Effect.CUT_AFTER_CONTENT: Cause.NETWORK,
        Effect.STREAM_ERROR: Cause.OUTAGE,
        Effect.RESET: Cause.NETWORK,
        Effect.HTML_200: Cause.OUTAGE,
        Effect.EMPTY_COMPLETION: Cause.OUTAGE,
        Effect.MALFORMED_EVENT: Cause.OUTAGE,
        Effect.CARRIES_LESS: Cause.THROTTLED,
        Effect.WORSE: None,
        Effect.SUCCESSOR: None,
    }
)
"""The cause that a router should find, where the vendor's row does not say another; None where nothing failed."""

STATED: frozenset[Effect] = frozenset(
    effect for effect in Effect if effect.value in set(Cause) and effect is not Effect.TIMEOUT
) | {Effect.BAD_GATEWAY, Effect.UNAVAILABLE}
"""Effects that are one HTTP answer, a row of the vendor's table."""

SERVES: frozenset[Effect] = frozenset({Effect.SLOW_FIRST_TOKEN, Effect.CARRIES_LESS, Effect.WORSE, Effect.SUCCESSOR})
"""Effects under which answers still come."""

SEEN_BY_LISTING: frozenset[Effect] = frozenset(
    {
        Effect.SUSPENDED,
        Effect.GEOFENCED,
        Effect.AUTH,
        Effect.OUTAGE,
        Effect.BAD_GATEWAY,
        Effect.UNAVAILABLE,
        Effect.TIMEOUT,
        Effect.RESET,
    }
)
"""Effects that a free listing of models meets as well; billing, limits and load leave listings alone."""

HIDES_MODEL: frozenset[Effect] = frozenset({Effect.EXPORT_CONTROLLED, Effect.MODEL_UNAVAILABLE})
"""Effects under which a model vanishes from the listing."""
