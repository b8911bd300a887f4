"""How much to say: OpenAI's two wires have a word for it, each in its own place, and nobody else has."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support.inventories import deployment, provider

from modelrouter.core.inventory import Model
from modelrouter.wire.translate import Rendered, render_request

if TYPE_CHECKING:
    from modelrouter.core.inventory import Wire

CHAT: dict[str, Any] = {"model": "p", "messages": [{"role": "user", "content": "hi"}]}
RESPONSES: dict[str, Any] = {"model": "p", "input": "hi"}


def rendered(source: str, body: dict[str, Any], wire: Wire, name: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What a model gets of a request on another wire, or on the same as if it were another, and what is lost."""
    model = Model(id=name, developer="d", family="f", context=100_000, output=4096)
    to = replace(deployment("d", of=provider("p", vendor="openai"), wire=wire, model=model), name=name)
    told = render_request(source, body, to)
    assert isinstance(told, Rendered)
    return json.loads(told.body), told.losses


@pytest.mark.parametrize("word", ["low", "high"])
@pytest.mark.parametrize("name", ["gpt-5", "gpt-5.6", "gpt-5-mini", "openai/gpt-6"])
def test_it_goes_from_one_to_the_other(name: str, word: str) -> None:
    """It stands beside the messages on one wire and in `text` on the other."""
    told, lost = rendered("openai-chat", {**CHAT, "verbosity": word}, "openai-responses", name)
    assert (told["text"], lost) == ({"verbosity": word}, ())

    told, lost = rendered("openai-responses", {**RESPONSES, "text": {"verbosity": word}}, "openai-chat", name)
    assert (told["verbosity"], lost) == (word, ())


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("openai-chat", "gpt-4.1"),
        ("openai-chat", "gpt-5-chat-latest"),
        ("openai-responses", "gpt-4.1"),
        ("openai-responses", "o3"),
        ("openai-responses", "gpt-5.2-codex"),
        ("anthropic-messages", "claude-opus-4-8"),
        ("gemini", "gemini-3-pro"),
        ("litellm", "bedrock/claude"),
    ],
)
def test_elsewhere_it_is_lost_by_name(wire: Wire, name: str) -> None:
    """Models that would refuse any word but the usual one are not told it, and the loss is named."""
    for source, body in (
        ("openai-chat", {**CHAT, "verbosity": "low"}),
        ("openai-responses", {**RESPONSES, "text": {"verbosity": "low"}}),
    ):
        told, lost = rendered(source, body, wire, name)
        assert lost == ("verbosity",)
        assert "verbosity" not in json.dumps(told)


@pytest.mark.parametrize("word", ["medium", None])
def test_the_usual_asks_for_nothing(word: str | None) -> None:
    """Who asks for as much as usual loses nothing anywhere."""
    assert rendered("openai-chat", {**CHAT, "verbosity": word}, "gemini", "gemini-3-pro")[1] == ()
    assert rendered("openai-responses", {**RESPONSES, "text": {"verbosity": word}}, "openai-chat", "gpt-4.1")[1] == ()
