"""Anthropic's Messages API, as the server writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from modelrouter.drills.twins.anthropic_rules import blocks, check
from modelrouter.drills.twins.asked import Asked, Tool, prompt_tokens
from modelrouter.drills.twins.wire import Event, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.drills.twins.failure import Failure
    from modelrouter.drills.twins.reply import Reply

STOP = {"stop": "end_turn", "length": "max_tokens", "tool": "tool_use"}


def read(body: dict[str, Any], headers: Mapping[str, str]) -> Asked:
    """What the body asks for, after the checks of the real API."""
    check(body, headers.get("anthropic-version"))
    return Asked(
        tool=tool(body),
        schema=schema(body),
        limit=body["max_tokens"],
        tokens=prompt_tokens(body),
    )


def tool(body: dict[str, Any]) -> Tool | None:
    """The tool to call: the one that is demanded, else the first, unless a result has just come in."""
    offered = [entry for entry in body.get("tools") or () if isinstance(entry.get("input_schema"), dict)]
    choice = body.get("tool_choice") or {}
    answered = any(block.get("type") == "tool_result" for block in blocks(body["messages"][-1]))
    if not offered or answered or choice.get("type") == "none":
        return None
    chosen = next((entry for entry in offered if entry.get("name") == choice.get("name")), offered[0])
    return Tool(name=str(chosen.get("name")), schema=chosen["input_schema"])


def schema(body: dict[str, Any]) -> dict[str, Any] | None:
    """The shape that structured output demands."""
    wanted = (body.get("output_config") or {}).get("format") or body.get("output_format") or {}
    found = wanted.get("schema") if wanted.get("type") == "json_schema" else None
    return found if isinstance(found, dict) else None


def usage(reply: Reply, written: int) -> dict[str, Any]:
    """Token counts in the wire's words."""
    return {
        "input_tokens": reply.tokens_in,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": written,
        "service_tier": "standard",
    }


def message(reply: Reply, content: list[dict[str, Any]], stop: str | None, written: int) -> dict[str, Any]:
    """The message object of answers and of `message_start`."""
    return {
        "id": f"msg_01Twin{reply.number:016d}",
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": usage(reply, written),
    }


def block(reply: Reply, content: str) -> dict[str, Any]:
    """The one content block, holding so much of the answer."""
    if reply.tool is None:
        return {"type": "text", "text": content}
    arguments = orjson.loads(content) if content else {}
    return {"type": "tool_use", "id": f"toolu_01Twin{reply.number:016d}", "name": reply.tool, "input": arguments}


def whole(reply: Reply) -> bytes:
    """The answer in one piece."""
    content = [block(reply, reply.text)] if reply.pieces else []
    return orjson.dumps(message(reply, content, STOP[reply.finish], reply.tokens_out))


def sse(kind: str, **fields: object) -> bytes:
    """A named event."""
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps({"type": kind, **fields}))


def events(reply: Reply, _asked: Asked) -> Iterator[Event]:
    """The answer as a stream, every event of the grammar."""
    yield Event(sse("message_start", message=message(reply, [], None, 1)))
    if reply.pieces:
        yield Event(sse("content_block_start", index=0, content_block=block(reply, "")))
    yield Event(sse("ping"))
    for piece in reply.pieces:
        delta = (
            {"type": "text_delta", "text": piece}
            if reply.tool is None
            else {"type": "input_json_delta", "partial_json": piece}
        )
        yield Event(sse("content_block_delta", index=0, delta=delta), content=True)
    if reply.pieces:
        yield Event(sse("content_block_stop", index=0))
    end = {"stop_reason": STOP[reply.finish], "stop_sequence": None}
    yield Event(sse("message_delta", delta=end, usage={"output_tokens": reply.tokens_out}))
    yield Event(sse("message_stop"))


def error(failure: Failure) -> bytes:
    """An error as a named event."""
    return b"event: error\ndata: " + failure.body + b"\n\n"


ANTHROPIC = Wire(
    name="anthropic-messages",
    stream_type="text/event-stream; charset=utf-8",
    read=read,
    whole=whole,
    events=events,
    error=error,
    broken=b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_de\n\n',
)
