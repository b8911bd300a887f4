"""The record of one run: what simulated providers and callers saw, in one order, and its fingerprint."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .plays import Play
    from .world import Asking

OPEN = "open"


@dataclass(slots=True, eq=False)
class Call:
    """One call, as the provider saw it."""

    number: int
    deployment: str
    router: int
    request: int
    begun: float
    play: Play
    step: int
    body: bytearray = field(default_factory=bytearray)
    """What the router has taken."""
    shown_at: float | None = None
    """When the router had the first content of a stream, or all of a whole answer."""
    over: str = OPEN
    """How it ended: `read`, `failed`, `closed`, `cancelled`."""
    over_at: float = float("inf")

    @property
    def served(self) -> bool:
        """Whether it gave a whole and proper answer, which the router read to its end."""
        return self.play.good and self.over == "read"


@dataclass(slots=True, eq=False)
class Request:
    """One request, as its caller saw it."""

    asking: Asking
    begun: float
    deadline: float
    """The latest moment of the first content."""
    permitted: tuple[str, ...]
    attempts: int
    step: int
    """Where the journal stood when it began."""
    calls: list[Call] = field(default_factory=list)
    outcome: str = OPEN
    """`served`, `complete`, `broken`, `failed`, `late`, `cancelled`, `left`, or the name of an error."""
    ended: float = float("inf")
    first_at: float | None = None
    served_by: str | None = None
    same_wire: bool = True
    received: bytes = b""
    told: str = ""
    hedged: bool = False


class Journal:
    """Lines with their moments; kept only where somebody wants to read them, always hashed."""

    def __init__(self, now: Callable[[], float], *, keep: bool = False) -> None:
        self.now = now
        self.steps = 0
        self.lines: list[str] | None = [] if keep else None
        self._hash = hashlib.sha256()

    def note(self, *words: object) -> int:
        """Write one line; answers its number."""
        self.steps += 1
        line = f"{self.now():.6f} {' '.join(map(str, words))}\n"
        self._hash.update(line.encode())
        if self.lines is not None:
            self.lines.append(line)
        return self.steps

    @property
    def fingerprint(self) -> str:
        """Two runs that went the same way have the same."""
        return self._hash.hexdigest()
