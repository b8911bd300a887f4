"""Signatures that leave in another wire than the one in which they were made, marked so that they can come back.

A caller sees one opaque text, keeps it with its history and returns it; whose it is stands inside it. Nothing in it
is secret, and nothing is trusted because of it: the issuer checks its own signature.
"""

from __future__ import annotations

import base64
import json

PREFIX = "mr1."
"""Begins every marked signature; no provider's own holds a dot in its first four characters."""


def tagged(issuer: str, signature: str) -> str:
    """Mark a signature with the wire whose provider made it; the result is letters, digits, `.`, `-` and `_` alone."""
    content = json.dumps([issuer, signature], separators=(",", ":")).encode()
    return PREFIX + base64.urlsafe_b64encode(content).decode().rstrip("=")


def untagged(text: object) -> tuple[str, str] | None:
    """Give the issuer and the signature that `tagged` was given; None for anything that it did not make."""
    if not is_tagged(text):
        return None
    code = str(text)[len(PREFIX) :]
    try:
        content = json.loads(base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, list) or [type(member) for member in content] != [str, str]:
        return None
    return content[0], content[1]


def is_tagged(text: object) -> bool:
    """Whether a text claims to be one of ours: a provider must not see it, even where `untagged` cannot read it."""
    return isinstance(text, str) and text.startswith(PREFIX)
