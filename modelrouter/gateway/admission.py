"""Who is let in: a caller with a key of the inventory, or, where it has none, a program of this machine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from modelrouter.access.keys import Keyring
from modelrouter.errors import NotAllowedError, UnauthenticatedError
from modelrouter.gateway.loopback import stranger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modelrouter.core.inventory import AccessKey
    from modelrouter.router import Router

__all__ = ["Admission"]

_BEARER = b"bearer "
_NAMES = (b"x-api-key", b"x-goog-api-key", b"api-key")
"""Where clients put a key that they do not send as a bearer's: Anthropic's, Google's, Azure's."""


class Admission:
    """Admits the callers of one gateway, by the keys of whichever inventory is in force.

    `private` says that nobody but programs of this machine can reach it; everybody else needs a key, even where the
    inventory has none any more.
    """

    def __init__(self, router: Router, *, private: bool) -> None:
        self._router = router
        self._private = private
        self._inventory = router.inventory
        self._keyring = Keyring(router.inventory.access)
        self._familiar: bytes | None = None
        """The last `Host` that was found to be this machine's: nearly every request has the same."""

    def admit(self, headers: Mapping[bytes, bytes]) -> AccessKey | None:
        """The key of a caller; None where none is needed. Raises UnauthenticatedError and NotAllowedError."""
        inventory = self._router.inventory
        if inventory is not self._inventory:
            self._inventory, self._keyring = inventory, Keyring(inventory.access)
        if self._keyring:
            return self._keyring.prove(_presented(headers), datetime.now(UTC).date())
        if not self._private:
            raise UnauthenticatedError(
                "the inventory has no `access:` keys any more, so nobody is served from elsewhere"
            )
        if headers.get(b"host") != self._familiar or b"origin" in headers:
            if (why := stranger(headers)) is not None:
                raise NotAllowedError(why)
            self._familiar = headers.get(b"host")
        return None


def _presented(headers: Mapping[bytes, bytes]) -> str | None:
    held = headers.get(b"authorization", b"")
    if held[: len(_BEARER)].lower() == _BEARER:
        return held[len(_BEARER) :].strip().decode("latin-1")
    return next((headers[name].decode("latin-1") for name in _NAMES if name in headers), None)
