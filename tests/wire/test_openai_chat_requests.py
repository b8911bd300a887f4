"""Conversations encoded as chat requests, for OpenAI and for those who only look like it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from openai.types.chat.completion_create_params import (
    CompletionCreateParamsNonStreaming,
    CompletionCreateParamsStreaming,
)
from pydantic import TypeAdapter
from support.inventories import deployment, provider

from modelrouter.core.inventory import Deployment, Model
from modelrouter.wire.conversation import (
    Audio,
    Conversation,
    Document,
    Image,
    OutputFormat,
    Part,
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
from modelrouter.wire.openai_chat.decode_answer import ISSUER
from modelrouter.wire.openai_chat.encode_request import JSON_ONLY, encode
from modelrouter.wire.openai_chat.encode_turns import FAILED_NOTE, RECEIVED
from modelrouter.wire.openai_chat.traits import effort_for, traits
from modelrouter.wire.portability import HOISTED, SYSTEM_NOTE, hoisted_note
from modelrouter.wire.tool_names import conformed

NON_STREAMING = TypeAdapter(CompletionCreateParamsNonStreaming)
STREAMING = TypeAdapter(CompletionCreateParamsStreaming)
ALL = frozenset({"tools", "vision", "json_schema", "thinking", "documents", "audio"})
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}
PNG = Image(media_type="image/png", data="AAAA")
PDF = Document(media_type="application/pdf", data="BBBB", title="a.pdf")


def at(vendor: str = "openai", name: str = "gpt-4.1", **facts: Any) -> Deployment:
    """A deployment of a model at a vendor."""
    model = Model(id=name, developer="d", family="f", context=100_000, output=4096, capabilities=ALL)
    model = replace(model, **facts.pop("model", {}))
    return replace(deployment("d", of=provider("p", vendor=vendor), model=model, **facts), name=name)


def said(*turns: Turn, **members: Any) -> Conversation:
    """A conversation; without turns, one that says hello."""
    return Conversation(turns=turns or (user(Text("hi")),), **members)


def user(*parts: Part) -> Turn:
    """The user's turn."""
    return Turn("user", parts)


def assistant(*parts: Part) -> Turn:
    """The model's turn."""
    return Turn("assistant", parts)


def system(text: str) -> Turn:
    """The system's turn."""
    return Turn("system", (Text(text),))


def call(call_id: str, name: str = "f", **members: Any) -> ToolCall:
    """A call."""
    return ToolCall(id=call_id, name=name, arguments={}, **members)


def result(call_id: str, *parts: Text | Image | Document, **members: Any) -> ToolResult:
    """Its result."""
    return ToolResult(id=call_id, parts=parts or (Text("ok"),), **members)


def plain(value: object) -> object:
    """Read to the end what the validator reads only on demand, so that nothing goes unchecked."""
    if isinstance(value, Mapping):
        return {key: plain(member) for key, member in value.items()}
    return [plain(member) for member in value] if isinstance(value, list | Iterator) else value


def sent(conversation: Conversation, to: Deployment | None = None) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Encode a conversation, and read what is sent."""
    body, losses = encode(conversation, to or at())
    return json.loads(body), losses


def checked(conversation: Conversation, to: Deployment | None = None) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Encode a conversation for OpenAI, and have the official SDK's types check every member of it."""
    body, losses = sent(conversation, to)
    known = (STREAMING if conversation.stream else NON_STREAMING).validate_python(body)
    assert plain(known) == body
    return body, losses


def test_a_plain_request() -> None:
    """Nothing is said that the conversation does not say."""
    assert checked(said(system("be kind"), user(Text("hi")))) == (
        {
            "model": "gpt-4.1",
            "messages": [{"role": "system", "content": "be kind"}, {"role": "user", "content": "hi"}],
        },
        (),
    )


def test_a_whole_round_of_tools() -> None:
    """Calls are texts with null beside them, results are messages of their own right behind, and the rest follows (25, 34)."""
    turns = (
        user(Text("go")),
        assistant(Text("so"), call("a"), call("b")),
        user(result("b"), result("a", Text("no"), is_error=True), Text("and now?")),
        assistant(call("c")),
        user(result("c")),
    )
    wanted = {"type": "function", "function": {"name": "f", "arguments": "{}"}}

    assert checked(said(*turns))[0]["messages"] == [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": "so", "tool_calls": [{"id": "a", **wanted}, {"id": "b", **wanted}]},
        {"role": "tool", "tool_call_id": "a", "content": FAILED_NOTE + "no"},
        {"role": "tool", "tool_call_id": "b", "content": "ok"},
        {"role": "user", "content": "and now?"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c", **wanted}]},
        {"role": "tool", "tool_call_id": "c", "content": "ok"},
    ]


def test_mistral_wants_the_assistant_between_results_and_the_user() -> None:
    """Its ids are nine letters and digits, and no user follows a tool, wherever its models are served (3, 4)."""
    turns = (user(Text("go")), assistant(call("call_1")), user(result("call_1"), Text("and?")))
    for to in (
        at("mistral", "mistral-large"),
        at("vllm", "Ministral-8B"),
        at("generic", "x", model={"family": "devstral"}),
    ):
        messages = sent(said(*turns), to)[0]["messages"]

        assert [message["role"] for message in messages] == ["user", "assistant", "tool", "assistant", "user"]
        assert messages[3]["content"] == RECEIVED
        assert re.fullmatch("[a-zA-Z0-9]{9}", messages[1]["tool_calls"][0]["id"])
        assert messages[2]["tool_call_id"] == messages[1]["tool_calls"][0]["id"]


def test_ids_are_no_longer_than_forty() -> None:
    """A longer one becomes another, the same for call and result; others stay as they are (5, 7)."""
    long = "x" * 41
    turns = (
        user(Text("go")),
        assistant(call(long), call("functions.Bash:0")),
        user(result(long), result("functions.Bash:0")),
    )
    _, asked, first, second = checked(said(*turns))[0]["messages"]
    ids = [each["id"] for each in asked["tool_calls"]]

    assert ids == [first["tool_call_id"], second["tool_call_id"]]
    assert len(ids[0]) <= 40
    assert ids[1] == "functions.Bash:0"


def test_parts() -> None:
    """Images, recordings and files have their forms; text alone is a plain text, which every server reads (66)."""
    recording = Audio(media_type="audio/mpeg", data="CCCC")
    note = Document(media_type="text/plain", data=base64.b64encode(b"two").decode(), title="n.txt")
    parts = (Text("look"), PNG, Image(url="https://a.test/b.png"), recording, PDF, note)

    assert checked(said(user(*parts)))[0]["messages"][0]["content"] == [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "image_url", "image_url": {"url": "https://a.test/b.png"}},
        {"type": "input_audio", "input_audio": {"data": "CCCC", "format": "mp3"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,BBBB"}},
        {"type": "text", "text": "[n.txt]\ntwo"},
    ]
    assert checked(said(user(Text("a"), Text("b"))))[0]["messages"][0]["content"] == "a\n\nb"


def test_mistrals_documents() -> None:
    """It takes files by their address, which may be a data address."""
    far = Document(media_type="application/pdf", url="https://a.test/b.pdf")

    assert sent(said(user(PDF, far)), at("mistral", "m"))[0]["messages"][0]["content"] == [
        {"type": "document_url", "document_url": "data:application/pdf;base64,BBBB"},
        {"type": "document_url", "document_url": "https://a.test/b.pdf"},
    ]


@pytest.mark.parametrize(
    ("turn", "reason"),
    [
        (user(Image(media_type="image/tiff", data="A")), "an image of type 'image/tiff'"),
        (user(Audio(media_type="audio/ogg", data="A")), "a recording of type 'audio/ogg'"),
        (user(Document(media_type="application/zip", data="A")), "a file of type 'application/zip'"),
        (user(Document(media_type="application/pdf", url="https://a.test")), "a file by its address"),
        (user(Document(media_type="text/plain", data="/w==")), "not base64"),
        (assistant(PNG), "image that the model gave"),
    ],
)
def test_what_cannot_be_carried(turn: Turn, reason: str) -> None:
    """A part that the wire has no form for makes the request unportable, with its reason (66)."""
    with pytest.raises(UnportableError, match=reason):
        encode(said(turn, user(Text("hi"))), at())


def test_pictures_in_results_follow_them() -> None:
    """A tool's message holds text alone: a picture follows the results, with the id of its call (30)."""
    turns = (user(Text("go")), assistant(call("a"), call("b")), user(result("a", PNG), result("b")))
    messages = checked(said(*turns))[0]["messages"]

    assert messages[2:4] == [
        {"role": "tool", "tool_call_id": "a", "content": HOISTED},
        {"role": "tool", "tool_call_id": "b", "content": "ok"},
    ]
    assert messages[4]["content"] == [
        {"type": "text", "text": hoisted_note("a")},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
    ]


def test_system_turns_in_the_middle() -> None:
    """OpenAI takes them where they are; strict templates get one at the beginning, and the others as the user's (31, 32)."""
    turns = (system("a"), system("b"), user(Text("hi")), system("c"))

    assert [(m["role"], m["content"]) for m in checked(said(*turns))[0]["messages"]] == [
        ("system", "a"),
        ("system", "b"),
        ("user", "hi"),
        ("system", "c"),
    ]
    assert [(m["role"], m["content"]) for m in sent(said(*turns), at("vllm", "qwen"))[0]["messages"]] == [
        ("system", "a\n\nb"),
        ("user", f"hi\n\n{SYSTEM_NOTE}c"),
    ]


def test_going_on_inside_the_last_message() -> None:
    """Who can is asked in its own way; others get the user's word to go on, with a loss (78 and its table)."""
    turns = (user(Text("hi")), assistant(Text("He said:")))
    openai, losses = checked(said(*turns))
    mistral, _ = sent(said(*turns), at("mistral", "m"))
    local, _ = sent(said(*turns), at("llamacpp", "qwen"))

    assert (openai["messages"][-1]["role"], losses) == ("user", ("prefill",))
    assert mistral["messages"][-1] == {"role": "assistant", "content": "He said:", "prefix": True}
    assert (local["continue_final_message"], local["add_generation_prompt"]) == (True, False)
    assert local["messages"][-1] == {"role": "assistant", "content": "He said:"}


@pytest.mark.parametrize(
    ("vendor", "name", "word"),
    [
        ("openai", "gpt-4.1", "max_completion_tokens"),
        ("azure", "anything", "max_completion_tokens"),
        ("openrouter", "openai/gpt-5-mini", "max_completion_tokens"),
        ("generic", "o3-mini", "max_completion_tokens"),
        ("generic", "gpt-4.1", "max_tokens"),
        ("generic", "gpt-35-turbo", "max_tokens"),
        ("mistral", "mistral-large", "max_tokens"),
        ("groq", "openai/gpt-oss-120b", "max_tokens"),
        ("vllm", "qwen", "max_tokens"),
    ],
)
def test_the_length_of_the_answer(vendor: str, name: str, word: str) -> None:
    """OpenAI takes the newer word, and others the older one; more than the model gives is not asked for (53, 54)."""
    to = at(vendor, name)

    assert sent(said(sampling=Sampling(limit=7)), to)[0][word] == 7
    body, losses = sent(said(sampling=Sampling(limit=9999)), to)
    assert (body[word], losses) == (4096, ("max_tokens",))


FULL = Sampling(
    temperature=0.5,
    top_p=0.9,
    stop=("a",),
    seed=7,
    frequency_penalty=0.1,
    presence_penalty=0.2,
)


@pytest.mark.parametrize(
    ("vendor", "name", "losses"),
    [
        ("openai", "gpt-4.1", ()),
        ("openai", "o1", ("temperature", "top_p", "frequency_penalty", "presence_penalty")),
        ("openai", "o3-mini-2025", ("temperature", "top_p", "stop", "frequency_penalty", "presence_penalty")),
        ("azure", "gpt-5-mini", ("temperature", "top_p", "stop", "frequency_penalty", "presence_penalty")),
        ("openai", "gpt-5.2", ("temperature", "top_p", "stop", "frequency_penalty", "presence_penalty")),
        ("openai", "gpt-5-chat-latest", ()),
        ("groq", "openai/gpt-oss-20b", ()),
        ("gemini", "gemini-3", ("seed", "frequency_penalty", "presence_penalty")),
        ("cerebras", "x", ("frequency_penalty", "presence_penalty")),
        ("xai", "grok-4.5", ("stop", "frequency_penalty", "presence_penalty")),
        ("xai", "grok-3", ()),
    ],
)
def test_sampling(vendor: str, name: str, losses: tuple[str, ...]) -> None:
    """What the model or the vendor refuses is left out and named, the rest is sent (53, 57)."""
    body, lost = sent(said(sampling=FULL), at(vendor, name))
    wishes = {
        "temperature": 0.5,
        "top_p": 0.9,
        "stop": ["a"],
        "seed": 7,
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
    }

    assert lost == losses
    assert {word: body[word] for word in wishes if word in body} == {w: v for w, v in wishes.items() if w not in losses}


def test_sampling_without_thinking() -> None:
    """From GPT-5.1 on, a model that does not think lets its answers be drawn as asked."""
    body, losses = checked(said(sampling=Sampling(temperature=0.5, logprobs=0, effort="none")), at("openai", "gpt-5.1"))

    assert (body["temperature"], body["logprobs"], body["reasoning_effort"], losses) == (0.5, True, "none", ())


def test_names_of_sampling_elsewhere() -> None:
    """Mistral's seed has its own name, more than four stop sequences are cut at OpenAI, and local servers know top_k (56, 57)."""
    mistral, _ = sent(said(sampling=Sampling(seed=7)), at("mistral", "m"))
    openai, cut = checked(said(sampling=Sampling(stop=tuple("abcde"), top_k=3)))
    local, losses = sent(said(sampling=Sampling(stop=tuple("abcde"), top_k=3)), at("vllm", "m"))

    assert (mistral["random_seed"], "seed" in mistral) == (7, False)
    assert (openai["stop"], "top_k" in openai, set(cut)) == (list("abcd"), False, {"stop", "top_k"})
    assert (local["stop"], local["top_k"], losses) == (list("abcde"), 3, ())


def test_weights_are_a_demand() -> None:
    """Who weighs no tokens is not asked; who does is asked for as many alternatives as were wanted (57)."""
    asked = said(sampling=Sampling(logprobs=2))
    alone, _ = checked(said(sampling=Sampling(logprobs=0)))
    body, _ = checked(asked)

    assert (body["logprobs"], body["top_logprobs"]) == (True, 2)
    assert (alone["logprobs"], "top_logprobs" in alone) == (True, False)
    for to in (at("groq", "m"), at("mistral", "m"), at("openai", "o3"), at("openai", "gpt-5.2")):
        with pytest.raises(UnportableError):
            encode(asked, to)


@pytest.mark.parametrize(
    ("vendor", "name", "asked", "word"),
    [
        ("openai", "o3", "high", "high"),
        ("openai", "o3", "none", "low"),
        ("openai", "o3", "xhigh", "high"),
        ("openai", "gpt-5", "none", "minimal"),
        ("openai", "gpt-5.1", "minimal", "none"),
        ("openai", "gpt-5.2-pro", "xhigh", "xhigh"),
        ("openai", "gpt-6", "xhigh", "xhigh"),
        ("mistral", "magistral", "low", "none"),
        ("mistral", "magistral", "medium", "high"),
        ("vllm", "qwen", "high", "high"),
        ("xai", "grok-4.5", "odd", "low"),
        ("xai", "grok-4.6", "xhigh", "xhigh"),
        ("xai", "grok-3-mini", "medium", "low"),
        ("gemini", "gemini-3-pro", "none", "minimal"),
    ],
)
def test_effort(vendor: str, name: str, asked: str, word: str) -> None:
    """The strongest word that the model knows and that is no stronger than asked; a change is named (58)."""
    body, losses = sent(said(sampling=Sampling(effort=asked)), at(vendor, name))

    assert body["reasoning_effort"] == word
    assert losses == (() if word == asked else ("reasoning_effort",))


@pytest.mark.parametrize(
    ("name", "asked", "losses"),
    [
        ("gpt-5.6", None, ()),
        ("gpt-5.6-terra", "none", ()),
        ("gpt-5.4", "high", ("reasoning_effort",)),
        ("gpt-6", "low", ("reasoning_effort",)),
    ],
)
def test_functions_without_reasoning(name: str, asked: str | None, losses: tuple[str, ...]) -> None:
    """OpenAI's newer models take functions on this wire only where they are told not to think; then they can be drawn from."""
    tool = Tool(name="f", description=None, schema=SCHEMA)
    body, lost = checked(said(tools=(tool,), sampling=Sampling(effort=asked, temperature=0.5)), at("openai", name))
    alone, _ = checked(said(sampling=Sampling(effort=asked)), at("openai", name))
    routed, _ = sent(said(tools=(tool,), sampling=Sampling(effort=asked)), at("openrouter", f"openai/{name}"))

    assert (body["reasoning_effort"], body["temperature"], lost) == ("none", 0.5, losses)
    assert alone.get("reasoning_effort") == routed.get("reasoning_effort") == asked


def test_effort_where_there_is_none() -> None:
    """A model that does not think is not asked to, and no word at all is no word."""
    body, losses = sent(said(sampling=Sampling(effort="low")), at(model={"capabilities": frozenset()}))

    assert ("reasoning_effort" in body, losses) == (False, ("reasoning_effort",))
    assert effort_for("high", ()) is None
    assert "reasoning_effort" not in sent(said(sampling=Sampling(effort="high")), at("xai", "grok-4-1-fast"))[0]


def test_tools() -> None:
    """Names that fit stay, others are shortened in the tool, the choice and the history alike; one call at a time is said (12, 59)."""
    odd = Tool(name="files.read", description="reads", schema=SCHEMA, strict=True)
    loose = Tool(name="g", description=None, schema={"type": "object", "properties": {"a": {}}}, strict=True)
    turns = (user(Text("go")), assistant(call("a", "files.read")), user(result("a")))
    choice = ToolChoice(mode="named", name="files.read", parallel=False)
    body, losses = checked(said(*turns, tools=(odd, loose), choice=choice))
    name = conformed("files.read")

    assert body["tools"] == [
        {"type": "function", "function": {"name": name, "description": "reads", "parameters": SCHEMA, "strict": True}},
        {"type": "function", "function": {"name": "g", "parameters": loose.schema}},
    ]
    assert body["tool_choice"] == {"type": "function", "function": {"name": name}}
    assert body["messages"][1]["tool_calls"][0]["function"]["name"] == name
    assert (body["parallel_tool_calls"], losses) == (False, ("tools.strict",))


@pytest.mark.parametrize(("mode", "word"), [("auto", None), ("required", "required"), ("none", "none")])
def test_tool_choice(mode: Any, word: str | None) -> None:
    """The plain choices are words; the usual one is not said, nor is any without tools."""
    tool = Tool(name="f", description=None, schema=SCHEMA)

    assert checked(said(tools=(tool,), choice=ToolChoice(mode=mode)))[0].get("tool_choice") == word
    assert "tool_choice" not in checked(said(choice=ToolChoice(mode=mode)))[0]


def test_one_call_at_a_time_where_that_cannot_be_said() -> None:
    """The o series refuses the switch: it is lost, by name."""
    tool = Tool(name="f", description=None, schema=SCHEMA)
    body, losses = sent(said(tools=(tool,), choice=ToolChoice(parallel=False)), at("openai", "o4-mini"))

    assert ("parallel_tool_calls" in body, losses) == (False, ("parallel_tool_calls",))


def test_schemas() -> None:
    """A schema keeps its name and what it is for; strictness is promised only where OpenAI takes the schema so (61)."""
    wanted = OutputFormat(schema=SCHEMA, name="my answer", description="a number", strict=True)
    body, losses = checked(said(format=wanted))
    _, lost = checked(said(format=replace(wanted, schema={"type": "object"})))

    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": conformed("my answer"), "description": "a number", "schema": SCHEMA, "strict": True},
    }
    assert (losses, lost) == ((), ("response_format.strict",))
    with pytest.raises(UnportableError, match="enforces no schema"):
        encode(said(format=wanted), at(model={"capabilities": frozenset()}))


def test_json_without_a_schema() -> None:
    """OpenAI wants to read of JSON before it promises any: where nobody spoke of it, the system does."""
    body, losses = checked(said(format=OutputFormat()))
    spoken, _ = checked(said(user(Text("as Json, please")), format=OutputFormat()))
    joined, _ = sent(said(system("be kind"), user(Text("hi")), format=OutputFormat()), at("vllm", "m"))

    assert (body["response_format"], losses) == ({"type": "json_object"}, ())
    assert body["messages"][0] == {"role": "system", "content": JSON_ONLY}
    assert [message["role"] for message in spoken["messages"]] == ["user"]
    assert joined["messages"][0]["content"] == f"be kind\n\n{JSON_ONLY}"


def test_streams_count_their_tokens() -> None:
    """Usage is always asked for, but of Mistral, which gives it unasked and refuses to be asked (71)."""
    assert checked(said(stream=True))[0]["stream_options"] == {"include_usage": True}
    assert "stream_options" not in sent(said(stream=True), at("mistral", "m"))[0]


def test_user_and_metadata() -> None:
    """OpenAI takes the user, and metadata only of what it shall store; Mistral the other way round."""
    asked = said(user="u", metadata={"k": "v"})
    openai, lost = checked(asked)
    mistral, losses = sent(asked, at("mistral", "m"))

    assert (openai["user"], "metadata" in openai, lost) == ("u", False, ("metadata",))
    assert ("user" in mistral, mistral["metadata"], losses) == (False, {"k": "v"}, ("user",))


OWN = Thinking("hm", ISSUER, "-")


def test_reasoning_goes_back_to_who_wants_it() -> None:
    """DeepSeek and local servers read their own reasoning again, nobody reads another's, and OpenAI refuses any (40, 50)."""
    turns = (
        user(Text("go")),
        assistant(OWN, Thinking("foreign", "anthropic-messages", "s"), Text("so")),
        user(Text("and?")),
    )
    deepseek, losses = sent(said(*turns), at("deepseek", "deepseek-v4"))
    router, _ = sent(said(*turns), at("openrouter", "x/y"))
    openai, _ = checked(said(*turns))

    assert deepseek["messages"][1] == {"role": "assistant", "content": "so", "reasoning_content": "hm"}
    assert router["messages"][1] == {"role": "assistant", "content": "so", "reasoning": "hm"}
    assert openai["messages"][1] == {"role": "assistant", "content": "so"}
    assert losses == ("thinking",)


def test_deepseek_and_kimi_do_not_think_over_calls_of_others() -> None:
    """They refuse calls without the reasoning behind them while they think, so they do not think then (50)."""
    foreign = (user(Text("go")), assistant(call("a")), user(result("a")))
    own = (user(Text("go")), assistant(OWN, call("a")), user(result("a")))
    body, losses = sent(said(*foreign, sampling=Sampling(effort="high")), at("deepseek", "deepseek-v4"))

    assert (body["thinking"], "reasoning_effort" in body, losses) == (
        {"type": "disabled"},
        False,
        ("reasoning_effort",),
    )
    assert "thinking" not in sent(said(*own), at("deepseek", "deepseek-v4"))[0]
    assert sent(said(*foreign), at("moonshot", "kimi-k2.6"))[0]["thinking"] == {"type": "disabled"}


def test_signatures_of_calls_go_back_to_google() -> None:
    """Only there, and only those that came over this wire (45, 46)."""
    own, foreign = call("a", issuer=ISSUER, signature="s"), call("b", issuer="gemini", signature="t")
    turns = (user(Text("go")), assistant(own, foreign), user(result("a"), result("b")))
    google, losses = sent(said(*turns), at("gemini", "gemini-3"))
    openai, lost = checked(said(*turns))
    first, second = google["messages"][1]["tool_calls"]

    assert first["extra_content"] == {"google": {"thought_signature": "s"}}
    assert "extra_content" not in second
    assert "extra_content" not in openai["messages"][1]["tool_calls"][0]
    assert losses == lost == ("thinking",)


def test_through_litellm() -> None:
    """What all of those behind it take: plain ids and names, no addresses, and tools declared that the history calls (20)."""
    turns = (user(Text("go")), assistant(call("functions.Bash:0", "1st")), user(result("functions.Bash:0")))
    body, _ = sent(said(*turns, sampling=Sampling(limit=5)), at("bedrock", "bedrock/anthropic.claude", wire="litellm"))
    asked = body["messages"][1]["tool_calls"][0]

    assert re.fullmatch("[a-zA-Z0-9_-]{1,40}", asked["id"])
    assert [tool["function"]["name"] for tool in body["tools"]] == [asked["function"]["name"]] == [conformed("1st")]
    assert (body["tool_choice"], body["max_tokens"]) == ("none", 5)
    with pytest.raises(UnportableError, match="by its address"):
        encode(said(user(Image(url="https://a.test/b.png"))), at("bedrock", "x", wire="litellm"))


def test_every_vendor_has_traits() -> None:
    """A vendor of whom nothing is known is taken for strict: the older words, and nothing that it might refuse."""
    unknown = traits(at("generic", "x"))

    assert (unknown.limit, unknown.strict, unknown.developer, unknown.thinking) == ("max_tokens", True, False, None)
    assert traits(at("openai", "gpt-4o")).limit == "max_completion_tokens"
