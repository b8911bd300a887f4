"""Keep secrets out of everything that is shown.

People paste keys into the wrong place; the message that says so must not spread them. Two nets:
what has the shape of a key is masked wherever it stands, and in an excerpt of the file the value of
every field that is meant for a key, or sounds like one, is masked unless it is a reference.
"""

from __future__ import annotations

import re

MASK = "•••"
LONGEST = 60

_KEYS = r"""
    -----BEGIN[ ][A-Z ]+-----.*
    | \beyJ[\w-]{8,}(?:\.[\w-]*)*                                      # JSON web tokens
    | \b(?:sk|rk)[-_](?=[\w-]*[0-9])[\w-]{8,}                         # OpenAI, Anthropic, OpenRouter, Stripe
    | \b(?:pk|xai|gsk|hf|nvapi|pplx|r8|csk|tgp|fw|ghp|gho|ghs|glpat|github_pat|xox[abprs]|whsec)[-_](?=[\w-]*[0-9])[\w-]{12,}
    | \b(?:AKIA|ASIA)[A-Z0-9]{12,} | \bABSK[\w+/=]{12,} | \bAIza[\w-]{12,} | \bya29\.[\w-]{6,} | \bbedrock-api-key-[\w+/=-]+
    | \bmr-[\w-]{32,}                                                  # our own, of callers
    | \bBearer\s+[^\s'",}\]]{8,}
    | (?<=://)[^/\s@]*:[^/\s@]*@                                       # user:password@ in an address
"""
# Nothing that people name is so long and so mixed.
_LONG = r"| \b(?=[\w+=]*[0-9])(?=[\w+=]*[A-Za-z])[A-Za-z0-9+=_]{28,}"
_FIELD_OF_A_KEY = r"""
    (?P<field>["']?[\w-]*(?:key|(?<!first_)token(?!s)|secret|passwor[dt]|passwd|authorization|credential)[\w-]*["']?\s*:\s*(?:\{\s*value\s*:\s*)?)
    (?!["']?(?:env|file|exec):)(?:\[[^\]]*\]?|"[^"]*"?|'[^']*'?|[^\s,}{\]\["'][^,}]*)
"""

_KEY = re.compile(_KEYS, re.VERBOSE | re.DOTALL)


def is_secret_shaped(text: str) -> bool:
    """Whether some part of the text has the shape of a known kind of key."""
    return _KEY.search(text) is not None


def masked(text: str) -> str:
    """The text with whatever looks like a key replaced."""
    return re.sub(_KEYS + _LONG, MASK, text, flags=re.VERBOSE | re.DOTALL)


def masked_line(line: str) -> str:
    """A line of an inventory, fit to be shown: without keys, and without the values of fields for keys."""
    return re.sub(_FIELD_OF_A_KEY, rf"\g<field>{MASK}", masked(line), flags=re.VERBOSE | re.IGNORECASE)


def shown(value: str) -> str:
    """A value for a message: quoted, masked, on one line, at most 60 characters."""
    flat = masked(" ".join(value.split()))
    return f"'{flat if len(flat) <= LONGEST else flat[:LONGEST] + '…'}'"


def quoted(text: str) -> str:
    """`: "NO"`, for a hint; nothing where the text is too long to be repeated."""
    return f': "{text}"' if len(text) <= LONGEST else ""
