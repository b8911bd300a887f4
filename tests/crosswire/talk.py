"""What a test wants of a conversation, whatever wire its caller speaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

SYSTEM = "You are a clerk."
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""A picture of one pixel, PNG in base64."""
PDF = "JVBERi0xLjQKJSVFT0YK"
"""The least that begins as a PDF does."""
SHAPE: dict[str, Any] = {
    "type": "object",
    "properties": {"reference": {"type": "string"}, "amount": {"type": "number"}},
    "required": ["reference", "amount"],
    "additionalProperties": False,
}
LIMIT = 4000
TOOLS: Mapping[str, dict[str, Any]] = {
    "lookup": {
        "type": "object",
        "properties": {"policy": {"type": "string"}, "year": {"type": "integer"}},
        "required": ["policy", "year"],
        "additionalProperties": False,
    },
    "archive": {
        "type": "object",
        "properties": {"step": {"type": "integer"}, "tags": {"type": "array", "items": {"type": "string"}}},
        "required": ["step", "tags"],
        "additionalProperties": False,
    },
}
DESCRIPTION = "What a clerk needs."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A request, in nobody's words."""

    prompt: str = "Say hello."
    tools: tuple[str, ...] = ()
    image: bool = False
    document: bool = False
    shape: bool = False
    """The answer must be JSON of `SHAPE`."""
    thinking: bool = False
    hosted: bool = False
    """The provider's own search is to be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A tool call as the caller sees it."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Tokens, in buckets that do not overlap."""

    input: int
    cached: int
    output: int
    """With reasoning."""
    reasoning: int | None = None
    """None where the wire does not tell it apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer as the caller sees it."""

    text: str
    calls: tuple[Call, ...] = ()
    finish: str
    """`stop`, `length` or `tools`."""
    count: Count
    thought: str = ""
    """Reasoning that is shown."""
    model: str = ""


class Talk(Protocol):
    """One conversation of a caller; it keeps its history as its SDK gives it."""

    wanted: Wanted
    history: list[Any]

    async def say(self, *, stream: bool) -> Said:
        """Ask for the next answer, and keep it."""
        ...

    def answer(self, results: Mapping[str, str]) -> None:
        """Give what tools said, by the ids of their calls."""
        ...

    def ask(self, prompt: str) -> None:
        """Say something more."""
        ...

    async def close(self) -> None:
        """Let go of the client."""
        ...


@dataclass(slots=True)
class Kept:
    """What every talk has."""

    wanted: Wanted
    history: list[Any] = field(default_factory=list)
