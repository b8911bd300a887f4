"""OpenAI's chat completions, as the server writes them; Azure, Google and local servers speak it too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from modelrouter.drills.twins.asked import Asked, RefusedError, Tool, prompt_tokens
from modelrouter.drills.twins.wire import Event, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modelrouter.drills.twins.failure import Failure
    from modelrouter.drills.twins.reply import Reply

FINISH = {"stop": "stop", "length": "length", "tool": "tool_calls"}
ROLES = {"system", "developer", "user", "assistant", "tool", "function"}


def read(body: dict[str, Any], _headers: Mapping[str, str]) -> Asked:
    """What the body asks for."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise RefusedError("Missing required parameter: 'messages'.")
    check(messages)
    return Asked(
        usage=bool((body.get("stream_options") or {}).get("include_usage")),
        tool=tool(body, messages),
        schema=schema(body.get("response_format")),
        limit=body.get("max_completion_tokens") or body.get("max_tokens"),
        tokens=prompt_tokens(body),
    )


def check(messages: list[Any]) -> None:
    """The rules that a conversation from another provider breaks first: roles, calls and their results."""
    waiting: set[str] = set()
    for place, message in enumerate(messages):
        role = message.get("role") if isinstance(message, dict) else None
        if role not in ROLES:
            raise RefusedError(
                f"Invalid value: {role!r}. Supported values are: 'system', 'assistant', 'user' and 'tool'."
            )
        if role == "tool" and message.get("tool_call_id") not in waiting:
            raise RefusedError(
                f"Invalid parameter: messages[{place}] with role 'tool' must be a response to a preceding message with "
                "'tool_calls'."
            )
        if role == "tool":
            waiting.discard(message["tool_call_id"])
            continue
        unanswered(waiting)
        waiting = {str(call.get("id")) for call in message.get("tool_calls") or ()}
    unanswered(waiting)


def unanswered(waiting: set[str]) -> None:
    """Refuse where a call has no result."""
    if waiting:
        raise RefusedError(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
            f"The following tool_call_ids did not have response messages: {', '.join(sorted(waiting))}"
        )


def tool(body: dict[str, Any], messages: list[Any]) -> Tool | None:
    """The tool to call: the one that is demanded, else the first, unless a result has just come in."""
    offered = [entry["function"] for entry in body.get("tools") or () if isinstance(entry.get("function"), dict)]
    choice = body.get("tool_choice")
    if not offered or choice == "none" or messages[-1].get("role") == "tool":
        return None
    wanted = choice["function"].get("name") if isinstance(choice, dict) and "function" in choice else None
    chosen = next((entry for entry in offered if entry.get("name") == wanted), offered[0])
    return Tool(name=str(chosen.get("name")), schema=chosen.get("parameters") or {})


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
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def base(reply: Reply, kind: str) -> dict[str, Any]:
    """What answer and chunks have in common."""
    return {
        "id": f"chatcmpl-twin{reply.number:024d}",
        "object": kind,
        "created": reply.created,
        "model": reply.model,
        "system_fingerprint": "fp_twin",
    }


def call(reply: Reply, arguments: str) -> dict[str, Any]:
    """The tool call."""
    return {
        "id": f"call_twin{reply.number:016d}",
        "type": "function",
        "function": {"name": reply.tool, "arguments": arguments},
    }


def whole(reply: Reply) -> bytes:
    """The answer in one piece."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text, "refusal": None}
    if reply.tool is not None:
        message |= {"content": None, "tool_calls": [call(reply, reply.text)]}
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
    if reply.tool is None:
        yield Event(chunk({"role": "assistant", "content": "", "refusal": None}))
        for piece in reply.pieces:
            yield Event(chunk({"content": piece}), content=True)
    else:
        start = {"role": "assistant", "content": None, "tool_calls": [{"index": 0, **call(reply, "")}]}
        yield Event(chunk(start), content=True)
        for piece in reply.pieces:
            yield Event(chunk({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}), content=True)
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
