"""OpenAI's chat completions, as the server writes them; Azure, Google and local servers speak it too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from modelrouter.drills.twins.asked import Asked, Said, Tool, joined, prompt_tokens
from modelrouter.drills.twins.openai_rules import check, paper, picture
from modelrouter.drills.twins.past import CHARACTERS_PER_TOKEN, chosen, past_of
from modelrouter.drills.twins.wire import Event, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.drills.twins.failure import Failure
    from modelrouter.drills.twins.past import Past
    from modelrouter.drills.twins.reply import Call, Reply

FINISH = {"stop": "stop", "length": "length", "tool": "tool_calls"}
SILENT = frozenset({"openai", "azure", "gemini"})
"""Vendors that count reasoning and keep it to themselves; others show it as `reasoning_content`."""


def read(body: dict[str, Any], _headers: Mapping[str, str]) -> Asked:
    """What the body asks for."""
    past = past_of(map(said, check(body)))
    tokens = prompt_tokens(body["messages"])
    return Asked(
        usage=bool((body.get("stream_options") or {}).get("include_usage")),
        tools=tools(body, past),
        schema=schema(body.get("response_format")),
        limit=body.get("max_completion_tokens") or body.get("max_tokens"),
        tokens=tokens,
        cached=min(past.known // CHARACTERS_PER_TOKEN, tokens - 1),
        past=past,
        thinks=body.get("reasoning_effort") not in (None, "none"),
    )


def said(message: dict[str, Any]) -> Said:
    """What a message says."""
    role, content = message["role"], message.get("content")
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    return Said(
        assistant=role == "assistant",
        text=joined(content) if role in ("user", "assistant") else "",
        results=(joined(content),) if role == "tool" else (),
        images=tuple(picture(part) for part in parts if part.get("type") == "image_url"),
        documents=tuple(paper(part) for part in parts if part.get("type") == "file"),
        thoughts=int(bool(message.get("reasoning_content"))),
    )


def tools(body: dict[str, Any], past: Past) -> tuple[Tool, ...]:
    """The tools to call."""
    choice = body.get("tool_choice")
    if choice == "none":
        return ()
    offered = [
        Tool(name=str(entry["function"].get("name")), schema=entry["function"].get("parameters") or {})
        for entry in body.get("tools") or ()
        if isinstance(entry.get("function"), dict)
    ]
    forced = choice["function"].get("name") if isinstance(choice, dict) and "function" in choice else None
    return chosen(offered, past, forced=forced, parallel=body.get("parallel_tool_calls") is not False)


def schema(wanted: object) -> dict[str, Any] | None:
    """The shape that `response_format` demands."""
    match wanted:
        case {"type": "json_schema", "json_schema": {"schema": dict() as found}}:
            return found
        case {"type": "json_object"}:
            return {"type": "object", "properties": {"answer": {"type": "string"}}}
        case _:
            return None


def usage(reply: Reply, written: int) -> dict[str, Any]:
    """Token counts in the wire's words."""
    return {
        "prompt_tokens": reply.tokens_in,
        "completion_tokens": written,
        "total_tokens": reply.tokens_in + written,
        "prompt_tokens_details": {"cached_tokens": reply.asked.cached},
        "completion_tokens_details": {"reasoning_tokens": reply.tokens_thought},
    }


def base(reply: Reply, kind: str) -> dict[str, Any]:
    """What answer and chunks have in common."""
    return {
        "id": f"chatcmpl-{reply.token('chat')}",
        "object": kind,
        "created": reply.created,
        "model": reply.model,
        "system_fingerprint": "fp_twin",
    }


def call(reply: Reply, place: int, made: Call, arguments: str) -> dict[str, Any]:
    """A tool call."""
    return {
        "id": f"call_{reply.token('call', place)}",
        "type": "function",
        "function": {"name": made.name, "arguments": arguments},
    }


def shown(reply: Reply) -> tuple[str, ...]:
    """The reasoning that the vendor shows."""
    return () if reply.vendor in SILENT else reply.thought or ()


def whole(reply: Reply) -> bytes:
    """The answer in one piece."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text, "refusal": None}
    if thought := "".join(shown(reply)):
        message["reasoning_content"] = thought
    if reply.calls:
        calls = [call(reply, place, made, made.arguments) for place, made in enumerate(reply.calls)]
        message |= {"content": reply.text or None, "tool_calls": calls}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": FINISH[reply.finish]}
    return orjson.dumps(
        {**base(reply, "chat.completion"), "choices": [choice], "usage": usage(reply, reply.tokens_out)}
    )


def sse(value: object) -> bytes:
    """A data event."""
    return b"data: " + orjson.dumps(value) + b"\n\n"


def events(reply: Reply, asked: Asked) -> Iterator[Event]:
    """The answer as a stream, with the usage chunk where it is asked for."""
    common = base(reply, "chat.completion.chunk")

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return sse({**common, "choices": [choice], **({"usage": None} if asked.usage else {})})

    if reply.vendor == "azure":
        yield Event(sse({**common, "choices": [], "prompt_filter_results": [{"prompt_index": 0}]}))
    start: dict[str, Any] = {"role": "assistant", "content": None if reply.calls else "", "refusal": None}
    if not reply.calls or reply.pieces or shown(reply):
        yield Event(chunk(start))
        start = {}
    for piece in shown(reply):
        yield Event(chunk({"reasoning_content": piece}), content=True)
    for piece in reply.pieces:
        yield Event(chunk({"content": piece}), content=True)
    for place, made in enumerate(reply.calls):
        begun = {**start, "tool_calls": [{"index": place, **call(reply, place, made, "")}]}
        start = {}
        yield Event(chunk(begun), content=True)
        for piece in made.pieces:
            yield Event(chunk({"tool_calls": [{"index": place, "function": {"arguments": piece}}]}), content=True)
    yield Event(chunk({}, FINISH[reply.finish]))
    if asked.usage:
        yield Event(sse({**common, "choices": [], "usage": usage(reply, reply.tokens_out)}))
    yield Event(b"data: [DONE]\n\n")


def error(failure: Failure) -> bytes:
    """An error as a data event."""
    return b"data: " + failure.body + b"\n\n"


OPENAI = Wire(
    name="openai-chat",
    stream_type="text/event-stream; charset=utf-8",
    read=read,
    whole=whole,
    events=events,
    error=error,
    broken=b'data: {"id":"chatcmpl-twin","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"conte\n\n',
)
