"""Ids as callers of Messages see them: in their alphabet, each one once, the same whenever the same answer is told."""

from __future__ import annotations

import hashlib
import re

from modelrouter.wire.tool_ids import ANTHROPIC_IDS

_PREFIXES = re.compile(r"(?:chatcmpl|resp|gen|cmpl)[-_]")
_PLAIN = re.compile(r"[a-zA-Z0-9_-]{1,100}")
_DIGITS = 24


def message_id(provider_id: str, *, otherwise: str) -> str:
    """Make an id of this wire from another's; `otherwise` tells answers apart whose provider gives them none."""
    if provider_id.startswith("msg_") and _PLAIN.fullmatch(provider_id):
        return provider_id
    bare = _PREFIXES.sub("", provider_id, count=1)
    return f"msg_{bare}" if _PLAIN.fullmatch(bare) else f"msg_{_digest(provider_id or otherwise)}"


class CallIds:
    """Gives the calls of one answer their ids: a conforming one stays, any other is derived from it.

    One that came before in this answer, or is missing, is derived from its place as well.
    """

    def __init__(self, answer_id: str) -> None:
        self._answer_id = answer_id
        self._given: set[str] = set()

    def give(self, provider_id: str) -> str:
        """Give the next call of the answer its id."""
        given = provider_id
        if not ANTHROPIC_IDS.accepts(provider_id):
            given = f"toolu_{_digest(provider_id or f'{self._answer_id}:{len(self._given)}')}"
        if given in self._given:
            given = f"toolu_{_digest(f'{self._answer_id}:{len(self._given)}:{provider_id}')}"
        self._given.add(given)
        return given


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:_DIGITS]
