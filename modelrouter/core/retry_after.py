"""When to come back, in the dialects of headers and bodies.

Everything is read as seconds from now. Dates need `now`; without it they are not read. Advice that
cannot be true is the caller's to distrust: only it knows the cause.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_S = 366 * 86_400.0
"""Anything longer is no advice."""
EPOCH_S = 1_000_000_000
"""A larger number of seconds is a date (9 September 2001 or later), not a wait."""


class Wording(NamedTuple):
    """How a wait is worded, and what is cheap to ask of a text before it is searched."""

    source: str
    letters: tuple[str, ...]
    """One of these stands in any text that is worded so."""
    has_unit: bool = False
    """The number has a unit; what says `429` alone has none."""


_UNITS = {
    "ms": 0.001, "millisecond": 0.001, "s": 1.0, "sec": 1.0, "second": 1.0, "m": 60.0, "min": 60.0, "minute": 60.0,
    "h": 3600.0, "hr": 3600.0, "hour": 3600.0, "d": 86_400.0, "day": 86_400.0, "week": 604_800.0,
    "毫秒": 0.001, "秒": 1.0, "分钟": 60.0, "分": 60.0, "小时": 3600.0, "天": 86_400.0,
}  # fmt: skip
_UNIT = r"(?:milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|毫秒|秒|分钟|分|小时|天)"
_AMOUNT = rf"\d{{1,9}}(?:\.\d{{1,12}})?\s?{_UNIT}(?![a-z])"
_SPAN = rf"{_AMOUNT}(?:[\s,]{{0,2}}(?:and )?{_AMOUNT}){{0,3}}"
_PIECE = rf"(\d{{1,9}}(?:\.\d{{1,12}})?)\s?({_UNIT})(?![a-z])"
_DURATION = rf"\s*-?{_SPAN}\s*$"
_STATED = (
    Wording(r"retry[\s_\-]?after[\s_\-]?ms[\"']?\s?[:=]\s?[\"']?(?P<ms>\d{1,12}(?:\.\d{1,9})?)", ("retry",)),
    Wording(
        (
            r"(?<![a-z])(?:retry[\s_\-]?after(?:[\s_\-]?(?:seconds|secs|s))?|retry[\s_\-]?delay|resets?[\s_\-]in[\s_\-]seconds"
            r"|reset[\s_\-]after[\s_\-]seconds|retry[\s_\-]in[\s_\-]seconds)"
            rf"[\"']?\s?[:=]?\s?[\"'{{]?\s?(?:seconds: ?)?(?P<span>{_SPAN}|\d{{1,9}}(?:\.\d{{1,12}})?(?![\d\-:/]))"
        ),
        ("retry", "reset"),
    ),
    Wording(
        (
            r"(?:(?:try|retry|come back|available|wait|resets?|reset|again|renews?|refresh\w*)"
            rf"(?: again)?(?: your request)?(?: after| in| for| at least| about| approximately){{1,2}}[:\s]{{1,2}}(?P<span>{_SPAN}))"
        ),
        ("try", "come back", "available", "wait", "reset", "again", "renew", "refresh"),
        has_unit=True,
    ),
    Wording(
        rf"(?:please wait|wait for|you can retry|retry|again)[:\s]{{1,2}}(?:after |for |in )?(?P<span>{_SPAN})",
        ("wait", "retry", "again"),
        has_unit=True,
    ),
    Wording(
        r"estimated[\s_\-]?time[\"']?\s?[:=]\s?[\"']?(?P<span>\d{1,9}(?:\.\d{1,14})?)",
        ("estimated",),
    ),
    Wording(rf"(?P<span>{_SPAN})\s?(?:后|後|之后|以后)", ("后", "後"), has_unit=True),
)
"""In the order in which they are believed."""
_WITHOUT_UNIT = tuple(wording for wording in _STATED if not wording.has_unit)
_COUNTED = rf"[0-9]\s?{_UNIT}(?![a-z])"
"""The end of an amount: quicker to look for than all of it."""
_DATED = (
    r"(?:regain access|resets?|reset|available|again|renews?|try again|retry|until|unlock\w*)[^.]{0,20}?\s(?:on|at|after|until|in)\s"
    r"\"?(?P<date>\d{4}-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?)(?:\s?(?:at\s)?(?P<clock>\d\d:\d\d))?\s?(?P<zone>utc|z|gmt)?"
)
_DAY = r"20\d\d-\d\d-\d\d"
_RESET_EPOCH = r"resets?[\s_\-]?at[\"']?\s?[:=]\s?[\"']?(?P<epoch>\d{10,13})"

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_HTTP_DATE = r"(?P<day>\d{1,2}) (?P<month>[a-z]{3}) (?P<year>\d{4}) (?P<clock>\d\d:\d\d:\d\d)"

_WAIT_HEADERS = ("retry-after", "x-retry-after", "x-ratelimit-retry-after")
_MS_HEADERS = ("retry-after-ms", "x-ms-retry-after-ms")
_RESET_HEADERS = (
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("ratelimit-remaining", "ratelimit-reset"),
    ("anthropic-ratelimit-unified-remaining", "anthropic-ratelimit-unified-reset"),
    ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
    ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
    ("anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"),
    ("anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"),
    ("x-codex-primary-remaining-percent", "x-codex-primary-reset-after-seconds"),
)


@cache
def _regex(source: str) -> re.Pattern[str]:
    """Compile an expression at its first use, so that importing this costs nothing."""
    return re.compile(source)


def retry_after(headers: Mapping[str, str], text: str, now: datetime | None = None) -> float | None:
    """Return the stated wait in seconds: headers first, then the words of an unwrapped, lower-case body."""
    wait = _credible(_from_headers(headers, now)) if headers else None
    if wait is None:
        wait = _credible(_from_text(text))
    if wait is None and now is not None:
        wait = _credible(_from_date(text, now))
    return _credible(_from_resets(headers, now)) if wait is None and headers else wait


def _credible(wait: float | None) -> float | None:
    return wait if wait is not None and 0 <= wait <= LONGEST_S else None


def _from_headers(headers: Mapping[str, str], now: datetime | None) -> float | None:
    for name in _MS_HEADERS:
        wait = _number(headers[name]) if name in headers else None
        if wait is not None:
            return wait / 1000
    for name in _WAIT_HEADERS:
        if name in headers:
            return moment(headers[name], now)
    return None


def _from_resets(headers: Mapping[str, str], now: datetime | None) -> float | None:
    """Return the latest reset of a window that is used up; a window with something left says nothing."""
    waits = [
        moment(headers[reset], now)
        for remaining, reset in _RESET_HEADERS
        if reset in headers and (_number(headers.get(remaining, "0")) or 0) <= 0
    ]
    return max([wait for wait in waits if wait is not None], default=None)


def moment(value: str, now: datetime | None) -> float | None:
    """Return a header's value in seconds from now: a number, a duration (`1m30s`), an epoch or a date."""
    number = _number(value)
    if number is None:
        return duration(value.lower()) if _regex(_DURATION).match(value.lower()) else _date(value, now)
    if number < EPOCH_S:
        return number
    if now is None:
        return None
    return max(0.0, (number / 1000 if number >= EPOCH_S * 1000 else number) - now.timestamp())


def duration(text: str) -> float | None:
    """Return the seconds of `1m30s`, `2 hours 5 minutes`, `120ms`."""
    pieces = _regex(_PIECE).findall(text)
    return sum(float(amount) * _UNITS[_singular(unit)] for amount, unit in pieces) if pieces else None


def _singular(unit: str) -> str:
    return unit[:-1] if len(unit) > 2 and unit.endswith("s") else unit  # noqa: PLR2004  # `ms` is no plural


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _date(value: str, now: datetime | None) -> float | None:
    if now is None:
        return None
    try:
        when = datetime.fromisoformat(value.strip())
    except ValueError:
        found = _regex(_HTTP_DATE).search(value.lower())
        if found is None or found["month"] not in _MONTHS:
            return None
        clock = f"{found['year']}-{_MONTHS.index(found['month']) + 1:02}-{int(found['day']):02}T{found['clock']}"
        return _date(clock, now)
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - now) / timedelta(seconds=1))


def _from_text(text: str) -> float | None:
    if not _may_state(text):
        return None
    for wording in _STATED if _regex(_COUNTED).search(text) else _WITHOUT_UNIT:
        found = _regex(wording.source).search(text) if any(map(text.__contains__, wording.letters)) else None
        if found is None:
            continue
        groups = found.groupdict()
        if groups.get("ms"):
            return float(groups["ms"]) / 1000
        span = groups["span"]
        return _number(span) if _number(span) is not None else duration(span)
    return None


def _may_state(text: str) -> bool:
    """Say whether a text has letters of any wording: written out, since most texts have none and are asked for all."""
    return (
        "try" in text or "wait" in text or "reset" in text or "again" in text or "available" in text or "renew" in text
        or "refresh" in text or "come back" in text or "estimated" in text or "后" in text or "後" in text
    )  # fmt: skip


def _from_date(text: str, now: datetime) -> float | None:
    epoch = _regex(_RESET_EPOCH).search(text) if "reset" in text else None
    if epoch:
        return moment(epoch["epoch"], now)
    found = _regex(_DATED).search(text) if "-" in text and _regex(_DAY).search(text) else None
    if found is None:
        return None
    clock = f"T{found['clock']}" if found["clock"] else ""
    return _date(found["date"].replace(" ", "T").replace("t", "T") + clock, now)
