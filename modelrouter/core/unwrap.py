"""What an error body says once its wrapping is off.

Errors arrive as JSON, as JSON inside the string of another JSON, as the repr of a Python or
JavaScript object, as an HTML page, cut off, or inside the text of an exception. None of these is
parsed: a scan takes the same fields out of all of them, in time linear in the length, and text that
no parser would accept still yields its words.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.signatures.rule import foreign_terms, squash

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

HEAD = 6_000
TAIL = 2_000
"""How much of a long body is read, from either end, in characters; errors state their cause there."""
LAYERS = 32
"""So many wrappings come off at most; the backslashes of a dozen layers of JSON already fill what is read of a body."""

PAGE = "htmlpage"
"""The code of a body that is a page."""

_ESCAPES = (('\\"', '"'), ("\\'", "'"), ("\\/", "/"), ("\\n", " "), ("\\r", " "), ("\\t", " "))
_POINT = re.compile(r"\\u([0-9a-fA-F]{4})")
_SURROGATES = range(0xD800, 0xE000)
_ENTITIES = {"&quot;": '"', "&#39;": "'", "&#x27;": "'", "&apos;": "'", "&nbsp;": " ", "&lt;": "<", "&gt;": ">"}
_ENTITY = re.compile(r"&(?:quot|#39|#x27|apos|nbsp|lt|gt|amp);")
_ODD = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2010": "-", "\u2011": "-", "\u2013": "-"}
    | dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff")
)
_IS_ODD = re.compile(f"[{''.join(map(chr, _ODD))}]")
"""Typographic quotes and hyphens become plain ones; characters without width go."""

_PAGE = re.compile(r"<!doctype html|<html|<head|<body|</(?:h[1-6]|div|span|p|title|center)>", re.IGNORECASE)
_HIDDEN = re.compile(r"<(script|style)\b[^>]{0,2000}>", re.IGNORECASE)
_SHOWN_AGAIN = {name: re.compile(f"</{name}>", re.IGNORECASE) for name in ("script", "style")}
_TAG = re.compile(r"<[^<>]{0,2000}>")

_FIELD = re.compile(
    r"(?<![a-z])(?:error[_ -]?code|err[_-]?code|error[_-]?type|__type|code|type|status|reason|error|exception|name|title"
    r"|kind|finish[_-]?reason|stop[_-]?reason|shortname)[\"']?\s{0,3}[:=]\s{0,3}"
    r"(?:\"([^\"\s]{1,80})\"|'([^'\s]{1,80})'|(-?[a-z0-9][\w.\-]{0,80}))",
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_WORDS, _CHUNKS = (
    bytes(byte if chr(byte) in kept else 32 for byte in range(256)) for kept in (_LETTERS, _LETTERS + "_.-")
)
"""What the bytes of UTF-8 become where a text is cut into words, and into words with what may join them."""
_THREE_DIGITS = re.compile(r"[1-5](?<!\d[1-5])\d\d(?!\d)")
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


class Reading(NamedTuple):
    """What rules look at; all in lower case."""

    status: int | None
    text: str
    words: AbstractSet[str]
    """Index terms of the text; names with dots, dashes and underscores in parts, and as one without these; `named`."""
    named: AbstractSet[str] = frozenset()
    """Squashed codes that stand beside the text: in headers, or that it is a page."""

    def codes(self) -> AbstractSet[str]:
        """Return `named` and the squashed values of code-like fields: only few texts have words that need to stand in one."""
        values = chain.from_iterable(_FIELD.findall(self.text))
        return self.named | {squash(value) for value in values if value}


def unwrap(body: str) -> str:
    """Return the text of a body without escapes, markup and broken white space; twice changes nothing."""
    text = read_part(body)
    for _ in range(LAYERS):
        before, text = text, _peel(text)
        if text == before or not ("\\" in text or "&" in text or "<" in text):
            break
    return text


def read_part(body: str) -> str:
    """Return what is read of a body: its head and its tail where it is long, else all of it."""
    return body if len(body) <= HEAD + TAIL else f"{body[:HEAD]} {body[-TAIL:]}"


def _peel(text: str) -> str:
    """Take one layer off; never longer than before."""
    if "\\" in text:
        text = "\\".join(map(_unescaped, text.split("\\\\")))
    if "&" in text:
        text = _ENTITY.sub(lambda match: _ENTITIES.get(match.group(), "&"), text)
    if "<" in text and _PAGE.search(text):
        text = _TAG.sub(" ", _without_hidden(text))
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
        if _IS_ODD.search(text):
            text = text.translate(_ODD)
    # Most texts have no white space but single spaces.
    return text.strip(" ") if text.isprintable() and "  " not in text else " ".join(text.split())


def _unescaped(text: str) -> str:
    """Resolve the escapes of a text in which no backslash is escaped itself."""
    if "\\" in text:
        for escape, plain in _ESCAPES:
            text = text.replace(escape, plain)
        text = _POINT.sub(_character, text)
    return text


def _character(match: re.Match[str]) -> str:
    point = int(match[1], 16)
    # Halves of a pair stand for emoji, which tell no cause, and no encoder takes them alone.
    return " " if point in _SURROGATES else chr(point)


def _without_hidden(page: str) -> str:
    """Return a page without its scripts and styles; one that is never closed hides nothing."""
    shown: list[str] = []
    done = at = 0
    unclosed: set[str] = set()
    while opened := _HIDDEN.search(page, at):
        name = opened[1].lower()
        closed = None if name in unclosed else _SHOWN_AGAIN[name].search(page, opened.end())
        if closed:
            shown.append(page[done : opened.start()])
            done = at = closed.end()
        else:
            unclosed.add(name)  # further on there is no end of it either
            at = opened.start() + 1
    return " ".join([*shown, page[done:]])


def read(body: str, status: int | None, headers: Mapping[str, str]) -> Reading:
    """Read what rules need out of a body; a status that the body states counts where the answer had none."""
    text = unwrap(body).lower()
    if "per" in text:
        text = _PER.sub(r" per \1 ", text)
    text = without_echo(text)
    if status in (None, 200):
        status = stated_status(text) or status
    words = words_of(text)
    named = _named(body, headers)
    return Reading(status, text, words | named if named else words, named)


def _named(body: str, headers: Mapping[str, str]) -> set[str]:
    named = {squash(headers[name].partition(":")[0]) for name in _CODE_HEADERS if name in headers} if headers else set()
    head = body[:HEAD]
    if "<" in head and _PAGE.search(head):
        named.add(PAGE)
    return named


def words_of(text: str) -> set[str]:
    """Return the words of a text, as `Reading` keeps them."""
    words = _cut(text, _CHUNKS)
    compounds = " ".join([chunk for chunk in words if not chunk.isalnum()])
    if compounds:
        names = compounds.replace("_", "").replace("-", "")
        words += _cut(compounds, _WORDS)
        words += names.replace(".", " ").split()
        if "." in names:
            words += names.replace(".", "").split()
    if not text.isascii():
        words += foreign_terms(text)
    return set(words)


def _cut(text: str, table: bytes) -> list[str]:
    """Cut a text where the table has spaces: several times as fast as an expression that finds the words."""
    return text.encode("utf-8", "replace").translate(table).decode().split()


def without_echo(text: str) -> str:
    """Return the text up to where a validator repeats what it was sent: those words are the caller's, not the provider's."""
    if "input" not in text or ("loc" not in text and "input_value" not in text):
        return text
    found = _ECHO.search(text)
    return text[: found.start()] if found else text


def stated_status(text: str) -> int | None:
    """Return the HTTP status that a text names, if it names one."""
    found = _STATUS.search(text) if _THREE_DIGITS.search(text) else None
    if found:
        return int(next(filter(None, found.groups())))
    return _BY_PHRASE.get(text.removeprefix("error:").strip(" .!\"'"))
