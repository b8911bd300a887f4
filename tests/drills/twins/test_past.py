"""What a prompt tells a twin to call, whatever the wire."""

from __future__ import annotations

import pytest

from modelrouter.drills.twins.past import Past, Said, Tool, chosen, past_of

OFFERED = (Tool(name="Agent", schema={}), Tool(name="Bash", schema={"properties": {"command": {}, "limit": {}}}))
TOLD = 'Please call Bash with {"command": "echo {hi}"} and say what it said.'


def called(prompt: str, *turns: Said) -> list[tuple[str, object]]:
    """The tools that are called after these turns."""
    past = past_of([Said(text=prompt), *turns])
    return [(tool.name, tool.arguments) for tool in chosen(OFFERED, past)]


def test_a_tool_is_called_as_the_prompt_tells() -> None:
    """By its name, with the arguments as they stand, once."""
    assert called(TOLD) == [("Bash", {"command": "echo {hi}"})]
    assert called(TOLD, Said(assistant=True), Said(results=("hi",))) == []


def test_a_tool_that_is_not_offered_is_not_called() -> None:
    """Agents ask on the side, with other tools or none; they get words."""
    assert called(TOLD.replace("Bash", "Shell")) == []


def test_a_call_can_be_spelt_as_in_code() -> None:
    """The way that suites of other people ask: the values go to the arguments in their order."""
    assert called('What is Bash("ls", 3)? Use the tool.') == [("Bash", {"command": "ls", "limit": 3})]


@pytest.mark.parametrize(
    "prompt", ["Look it up.", "Bash(that)", "Bash()", 'call Bash with {"command"', "call Bash with care"]
)
def test_other_prompts_leave_it_to_the_order(prompt: str) -> None:
    """The first tool that is offered, its arguments left to its schema."""
    assert Past(prompt=prompt).told is None
    assert called(prompt) == [("Agent", None)]


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ('What is six times seven? Answer with "42".', "42"),
        (r'Please answer with "{\"total\": 3}" alone', '{"total": 3}'),
        ("Answer with 42.", None),
        ('Answer with "an end that is missing', None),
    ],
)
def test_an_answer_is_given_as_the_prompt_tells(prompt: str, answer: str | None) -> None:
    """A JSON string after `answer with` is the whole answer; anything else is left to the twin."""
    assert Past(prompt=prompt).answer == answer
