"""Tool names that targets accept, and the way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.wire.conversation import Answer, ArgumentsPiece, CallStarted, Piece, Text, ToolCall
from modelrouter.wire.reading import Usage
from modelrouter.wire.tool_names import EVERYWHERE, PLAIN, conformed, originals, restored, restored_pieces

NAMES = st.text(max_size=80) | st.sampled_from(["f", "files.read", "files_read", "x" * 65, "1st", "é", "", "mcp__a__b"])


@given(st.sets(NAMES, max_size=6))
def test_every_name_goes_and_comes_back(names: set[str]) -> None:
    """Each name has one form that any target takes, no two share it, and the request alone tells the way back (12)."""
    request = {"tools": [{"type": "function", "function": {"name": name}} for name in names]}
    sent = {name: EVERYWHERE.fit(name) for name in names}
    back = originals(request)

    assert len(set(sent.values())) == len(names)
    assert all(EVERYWHERE.accepts(name) for name in sent.values())
    assert {name: back.get(wire, wire) for name, wire in sent.items()} == {name: name for name in names}


@given(NAMES)
def test_a_conformed_name_is_left_alone(name: str) -> None:
    """Twice conformed is once conformed, and what a target takes is never changed."""
    assert EVERYWHERE.fit(conformed(name)) == conformed(name)
    assert PLAIN.fit(name) == name or not PLAIN.accepts(name)


@pytest.mark.parametrize(
    "tools",
    [
        [{"type": "function", "function": {"name": "files.read"}}],
        [{"type": "function", "name": "files.read"}],
        [{"name": "files.read", "input_schema": {}}],
        [{"functionDeclarations": [{"name": "files.read"}, None]}, "odd", None],
        [{"function_declarations": [{"name": "files.read"}]}, {"functionDeclarations": 1}],
    ],
)
def test_tools_are_found_in_every_wire(tools: object) -> None:
    """Whatever wire the caller speaks, and whatever else is in its list, its tools' names are found."""
    assert originals({"tools": tools}) == {conformed("files.read"): "files.read"}


@pytest.mark.parametrize("tools", [None, 1, "f", [], [{"name": 1}], [{"name": "fit"}]])
def test_nothing_is_found_where_nothing_was_changed(tools: object) -> None:
    """A request without tools, or with fit names alone, changes no answer."""
    assert originals({"tools": tools}) == {}


def test_a_declared_name_is_never_taken_for_another() -> None:
    """A tool that is really called as another would be is itself."""
    taken = conformed("files.read")

    assert originals({"tools": [{"name": "files.read"}, {"name": taken}]}) == {}


def test_answers_and_streams_speak_the_callers_names() -> None:
    """Calls get their declared names back, and nothing else is touched."""
    names = {conformed("a.b"): "a.b"}
    parts = (
        Text(conformed("a.b")),
        ToolCall(id="1", name=conformed("a.b"), arguments={}),
        ToolCall(id="2", name="f", arguments={}),
    )
    answer = Answer(id="x", model=None, parts=parts, finish="tool_calls", refusal=None, usage=Usage())

    assert [part.name for part in restored(answer, names).parts if isinstance(part, ToolCall)] == ["a.b", "f"]
    assert restored(answer, names).parts[0] == parts[0]
    assert restored(answer, {}) is answer
    pieces: list[Piece] = [CallStarted("1", conformed("a.b")), ArgumentsPiece("{}"), CallStarted("2", "f")]
    assert list(restored_pieces(pieces, names)) == [CallStarted("1", "a.b"), *pieces[1:]]
