"""Ids that we make for callers of this wire, and how they are known again when they come back.

Callers return items with their ids. No provider knows ours, so they carry a mark and are taken off before a body
goes out; the id of a call (`call_id`) is the one that the call's issuer gave, and no item's.
"""

from __future__ import annotations

import hashlib

MARK = "mr1"
_DIGITS = 32


def response_id(answer_id: str) -> str:
    """Make the id of a response from that of another wire's answer, the same each time."""
    return f"resp_{MARK}{_digest(answer_id)}"


def item_id(prefix: str, answer_id: str, index: int) -> str:
    """Make the id of an item: `prefix` is the API's own word for its kind, `index` its place in the output."""
    return f"{prefix}_{MARK}{_digest(f'{index}:{answer_id}')}"


def is_ours(value: object) -> bool:
    """Whether an id of a response or an item is one that we made."""
    return isinstance(value, str) and value.partition("_")[2].startswith(MARK)


def stands_for_reasoning(value: object) -> bool:
    """Whether an id is that of reasoning which we told: what refers to it may go without."""
    return is_ours(value) and str(value).startswith("rs_")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:_DIGITS]
