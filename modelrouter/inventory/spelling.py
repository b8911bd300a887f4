"""Near misses: what somebody probably meant."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from modelrouter.inventory.masking import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

CLOSE = 0.6  # difflib's own default: two words of three letters that share two are close
SHORTEST = 3  # letters that make a beginning
LISTED = 12  # known words, where none is alike


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like this one, or begins with it, whatever its case; None where nothing does."""
    by_fold = {name.casefold(): name for name in known}
    folded = word.casefold()
    matches = get_close_matches(folded, by_fold, n=1, cutoff=CLOSE)
    matches = matches or [name for name in by_fold if name.startswith(folded) and len(folded) >= SHORTEST][:1]
    return by_fold[matches[0]] if matches else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint: the nearest known word, else all of them where they are few."""
    words = sorted(set(known))
    near = nearest(word, words)
    if near is not None:
        return f"Did you mean {shown(near)}?"
    if not words:
        return ""
    listed = ", ".join(words[:LISTED]) + (", …" if len(words) > LISTED else "")
    return f"Known: {listed}."
