"""Anthropic's Messages API, as the server writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from modelrouter.drills.twins.anthropic_blocks import blocks, source_label
from modelrouter.drills.twins.anthropic_rules import NEWEST, check
from modelrouter.drills.twins.anthropic_thinking import REDACTS, account_of, prefix, redaction, shown, signature, wanted
from modelrouter.drills.twins.asked import Asked, Said, Tool, joined, prompt_tokens
from modelrouter.drills.twins.past import CHARACTERS_PER_TOKEN, chosen, past_of
from modelrouter.drills.twins.wire import Event, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.drills.twins.failure import Failure
    from modelrouter.drills.twins.past import Past
    from modelrouter.drills.twins.reply import Call, Reply

STOP = {"stop": "end_turn", "length": "max_tokens", "tool": "tool_use"}


def read(body: dict[str, Any], headers: Mapping[str, str]) -> Asked:
    """What the body asks for, after the checks of the real API."""
    check(body, headers.get("anthropic-version"))
    past = past_of(map(said, body["messages"]))
    model = str(body.get("model"))
    tokens = prompt_tokens(body.get("system"), body["messages"])
    return Asked(
        tools=tools(body, past),
        schema=schema(body),
        limit=body["max_tokens"],
        tokens=tokens,
        cached=min(past.known // CHARACTERS_PER_TOKEN, tokens - 1) if caches(body) else 0,
        past=past,
        thinks=bool(wanted(body)),
        shown=shown(body, newest=NEWEST.search(model) is not None),
        redacted=REDACTS in past.prompt,
        account=account_of(model),
        bound=prefix(body, body["messages"]),
    )


def said(message: dict[str, Any]) -> Said:
    """What a message says; text beside results is no new prompt."""
    own = list(blocks(message))
    results = [block for block in own if block.get("type") == "tool_result"]
    inner = [part for result in results for part in blocks(result)]
    media = [block for block in (*own, *inner) if block.get("type") in ("image", "document")]
    content = message.get("content")
    words = content if isinstance(content, str) else [block for block in own if block.get("type") == "text"]
    return Said(
        assistant=message["role"] == "assistant",
        text=joined(words) if message["role"] != "system" else "",
        results=tuple(joined(block.get("content")) for block in results),
        images=tuple(source_label("", block) for block in media if block["type"] == "image"),
        documents=tuple(source_label("", block) for block in media if block["type"] == "document"),
        thoughts=sum(block.get("type") in ("thinking", "redacted_thinking") for block in own),
    )


def caches(body: dict[str, Any]) -> bool:
    """Does the request say what to keep in the cache?"""
    system = body.get("system")
    marked = [
        body,
        *(system if isinstance(system, list) else ()),
        *(body.get("tools") or ()),
        *(block for message in body["messages"] for block in blocks(message)),
    ]
    return any(part.get("cache_control") for part in marked)


def tools(body: dict[str, Any], past: Past) -> tuple[Tool, ...]:
    """The tools to call."""
    choice = body.get("tool_choice") or {}
    if choice.get("type") == "none":
        return ()
    offered = [
        Tool(name=str(entry.get("name")), schema=entry["input_schema"])
        for entry in body.get("tools") or ()
        if isinstance(entry.get("input_schema"), dict)
    ]
    return chosen(offered, past, forced=choice.get("name"), parallel=not choice.get("disable_parallel_tool_use"))


def schema(body: dict[str, Any]) -> dict[str, Any] | None:
    """The shape that structured output demands."""
    format_ = (body.get("output_config") or {}).get("format") or body.get("output_format") or {}
    found = format_.get("schema") if format_.get("type") == "json_schema" else None
    return found if isinstance(found, dict) else None


def usage(reply: Reply, written: int) -> dict[str, Any]:
    """Token counts in the wire's words: what was cached is not input."""
    return {
        "input_tokens": reply.tokens_in - reply.asked.cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": reply.asked.cached,
        "output_tokens": written,
        "service_tier": "standard",
    } | ({"output_tokens_details": {"thinking_tokens": reply.tokens_thought}} if reply.thought else {})


def message(reply: Reply, content: list[dict[str, Any]], stop: str | None, written: int) -> dict[str, Any]:
    """The message object of answers and of `message_start`."""
    return {
        "id": f"msg_01{reply.token('message')}",
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": usage(reply, written),
    }


def thought(reply: Reply) -> dict[str, Any]:
    """The block of thinking, signed."""
    account, whole_text, once = reply.asked.account, "".join(reply.thought or ()), reply.token("thought")
    if reply.asked.redacted:
        return {"type": "redacted_thinking", "data": redaction(account, whole_text, once, reply.asked.bound)}
    told = whole_text if reply.asked.shown else ""
    return {"type": "thinking", "thinking": told, "signature": signature(account, told, once, reply.asked.bound)}


def called(reply: Reply, place: int, made: Call) -> dict[str, Any]:
    """The block of a call, without its arguments."""
    return {"type": "tool_use", "id": f"toolu_01{reply.token('call', place)}", "name": made.name, "input": {}}


def whole(reply: Reply) -> bytes:
    """The answer in one piece."""
    content = [thought(reply)] if reply.thought else []
    content += [{"type": "text", "text": reply.text}] if reply.pieces else []
    content += [
        {**called(reply, place, made), "input": orjson.loads(made.arguments)} for place, made in enumerate(reply.calls)
    ]
    return orjson.dumps(message(reply, content, STOP[reply.finish], reply.tokens_out))


def sse(kind: str, **fields: object) -> bytes:
    """A named event."""
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps({"type": kind, **fields}))


def events(reply: Reply, _asked: Asked) -> Iterator[Event]:
    """The answer as a stream, every event of the grammar."""
    yield Event(sse("message_start", message=message(reply, [], None, 1)))
    written = list(portions(reply))
    for place, (block, deltas) in enumerate(written):
        yield Event(sse("content_block_start", index=place, content_block=block))
        if place == 0:
            yield Event(sse("ping"))
        for delta in deltas:
            yield Event(
                sse("content_block_delta", index=place, delta=delta), content=delta["type"] != "signature_delta"
            )
        yield Event(sse("content_block_stop", index=place))
    if not written:
        yield Event(sse("ping"))
    end = {"stop_reason": STOP[reply.finish], "stop_sequence": None}
    counted = {"output_tokens": reply.tokens_out}
    if reply.thought:
        counted = usage(reply, reply.tokens_out)
    yield Event(sse("message_delta", delta=end, usage=counted))
    yield Event(sse("message_stop"))


def portions(reply: Reply) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each block as it starts, and what is added to it."""
    if reply.thought:
        block = thought(reply)
        if block["type"] == "redacted_thinking":
            yield block, []
        else:
            told = [{"type": "thinking_delta", "thinking": piece} for piece in reply.thought if block["thinking"]]
            signed = {"type": "signature_delta", "signature": block["signature"]}
            yield {"type": "thinking", "thinking": "", "signature": ""}, [*told, signed]
    if reply.pieces:
        yield {"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in reply.pieces]
    for place, made in enumerate(reply.calls):
        pieces = [{"type": "input_json_delta", "partial_json": piece} for piece in made.pieces]
        yield called(reply, place, made), pieces


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
