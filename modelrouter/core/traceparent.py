"""Whose trace a request belongs to: the `traceparent` and `tracestate` headers of the W3C's Trace Context."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Trace", "begun", "read"]

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_FORBIDDEN = "ff"
_SAMPLED = 0x01
_LARGEST = (1 << 64) - 1
LONGEST_STATE = 512
"""Characters of `tracestate` that everybody must pass on; a longer one is left out."""
OWN_ID = "mr_"


class Trace(NamedTuple):
    """A place in a trace."""

    trace: int
    """128 bits."""
    parent: int | None
    """64 bits: the caller's own span; None where the trace begins here."""
    sampled: bool
    state: str = ""
    """What tracing systems told one another, passed on as it is."""

    @property
    def id(self) -> str:
        """The trace in 32 hexadecimal digits, as logs name it."""
        return f"{self.trace:032x}"


def read(traceparent: str, tracestate: str = "") -> Trace | None:
    """What a caller's headers say; None where they say nothing that counts: a trace then begins here."""
    found = _TRACEPARENT.fullmatch(traceparent.strip())
    if found is None or found[1] == _FORBIDDEN or (found[1] == "00" and found[5] is not None):
        return None
    trace, span = int(found[2], 16), int(found[3], 16)
    if not trace or not span:
        return None
    state = tracestate if len(tracestate) <= LONGEST_STATE else ""
    return Trace(trace, span, bool(int(found[4], 16) & _SAMPLED), state)


def begun(request: str, share: float = 1.0) -> Trace:
    """The trace that begins with a request: its id is that of the request, so that logs lead to it.

    `share` of them are sampled, chosen by the id alone: every process chooses alike.
    """
    trace = int(request.removeprefix(OWN_ID), 16)
    return Trace(trace, None, trace & _LARGEST < share * (_LARGEST + 1))
