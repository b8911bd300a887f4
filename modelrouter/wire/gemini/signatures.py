"""Signatures of thoughts and calls in this wire, where they are bytes in base64.

Those of other issuers go out marked (`tags`), and in base64 once more, since Google's clients take nothing else. They
come back in either of base64's two alphabets: some clients decode and encode again.

A caller who did not ask for thoughts takes the first text for the answer. What the issuer must see again goes to such
a caller hidden, thoughts and all, in the signature of the part behind it, which is where Google's own models put theirs.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from modelrouter.wire.conversation import Thinking
from modelrouter.wire.tags import PREFIX, is_tagged, tagged, untagged

if TYPE_CHECKING:
    from collections.abc import Iterable

ISSUER = "gemini"
HIDDEN = "hidden-thoughts"
"""Stands for the issuer where a signature is none, but holds whole thoughts."""
_REDACTED = "r."
"""Stands before the mark of a signature that itself holds the reasoning."""
_STAND_INS = frozenset({"skip_thought_signature_validator", "context_engineering_is_the_way_to_go"})
"""What Google documents for calls that none of its models made: no signature, and nobody's."""


def handed_out(issuer: str, signature: str, *, redacted: bool = False) -> str:
    """Give a signature the form in which callers of this wire keep it."""
    if issuer == ISSUER:
        return signature
    marked = ("" if not redacted else _REDACTED) + tagged(issuer, signature)
    return base64.b64encode(marked.encode()).decode()


def taken_back(text: object) -> tuple[str, str, bool] | None:
    """Give the issuer, the signature and whether it holds the reasoning itself; None where nobody could use it."""
    if not isinstance(text, str) or not text or stands_in(text):
        return None
    if is_tagged(text):
        return _known(text, redacted=False)
    decoded = _decoded(text)
    marked = decoded.removeprefix(_REDACTED)
    if marked.startswith(PREFIX):
        return _known(marked, redacted=marked != decoded)
    return ISSUER, text, False


def stands_in(text: object) -> bool:
    """Whether it is what callers write where nobody signed, plain or, as clients that know bytes alone send it, in base64."""
    return isinstance(text, str) and (text in _STAND_INS or _decoded(text) in _STAND_INS)


def _known(marked: str, *, redacted: bool) -> tuple[str, str, bool] | None:
    found = untagged(marked)
    return (*found, redacted) if found else None


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(standard(text), validate=True).decode()
    except ValueError:
        return ""


def hidden(thoughts: Iterable[Thinking]) -> str:
    """Put signed thoughts into one signature."""
    told = [[part.text, part.issuer, part.signature, part.redacted] for part in thoughts]
    return handed_out(HIDDEN, json.dumps(told, separators=(",", ":")))


def found(text: str) -> tuple[Thinking, ...]:
    """Give the thoughts that `hidden` was given, from the signature that `taken_back` gives for it."""
    try:
        told = json.loads(text)
        thoughts = tuple(Thinking(*entry) for entry in told)
    except (ValueError, TypeError, RecursionError):
        return ()
    return thoughts if all(_is_whole(part) for part in thoughts) else ()


def _is_whole(part: Thinking) -> bool:
    texts = (part.text, part.issuer, part.signature)
    return all(isinstance(text, str) for text in texts) and isinstance(part.redacted, bool)


def standard(text: str) -> str:
    """Write base64 in its usual alphabet and with its padding."""
    text = text.replace("-", "+").replace("_", "/").rstrip("=")
    return text + "=" * (-len(text) % 4)
