"""What a request asks for, whatever its wire: the little that a twin needs to answer it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.past import CHARACTERS_PER_TOKEN, Past, Said, Tool

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Asked", "Past", "RefusedError", "Said", "Tool", "joined", "marker", "prompt_tokens", "texts"]

MARKER = re.compile(r"\[\[(.+?)\]\]", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, read."""

    stream: bool = False
    """Set by the desk: on some wires the path says it."""
    usage: bool = False
    """The caller wants usage inside the stream, where the wire leaves that to him."""
    tools: tuple[Tool, ...] = ()
    """The tools to call; none where the answer is text."""
    schema: dict[str, Any] | None = None
    """The answer must be JSON of this shape."""
    limit: int | None = None
    """The most tokens to write."""
    tokens: int = 0
    """The length of the prompt, estimated."""
    cached: int = 0
    """Of these, those that a cache held."""
    past: Past = field(default_factory=Past)
    thinks: bool = False
    """Reasoning comes before the answer."""
    shown: bool = True
    """The reasoning may be read; else only its seal comes."""
    redacted: bool = False
    """The reasoning comes encrypted."""
    account: str = ""
    """For whom reasoning is sealed."""
    bound: str = ""
    """Stands for the conversation that reasoning is bound to, where the vendor binds it."""
    texts: tuple[str, ...] | None = None
    """To be embedded; None where the answer is words."""
    dimensions: int | None = None
    """Of each embedding; None leaves it to the model."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """The request, where the wire repeats parts of it in its answer."""


class RefusedError(Exception):
    """The vendor would not take this request; the message is the vendor's, as is the code where it gives one."""

    def __init__(self, message: str, effect: Effect = Effect.BAD_REQUEST, *, code: str | None = None) -> None:
        self.message = message
        self.effect = effect
        self.code = code
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
            for name in ("content", "parts", "output"):
                yield from texts(content.get(name))
        case _:
            return


def joined(content: object) -> str:
    """Those texts, one to a line."""
    return "\n".join(texts(content))


def prompt_tokens(*parts: object) -> int:
    """The estimated length of everything said in the parts, at least 1."""
    return max(1, sum(len(text) for part in parts for text in texts(part)) // CHARACTERS_PER_TOKEN)


def marker(body: dict[str, Any]) -> str | None:
    """The text between `[[` and `]]` in the last user message that carries one."""
    said = next((body[name] for name in ("messages", "contents", "input") if name in body), None)
    messages = [{"role": "user", "content": said}] if isinstance(said, str) else said
    for message in reversed(messages if isinstance(messages, list) else []):
        if isinstance(message, str):
            message = {"role": "user", "content": message}  # noqa: PLW2901 - embeddings are asked in plain texts
        if not isinstance(message, dict) or message.get("role") != "user":
            continue
        found = MARKER.search(joined([message.get("content"), message.get("parts")]))
        if found:
            return found[1]
    return None
