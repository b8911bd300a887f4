"""Responses requests decoded; numbers are those of known pitfalls."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelrouter.errors import BadRequestError
from modelrouter.wire.conversation import (
    Audio,
    Conversation,
    Document,
    Image,
    OutputFormat,
    Sampling,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
    UnportableError,
)
from modelrouter.wire.openai_responses.decode_request import decode
from modelrouter.wire.openai_responses.ids import item_id
from modelrouter.wire.openai_responses.signatures import packed, unpacked
from modelrouter.wire.openai_responses.tools import INPUT
from modelrouter.wire.tags import tagged

NONE = {"type": "object", "properties": {}}
PATCH = {
    "type": "custom",
    "name": "apply_patch",
    "description": "Edits files.",
    "format": {"type": "grammar", "syntax": "lark", "definition": "start: /x/"},
}
SPACE = {
    "type": "namespace",
    "name": "mcp__shop",
    "description": "A shop.",
    "tools": [
        {"type": "function", "name": "buy", "description": "Buys.", "parameters": NONE, "strict": False},
        {"type": "custom", "name": "note", "description": "Notes."},
    ],
}


def read(said: Any = "hi", **members: object) -> Conversation:
    """A request, decoded."""
    return decode({"model": "claims", "input": said, **members})


def turns(*items: dict[str, Any], **members: object) -> tuple[Turn, ...]:
    """The turns that items become."""
    return read(list(items), **members).turns


def parts(*content: dict[str, Any]) -> tuple[object, ...]:
    """The parts that the content of the user's message becomes."""
    return turns({"role": "user", "content": list(content)})[0].parts


def refusal(said: Any = "hi", **members: object) -> str:
    """Why a request cannot be said elsewhere."""
    with pytest.raises(UnportableError) as raised:
        read(said, **members)
    return str(raised.value)


def test_a_plain_request() -> None:
    """A text is the user's, and nothing is lost."""
    assert read() == Conversation(turns=(Turn("user", (Text("hi"),)),))


def test_instructions_come_first() -> None:
    """Instructions and messages of developers are the system's, in their places (31, 32)."""
    said = turns(
        {"role": "developer", "content": "a"},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "b"}]},
        {"type": "message", "role": "system", "content": "c"},
        {"role": "assistant", "content": "d"},
        instructions="be kind",
    )

    assert said == (
        Turn("system", (Text("be kind"),)),
        Turn("system", (Text("a"),)),
        Turn("user", (Text("b"),)),
        Turn("system", (Text("c"),)),
        Turn("assistant", (Text("d"),)),
    )


def test_what_the_model_said() -> None:
    """The items of an answer come back as what they were; a phase is named as lost (39)."""
    conversation = read(
        [
            {
                "type": "message",
                "id": "msg_1",
                "role": "assistant",
                "status": "completed",
                "phase": "commentary",
                "content": [
                    {"type": "output_text", "text": "so", "annotations": []},
                    {"type": "refusal", "refusal": "no"},
                ],
            }
        ]
    )

    assert conversation.turns == (Turn("assistant", (Text("so"), Text("no"))),)
    assert conversation.losses == ("input.phase",)


def test_media() -> None:
    """Pictures, files and recordings are told as bytes or by their address; a wish for detail is lost (66, 67)."""
    assert parts(
        {"type": "input_image", "image_url": "https://a.test/x.png", "detail": "auto"},
        {"type": "input_image", "image_url": "data:image/PNG;base64,QQ=="},
        {"type": "input_file", "file_data": "data:application/pdf;base64,QQ==", "filename": "a.pdf"},
        {"type": "input_file", "file_url": "https://a.test/a.pdf"},
        {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "mp3"}},
        {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "wav"}},
    ) == (
        Image(url="https://a.test/x.png"),
        Image(media_type="image/png", data="QQ=="),
        Document(media_type="application/pdf", data="QQ==", title="a.pdf"),
        Document(media_type="application/pdf", url="https://a.test/a.pdf"),
        Audio(media_type="audio/mpeg", data="QQ=="),
        Audio(media_type="audio/wav", data="QQ=="),
    )
    exact = {"type": "input_image", "image_url": "https://a.test/x.png", "detail": "high"}
    paper = {"type": "input_file", "file_url": "https://a.test/a.pdf", "detail": "low"}
    assert read([{"role": "user", "content": [exact, paper]}]).losses == ("input_image.detail", "input_file.detail")


def test_an_address_that_is_none() -> None:
    """What is neither an address nor base64 is the caller's mistake."""
    with pytest.raises(BadRequestError):
        parts({"type": "input_image", "image_url": "file:///etc/passwd"})


def test_calls_and_results() -> None:
    """Calls keep the id that ties them to their results, not the id of their item; long integers survive (10)."""
    said = turns(
        {
            "type": "function_call",
            "id": "fc_1",
            "call_id": "call_1",
            "name": "f",
            "arguments": '{"n":123456789012345678901234}',
        },
        {"type": "function_call_output", "call_id": "call_1", "output": "done"},
        {
            "type": "function_call_output",
            "call_id": "call_2",
            "output": [
                {"type": "input_text", "text": "a"},
                {"type": "input_image", "image_url": "https://a.test/x.png"},
            ],
        },
    )

    assert said == (
        Turn("assistant", (ToolCall(id="call_1", name="f", arguments={"n": 123456789012345678901234}),)),
        Turn("user", (ToolResult(id="call_1", parts=(Text("done"),)),)),
        Turn("user", (ToolResult(id="call_2", parts=(Text("a"), Image(url="https://a.test/x.png"))),)),
    )


@pytest.mark.parametrize(
    ("text", "arguments", "losses"),
    [
        ("", [{}], ()),
        (None, [{}], ()),
        ('{"a":1}{"a":2}', [{"a": 1}, {"a": 2}], ()),
        ('{"a":', [{}], ("input.arguments",)),
        ("[1]", [{}], ("input.arguments",)),
    ],
)
def test_arguments_as_models_write_them(
    text: str | None, arguments: list[dict[str, Any]], losses: tuple[str, ...]
) -> None:
    """Empty, joined and broken arguments are read as far as they make sense, and what makes none is named (25, 26)."""
    conversation = read([{"type": "function_call", "call_id": "c", "name": "f", "arguments": text}])

    assert [part.arguments for part in conversation.turns[0].parts if isinstance(part, ToolCall)] == arguments
    assert conversation.losses == losses


def test_a_tool_that_takes_free_text() -> None:
    """It is a function of one text, its grammar told in words and named as not enforced; its calls likewise (29)."""
    conversation = read(
        [
            {"type": "custom_tool_call", "call_id": "c", "name": "apply_patch", "input": "*** Begin"},
            {"type": "custom_tool_call_output", "call_id": "c", "output": "done"},
        ],
        tools=[PATCH],
    )
    (tool,) = conversation.tools

    assert (tool.name, tool.description) == (
        "apply_patch",
        "Edits files.\n\nThe input must match this lark grammar:\nstart: /x/",
    )
    assert (tool.schema["required"], tool.schema["additionalProperties"]) == ([INPUT], False)
    assert conversation.losses == ("tools.format",)
    assert conversation.turns == (
        Turn("assistant", (ToolCall(id="c", name="apply_patch", arguments={INPUT: "*** Begin"}),)),
        Turn("user", (ToolResult(id="c", parts=(Text("done"),)),)),
    )
    plain = read(tools=[{**PATCH, "format": {"type": "text"}}])
    assert (plain.losses, plain.tools[0].description) == ((), "Edits files.")


def test_tools_in_a_namespace() -> None:
    """Each is called by both names, in the history and in a choice too, whether or not it is still declared (29)."""
    call = {"type": "function_call", "call_id": "c", "namespace": "mcp__shop", "name": "buy", "arguments": "{}"}
    gone = {**call, "call_id": "d", "namespace": "mcp__gone__"}
    conversation = read(
        [call, gone], tools=[SPACE], tool_choice={"type": "function", "namespace": "mcp__shop", "name": "buy"}
    )

    assert [tool.name for tool in conversation.tools] == ["mcp__shop__buy", "mcp__shop__note"]
    assert conversation.tools[0] == Tool(name="mcp__shop__buy", description="Buys.", schema=NONE)
    assert [part.name for turn in conversation.turns for part in turn.parts if isinstance(part, ToolCall)] == [
        "mcp__shop__buy",
        "mcp__gone__buy",
    ]
    assert conversation.choice == ToolChoice(mode="named", name="mcp__shop__buy")


def test_names_that_would_be_one() -> None:
    """A function that is called as a tool in a namespace would be keeps its name; the other gets one of its own (2)."""
    conversation = read(tools=[{"type": "function", "name": "mcp__shop__buy"}, SPACE])
    names = [tool.name for tool in conversation.tools]

    assert names[0] == "mcp__shop__buy"
    assert len(set(names)) == 3


def test_tools_that_come_with_items() -> None:
    """Tools that a search brought or a developer added count as declared."""
    found = {"type": "tool_search_output", "call_id": "s", "tools": [SPACE]}
    added = {"type": "additional_tools", "role": "developer", "tools": [{"type": "function", "name": "f"}]}
    conversation = read([found, added, {"role": "user", "content": "hi"}])

    assert [tool.name for tool in conversation.tools] == ["f", "mcp__shop__buy", "mcp__shop__note"]
    assert conversation.losses == ("input.tool_search_output",)


@pytest.mark.parametrize("kind", ["web_search", "local_shell", "mcp", "image_generation", "tool_search", "shell"])
def test_tools_that_only_their_provider_runs_are_a_wish(kind: str) -> None:
    """Offered, they are left out with a name for the loss, so that agents go on; demanded, they refuse (29)."""
    tools = [{"type": kind}, {"type": "function", "name": "f"}]
    conversation = read(tools=tools)

    assert [tool.name for tool in conversation.tools] == ["f"]
    assert conversation.losses == (f"tools.{kind}",)
    assert "tool_choice" in refusal(tools=tools, tool_choice={"type": kind})
    assert "only its provider runs" in refusal(tools=tools[:1], tool_choice="required")
    assert read(tools=tools, tool_choice="required").choice.mode == "required"


def test_functions() -> None:
    """Functions keep schema and strictness; one without a schema takes nothing (61)."""
    conversation = read(
        tools=[
            {"type": "function", "name": "f", "description": "d", "parameters": NONE, "strict": True},
            {"type": "function", "name": "g", "parameters": None, "strict": None},
        ],
        tool_choice="none",
        parallel_tool_calls=False,
    )

    assert conversation.tools == (
        Tool(name="f", description="d", schema=NONE, strict=True),
        Tool(name="g", description=None, schema=NONE),
    )
    assert conversation.choice == ToolChoice(mode="none", parallel=False)


def test_allowed_tools() -> None:
    """A choice among some of the tools leaves out the others."""
    tools = [{"type": "function", "name": "f"}, {"type": "function", "name": "g"}, PATCH, SPACE]
    allowed = [{"type": "function", "name": "g"}, {"type": "custom", "name": "apply_patch"}, {"type": "web_search"}]
    choice = {"type": "allowed_tools", "mode": "required", "tools": allowed}
    conversation = read(tools=tools, tool_choice=choice)

    assert [tool.name for tool in conversation.tools] == ["g", "apply_patch"]
    assert conversation.choice == ToolChoice(mode="required")
    grouped = read(tools=tools, tool_choice={**choice, "tools": [{"type": "namespace", "name": "mcp__shop"}]})
    assert [tool.name for tool in grouped.tools] == ["mcp__shop__buy", "mcp__shop__note"]
    assert "only its provider runs" in refusal(tools=tools, tool_choice={**choice, "tools": [{"type": "mcp"}]})


def test_shells_in_a_history() -> None:
    """Calls of tools that the caller ran itself stay calls with their results (14)."""
    said = turns(
        {"type": "local_shell_call", "id": "l", "call_id": "c1", "action": {"type": "exec", "command": ["ls"]}},
        {"type": "local_shell_call_output", "id": "c1", "output": "a.txt"},
        {"type": "shell_call", "call_id": "c2", "action": {"commands": ["ls"]}},
        {"type": "shell_call_output", "call_id": "c2", "output": [{"stdout": "a", "stderr": ""}]},
        {"type": "apply_patch_call", "call_id": "c3", "operation": {"type": "delete_file", "path": "a"}},
        {"type": "apply_patch_call_output", "call_id": "c3", "status": "failed", "output": "no"},
    )

    assert [turn.parts[0] for turn in said] == [
        ToolCall(id="c1", name="local_shell", arguments={"type": "exec", "command": ["ls"]}),
        ToolResult(id="c1", parts=(Text("a.txt"),)),
        ToolCall(id="c2", name="shell", arguments={"commands": ["ls"]}),
        ToolResult(id="c2", parts=(Text('{"stdout":"a","stderr":""}'),)),
        ToolCall(id="c3", name="apply_patch", arguments={"type": "delete_file", "path": "a"}),
        ToolResult(id="c3", parts=(Text("no"),), is_error=True),
    ]


def test_what_a_provider_ran_is_left_out_by_name() -> None:
    """Searches and the like never become calls of the caller's (29)."""
    items = [{"type": "web_search_call", "id": "ws_1"}, {"type": "mcp_call", "name": "f", "arguments": "{}"}]
    conversation = read([*items, {"role": "user", "content": "hi"}])

    assert conversation.turns == (Turn("user", (Text("hi"),)),)
    assert conversation.losses == ("input.web_search_call", "input.mcp_call")


@pytest.mark.parametrize(
    "item",
    [
        {"type": "compaction", "encrypted_content": "x"},
        {"type": "computer_call", "call_id": "c"},
        {"type": "made_up"},
        {"role": "critic", "content": "x"},
        {"role": "user", "content": [{"type": "made_up"}]},
        {"role": "user", "content": ["x"]},
    ],
)
def test_items_that_nobody_else_could_read(item: dict[str, Any]) -> None:
    """What holds a part of the conversation and cannot be told is a demand."""
    assert "has no equivalent" in refusal([item])


@pytest.mark.parametrize(
    ("members", "name"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id resp_1"),
        ({"conversation": {"id": "conv_1"}}, "conversation conv_1"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt pmpt_1"),
        ({"background": True}, "background"),
        ({"said": [{"type": "item_reference", "id": "msg_1"}]}, "item_reference msg_1"),
        ({"said": [{"role": "user", "content": [{"type": "input_image", "file_id": "file-1"}]}]}, "file_id file-1"),
    ],
)
def test_what_a_provider_keeps_goes_nowhere_else(members: dict[str, Any], name: str) -> None:
    """The state of one provider is named as the reason (68)."""
    assert refusal(**members) == f"{name} is known to one provider alone"


def test_reasoning_of_this_wire() -> None:
    """Encrypted reasoning belongs to its issuer; what is only shown belongs to nobody (40, 48)."""
    assert turns(
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}],
            "encrypted_content": "gAAAA",
        },
        {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "c"}]},
        {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": None},
    ) == (
        Turn("assistant", (Thinking("a\n\nb", "openai-responses", "gAAAA", redacted=True),)),
        Turn("assistant", (Thinking("c"),)),
    )


def test_a_reference_to_reasoning_of_another_wire() -> None:
    """Nobody kept it, and the answer can go without: it is lost by name, and asks no provider's memory."""
    conversation = read([{"type": "item_reference", "id": item_id("rs", "a", 0)}, {"role": "user", "content": "hi"}])

    assert conversation.turns == (Turn("user", (Text("hi"),)),)
    assert conversation.losses == ("thinking",)


def test_reasoning_of_another_wire_comes_back() -> None:
    """What we marked is its issuer's again: reasoning that is signed, that is encrypted, and the call that is signed (45, 46)."""
    said = turns(
        {
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "hm"}],
            "encrypted_content": packed("thinking", "anthropic-messages", "S"),
        },
        {"type": "reasoning", "summary": [], "encrypted_content": packed("redacted", "anthropic-messages", "R")},
        {"type": "reasoning", "summary": [], "encrypted_content": packed("call", "gemini", "C")},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "function_call", "call_id": "c2", "name": "f", "arguments": "{}"},
    )

    assert [turn.parts[0] for turn in said] == [
        Thinking("hm", "anthropic-messages", "S"),
        Thinking("", "anthropic-messages", "R", redacted=True),
        ToolCall(id="c1", name="f", arguments={}, issuer="gemini", signature="C"),
        ToolCall(id="c2", name="f", arguments={}),
    ]


@pytest.mark.parametrize("content", ["mr1.", "mr1.x", tagged("gemini", ""), tagged("gemini", "?x"), "", None, 7])
def test_marks_that_nobody_made(content: object) -> None:
    """A spoilt mark is nothing; its reasoning stays as what is shown of it (41)."""
    item = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "a"}], "encrypted_content": content}

    assert turns(item) == (Turn("assistant", (Thinking("a"),)),)


@given(st.sampled_from(["thinking", "redacted", "call"]), st.text(), st.text())
def test_marks_come_back(owner: Any, issuer: str, signature: str) -> None:
    """Whatever is packed is unpacked as it was."""
    assert unpacked(packed(owner, issuer, signature)) == (owner, issuer, signature)


def test_how_the_answer_is_drawn() -> None:
    """Limits, sampling, effort, weights and format are told (57, 58)."""
    conversation = read(
        max_output_tokens=9,
        temperature=0.5,
        top_p=0.9,
        top_logprobs=2,
        reasoning={"effort": "high", "summary": "auto"},
        include=["reasoning.encrypted_content", "message.output_text.logprobs"],
        text={
            "format": {"type": "json_schema", "name": "n", "description": "d", "schema": NONE, "strict": True},
            "verbosity": "medium",
        },
        stream=True,
        stream_options={"include_obfuscation": False},
        metadata={"a": "b"},
        safety_identifier="u",
        store=False,
        truncation="disabled",
        service_tier="auto",
        background=False,
        user=None,
        modelrouter={"process": "claims"},
    )

    assert conversation.sampling == Sampling(limit=9, temperature=0.5, top_p=0.9, effort="high", shown=True, logprobs=2)
    assert conversation.format == OutputFormat(schema=NONE, name="n", description="d", strict=True)
    assert (conversation.stream, conversation.metadata, conversation.user) == (True, {"a": "b"}, "u")
    assert conversation.losses == ()


@pytest.mark.parametrize(
    ("members", "logprobs"),
    [
        ({}, None),
        ({"top_logprobs": 0}, None),
        ({"top_logprobs": 0, "include": ["message.output_text.logprobs"]}, 0),
        ({"include": ["message.output_text.logprobs"]}, 0),
        ({"top_logprobs": 3}, 3),
    ],
)
def test_when_tokens_are_weighed(members: dict[str, Any], logprobs: int | None) -> None:
    """Alternatives are a wish for weights, and so is the field alone."""
    assert read(**members).sampling.logprobs == logprobs


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (None, None),
        ({"format": {"type": "text"}}, None),
        ({"format": {"type": "json_object"}}, OutputFormat()),
        ({"format": {"type": "json_schema"}}, OutputFormat(schema={"type": "object"})),
    ],
)
def test_formats(text: object, wanted: OutputFormat | None) -> None:
    """Text, any JSON, or JSON of a schema."""
    assert read(text=text).format == wanted


def test_a_format_of_another_kind_is_a_demand() -> None:
    """A grammar for the answer is enforced by nobody else."""
    assert "'grammar' has no equivalent" in refusal(text={"format": {"type": "grammar"}})


def test_an_answer_that_must_be_moderated_is_a_demand() -> None:
    """Who wants offences blocked wants no answer without that; who wants scores goes without, by name."""
    assert "moderation" in refusal(moderation={"model": "m", "policy": {"output": {"mode": "block"}}})
    assert read(moderation={"model": "m"}).losses == ("moderation",)


def test_wishes_that_are_lost_are_named() -> None:
    """What no other wire has is named, each by its field (38)."""
    lost = {
        "store": True,
        "truncation": "auto",
        "service_tier": "priority",
        "prompt_cache_key": "k",
        "client_metadata": {"x": "y"},
        "max_tool_calls": 3,
        "context_management": [{"type": "compaction"}],
    }
    conversation = read(
        **lost, text={"verbosity": "low"}, reasoning={"mode": "pro"}, include=["file_search_call.results"]
    )

    assert set(conversation.losses) == {*lost, "reasoning.mode", "include"}
    assert conversation.sampling.verbosity == "low"


@pytest.mark.parametrize("choice", [{"type": "mcp", "server_label": "x"}, {"type": "made_up"}, "made_up", 7])
def test_choices_that_have_no_equivalent(choice: object) -> None:
    """A choice that cannot be told is a demand."""
    assert "tool_choice" in refusal(tool_choice=choice, tools=[PATCH])


@pytest.mark.parametrize("members", [{"instructions": ["x"]}, {"metadata": [["a", "b"]]}, {"metadata": "ab"}])
def test_members_of_the_wrong_kind(members: dict[str, Any]) -> None:
    """What the API would refuse is the caller's mistake here too."""
    with pytest.raises(BadRequestError, match=next(iter(members))):
        read(**members)
