"""An answer gone on with: who can be asked, in which words, and that it reads as one whatever the seam looks like."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.inventories import deployment, provider

from modelrouter.core.inventory import Model
from modelrouter.wire.continuing import can_retell, form_of, going_on
from modelrouter.wire.retelling import AnsweredAnewError, Retelling, Voice
from modelrouter.wire.sse import Splitter
from modelrouter.wire.translate import NotPortable, Rendered, StreamRenderer

ASKED: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Say it."}], "stream": True}
CALLERS: dict[str, dict[str, Any]] = {
    "openai-chat": {**ASKED, "stream_options": {"include_usage": True}},
    "anthropic-messages": {**ASKED, "max_tokens": 100},
    "openai-responses": {"model": "m", "input": "Say it.", "stream": True},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "Say it."}]}]},
}
TEXT = "The claim was filed on Monday, and the surveyor came on Thursday.\n\nNothing else is known of it."


def of(vendor: str, name: str = "some-model", wire: str = "openai-chat", url: str = "http://x.test/v1"):
    """A deployment of a vendor's model."""
    model = Model(id=name, developer=vendor, family="f", context=8000, output=4000)
    made = deployment("d", of=provider(vendor, vendor=vendor), wire=wire, model=model, url=url)
    return type(made)(**{**{field: getattr(made, field) for field in made.__slots__}, "name": name})


def chat(*pieces: str, end: bool = True, usage: int = 0, name: str = "one") -> list[bytes]:
    """A stream on the chat wire."""
    head = {"id": f"chatcmpl-{name}", "object": "chat.completion.chunk", "created": 1, "model": name}
    deltas: list[tuple[dict[str, str], str | None]]
    deltas = [({"role": "assistant", "content": ""}, None), *(({"content": piece}, None) for piece in pieces)]
    deltas += [({}, "stop")] if end else []
    bodies = [{**head, "choices": [{"index": 0, "delta": said, "finish_reason": why}]} for said, why in deltas]
    counts = {"prompt_tokens": usage, "completion_tokens": usage, "total_tokens": 2 * usage}
    bodies += [{**head, "choices": [], "usage": counts}] if usage else []
    return [b"data: %b\n\n" % json.dumps(body).encode() for body in bodies] + ([b"data: [DONE]\n\n"] if end else [])


def messages(*pieces: str, end: bool = True, name: str = "one") -> list[bytes]:
    """A stream on Anthropic's wire."""
    start = {"id": f"msg_{name}", "type": "message", "role": "assistant", "model": name, "content": []}
    told: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**start, "usage": {"input_tokens": 7, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    ]
    told += [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}} for piece in pieces
    ]
    if end:
        told += [
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}},
            {"type": "message_stop"},
        ]
    return [b"event: %b\ndata: %b\n\n" % (each["type"].encode(), json.dumps(each).encode()) for each in told]


def fed(voice: Voice, blocks: list[bytes]) -> bytes:
    """What a voice says of a stream."""
    splitter = Splitter()
    return b"".join(voice.feed(event) for block in blocks for event in splitter.feed(block))


def calling(*arguments: str) -> list[bytes]:
    """A stream that called a tool and broke off behind these pieces of its arguments."""
    opening = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "look", "arguments": ""}}
    pieces = [opening, *({"index": 0, "function": {"arguments": piece}} for piece in arguments)]
    head = {"id": "chatcmpl-one", "object": "chat.completion.chunk", "created": 1, "model": "one"}
    bodies = [{**head, "choices": [{"index": 0, "delta": {"tool_calls": [piece]}}]} for piece in pieces]
    return [b"data: %b\n\n" % json.dumps(body).encode() for body in bodies]


def retelling(wire: str) -> Retelling:
    """An answer for a caller of that wire."""
    return Retelling(wire, request=CALLERS[wire], model="m", created=1)


def read(wire: str, raw: bytes) -> list[dict[str, Any]]:
    """The events of a stream as a caller of the chat wire would get them, whatever wire they are in."""
    renderer = StreamRenderer(wire, "openai-chat", request=CALLERS["openai-chat"], model="m", created=1)
    written = b"".join(renderer.feed(event) for event in Splitter().feed(raw)) + renderer.close()
    events = [event.data for event in Splitter().feed(written) if event.data not in (b"", b"[DONE]")]
    assert written.endswith(b"data: [DONE]\n\n"), "the stream has no proper end"
    return [json.loads(data) for data in events]


def text_of(chunks: list[dict[str, Any]]) -> str:
    """The text of chunks on the chat wire."""
    return "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks if chunk["choices"])


@pytest.mark.parametrize(
    ("target", "can"),
    [
        (of("openai", "gpt-5.6"), False),
        (of("azure", "gpt-4.1"), False),
        (of("mistral", "mistral-large"), True),
        (of("vllm", "qwen3"), True),
        (of("sglang", "qwen3"), True),
        (of("llamacpp", "qwen3"), True),
        (of("deepseek", "deepseek-chat"), False),
        (of("deepseek", "deepseek-chat", url="https://api.deepseek.com/beta"), True),
        (of("vllm", "qwen3", "litellm"), False),
        (of("anthropic", "claude-sonnet-4-5", "anthropic-messages"), True),
        (of("anthropic", "claude-3-7-sonnet-20250219", "anthropic-messages"), True),
        (of("anthropic", "claude-opus-4-6", "anthropic-messages"), False),
        (of("anthropic", "claude-sonnet-5", "anthropic-messages"), False),
        (of("deepseek", "deepseek-chat", "anthropic-messages"), False),
        (of("llamacpp", "qwen3", "anthropic-messages"), True),
        (of("gemini", "gemini-3-pro", "gemini"), False),
        (of("openai", "gpt-5.6", "openai-responses"), False),
    ],
)
def test_asks_only_those_of_whom_it_is_known(target, can):
    """Who goes on in the middle of a text is a table; nobody else is asked (table A-P)."""
    asked = going_on(Rendered(json.dumps(ASKED).encode(), ()), target, "Half a")

    assert can == (form_of(target) is not None) == isinstance(asked, Rendered)


@pytest.mark.parametrize(
    ("target", "message", "members"),
    [
        (of("mistral"), {"role": "assistant", "content": "Half a ", "prefix": True}, {}),
        (
            of("vllm"),
            {"role": "assistant", "content": "Half a "},
            {"continue_final_message": True, "add_generation_prompt": False},
        ),
        (
            of("anthropic", "claude-opus-4-1", "anthropic-messages"),
            {"role": "assistant", "content": "Half a"},  # a blank at the end is refused there
            {},
        ),
    ],
)
def test_asks_each_in_its_own_words(target, message, members):
    """The text stands as the last message, marked as the server wants it; everything else stays as it was."""
    body = {**ASKED, "max_tokens": 100, "seed": 123456789012345678901234}
    asked = going_on(Rendered(json.dumps(body).encode(), ("seed",)), target, "Half a ")

    assert isinstance(asked, Rendered)
    told = json.loads(asked.body)
    assert [*ASKED["messages"], message] == told.pop("messages")
    assert 99 == told.pop("max_tokens")
    assert {name: value for name, value in {**body, **members}.items() if name in told} == told
    assert ("seed",) == asked.losses


def test_thinks_no_more_where_a_text_is_gone_on_with():
    """Claude refuses a text to go on with beside thinking: the rest does without, and the decision says so."""
    body = {**ASKED, "max_tokens": 9000, "thinking": {"type": "enabled", "budget_tokens": 2000}}
    claude = of("anthropic", "claude-opus-4-5", "anthropic-messages")
    asked = going_on(Rendered(json.dumps(body).encode(), ()), claude, "Half a")

    assert isinstance(asked, Rendered)
    assert "thinking" not in json.loads(asked.body)
    assert ("thinking",) == asked.losses


@pytest.mark.parametrize(
    "members",
    [
        {"response_format": {"type": "json_object"}},
        {"messages": [*ASKED["messages"], {"role": "assistant", "content": [{"type": "text", "text": "So"}]}]},
        {"messages": [*ASKED["messages"], {"role": "assistant", "content": "", "tool_calls": [{"id": "1"}]}]},
    ],
)
def test_goes_not_on_where_the_form_would_break(members):
    """An enforced form would begin anew in the middle of an object; a history that leaves no place is left alone."""
    asked = going_on(Rendered(json.dumps({**ASKED, **members}).encode(), ()), of("vllm"), "Half a")

    assert isinstance(asked, NotPortable)


def test_goes_on_behind_what_the_caller_began():
    """A caller that began the answer itself gets the rest behind its own beginning."""
    body = {**ASKED, "messages": [*ASKED["messages"], {"role": "assistant", "content": "So: "}]}
    asked = going_on(Rendered(json.dumps(body).encode(), ()), of("vllm"), "half")

    assert isinstance(asked, Rendered)
    assert {"role": "assistant", "content": "So: half"} == json.loads(asked.body)["messages"][-1]


def test_nothing_told_is_nothing_to_go_on_with():
    """Where no text was told yet, the answer is asked for as if nothing had been."""
    rendered = Rendered(json.dumps(ASKED).encode(), ())

    assert rendered is going_on(rendered, of("openai"), " \n")


@pytest.mark.parametrize(
    ("wire", "body", "can"),
    [
        ("openai-chat", ASKED, True),
        ("openai-chat", {**ASKED, "n": 2}, False),
        ("openai-chat", {**ASKED, "logprobs": True}, False),
        ("anthropic-messages", {**CALLERS["anthropic-messages"], "tools": [{"type": "web_search_20250305"}]}, False),
        ("openai-responses", {**CALLERS["openai-responses"], "previous_response_id": "resp_1"}, False),
        ("openai-chat", {"model": "m", "messages": [None]}, False),
    ],
)
def test_retells_only_what_it_can_tell_whole(wire, body, can):
    """An answer that only its own wire can carry passes as it is."""
    assert can == can_retell(wire, body)


SOURCES = {
    "openai-chat": (chat, of("vllm")),
    "anthropic-messages": (messages, of("x", "claude-4-1", "anthropic-messages")),
}


@pytest.mark.parametrize("target", CALLERS)
@pytest.mark.parametrize("first", SOURCES)
@pytest.mark.parametrize("second", SOURCES)
def test_two_providers_tell_one_answer(target, first, second):
    """Whatever wires the two speak, the caller reads one stream: one id, one model, the role once, each text once."""
    told = retelling(target)
    begin, beginner = SOURCES[first]
    end, ender = SOURCES[second]
    written = fed(Voice(beginner, told, resumes=False), begin(TEXT[:20], TEXT[20:41], end=False))
    rest = Voice(ender, told, resumes=True)
    blocks = end(TEXT[41:60], TEXT[60:], name="two")
    assert b"" == fed(rest, blocks[:3])  # nobody hears it until it is chosen
    written += rest.adopt() + fed(rest, blocks[3:]) + rest.close()

    chunks = read(target, written)
    assert TEXT == text_of(chunks) == told.text
    assert 1 == len({chunk["id"] for chunk in chunks})
    assert {"one"} == {chunk["model"] for chunk in chunks}
    assert "stop" == next(filter(None, (c["choices"][0]["finish_reason"] for c in chunks if c["choices"])))
    if target == "openai-chat":
        assert 1 == written.count(b'"role"')
        events = [json.loads(event.data) for event in Splitter().feed(written) if event.data[:1] == b"{"]
        assert 1 == len({(event["id"], event["model"]) for event in events})
    if target == "anthropic-messages":
        events = [json.loads(event.data) for event in Splitter().feed(written)]
        assert 1 == sum(event["type"] == "message_start" for event in events)
        assert [0] == [event["index"] for event in events if event["type"] == "content_block_start"]


def thinking(*thoughts: str, text: str) -> list[bytes]:
    """A stream on Anthropic's wire that thinks before it speaks."""
    block = {"type": "thinking", "thinking": "", "signature": ""}
    deltas = [{"type": "thinking_delta", "thinking": thought} for thought in thoughts]
    told = [
        {"type": "content_block_start", "index": 0, "content_block": block},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "c2Vh"}},
        {"type": "content_block_stop", "index": 0},
    ]
    start, *rest = messages(text)
    return [
        start,
        *(b"event: %b\ndata: %b\n\n" % (str(e["type"]).encode(), json.dumps(e).encode()) for e in told),
        *rest,
    ]


@pytest.mark.parametrize("begun", ["a text", "a thought"])
def test_one_train_of_thought(begun):
    """Whoever goes on may think again: that is not told inside a text, nor inside another's unsigned thought."""
    request = {**CALLERS["anthropic-messages"], "thinking": {"type": "enabled", "budget_tokens": 1024}}
    told = Retelling("anthropic-messages", request=request, model="m", created=1)
    claude = SOURCES["anthropic-messages"][1]
    stream = messages("Half ", end=False) if begun == "a text" else thinking("Well, ", text="")[:3]
    written = fed(Voice(claude, told, resumes=False), stream)
    rest = Voice(claude, told, resumes=True)
    fed(rest, thinking("Now then.", text="an answer."))
    written += rest.adopt() + rest.close()

    events = [json.loads(event.data) for event in Splitter().feed(written)]
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    assert b"Now then." not in written
    assert b"c2Vh" not in written
    assert ("Half " if begun == "a text" else "") + "an answer." == "".join(delta.get("text", "") for delta in deltas)
    assert ("" if begun == "a text" else "Well, ") == "".join(delta.get("thinking", "") for delta in deltas)
    opened = [event["index"] for event in events if event["type"] == "content_block_start"]
    assert opened == [event["index"] for event in events if event["type"] == "content_block_stop"]


def test_adds_up_the_tokens_of_both():
    """What both providers bill is told as one count."""
    told = retelling("openai-chat")
    first = fed(Voice(of("vllm"), told, resumes=False), chat("Half ", end=False, usage=3))
    rest = Voice(of("vllm"), told, resumes=True)
    fed(rest, chat("and half", usage=4))
    chunks = read("openai-chat", first + rest.adopt() + rest.close())

    usage = next(chunk["usage"] for chunk in reversed(chunks) if chunk.get("usage"))
    assert (7, 7) == (usage["prompt_tokens"], usage["completion_tokens"])


def joined(target, told: str, pieces: list[str], *, end: bool = True) -> str:
    """What a caller reads who was told the beginning, where the rest comes in these pieces."""
    answer = retelling("openai-chat")
    written = fed(Voice(of("vllm"), answer, resumes=False), chat(told, end=False))
    rest = Voice(target, answer, resumes=True)
    stream = messages if target.wire == "anthropic-messages" else chat
    written += rest.adopt() + fed(rest, stream(*pieces, end=end)) + rest.close()
    return text_of(read("openai-chat", written))


@given(st.data())
def test_takes_out_an_echo_in_whatever_pieces(data):
    """A server that repeats the beginning before it goes on is read as if it had not, however its text is cut."""
    whole = data.draw(st.text(alphabet="ab \n", min_size=30, max_size=90))
    place = data.draw(st.integers(24, len(whole)))
    assume(len(whole[:place].rstrip()) >= 24)

    assert whole == joined(of("vllm"), whole[:place], data.draw(_pieces(whole)))


@given(st.data())
def test_keeps_every_letter_of_a_rest_without_echo(data):
    """Where nothing is repeated nothing is taken out, though the rest may begin like the beginning."""
    told, rest = data.draw(st.text(alphabet="ab \n", min_size=1)), data.draw(st.text(alphabet="ab \n", max_size=60))
    assume(told.strip() and _alike(told, rest) < 24)

    assert told + rest == joined(of("vllm"), told, data.draw(_pieces(rest)))


@given(st.data())
def test_blanks_at_the_seam_stand_once(data):
    """Blanks that Claude could not be asked with stand once, whether it begins with them or not."""
    told, blanks = data.draw(st.text(alphabet="ab", min_size=1)), data.draw(st.text(alphabet=" \n", max_size=4))
    rest = data.draw(st.text(alphabet="cd ", min_size=1).filter(lambda text: not text[0].isspace()))
    begins = data.draw(st.sampled_from(["", blanks]))
    claude = of("anthropic", "claude-opus-4-5", "anthropic-messages")

    assert told + blanks + rest == joined(claude, told + blanks, data.draw(_pieces(begins + rest)))


def test_takes_out_however_short_an_echo_of_whom_it_is_known():
    """llama.cpp's server repeats the beginning on Anthropic's wire: even a word of it is no news."""
    local = of("llamacpp", "qwen3", "anthropic-messages")

    assert "ha ha" == joined(local, "ha", ["h", "a", " ha"])


@pytest.mark.parametrize("end", [True, False])
def test_an_answer_that_begins_anew_is_noticed(end):
    """Who tells the beginning again and then something else did not go on: the caller must not read it twice."""
    anew = "The claim was filed on Monday" + (" by someone else" if end else "")
    answer = retelling("openai-chat")
    fed(Voice(of("vllm"), answer, resumes=False), chat(TEXT[:50], end=False))
    rest = Voice(of("vllm"), answer, resumes=True)
    fed(rest, chat(anew))

    with pytest.raises(AnsweredAnewError):
        rest.adopt()
    assert rest.anew
    assert TEXT[:50] == answer.text


@pytest.mark.parametrize("target", CALLERS)
def test_whole_calls_end_the_answer(target):
    """Where a tool was called and its arguments are whole, the answer is ended with the calls, by nobody else."""
    told = retelling(target)
    written = fed(Voice(of("vllm"), told, resumes=False), calling('{"claim"', ": 7}"))
    ending = told.conclude()

    assert ending is not None
    chunks = read(target, written + ending)
    assert "tool_calls" == next(filter(None, (c["choices"][0]["finish_reason"] for c in chunks if c["choices"])))
    calls = [call for c in chunks if c["choices"] for call in c["choices"][0]["delta"].get("tool_calls") or ()]
    assert {"claim": 7} == json.loads("".join(call["function"]["arguments"] for call in calls))


@pytest.mark.parametrize("arguments", [(), ("{",), ('{"claim": ',), ('{"a": 1', ', "b"')])
def test_half_a_call_is_neither_ended_nor_gone_on_with(arguments):
    """A call in whose middle the stream broke off can be told by nobody."""
    told = retelling("openai-chat")
    fed(Voice(of("vllm"), told, resumes=False), calling(*arguments))

    assert told.conclude() is None
    assert not told.can_go_on


def test_half_a_text_is_not_ended():
    """A text is gone on with, never ended for its provider."""
    told = retelling("openai-chat")
    fed(Voice(of("vllm"), told, resumes=False), chat("Half", end=False))

    assert told.conclude() is None
    assert told.can_go_on


def test_an_answer_that_said_why_it_stopped_is_whole():
    """A stream that broke off between its finish and its end lacks nothing."""
    told = retelling("openai-chat")
    stream = messages(*TEXT.split(" "))
    written = fed(Voice(SOURCES["anthropic-messages"][1], told, resumes=False), stream[:-1])
    ending = told.conclude()

    assert ending is not None
    assert TEXT.replace(" ", "") == text_of(read("openai-chat", written + ending)).replace(" ", "")


def _pieces(text: str) -> st.SearchStrategy[list[str]]:
    cuts = st.lists(st.integers(0, len(text)), max_size=8).map(lambda cuts: [0, *sorted(cuts), len(text)])
    return cuts.map(lambda cuts: [text[a:b] for a, b in pairwise(cuts) if b > a])


def _alike(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
