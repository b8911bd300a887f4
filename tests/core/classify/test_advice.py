"""Advice to wait, in every dialect, inside the answers in which it comes; and the advice that cannot be true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from core.classify.envelopes import anthropic, azure, google, openai

from modelrouter.core.causes import Cause
from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HTTP_DATE = "Mon, 23 Nov 2026 12:01:15 GMT"
LATER = NOW + timedelta(seconds=45)
BUSY = openai("Too many requests.", "rate_limit_exceeded", "requests")


def waited(vendor: str, status: int, body: str, **headers: str) -> float | None:
    """The believed wait; header names are given with underscores."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return classify(Evidence(vendor=vendor, status=status, body=body, headers=told), now=NOW).retry_after_s


HEADERS = [
    ({"retry_after": "20"}, 20),
    ({"retry_after": HTTP_DATE}, 75),
    ({"retry_after": "1m30s"}, 90),
    ({"retry_after_ms": "870"}, 0.87),
    ({"retry_after_ms": "870", "retry_after": "1"}, 0.87),
    ({"x_ms_retry_after_ms": "2500"}, 2.5),
    ({"x_ratelimit_remaining_requests": "0", "x_ratelimit_reset_requests": "6m0s"}, 360),
    ({"x_ratelimit_remaining_tokens": "0", "x_ratelimit_reset_tokens": "17ms"}, 0.017),
    ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": str(int(LATER.timestamp()))}, 45),
    ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": str(int(LATER.timestamp() * 1000))}, 45),
    ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": "2026-11-23T12:00:45Z"}, 45),
    ({"anthropic_ratelimit_requests_remaining": "0", "anthropic_ratelimit_requests_reset": "2026-11-23T12:00:45Z"}, 45),
    ({"anthropic_ratelimit_tokens_remaining": "0", "anthropic_ratelimit_tokens_reset": "2026-11-23T12:02:00+00:00"}, 120),
    ({"x_ratelimit_remaining_requests": "9", "x_ratelimit_reset_requests": "6m0s"}, None),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "seconds"), HEADERS)
def test_a_header_says_when(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, milliseconds, durations, epochs and dates are read; a window with something left says nothing."""
    assert waited("generic", 429, BUSY, **headers) == (None if seconds is None else pytest.approx(seconds))


BODIES = [
    ("openai", 429, openai("Rate limit reached for own. Please try again in 1.2s.", "rate_limit_exceeded"), 1.2),
    ("openai", 429, openai("Rate limit reached for own. Please try again in 6m0s.", "rate_limit_exceeded"), 360),
    ("openai", 429, openai("Rate limit reached for own. Please try again in 480ms.", "rate_limit_exceeded"), 0.48),
    ("azure", 429, azure("429", "You exceeded the call rate limit. Please retry after 12 seconds."), 12),
    ("azure", 429, azure("RateLimitReached", "Rate limit exceeded. Please wait 40 seconds before retrying."), 40),
    ("gemini", 429, google(429, "RESOURCE_EXHAUSTED", "Quota exceeded for requests per minute.", retryDelay="34s"), 34),
    ("gemini", 429, google(429, "RESOURCE_EXHAUSTED", "Quota exceeded for requests per minute.", retryDelay="0.5s"), 0.5),
    ("huggingface", 503, '{"error": "Model own/m is currently loading", "estimated_time": 42.5}', 42.5),
    ("anthropic", 400, anthropic("invalid_request_error", "The usage limits that you set are reached. You will regain access on 2026-12-01 at 00:00 UTC."), 648_000),
    ("generic", 429, '{"error": "rate limited", "retry_after": 7}', 7),
    ("generic", 429, '{"error": "rate limited", "resets_in_seconds": 600}', 600),
    ("zhipu", 429, openai("请求过于频繁,请在30秒后重试", "1302", None), 30),
    ("dashscope", 429, '{"code": "Throttling", "message": "请等待 2 分钟后再试"}', 120),
    ("generic", 429, openai("限流中,1小时后重试", None, None), 3600),
]  # fmt: skip


@pytest.mark.parametrize(("vendor", "status", "body", "seconds"), BODIES)
def test_a_body_says_when(vendor: str, status: int, body: str, seconds: float) -> None:
    """Sentences and fields of the body are read in each vendor's own envelope."""
    assert waited(vendor, status, body) == pytest.approx(seconds)


DISTRUSTED = [
    # a limiter that knows nothing of days, of money, of the request
    ("gemini", 429, google(429, "RESOURCE_EXHAUSTED", "Used up.", quotaId="GenerateRequestsPerDayPerProjectPerModel", retryDelay="13s"), {}, Cause.QUOTA_EXHAUSTED),
    ("gemini", 429, google(429, "RESOURCE_EXHAUSTED", "Quota exceeded for metric: own, limit: 0", retryDelay="50s"), {}, Cause.QUOTA_EXHAUSTED),
    ("openai", 429, openai("Nothing left.", "insufficient_quota"), {"retry_after": "2"}, Cause.QUOTA_EXHAUSTED),
    ("anthropic", 400, anthropic("invalid_request_error", "prompt is too long: 9 > 8. Try again in 3 minutes."), {}, Cause.CONTEXT_OVERFLOW),
    ("groq", 413, openai("Request too large for model `own` on tokens per minute (TPM): Limit 6, Requested 9. Try again in 2 minutes.", "rate_limit_exceeded"), {}, Cause.REQUEST_TOO_LARGE),
    ("openai", 401, openai("Incorrect API key provided.", "invalid_api_key"), {"retry_after": "30"}, Cause.AUTH),
    ("openai", 403, openai("Not from there.", "unsupported_country_region_territory"), {"retry_after": "30"}, Cause.GEOFENCED),
    ("anthropic", 403, anthropic("permission_error", "An export licence is required. Try again in 5 minutes."), {}, Cause.EXPORT_CONTROLLED),
    # figures that are no waits
    ("generic", 429, BUSY, {"retry_after": "-5"}, Cause.THROTTLED),
    ("generic", 429, BUSY, {"retry_after": "nan"}, Cause.THROTTLED),
    ("generic", 429, BUSY, {"retry_after": "inf"}, Cause.THROTTLED),
    ("generic", 429, BUSY, {"retry_after": "1e300"}, Cause.THROTTLED),
    ("generic", 429, BUSY, {"retry_after": str(400 * 86_400)}, Cause.THROTTLED),
    ("generic", 429, BUSY, {"retry_after": "in a while"}, Cause.THROTTLED),
    ("generic", 429, BUSY, {"retry_after_ms": "-1"}, Cause.THROTTLED),
    ("anthropic", 400, anthropic("invalid_request_error", "The usage limits that you set are reached. You will regain access on 2026-11-01 at 00:00 UTC."), {}, Cause.QUOTA_EXHAUSTED),
]  # fmt: skip


@pytest.mark.parametrize(("vendor", "status", "body", "headers", "cause"), DISTRUSTED)
def test_advice_that_cannot_be_true_is_dropped(
    vendor: str, status: int, body: str, headers: dict[str, str], cause: Cause
) -> None:
    """The cause is named, and what no wait can mend, or what is no wait, is not passed on."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    fault = classify(Evidence(vendor=vendor, status=status, body=body, headers=told), now=NOW)

    assert (cause, None) == (fault.cause, fault.retry_after_s)


def test_a_date_in_the_past_never_makes_anybody_wait() -> None:
    """A moment that is over is no wait: zero at most, never a negative one."""
    assert waited("generic", 429, BUSY, retry_after="Mon, 23 Nov 2026 11:00:00 GMT") in (None, 0)
