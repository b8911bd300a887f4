"""Messages through the router and real sockets, from both sides; numbers are those of known pitfalls."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anthropic
import pytest
from anthropic.types import Message
from anthropic.types.shared import ErrorResponse
from support.gateway import serving
from support.inventories import deployment, inventory, process, provider
from support.stub import Said, Stub, whole

from modelrouter.core.context import Context
from modelrouter.core.inventory import Model
from modelrouter.errors import RequestFailedError
from modelrouter.router import Router
from modelrouter.wire.sse import Splitter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from modelrouter.runtime.answer import SyncAnswer

WIRE = "anthropic-messages"
HI = [{"role": "user", "content": "hi"}]
USAGE = {"input_tokens": 3, "output_tokens": 2}


def said(text: str, stop_reason: str = "end_turn") -> dict[str, Any]:
    """What Anthropic answers."""
    content = [{"type": "text", "text": text}] if text else []
    facts = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5", "usage": USAGE}
    return {**facts, "content": content, "stop_reason": stop_reason, "stop_sequence": None}


def streamed(text: str, stop_reason: str = "end_turn") -> Said:
    """The same in events."""
    message = {**said(""), "stop_reason": None}
    bodies: list[dict[str, Any]] = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": stop_reason, "stop_sequence": None}, "usage": USAGE},
        {"type": "message_stop"},
    ]
    raw = b"".join(f"event: {body['type']}\ndata: {json.dumps(body)}\n\n".encode() for body in bodies)
    return Said(raw, kind="text/event-stream")


CHAT = {
    "id": "chatcmpl-7",
    "object": "chat.completion",
    "model": "gpt-x",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "from the other"}}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
}


@pytest.fixture
def claude() -> Iterator[Stub]:
    """Anthropic, on loopback."""
    with Stub(whole(said("from Claude"))) as stub:
        yield stub


@pytest.fixture
def other() -> Iterator[Stub]:
    """Another provider, on loopback, which speaks OpenAI's wire."""
    with Stub(whole(CHAT)) as stub:
        yield stub


@pytest.fixture
def router(claude: Stub, other: Stub, tmp_path: Path) -> Iterator[Router]:
    """A process that goes to Anthropic first, then elsewhere."""
    key = tmp_path / "key"
    key.write_text("secret")
    owner = provider("anthropic", vendor="anthropic", local=True, key=f"file:{key}")
    can = frozenset({"tools", "vision", "json_schema", "thinking"})
    model = Model(id="claude-sonnet-4-5", developer="a", family="c", context=200_000, capabilities=can)
    first = replace(deployment("claude", of=owner, wire=WIRE, url=claude.url, model=model), name=model.id)
    pinned = replace(first, id="pinned", headers={"anthropic-version": "2026-10-21"})
    second = deployment("other", of=provider("elsewhere", local=True), url=other.url + "/v1")
    processes = (
        process("claims", first, second),
        process("own", first),
        process("pinned", pinned),
        process("elsewhere", second),
    )
    with Router(inventory(*processes), hold_file=None) as made:
        yield made


def asked(router: Router, model: str = "claims", context: Context | None = None, **body: Any) -> SyncAnswer:
    """Ask as a caller of Anthropic's API does."""
    whole_body = {"model": model, "max_tokens": 100, "messages": HI, **body}
    return router.handle(WIRE, json.dumps(whole_body).encode(), context or Context())


def text_of(answer: SyncAnswer) -> str:
    """The text of a whole answer, which the official types must know."""
    message = Message.model_validate_json(answer.body, strict=True)
    return "".join(block.text for block in message.content if block.type == "text")


@pytest.mark.parametrize("version", ["2023-06-01", "2026-10-21"])
def test_a_caller_s_version_goes_with_its_body(router: Router, claude: Stub, version: str) -> None:
    """The version says how a body is to be read: the caller's own goes along, before what an inventory pinned (0.2)."""
    spoken = {"anthropic-version": version, "anthropic-beta": "context-1m-2025-08-07"}
    for model in ("own", "pinned"):
        asked(router, model, Context(wire_headers=spoken))

        heard = claude.heard[-1].headers
        assert {name: heard[name] for name in spoken} == spoken
        assert heard["x-api-key"] == "secret"


def test_who_states_no_version_gets_the_one_that_all_serve(router: Router, claude: Stub) -> None:
    """Or the one that the inventory chose; and whoever speaks another wire is translated into that."""
    asked(router, "own")
    asked(router, "pinned")
    router.chat("own", "hi", temperature=0.5)
    router.chat("pinned", "hi", temperature=0.5)

    assert [call.headers["anthropic-version"] for call in claude.heard] == ["2023-06-01", "2026-10-21"] * 2
    assert [call.body.get("temperature") for call in claude.heard] == [None, None, 0.5, None]
    assert "anthropic-beta" not in claude.heard[0].headers


def test_other_wires_hear_nothing_of_versions(router: Router, other: Stub) -> None:
    """A caller's headers stay on its wire."""
    asked(router, "elsewhere", Context(wire_headers={"anthropic-version": "2026-10-21", "anthropic-beta": "x"}))

    assert not [name for name in other.heard[0].headers if name.startswith("anthropic")]


def test_its_own_wire_passes_through(router: Router, claude: Stub) -> None:
    """Body and answer pass untouched but for the model: what is new in the wire disturbs nobody (42)."""
    claude.say(
        Said(b' {"content" : [{"type":"text","text":"x"}],"stop_reason":"pause_turn","unknown":1.10, "usage":{}}')
    )
    answer = asked(router, "own", mcp_servers=[], unknown_to_us=1.5)

    assert b"1.10" in answer.body
    assert b"pause_turn" in answer.body
    assert claude.heard[0].body == {
        "model": "claude-sonnet-4-5",
        "max_tokens": 100,
        "messages": HI,
        "mcp_servers": [],
        "unknown_to_us": 1.5,
    }


@pytest.mark.parametrize(
    "failure",
    [
        whole({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, 529),
        whole({"type": "error", "error": {"type": "api_error", "message": "x"}}),
        whole(said("half", "malformed_tool_use")),
        whole(said("")),
        Said(b'{"content": [', breaks=True),
    ],
)
def test_anthropic_is_taken_away(router: Router, claude: Stub, failure: Said) -> None:
    """Whatever way it fails, also under a status of 200, another wire serves its caller (69, 74, 75)."""
    claude.say(failure)
    answer = asked(router)

    assert text_of(answer) == "from the other"
    assert json.loads(answer.body)["id"] == "msg_7"


def test_an_answer_that_would_have_to_go_on_is_no_answer_elsewhere(router: Router, claude: Stub) -> None:
    """A caller of another wire cannot send back a turn that paused: another deployment is asked (69)."""
    claude.say(whole(said("half", "pause_turn")))

    assert router.chat("claims", "hi").text == "from the other"


def test_a_stream_that_fails_by_its_stop_reason(router: Router, claude: Stub) -> None:
    """After content it cannot be taken back: it ends in an error and never in an end (69, 75)."""
    claude.say(streamed("half", "malformed_tool_use"))
    raw = b"".join(asked(router, stream=True))
    *_, last = Splitter().feed(raw)

    assert last.name == "error"
    assert json.loads(last.data)["error"]["type"] == "overloaded_error"
    assert b"message_stop" not in raw


def test_errors_in_the_caller_s_words(router: Router, other: Stub) -> None:
    """What another provider says is wrong with a request is told in this wire, and with its status."""
    other.say(
        whole(
            {"error": {"message": "too long", "type": "invalid_request_error", "code": "context_length_exceeded"}}, 400
        )
    )
    with pytest.raises(RequestFailedError) as told:
        asked(router, "elsewhere")

    error = ErrorResponse.model_validate_json(told.value.body, strict=True).error
    assert (told.value.status, error.type) == (400, "invalid_request_error")
    assert error.message.startswith("prompt is too long")


def test_claude_code_s_request_elsewhere(router: Router, other: Stub, claude: Stub) -> None:
    """Everything that agents add is taken, a system turn at the end among it, by a model of another vendor (31, 38)."""
    claude.say(whole({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, 529))
    mark = {"cache_control": {"type": "ephemeral"}}
    body: dict[str, Any] = {
        "model": "claims",
        "max_tokens": 32_000,
        "system": [{"type": "text", "text": "You are an agent.", **mark}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "hi", **mark}]},
            {"role": "system", "content": "Available agent types: none."},
        ],
        "tools": [{"name": "Bash", "description": "Runs", "input_schema": {"type": "object", "properties": {}}}],
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "medium"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "metadata": {"user_id": "u"},
    }
    with serving(router) as url:
        client = anthropic.Anthropic(base_url=url, api_key="unused", max_retries=0)
        answer = client.post("/v1/messages?beta=true", body=body, cast_to=Message)
        client.close()

    assert answer.content[0].to_dict() == {"type": "text", "text": "from the other"}
    sent = other.heard[0].body
    assert [message["role"] for message in sent["messages"]] == ["system", "user", "system"]
    assert [tool["function"]["name"] for tool in sent["tools"]] == ["Bash"]
    assert b"cache_control" not in json.dumps(sent).encode()
