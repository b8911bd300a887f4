"""What was said before, whatever the wire: who asked for what, how often tools were asked since, what they answered.

Words in the prompt steer the answer, so that a test can say what it wants in any wire: `both tools` calls two
of the tools at once, `12 steps` calls tools twelve times, one round after another, before it answers, and
`call Bash with {"command": "ls"}` calls that tool with those arguments; so does `lookup(3)` one named `lookup`.
`answer with "42"` makes that JSON string the whole answer, where no tool is called.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CHARACTERS_PER_TOKEN = 4
"""A rule of thumb for English that vendors repeat."""

STEPS = re.compile(r"\b(\d{1,3}) steps\b")
BOTH = re.compile(r"\bboth tools\b", re.IGNORECASE)
CALL = re.compile(r"\bcall (\S+) with (?=\{)", re.IGNORECASE)
ANSWER = re.compile(r'\banswer with (?=")', re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool on offer."""

    name: str
    schema: dict[str, Any]
    arguments: dict[str, Any] | None = None
    """What the prompt tells to call it with; None leaves it to the schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One turn."""

    assistant: bool = False
    text: str = ""
    results: tuple[str, ...] = ()
    """What tools answered."""
    images: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    thoughts: int = 0
    """Pieces of its own reasoning that came back to the provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A conversation, as far as the next answer depends on it."""

    prompt: str = ""
    """The last words of the user's that did not come with results of tools."""
    rounds: int = 0
    """How often tools answered since."""
    results: tuple[str, ...] = ()
    """What they answered since."""
    images: tuple[str, ...] = ()
    """Every picture in the conversation, as `media` labels it."""
    documents: tuple[str, ...] = ()
    thoughts: int = 0
    known: int = 0
    """Characters up to the last word of the assistant's: what a cache would hold."""

    @property
    def steps(self) -> int:
        """How many rounds of tools the prompt asks for; 1 where it does not say."""
        found = STEPS.search(self.prompt)
        return int(found[1]) if found else 1

    @property
    def told(self) -> tuple[str, dict[str, Any]] | None:
        """The tool that the prompt tells to call, and with what."""
        found = CALL.search(self.prompt)
        if found is None:
            return None
        try:
            arguments, _ = json.JSONDecoder().raw_decode(self.prompt, found.end())
        except ValueError:
            return None
        return found[1], arguments

    @property
    def answer(self) -> str | None:
        """The whole answer that the prompt tells to give."""
        found = ANSWER.search(self.prompt)
        try:
            text = json.JSONDecoder().raw_decode(self.prompt, found.end())[0] if found else None
        except ValueError:
            return None
        return text if isinstance(text, str) else None


def past_of(turns: Iterable[Said]) -> Past:
    """Fold the turns; results that follow one another are one round, however many turns they come in."""
    past, length, answering = Past(), 0, False
    for turn in turns:
        length += len(turn.text) + sum(map(len, turn.results))
        past = replace(
            past,
            images=past.images + turn.images,
            documents=past.documents + turn.documents,
            thoughts=past.thoughts + turn.thoughts,
        )
        if turn.assistant:
            past = replace(past, known=length)
        elif turn.results:
            past = replace(past, rounds=past.rounds + (not answering), results=past.results + turn.results)
        elif turn.text.strip():
            past = replace(past, prompt=turn.text, rounds=0, results=())
        answering = bool(turn.results)
    return past


def chosen(
    offered: Sequence[Tool], past: Past, *, forced: str | None = None, parallel: bool = True
) -> tuple[Tool, ...]:
    """The tools to call: the one that is demanded or told, else the first or the first two; none once enough answered."""
    if not offered or past.rounds >= past.steps:
        return ()
    if named := [tool for tool in offered if tool.name == forced]:
        return tuple(named[:1])
    if told := past.told:
        return tuple(replace(tool, arguments=told[1]) for tool in offered if tool.name == told[0])[:1]
    if spelt := [
        replace(tool, arguments=given) for tool in offered if (given := _spelt(tool, past.prompt)) is not None
    ]:
        return tuple(spelt[:1])
    return tuple(offered[: 2 if parallel and BOTH.search(past.prompt) else 1])


def _spelt(tool: Tool, prompt: str) -> dict[str, Any] | None:
    """The arguments of the tool where the prompt spells its call as code does, in JSON, in order of its schema."""
    found = re.search(rf"\b{re.escape(tool.name)}\(([^()]+)\)", prompt)
    try:
        values = json.loads(f"[{found[1]}]") if found else None
    except ValueError:
        return None
    return None if values is None else dict(zip(tool.schema.get("properties") or (), values, strict=False))
