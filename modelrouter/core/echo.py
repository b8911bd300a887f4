"""Striking out of a provider's error what it repeats of the request: those are the caller's words, and nobody else's business.

Errors are classified as they came. What is kept of them afterwards, in holds, logs, ledgers and lists of unknown errors,
goes through here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["STRUCK", "struck", "words_of"]

STRUCK = "…"
SHORTEST = 16
"""Characters in a row that are taken for a repetition; shorter ones are words that everybody uses."""
MOST = 262_144
"""Characters of a request that are looked at: a search through ten megabytes would hold up the others."""
NAMES = frozenset({"model", "type", "role", "object"})
"""Members whose texts are names that an error needs to make sense."""


def words_of(body: Any) -> str:
    """The texts of a request that its caller wrote, one below the other."""
    return "\n".join(_texts(body))[:MOST].lower()


def struck(text: str, words: str) -> str:
    """A text without what it repeats of these words, which are in lower case."""
    lower = text.lower()
    if len(lower) != len(text) or not words:
        return text if not words else struck(lower, words)
    kept: list[str] = []
    at = 0
    while at < len(text):
        end = at + SHORTEST
        if end <= len(text) and lower[at:end] in words:
            while end < len(text) and lower[at : end + 1] in words:
                end += 1
            kept.append(STRUCK)
            at = end
        else:
            kept.append(text[at])
            at += 1
    return "".join(kept)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) >= SHORTEST:
            yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            if name not in NAMES:
                yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
