"""What a twin answers: deterministic, short, and naming who wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice
from typing import TYPE_CHECKING, Literal

import orjson

from modelrouter.drills.twins.example import example

if TYPE_CHECKING:
    from modelrouter.core.inventory import Deployment
    from modelrouter.drills.twins.asked import Asked

FILLER = (" and", " all", " of", " it", " is", " rehearsed", " here")
PIECE = 8
"""Characters of JSON in one event."""

Finish = Literal["stop", "length", "tool"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, before any wire has written it."""

    number: int
    """Of the call on this twin; ids are made from it."""
    vendor: str
    model: str
    pieces: tuple[str, ...]
    """The text, or the arguments of the tool call, in the portions of a stream."""
    tool: str | None = None
    """The tool called; None for text."""
    tokens_in: int
    finish: Finish = "stop"
    created: int = 0
    """Seconds since 1970."""

    @property
    def text(self) -> str:
        """The pieces joined."""
        return "".join(self.pieces)

    @property
    def tokens_out(self) -> int:
        """A piece counts as a token."""
        return len(self.pieces)


def composed(asked: Asked, deployment: Deployment, *, tokens: int) -> tuple[tuple[str, ...], Finish]:
    """The pieces of the answer and why it ends: a tool call, JSON of the asked shape, or text of so many tokens."""
    if asked.tool is not None:
        return json_pieces(example(asked.tool.schema) or {}), "tool"
    pieces = json_pieces(example(asked.schema)) if asked.schema is not None else text_pieces(deployment.id, tokens)
    if asked.limit is not None and asked.limit < len(pieces):
        return pieces[: max(1, asked.limit)], "length"
    return pieces, "stop"


def text_pieces(deployment: str, tokens: int) -> tuple[str, ...]:
    """`Served by claude-direct.`, then filler."""
    start = ("Served", " by", f" {deployment}.")
    return (start + tuple(islice(cycle(FILLER), max(0, tokens - len(start)))))[: max(1, tokens)]


def json_pieces(value: object) -> tuple[str, ...]:
    """The value as JSON, cut as models cut it: anywhere."""
    text = orjson.dumps(value).decode()
    return tuple(text[at : at + PIECE] for at in range(0, len(text), PIECE))
