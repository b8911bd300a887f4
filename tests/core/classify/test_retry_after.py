"""When to come back, in every dialect, and which advice is not believed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.core.classify import classify
from modelrouter.core.faults import Evidence
from modelrouter.core.retry_after import retry_after

NOW = datetime(2026, 6, 12, 21, 21, tzinfo=UTC)
EPOCH = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "Fri, 12 Jun 2026 21:22:30 GMT"}, 90),
        ({"retry-after": "Fri, 12 Jun 2026 20:00:00 GMT"}, 0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"x-ratelimit-reset-requests": "1m30s"}, 90),
        ({"x-ratelimit-reset-tokens": "120ms"}, 0.12),
        ({"x-ratelimit-reset-tokens": "6m0s", "x-ratelimit-remaining-tokens": "0"}, 360),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "8s"}, 8),
        ({"x-ratelimit-reset": str(EPOCH + 30)}, 30),
        ({"x-ratelimit-reset": str((EPOCH + 30) * 1000)}, 30),
        ({"anthropic-ratelimit-tokens-reset": "2026-06-12T21:21:45Z"}, 45),
        ({"x-ratelimit-reset-tokens": "6m0s", "x-ratelimit-remaining-tokens": "12"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
def test_headers_say_when(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, milliseconds, durations, epochs and dates of headers become seconds from now."""
    assert (
        seconds == pytest.approx(retry_after(headers, "", NOW))
        if seconds is not None
        else retry_after(headers, "", NOW) is None
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("please try again in 1.2s. visit", 1.2),
        ("please try again in 7m12s.", 432),
        ("try again in 120ms", 0.12),
        ("please retry after 33 seconds", 33),
        ("retry after 2 hours and 5 minutes", 7500),
        ('"retrydelay": "13s"', 13),
        ("retry_after: 9", 9),
        ("retry_delay { seconds: 44 }", 44),
        ('"resets_in_seconds":13872', 13872),
        ('"estimated_time": 20.0', 20),
        ("you will regain access on 2026-06-13 at 00:00 utc.", 9540),
        ("请在30秒后重试", 30),
        ("请等待 2 分钟后再试", 120),
        ("the request took 30 s and failed", None),
        ("ThrottlingException: wait. attempts: 3, totalRetryDelay: 250", None),
        ("Overloaded. Retrying in 9 seconds (attempt 2 of 5)", None),
        ("maximum of 60 requests per minute", None),
        ("try again later", None),
        ("please retry after 2026-06-13", 9540),
    ],
)
def test_texts_say_when(text: str, seconds: float | None) -> None:
    """Waits that a sentence or a field of the body states become seconds."""
    wait = retry_after({}, text, NOW)

    assert wait is None if seconds is None else seconds == pytest.approx(wait)


def test_dates_need_a_clock() -> None:
    """Without `now` a date is not guessed at."""
    assert retry_after({"retry-after": "Fri, 12 Jun 2026 21:22:30 GMT"}, "") is None
    assert retry_after({"x-ratelimit-reset": str(EPOCH)}, "") is None


def seconds_of(vendor: str, status: int | None, body: str, **headers: str) -> float | None:
    """The believed wait of an answer."""
    return classify(Evidence(vendor=vendor, status=status, body=body, headers=headers), now=NOW).retry_after_s


@pytest.mark.parametrize(
    ("vendor", "status", "body"),
    [
        ("gemini", 429, '{"quotaId": "GenerateRequestsPerDayPerProject", "retryDelay": "13s"}'),
        ("gemini", 429, '{"message": "Quota exceeded, limit: 0", "retryDelay": "50s"}'),
        ("openai", 429, '{"code": "insufficient_quota", "message": "try again in 2s"}'),
        ("openai", 400, '{"code": "context_length_exceeded", "message": "try again in 3 minutes"}'),
        ("openai", 401, '{"code": "invalid_api_key", "message": "retry after 9 seconds"}'),
        ("anthropic", 400, '{"message": "malformed request; try again in 5s"}'),
    ],
)
def test_impossible_advice_is_not_believed(vendor: str, status: int | None, body: str) -> None:
    """A short wait cannot refill a day's or a zero quota, nor any wait mend a prompt or a key."""
    assert seconds_of(vendor, status, body) is None


def test_possible_advice_is_believed() -> None:
    """A wait that can end the cause is passed on, a rolling daily window's short one included."""
    day = "Rate limit reached for x on requests per day (RPD): Limit 200, Used 200. Please try again in 7m12s."

    assert seconds_of("openai", 429, "{}", **{"retry-after": "7"}) == 7
    assert seconds_of("openai", 429, day) == 432
    assert (
        seconds_of(
            "anthropic", 400, "You have reached your usage limits. You will regain access on 2026-06-13 at 00:00 UTC."
        )
        == 9540
    )


@given(
    st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms", "x-ratelimit-reset"]), st.text(max_size=40)),
    st.text(max_size=200),
)
def test_any_text_gives_a_wait_or_none(headers: dict[str, str], text: str) -> None:
    """Whatever stands in headers and body, the answer is none or seconds within a year."""
    wait = retry_after(headers, text, NOW)

    assert wait is None or 0 <= wait <= 366 * 86_400
