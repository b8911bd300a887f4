"""What an error body says once its wrapping is off.

Errors arrive as JSON, as JSON inside the string of another JSON, as the repr of a Python or
JavaScript object, as an HTML page, cut off, or inside the text of an exception. None of these is
parsed: a scan takes the same fields out of all of them, in time linear in the length, and text that
no parser would accept still yields its words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from modelrouter.core.signatures.rule import squash, terms

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD = 6_000
TAIL = 2_000
"""How much of a long body is read, from either end, in characters; errors state their cause there."""

PAGE = "htmlpage"
"""The code of a body that is a page."""

_ESCAPES = {'\\"': '"', "\\'": "'", "\\/": "/", "\\n": " ", "\\r": " ", "\\t": " ", "\\\\": "\\"}
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\[\"'/nrt\\]")
_SURROGATES = range(0xD800, 0xE000)
_ENTITIES = {"&quot;": '"', "&#39;": "'", "&#x27;": "'", "&apos;": "'", "&nbsp;": " ", "&lt;": "<", "&gt;": ">"}
_ENTITY = re.compile(r"&(?:quot|#39|#x27|apos|nbsp|lt|gt|amp);")
_ODD = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2010": "-", "\u2011": "-", "\u2013": "-"}
    | dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff")
)
"""Typographic quotes and hyphens become plain ones; characters without width go."""

_PAGE = re.compile(r"<!doctype html|<html|<head|<body|</(?:h[1-6]|div|span|p|title|center)>", re.IGNORECASE)
_HIDDEN = re.compile(r"<(script|style)\b[^>]{0,2000}>.*?</\1>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]{0,2000}>")

_FIELD = re.compile(
    r"(?<![a-z])(?:error[_ -]?code|err[_-]?code|error[_-]?type|__type|code|type|status|reason|error|exception|name|title"
    r"|kind|finish[_-]?reason|stop[_-]?reason|shortname)[\"']?\s{0,3}[:=]\s{0,3}"
    r"(?:\"([^\"]{1,80})\"|'([^']{1,80})'|(-?[a-z0-9][\w.\-]{0,80}))",
)
_TOKEN = re.compile(r"[a-z0-9]+(?:[_.\-][a-z0-9]+)*")
_STATUS = re.compile(
    r"(?:(?<![a-z0-9])(?:error|status|http|https|code|response|returned|failed|request|server)(?![a-z0-9])[\s_\-]{0,2}){1,3}"
    r"(?:with\s|was\s|is\s|of\s|code\s|status\s){0,3}[\"']?[\s:=/(\[]{0,4}(?:1\.[01]\s|2\s)?([1-5]\d\d)(?![\d.]*\d)"
    r"|^\W{0,3}([45]\d\d)(?![\w.])"
    r"|[(\[<]([45]\d\d)(?![\w.])"
    r"|\b([45]\d\d)\s(?:client|server|bad|unauthorized|payment|forbidden|not found|too many|internal|service|gateway"
    r"|request|method|conflict|unavailable|unprocessable|site|page|status)"
)
_BY_PHRASE = {status.phrase.lower(): status.value for status in HTTPStatus if status.value >= HTTPStatus.BAD_REQUEST}
"""Texts that are nothing but the name of a status."""
_ECHO = re.compile(r"[\"']input[\"']\s?:|\binput_value\s?=")
_PER = re.compile(r"per(day|minute|hour|month|second)")
"""Google names its quotas in one word: `GenerateRequestsPerDayPerProject`."""
_CODE_HEADERS = ("x-amzn-errortype", ":exception-type", "x-ms-error-code", "x-error-code", "x-error-type")


@dataclass(frozen=True, slots=True)
class Reading:
    """What rules look at; all in lower case."""

    status: int | None
    text: str
    codes: frozenset[str]
    """Squashed values of code-like fields and headers."""
    tokens: frozenset[str]
    """Squashed words of the text, names with dots and underscores as one and in parts."""
    terms: frozenset[str]
    """Index terms of the text."""


def unwrap(body: str) -> str:
    """Return the text of a body without escapes, markup and broken white space; twice changes nothing."""
    text = body if len(body) <= HEAD + TAIL else f"{body[:HEAD]} {body[-TAIL:]}"
    before = None
    while text != before:
        before = text
        text = _peel(text)
    return text


def _peel(text: str) -> str:
    """Take one layer off; never longer than before."""
    if "\\" in text:
        text = _ESCAPE.sub(_unescape, text)
    if "&" in text:
        text = _ENTITY.sub(lambda match: _ENTITIES.get(match.group(), "&"), text)
    if "<" in text and _PAGE.search(text):
        text = _TAG.sub(" ", _HIDDEN.sub(" ", text))
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode().translate(_ODD)
    return " ".join(text.split())


def _unescape(match: re.Match[str]) -> str:
    if not match[1]:
        return _ESCAPES[match[0]]
    point = int(match[1], 16)
    # Halves of a pair stand for emoji, which tell no cause, and no encoder takes them alone.
    return " " if point in _SURROGATES else chr(point)


def read(body: str, status: int | None, headers: Mapping[str, str]) -> Reading:
    """Read what rules need out of a body; a status that the body states counts where the answer had none."""
    text = without_echo(_PER.sub(r" per \1 ", unwrap(body).lower()))
    codes = {squash(value) for match in _FIELD.finditer(text) for value in match.groups() if value}
    codes |= {squash(headers[name].partition(":")[0]) for name in _CODE_HEADERS if name in headers}
    if "<" in body and _PAGE.search(body[:HEAD]):
        codes.add(PAGE)
    tokens: set[str] = set()
    for token in _TOKEN.findall(text):
        tokens.add(squash(token) if not token.isalnum() else token)
        if "." in token:
            tokens.update(squash(part) for part in token.split("."))
    return Reading(
        status=stated_status(text) or status if status in (None, 200) else status,
        text=text,
        codes=frozenset(codes - {""}),
        tokens=frozenset(tokens),
        terms=frozenset(terms(text)),
    )


def without_echo(text: str) -> str:
    """Return the text up to where a validator repeats what it was sent: those words are the caller's, not the provider's."""
    if "loc" not in text and "input_value" not in text:
        return text
    found = _ECHO.search(text)
    return text[: found.start()] if found else text


def stated_status(text: str) -> int | None:
    """Return the HTTP status that a text names, if it names one."""
    found = _STATUS.search(text)
    if found:
        return int(next(filter(None, found.groups())))
    return _BY_PHRASE.get(text.removeprefix("error:").strip(" .!\"'"))
