"""Where signatures of other wires travel in this one: the encrypted content of reasoning items.

This wire knows no signed calls and no difference between reasoning that is signed and reasoning that is encrypted, so
what a signature belongs to stands before it, inside the mark of `wire.tags`.
"""

from __future__ import annotations

from typing import Literal

from modelrouter.wire.tags import is_tagged, tagged, untagged

ISSUER = "openai-responses"

Owner = Literal["thinking", "redacted", "call"]
"""What is signed: reasoning that is shown, reasoning that the signature itself holds, the call that follows."""

_LETTERS: dict[Owner, str] = {"thinking": "t", "redacted": "r", "call": "c"}
_OWNERS = {letter: owner for owner, letter in _LETTERS.items()}


def packed(owner: Owner, issuer: str, signature: str) -> str:
    """Write a signature as encrypted content."""
    return tagged(issuer, _LETTERS[owner] + signature)


def unpacked(content: object) -> tuple[Owner, str, str] | None:
    """Read encrypted content: whose it is, its issuer, the signature; None where there is none to read.

    What we did not mark is this wire's own.
    """
    if not isinstance(content, str) or not content:
        return None
    if not is_tagged(content):
        return "redacted", ISSUER, content
    found = untagged(content)
    if found is None or found[1][:1] not in _OWNERS:
        return None
    return _OWNERS[found[1][0]], found[0], found[1][1:]
