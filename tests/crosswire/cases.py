"""What is asked in the matrix, and what must come of it, whatever the two wires are."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64decode
from typing import TYPE_CHECKING

from crosswire.stage import TOKENS
from crosswire.talk import DOT, PDF, Wanted
from crosswire.talk_chat import ChatTalk
from crosswire.talk_gemini import GeminiTalk
from crosswire.talk_messages import MessagesTalk
from crosswire.talk_responses import ResponsesTalk

from modelrouter.drills.twins.reply import THOUGHT, text_pieces

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from crosswire.stage import Stage
    from crosswire.talk import Said, Talk

    from modelrouter import Router

CALLERS: Mapping[str, Callable[[Router, Wanted], Talk]] = {
    "openai-chat": ChatTalk,
    "openai-responses": ResponsesTalk,
    "anthropic-messages": MessagesTalk,
    "gemini": GeminiTalk,
}
RECALLED = re.compile(r" Recalled (\d+) thoughts?\.")
"""How a twin says that reasoning of its own has come back to it."""
SIGNED = ("openai-responses", "anthropic-messages", "gemini")
"""Wires whose providers sign what they reason."""
LOOKUP = ("lookup", {"policy": "twin", "year": 1})
ARCHIVE = ("archive", {"step": 1, "tags": ["twin"]})


def is_text(said: Said, stage: Stage, *notes: str, place: int = 0) -> None:
    """The whole text of the twin in that place, its tokens counted."""
    deployment = stage.deployments[place]
    if recall := RECALLED.search(said.text):
        notes = (*notes, recall[0])
    pieces = text_pieces(deployment.id, TOKENS, notes)
    assert said.text == "".join(pieces)
    assert said.finish == "stop"
    assert said.calls == ()
    assert said.count.output == len(pieces) + (said.count.reasoning or 0)
    assert said.count.input > 0


def is_calls(said: Said, *wanted: tuple[str, dict[str, object]]) -> None:
    """These calls in this order, each with an id of its own."""
    assert [(call.name, call.arguments) for call in said.calls] == list(wanted)
    assert len({call.id for call in said.calls}) == len(wanted)
    assert all(call.id for call in said.calls)
    assert said.finish == "tools"


async def plain(talk: Talk, stage: Stage, *, stream: bool) -> None:
    """Two turns of text; the second is told that the first was cached, where the provider caches by itself."""
    is_text(await talk.say(stream=stream), stage)
    talk.ask("Say it again.")
    is_text(await talk.say(stream=stream), stage)


async def tools(talk: Talk, _stage: Stage, *, stream: bool) -> None:
    """A call with its arguments as they were made."""
    is_calls(await talk.say(stream=stream), LOOKUP)


async def parallel(talk: Talk, _stage: Stage, *, stream: bool) -> None:
    """Two calls at once, in order."""
    is_calls(await talk.say(stream=stream), LOOKUP, ARCHIVE)


async def results(talk: Talk, stage: Stage, *, stream: bool) -> None:
    """What two tools said reaches the model, each as the answer to its own call, twice over."""
    for question in ("", "Ask both tools once more."):
        if question:
            talk.ask(question)
        said = await talk.say(stream=stream)
        is_calls(said, LOOKUP, ARCHIVE)
        answers = {call.id: f"{call.name} found it" for call in said.calls}
        talk.answer(answers)
        is_text(await talk.say(stream=stream), stage, f" The tool said {', '.join(answers.values())}.")


async def images(talk: Talk, stage: Stage, *, stream: bool) -> None:
    """The picture arrives byte for byte."""
    is_text(await talk.say(stream=stream), stage, f" Saw 1 image ({digest(DOT)}).")


async def documents(talk: Talk, stage: Stage, *, stream: bool) -> None:
    """The file arrives byte for byte."""
    is_text(await talk.say(stream=stream), stage, f" Saw 1 document ({digest(PDF)}).")


async def shape(talk: Talk, _stage: Stage, *, stream: bool) -> None:
    """The answer is JSON of the shape that was demanded."""
    said = await talk.say(stream=stream)
    assert json.loads(said.text) == {"reference": "twin", "amount": 1}
    assert said.finish == "stop"


async def hosted(talk: Talk, stage: Stage, *, stream: bool) -> None:
    """A tool that the provider itself runs is offered; nobody asks the caller to run it."""
    is_text(await talk.say(stream=stream), stage)


async def reasoning(talk: Talk, stage: Stage, *, stream: bool) -> None:
    """Reasoning is counted and, where both wires show it, shown; what came of it may be sent back."""
    said = await talk.say(stream=stream)
    is_text(said, stage)
    assert said.count.reasoning == len(THOUGHT)
    is_thought(said, talk, stage)
    talk.ask("And now?")
    said = await talk.say(stream=stream)
    is_text(said, stage)
    if (
        stage.deployments[0].wire != "gemini"
    ):  # Google signs texts too, and does without: not every wire has a place for it
        is_recalled(said, talk, stage)


async def reasoning_tools(talk: Talk, stage: Stage, *, stream: bool) -> None:
    """Reasoning is counted and, where both wires show it, shown; its signatures come back to whoever made them."""
    said = await talk.say(stream=stream)
    is_calls(said, LOOKUP)
    assert (said.count.reasoning or 0) == (0 if "reasoning_effort" in stage.losses else len(THOUGHT))
    is_thought(said, talk, stage)
    talk.answer({said.calls[0].id: "found it"})
    said = await talk.say(stream=stream)
    is_text(said, stage, " The tool said found it.")
    is_recalled(said, talk, stage)


def is_thought(said: Said, talk: Talk, stage: Stage) -> None:
    """Whoever asked to see the reasoning sees it, but for that of OpenAI's Chat Completions, which never show it.

    Callers of Chat Completions cannot ask, and see what is shown unasked.
    """
    deployment = stage.deployments[0]
    whole = "".join(THOUGHT)
    if deployment.provider.vendor == "openai" and deployment.wire != "openai-responses":
        assert said.thought == ""
    elif isinstance(talk, ChatTalk):
        assert said.thought in ("", whole)
    else:
        assert said.thought == whole


def is_recalled(said: Said, talk: Talk, stage: Stage) -> None:
    """The reasoning came back to whoever signed it; Chat Completions have no place for most signatures."""
    if stage.deployments[0].wire in SIGNED and not isinstance(talk, ChatTalk):
        found = RECALLED.search(said.text)
        assert found is not None
        assert found[1] == "1"


def digest(data: str) -> str:
    """How a twin names what it has seen."""
    return hashlib.sha256(b64decode(data)).hexdigest()[:8]


CASES: Mapping[str, tuple[Wanted, Callable[..., Awaitable[None]]]] = {
    "plain": (Wanted(), plain),
    "tools": (Wanted(prompt="Look it up.", tools=("lookup", "archive")), tools),
    "parallel tools": (Wanted(prompt="Ask both tools.", tools=("lookup", "archive")), parallel),
    "tool results": (Wanted(prompt="Ask both tools.", tools=("lookup", "archive")), results),
    "images": (Wanted(prompt="See.", image=True), images),
    "documents": (Wanted(prompt="Read.", document=True), documents),
    "JSON schema": (Wanted(shape=True), shape),
    "provider's tools": (Wanted(hosted=True), hosted),
    "reasoning": (Wanted(prompt="Think.", thinking=True), reasoning),
    "reasoning, tools": (Wanted(prompt="Think.", tools=("lookup",), thinking=True), reasoning_tools),
}
