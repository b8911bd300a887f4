"""Turns as strict targets demand them, whatever came in."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.wire.conversation import Document, Image, Part, Text, Thinking, ToolCall, ToolResult, Turn
from modelrouter.wire.portability import (
    GO_ON,
    HOISTED,
    INTERRUPTED,
    NO_OUTPUT,
    NO_TEXT,
    OPENING,
    ORPHAN_NOTE,
    SYSTEM_NOTE,
    Target,
    hoisted_note,
    port,
)
from modelrouter.wire.tool_ids import ANTHROPIC_IDS as ANTHROPIC
from modelrouter.wire.tool_ids import CHAT_IDS, IdRule, conform
from modelrouter.wire.tool_ids import MISTRAL_IDS as MISTRAL
from modelrouter.wire.tool_names import conformed

TARGET = Target(ids=ANTHROPIC, issuer="anthropic")
LOOSE = Target(
    ids=CHAT_IDS,
    issuer="openai-chat",
    system_anywhere=True,
    opens_with_user=False,
    ends_with_user=False,
    result_parts=(Text,),
)

IDS = st.sampled_from(["", "a", "call:a", "call_a", "functions.Bash:0", "x" * 65, "é"])
TEXTS = st.sampled_from(["hi", "", "  \n"]).map(Text)
CALLS = st.builds(ToolCall, id=IDS, name=st.just("f"), arguments=st.just({}))
RESULTS = st.builds(ToolResult, id=IDS, parts=st.lists(TEXTS, max_size=2).map(tuple))
THOUGHTS = st.sampled_from([Thinking("hm"), Thinking("hm", "anthropic"), Thinking("hm", "deepseek")])
TURNS = st.lists(
    st.builds(Turn, st.just("system"), st.lists(TEXTS, max_size=2).map(tuple))
    | st.builds(Turn, st.just("user"), st.lists(TEXTS | RESULTS, max_size=3).map(tuple))
    | st.builds(Turn, st.just("assistant"), st.lists(TEXTS | CALLS | THOUGHTS, max_size=4).map(tuple)),
    max_size=9,
).map(tuple)


def call(call_id: str) -> ToolCall:
    """A call of the one tool."""
    return ToolCall(id=call_id, name="f", arguments={})


def result(call_id: str, text: str = "ok") -> ToolResult:
    """What it answered."""
    return ToolResult(id=call_id, parts=(Text(text),))


def user(*parts: Part) -> Turn:
    """The user's turn."""
    return Turn("user", parts)


def assistant(*parts: Part) -> Turn:
    """The model's turn."""
    return Turn("assistant", parts)


def ids_of(turn: Turn) -> list[str]:
    """The ids of a turn's calls or results, in order."""
    return [part.id for part in turn.parts if isinstance(part, ToolCall | ToolResult)]


@given(TURNS)
def test_every_conversation_becomes_one_that_strict_targets_take(turns: tuple[Turn, ...]) -> None:
    """Sides alternate from user to user, ids conform, calls come last, each is answered once and at once, nothing is blank."""
    ported = port(turns, TARGET).turns

    assert [turn.role for turn in ported] == (["user", "assistant"] * len(ported))[: len(ported)]
    assert ported[-1].role == "user"
    calls = [wire_id for turn in ported if turn.role == "assistant" for wire_id in ids_of(turn)]
    assert len(set(calls)) == len(calls)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", wire_id) for wire_id in calls)
    for before, turn in zip((assistant(), *ported), ported, strict=False):
        kinds = [type(part) for part in turn.parts]
        tools = [kind in (ToolCall, ToolResult) for kind in kinds]
        assert kinds
        assert tools == sorted(tools, reverse=turn.role == "user")
        if turn.role == "user":
            assert ids_of(turn) == ids_of(before)
        assert all(part.text.strip() for part in turn.parts if isinstance(part, Text))
        assert all(part.issuer == "anthropic" for part in turn.parts if isinstance(part, Thinking))


@given(TURNS, TURNS)
def test_history_is_sent_the_same_way_each_time(turns: tuple[Turn, ...], later: tuple[Turn, ...]) -> None:
    """What was once sent stays as it was when the conversation goes on, so that caches hold."""
    first = port((*turns, user(Text("and?"))), TARGET).turns
    second = port((*turns, user(Text("and?")), assistant(Text("so")), *later), TARGET).turns

    assert second[: len(first)] == first


@given(st.lists(IDS | st.text(max_size=3), max_size=8), st.sampled_from([ANTHROPIC, MISTRAL]))
def test_ids_are_mapped_one_to_one(originals: list[str], rule: IdRule) -> None:
    """Each call keeps an id of its own, one that the target accepts, and its result finds it (1, 2, 3, 8, 9)."""
    turns = [assistant(*map(call, originals)), user(*(result(original, original) for original in originals))]
    calls, results = map(ids_of, conform(turns, rule))

    assert len(set(calls)) == len(originals)
    assert all(rule.accepts(wire_id) for wire_id in calls)
    assert sorted(results) == sorted(calls)
    assert dict(zip(calls, originals, strict=True)) == dict(zip(results, originals, strict=True))


def test_conforming_ids_stay() -> None:
    """An id that the target accepts is not touched, even where another one would be made into it."""
    (turn,) = conform([assistant(call("call:a"), call("call_a"))], ANTHROPIC)

    assert ids_of(turn)[1] == "call_a"


def test_an_id_used_again_is_another_call() -> None:
    """Providers that reuse ids get theirs told apart, and a result goes to the call just before it (9)."""
    turns = (assistant(call("dup")), user(Text("never mind")), assistant(call("dup")), user(result("dup", "late")))
    first, second = (turn for turn in port(turns, TARGET).turns if turn.role == "user" and ids_of(turn))

    assert [part.parts for part in first.parts if isinstance(part, ToolResult)] == [(Text(INTERRUPTED),)]
    assert [part.parts for part in second.parts if isinstance(part, ToolResult)] == [(Text("late"),)]
    assert ids_of(first) != ids_of(second)


def test_results_are_folded_before_calls_are_repaired() -> None:
    """Parallel results in turns of their own are one turn, results first, without a doubled answer (13, 15)."""
    turns = (
        user(Text("go")),
        assistant(call("a"), call("b")),
        user(result("b", "2")),
        user(Text("and")),
        user(result("a", "1")),
    )
    last = port(turns, TARGET).turns[-1]

    assert last == user(result("a", "1"), result("b", "2"), Text("and"))


def test_a_call_that_nobody_answered() -> None:
    """A call left open gets an error in place of its result, at the end of the history as well (14)."""
    last = port((user(Text("go")), assistant(call("a"))), TARGET).turns[-1]

    assert last == user(ToolResult(id="a", parts=(Text(INTERRUPTED),), is_error=True))


def test_a_result_that_answers_no_call() -> None:
    """A result without its call is told as text (14)."""
    assert port((user(result("gone", "42")),), TARGET).turns == (user(Text(ORPHAN_NOTE), Text("42")),)


def test_a_second_result_for_one_call_is_text() -> None:
    """Nothing is answered twice (15)."""
    last = port((user(Text("go")), assistant(call("a")), user(result("a", "1"), result("a", "2"))), TARGET).turns[-1]

    assert last == user(result("a", "1"), Text(ORPHAN_NOTE), Text("2"))


def test_text_behind_a_call_moves_before_it() -> None:
    """Calls come last in a turn (16)."""
    turns = port((user(Text("go")), assistant(Text("a"), call("c"), Text("b")), user(result("c"))), TARGET).turns

    assert turns[1] == assistant(Text("a"), Text("b"), call("c"))


def test_empty_output_says_so() -> None:
    """A tool that answered nothing is told in words, for blank text is refused (23, 34)."""
    turns = port((user(Text("go")), assistant(Text(" "), call("c")), user(result("c", ""))), TARGET).turns

    assert turns[1:] == (assistant(call("c")), user(result("c", NO_OUTPUT)))


def test_system_turns() -> None:
    """Leading ones are joined; a later one keeps its place as the user's text, even at the end (31, 32)."""
    system = Turn("system", (Text("one"),)), Turn("system", (Text("two"),))
    ported = port((*system, user(Text("hi")), assistant(Text("yes")), Turn("system", (Text("be brief"),))), TARGET)

    assert ported.system == "one\n\ntwo"
    assert ported.turns[-1] == user(Text(SYSTEM_NOTE + "be brief"))


@pytest.mark.parametrize(("issuer", "losses"), [(None, ("thinking",)), ("openai", ("thinking",)), ("anthropic", ())])
def test_thinking_goes_back_to_its_issuer_alone(issuer: str | None, losses: tuple[str, ...]) -> None:
    """Foreign reasoning is left out whole, and the loss is stated (40, 41)."""
    ported = port((user(Text("go")), assistant(Thinking("hm", issuer), Text("a")), user(Text("b"))), TARGET)

    assert ported.losses == losses
    assert (Thinking("hm", issuer) in ported.turns[1].parts) is (not losses)


def test_a_last_turn_of_the_model_is_answered_by_a_word() -> None:
    """No target is asked to go on inside its own words, which new models refuse and old ones take literally."""
    ported = port((user(Text("go")), assistant(Text("I"))), TARGET)

    assert ported.turns[-1] == user(Text(GO_ON))
    assert ported.losses == ("prefill",)


PICTURE = Image(media_type="image/png", data="AAAA")
PAPER = Document(media_type="application/pdf", data="BBBB")
MIXED = st.builds(ToolResult, id=IDS, parts=st.lists(TEXTS | st.sampled_from([PICTURE, PAPER]), max_size=3).map(tuple))
MIXED_TURNS = st.lists(
    st.builds(Turn, st.just("user"), st.lists(TEXTS | MIXED, max_size=3).map(tuple))
    | st.builds(Turn, st.just("system"), st.lists(TEXTS, max_size=2).map(tuple))
    | st.builds(Turn, st.just("assistant"), st.lists(TEXTS | CALLS | THOUGHTS, max_size=4).map(tuple)),
    max_size=9,
).map(tuple)


@given(MIXED_TURNS)
def test_a_loose_target_keeps_what_it_can(turns: tuple[Turn, ...]) -> None:
    """Every word of the system and every picture arrives once; results hold text alone and follow their calls at once."""
    ported = port(turns, LOOSE)

    assert ported.system == ""
    said, wanted = (
        [part for turn in some if turn.role == "system" for part in turn.parts] for some in (ported.turns, turns)
    )
    assert said == [part for part in wanted if isinstance(part, Text) and part.text.strip()]
    everything = [part for turn in ported.turns for part in turn.parts]
    outputs = [output for part in everything if isinstance(part, ToolResult) for output in part.parts]
    assert all(isinstance(output, Text) for output in outputs)
    for before, turn in zip((assistant(), *ported.turns), ported.turns, strict=False):
        assert turn.parts
        if before.role == "assistant" and ids_of(before):
            assert ids_of(turn) == ids_of(before)
        else:
            assert turn.role == "assistant" or not ids_of(turn)


def test_system_turns_stay_in_place() -> None:
    """A system turn in the middle stays a system turn; one between a call and its result goes behind the result (31)."""
    turns = (
        Turn("system", (Text("a"),)),
        Turn("system", (Text("b"),)),
        user(Text("go")),
        assistant(call("c")),
        Turn("system", (Text("mind"),)),
        user(result("c"), Text("and")),
        Turn("system", (Text("last"),)),
    )

    assert port(turns, LOOSE).turns == (
        *turns[:3],
        assistant(call("c")),
        user(result("c")),
        Turn("system", (Text("mind"),)),
        user(Text("and")),
        Turn("system", (Text("last"),)),
    )


def test_who_speaks_first_and_last_is_free_where_the_target_does_not_care() -> None:
    """Nothing is put before a conversation that the assistant begins, nor behind one that it ends."""
    turns = (assistant(Text("hi")), user(Text("go on")), assistant(Text("so")))

    assert port(turns, LOOSE).turns == turns
    assert port(turns, LOOSE).losses == ()
    strict = port(turns, TARGET)
    assert (strict.turns[0], strict.turns[-1]) == (user(Text(OPENING)), user(Text(GO_ON)))
    assert strict.losses == ("prefill",)
    assert port((), TARGET).turns == (user(Text(NO_TEXT)),)
    assert port((), LOOSE).turns == ()


def test_pictures_leave_results_that_hold_text_alone() -> None:
    """They follow all results, labelled with the id that the target sees; the text stays where it was (30)."""
    shown = ToolResult(id="a", parts=(Text("seen"), PICTURE))
    only = ToolResult(id="b", parts=(PAPER, PICTURE))
    ported = port((user(Text("go")), assistant(call("a"), call("b")), user(shown, only, Text("well"))), LOOSE)

    assert ported.turns[-1] == user(
        result("a", "seen"),
        result("b", HOISTED),
        Text(hoisted_note("a")),
        PICTURE,
        Text(hoisted_note("b")),
        PAPER,
        PICTURE,
        Text("well"),
    )
    assert ported.losses == ()


def test_tools_get_names_that_the_target_takes() -> None:
    """A name beyond the alphabet or the length is the same other name in each call and result, fit ones stay (12)."""
    odd = ToolCall(id="a", name="files.read", arguments={})
    ported = port(
        (user(Text("go")), assistant(odd, call("b")), user(ToolResult(id="a", parts=(), name="files.read"))), TARGET
    )

    names = [part.name for turn in ported.turns for part in turn.parts if isinstance(part, ToolCall | ToolResult)]
    assert names[:3] == [conformed("files.read"), "f", conformed("files.read")]
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", names[0] or "")


def test_signed_calls_keep_their_signature_for_their_issuer_alone() -> None:
    """A foreign call stays, its signature does not, and that is said (40, 46)."""
    own = ToolCall(id="a", name="f", arguments={}, issuer="anthropic", signature="s")
    ported = port((user(Text("go")), assistant(own)), TARGET)
    foreign = port((user(Text("go")), assistant(own)), LOOSE)

    assert (ported.turns[1], ported.losses) == (assistant(own), ())
    assert (foreign.turns[1], foreign.losses) == (assistant(call("a")), ("thinking",))
