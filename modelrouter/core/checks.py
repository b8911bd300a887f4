"""Checks: what may be asked of a provider besides real requests, and what the answers tell.

A provider is asked layer by layer: does its name resolve, does it take a connection, does its
certificate hold, does it answer the free listing of models, has the account money left, and last, for
money, does it answer one token. Whatever a check finds is evidence about one layer and no more: a
listing that answers says nothing of the answers of models.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from modelrouter.core.causes import PERMITS, Cause, Ending
from modelrouter.core.domains import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["BELOW", "Answer", "Checked", "Layer", "Told", "broke", "inferred", "listing_tells", "pace_s"]


class Layer(StrEnum):
    """What a check asks, from the bottom."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    LISTING = "listing"
    USAGE = "usage"
    CANARY = "canary"


_REACHED = (Layer.DNS, Layer.CONNECT, Layer.TLS)
BELOW: Mapping[Layer, tuple[Layer, ...]] = MappingProxyType(
    {Layer.LISTING: _REACHED, Layer.USAGE: _REACHED, Layer.CANARY: _REACHED}
)
"""The layers that must have held where one above them answered."""


class Told(StrEnum):
    """What an answer says of the layer that was asked."""

    PASSED = "passed"
    FAILED = "failed"
    ABSENT = "absent"
    """The listing answers and does not name the model; some never name all that they serve."""
    NOTHING = "nothing"
    """It neither shows that the provider is there nor that it is not; or there is nothing to ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One check of one deployment."""

    deployment: str
    layer: Layer
    """The layer that was asked; where a lower one failed, that one."""
    ok: bool | None
    """None where the check told nothing."""
    took_s: float
    why: str
    """In a few words; empty where all is well."""
    at: float
    """Seconds since 1970."""
    next_at: float | None = None
    """When it is asked again, seconds since 1970; None where nobody planned to."""


class Answer(NamedTuple):
    """An answer to a free question, read."""

    told: Told
    why: str
    layer: Layer = Layer.LISTING


BY_NAME = frozenset({Kind.FAMILY, Kind.PROVIDER_MODEL, Kind.ACCOUNT_MODEL})
"""Holds of a model: the listing must name it; of a key or an account, that it answers is enough."""
PACE_S = 5.0
"""Outages are asked after so often: a provider is found back within this and one request."""
SPREAD = 0.2
"""Either way, so that many routers do not ask at once."""

_OK = 200
_NO_ANSWER_OF_THEIRS = range(300, 400)
"""A redirect: a portal, or a name that now leads elsewhere."""
_NO_LISTING = frozenset({404, 405, 501})
_SHUT_OUT = frozenset({401, 402, 403, 451})
_TOO_MANY = 429
_SERVER_ERROR = 500
_SLOW = 408


def inferred(cause: Cause) -> bool:
    """Is this one of the causes that are inferred from failures and end by a trial: outages, silence, overload?"""
    opens = PERMITS[cause].opens
    return opens is not None and opens.waivable and opens.ending is Ending.TRIAL


def pace_s(cause: Cause, asked: int, chance: float) -> float:
    """Seconds from one question to the next; `asked` is how many there were, `chance` in [0, 1) spreads them."""
    opens = PERMITS[cause].opens
    if opens is None or inferred(cause):
        return PACE_S * (1 - SPREAD + 2 * SPREAD * chance)
    doubled = opens.first_s * 2.0 ** min(asked - 1, 16)
    return min(doubled, opens.longest_s) * (1 + SPREAD * chance)


def listing_tells(cause: Cause, kind: Kind, names: Iterable[str], status: int, body: bytes) -> Answer:
    """Read the answer to a free listing, asked because of a hold for `cause` on a domain of `kind`.

    `names` are what the provider calls the models; any of them will do where the hold is a model's.
    """
    if status == _OK:
        return _listed(kind, names, body)
    said = f"listing answered {status}"
    if status in _NO_LISTING or status == _TOO_MANY or status in _NO_ANSWER_OF_THEIRS:
        return Answer(Told.NOTHING, said)
    if status >= _SERVER_ERROR or status == _SLOW:
        return Answer(Told.FAILED, said)
    if inferred(cause):
        return Answer(Told.PASSED, said)  # whoever refuses a key is there
    return Answer(Told.FAILED if status in _SHUT_OUT else Told.NOTHING, said)


def _listed(kind: Kind, names: Iterable[str], body: bytes) -> Answer:
    if not body:
        return Answer(Told.FAILED, "the listing is empty")
    if body.lstrip()[:1] == b"<":
        return Answer(Told.FAILED, "a web page stands where the listing should be")
    if kind in BY_NAME and not any(name.encode() in body for name in names):
        return Answer(Told.ABSENT, "the listing does not name the model")
    return Answer(Told.PASSED, "")


_CERTIFICATE = re.compile(r"certificate verify failed: ([^(\]]+)")
_CONNECTING = (
    ("refused", "connection refused"),
    ("timeout", "no connection in time"),
    ("timed out", "no connection in time"),
    ("unreachable", "the network does not reach it"),
    ("reset", "connection reset"),
    ("may not be dialled", "the address may not be dialled"),
)


def broke(layer: Layer, text: str) -> str:
    """Say why a layer failed, from the text of the exception."""
    lower = text.lower()
    told = next((words for marker, words in _CONNECTING if marker in lower), "")
    if layer is Layer.DNS:
        return told if "dialled" in told else "name does not resolve"
    if layer is Layer.TLS:
        found = _CERTIFICATE.search(text)
        return f"TLS: {found[1].strip()}" if found else f"TLS: {told or 'the handshake failed'}"
    if layer is Layer.CONNECT:
        return told or "no connection"
    return f"{layer}: {told or 'the connection broke off'}"
