"""What providers sign or encrypt so that they know it again: here a text behind a checksum that names its account.

Nothing is secret in it; it only tells what came back unchanged from what did not, and from whom.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

MARK = b"twin\x00"
SUM = 16
"""Bytes of the checksum."""


def sealed(account: str, content: str) -> str:
    """The content for whoever holds `account` alone, as base64."""
    said = content.encode()
    return base64.b64encode(_sum(account, said) + said).decode()


def opened(text: object, account: str) -> str | None:
    """What was sealed for that account; None where it was altered, made by others, or is no seal at all."""
    try:
        raw = base64.b64decode(text if isinstance(text, str) else "", validate=True)
    except (binascii.Error, ValueError):
        return None
    digest, said = raw[:SUM], raw[SUM:]
    return said.decode(errors="replace") if digest == _sum(account, said) else None


def stamp(account: str, content: str) -> str:
    """16 hexadecimal digits by which the account knows that content again."""
    return _sum(account, content.encode()).hex()[:16]


def _sum(account: str, said: bytes) -> bytes:
    return hashlib.blake2b(said, key=account.encode()[:64], digest_size=SUM, person=MARK).digest()
