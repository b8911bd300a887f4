"""Keys of callers: made by chance, kept as hashes.

A key has 256 random bits, so that its plain SHA-256 gives nothing to guess; a slow hash is for what people make up.
Looking a digest up leaks nothing of use through time either: who could steer the digest of a guess could break the hash.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from modelrouter.errors import UnauthenticatedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from modelrouter.core.inventory import AccessKey

__all__ = ["Keyring", "digest_of", "new_key"]

PREFIX = "mr-"
"""So that a key that leaks into a log or a repository is recognised as what it is."""
BYTES = 32


def new_key() -> str:
    """Make a key; nobody but its holder will ever see it again."""
    return PREFIX + secrets.token_urlsafe(BYTES)


def digest_of(key: str) -> str:
    """What an inventory holds of a key: 64 hexadecimal digits."""
    return hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest()


class Keyring:
    """The keys of one inventory."""

    def __init__(self, keys: Mapping[str, AccessKey]) -> None:
        self._by_digest = {key.digest: key for key in keys.values()}

    def __bool__(self) -> bool:
        return bool(self._by_digest)

    def prove(self, presented: str | None, today: date) -> AccessKey:
        """Whose key it is; raises UnauthenticatedError, which never repeats the key."""
        if not presented:
            raise UnauthenticatedError(
                "a key is needed: send it as `Authorization: Bearer`, `x-api-key` or `x-goog-api-key`"
            )
        known = self._by_digest.get(digest_of(presented))
        if known is None:
            raise UnauthenticatedError("this key is not known here")
        if known.ends is not None and today > known.ends:
            raise UnauthenticatedError(f"the key {known.id!r} ended on {known.ends}")
        return known
