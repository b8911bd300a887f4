"""Tool-call ids that a target accepts, the same for a call and its result, request after request.

Ids that the target accepts stay as they are. The others are derived from their text, so that the
same history gives the same ids each time it is sent. Providers also reuse ids, or leave them out:
a result belongs to the first open call of its id in the turn before.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict, deque
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING

from modelrouter.wire.conversation import Part, ToolCall, ToolResult, Turn

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class IdRule:
    """Which ids a target accepts."""

    alphabet: str
    """The characters allowed, as the inside of a regular expression's brackets."""
    longest: int
    shortest: int = 1

    def accepts(self, wire_id: str) -> bool:
        """Whether an id may be sent as it is."""
        return self.shortest <= len(wire_id) <= self.longest and _spelled(self.alphabet).fullmatch(wire_id) is not None


@lru_cache(maxsize=16)
def _spelled(alphabet: str) -> re.Pattern[str]:
    return re.compile(f"[{alphabet}]+")


ANTHROPIC_IDS = IdRule(alphabet="a-zA-Z0-9_-", longest=64)
"""The alphabet is the API's own pattern; it states no length, so OpenAI's longest is taken."""
CHAT_IDS = IdRule(alphabet=r"!-~", longest=40)
"""OpenAI's Chat Completions: any visible characters; the length is the API's own limit."""
RESPONSES_IDS = IdRule(alphabet="a-zA-Z0-9_-", longest=64)
MISTRAL_IDS = IdRule(alphabet="a-zA-Z0-9", longest=9, shortest=9)
"""Mistral's API, and the templates of its models wherever they are served."""

ORPHAN = ""
"""The id that `conform` gives a result that answers no call."""


def conform(turns: Iterable[Turn], rule: IdRule) -> tuple[Turn, ...]:
    """Give every call an id that the rule accepts and no other call has, and every result its call's.

    The sides must alternate: a result answers the calls of the turn before its own, the first open one of its id.
    """
    turns = tuple(turns)
    allocator = _Allocator(rule, {part.id for turn in turns for part in turn.parts if isinstance(part, ToolCall)})
    return tuple(allocator.rename(turn) for turn in turns)


class _Allocator:
    def __init__(self, rule: IdRule, originals: set[str]) -> None:
        self._longest = rule.longest
        self._kept = {original for original in originals if rule.accepts(original)}
        self._used: set[str] = set()
        self._open: defaultdict[str, deque[str]] = defaultdict(deque)

    def rename(self, turn: Turn) -> Turn:
        if turn.role == "assistant":
            self._open.clear()
        return replace(turn, parts=tuple(self._renamed(part) for part in turn.parts))

    def _renamed(self, part: Part) -> Part:
        if isinstance(part, ToolCall):
            wire_id = self._allocate(part.id)
            self._open[part.id].append(wire_id)
            return replace(part, id=wire_id)
        if isinstance(part, ToolResult):
            waiting = self._open[part.id]
            return replace(part, id=waiting.popleft() if waiting else ORPHAN)
        return part

    def _allocate(self, original: str) -> str:
        is_free = original in self._kept and original not in self._used
        wire_id = original if is_free else self._mint(original)
        self._used.add(wire_id)
        return wire_id

    def _mint(self, original: str) -> str:
        mints = (_derive(original, attempt, self._longest) for attempt in count())
        return next(wire_id for wire_id in mints if wire_id not in self._kept and wire_id not in self._used)


def _derive(original: str, attempt: int, longest: int) -> str:
    digest = hashlib.sha256(f"{attempt}:{original}".encode(errors="surrogatepass")).hexdigest()
    return digest[: min(longest, _DERIVED)]


_DERIVED = 32
"""Characters of a derived id; letters and digits alone, which every target accepts."""
