"""What a request asks for, whatever its wire: the little that a twin needs to answer it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelrouter.drills.twins.effects import Effect

if TYPE_CHECKING:
    from collections.abc import Iterator

CHARACTERS_PER_TOKEN = 4
"""A rule of thumb for English that vendors repeat."""

MARKER = re.compile(r"\[\[(.+?)\]\]", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool on offer."""

    name: str
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, read."""

    stream: bool = False
    """Set by the desk: on some wires the path says it."""
    usage: bool = False
    """The caller wants usage inside the stream, where the wire leaves that to him."""
    tool: Tool | None = None
    """The tool to call; None where the answer is text."""
    schema: dict[str, Any] | None = None
    """The answer must be JSON of this shape."""
    limit: int | None = None
    """The most tokens to write."""
    tokens: int = 0
    """The length of the prompt, estimated."""


class RefusedError(Exception):
    """The vendor would not take this request; the message is the vendor's."""

    def __init__(self, message: str, effect: Effect = Effect.BAD_REQUEST) -> None:
        self.message = message
        self.effect = effect
        super().__init__(message)


def texts(content: object) -> Iterator[str]:
    """Every text inside a message's content, in the shapes of all wires."""
    match content:
        case str():
            yield content
        case list():
            for part in content:
                yield from texts(part)
        case dict():
            yield from (value for name, value in content.items() if name == "text" and isinstance(value, str))
            yield from texts(content.get("content"))
        case _:
            return


def prompt_tokens(body: dict[str, Any]) -> int:
    """The estimated length of system prompt and messages, at least 1."""
    parts = [body.get("system"), *(message_content(message) for message in body.get("messages") or ())]
    return max(1, sum(len(text) for part in parts for text in texts(part)) // CHARACTERS_PER_TOKEN)


def message_content(message: object) -> object:
    """The content of a message, None where there is none."""
    return message.get("content") if isinstance(message, dict) else None


def marker(body: dict[str, Any]) -> str | None:
    """The text between `[[` and `]]` in the last user message that carries one."""
    messages = body.get("messages")
    for message in reversed(messages if isinstance(messages, list) else []):
        if not isinstance(message, dict) or message.get("role") != "user":
            continue
        found = MARKER.search("\n".join(texts(message.get("content"))))
        if found:
            return found[1]
    return None
