"""What a twin must know of a wire: how requests are read, and how answers, streams and errors in them are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from modelrouter.drills.twins.asked import Asked
    from modelrouter.drills.twins.failure import Failure
    from modelrouter.drills.twins.reply import Reply


PATH_MODEL = ":model"
"""The name under which `Wire.read` finds the model among the headers, wherever the request named it; no header is called so."""


def unchanged(body: bytes) -> bytes:
    """The body itself."""
    return body


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream."""

    data: bytes
    content: bool = False
    """Carries text or a part of a tool call."""
    tokens: int = 1
    """How many, where it carries content; calls come whole on some wires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A provider's HTTP dialect, seen from the server."""

    name: str
    stream_type: str
    """The content type of a stream."""
    read: Callable[[dict[str, Any], Mapping[str, str]], Asked]
    """Body and headers to what is asked; raises `RefusedError` where the real server would refuse."""
    whole: Callable[[Reply], bytes]
    events: Callable[[Reply, Asked], Iterator[Event]]
    error: Callable[[Failure], bytes]
    """An error as an event inside a stream."""
    broken: bytes
    """An event whose JSON breaks off."""
    refusal: Callable[[bytes], bytes] = unchanged
    """The body of an error as this wire carries it, where the vendor's table has it otherwise."""
