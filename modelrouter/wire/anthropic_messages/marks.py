"""Signatures of other wires on their way through a caller of Messages, and back.

A caller of this wire returns `signature` and `data` as it got them. What Anthropic signed is handed out as it is;
what somebody else signed goes out marked, so that it comes back to its issuer and to nobody else. Calls cannot carry
a signature in this wire: theirs goes into a block of redacted thinking right before the call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelrouter.wire.conversation import Thinking
from modelrouter.wire.tags import is_tagged, tagged, untagged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

ISSUER = "anthropic-messages"

_CALL = "call:"
_SEALED = "sealed:"
"""Before an issuer's name: the signature is that of the call behind, or holds reasoning of which the text is a summary."""


def handed_out(issuer: str | None, signature: str | None, *, sealed: bool = False) -> str:
    """Write a signature of thinking; one that is missing is marked too, so that nobody takes the thinking for Claude's."""
    if issuer == ISSUER and signature and not sealed:
        return signature
    return tagged(f"{_SEALED if sealed else ''}{issuer or ''}", signature or "")


def call_mark(issuer: str, signature: str) -> dict[str, Any]:
    """Write the block that carries a call's signature."""
    return {"type": "redacted_thinking", "data": tagged(_CALL + issuer, signature)}


def taken_back(block: Mapping[str, Any]) -> Thinking:
    """Read a block of thinking that a caller returned; its issuer is None where nothing tells."""
    redacted = block.get("type") == "redacted_thinking"
    text = "" if redacted else str(block.get("thinking") or "")
    signature = block.get("data") if redacted else block.get("signature")
    if not is_tagged(signature):
        known = isinstance(signature, str) and signature != ""
        return Thinking(text, ISSUER, signature, redacted) if known else Thinking(text, redacted=redacted)
    issuer, signature = untagged(signature) or ("", "")
    sealed = issuer.startswith(_SEALED)
    return Thinking(text, issuer.removeprefix(_SEALED) or None, signature or None, redacted or sealed)


def call_signature(block: Mapping[str, Any]) -> tuple[str, str] | None:
    """Read the issuer and the signature of the call behind a block; None where it is no `call_mark`."""
    marked = untagged(block.get("data")) if block.get("type") == "redacted_thinking" else None
    if marked is None or not marked[0].startswith(_CALL):
        return None
    return marked[0].removeprefix(_CALL), marked[1]


def thinks(messages: Sequence[Any]) -> bool:
    """Whether a history has a block of thinking, plain or redacted."""
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, list):
            for block in content:
                if isinstance(block, dict) and block.get("type") in ("thinking", "redacted_thinking"):
                    return True
    return False


def is_ours(block: object) -> bool:
    """Whether a block of thinking bears a mark of ours: Anthropic must not see it."""
    if not isinstance(block, dict):
        return False
    member = {"thinking": "signature", "redacted_thinking": "data"}.get(str(block.get("type")))
    return member is not None and is_tagged(block.get(member))
