"""Signatures of thoughts and calls in this wire, where they are bytes in base64.

Those of other issuers go out marked (`tags`), and in base64 once more, since Google's clients take nothing else. They
come back in either of base64's two alphabets: some clients decode and encode again.
"""

from __future__ import annotations

import base64

from modelrouter.wire.tags import PREFIX, is_tagged, tagged, untagged

ISSUER = "gemini"
_REDACTED = "r."
"""Stands before the mark of a signature that itself holds the reasoning."""


def handed_out(issuer: str, signature: str, *, redacted: bool = False) -> str:
    """Give a signature the form in which callers of this wire keep it."""
    if issuer == ISSUER:
        return signature
    marked = ("" if not redacted else _REDACTED) + tagged(issuer, signature)
    return base64.b64encode(marked.encode()).decode()


def taken_back(text: object) -> tuple[str, str, bool] | None:
    """Give the issuer, the signature and whether it holds the reasoning itself; None where nobody could use it."""
    if not isinstance(text, str) or not text:
        return None
    if is_tagged(text):
        return _known(text, redacted=False)
    decoded = _decoded(text)
    marked = decoded.removeprefix(_REDACTED)
    if marked.startswith(PREFIX):
        return _known(marked, redacted=marked != decoded)
    return ISSUER, text, False


def _known(marked: str, *, redacted: bool) -> tuple[str, str, bool] | None:
    found = untagged(marked)
    return (*found, redacted) if found else None


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(standard(text), validate=True).decode()
    except ValueError:
        return ""


def standard(text: str) -> str:
    """Write base64 in its usual alphabet and with its padding."""
    text = text.replace("-", "+").replace("_", "/").rstrip("=")
    return text + "=" * (-len(text) % 4)
