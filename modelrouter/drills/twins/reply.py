"""What a twin answers: deterministic, short, and naming who wrote it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import TYPE_CHECKING, Literal

import orjson

from modelrouter.drills.twins.asked import Asked
from modelrouter.drills.twins.example import example
from modelrouter.drills.twins.media import seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelrouter.core.inventory import Deployment
    from modelrouter.drills.twins.asked import Past, Tool

FILLER = (" and", " all", " of", " it", " is", " rehearsed", " here")
THOUGHT = ("First", " I", " weigh", " what", " was", " asked.")
STRAY = " \u0e2a\u0e27\u0e31\u0e2a"
"""Thai letters, as an answer in English had them in August 2025."""
PIECE = 8
"""Characters of JSON in one event."""
COUNTER = "step"
"""A whole number of this name in a tool's arguments counts the rounds of calls, from 1."""

Finish = Literal["stop", "length", "tool"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A tool that is called."""

    name: str
    pieces: tuple[str, ...]
    """The JSON of its arguments, in the portions of a stream."""

    @property
    def arguments(self) -> str:
        """The pieces joined."""
        return "".join(self.pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What an answer says, in the portions of a stream."""

    thought: tuple[str, ...] | None = None
    """Reasoning; None where there is none."""
    pieces: tuple[str, ...] = ()
    """The text."""
    calls: tuple[Call, ...] = ()
    finish: Finish = "stop"

    @property
    def text(self) -> str:
        """The pieces joined."""
        return "".join(self.pieces)

    @property
    def tokens_thought(self) -> int:
        """A piece counts as a token."""
        return len(self.thought or ())

    @property
    def tokens_out(self) -> int:
        """Of reasoning, text and calls."""
        return self.tokens_thought + len(self.pieces) + sum(len(call.pieces) for call in self.calls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(Words):
    """An answer, before any wire has written it."""

    number: int
    """Of the call on this twin; ids are made from it."""
    vendor: str
    model: str
    provider: str = ""
    """Whose ids they are: two providers never give the same."""
    tokens_in: int
    created: int = 0
    """Seconds since 1970."""
    asked: Asked = field(default_factory=Asked)

    def token(self, kind: str, place: int = 0) -> str:
        """24 letters and digits that stand for one thing in this answer."""
        named = f"{self.provider}/{self.number}/{kind}/{place}"
        return hashlib.sha256(named.encode()).hexdigest()[:24]


def composed(asked: Asked, deployment: Deployment, *, tokens: int) -> Words:
    """The answer's words: tool calls, JSON of the asked shape, or text of so many tokens."""
    thought = THOUGHT if asked.thinks else None
    if asked.tools:
        calls = tuple(_called(tool, asked.past) for tool in asked.tools)
        return Words(thought=thought, pieces=_progress(asked.past), calls=calls, finish="tool")
    if asked.past.answer is not None:
        pieces: tuple[str, ...] = cut(asked.past.answer)
    elif asked.schema is not None:
        pieces = json_pieces(example(asked.schema))
    else:
        pieces = text_pieces(deployment.id, tokens, tuple(_notes(asked.past)))
    if asked.limit is not None and asked.limit < len(pieces):
        return Words(thought=thought, pieces=pieces[: max(1, asked.limit)], finish="length")
    return Words(thought=thought, pieces=pieces)


def worsened(words: Words) -> Words:
    """What a model says that has lost its wits: letters of another alphabet in place of text, tool calls and JSON."""
    length = max(1, words.tokens_out - words.tokens_thought)
    return Words(thought=words.thought, pieces=(STRAY,) * length, finish="stop")


def _called(tool: Tool, past: Past) -> Call:
    if tool.arguments is not None:
        return Call(name=tool.name, pieces=json_pieces(tool.arguments))
    arguments = example(tool.schema) if tool.schema.get("properties") else {}
    counted = (tool.schema.get("properties") or {}).get(COUNTER)
    if isinstance(counted, dict) and str(counted.get("type")).lower() == "integer":
        arguments = {**arguments, COUNTER: past.rounds + 1}
    return Call(name=tool.name, pieces=json_pieces(arguments))


def _progress(past: Past) -> tuple[str, ...]:
    return ("Step", f" {past.rounds + 1}", " of", f" {past.steps}.") if past.steps > 1 else ()


def _notes(past: Past) -> Iterator[str]:
    """What the answer takes up from the conversation."""
    if past.results:
        yield f" The tool said {', '.join(past.results)}."
    if told := seen(past.images, past.documents):
        yield f" {told}"
    if past.thoughts:
        yield f" Recalled {past.thoughts} thought{'s' if past.thoughts > 1 else ''}."


def text_pieces(deployment: str, tokens: int, notes: tuple[str, ...] = ()) -> tuple[str, ...]:
    """`Served by claude-direct.`, then the notes, then filler."""
    start = ("Served", " by", f" {deployment}.")
    whole = (*start[: max(1, tokens)], *notes)
    return whole + tuple(islice(cycle(FILLER), max(0, tokens - len(whole))))


def json_pieces(value: object) -> tuple[str, ...]:
    """The value as JSON, cut as models cut it: anywhere."""
    return cut(orjson.dumps(value).decode())


def cut(text: str) -> tuple[str, ...]:
    """A text in the portions of a stream."""
    return tuple(text[at : at + PIECE] for at in range(0, len(text), PIECE))
