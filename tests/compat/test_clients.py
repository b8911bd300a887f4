"""Each client, whole, streamed, with tools and with a demanded shape, while the first provider is taken away."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import openai
import pytest
from compat.clients.openai_sdk import Chat
from compat.stand import FOUND

from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.injection import Injection

if TYPE_CHECKING:
    from compat.clients import Client, Door
    from compat.stand import Scene

TWINS_CITY = {"city": "twin", "people": 1}
"""What a twin puts into that shape."""


@pytest.mark.ability("whole")
def test_a_whole_answer(scene: Scene, client: type[Client], door: Door) -> None:
    """The second call of a client is answered as the first was, by another provider."""
    talk = client(scene, door)

    assert talk.whole("Is this urgent?").startswith(scene.says(scene.first))
    scene.take_away()
    assert talk.whole("Is this urgent?").startswith(scene.says(scene.second))


@pytest.mark.ability("stream")
def test_a_streamed_answer(scene: Scene, client: type[Client], door: Door) -> None:
    """The same, streamed, to its last word."""
    talk = client(scene, door)
    first = talk.stream("Is this urgent?")
    scene.take_away()
    second = talk.stream("Is this urgent?")

    assert first.startswith(scene.says(scene.first))
    assert second == first.replace(scene.first.deployment.id, scene.second.deployment.id)


@pytest.mark.ability("stream", "cut")
def test_half_an_answer_is_never_taken_for_whole(scene: Scene, client: type[Client], door: Door) -> None:
    """The client raises where a stream breaks off, or has asked again by itself, and was answered by the second."""
    talk = client(scene, door)
    scene.cut()
    said = None
    with suppress(Exception):  # each library has a class of its own for it
        said = talk.stream("Is this urgent?")

    assert said is None or said.startswith(scene.says(scene.second))


@pytest.mark.ability("loop")
def test_a_tool_answers_another_provider(scene: Scene, client: type[Client], door: Door) -> None:
    """The provider that called the tool is taken away while the tool works; another reads what it said."""
    talk = client(scene, door)

    def lookup(policy: str, year: int) -> str:
        """Look a policy up."""
        assert (policy, year) == ("twin", 1)
        scene.take_away()
        return FOUND

    said = talk.loop("Look it up.", lookup)
    assert said.startswith(scene.says(scene.second, " The tool said "))
    assert FOUND in said
    assert scene.served == (1, 1)


@pytest.mark.ability("shape")
def test_a_shape_is_kept(scene: Scene, client: type[Client], door: Door) -> None:
    """Structured output is of the demanded shape, from either provider."""
    talk = client(scene, door)

    first = talk.shape("Which city?")
    scene.take_away()
    second = talk.shape("Which city?")

    assert first.model_dump() == second.model_dump() == TWINS_CITY
    assert scene.served == (1, 1)


def test_what_is_taken_away_is_gone(scene: Scene) -> None:
    """With the second provider gone as well no client is served: what serves above is the router's doing."""
    scene.take_away()
    scene.second.twin.inject(Injection(effect=Effect.SUSPENDED))

    with pytest.raises(openai.APIStatusError, match="suspended"):
        Chat(scene, "gateway").whole("Is this urgent?")
    assert scene.served == (0, 0)
