"""Pictures and files in requests: checked as far as every vendor checks them, and named by what they hold."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DATA = re.compile(r"data:(?P<kind>[\w.+-]+/[\w.+-]+);base64,(?P<data>.*)", re.DOTALL)
LABEL = 8
"""Hexadecimal digits of the digest by which content is named."""

STARTS: Mapping[str, tuple[bytes, ...]] = MappingProxyType(
    {
        "image/png": (b"\x89PNG\r\n\x1a\n",),
        "image/jpeg": (b"\xff\xd8\xff",),
        "image/gif": (b"GIF87a", b"GIF89a"),
        "image/webp": (b"RIFF",),
        "application/pdf": (b"%PDF-",),
    }
)
"""How files of a type begin; a file of another type may begin as it likes."""
IMAGES = frozenset(kind for kind in STARTS if kind.startswith("image/"))


def label(kind: object, data: object) -> str | None:
    """A name for what the base64 `data` holds; None where it is no base64, or no file of that type."""
    try:
        raw = base64.b64decode(data if isinstance(data, str) else "", validate=True)
    except (binascii.Error, ValueError):
        return None
    if not raw or not raw.startswith(STARTS.get(str(kind), (b"",))):
        return None
    return hashlib.sha256(raw).hexdigest()[:LABEL]


def data_url(address: object) -> tuple[str, str] | None:
    """Type and base64 of a data address; None where it is none."""
    found = DATA.fullmatch(address) if isinstance(address, str) else None
    return (found["kind"], found["data"]) if found else None


def is_web(address: object) -> bool:
    """An address that a vendor would fetch."""
    return isinstance(address, str) and address.startswith(("https://", "http://"))


def seen(images: Sequence[str], documents: Sequence[str]) -> str:
    """How an answer tells that it has seen them: `Saw 2 images (9f86d081, 60303ae2) and 1 document (fd61a03a).`"""
    told = [
        f"{len(labels)} {noun}{'s' if len(labels) > 1 else ''} ({', '.join(labels)})"
        for noun, labels in (("image", images), ("document", documents))
        if labels
    ]
    return f"Saw {' and '.join(told)}." if told else ""
